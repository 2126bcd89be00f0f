/* SPDX-License-Identifier: Apache-2.0 */
#include "tiling.h"

#include <math.h>

#include "reading_order.h"

/* Boxes that share this part of the smaller one are the same word. */
#define SAME_WORD_OVERLAP 0.6
/* Lines whose vertical extents share this part of the lower one may continue each other. */
#define SAME_LINE_OVERLAP 0.6
#define EDGE_PIXELS 3.0

static double extent(const struct text_box *b, bool vertical)
{
	return vertical ? b->bottom - b->top : b->right - b->left;
}

static double along_of(const struct seam_area *area, struct text_point p)
{
	return area->upright ? p.y : p.x;
}

static double across_of(const struct seam_area *area, struct text_point p)
{
	return area->upright ? p.x : p.y;
}

void tiling_halve(const struct seam_area *area, const struct text_page *seen, struct seam_area halves[2])
{
	uint32_t side = area->to - area->from;
	double longest = 32;

	for (size_t i = 0; i < seen->word_count; i++)
		longest = fmax(longest, extent(&seen->words[i].box, area->upright));
	uint32_t half = (uint32_t)fmin(longest * 1.75 + 8, side / 3.0) / 2;
	halves[0] = halves[1] = *area;
	halves[0].to = area->from + side / 2 + half;
	halves[1].from = area->from + side / 2 - half;
}

/* A word on its way into the merged page. */
struct merged_word {
	struct text_item item;
	size_t tile;
	size_t line;  /* index into the lines of all tiles */
	double place; /* along its line */
	double depth; /* of its line: pixels to the nearest edge of its tile that is not the image's */
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

/* Of one corner: pixels to the nearest edge of its tile that is not the image's. */
static double depth_of(struct text_point p, const struct seam_area *t)
{
	double u = along_of(t, p), v = across_of(t, p);
	uint32_t at = (uint32_t)fmin(fmax(u, t->from), t->to - 1);
	double depth = INFINITY;

	if (t->from > 0)
		depth = fmin(depth, u - t->from);
	if (t->to < t->end)
		depth = fmin(depth, t->to - u);
	if (t->above != NULL)
		depth = fmin(depth, v - t->above[at]);
	if (t->below != NULL)
		depth = fmin(depth, t->below[at] - v);
	return depth;
}

static double depth_in(const struct text_item *word, const struct seam_area *t)
{
	double depth = INFINITY;

	for (int i = 0; i < 4; i++)
		depth = fmin(depth, depth_of(word->polygon[i], t));
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

/* The whole image, and so deep in it, is no tile that knows better: it told only 100 words. */
static bool has_well_inside(const struct seam_area *t, const struct text_item *word)
{
	double depth = depth_in(word, t);
	return depth >= EDGE_PIXELS && isfinite(depth);
}

/* What a cut left of a word is read as anything. Where another tile has all of its place, that one knows better, even when it
 * told no such word. */
static void drop_fragments(struct merge *m, size_t tile_count)
{
	for (size_t i = 0; i < m->word_count; i++) {
		struct merged_word *w = &m->words[i];

		for (size_t t = 0; w->cut && !w->dropped && t < tile_count; t++)
			w->dropped = t != w->tile && has_well_inside(&m->tiles[t].area, &w->item);
	}
}

/* Two parts of one line on both sides of a cut: same height on the page, and nothing but a word gap between. */
static bool continues(const struct text_box *a, const struct text_box *b, bool upright)
{
	double height = fmin(extent(a, !upright), extent(b, !upright));
	double both = upright ? shared(a->left, a->right, b->left, b->right) : shared(a->top, a->bottom, b->top, b->bottom);
	double gap = upright ? fmax(b->top - a->bottom, a->top - b->bottom) : fmax(b->left - a->right, a->left - b->right);

	return both >= SAME_LINE_OVERLAP * height && gap <= height && gap > -2 * height;
}

/* Halves of one tile. */
static bool side_by_side(const struct seam_area *a, const struct seam_area *b)
{
	return a->from != b->from && a->above == b->above && a->below == b->below;
}

static void rejoin_lines(struct merge *m)
{
	for (size_t i = 0; i < m->line_count; i++)
		for (size_t j = i + 1; j < m->line_count; j++)
			if (side_by_side(&m->tiles[m->line_tile[i]].area, &m->tiles[m->line_tile[j]].area) &&
			    continues(&m->lines[i].box, &m->lines[j].box, m->tiles[m->line_tile[i]].area.upright))
				unite(m, i, j);
}

static int collect(struct merge *m, struct arena *a, const struct text_tile *tiles, size_t count)
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
			m->words[m->word_count++] = (struct merged_word){
				.item = word,
				.tile = i,
				.line = first + (size_t)word.line,
				.depth = depth_in(&page->lines[word.line], &tiles[i].area),
				.cut = depth_in(&word, &tiles[i].area) < EDGE_PIXELS,
			};
		}
	}
	return 0;
}

/* How far along the line its word begins, wherever the line runs. */
static double place_in(const struct text_item *line, const struct text_item *word)
{
	const struct text_point *p = line->polygon, *w = word->polygon;

	return w[0].x * (p[1].x - p[0].x) + w[0].y * (p[1].y - p[0].y);
}

/* Line first, then as the line runs. */
static int compare_words(const void *left, const void *right)
{
	const struct merged_word *l = left, *r = right;

	if (l->line != r->line)
		return l->line < r->line ? -1 : 1;
	return (l->place > r->place) - (l->place < r->place);
}

/* The rectangle around words of a line, which runs as it did in its tile. */
static void outline(struct text_item *line, const struct merged_word *words, size_t count)
{
	const struct text_point *p = line->polygon;
	double x = p[1].x - p[0].x, y = p[1].y - p[0].y, length = hypot(x, y);
	double left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;

	x = length > 0 ? x / length : 1;
	y = length > 0 ? y / length : 0;
	for (size_t i = 0; i < 4 * count; i++) {
		struct text_point at = words[i / 4].item.polygon[i % 4];
		double along = at.x * x + at.y * y, across = at.y * x - at.x * y;
		left = fmin(left, along);
		right = fmax(right, along);
		top = fmin(top, across);
		bottom = fmax(bottom, across);
	}
	for (int i = 0; i < 4; i++) {
		double along = i == 1 || i == 2 ? right : left, across = i < 2 ? top : bottom;
		line->polygon[i] = (struct text_point){ along * x - across * y, along * y + across * x };
	}
	line->box = text_box_of(line->polygon);
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
	for (size_t i = 0; i < count; i++) {
		line.text = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(line.text), i ? " " : "", STR_ARG(words[i].item.text));
		confidence += words[i].item.confidence;
	}
	line.confidence = confidence / (double)count;
	outline(&line, words, count);
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
		m->words[kept].place = place_in(&m->lines[m->words[kept].line], &m->words[kept].item);
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

/* Lines in reading order, and their words after them. */
static int put_in_order(struct arena *a, struct text_page *page)
{
	size_t *order = arena_alloc_array(a, page->line_count + 1, sizeof(*order));
	struct reading_outline *outlines = arena_alloc_array(a, page->line_count + 1, sizeof(*outlines));
	struct text_item *lines = arena_alloc_array(a, page->line_count + 1, sizeof(*lines));
	struct text_item *words = arena_alloc_array(a, page->word_count + 1, sizeof(*words));
	size_t *first = arena_alloc_array(a, page->line_count + 1, sizeof(*first));
	size_t n = 0;

	if (arena_failed(a))
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < page->line_count; i++)
		for (int k = 0; k < 4; k++)
			outlines[i].corners[k] =
				(struct image_point){ (float)page->lines[i].polygon[k].x, (float)page->lines[i].polygon[k].y };
	if (reading_order(outlines, page->line_count, order))
		return ERR_NO_MEMORY;
	for (size_t i = page->word_count; i-- > 0;)
		first[page->words[i].line] = i;
	for (size_t i = 0; i < page->line_count; i++) {
		lines[i] = page->lines[order[i]];
		for (size_t k = first[order[i]]; k < page->word_count && page->words[k].line == (int)order[i]; k++) {
			words[n] = page->words[k];
			words[n++].line = (int)i;
		}
	}
	page->lines = lines;
	page->words = words;
	return 0;
}

int tiling_merge(struct arena *a, const struct text_tile *tiles, size_t count, struct text_page *out, struct error *err)
{
	struct merge m = { 0 };
	struct text_page page = { 0 };

	if (collect(&m, a, tiles, count))
		return error_set(err, ERR_NO_MEMORY, "no memory to merge tiles");
	struct merged_word **best = arena_alloc_array(a, m.word_count + 1, sizeof(struct merged_word *));
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory to merge tiles");
	drop_fragments(&m, count);
	drop_duplicates(&m, best);
	rejoin_lines(&m);
	page.words = arena_alloc_array(a, m.word_count + 1, sizeof(*page.words));
	page.lines = arena_alloc_array(a, m.line_count + 1, sizeof(*page.lines));
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory to merge tiles");
	emit(a, &m, &page);
	if (put_in_order(a, &page))
		return error_set(err, ERR_NO_MEMORY, "no memory to merge tiles");
	page.model = count ? tiles[0].page.model : STR_NULL;
	*out = page;
	return 0;
}
