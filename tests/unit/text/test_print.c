/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "text/print.h"

enum { WIDTH = 1200, HEIGHT = 1800, LINE = 40, LETTERS = 24 };

static void paint(struct image *image, uint32_t left, uint32_t top, uint32_t right, uint32_t bottom, uint8_t tone)
{
	for (uint32_t y = top; y < bottom; y++)
		memset(image_at(image, left, y), tone, (right - left) * image->channels);
}

static void make_page(struct image *image, enum image_layout layout, uint8_t paper)
{
	assert_int_equal(image_init(image, WIDTH, HEIGHT, layout, NULL), 0);
	paint(image, 0, 0, WIDTH, HEIGHT, paper);
}

/* Lines of letters from `top` on, with blank rows between them. */
static void write_lines(struct image *image, uint32_t left, uint32_t right, uint32_t top)
{
	for (uint32_t y = top; y + LINE < HEIGHT; y += LINE)
		for (uint32_t x = left; x + 20 < right; x += 20)
			paint(image, x, y, x + 12, y + LETTERS, 10);
}

static void check_pieces(const struct image *image, size_t least)
{
	uint32_t ends[PRINT_PIECES];
	size_t count = print_pieces(image, ends);

	assert_in_range(count, least, PRINT_PIECES);
	assert_int_equal(ends[count - 1], image->height);
	for (size_t i = 0; i + 1 < count; i++) {
		assert_in_range(ends[i] - (i > 0 ? ends[i - 1] : 0), HEIGHT / PRINT_PIECES / 4, HEIGHT);
		assert_true(ends[i] < ends[i + 1]);
		for (uint32_t x = 100; x < WIDTH / 2 - 50; x++)
			assert_true(*image_at(image, x, ends[i]) > 100 && *image_at(image, x, ends[i] - 1) > 100);
	}
}

static void test_cuts_go_between_lines(void **state)
{
	static const enum image_layout layouts[] = { IMAGE_GREY, IMAGE_RGB };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct image image;

		make_page(&image, layouts[i], 240);
		write_lines(&image, 100, WIDTH - 100, 60);
		check_pieces(&image, PRINT_PIECES);
		paint(&image, 600, 0, 603, HEIGHT, 0); /* a rule between columns */
		check_pieces(&image, PRINT_PIECES);
		image_release(&image);
	}
}

/* Columns whose lines do not stand beside each other leave no blank rows; nor do dark pages. */
static void test_pages_that_cannot_be_cut(void **state)
{
	struct image image;

	(void)state;
	make_page(&image, IMAGE_GREY, 240);
	write_lines(&image, 60, 560, 60);
	write_lines(&image, 620, 1140, 80);
	check_pieces(&image, 1);
	assert_int_equal(print_pieces(&image, (uint32_t[PRINT_PIECES]){ 0 }), 1);
	image_release(&image);
	make_page(&image, IMAGE_GREY, 30);
	assert_int_equal(print_pieces(&image, (uint32_t[PRINT_PIECES]){ 0 }), 1);
	image_release(&image);
}

static void test_a_page_of_few_rows(void **state)
{
	(void)state;
	for (uint32_t height = 1; height < 100; height++) {
		uint32_t ends[PRINT_PIECES];
		struct image image;
		size_t count;

		assert_int_equal(image_init(&image, 10, height, IMAGE_GREY, NULL), 0);
		memset(image.pixels, 255, 10 * height);
		count = print_pieces(&image, ends);
		for (size_t i = 0; i < count; i++)
			assert_true(ends[i] > (i > 0 ? ends[i - 1] : 0));
		assert_int_equal(ends[count - 1], height);
		image_release(&image);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts_go_between_lines),
		cmocka_unit_test(test_pages_that_cannot_be_cut),
		cmocka_unit_test(test_a_page_of_few_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
