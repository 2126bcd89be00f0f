/* SPDX-License-Identifier: Apache-2.0
 *
 * How closely lines stand, where they end, and where long ones are cut.
 */
#include "../unit.h"

#include <math.h>
#include <string.h>

#include "text/crowding.h"
#include "text/geometry.h"
#include "text/line.h"

enum { LINES = 9 };

/* Lines of `height`, `pitch` apart, turned by `degrees`. */
static void make_lines(struct text_box boxes[LINES], float height, float pitch, float degrees)
{
	float angle = degrees * (float)M_PI / 180;
	struct image_point axis = { cosf(angle), sinf(angle) };

	for (int i = 0; i < LINES; i++) {
		float away = (float)i * pitch;
		struct image_point centre = { 500 - away * axis.y, 500 + away * axis.x };

		boxes[i].box = (struct rotated_box){ centre, axis, 300, height };
	}
}

static void test_crowding(void **state)
{
	static const float angles[] = { 0, 30, 90, -45 };
	struct text_box boxes[LINES];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		make_lines(boxes, 20, 16, angles[i]);
		assert_true(fabsf(crowding_of(boxes, LINES) - 1.25f) < 0.01f);
		make_lines(boxes, 20, 40, angles[i]);
		assert_true(fabsf(crowding_of(boxes, LINES) - 0.5f) < 0.01f);
	}
	make_lines(boxes, 20, 200, 0); /* too far from each other to be neighbours */
	assert_true(crowding_of(boxes, LINES) == 0);
	make_lines(boxes, 20, 0, 0); /* beside each other, not above */
	for (int i = 0; i < LINES; i++)
		boxes[i].box.centre.x += 320 * (float)i;
	assert_true(crowding_of(boxes, LINES) == 0);
	assert_true(crowding_of(boxes, 1) == 0);
	assert_true(crowding_of(NULL, 0) == 0);
}

enum { WIDTH = 4000, HEIGHT = 24, WORD = 90, SPACE = 12, LIMIT = 2400 };

/* Words of WORD pixels, SPACE apart, dark on light; without spaces, one word. */
static void write_line(struct image *image, bool spaces)
{
	assert_int_equal(image_init(image, WIDTH, HEIGHT, IMAGE_GREY, NULL), 0);
	memset(image->pixels, 240, (size_t)WIDTH * HEIGHT);
	for (uint32_t x = 0; x < WIDTH; x++)
		for (uint32_t y = 6; y < 18 && x % 6 < 4; y++)
			if (!spaces || x % (WORD + SPACE) < WORD)
				*image_at(image, x, y) = 20;
}

static struct text_polygon outline(float width)
{
	return (struct text_polygon){ { { 0, 0 }, { width, 0 }, { width, HEIGHT }, { 0, HEIGHT } } };
}

static void test_long_lines_are_cut_between_words(void **state)
{
	float ends[LINE_PIECES];
	struct image image;
	struct text_polygon line = outline(WIDTH);
	size_t count;

	(void)state;
	write_line(&image, true);
	count = line_cut(&image, &line, LIMIT, ends);
	assert_int_equal(count, (2 * WIDTH + LIMIT - 1) / LIMIT);
	for (size_t i = 0; i + 1 < count; i++) {
		int at = (int)(ends[i] * WIDTH + 0.5f) % (WORD + SPACE);

		assert_true(at >= WORD - 1); /* in a space, give or take a pixel of the scaling */
		assert_true((ends[i] - (i > 0 ? ends[i - 1] : 0)) * 2 * WIDTH <= LIMIT + 2 * 160);
	}
	assert_true(ends[count - 1] == 1);
	line = outline(LIMIT / 2);
	assert_int_equal(line_cut(&image, &line, LIMIT, ends), 1);
	image_release(&image);
}

/* Ink from pixel 200 to 3000 only, and a point at 3100. */
static void test_blank_ends_are_trimmed(void **state)
{
	struct image image;
	struct text_polygon line = outline(WIDTH), trimmed;

	(void)state;
	write_line(&image, true);
	for (uint32_t y = 0; y < HEIGHT; y++) {
		memset(image_at(&image, 0, y), 240, 200);
		memset(image_at(&image, 3000, y), 240, WIDTH - 3000);
	}
	for (uint32_t y = 16; y < 18; y++)
		memset(image_at(&image, 3100, y), 20, 3);
	line.points[1].x = line.points[2].x = 2900; /* as many columns as are looked at */
	trimmed = line_trim(&image, &line);
	assert_true(fabsf(trimmed.points[0].x - (204 - LINE_MARGIN * HEIGHT)) < 3); /* the first word begins there */
	assert_true(trimmed.points[1].x == 2900);
	assert_true(trimmed.points[0].y == 0 && trimmed.points[2].y == HEIGHT);
	line.points[0].x = line.points[3].x = 2000;
	line.points[1].x = line.points[2].x = WIDTH;
	trimmed = line_trim(&image, &line);
	assert_true(trimmed.points[0].x == 2000);
	assert_true(fabsf(trimmed.points[1].x - (3103 + LINE_MARGIN * HEIGHT)) < 3); /* the point is part of the line */
	memset(image.pixels, 240, (size_t)WIDTH * HEIGHT);
	trimmed = line_trim(&image, &line); /* nothing but blank: as it is */
	assert_memory_equal(&trimmed, &line, sizeof(line));
	line = (struct text_polygon){ 0 };
	trimmed = line_trim(&image, &line);
	assert_memory_equal(&trimmed, &line, sizeof(line));
	image_release(&image);
}

static void test_lines_without_blanks_stay_whole(void **state)
{
	float ends[LINE_PIECES];
	struct image image;
	struct text_polygon line = outline(WIDTH);

	(void)state;
	write_line(&image, false);
	assert_int_equal(line_cut(&image, &line, LIMIT, ends), 1);
	assert_true(ends[0] == 1);
	line = (struct text_polygon){ 0 };
	assert_int_equal(line_cut(&image, &line, LIMIT, ends), 1);
	line = outline(1e9f); /* more pieces than are allowed */
	assert_in_range(line_cut(&image, &line, LIMIT, ends), 1, LINE_PIECES);
	image_release(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crowding),
		cmocka_unit_test(test_long_lines_are_cut_between_words),
		cmocka_unit_test(test_blank_ends_are_trimmed),
		cmocka_unit_test(test_lines_without_blanks_stay_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
