/* SPDX-License-Identifier: Apache-2.0
 *
 * From a recogniser's rows to a page, with hostile tensors: characters, blanks, words, their order and lines. A byte stands for a
 * number, so that NaN, infinities, numbers without end and denormal ones come often.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "text/ctc.h"
#include "text/geometry.h"
#include "text/ink.h"
#include "text/order.h"
#include "text/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { LINES_MAX = 64, NUMBERS_MAX = 8192, INK_HEIGHT = 4 };

struct input {
	const float *numbers;
	size_t count;
};

static float number_of(uint8_t byte)
{
	static const float odd[] = { NAN,     -NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, FLT_MIN, 1e-44f,
				     -1e-44f, 0,    -0.0f,    1,         -1,      0.5f,     1e9f,    -1e9f };

	return byte < 16 ? odd[byte] : byte < 128 ? (float)(byte - 16) / 112 : (float)(byte - 128) * 9;
}

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Words that leave no character out and take none twice. */
static void check_words(const struct ctc_word *words, size_t count, size_t characters, int steps)
{
	size_t next = 0;

	for (size_t i = 0; i < count; i++) {
		check(words[i].first == next && words[i].count > 0);
		check(words[i].from >= 0 && words[i].from <= words[i].to && words[i].to <= (float)steps);
		check(!isnan(words[i].confidence));
		next += words[i].count;
	}
	check(next == characters);
}

static struct text_polygon polygon_at(const struct input *in, size_t i)
{
	struct text_polygon p;

	for (size_t k = 0; k < 4; k++)
		p.points[k] = (struct image_point){ in->numbers[(8 * i + 2 * k) % in->count],
						    in->numbers[(8 * i + 2 * k + 1) % in->count] };
	return p;
}

static void add_words(struct page_builder *page, const struct input *in, const struct ctc_word *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text_polygon polygon = polygon_at(in, i);

		page_add_word(page, words[i].count > 2 ? STR("word") : STR(";"), words[i].confidence, &polygon);
	}
}

static void read_line(const struct input *in, const struct charset *charset, struct page_builder *page)
{
	int steps = (int)(in->count / (size_t)charset->class_count);
	int width = 1 + (int)(in->count / INK_HEIGHT);
	struct ctc_character *characters = calloc((size_t)steps + 1, sizeof(*characters));
	struct ctc_word *words = calloc((size_t)steps + 1, sizeof(*words));
	struct ink_blank *blanks = calloc((size_t)width / 2 + 1, sizeof(*blanks));
	float *columns = calloc((size_t)width, sizeof(*columns));

	if (characters && words && blanks && columns && in->count >= INK_HEIGHT) {
		size_t n = ctc_read(in->numbers, steps, charset, characters);
		size_t blank_count = ink_blanks(in->numbers, width - 1, INK_HEIGHT, columns, blanks);
		size_t count;

		check(n <= (size_t)steps);
		ctc_place_blanks(characters, n, steps, blanks, blank_count, width - 1);
		count = ctc_words(characters, n, steps, charset, words);
		check_words(words, count, n, steps);
		add_words(page, in, words, count);
	}
	free(columns);
	free(blanks);
	free(words);
	free(characters);
}

/* Every line once, whatever the outlines are. */
static void order_all(const struct input *in)
{
	struct text_polygon outlines[LINES_MAX] = { 0 };
	size_t order[LINES_MAX];
	bool seen[LINES_MAX] = { false };
	size_t count = in->count / 8 < LINES_MAX ? in->count / 8 : LINES_MAX;

	for (size_t i = 0; i < count; i++)
		outlines[i] = polygon_at(in, i);
	if (order_lines(outlines, count, sizeof(*outlines), order) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		check(order[i] < count && !seen[order[i]]);
		seen[order[i]] = true;
	}
}

static void check_page(const struct text_page *page)
{
	size_t next = 0;

	for (size_t i = 0; i < page->line_count; i++) {
		check(page->lines[i].first_word == next && page->lines[i].word_count > 0 && page->lines[i].text.n > 0);
		check(page->lines[i].confidence >= 0 && page->lines[i].confidence <= 1.001f);
		next += page->lines[i].word_count;
	}
	check(next == page->word_count);
}

static void read_page(const struct input *in, const struct charset *charset, bool is_print)
{
	struct arena arena;
	struct page_builder builder;
	struct text_page page;

	arena_init(&arena, MIB(16));
	page_init(&builder, &arena);
	page_add_line(&builder);
	read_line(in, charset, &builder);
	page_add_line(&builder);
	read_line(&(struct input){ in->numbers + in->count / 2, in->count - in->count / 2 }, charset, &builder);
	if (is_print)
		page_join_print(&builder);
	if (page_finish(&builder, &page, NULL) == 0)
		check_page(&page);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	size_t count = n < NUMBERS_MAX ? n : NUMBERS_MAX;
	float *numbers = calloc(count + 1, sizeof(*numbers));
	struct input in = { numbers, count };
	struct charset charset;

	if (!numbers || count < 2 || charset_init(&charset, STR("a\nb\nA\n1\n.\n,\n-\n"), NULL) < 0) {
		free(numbers);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		numbers[i] = number_of(bytes[i]);
	read_page(&in, &charset, bytes[0] & 1);
	order_all(&in);
	charset_release(&charset);
	free(numbers);
	return 0;
}
