/* SPDX-License-Identifier: Apache-2.0
 *
 * Boxes from maps, samples from boxes, and the order of lines.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "image/draw.h"
#include "text/boxes.h"
#include "text/detector.h"
#include "text/order.h"
#include "text/sampling.h"

static const struct box_settings settings = { .threshold = 0.3f, .min_score = 0.6f, .unclip = 0, .min_side = 3 };

enum { WIDTH = 100, HEIGHT = 60 };

static void fill(float *map, int x0, int y0, int x1, int y1, float value)
{
	for (int y = y0; y <= y1; y++)
		for (int x = x0; x <= x1; x++)
			map[y * WIDTH + x] = value;
}

static void test_boxes(void **state)
{
	float *map = calloc(WIDTH * HEIGHT, sizeof(*map));
	struct text_box *boxes;
	size_t count;

	(void)state;
	fill(map, 10, 10, 50, 20, 0.9f);
	fill(map, 60, 10, 90, 20, 0.5f); /* too faint on average */
	fill(map, 10, 40, 50, 41, 0.9f); /* too thin */
	fill(map, 51, 21, 60, 30, 0.9f); /* touches the first by a corner: the same component */
	assert_int_equal(boxes_find(map, WIDTH, HEIGHT, &settings, &boxes, &count, NULL), 0);
	assert_int_equal(count, 0); /* … whose box is mostly empty */
	free(boxes);
	fill(map, 51, 21, 60, 30, 0);
	assert_int_equal(boxes_find(map, WIDTH, HEIGHT, &settings, &boxes, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_true(fabsf(boxes[0].box.centre.x - 30) < 0.01f && fabsf(boxes[0].box.centre.y - 15) < 0.01f);
	assert_true(fabsf(boxes[0].score - 0.9f) < 1e-4f);
	free(boxes);
	free(map);
}

static void test_boxes_grow(void **state)
{
	struct box_settings grown = settings;
	float *map = calloc(WIDTH * HEIGHT, sizeof(*map));
	struct text_box *boxes;
	size_t count;

	(void)state;
	grown.unclip = 1.5f;
	fill(map, 20, 20, 60, 30, 0.9f);
	assert_int_equal(boxes_find(map, WIDTH, HEIGHT, &grown, &boxes, &count, NULL), 0);
	/* each side moves by area * unclip / perimeter = 400 * 1.5 / 100 = 6 */
	assert_true(fabsf(fmaxf(boxes[0].box.width, boxes[0].box.height) - 52) < 0.01f);
	assert_true(fabsf(fminf(boxes[0].box.width, boxes[0].box.height) - 22) < 0.01f);
	free(boxes);
	free(map);
}

static void test_hostile_maps(void **state)
{
	float *map = calloc(WIDTH * HEIGHT, sizeof(*map));
	struct text_box *boxes;
	size_t count;

	(void)state;
	for (size_t i = 0; i < WIDTH * HEIGHT; i++)
		map[i] = i % 3 == 0 ? NAN : i % 7 == 0 ? INFINITY : i % 2 ? 1e30f : -1;
	assert_int_equal(boxes_find(map, WIDTH, HEIGHT, &settings, &boxes, &count, NULL), 0);
	assert_true(count <= BOXES_MAX);
	free(boxes);
	free(map);
}

static void test_detector_size(void **state)
{
	int w, h;

	(void)state;
	detector_size(1280, 720, 1920, &w, &h);
	assert_int_equal(w, 1920);
	assert_int_equal(h, 1088);
	detector_size(80, 10000, 1280, &w, &h);
	assert_int_equal(w, 32);
	assert_int_equal(h, 1280);
}

static const struct sampling_norm plain = { { 0, 0, 0 }, { 1, 1, 1 } };

static void test_sampling_keeps_means(void **state)
{
	static const int sizes[][2] = { { 16, 8 }, { 64, 32 }, { 5, 3 }, { 32, 16 } };
	struct image image;
	float out[3 * 64 * 32];

	(void)state;
	assert_int_equal(image_init(&image, 32, 16, IMAGE_RGB, NULL), 0);
	for (size_t i = 0; i < 32 * 16; i++)
		memcpy(image.pixels + 3 * i, "\xff\x66\x33", 3);
	for (size_t k = 0; k < 4; k++) {
		int w = sizes[k][0], h = sizes[k][1];

		const struct sampling_window whole = { 0, 0, w, h };

		assert_int_equal(sample_window(&image, w, h, &whole, &plain, out, NULL), 0);
		for (int i = 0; i < w * h; i++) { /* planes: blue, green, red */
			assert_true(fabsf(out[i] - 0.2f) < 1e-3f);
			assert_true(fabsf(out[w * h + i] - 0.4f) < 1e-3f);
			assert_true(fabsf(out[2 * w * h + i] - 1) < 1e-3f);
		}
	}
	image_release(&image);
}

/* A window of its own is that of the whole. */
static void test_sampling_a_window(void **state)
{
	static const struct sampling_window whole = { 0, 0, 20, 12 }, window = { 3, 6, 9, 5 };
	struct image image;
	float all[3 * 20 * 12], some[3 * 9 * 5];

	(void)state;
	assert_int_equal(image_init(&image, 50, 31, IMAGE_GREY, NULL), 0);
	for (size_t i = 0; i < 50 * 31; i++)
		image.pixels[i] = (uint8_t)(i * 37 % 251);
	assert_int_equal(sample_window(&image, 20, 12, &whole, &plain, all, NULL), 0);
	assert_int_equal(sample_window(&image, 20, 12, &window, &plain, some, NULL), 0);
	for (size_t row = 0; row < 3 * 5; row++) {
		size_t from = (row / 5 * 12 + 6 + row % 5) * 20 + 3;

		assert_memory_equal(some + row * 9, all + from, 9 * sizeof(float));
	}
	image_release(&image);
}

/* A mark in a tilted parallelogram comes out where it is in the text's own frame. */
static void test_sampling_a_tilted_line(void **state)
{
	struct text_polygon up = { { { 20, 90 }, { 20, 10 }, { 40, 10 }, { 40, 90 } } }; /* runs upwards */
	struct image_point mark[] = { { 22, 12 }, { 26, 12 }, { 26, 16 }, { 22, 16 } };
	struct image image;
	float out[3 * 80 * 20];

	(void)state;
	assert_int_equal(image_init(&image, 60, 100, IMAGE_GREY, NULL), 0);
	image_draw_polygon(&image, mark, 4, 6, (struct image_colour){ 255, 255, 255 });
	sample_polygon(&image, &up, 80, 20, &plain, out, 80, 80 * 20);
	assert_true(out[4 * 80 + 75] > 0.9f); /* near the line's end, at its top */
	assert_true(out[15 * 80 + 75] < 0.1f);
	assert_true(out[4 * 80 + 5] < 0.1f);
	image_release(&image);
}

/* Lines as "x y width" on a grid whose rows are 20 apart and whose lines are 10 high; `expected` names them in reading order. */
static void expect_order(const float (*lines)[3], size_t count, const size_t *expected)
{
	struct text_polygon polygons[32] = { 0 };
	size_t order[32];

	for (size_t i = 0; i < count; i++) {
		float x = lines[i][0], y = lines[i][1] * 20, r = x + lines[i][2];

		polygons[i] = (struct text_polygon){ { { x, y }, { r, y }, { r, y + 10 }, { x, y + 10 } } };
	}
	assert_int_equal(order_lines(polygons, count, sizeof(*polygons), order), 0);
	for (size_t i = 0; i < count; i++)
		if (order[i] != expected[i])
			fail_msg("place %zu: line %zu, expected %zu", i, order[i], expected[i]);
}

static void test_order(void **state)
{
	/* a heading over two columns of four lines */
	static const float columns[][3] = { { 0, 0, 320 },      { 0, 2, 150 },   { 170, 2, 150 },
					    { 0, 3, 150 },      { 170, 3, 150 }, { 0, 4, 150 },
					    { 170, 4.2f, 150 }, { 0, 5, 150 },   { 170, 5.2f, 150 } };
	static const size_t columns_order[] = { 0, 1, 3, 5, 7, 2, 4, 6, 8 };
	/* a receipt: names and prices belong together */
	static const float receipt[][3] = { { 0, 0, 150 }, { 250, 0.1f, 30 }, { 0, 1, 140 }, { 250, 1, 30 },
					    { 0, 2, 150 }, { 250, 2.1f, 30 }, { 0, 3, 90 },  { 250, 3, 30 } };
	static const size_t receipt_order[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	/* found in any order */
	static const float mixed[][3] = { { 100, 1, 40 }, { 0, 1.1f, 40 }, { 0, 0, 90 } };
	static const size_t mixed_order[] = { 2, 1, 0 };

	(void)state;
	expect_order(columns, 9, columns_order);
	expect_order(receipt, 8, receipt_order);
	expect_order(mixed, 3, mixed_order);
	expect_order(mixed, 0, mixed_order);
}

/* A page that lies upside down is read from its own top. */
static void test_order_upside_down(void **state)
{
	struct text_polygon lines[] = {
		{ { { 90, 20 }, { 10, 20 }, { 10, 10 }, { 90, 10 } } },
		{ { { 90, 60 }, { 10, 60 }, { 10, 50 }, { 90, 50 } } },
	};
	size_t order[2];

	(void)state;
	assert_int_equal(order_lines(lines, 2, sizeof(*lines), order), 0);
	assert_int_equal(order[0], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boxes),
		cmocka_unit_test(test_boxes_grow),
		cmocka_unit_test(test_hostile_maps),
		cmocka_unit_test(test_detector_size),
		cmocka_unit_test(test_sampling_keeps_means),
		cmocka_unit_test(test_sampling_a_window),
		cmocka_unit_test(test_sampling_a_tilted_line),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_order_upside_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
