/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of grey paper with bars for lines: cuts must lie between the bars, and a part must stand where it stood.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "seam.h"

enum { SIDE = 600, PITCH = 40, BAR = 22, PAPER = 230, STROKE = 8 };

/* Bars of vertical strokes every 40 pixels, 22 high; turned, bars that run down. `rise` pixels higher at the far end. */
static struct image page_of_bars(bool turned, int rise)
{
	struct image image = { 0 };

	assert_int_equal(image_init(&image, SIDE, SIDE, IMAGE_GREY, NULL), 0);
	for (uint32_t y = 0; y < SIDE; y++) {
		for (uint32_t x = 0; x < SIDE; x++) {
			int along = (int)(turned ? y : x), across = (int)(turned ? x : y) + along * rise / SIDE;
			bool ink = across % PITCH < BAR && along / STROKE % 2;
			*image_at(&image, x, y) = ink ? 20 : PAPER;
		}
	}
	return image;
}

static bool is_between_bars(uint32_t place)
{
	return place % PITCH >= BAR;
}

static void test_edges_move_between_lines(void **state)
{
	(void)state;
	struct image image = page_of_bars(false, 0);

	for (uint32_t cut = 200; cut < 400; cut++) {
		struct text_area tile = { 0, 20, SIDE, 560 };
		struct text_area halves[2] = { { 0, 20, SIDE, cut + 24 - 20 }, { 0, cut - 24, SIDE, 580 - (cut - 24) } };
		seam_settle(&image, &tile, halves);
		if (!is_between_bars(halves[0].y + halves[0].height) || !is_between_bars(halves[1].y))
			fail_msg("cut at %u", cut);
		assert_int_equal(halves[0].y, 20);
		assert_int_equal(halves[1].y + halves[1].height, 580);
		assert_true(halves[0].y + halves[0].height > halves[1].y);
	}
	image_release(&image);
}

static void test_edges_move_between_columns(void **state)
{
	(void)state;
	struct image image = page_of_bars(true, 0);
	struct text_area tile = { 0, 0, SIDE, 100 };
	struct text_area halves[2] = { { 0, 0, 330, 100 }, { 290, 0, SIDE - 290, 100 } };

	seam_settle(&image, &tile, halves);
	assert_true(is_between_bars(halves[0].width) && is_between_bars(halves[1].x));
	assert_true(halves[0].width > halves[1].x);
	assert_int_equal(halves[1].x + halves[1].width, SIDE);
	image_release(&image);
}

/* Askew, no row is empty: the overlap stays what it was. */
static void test_edges_stay_where_nothing_is_empty(void **state)
{
	(void)state;
	struct image image = page_of_bars(false, 200);
	struct text_area tile = { 0, 0, SIDE, SIDE };
	struct text_area halves[2] = { { 0, 0, SIDE, 330 }, { 0, 270, SIDE, SIDE - 270 } };

	seam_settle(&image, &tile, halves);
	assert_int_equal(halves[0].height, 330);
	assert_int_equal(halves[1].y, 270);
	image_release(&image);
}

static void test_a_part_stands_on_the_backdrop(void **state)
{
	(void)state;
	struct image image = page_of_bars(false, 0), part;
	struct text_area area = { 50, 80, 100, 40 };
	struct seam_backdrop backdrop = seam_backdrop_of(&image);

	assert_int_equal(backdrop.samples[0], PAPER);
	assert_int_equal(seam_paint(&image, &area, &backdrop, &part, NULL), 0);
	assert_int_equal(part.width, SIDE);
	assert_int_equal(part.height, SIDE);
	for (uint32_t y = 0; y < SIDE; y++) {
		for (uint32_t x = 0; x < SIDE; x++) {
			bool in = x >= 50 && x < 150 && y >= 80 && y < 120;
			assert_int_equal(*image_at(&part, x, y), in ? *image_at(&image, x, y) : PAPER);
		}
	}
	image_release(&part);
	image_release(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges_move_between_lines),
		cmocka_unit_test(test_edges_move_between_columns),
		cmocka_unit_test(test_edges_stay_where_nothing_is_empty),
		cmocka_unit_test(test_a_part_stands_on_the_backdrop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
