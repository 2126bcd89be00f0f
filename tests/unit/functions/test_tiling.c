/* SPDX-License-Identifier: Apache-2.0
 *
 * A page is made of words at known places; a stand-in for DetectText tells at most 100 of them for a tile, cutting words at the
 * tile's edges. Split and merged, the page must come back whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tiling.h"

enum { COLUMNS = 10, ROWS = 60, WORD_W = 80, WORD_H = 20, PITCH_X = 100, PITCH_Y = 40, TILES_MAX = 256 };

struct word_place {
	struct text_box box;
	int row, column;
};

static struct word_place place_of(int row, int column)
{
	double left = 20 + column * PITCH_X, top = 20 + row * PITCH_Y;
	return (struct word_place){ { left, top, left + WORD_W, top + WORD_H }, row, column };
}

static void set_box(struct text_item *item, struct text_box box)
{
	item->box = box;
	item->polygon[0] = (struct text_point){ box.left, box.top };
	item->polygon[1] = (struct text_point){ box.right, box.top };
	item->polygon[2] = (struct text_point){ box.right, box.bottom };
	item->polygon[3] = (struct text_point){ box.left, box.bottom };
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}
static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* The part of a word inside the tile; words cut to less than a third are not seen, cut ones lose their last letter. */
static bool see(struct arena *a, const struct text_area *t, const struct word_place *w, struct text_item *out)
{
	struct text_box in = {
		larger(w->box.left, t->x),
		larger(w->box.top, t->y),
		smaller(w->box.right, t->x + t->width),
		smaller(w->box.bottom, t->y + t->height),
	};
	double width = in.right - in.left, height = in.bottom - in.top;

	if (width < WORD_W / 3.0 || height < WORD_H / 2.0)
		return false;
	bool cut = width < WORD_W || height < WORD_H;
	*out = (struct text_item){ .text = arena_printf(a, cut ? "r%dc%d" : "r%dc%dx", w->row, w->column), .confidence = 90 };
	set_box(out, in);
	return true;
}

static struct text_page look(struct arena *a, const struct text_area *tile, int rows, int columns)
{
	struct text_page page = { .lines = arena_alloc_array(a, 200, sizeof(struct text_item)),
				  .words = arena_alloc_array(a, 200, sizeof(struct text_item)) };

	for (int row = 0; row < rows; row++) {
		bool line = false;
		for (int column = 0; column < columns; column++) {
			struct word_place w = place_of(row, column);
			struct text_item item;
			if (page.word_count == DETECT_TEXT_WORDS_MAX || !see(a, tile, &w, &item))
				continue;
			if (!line) {
				page.lines[page.line_count] = item;
				page.lines[page.line_count++].text = STR("");
			}
			struct text_item *l = &page.lines[page.line_count - 1];
			l->text = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(l->text), line ? " " : "", STR_ARG(item.text));
			set_box(l, (struct text_box){ l->box.left, smaller(l->box.top, item.box.top), item.box.right,
						      larger(l->box.bottom, item.box.bottom) });
			line = true;
			item.line = (int)page.line_count - 1;
			page.words[page.word_count++] = item;
		}
	}
	return page;
}

static size_t cut_up(struct arena *a, struct text_area area, int rows, int columns, struct text_tile *tiles, size_t n)
{
	struct text_page page = look(a, &area, rows, columns);
	struct text_area halves[2];

	if (page.word_count < DETECT_TEXT_WORDS_MAX) {
		tiles[n] = (struct text_tile){ area, page };
		return n + 1;
	}
	assert_true(tiling_split(&area, &page, halves));
	n = cut_up(a, halves[0], rows, columns, tiles, n);
	return cut_up(a, halves[1], rows, columns, tiles, n);
}

static void check_whole(int rows, int columns, uint32_t width, uint32_t height)
{
	struct text_tile tiles[TILES_MAX];
	struct text_page page;
	struct arena a;

	arena_init(&a, 1 << 26);
	size_t n = cut_up(&a, (struct text_area){ 0, 0, width, height }, rows, columns, tiles, 0);
	assert_true(n > 1);
	assert_int_equal(tiling_merge(&a, tiles, n, width, height, &page, NULL), 0);
	assert_int_equal(page.word_count, rows * columns);
	assert_int_equal(page.line_count, rows);
	for (int i = 0; i < rows * columns; i++) {
		char want[32];
		snprintf(want, sizeof(want), "r%dc%dx", i / columns, i % columns);
		if (!str_eq_c(page.words[i].text, want))
			fail_msg("word %d is " STR_FMT ", not %s", i, STR_ARG(page.words[i].text), want);
		assert_int_equal(page.words[i].line, i / columns);
	}
	struct str first = str_sub(page.lines[0].text, 0, 13);
	assert_true(str_eq_c(first, "r0c0x r0c1x r"));
	arena_release(&a);
}

static void test_a_page_comes_back_whole(void **state)
{
	(void)state;
	check_whole(ROWS, COLUMNS, 1040, 2440);
}

/* Wide: tiles lie side by side, and lines are re-joined across their cuts. */
static void test_a_wide_page_comes_back_whole(void **state)
{
	(void)state;
	check_whole(8, 40, 4040, 360);
}

static void test_split_sizes(void **state)
{
	static const struct text_page nothing = { 0 };
	static const struct {
		struct text_area area;
		bool can;
	} cases[] = {
		{ { 0, 0, 1000, 1000 }, true }, { { 0, 0, 100, 100 }, false }, { { 0, 0, 100, 160 }, true },
		{ { 0, 0, 159, 159 }, false },  { { 5, 7, 2000, 90 }, true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct text_area *t = &cases[i].area;
		struct text_area h[2];
		if (tiling_split(t, &nothing, h) != cases[i].can)
			fail_msg("case %zu", i);
		if (!cases[i].can)
			continue;
		assert_true(h[0].x == t->x && h[0].y == t->y);
		assert_true(h[1].x + h[1].width == t->x + t->width && h[1].y + h[1].height == t->y + t->height);
		assert_true(h[0].x + h[0].width > h[1].x && h[0].y + h[0].height > h[1].y); /* they overlap */
		assert_true(h[0].width >= 80 && h[0].height >= 80 && h[1].width >= 80 && h[1].height >= 80);
	}
}

/* All text in the upper third: the cut goes there, but leaves no part smaller than a quarter. */
static void test_the_cut_goes_where_the_words_are(void **state)
{
	struct text_area tile = { 0, 100, 1000, 1000 }, h[2];
	struct text_page page;
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 20);
	page = look(&a, &(struct text_area){ 0, 0, 1040, 800 }, 16, 5); /* rows at y 20 to 640: their middle is 340 */
	assert_true(tiling_split(&tile, &page, h));
	assert_true(h[0].height < 300 && h[0].height >= 250);
	page = look(&a, &(struct text_area){ 0, 0, 1040, 800 }, 3, 5);
	assert_true(tiling_split(&tile, &page, h));
	assert_true(h[0].height >= 250 && h[0].height < 300);
	assert_true(h[1].y + h[1].height == 1100);
	arena_release(&a);
}

/* The lower half of a word, read as something else and elsewhere than the word itself. */
static void test_fragments_are_dropped(void **state)
{
	struct arena a;
	struct text_item top[2] = { { .text = STR("ks"), .confidence = 90 }, { .text = STR("kept"), .confidence = 90 } },
			 bottom[1] = { { .text = STR("word"), .confidence = 90 } };
	struct text_item top_line = { .text = STR("ks kept") }, bottom_line = { .text = STR("word") };
	struct text_tile tiles[2] = {
		{ { 0, 0, 300, 200 }, { .words = top, .lines = &top_line, .word_count = 2, .line_count = 1 } },
		{ { 0, 150, 300, 200 }, { .words = bottom, .lines = &bottom_line, .word_count = 1, .line_count = 1 } },
	};
	struct text_page page;

	(void)state;
	arena_init(&a, 1 << 20);
	set_box(&top[0], (struct text_box){ 100, 190, 130, 199 });
	set_box(&top[1], (struct text_box){ 200, 120, 260, 140 });
	set_box(&bottom[0], (struct text_box){ 20, 188, 115, 210 });
	top_line.box = top[0].box;
	bottom_line.box = bottom[0].box;
	assert_int_equal(tiling_merge(&a, tiles, 2, 300, 350, &page, NULL), 0);
	assert_int_equal(page.word_count, 2);
	assert_int_equal(page.line_count, 2);
	assert_true(str_eq_c(page.lines[0].text, "kept")); /* without its fragment */
	assert_true(str_eq_c(page.words[1].text, "word"));
	arena_release(&a);
}

/* Of two readings of a line that which is farther from its cut stays, with its words; none is lost. */
static void test_readings_do_not_mix(void **state)
{
	struct arena a;
	struct text_item near[2] = { { .text = STR("To"), .confidence = 99 }, { .text = STR("BePaid"), .confidence = 99 } },
			 far[3] = { { .text = STR("To"), .confidence = 80 },
				    { .text = STR("Be"), .confidence = 80 },
				    { .text = STR("Paid"), .confidence = 80 } };
	struct text_item near_line = { .text = STR("To BePaid") }, far_line = { .text = STR("To Be Paid") };
	struct text_tile tiles[2] = {
		{ { 0, 0, 300, 200 }, { .words = near, .lines = &near_line, .word_count = 2, .line_count = 1 } },
		{ { 0, 100, 300, 250 }, { .words = far, .lines = &far_line, .word_count = 3, .line_count = 1 } },
	};
	struct text_page page;

	(void)state;
	arena_init(&a, 1 << 20);
	set_box(&near[0], (struct text_box){ 20, 170, 50, 190 });
	set_box(&near[1], (struct text_box){ 60, 170, 140, 190 });
	set_box(&far[0], (struct text_box){ 20, 170, 50, 190 });
	set_box(&far[1], (struct text_box){ 60, 170, 90, 190 });
	set_box(&far[2], (struct text_box){ 95, 170, 140, 190 });
	assert_int_equal(tiling_merge(&a, tiles, 2, 300, 350, &page, NULL), 0);
	assert_int_equal(page.line_count, 1);
	assert_int_equal(page.word_count, 3);
	assert_true(str_eq_c(page.lines[0].text, "To Be Paid"));
	arena_release(&a);
}

static void test_merge_of_nothing(void **state)
{
	struct text_page page;
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 16);
	assert_int_equal(tiling_merge(&a, NULL, 0, 10, 10, &page, NULL), 0);
	assert_int_equal(page.word_count, 0);
	assert_int_equal(page.line_count, 0);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_page_comes_back_whole),
		cmocka_unit_test(test_a_wide_page_comes_back_whole),
		cmocka_unit_test(test_split_sizes),
		cmocka_unit_test(test_the_cut_goes_where_the_words_are),
		cmocka_unit_test(test_fragments_are_dropped),
		cmocka_unit_test(test_readings_do_not_mix),
		cmocka_unit_test(test_merge_of_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
