/* SPDX-License-Identifier: Apache-2.0 */
#include "text/order.h"

#include <math.h>
#include <stdlib.h>

#include "text/geometry.h"

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

/* Sorted by their middles, items belong to a row while their middle lies within the first one's height. */
static void order_rows(struct item *items, size_t count)
{
	qsort(items, count, sizeof(*items), compare_tops);
	for (size_t i = 0, end; i < count; i = end) {
		float top = items[i].top;
		float bottom = items[i].bottom;

		for (end = i + 1; end < count; end++) {
			float middle = (items[end].top + items[end].bottom) / 2;

			if (middle < top || middle > bottom - 0.35f * (bottom - top))
				break;
		}
		qsort(items + i, end - i, sizeof(*items), compare_lefts);
	}
}

int order_lines(const struct text_polygon *first, size_t count, size_t stride, size_t *order)
{
	struct item *items = calloc(count + 1, sizeof(*items));

	if (!items)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const struct text_polygon *p = (const struct text_polygon *)(const void *)((const char *)first + i * stride);
		struct item it = { p->points[0].x, p->points[0].y, p->points[0].x, p->points[0].y, i };

		for (int k = 1; k < 4; k++) {
			it.left = fminf(it.left, p->points[k].x);
			it.right = fmaxf(it.right, p->points[k].x);
			it.top = fminf(it.top, p->points[k].y);
			it.bottom = fmaxf(it.bottom, p->points[k].y);
		}
		items[i] = it;
	}
	order_rows(items, count);
	for (size_t i = 0; i < count; i++)
		order[i] = items[i].index;
	free(items);
	return 0;
}
