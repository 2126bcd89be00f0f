/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "text/charset.h"
#include "text/ctc.h"

/* Classes: 0 blank, 1 a, 2 b, 3 中, 4 full-width comma, 5 '.', 6 '1', 7 space. */
static const char keys[] = "a\nb\r\n中\n，\n.\n1\n";
enum { CLASSES = 8, A = 1, B = 2, HAN = 3, COMMA = 4, DOT = 5, ONE = 6, SPACE = 7 };

static void test_charset(void **state)
{
	struct charset c;

	(void)state;
	assert_int_equal(charset_init(&c, STR(""), NULL), ERR_CORRUPT);
	assert_int_equal(charset_init(&c, str_c(keys), NULL), 0);
	assert_int_equal(c.class_count, CLASSES);
	assert_int_equal(charset_space(&c), SPACE);
	assert_true(str_eq_c(c.texts[B], "b"));
	assert_true(str_eq_c(c.texts[COMMA], ","));
	assert_int_equal(c.read_count, 5); /* not the Chinese one */
	for (int i = 0; i < c.read_count; i++)
		assert_int_not_equal(c.read[i], HAN);
	charset_release(&c);
}

struct step {
	int class;
	float probability;
	float space;
};

/* The words read from such steps, with '|' between them. */
static struct str read_steps(struct arena *arena, const struct step *steps, int count)
{
	float *rows = calloc((size_t)count * CLASSES, sizeof(*rows));
	struct ctc_character characters[64];
	struct ctc_word words[64];
	struct charset c;
	struct str text = STR("");
	size_t n;

	assert_int_equal(charset_init(&c, str_c(keys), NULL), 0);
	for (int i = 0; i < count; i++) {
		rows[i * CLASSES + SPACE] = steps[i].space;
		rows[i * CLASSES + steps[i].class] = steps[i].probability;
	}
	n = ctc_read(rows, count, &c, characters);
	n = ctc_words(characters, n, count, &c, words);
	for (size_t w = 0; w < n; w++) {
		text = arena_printf(arena, STR_FMT "%s", STR_ARG(text), w ? "|" : "");
		for (size_t i = 0; i < words[w].count; i++)
			text = arena_concat(arena, text, arena_str(arena, c.texts[characters[words[w].first + i].class]));
		assert_true(words[w].from >= 0 && words[w].from < words[w].to && words[w].to <= (float)count);
	}
	charset_release(&c);
	free(rows);
	return text;
}

static void test_reading(void **state)
{
	static const struct {
		struct step steps[8];
		int count;
		const char *text;
	} cases[] = {
		{ { { A, .9f, 0 }, { A, .9f, 0 }, { B, .9f, 0 } }, 3, "ab" },    /* repeats fall together */
		{ { { A, .9f, 0 }, { 0, .9f, 0 }, { A, .9f, 0 } }, 3, "aa" },    /* … unless a blank parts them */
		{ { { HAN, .9f, 0 }, { A, .9f, 0 } }, 2, "a" },                  /* a class that is not read never wins */
		{ { { A, .9f, 0 }, { 0, .9f, .02f }, { B, .9f, 0 } }, 3, "ab" }, /* a space too faint */
		{ { { A, .9f, 0 }, { 0, .9f, .05f }, { B, .9f, 0 } }, 3, "a|b" },
		{ { { A, .9f, 0 }, { SPACE, .9f, .9f }, { B, .9f, 0 } }, 3, "a|b" },
		{ { { A, .9f, 0 }, { 0, .9f, .05f }, { DOT, .9f, 0 } }, 3, "a." }, /* punctuation holds on */
		{ { { ONE, .9f, 0 }, { DOT, .9f, 0 }, { 0, .6f, .3f }, { ONE, .9f, 0 } }, 4, "1.1" },
		{ { { A, .9f, 0 }, { COMMA, .9f, 0 }, { 0, .9f, .01f }, { B, .9f, 0 } },
		  4,
		  "a,|b" }, /* after a comma little is enough */
		{ { { 0, .9f, .9f }, { 0, .9f, 0 } }, 2, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena arena;
		struct str text;

		arena_init(&arena, 1 << 16);
		text = read_steps(&arena, cases[i].steps, cases[i].count);
		if (!str_eq_c(text, cases[i].text))
			fail_msg("case %zu: '" STR_FMT "', expected '%s'", i, STR_ARG(text), cases[i].text);
		arena_release(&arena);
	}
}

/* Whatever the network says, no more characters than steps come out. */
static void test_odd_numbers(void **state)
{
	float rows[4 * CLASSES];
	struct ctc_character characters[4];
	struct charset c;

	(void)state;
	assert_int_equal(charset_init(&c, str_c(keys), NULL), 0);
	for (size_t i = 0; i < 4 * CLASSES; i++)
		rows[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY;
	assert_true(ctc_read(rows, 4, &c, characters) <= 4);
	charset_release(&c);
}

/* A line 48 high: columns of ink where `drawing` has '#', eight to a sign. */
static size_t blanks_of(const char *drawing, float background, float ink, bool underlined, struct ink_blank *out)
{
	enum { HEIGHT = 48, WIDTH_MAX = 400 };
	static float rows[HEIGHT * WIDTH_MAX];
	float columns[WIDTH_MAX];
	int width = 8 * (int)strlen(drawing);

	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < width; x++) {
			bool inked = drawing[x / 8] == '#' && y > 12 && y < 36;

			rows[y * width + x] = inked || (underlined && y == 40) ? ink : background;
		}
	return ink_blanks(rows, width, HEIGHT, columns, out);
}

static void test_blanks(void **state)
{
	struct ink_blank blanks[200];
	size_t n;

	(void)state;
	for (int i = 0; i < 4; i++) { /* dark on light, light on dark, both underlined */
		float paper = i % 2 ? -0.9f : 0.9f;

		n = blanks_of("##.#..#", paper, -paper, i / 2, blanks);
		assert_int_equal(n, 2);
		assert_true(blanks[0].from == 16 && blanks[0].to == 24);
		assert_true(blanks[1].from == 32 && blanks[1].to == 48);
	}
	assert_int_equal(blanks_of("####", 0.5f, -0.5f, false, blanks), 0);
}

/* Three characters in steps 0, 2 and 4 of 6: where they are parted when the network is not sure. */
static void test_blanks_decide(void **state)
{
	static const struct {
		struct ink_blank blanks[2];
		float space; /* between all */
		size_t words;
		float second_from;
	} cases[] = {
		{ { { 12, 18 }, { 26, 34 } }, 0.02f, 1, 0 },       /* both narrow */
		{ { { 6, 19 }, { 28, 32 } }, 0.02f, 2, 19 / 8.f }, /* the first is wide */
		{ { { 12, 16 }, { 30, 34 } }, 0.05f, 1, 0 },       /* the network suspects two spaces, but it is close print */
		{ { { 12, 12 }, { 12, 12 } }, 0.05f, 3, 0 },       /* nothing to be seen: the network alone */
	};
	struct charset c;

	(void)state;
	assert_int_equal(charset_init(&c, str_c(keys), NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ctc_character line[3];
		struct ctc_word words[3];

		for (int k = 0; k < 3; k++)
			line[k] = (struct ctc_character){ .class = A,
							  .confidence = 1,
							  .first = 2.f * (float)k,
							  .last = 2.f * (float)k,
							  .space_after = cases[i].space };
		ctc_place_blanks(line, 3, 6, cases[i].blanks, 2, 48);
		assert_int_equal(ctc_words(line, 3, 6, &c, words), cases[i].words);
		if (cases[i].second_from > 0)
			assert_float_equal(words[1].from, cases[i].second_from, 1e-5f);
	}
	charset_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blanks),  cmocka_unit_test(test_blanks_decide), cmocka_unit_test(test_charset),
		cmocka_unit_test(test_reading), cmocka_unit_test(test_odd_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
