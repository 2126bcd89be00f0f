/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines as read to a page. Every character is one step wide, a step is 10 pixels, a line 20 high.
 */
#include "../unit.h"

#include <string.h>

#include "text/compose.h"

enum { STEP = 10, HEIGHT = 20, TEXT_MAX = 16 };

struct fixture {
	struct arena arena;
	struct charset charset;
};

static int set_up(void **state)
{
	static struct fixture f;
	static const char keys[] = "a\nb\nc\nl\n1\n2\nk\nm\n";

	arena_init(&f.arena, 1 << 20);
	*state = &f;
	return charset_init(&f.charset, str_c(keys), NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	charset_release(&f->charset);
	arena_release(&f->arena);
	return 0;
}

static int class_of(const struct charset *charset, char c)
{
	for (int i = 1; i < charset_space(charset); i++)
		if (charset->texts[i].n == 1 && charset->texts[i].p[0] == c)
			return i;
	fail_msg("'%c' is not in the list", c);
	return 0;
}

/* `text` from pixel `x` of row `y` on. */
static struct read_line make_line(const struct charset *charset, const char *text, float x, float y,
				  struct ctc_character characters[TEXT_MAX])
{
	size_t count = strlen(text);
	float right = x + (float)(count * STEP);

	for (size_t i = 0; i < count; i++)
		characters[i] = (struct ctc_character){
			.class = class_of(charset, text[i]), .confidence = 0.9f, .first = (float)i, .last = (float)i
		};
	return (struct read_line){ .polygon = { { { x, y }, { right, y }, { right, y + HEIGHT }, { x, y + HEIGHT } } },
				   .steps = (int)count,
				   .characters = characters,
				   .character_count = count,
				   .confidence = 0.9f };
}

struct box {
	const char *text;
	float x, y;
};

/* The lines of the page that the boxes make, with "|" between. */
static void check(struct fixture *f, const struct box *boxes, size_t count, const char *expected)
{
	struct ctc_character characters[4][TEXT_MAX];
	struct read_line lines[4];
	const struct text_page print = { 0 };
	struct page_builder builder;
	struct text_page page;
	char text[128] = "";

	for (size_t i = 0; i < count; i++)
		lines[i] = make_line(&f->charset, boxes[i].text, boxes[i].x, boxes[i].y, characters[i]);
	page_init(&builder, &f->arena);
	assert_int_equal(compose_page(&builder, &f->charset, &print, lines, count, NULL), 0);
	assert_int_equal(page_finish(&builder, &page, NULL), 0);
	for (size_t i = 0; i < page.line_count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s" STR_FMT, i ? "|" : "",
			 STR_ARG(page.lines[i].text));
	assert_string_equal(text, expected);
}

static void test_boxes_of_one_line_are_joined(void **state)
{
	check(*state, (struct box[]){ { "abc", 100, 50 }, { "ma", 145, 51 }, { "ab", 100, 90 } }, 3, "abc ma|ab");
	check(*state, (struct box[]){ { "abc", 100, 50 }, { "ma", 400, 50 } }, 2, "abc|ma"); /* too far */
	check(*state, NULL, 0, "");
}

static void test_what_two_boxes_show_is_told_once(void **state)
{
	check(*state, (struct box[]){ { "abc", 100, 50 }, { "ckm", 121, 50 } }, 2, "abc km");  /* the c, a pixel off */
	check(*state, (struct box[]){ { "abc", 100, 50 }, { "bckm", 111, 50 } }, 2, "abc km"); /* two characters */
	check(*state, (struct box[]){ { "mal", 100, 50 }, { "12k", 121, 50 } }, 2, "mal 2k");  /* read as another one */
}

static void test_what_only_looks_alike_stays(void **state)
{
	check(*state, (struct box[]){ { "abc", 100, 50 }, { "ckm", 131, 50 } }, 2, "abc ckm"); /* another c */
	check(*state, (struct box[]){ { "mal", 100, 50 }, { "l2k", 126, 50 } }, 2, "mal l2k"); /* letters as narrow as these */
	check(*state, (struct box[]){ { "mal", 100, 50 }, { "1", 121, 50 } }, 2, "mal 1");     /* all that the box holds */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boxes_of_one_line_are_joined),
		cmocka_unit_test(test_what_two_boxes_show_is_told_once),
		cmocka_unit_test(test_what_only_looks_alike_stays),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
