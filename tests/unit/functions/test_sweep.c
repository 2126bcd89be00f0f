/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of more than 100 words, read in tiles by a stand-in for DetectText and put together again, come back whole, in order, and
 * with few looks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "paper.h"
#include "sweep.h"
#include "tiling.h"

enum { LOOKS_MAX = 64, COLUMN_LINES = 50 };

struct reading {
	struct arena arena;
	struct ink ink;
	struct text_tile tiles[LOOKS_MAX];
	size_t tile_count;
	int looks;
	struct text_page page;
};

static void look(struct reading *r, const struct paper *p, struct sweep *s)
{
	struct text_tile *tile = &r->tiles[r->tile_count];

	assert_int_equal(sweep_next(s, LOOKS_MAX - r->looks, &tile->area, NULL), 0);
	tile->page = paper_look(&r->arena, p, &tile->area);
	r->looks++;
	if (tile->page.word_count >= DETECT_TEXT_WORDS_MAX && sweep_shorten(s))
		return;
	assert_true(tile->page.word_count < DETECT_TEXT_WORDS_MAX);
	r->tile_count++;
	sweep_accept(s, tile->page.word_count);
}

static void read_page(struct reading *r, const struct paper *p)
{
	struct seam_area whole = paper_whole(p);
	struct sweep s;

	*r = (struct reading){ 0 };
	arena_init(&r->arena, 1 << 26);
	struct text_page seen = paper_look(&r->arena, p, &whole);
	assert_int_equal(ink_init(&r->ink, &p->image, &seen, NULL), 0);
	sweep_init(&s, &r->arena, &r->ink, &seen);
	while (!sweep_is_done(&s) && r->looks < LOOKS_MAX)
		look(r, p, &s);
	assert_true(sweep_is_done(&s));
	assert_int_equal(tiling_merge(&r->arena, r->tiles, r->tile_count, &r->page, NULL), 0);
}

static void release(struct reading *r)
{
	ink_release(&r->ink);
	arena_release(&r->arena);
}

static void check_whole(const struct paper *p, int looks_most)
{
	struct reading r;

	read_page(&r, p);
	assert_int_equal(r.page.word_count, p->word_count);
	for (size_t i = 0; i < p->word_count; i++)
		if (!str_eq(r.page.words[i].text, p->words[i].text))
			fail_msg("word %zu is " STR_FMT ", not " STR_FMT, i, STR_ARG(r.page.words[i].text),
				 STR_ARG(p->words[i].text));
	for (size_t i = 1; i < p->word_count; i++)
		assert_int_equal(r.page.words[i].line == r.page.words[i - 1].line, p->words[i].line == p->words[i - 1].line);
	if (r.looks > looks_most)
		fail_msg("%d looks at %zu words", r.looks, p->word_count);
	release(&r);
}

static void test_a_page_comes_back_whole(void **state)
{
	static const struct {
		bool upright;
		double slope;
		int rows, columns, looks;
	} cases[] = {
		{ false, 0, 60, 10, 9 },   { true, 0, 60, 10, 9 },  { false, 0.06, 50, 10, 9 }, { false, -0.2, 40, 10, 8 },
		{ true, 0.05, 40, 10, 7 }, { false, 0, 11, 10, 3 }, { false, 0, 120, 10, 17 },  { false, 0, 8, 40, 7 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct paper p;
		int columns = cases[i].columns, rows = cases[i].rows;
		uint32_t along = (uint32_t)(100 + columns * 90), across = (uint32_t)(450 + rows * 36);
		paper_init(&p, along, across, cases[i].upright, cases[i].slope);
		paper_rows(&p, rows, columns, 50, 225, 90, 36);
		check_whole(&p, cases[i].looks);
		paper_release(&p);
	}
}

/* Three columns whose lines stand at heights of their own: the order is that of the columns, not of the tiles. */
static void test_columns_come_back_in_order(void **state)
{
	struct paper p;
	(void)state;
	paper_init(&p, 1300, 2000, false, 0);
	for (int column = 0; column < 3; column++)
		for (int line = 0; line < COLUMN_LINES; line++)
			for (int word = 0; word < 5; word++)
				paper_word(&p, column * COLUMN_LINES + line, word, 50 + column * 420 + word * 72,
					   60 + column * 11 + line * 36, 62, 18);
	check_whole(&p, 12);
	paper_release(&p);
}

/* An empty half and a dense one: what looked like a whole tile is cut anew. */
static void test_uneven_pages(void **state)
{
	struct paper p;
	(void)state;
	paper_init(&p, 1000, 1400, false, 0);
	for (int row = 0; row < 3; row++)
		paper_word(&p, row, 0, 50, 40 + row * 120, 700, 80); /* headings: one word each */
	for (int row = 3; row < 40; row++)
		for (int word = 0; word < 12; word++)
			paper_word(&p, row, word, 50 + word * 75, 450 + row * 20, 60, 10);
	check_whole(&p, 12);
	paper_release(&p);
}

/* With few looks the tiles are as many as may be; they are full, but they cover the page. */
static void test_few_looks_cover_the_page(void **state)
{
	struct reading r = { 0 };
	struct paper p;
	struct sweep s;
	int looks = 0;
	(void)state;
	arena_init(&r.arena, 1 << 26);
	paper_init(&p, 1000, 2600, false, 0);
	paper_rows(&p, 60, 10, 50, 50, 90, 36);
	struct seam_area whole = paper_whole(&p), area = whole;
	struct text_page seen = paper_look(&r.arena, &p, &whole);
	assert_int_equal(ink_init(&r.ink, &p.image, &seen, NULL), 0);
	sweep_init(&s, &r.arena, &r.ink, &seen);
	for (; !sweep_is_done(&s); looks++) {
		assert_int_equal(sweep_next(&s, 3 - looks, &area, NULL), 0);
		sweep_accept(&s, DETECT_TEXT_WORDS_MAX);
	}
	assert_int_equal(looks, 3);
	assert_null(area.below);
	paper_release(&p);
	release(&r);
}

/* Where no seam is clean, neighbours overlap by more than a word. */
static void test_tiles_overlap_in_pictures(void **state)
{
	struct reading r = { 0 };
	struct seam_area first, second;
	struct paper p;
	struct sweep s;
	(void)state;
	arena_init(&r.arena, 1 << 26);
	paper_init(&p, 1000, 2000, false, 0);
	paper_rows(&p, 10, 10, 50, 20, 90, 20);
	paper_word(&p, 11, 0, 20, 260, 950, 1700);
	struct seam_area whole = paper_whole(&p);
	struct text_page seen = paper_look(&r.arena, &p, &whole);
	assert_int_equal(ink_init(&r.ink, &p.image, &seen, NULL), 0);
	sweep_init(&s, &r.arena, &r.ink, &seen);
	s.row = 600;
	assert_int_equal(sweep_next(&s, 9, &first, NULL), 0);
	sweep_accept(&s, 50);
	assert_int_equal(sweep_next(&s, 9, &second, NULL), 0);
	assert_true(second.above[500] + 15 < first.below[500]);
	paper_release(&p);
	release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_page_comes_back_whole),
		cmocka_unit_test(test_columns_come_back_in_order),
		cmocka_unit_test(test_uneven_pages),
		cmocka_unit_test(test_few_looks_cover_the_page),
		cmocka_unit_test(test_tiles_overlap_in_pictures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
