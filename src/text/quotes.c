/* SPDX-License-Identifier: Apache-2.0 */
#include "text/quotes.h"

static const struct {
	const char *text;
	size_t strokes; /* of a pair */
} marks[] = {
	{ "'", 1 }, { "`", 1 }, { "\u2018", 1 }, { "\u2019", 1 }, { "\"", 2 }, { "\u201c", 2 }, { "\u201d", 2 },
};
enum { MARK_COUNT = sizeof(marks) / sizeof(marks[0]) };

/* The mark that `text` begins or ends with; MARK_COUNT: none. */
static size_t mark_at(struct str text, bool at_end)
{
	size_t i = 0;

	while (i < MARK_COUNT && !(at_end ? str_ends(text, str_c(marks[i].text)) : str_starts(text, str_c(marks[i].text))))
		i++;
	return i;
}

/* Takes the marks off one end of `text`; returns how many strokes they have together. */
static size_t strip(struct str *text, bool at_end)
{
	size_t strokes = 0;

	for (size_t i; (i = mark_at(*text, at_end)) < MARK_COUNT; strokes += marks[i].strokes)
		*text = at_end ? str_sub(*text, 0, text->n - strlen(marks[i].text)) : str_from(*text, strlen(marks[i].text));
	return strokes;
}

struct str quotes_of_print(struct arena *a, struct str word)
{
	struct str inner = word;
	struct str opening, closing;
	size_t before = strip(&inner, false);
	size_t after = strip(&inner, true);

	if (inner.n == 0 || (before < 2 && after < 2))
		return word;
	opening = before < 2 ? str_sub(word, 0, (size_t)(inner.p - word.p)) : STR("\u201c");
	closing = after < 2 ? str_from(word, (size_t)(inner.p - word.p) + inner.n) : STR("\u201d");
	return arena_printf(a, STR_FMT STR_FMT STR_FMT, STR_ARG(opening), STR_ARG(inner), STR_ARG(closing));
}
