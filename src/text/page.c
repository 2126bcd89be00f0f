/* SPDX-License-Identifier: Apache-2.0 */
#include "text/page.h"

#include <math.h>

#include "text/geometry.h"
#include "text/quotes.h"

void page_init(struct page_builder *b, struct arena *arena)
{
	*b = (struct page_builder){ .arena = arena };
}

/* Room for one more of `size` bytes at `items[count]`; the arena keeps the outgrown copies until it is released. */
static void *grow(struct page_builder *b, void *items, size_t count, size_t *capacity, size_t size)
{
	size_t larger = *capacity ? *capacity * 2 : 64;
	void *copy;

	if (count < *capacity)
		return items;
	copy = arena_alloc_array(b->arena, larger, size);
	if (!copy) {
		b->failed = true;
		return NULL;
	}
	if (count > 0)
		memcpy(copy, items, count * size);
	*capacity = larger;
	return copy;
}

void page_add_line(struct page_builder *b)
{
	struct text_page *page = &b->page;
	struct text_line *lines = grow(b, page->lines, page->line_count, &b->line_capacity, sizeof(*lines));

	if (!lines)
		return;
	page->lines = lines;
	lines[page->line_count++] = (struct text_line){ .first_word = page->word_count };
}

void page_add_word(struct page_builder *b, struct str text, float confidence, const struct text_polygon *polygon)
{
	struct text_page *page = &b->page;
	struct text_word *words;

	text = str_trim(text);
	if (text.n == 0)
		return;
	if (page->line_count == 0)
		page_add_line(b);
	words = grow(b, page->words, page->word_count, &b->word_capacity, sizeof(*words));
	text = arena_str(b->arena, text);
	if (!words || page->line_count == 0 || !str_is_set(text)) {
		b->failed = true;
		return;
	}
	page->words = words;
	words[page->word_count++] = (struct text_word){
		.text = text,
		.confidence = confidence < 0   ? 0
			      : confidence > 1 ? 1
					       : confidence,
		.polygon = *polygon,
		.line = page->line_count - 1,
	};
	page->lines[page->line_count - 1].word_count++;
}

void page_add_words(struct page_builder *b, const struct text_page *page, const struct text_line *line, float down)
{
	for (size_t i = line->first_word; i < line->first_word + line->word_count; i++) {
		struct text_polygon polygon = page->words[i].polygon;

		for (size_t k = 0; k < 4; k++)
			polygon.points[k].y += down;
		page_add_word(b, page->words[i].text, page->words[i].confidence, &polygon);
	}
}

static bool is_gap(const struct text_word *a, const struct text_word *b)
{
	struct image_point axis = polygon_axis(&a->polygon);
	struct image_point from = point_between(a->polygon.points[1], a->polygon.points[2], 0.5f);
	struct image_point to = point_between(b->polygon.points[0], b->polygon.points[3], 0.5f);
	float gap = (to.x - from.x) * axis.x + (to.y - from.y) * axis.y;
	float height = (polygon_height(&a->polygon) + polygon_height(&b->polygon)) / 2;

	return gap > PAGE_GAP_HEIGHTS * height;
}

#define EM_DASH "\u2014"

static bool belongs_to_previous(struct str text)
{
	if (str_starts(text, STR(EM_DASH)))
		return true;
	for (size_t i = 0; i < text.n; i++)
		if (!strchr(";:!?", text.p[i]))
			return false;
	return true;
}

/* How far `b` begins behind the end of `a`, in heights. */
static float distance_in_heights(const struct text_word *a, const struct text_word *b)
{
	struct image_point from = point_between(a->polygon.points[1], a->polygon.points[2], 0.5f);
	struct image_point to = point_between(b->polygon.points[0], b->polygon.points[3], 0.5f);

	return point_distance(from, to) / fmaxf(polygon_height(&a->polygon), 1);
}

void page_join_print(struct page_builder *b)
{
	struct text_page *page = &b->page;
	size_t kept = 0;

	for (size_t i = 0; i < page->word_count; i++) {
		struct text_word *word = &page->words[i];

		word->text = quotes_of_print(b->arena, word->text);
		b->failed |= !word->text.p;
	}
	for (size_t i = 0; i < page->word_count && !b->failed; i++) {
		struct text_word *word = &page->words[i];
		struct text_word *last = kept > 0 ? &page->words[kept - 1] : NULL;

		if (!last || last->line != word->line || distance_in_heights(last, word) > 1 ||
		    !(belongs_to_previous(word->text) || str_ends(last->text, STR(EM_DASH)))) {
			page->words[kept++] = *word;
			continue;
		}
		const struct text_polygon both[2] = { last->polygon, word->polygon };

		last->polygon = polygon_around(both, 2, sizeof(both[0]));
		last->confidence = fminf(last->confidence, word->confidence);
		last->text = arena_concat(b->arena, last->text, word->text);
		b->failed |= !last->text.p;
	}
	page->word_count = kept;
}

/* Gives every word its final line: a new one where the engine began one and at every large gap. Returns how many lines there are.
 */
static size_t number_lines(struct text_page *page)
{
	size_t lines = 0;

	for (size_t i = 0, previous = 0; i < page->word_count; i++) {
		struct text_word *word = &page->words[i];
		bool begins = i == 0 || word->line != previous || is_gap(&page->words[i - 1], word);

		previous = word->line;
		lines += begins;
		word->line = lines - 1;
	}
	return lines;
}

/* Icons, boxes and leaves look like a letter or two; seldom like more. */
static void doubt_words_alone(const struct page_builder *b)
{
	const struct text_page *page = &b->page;

	for (size_t i = 0; i < page->line_count; i++) {
		struct text_word *word = &page->words[page->lines[i].first_word];

		if (page->lines[i].word_count == 1 && str_utf8_length(word->text) <= 2)
			word->confidence = fmaxf(0, 1 - b->alone * (1 - word->confidence));
	}
}

static void describe_line(struct page_builder *b, struct text_line *line)
{
	const struct text_word *words = b->page.words + line->first_word;
	size_t room = line->word_count;
	char *text;
	float sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < line->word_count; i++)
		room += words[i].text.n;
	text = arena_alloc(b->arena, room);
	if (!text) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; i < line->word_count; i++) {
		if (i > 0)
			text[n++] = ' ';
		memcpy(text + n, words[i].text.p, words[i].text.n);
		n += words[i].text.n;
		sum += words[i].confidence * (float)words[i].text.n;
	}
	line->text = str_of(text, n);
	line->confidence = sum / (float)(n - (line->word_count - 1));
	line->polygon = polygon_around(&words[0].polygon, line->word_count, sizeof(*words));
}

int page_finish(struct page_builder *b, struct text_page *out, struct error *err)
{
	struct text_page *page = &b->page;

	page->line_count = number_lines(page);
	page->lines = arena_alloc_array(b->arena, page->line_count + 1, sizeof(*page->lines));
	if (b->failed || !page->lines)
		return error_set(err, ERR_NO_MEMORY, "no memory for the text of an image");
	for (size_t i = 0; i < page->word_count; i++) {
		struct text_line *line = &page->lines[page->words[i].line];

		if (line->word_count++ == 0)
			line->first_word = i;
	}
	if (b->alone > 0)
		doubt_words_alone(b);
	for (size_t i = 0; i < page->line_count; i++)
		describe_line(b, &page->lines[i]);
	if (b->failed)
		return error_set(err, ERR_NO_MEMORY, "no memory for the text of an image");
	*out = *page;
	return 0;
}
