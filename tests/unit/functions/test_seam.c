/* SPDX-License-Identifier: Apache-2.0
 *
 * Seams must lie between the lines of a page, and a part must stand where it stood.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "paper.h"

enum { SIDE = 600, PITCH = 40, BAR = 20, REACH = 26 };

static void init_ink(struct arena *a, struct ink *ink, const struct paper *p)
{
	struct seam_area whole = paper_whole(p);
	struct text_page seen = paper_look(a, p, &whole);

	assert_int_equal(ink_init(ink, &p->image, &seen, NULL), 0);
}

static void check_seams(const struct paper *p)
{
	struct arena a;
	struct ink ink;
	arena_init(&a, 1 << 24);
	init_ink(&a, &ink, p);
	for (int64_t row = 150; row < 450; row++) {
		struct seam seam;
		assert_int_equal(seam_find(&a, &ink, row, REACH, &seam, NULL), 0);
		assert_true(seam.clean);
		for (uint32_t u = 0; u < ink.along; u++)
			if (ink_at(&ink, u, seam.places[u]))
				fail_msg("the seam near row %d crosses ink at %u", (int)row, u);
	}
	ink_release(&ink);
	arena_release(&a);
}

static void test_seams_lie_between_lines(void **state)
{
	static const struct {
		bool upright;
		double slope;
	} cases[] = { { false, 0 }, { true, 0 }, { false, 0.2 }, { false, -0.05 }, { true, 0.1 } };
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct paper p;
		paper_init(&p, SIDE, SIDE, cases[i].upright, cases[i].slope);
		paper_rows(&p, 13, 5, 30, 20, 110, PITCH);
		check_seams(&p);
		paper_release(&p);
	}
}

/* Lines of the right column stand half a line lower: no straight cut passes. */
static void test_seams_wind_between_columns(void **state)
{
	struct paper p;
	(void)state;
	paper_init(&p, SIDE, SIDE, false, 0);
	for (int row = 0; row < 13; row++) {
		paper_word(&p, row, 0, 20, 20 + row * PITCH, 240, BAR);
		paper_word(&p, row, 1, 320, 40 + row * PITCH, 240, BAR);
	}
	check_seams(&p);
	paper_release(&p);
}

static void test_no_seam_through_a_picture_is_clean(void **state)
{
	struct paper p;
	struct arena a;
	struct ink ink;
	struct seam seam, moved;
	(void)state;
	arena_init(&a, 1 << 24);
	paper_init(&p, SIDE, SIDE, false, 0);
	paper_rows(&p, 2, 5, 30, 20, 110, PITCH);
	paper_word(&p, 3, 0, 50, 150, 500, 400);
	init_ink(&a, &ink, &p);
	assert_int_equal(seam_find(&a, &ink, 350, REACH, &seam, NULL), 0);
	assert_false(seam.clean);
	assert_int_equal(seam_shift(&a, &ink, &seam, -20, &moved, NULL), 0);
	assert_int_equal(moved.places[9] + 20, seam.places[9]);
	assert_int_equal(seam_shift(&a, &ink, &seam, 1000, &moved, NULL), 0);
	assert_int_equal(moved.places[9], SIDE);
	ink_release(&ink);
	paper_release(&p);
	arena_release(&a);
}

static void test_a_part_stands_on_the_backdrop(void **state)
{
	uint32_t above[SIDE], below[SIDE];
	struct paper p;
	struct image part;
	(void)state;
	for (int upright = 0; upright < 2; upright++) {
		paper_init(&p, SIDE, SIDE, upright, 0);
		paper_rows(&p, 13, 5, 30, 20, 110, PITCH);
		for (uint32_t u = 0; u < SIDE; u++) {
			above[u] = 80 + u / 10;
			below[u] = 200 + u / 10;
		}
		struct seam_area area = { upright, 50, 500, SIDE, above, below };
		struct seam_backdrop backdrop = seam_backdrop_of(&p.image);
		assert_int_equal(backdrop.samples[0], PAPER_TONE);
		assert_int_equal(seam_paint(&p.image, &area, &backdrop, &part, NULL), 0);
		for (uint32_t y = 0; y < SIDE; y++) {
			for (uint32_t x = 0; x < SIDE; x++) {
				uint32_t u = upright ? y : x, v = upright ? x : y;
				bool in = u >= 50 && u < 500 && v >= above[u] && v < below[u];
				assert_int_equal(*image_at(&part, x, y), in ? *image_at(&p.image, x, y) : PAPER_TONE);
			}
		}
		image_release(&part);
		paper_release(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seams_lie_between_lines),
		cmocka_unit_test(test_seams_wind_between_columns),
		cmocka_unit_test(test_no_seam_through_a_picture_is_clean),
		cmocka_unit_test(test_a_part_stands_on_the_backdrop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
