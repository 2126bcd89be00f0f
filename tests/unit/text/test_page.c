/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/geometry.h"
#include "text/page.h"
#include "text/quotes.h"

static struct text_polygon box(float x, float y, float width, float height)
{
	return (struct text_polygon){ { { x, y }, { x + width, y }, { x + width, y + height }, { x, y + height } } };
}

static void add(struct page_builder *b, const char *text, float confidence, float x, float y, float width, float height)
{
	struct text_polygon p = box(x, y, width, height);

	page_add_word(b, str_c(text), confidence, &p);
}

static void test_lines_of_words(void **state)
{
	struct arena arena;
	struct page_builder b;
	struct text_page page;

	(void)state;
	arena_init(&arena, 1 << 20);
	page_init(&b, &arena);
	page_add_line(&b);
	add(&b, "one", 0.9f, 10, 10, 30, 10);
	add(&b, " two ", 0.6f, 45, 11, 30, 10);
	add(&b, "  ", 0.9f, 80, 10, 30, 10); /* no text: dropped */
	page_add_line(&b);                   /* stays empty: dropped */
	page_add_line(&b);
	add(&b, "three", 1.5f, 10, 30, 40, 10);
	assert_int_equal(page_finish(&b, &page, NULL), 0);
	assert_int_equal(page.line_count, 2);
	assert_int_equal(page.word_count, 3);
	assert_true(str_eq_c(page.lines[0].text, "one two"));
	assert_true(fabsf(page.lines[0].confidence - 0.75f) < 1e-6f);
	assert_true(page.lines[0].polygon.points[0].x == 10 && page.lines[0].polygon.points[2].x == 75);
	assert_true(page.lines[0].polygon.points[2].y == 21);
	assert_int_equal(page.words[2].line, 1);
	assert_true(page.words[2].confidence == 1);
	arena_release(&arena);
}

static void test_short_words_alone(void **state)
{
	static const struct {
		float alone, expected[4];
	} cases[] = { { 0, { 0.9f, 0.9f, 0.9f, 0.7f } }, { 5, { 0.5f, 0.9f, 0.9f, 0 } } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct arena arena;
		struct page_builder b;
		struct text_page page;

		arena_init(&arena, 1 << 20);
		page_init(&b, &arena);
		b.alone = cases[i].alone;
		page_add_line(&b);
		add(&b, "\u00d7o", 0.9f, 10, 10, 20, 10);
		page_add_line(&b);
		add(&b, "to", 0.9f, 10, 30, 20, 10); /* not alone */
		add(&b, "be", 0.9f, 35, 30, 20, 10);
		add(&b, "8", 0.7f, 400, 30, 10, 10); /* beyond a large gap */
		page_add_line(&b);
		add(&b, "one", 0.9f, 10, 50, 30, 10);
		assert_int_equal(page_finish(&b, &page, NULL), 0);
		for (size_t k = 0; k < 4; k++)
			assert_true(fabsf(page.words[k].confidence - cases[i].expected[k]) < 1e-5f);
		assert_true(fabsf(page.words[4].confidence - 0.9f) < 1e-5f);
		assert_true(fabsf(page.lines[0].confidence - page.words[0].confidence) < 1e-5f);
		arena_release(&arena);
	}
}

static void test_quotes_of_print(void **state)
{
	static const char *const cases[][2] = {
		{ "''yes,''", "“yes,”" },   { "\"So\"'", "“So”" }, { "‘‘go", "“go" }, { "child!’’", "child!”" },
		{ "‘single’", "‘single’" }, { "don't", "don't" },  { "''", "''" },    { "", "" },
		{ "plain", "plain" },
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 16);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str out = quotes_of_print(&arena, str_c(cases[i][0]));

		if (!str_eq_c(out, cases[i][1]))
			fail_msg("'%s' became '" STR_FMT "'", cases[i][0], STR_ARG(out));
	}
	arena_release(&arena);
}

/* A gap past PAGE_GAP_HEIGHTS times the height ends the line; one just below does not. */
static void test_large_gap(void **state)
{
	struct arena arena;
	struct page_builder b;
	struct text_page page;

	(void)state;
	arena_init(&arena, 1 << 20);
	page_init(&b, &arena);
	page_add_line(&b);
	add(&b, "Rye", 1, 0, 0, 30, 10);
	add(&b, "bread", 1, 30 + 10 * PAGE_GAP_HEIGHTS - 1, 0, 40, 10);
	add(&b, "4.20", 1, 70 + 20 * PAGE_GAP_HEIGHTS + 1, 0, 40, 10);
	assert_int_equal(page_finish(&b, &page, NULL), 0);
	assert_int_equal(page.line_count, 2);
	assert_true(str_eq_c(page.lines[0].text, "Rye bread"));
	assert_true(str_eq_c(page.lines[1].text, "4.20"));
	arena_release(&arena);
}

static void test_many_words_and_an_empty_page(void **state)
{
	struct arena arena;
	struct page_builder b;
	struct text_page page;

	(void)state;
	arena_init(&arena, 8 << 20);
	page_init(&b, &arena);
	assert_int_equal(page_finish(&b, &page, NULL), 0);
	assert_int_equal(page.line_count + page.word_count, 0);
	page_init(&b, &arena);
	for (int i = 0; i < 3000; i++) {
		if (i % 10 == 0)
			page_add_line(&b);
		add(&b, "word", 1, (float)(i % 10 * 50), (float)(i / 10 * 20), 45, 10);
	}
	assert_int_equal(page_finish(&b, &page, NULL), 0);
	assert_int_equal(page.word_count, 3000);
	assert_int_equal(page.line_count, 300);
	assert_int_equal(page.lines[299].first_word, 2990);
	arena_release(&arena);
}

static void test_no_memory_is_told(void **state)
{
	struct arena arena;
	struct page_builder b;
	struct text_page page;

	(void)state;
	arena_init(&arena, 20000);
	page_init(&b, &arena);
	for (int i = 0; i < 3000; i++)
		add(&b, "word", 1, (float)i, 0, 1, 1);
	assert_int_equal(page_finish(&b, &page, NULL), ERR_NO_MEMORY);
	arena_release(&arena);
}

static void test_hull_and_smallest_box(void **state)
{
	/* A 40 x 10 rectangle around (100, 50), turned by 30 degrees, with points inside. */
	const float angle = 30 * (float)M_PI / 180;
	struct image_point points[64], hull[65];
	size_t count = 0;
	struct rotated_box found;

	(void)state;
	for (int i = -4; i <= 4; i++)
		for (int j = -1; j <= 1; j++) {
			float u = (float)i * 5, v = (float)j * 5;

			points[count++] = (struct image_point){ 100 + u * cosf(angle) - v * sinf(angle),
								50 + u * sinf(angle) + v * cosf(angle) };
		}
	count = convex_hull(points, count, hull);
	assert_true(count >= 4 && count <= 24);
	found = smallest_box(hull, count);
	assert_true(fabsf(fmaxf(found.width, found.height) - 40) < 0.01f);
	assert_true(fabsf(fminf(found.width, found.height) - 10) < 0.01f);
	assert_true(fabsf(found.centre.x - 100) < 0.01f && fabsf(found.centre.y - 50) < 0.01f);
}

static void test_degenerate_hulls(void **state)
{
	struct image_point same[] = { { 3, 3 }, { 3, 3 }, { 3, 3 } };
	struct image_point row[] = { { 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 4 } };
	struct image_point hull[8];
	struct rotated_box found;
	size_t count;

	(void)state;
	assert_int_equal(convex_hull(same, 0, hull), 0);
	assert_int_equal(convex_hull(same, 1, hull), 1);
	count = convex_hull(same, 3, hull);
	found = smallest_box(hull, count);
	assert_true(found.width == 0 && found.height == 0);
	count = convex_hull(row, 4, hull);
	found = smallest_box(hull, count);
	assert_true(fabsf(found.width - 3 * sqrtf(2)) < 1e-4f && fabsf(found.height) < 1e-4f);
}

static void test_polygon_measures(void **state)
{
	struct text_polygon upright = box(10, 20, 30, 8);
	struct text_polygon upside_down = { { { 40, 28 }, { 10, 28 }, { 10, 20 }, { 40, 20 } } };

	(void)state;
	assert_true(polygon_width(&upright) == 30 && polygon_height(&upright) == 8);
	assert_true(polygon_centre(&upright).x == 25 && polygon_centre(&upright).y == 24);
	assert_true(polygon_axis(&upright).x == 1);
	assert_true(polygon_axis(&upside_down).x == -1);
	/* Around text that is upside down, the result keeps the reading frame. */
	upside_down = polygon_around(&upside_down, 1, sizeof(upside_down));
	assert_true(fabsf(upside_down.points[0].x - 40) < 1e-4f && fabsf(upside_down.points[0].y - 28) < 1e-4f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_words),
		cmocka_unit_test(test_short_words_alone),
		cmocka_unit_test(test_quotes_of_print),
		cmocka_unit_test(test_large_gap),
		cmocka_unit_test(test_many_words_and_an_empty_page),
		cmocka_unit_test(test_no_memory_is_told),
		cmocka_unit_test(test_hull_and_smallest_box),
		cmocka_unit_test(test_degenerate_hulls),
		cmocka_unit_test(test_polygon_measures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
