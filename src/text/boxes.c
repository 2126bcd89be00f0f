/* SPDX-License-Identifier: Apache-2.0 */
#include "text/boxes.h"

#include <math.h>
#include <stdlib.h>

/* A stretch of text pixels in one row. Runs that touch, diagonally too, make a component; `parent` forms its tree. */
struct run {
	int y, x0, x1; /* inclusive */
	size_t parent;
};

struct run_list {
	struct run *runs;
	size_t count, capacity;
};

struct finder {
	const float *map;
	int width, height;
	const struct box_settings *settings;
	struct run_list list;
	struct image_point *points, *hull;
	struct text_box *boxes;
	size_t box_count;
};

static int add_run(struct run_list *list, int y, int x0, int x1)
{
	if (list->count == list->capacity) {
		size_t larger = list->capacity ? list->capacity * 2 : 4096;
		struct run *runs = realloc(list->runs, larger * sizeof(*runs));

		if (!runs)
			return ERR_NO_MEMORY;
		list->runs = runs;
		list->capacity = larger;
	}
	list->runs[list->count] = (struct run){ y, x0, x1, list->count };
	list->count++;
	return 0;
}

static int add_row(struct finder *f, int y)
{
	const float *row = f->map + (size_t)y * (size_t)f->width;
	int x = 0;

	while (x < f->width) {
		int from;

		while (x < f->width && !(row[x] > f->settings->threshold))
			x++;
		from = x;
		while (x < f->width && row[x] > f->settings->threshold)
			x++;
		if (x > from && add_run(&f->list, y, from, x - 1) < 0)
			return ERR_NO_MEMORY;
	}
	return 0;
}

static size_t root_of(struct run *runs, size_t i)
{
	while (runs[i].parent != i) {
		runs[i].parent = runs[runs[i].parent].parent;
		i = runs[i].parent;
	}
	return i;
}

/* Joins each run of [row, end) with those of [above, row) that it touches; both are sorted by x. */
static void join_rows(struct run *runs, size_t above, size_t row, size_t end)
{
	size_t k = above;

	for (size_t i = row; i < end; i++) {
		while (k < row && runs[k].x1 + 1 < runs[i].x0)
			k++;
		for (size_t j = k; j < row && runs[j].x0 <= runs[i].x1 + 1; j++) {
			size_t a = root_of(runs, i);
			size_t b = root_of(runs, j);

			if (a < b)
				runs[b].parent = a;
			else
				runs[a].parent = b;
		}
	}
}

static int find_runs(struct finder *f)
{
	size_t above = 0;

	for (int y = 0; y < f->height; y++) {
		size_t row = f->list.count;

		if (add_row(f, y) < 0)
			return ERR_NO_MEMORY;
		join_rows(f->list.runs, above, row, f->list.count);
		above = row;
	}
	return 0;
}

static int compare_runs(const void *pa, const void *pb)
{
	const struct run *a = pa;
	const struct run *b = pb;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	if (a->y != b->y)
		return a->y < b->y ? -1 : 1;
	return a->x0 < b->x0 ? -1 : a->x0 > b->x0;
}

/* Where the line through the box's edges crosses row `y`: narrows [x0, x1]. */
static void narrow(const struct rotated_box *b, float y, float *x0, float *x1)
{
	const float normal[2][2] = { { b->axis.x, b->axis.y }, { -b->axis.y, b->axis.x } };
	const float half[2] = { b->width / 2, b->height / 2 };

	for (int i = 0; i < 2; i++) {
		float along = normal[i][0];
		float rest = normal[i][1] * (y - b->centre.y);

		if (fabsf(along) < 1e-6f) {
			if (fabsf(rest) > half[i] + 0.5f)
				*x1 = *x0 - 1;
			continue;
		}
		*x0 = fmaxf(*x0, b->centre.x + fminf((-half[i] - rest) / along, (half[i] - rest) / along));
		*x1 = fminf(*x1, b->centre.x + fmaxf((-half[i] - rest) / along, (half[i] - rest) / along));
	}
}

/* Mean of the map over the pixels in the box. */
static float score_of(const struct finder *f, const struct rotated_box *b)
{
	float reach = fabsf(b->axis.y) * b->width / 2 + fabsf(b->axis.x) * b->height / 2;
	int first = (int)fmaxf(0, floorf(b->centre.y - reach));
	int last = (int)fminf((float)f->height - 1, ceilf(b->centre.y + reach));
	double sum = 0;
	size_t count = 0;

	for (int y = first; y <= last; y++) {
		const float *row = f->map + (size_t)y * (size_t)f->width;
		float x0 = 0;
		float x1 = (float)f->width - 1;

		narrow(b, (float)y, &x0, &x1);
		for (int x = (int)ceilf(x0 - 0.01f); x <= (int)floorf(x1 + 0.01f); x++) {
			sum += row[x];
			count++;
		}
	}
	return count ? (float)(sum / (double)count) : 0;
}

static void add_component(struct finder *f, const struct run *runs, size_t count)
{
	const struct box_settings *s = f->settings;
	struct rotated_box box;
	size_t n = 0;
	float score;
	float grow;

	for (size_t i = 0; i < count; i++) {
		f->points[n++] = (struct image_point){ (float)runs[i].x0, (float)runs[i].y };
		f->points[n++] = (struct image_point){ (float)runs[i].x1, (float)runs[i].y };
	}
	n = convex_hull(f->points, n, f->hull);
	box = smallest_box(f->hull, n);
	if (fminf(box.width, box.height) < s->min_side)
		return;
	score = score_of(f, &box);
	if (!(score >= s->min_score) || f->box_count == BOXES_MAX)
		return;
	grow = box.width * box.height * s->unclip / (box.width + box.height);
	box.width += grow;
	box.height += grow;
	f->boxes[f->box_count++] = (struct text_box){ box, score };
}

static void find_components(struct finder *f)
{
	struct run *runs = f->list.runs;
	size_t count = f->list.count;

	for (size_t i = 0; i < count; i++)
		runs[i].parent = root_of(runs, i);
	qsort(runs, count, sizeof(*runs), compare_runs);
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i + 1; next < count && runs[next].parent == runs[i].parent; next++)
			;
		add_component(f, runs + i, next - i);
	}
}

/* Cuts what two boxes beside each other share in the middle: both would read it. */
static void part(struct rotated_box *a, struct rotated_box *b)
{
	float distance = (b->centre.x - a->centre.x) * a->axis.x + (b->centre.y - a->centre.y) * a->axis.y;
	float across = (b->centre.y - a->centre.y) * a->axis.x - (b->centre.x - a->centre.x) * a->axis.y;
	float parallel = fabsf(a->axis.x * b->axis.x + a->axis.y * b->axis.y);
	float height = fminf(a->height, b->height);
	float shared = (a->width + b->width) / 2 - fabsf(distance);
	float sign = distance >= 0 ? 1 : -1;

	if (parallel < 0.98f || fabsf(across) > 0.25f * height || shared <= 0 || shared > fminf(a->width, b->width) / 2 ||
	    shared > 0.4f * height)
		return;
	a->width -= shared / 2;
	a->centre.x -= sign * a->axis.x * shared / 4;
	a->centre.y -= sign * a->axis.y * shared / 4;
	b->width -= shared / 2;
	b->centre.x += sign * a->axis.x * shared / 4;
	b->centre.y += sign * a->axis.y * shared / 4;
}

void boxes_part(struct text_box *boxes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		boxes[i].box = box_lengthwise(&boxes[i].box);
	if (count > PARTED_MAX)
		return;
	for (size_t i = 0; i < count; i++)
		for (size_t k = i + 1; k < count; k++)
			part(&boxes[i].box, &boxes[k].box);
}

int boxes_find(const float *map, int width, int height, const struct box_settings *settings, struct text_box **out, size_t *count,
	       struct error *err)
{
	struct finder f = { .map = map, .width = width, .height = height, .settings = settings };
	int rc = find_runs(&f);

	if (rc == 0) {
		f.points = calloc(2 * f.list.count + 1, sizeof(*f.points));
		f.hull = calloc(2 * f.list.count + 2, sizeof(*f.hull));
		f.boxes = calloc(f.list.count < BOXES_MAX ? f.list.count + 1 : BOXES_MAX, sizeof(*f.boxes));
		rc = f.points && f.hull && f.boxes ? 0 : ERR_NO_MEMORY;
	}
	if (rc == 0 && f.list.count > 0)
		find_components(&f);
	free(f.points);
	free(f.hull);
	free(f.list.runs);
	if (rc < 0) {
		free(f.boxes);
		return error_set(err, rc, "no memory for the boxes of an image");
	}
	*out = f.boxes;
	*count = f.box_count;
	return 0;
}
