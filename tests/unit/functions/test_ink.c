/* SPDX-License-Identifier: Apache-2.0
 *
 * Ink tells how a page's text runs, and how many words there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>

#include "paper.h"

struct sheet {
	struct paper paper;
	struct text_page seen;
	struct ink ink;
	struct arena arena;
};

static void sheet_init(struct sheet *s, bool upright, double slope, int rows)
{
	arena_init(&s->arena, 1 << 24);
	paper_init(&s->paper, 1000, 1400, upright, slope);
	paper_rows(&s->paper, rows, 10, 50, 150, 90, 36);
	struct seam_area whole = paper_whole(&s->paper);
	s->seen = paper_look(&s->arena, &s->paper, &whole);
	assert_int_equal(ink_init(&s->ink, &s->paper.image, &s->seen, NULL), 0);
}

static void sheet_release(struct sheet *s)
{
	ink_release(&s->ink);
	paper_release(&s->paper);
	arena_release(&s->arena);
}

static void test_words_tell_how_text_runs(void **state)
{
	static const struct {
		bool upright;
		double slope;
	} cases[] = { { false, 0 }, { true, 0 }, { false, 0.15 }, { false, -0.03 }, { true, 0.08 } };
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sheet s;
		sheet_init(&s, cases[i].upright, cases[i].slope, 30);
		double slope =
			cases[i].upright ? -cases[i].slope : cases[i].slope; /* text that runs down has its first line right */
		assert_int_equal(s.ink.upright, cases[i].upright);
		if (fabs(s.ink.slope - slope) > 0.01)
			fail_msg("case %zu: slope %f", i, s.ink.slope);
		assert_int_equal(s.ink.along, 1000);
		assert_int_equal(s.ink.across, 1400);
		assert_true(s.ink.line_height > 17 && s.ink.line_height < 20);
		sheet_release(&s);
	}
}

/* All letters look alike here, so the guess is good, though only the first hundred were seen. */
static void test_ink_tells_how_many_words(void **state)
{
	(void)state;
	for (int rows = 11; rows < 33; rows += 7) {
		struct sheet s;
		sheet_init(&s, false, 0.02, rows);
		double words = ink_between(&s.ink, s.ink.first, s.ink.end) * ink_words_each(&s.ink, &s.seen);
		if (words < rows * 9 || words > rows * 14)
			fail_msg("%d words look like %f", rows * 10, words);
		sheet_release(&s);
	}
}

static void test_ink_grows_along_rows(void **state)
{
	struct sheet s;
	(void)state;
	sheet_init(&s, false, 0.1, 30);
	double all = ink_between(&s.ink, s.ink.first, s.ink.end);
	int64_t half = ink_reaches(&s.ink, s.ink.first, all / 2);
	assert_true(half > 600 && half < 800);
	assert_true(ink_between(&s.ink, s.ink.first, half) >= all / 2);
	assert_true(ink_between(&s.ink, s.ink.first, half - 1) < all / 2);
	assert_int_equal(ink_reaches(&s.ink, s.ink.first, 2 * all), s.ink.end);
	assert_true(ink_between(&s.ink, half, half) == 0 && ink_between(&s.ink, half, half - 5) == 0);
	assert_true(ink_between(&s.ink, s.ink.first - 50, s.ink.end + 50) == all);
	sheet_release(&s);
}

/* Grain and a gradient are no ink. */
static void test_paper_is_no_ink(void **state)
{
	struct sheet s;
	(void)state;
	sheet_init(&s, false, 0, 30);
	ink_release(&s.ink);
	for (uint32_t y = 0; y < s.paper.image.height; y++)
		for (uint32_t x = 0; x < s.paper.image.width; x++) {
			uint8_t *p = image_at(&s.paper.image, x, y);
			*p = (uint8_t)(*p - y / 100 + (x * 7 + y * 13) % 11);
		}
	assert_int_equal(ink_init(&s.ink, &s.paper.image, &s.seen, NULL), 0);
	for (uint32_t u = 0; u < s.ink.along; u++)
		for (uint32_t v = 0; v < 140; v++)
			assert_false(ink_at(&s.ink, u, v));
	assert_true(ink_at(&s.ink, 50, 155));
	sheet_release(&s);
}

static void test_a_page_without_words_has_rows(void **state)
{
	static const struct text_page nothing = { 0 };
	struct paper p;
	struct ink ink;
	(void)state;
	paper_init(&p, 200, 100, false, 0);
	assert_int_equal(ink_init(&ink, &p.image, &nothing, NULL), 0);
	assert_true(ink_between(&ink, ink.first, ink.end) > 0);
	assert_true(ink_words_each(&ink, &nothing) == 0);
	ink_release(&ink);
	paper_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_tell_how_text_runs),      cmocka_unit_test(test_ink_tells_how_many_words),
		cmocka_unit_test(test_ink_grows_along_rows),          cmocka_unit_test(test_paper_is_no_ink),
		cmocka_unit_test(test_a_page_without_words_has_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
