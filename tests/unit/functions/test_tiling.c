/* SPDX-License-Identifier: Apache-2.0
 *
 * What tiles told twice, or in part, is told once and whole (whole pages: test_sweep.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "paper.h"
#include "tiling.h"

enum { WIDTH = 300, ABOVE = 150, BELOW = 200 };

/* Two tiles of a page that overlap in rows 150 to 200. */
struct pair {
	uint32_t above[WIDTH], below[WIDTH];
	struct text_tile tiles[2];
	struct arena arena;
};

static void pair_init(struct pair *p)
{
	*p = (struct pair){ 0 };
	arena_init(&p->arena, 1 << 20);
	for (int u = 0; u < WIDTH; u++) {
		p->above[u] = ABOVE;
		p->below[u] = BELOW;
	}
	p->tiles[0].area = (struct seam_area){ .to = WIDTH, .end = WIDTH, .below = p->below };
	p->tiles[1].area = (struct seam_area){ .to = WIDTH, .end = WIDTH, .above = p->above };
}

static struct text_page page_of(struct text_item *words, size_t count, struct text_item *line)
{
	for (size_t i = 0; i < count; i++)
		words[i].line = 0;
	line->box =
		(struct text_box){ words[0].box.left, words[0].box.top, words[count - 1].box.right, words[count - 1].box.bottom };
	paper_set_box(line, line->box);
	return (struct text_page){ .words = words, .lines = line, .word_count = count, .line_count = 1 };
}

/* The lower half of a word, read as something else and elsewhere than the word itself. */
static void test_fragments_are_dropped(void **state)
{
	struct text_item top[2] = { { .text = STR("ks"), .confidence = 90 }, { .text = STR("kept"), .confidence = 90 } },
			 bottom[1] = { { .text = STR("word"), .confidence = 90 } };
	struct text_item top_line = { .text = STR("ks kept") }, bottom_line = { .text = STR("word") };
	struct text_page page;
	struct pair p;

	(void)state;
	pair_init(&p);
	paper_set_box(&top[0], (struct text_box){ 100, 190, 130, 199 });
	paper_set_box(&top[1], (struct text_box){ 200, 120, 260, 140 });
	paper_set_box(&bottom[0], (struct text_box){ 20, 188, 115, 210 });
	p.tiles[0].page = page_of(top, 2, &top_line);
	p.tiles[1].page = page_of(bottom, 1, &bottom_line);
	assert_int_equal(tiling_merge(&p.arena, p.tiles, 2, &page, NULL), 0);
	assert_int_equal(page.word_count, 2);
	assert_int_equal(page.line_count, 2);
	assert_true(str_eq_c(page.lines[0].text, "kept")); /* without its fragment */
	assert_true(str_eq_c(page.words[1].text, "word"));
	arena_release(&p.arena);
}

/* Of two readings of a line that which is farther from its cut stays, with its words; none is lost. */
static void test_readings_do_not_mix(void **state)
{
	struct text_item near[2] = { { .text = STR("To"), .confidence = 99 }, { .text = STR("BePaid"), .confidence = 99 } },
			 far[3] = { { .text = STR("To"), .confidence = 80 },
				    { .text = STR("Be"), .confidence = 80 },
				    { .text = STR("Paid"), .confidence = 80 } };
	struct text_item near_line = { .text = STR("To BePaid") }, far_line = { .text = STR("To Be Paid") };
	struct text_page page;
	struct pair p;

	(void)state;
	pair_init(&p);
	for (int u = 0; u < WIDTH; u++)
		p.above[u] = 100;
	paper_set_box(&near[0], (struct text_box){ 20, 170, 50, 190 });
	paper_set_box(&near[1], (struct text_box){ 60, 170, 140, 190 });
	paper_set_box(&far[0], (struct text_box){ 20, 170, 50, 190 });
	paper_set_box(&far[1], (struct text_box){ 60, 170, 90, 190 });
	paper_set_box(&far[2], (struct text_box){ 95, 170, 140, 190 });
	p.tiles[0].page = page_of(near, 2, &near_line);
	p.tiles[1].page = page_of(far, 3, &far_line);
	assert_int_equal(tiling_merge(&p.arena, p.tiles, 2, &page, NULL), 0);
	assert_int_equal(page.line_count, 1);
	assert_int_equal(page.word_count, 3);
	assert_true(str_eq_c(page.lines[0].text, "To Be Paid"));
	arena_release(&p.arena);
}

/* A line of more words than are told is cut along itself, and is one line again. */
static void check_halves(bool upright)
{
	struct paper p;
	struct arena a;
	struct text_tile tiles[2] = { 0 };
	struct text_page page;
	struct seam_area halves[2];

	arena_init(&a, 1 << 22);
	paper_init(&p, 6000, 200, upright, 0);
	for (int i = 0; i < 150; i++)
		paper_word(&p, 0, i, 20 + i * 39, 90, 30, 20);
	struct seam_area whole = paper_whole(&p);
	struct text_page seen = paper_look(&a, &p, &whole);
	tiling_halve(&whole, &seen, halves);
	assert_true(halves[0].from == 0 && halves[1].to == 6000);
	assert_true(halves[0].to > halves[1].from + 30);
	for (int i = 0; i < 2; i++)
		tiles[i] = (struct text_tile){ halves[i], paper_look(&a, &p, &halves[i]) };
	assert_int_equal(tiling_merge(&a, tiles, 2, &page, NULL), 0);
	assert_int_equal(page.line_count, 1);
	assert_int_equal(page.word_count, 150);
	for (size_t i = 0; i < page.word_count; i++)
		assert_true(str_eq(page.words[i].text, p.words[i].text));
	assert_true(str_eq_c(str_sub(page.lines[0].text, 0, 12), "r0c0x r0c1x "));
	paper_release(&p);
	arena_release(&a);
}

static void test_a_long_line_is_halved_and_joined(void **state)
{
	(void)state;
	check_halves(false);
	check_halves(true);
}

static void test_merge_of_nothing(void **state)
{
	struct text_page page;
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 16);
	assert_int_equal(tiling_merge(&a, NULL, 0, &page, NULL), 0);
	assert_int_equal(page.word_count, 0);
	assert_int_equal(page.line_count, 0);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fragments_are_dropped),
		cmocka_unit_test(test_readings_do_not_mix),
		cmocka_unit_test(test_a_long_line_is_halved_and_joined),
		cmocka_unit_test(test_merge_of_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
