/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "text/lookalike.h"

/* One class a character, in this order, from 1. */
static const char keys[] = "0\no\nO\n1\nl\nI\nb\nN\n7\n.\n5\nc\n";
static const char letters[] = "0oO1lIbN7.5c";

static int class_of(char c)
{
	return (int)(strchr(letters, c) - letters) + 1;
}

/* `read`, a blank for a space, settled; at each character the network gave `doubt` to every other one that looks like it. */
static void settle(const char *read, float doubt, char out[32])
{
	struct ctc_character characters[32] = { 0 };
	struct charset charset;
	size_t count = 0;
	float *rows;

	assert_int_equal(charset_init(&charset, str_c(keys), NULL), 0);
	rows = calloc(32 * (size_t)charset.class_count, sizeof(*rows));
	for (const char *c = read; *c; c++) {
		if (*c == ' ') {
			characters[count - 1].space_after = 0.9f;
			continue;
		}
		for (int i = 0; i < LOOKALIKE_COUNT; i++)
			rows[count * (size_t)charset.class_count + (size_t)charset.lookalikes[i]] = doubt;
		characters[count] = (struct ctc_character){
			.class = class_of(*c), .confidence = 0.9f, .first = (float)count, .last = (float)count
		};
		count++;
	}
	lookalike_settle(rows, &charset, characters, count);
	for (size_t i = 0; i < count; i++)
		out[i] = letters[characters[i].class - 1];
	out[count] = '\0';
	free(rows);
	charset_release(&charset);
}

static void test_settling(void **state)
{
	static const struct {
		const char *read;
		float doubt;
		const char *settled;
	} cases[] = {
		{ "N0.", 0.1f, "NO." },                         /* a letter beside it: a letter, of its case */
		{ "b0c", 0.1f, "boc" },   { "1l", 0.1f, "1l" }, /* nothing sure around: as read */
		{ "b1c", 0.1f, "blc" },   { "NI", 0.1f, "NI" },
		{ "N1N", 0.1f, "NIN" },   { "7O", 0.1f, "70" }, /* a digit beside it: a digit */
		{ "57oo", 0.1f, "5700" }, { "7l.5", 0.1f, "71.5" },
		{ "b0c", 0.001f, "b0c" },                         /* only where the network was in doubt */
		{ "7O", 0.001f, "7O" },   { "b07", 0.1f, "b07" }, /* codes mix letters and digits */
		{ "7Ob", 0.1f, "7Ob" },   { "N17", 0.1f, "N17" },
		{ "b 0 b", 0.1f, "b0b" }, /* other words' letters tell nothing */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[32];

		settle(cases[i].read, cases[i].doubt, out);
		assert_string_equal(out, cases[i].settled);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
