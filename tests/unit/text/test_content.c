/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "text/content.h"

enum { WIDTH = 120, HEIGHT = 80 };

/* Squares of `side` pixels, every other black, within the area, on white. */
static struct image chequered(struct content_area area, uint32_t side)
{
	struct image image = { 0 };

	assert_int_equal(image_init(&image, WIDTH, HEIGHT, IMAGE_RGB, NULL), 0);
	memset(image.pixels, 255, image_stride(&image) * HEIGHT);
	for (uint32_t y = area.top; y < area.bottom; y++)
		for (uint32_t x = area.left; x < area.right; x++)
			if (((x - area.left) / side + (y - area.top) / side) % 2 == 0)
				memset(image_at(&image, x, y), 0, 3);
	return image;
}

static void test_margins_are_not_content(void **state)
{
	(void)state;
	struct image image = chequered((struct content_area){ 11, 21, 52, 63 }, 1);
	struct content_area c = content_of(&image);

	assert_int_equal(c.left, 11);
	assert_int_equal(c.top, 21);
	assert_int_equal(c.right, 52);
	assert_int_equal(c.bottom, 63);
	assert_true(content_flatness(&image) == 0);
	image_release(&image);
}

static void test_margins_do_not_make_it_flatter(void **state)
{
	(void)state;
	struct image small = chequered((struct content_area){ 40, 40, 60, 60 }, 4);
	struct image large = chequered((struct content_area){ 0, 0, 120, 80 }, 4);

	assert_true(content_flatness(&small) > 0.7F && content_flatness(&small) < 0.8F);
	assert_true(content_flatness(&large) > 0.7F && content_flatness(&large) < 0.8F);
	image_release(&small);
	image_release(&large);
}

/* However many edges there are: the pixels between them tell. */
static void test_drawings_are_even(void **state)
{
	(void)state;
	struct image dense = chequered((struct content_area){ 0, 0, 120, 80 }, 2);
	struct image grain = chequered((struct content_area){ 0, 0, 120, 80 }, 4);

	assert_true(content_flatness(&dense) < 0.54F);
	assert_true(content_evenness(&dense) == 1);
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			image_at(&grain, x, y)[0] ^= (uint8_t)((x * 7 + y * 5) % 3);
	assert_true(content_evenness(&grain) < 0.5F);
	image_release(&dense);
	image_release(&grain);
}

static void test_one_tone(void **state)
{
	(void)state;
	struct image image = chequered((struct content_area){ 0, 0, 0, 0 }, 1);
	struct content_area c = content_of(&image);

	assert_true(c.top == c.bottom);
	assert_true(content_flatness(&image) == 1);
	image_release(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_margins_are_not_content),
		cmocka_unit_test(test_margins_do_not_make_it_flatter),
		cmocka_unit_test(test_drawings_are_even),
		cmocka_unit_test(test_one_tone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
