/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <math.h>
#include <string.h>

#include "text/skew.h"

enum { LINES = 6 };

static float radians(float degrees)
{
	return degrees * (float)M_PI / 180;
}

/* Lines of text, 200 long and 20 high, that run at an angle; every other one is told along its shorter side, as boxes may be. */
static void make_lines(struct text_box *boxes, float degrees)
{
	struct image_point axis = { cosf(radians(degrees)), sinf(radians(degrees)) };

	for (size_t i = 0; i < LINES; i++) {
		struct image_point centre = { 300 - axis.y * 40 * (float)i, 300 + axis.x * 40 * (float)i };

		boxes[i].box = i % 2 ? (struct rotated_box){ centre, { -axis.y, axis.x }, 20, 200 }
				     : (struct rotated_box){ centre, axis, 200, 20 };
	}
}

static void test_axis(void **state)
{
	static const float angles[] = { 20, 45, 80, 90, -30, -60 };
	struct text_box boxes[LINES], others[LINES];
	struct image_point axis;

	(void)state;
	for (size_t i = 0; i < sizeof(angles) / sizeof(angles[0]); i++) {
		make_lines(boxes, angles[i]);
		assert_true(skew_axis(boxes, LINES, 3, &axis));
		/* A line has no beginning: its axis may point either way. */
		assert_true(fabsf(axis.x * sinf(radians(angles[i])) - axis.y * cosf(radians(angles[i]))) < 0.01f);
	}
	make_lines(boxes, 5); /* the detector finds these as they are */
	assert_false(skew_axis(boxes, LINES, 3, &axis));
	make_lines(boxes, 45); /* half of the text runs at another angle */
	make_lines(others, 0);
	memcpy(boxes, others, sizeof(boxes) / 2);
	assert_false(skew_axis(boxes, LINES, 3, &axis));
	assert_false(skew_axis(boxes, 2, 3, &axis)); /* too few to tell */
	assert_false(skew_axis(boxes, 0, 3, &axis));
}

/* A dark bar at 30 degrees lies level in the copy, and its box comes back to where it was. */
static void test_turning(void **state)
{
	struct image_point axis = { cosf(radians(30)), sinf(radians(30)) };
	struct image image = { 0 };
	struct skew_view view;
	struct text_box box;
	uint32_t first, last;

	(void)state;
	assert_int_equal(image_init(&image, 200, 160, IMAGE_GREY, NULL), 0);
	memset(image.pixels, 255, image_stride(&image) * image.height);
	for (uint32_t y = 0; y < image.height; y++)
		for (uint32_t x = 0; x < image.width; x++) {
			float dx = (float)x + 0.5f - 110, dy = (float)y + 0.5f - 70;

			if (fabsf(dx * axis.x + dy * axis.y) < 40 && fabsf(dy * axis.x - dx * axis.y) < 5)
				*image_at(&image, x, y) = 0;
		}
	assert_int_equal(skew_turn(&image, axis, 200, &view, NULL), 0);
	first = view.image.height;
	last = 0;
	for (uint32_t y = 0; y < view.image.height; y++)
		for (uint32_t x = 0; x < view.image.width; x++)
			if (*image_at(&view.image, x, y) < 128) {
				first = y < first ? y : first;
				last = y;
			}
	assert_in_range(last - first + 1, 9, 11);
	box.box = (struct rotated_box){ { view.to.x, view.to.y }, { 1, 0 }, 80, 10 };
	skew_turn_back(&view, &box, 1);
	assert_true(fabsf(box.box.centre.x - 100) < 0.01f && fabsf(box.box.centre.y - 80) < 0.01f);
	assert_true(fabsf(box.box.axis.x - axis.x) < 0.001f && fabsf(box.box.axis.y - axis.y) < 0.001f);
	image_release(&view.image);
	image_release(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_axis),
		cmocka_unit_test(test_turning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
