/* SPDX-License-Identifier: Apache-2.0 */
#include "text/order.h"

#include <math.h>
#include <stdlib.h>

#include "text/geometry.h"

enum {
	COLUMN_LINES = 3, /* fewer lines are no column */
	COLUMN_WIDTH = 8, /* a column's lines are longer than this many of their heights */
	DEPTH_MAX = 60,
};

/* The gap between columns, in line heights. */
#define GUTTER 0.8f
/* How far apart the middles of lines in a row may be, in heights. */
#define ROW_SLACK 0.4f

/* An upright box around a line, in a frame where most lines are level. */
struct item {
	float left, top, right, bottom;
	size_t index;
};

static int compare_tops(const void *pa, const void *pb)
{
	const struct item *a = pa;
	const struct item *b = pb;
	float ca = a->top + a->bottom;
	float cb = b->top + b->bottom;

	if (ca != cb)
		return ca < cb ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static int compare_lefts(const void *pa, const void *pb)
{
	const struct item *a = pa;
	const struct item *b = pb;

	if (a->left != b->left)
		return a->left < b->left ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* Sorted by their middles, items belong to a row while theirs is near the first one's. */
static void order_rows(struct item *items, size_t count)
{
	qsort(items, count, sizeof(*items), compare_tops);
	for (size_t i = 0, end; i < count; i = end) {
		float limit = items[i].top + items[i].bottom + 2 * ROW_SLACK * (items[i].bottom - items[i].top);

		for (end = i + 1; end < count && items[end].top + items[end].bottom <= limit; end++)
			;
		qsort(items + i, end - i, sizeof(*items), compare_lefts);
	}
}

static int compare_floats(const void *pa, const void *pb)
{
	float a = *(const float *)pa;
	float b = *(const float *)pb;

	return a < b ? -1 : a > b;
}

/* The median of what `measure` says of each item; `scratch` has room for all. */
static float median(const struct item *items, size_t count, float (*measure)(const struct item *), float *scratch)
{
	for (size_t i = 0; i < count; i++)
		scratch[i] = measure(&items[i]);
	qsort(scratch, count, sizeof(*scratch), compare_floats);
	return scratch[count / 2];
}

static float height_of(const struct item *it)
{
	return it->bottom - it->top;
}

static float width_of(const struct item *it)
{
	return it->right - it->left;
}

/* The widest gap that no item crosses, in a list sorted by where items begin: the index of the first item behind it, 0 for none.
 */
static size_t widest_gap(const struct item *items, size_t count, bool along_x, float *width)
{
	float reach = along_x ? items[0].right : items[0].bottom;
	size_t found = 0;

	*width = 0;
	for (size_t i = 1; i < count; i++) {
		float begin = along_x ? items[i].left : items[i].top;
		float end = along_x ? items[i].right : items[i].bottom;

		if (begin - reach > *width) {
			*width = begin - reach;
			found = i;
		}
		reach = fmaxf(reach, end);
	}
	return found;
}

static int compare_begins(const void *pa, const void *pb)
{
	const struct item *a = pa;
	const struct item *b = pb;

	if (a->top != b->top)
		return a->top < b->top ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* A column of running text: several lines, long for their height. A column of prices or labels belongs to its rows. */
static bool is_column(const struct item *items, size_t count, float *scratch)
{
	return count >= COLUMN_LINES &&
	       median(items, count, width_of, scratch) >= COLUMN_WIDTH * median(items, count, height_of, scratch);
}

/* Recursive cuts (Nagy and Seth, "Hierarchical representation of optically scanned documents", 1984): between columns where there
 * are any, else at the widest gap between rows, until nothing is left to cut. */
static void order_area(struct item *items, size_t count, int depth, float *scratch)
{
	float gap;
	size_t at;

	if (count < 2 * COLUMN_LINES || depth == 0) {
		order_rows(items, count);
		return;
	}
	qsort(items, count, sizeof(*items), compare_lefts);
	at = widest_gap(items, count, true, &gap);
	if (at == 0 || gap < GUTTER * median(items, count, height_of, scratch) || !is_column(items, at, scratch) ||
	    !is_column(items + at, count - at, scratch)) {
		qsort(items, count, sizeof(*items), compare_begins);
		at = widest_gap(items, count, false, &gap);
	}
	if (at == 0) {
		order_rows(items, count);
		return;
	}
	order_area(items, at, depth - 1, scratch);
	order_area(items + at, count - at, depth - 1, scratch);
}

static const struct text_polygon *outline(const struct text_polygon *first, size_t stride, size_t i)
{
	return (const struct text_polygon *)(const void *)((const char *)first + i * stride);
}

static int quarter_of(struct image_point axis)
{
	if (fabsf(axis.x) >= fabsf(axis.y))
		return axis.x >= 0 ? 0 : 2;
	return axis.y >= 0 ? 1 : 3;
}

/* The direction in which most text runs, by length: pages lie on their side, upside down, or askew. */
static struct image_point main_axis(const struct text_polygon *first, size_t count, size_t stride)
{
	struct image_point sums[4] = { { 0, 0 } };
	float lengths[4] = { 0 };
	int best = 0;
	float norm;

	for (size_t i = 0; i < count; i++) {
		struct image_point axis = polygon_axis(outline(first, stride, i));
		float length = polygon_width(outline(first, stride, i));
		int quarter = quarter_of(axis);

		lengths[quarter] += length;
		sums[quarter].x += axis.x * length;
		sums[quarter].y += axis.y * length;
	}
	for (int i = 1; i < 4; i++)
		if (lengths[i] > lengths[best])
			best = i;
	norm = hypotf(sums[best].x, sums[best].y);
	return norm > 0 ? (struct image_point){ sums[best].x / norm, sums[best].y / norm } : (struct image_point){ 1, 0 };
}

/* The box around an outline in the frame whose lines run along `axis`. */
static struct item item_of(const struct text_polygon *p, struct image_point axis, size_t index)
{
	struct item it = { INFINITY, INFINITY, -INFINITY, -INFINITY, index };

	for (int k = 0; k < 4; k++) {
		float u = p->points[k].x * axis.x + p->points[k].y * axis.y;
		float v = p->points[k].y * axis.x - p->points[k].x * axis.y;

		it.left = fminf(it.left, u);
		it.right = fmaxf(it.right, u);
		it.top = fminf(it.top, v);
		it.bottom = fmaxf(it.bottom, v);
	}
	return it;
}

int order_lines(const struct text_polygon *first, size_t count, size_t stride, size_t *order)
{
	struct item *items = calloc(count + 1, sizeof(*items));
	float *scratch = calloc(count + 1, sizeof(*scratch));
	struct image_point axis = main_axis(first, count, stride);
	int rc;

	if (items && scratch) {
		for (size_t i = 0; i < count; i++)
			items[i] = item_of(outline(first, stride, i), axis, i);
		order_area(items, count, DEPTH_MAX, scratch);
		for (size_t i = 0; i < count; i++)
			order[i] = items[i].index;
	}
	rc = items && scratch ? 0 : ERR_NO_MEMORY;
	free(scratch);
	free(items);
	return rc;
}
