/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/draw.h"
#include "text/pixels.h"

/* White, with dark lines every 30 pixels that rise by `degrees`. */
static void draw_lines(struct image *out, float degrees)
{
	float slope = tanf(degrees * (float)M_PI / 180);

	assert_int_equal(image_init(out, 600, 400, IMAGE_GREY, NULL), 0);
	memset(out->pixels, 255, 600 * 400);
	for (float y = 100; y < 300; y += 30) {
		struct image_point line[] = { { 80, y }, { 520, y - 440 * slope } };

		image_draw_polygon(out, line, 2, 8, (struct image_colour){ 0, 0, 0 });
	}
}

static void test_skew(void **state)
{
	static const float angles[] = { -30, -11, 0, 5, 18, 40 };

	(void)state;
	for (size_t i = 0; i < sizeof(angles) / sizeof(angles[0]); i++) {
		struct image image, level;
		struct pixels_turn turn;
		float found, left;

		draw_lines(&image, angles[i]);
		assert_int_equal(pixels_skew(&image, &found, NULL), 0);
		if (fabsf(found + angles[i]) > 1)
			fail_msg("lines that rise by %g degrees: turned by %g", (double)angles[i], (double)found);
		assert_int_equal(pixels_turn(&image, found, &level, &turn, NULL), 0);
		assert_int_equal(pixels_skew(&level, &left, NULL), 0);
		assert_true(fabsf(left) <= 1);
		image_release(&level);
		image_release(&image);
	}
}

static void test_skew_of_nothing(void **state)
{
	struct image image;
	float found = 9;

	(void)state;
	assert_int_equal(image_init(&image, 5, 3, IMAGE_GREY, NULL), 0);
	assert_int_equal(pixels_skew(&image, &found, NULL), 0);
	assert_true(found == 0);
	image_release(&image);
}

/* Quarter turns lose nothing, and positions map back to where they came from. */
static void test_turn(void **state)
{
	struct image image, turned;
	struct pixels_turn turn;

	(void)state;
	assert_int_equal(image_init(&image, 40, 20, IMAGE_GREY, NULL), 0);
	*image_at(&image, 30, 5) = 200;
	for (int quarter = 0; quarter < 4; quarter++) {
		bool found = false;

		assert_int_equal(pixels_turn(&image, 90.0f * (float)quarter, &turned, &turn, NULL), 0);
		assert_int_equal(turned.width, quarter % 2 ? 20 : 40);
		for (uint32_t y = 0; y < turned.height; y++)
			for (uint32_t x = 0; x < turned.width; x++)
				if (*image_at(&turned, x, y) > 150) {
					struct image_point p =
						pixels_turn_back(&turn, (struct image_point){ (float)x + 0.5f, (float)y + 0.5f });

					found = true;
					assert_true(fabsf(p.x - 30.5f) < 0.01f && fabsf(p.y - 5.5f) < 0.01f);
				}
		assert_true(found);
		image_release(&turned);
	}
	image_release(&image);
}

static void test_grey_and_shrink(void **state)
{
	struct image image, grey, small;

	(void)state;
	assert_int_equal(image_init(&image, 8, 4, IMAGE_RGBA, NULL), 0);
	memcpy(image_at(&image, 0, 0), "\xff\0\0\xff", 4); /* red; everything else is transparent */
	assert_int_equal(pixels_grey(&image, &grey, NULL), 0);
	assert_int_equal(grey.pixels[0], 76);
	assert_int_equal(grey.pixels[1], 255);
	assert_int_equal(pixels_shrink(&grey, 4, &small, NULL), 0);
	assert_int_equal(small.width, 4);
	assert_int_equal(small.height, 2);
	assert_int_equal(small.pixels[0], (76 + 3 * 255) / 4);
	image_release(&small);
	assert_int_equal(pixels_shrink(&grey, 100, &small, NULL), 0);
	assert_int_equal(small.width, 8);
	image_release(&small);
	image_release(&grey);
	image_release(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_skew),
		cmocka_unit_test(test_skew_of_nothing),
		cmocka_unit_test(test_turn),
		cmocka_unit_test(test_grey_and_shrink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
