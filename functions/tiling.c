/* SPDX-License-Identifier: Apache-2.0 */
#include "tiling.h"

#include <math.h>

/* Boxes that share this part of the smaller one are the same word. */
#define SAME_WORD_OVERLAP 0.6
/* Lines whose vertical extents share this part of the lower one may continue each other. */
#define SAME_LINE_OVERLAP 0.6
#define EDGE_PIXELS 3.0

static double extent(const struct text_box *b, bool vertical)
{
	return vertical ? b->bottom - b->top : b->right - b->left;
}

static uint32_t overlap_for(const struct text_page *page, bool across_height, uint32_t side)
{
	double largest = 32;

	for (size_t i = 0; i < page->word_count; i++)
		largest = fmax(largest, extent(&page->words[i].box, across_height));
	for (size_t i = 0; across_height && i < page->line_count; i++)
		largest = fmax(largest, extent(&page->lines[i].box, true)); /* higher than its words where the page is askew */
	double overlap = fmin(largest * 1.75 + 8, side / 3.0);
	return (uint32_t)overlap;
}

static int compare_numbers(const void *left, const void *right)
{
	double l = *(const double *)left, r = *(const double *)right;
	return (l > r) - (l < r);
}

/* Where half of the words seen lie on each side, so that a page with an empty lower half is not cut in vain; but no part is made
 * smaller than a quarter, for the words not seen may lie anywhere. */
static uint32_t cut_place(const struct text_area *tile, const struct text_page *page, bool across_height, uint32_t side,
			  uint32_t overlap)
{
	double centres[DETECT_TEXT_WORDS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < page->word_count && n < DETECT_TEXT_WORDS_MAX; i++) {
		const struct text_box *b = &page->words[i].box;
		centres[n++] = across_height ? (b->top + b->bottom) / 2 - tile->y : (b->left + b->right) / 2 - tile->x;
	}
	double place = side / 2;
	if (n > 0) {
		qsort(centres, n, sizeof(centres[0]), compare_numbers);
		place = centres[n / 2];
	}
	double least = fmax(side / 4, DETECT_TEXT_SIDE_MIN - overlap / 2.0);
	return (uint32_t)fmin(fmax(place, least), side - least);
}

bool tiling_split(const struct text_area *tile, const struct text_page *page, struct text_area halves[2])
{
	bool across_height = tile->height >= TILE_SIDE_MIN && tile->height * 3 >= tile->width;
	uint32_t side = across_height ? tile->height : tile->width;

	if (side < TILE_SIDE_MIN)
		return false;
	uint32_t overlap = overlap_for(page, across_height, side) & ~1u;
	uint32_t place = cut_place(tile, page, across_height, side, overlap);
	uint32_t first = place + overlap / 2, second = place - overlap / 2;
	halves[0] = halves[1] = *tile;
	if (across_height) {
		halves[0].height = first;
		halves[1].y += second;
		halves[1].height = side - second;
	} else {
		halves[0].width = first;
		halves[1].x += second;
		halves[1].width = side - second;
	}
	return true;
}

/* A word on its way into the merged page. */
struct merged_word {
	struct text_item item;
	size_t tile;
	size_t line;  /* index into the lines of all tiles */
	double depth; /* pixels to the nearest edge of its tile that is not the image's */
	bool cut;     /* touches such an edge */
	bool dropped;
};

struct merge {
	struct merged_word *words;
	size_t word_count;
	struct text_item *lines; /* of all tiles, one behind the other */
	size_t *line_tile;
	size_t *parent; /* union-find over lines */
	bool *broken;   /* lines that lost a word */
	size_t line_count;
	const struct text_tile *tiles;
};

static size_t find(struct merge *m, size_t line)
{
	while (m->parent[line] != line) {
		m->parent[line] = m->parent[m->parent[line]];
		line = m->parent[line];
	}
	return line;
}

/* The earlier line stands for both, which keeps the reading order. */
static void unite(struct merge *m, size_t one, size_t other)
{
	one = find(m, one);
	other = find(m, other);
	if (one < other)
		m->parent[other] = one;
	else
		m->parent[one] = other;
}

static double depth_in(const struct text_box *b, const struct text_area *t, uint32_t width, uint32_t height)
{
	double depth = INFINITY;

	if (t->x > 0)
		depth = fmin(depth, b->left - t->x);
	if (t->y > 0)
		depth = fmin(depth, b->top - t->y);
	if (t->x + t->width < width)
		depth = fmin(depth, t->x + t->width - b->right);
	if (t->y + t->height < height)
		depth = fmin(depth, t->y + t->height - b->bottom);
	return depth;
}

static double shared(double from1, double to1, double from2, double to2)
{
	return fmax(0, fmin(to1, to2) - fmax(from1, from2));
}

static double area_of(const struct text_box *b)
{
	return fmax(extent(b, false), 1) * fmax(extent(b, true), 1);
}

static bool same_place(const struct text_box *a, const struct text_box *b)
{
	double both = shared(a->left, a->right, b->left, b->right) * shared(a->top, a->bottom, b->top, b->bottom);
	return both >= SAME_WORD_OVERLAP * fmin(area_of(a), area_of(b));
}

/* Words farther from a cut are better: that is the same choice for all words of a line, so that two readings of it do not mix.
 * Then the longer text, then the surer. */
static int compare_worth(const void *left, const void *right)
{
	const struct merged_word *a = *(struct merged_word *const *)left, *b = *(struct merged_word *const *)right;

	if (a->depth != b->depth)
		return a->depth > b->depth ? -1 : 1;
	if (a->item.text.n != b->item.text.n)
		return a->item.text.n > b->item.text.n ? -1 : 1;
	return (a->item.confidence < b->item.confidence) - (a->item.confidence > b->item.confidence);
}

static void drop_if_told(struct merge *m, struct merged_word *word, struct merged_word *const *kept, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (kept[i]->dropped || kept[i]->tile == word->tile || !same_place(&kept[i]->item.box, &word->item.box))
			continue;
		unite(m, kept[i]->line, word->line);
		word->dropped = true;
	}
}

/* The best first, and only a word that stays takes another's place, or a place might lose all its words. */
static void drop_duplicates(struct merge *m, struct merged_word **best)
{
	for (size_t i = 0; i < m->word_count; i++)
		best[i] = &m->words[i];
	qsort(best, m->word_count, sizeof(struct merged_word *), compare_worth);
	for (size_t i = 0; i < m->word_count; i++)
		if (!best[i]->dropped)
			drop_if_told(m, best[i], best, i);
}

static bool lies_within(const struct text_box *b, const struct text_area *t)
{
	return b->left >= t->x && b->top >= t->y && b->right <= t->x + t->width && b->bottom <= t->y + t->height;
}

/* What a cut left of a word is read as anything. Where another tile has all of its place, that one knows better, even when it
 * told no such word. */
static void drop_fragments(struct merge *m, size_t tile_count, uint32_t width, uint32_t height)
{
	for (size_t i = 0; i < m->word_count; i++) {
		struct merged_word *w = &m->words[i];

		for (size_t t = 0; w->cut && !w->dropped && t < tile_count; t++)
			w->dropped = t != w->tile && lies_within(&w->item.box, &m->tiles[t].area) &&
				     depth_in(&w->item.box, &m->tiles[t].area, width, height) >= EDGE_PIXELS;
	}
}

/* Two parts of one line on both sides of a cut: same height on the page, and nothing but a word gap between. */
static bool continues(const struct text_box *a, const struct text_box *b)
{
	double height = fmin(extent(a, true), extent(b, true));
	double gap = fmax(b->left - a->right, a->left - b->right);

	return shared(a->top, a->bottom, b->top, b->bottom) >= SAME_LINE_OVERLAP * height && gap <= height && gap > -2 * height;
}

static bool side_by_side(const struct text_area *a, const struct text_area *b)
{
	return a->x != b->x && shared(a->y, a->y + a->height, b->y, b->y + b->height) > 0;
}

static void rejoin_lines(struct merge *m)
{
	for (size_t i = 0; i < m->line_count; i++)
		for (size_t j = i + 1; j < m->line_count; j++)
			if (side_by_side(&m->tiles[m->line_tile[i]].area, &m->tiles[m->line_tile[j]].area) &&
			    continues(&m->lines[i].box, &m->lines[j].box))
				unite(m, i, j);
}

static int collect(struct merge *m, struct arena *a, const struct text_tile *tiles, size_t count, uint32_t width, uint32_t height)
{
	size_t words = 1, lines = 1;

	for (size_t i = 0; i < count; i++) {
		words += tiles[i].page.word_count;
		lines += tiles[i].page.line_count;
	}
	m->tiles = tiles;
	m->words = arena_alloc_array(a, words, sizeof(*m->words));
	m->lines = arena_alloc_array(a, lines, sizeof(*m->lines));
	m->line_tile = arena_alloc_array(a, lines, sizeof(*m->line_tile));
	m->parent = arena_alloc_array(a, lines, sizeof(*m->parent));
	m->broken = arena_alloc_array(a, lines, sizeof(*m->broken));
	if (arena_failed(a))
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const struct text_page *page = &tiles[i].page;
		size_t first = m->line_count;
		for (size_t j = 0; j < page->line_count; j++) {
			m->parent[m->line_count] = m->line_count;
			m->broken[m->line_count] = false;
			m->line_tile[m->line_count] = i;
			m->lines[m->line_count++] = page->lines[j];
		}
		for (size_t j = 0; j < page->word_count; j++) {
			struct text_item word = page->words[j];
			if (word.line < 0)
				continue; /* DetectText gives every word its line */
			double depth = depth_in(&word.box, &tiles[i].area, width, height);
			m->words[m->word_count++] = (struct merged_word){
				.item = word,
				.tile = i,
				.line = first + (size_t)word.line,
				.depth = depth,
				.cut = depth < EDGE_PIXELS,
			};
		}
	}
	return 0;
}

/* Line first, then left to right as far as words of one tile do not say otherwise. */
static int compare_words(const void *left, const void *right)
{
	const struct merged_word *l = left, *r = right;

	if (l->line != r->line)
		return l->line < r->line ? -1 : 1;
	return (l->item.box.left > r->item.box.left) - (l->item.box.left < r->item.box.left);
}

static void grow(struct text_box *box, const struct text_box *with)
{
	box->left = fmin(box->left, with->left);
	box->top = fmin(box->top, with->top);
	box->right = fmax(box->right, with->right);
	box->bottom = fmax(box->bottom, with->bottom);
}

static void set_corners(struct text_item *line)
{
	const struct text_box *b = &line->box;

	line->polygon[0] = (struct text_point){ b->left, b->top };
	line->polygon[1] = (struct text_point){ b->right, b->top };
	line->polygon[2] = (struct text_point){ b->right, b->bottom };
	line->polygon[3] = (struct text_point){ b->left, b->bottom };
}

/* A line of `count` words that stand in order; one that is as its tile told it keeps its own polygon. */
static struct text_item build_line(struct arena *a, const struct merge *m, const struct merged_word *words, size_t count,
				   bool whole)
{
	struct text_item line = m->lines[words[0].line];
	double confidence = 0;

	if (whole)
		return line;
	line.text = STR("");
	line.box = words[0].item.box;
	for (size_t i = 0; i < count; i++) {
		line.text = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(line.text), i ? " " : "", STR_ARG(words[i].item.text));
		grow(&line.box, &words[i].item.box);
		confidence += words[i].item.confidence;
	}
	line.confidence = confidence / (double)count;
	set_corners(&line);
	return line;
}

/* As a tile told it: not united with another, and with all its words. */
static bool is_whole(struct merge *m, size_t line)
{
	if (m->broken[line])
		return false;
	for (size_t i = 0; i < m->line_count; i++)
		if (i != line && find(m, i) == line)
			return false;
	return true;
}

static void emit_line(struct arena *a, struct merge *m, struct merged_word *words, size_t count, struct text_page *out)
{
	bool whole = is_whole(m, words[0].line);

	out->lines[out->line_count] = build_line(a, m, words, count, whole);
	for (size_t i = 0; i < count; i++) {
		words[i].item.line = (int)out->line_count;
		out->words[out->word_count++] = words[i].item;
	}
	out->line_count++;
}

static void emit(struct arena *a, struct merge *m, struct text_page *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->word_count; i++) {
		if (m->words[i].dropped) {
			m->broken[m->words[i].line] = true;
			continue;
		}
		m->words[kept] = m->words[i];
		m->words[kept].line = find(m, m->words[kept].line);
		kept++;
	}
	if (kept > 1)
		qsort(m->words, kept, sizeof(*m->words), compare_words);
	for (size_t i = 0, end; i < kept; i = end) {
		for (end = i + 1; end < kept && m->words[end].line == m->words[i].line;)
			end++;
		emit_line(a, m, m->words + i, end - i, out);
	}
}

int tiling_merge(struct arena *a, const struct text_tile *tiles, size_t count, uint32_t width, uint32_t height,
		 struct text_page *out, struct error *err)
{
	struct merge m = { 0 };
	struct text_page page = { 0 };

	if (collect(&m, a, tiles, count, width, height))
		return error_set(err, ERR_NO_MEMORY, "no memory to merge tiles");
	struct merged_word **best = arena_alloc_array(a, m.word_count + 1, sizeof(struct merged_word *));
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory to merge tiles");
	drop_fragments(&m, count, width, height);
	drop_duplicates(&m, best);
	rejoin_lines(&m);
	page.words = arena_alloc_array(a, m.word_count + 1, sizeof(*page.words));
	page.lines = arena_alloc_array(a, m.line_count + 1, sizeof(*page.lines));
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory to merge tiles");
	emit(a, &m, &page);
	page.model = count ? tiles[0].page.model : STR_NULL;
	*out = page;
	return 0;
}
