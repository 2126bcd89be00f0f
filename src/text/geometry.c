/* SPDX-License-Identifier: Apache-2.0 */
#include "text/geometry.h"

#include <math.h>
#include <stdlib.h>

static int compare_floats(const void *pa, const void *pb)
{
	float a = *(const float *)pa;
	float b = *(const float *)pb;

	return a < b ? -1 : a > b;
}

float float_median(float *values, size_t count)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof(*values), compare_floats);
	return values[count / 2];
}

float point_distance(struct image_point a, struct image_point b)
{
	return hypotf(b.x - a.x, b.y - a.y);
}

struct image_point point_between(struct image_point a, struct image_point b, float t)
{
	return (struct image_point){ a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t };
}

static int compare_points(const void *pa, const void *pb)
{
	const struct image_point *a = pa;
	const struct image_point *b = pb;

	if (a->x != b->x)
		return a->x < b->x ? -1 : 1;
	return a->y < b->y ? -1 : a->y > b->y;
}

/* Positive when o -> a -> b turns left in a frame whose y grows upwards. */
static float turn(struct image_point o, struct image_point a, struct image_point b)
{
	return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

/* Andrew's monotone chain. */
size_t convex_hull(struct image_point *points, size_t count, struct image_point *hull)
{
	size_t n = 0;
	size_t lower;

	if (count < 2) {
		if (count == 1)
			hull[0] = points[0];
		return count;
	}
	qsort(points, count, sizeof(*points), compare_points);
	for (size_t i = 0; i < count; i++) {
		while (n >= 2 && turn(hull[n - 2], hull[n - 1], points[i]) <= 0)
			n--;
		hull[n++] = points[i];
	}
	lower = n + 1;
	for (size_t i = count - 1; i-- > 0;) {
		while (n >= lower && turn(hull[n - 2], hull[n - 1], points[i]) <= 0)
			n--;
		hull[n++] = points[i];
	}
	return n - 1;
}

struct rotated_box box_along(struct image_point axis, const struct image_point *points, size_t count)
{
	float u0 = INFINITY, u1 = -INFINITY, v0 = INFINITY, v1 = -INFINITY;
	float u, v;

	for (size_t i = 0; i < count; i++) {
		u = points[i].x * axis.x + points[i].y * axis.y;
		v = points[i].y * axis.x - points[i].x * axis.y;
		u0 = fminf(u0, u);
		u1 = fmaxf(u1, u);
		v0 = fminf(v0, v);
		v1 = fmaxf(v1, v);
	}
	if (count == 0)
		return (struct rotated_box){ .axis = axis };
	u = (u0 + u1) / 2;
	v = (v0 + v1) / 2;
	return (struct rotated_box){
		.centre = { u * axis.x - v * axis.y, u * axis.y + v * axis.x },
		.axis = axis,
		.width = u1 - u0,
		.height = v1 - v0,
	};
}

/* One side of the smallest rectangle lies on a side of the hull. */
struct rotated_box smallest_box(const struct image_point *hull, size_t count)
{
	struct rotated_box best = box_along((struct image_point){ 1, 0 }, hull, count);

	for (size_t i = 0; i < count; i++) {
		struct image_point a = hull[i];
		struct image_point b = hull[(i + 1) % count];
		float length = point_distance(a, b);
		struct rotated_box box;

		if (!(length > 1e-6f))
			continue;
		box = box_along((struct image_point){ (b.x - a.x) / length, (b.y - a.y) / length }, hull, count);
		if (box.width * box.height < best.width * best.height)
			best = box;
	}
	return best;
}

struct rotated_box box_lengthwise(const struct rotated_box *box)
{
	struct rotated_box b = *box;

	if (b.height > b.width)
		b = (struct rotated_box){ b.centre, { -b.axis.y, b.axis.x }, b.height, b.width };
	if (b.axis.x < 0)
		b.axis = (struct image_point){ -b.axis.x, -b.axis.y };
	return b;
}

struct text_polygon box_polygon(const struct rotated_box *box)
{
	static const float corners[4][2] = { { -0.5f, -0.5f }, { 0.5f, -0.5f }, { 0.5f, 0.5f }, { -0.5f, 0.5f } };
	struct text_polygon out;

	for (int i = 0; i < 4; i++) {
		float u = corners[i][0] * box->width;
		float v = corners[i][1] * box->height;

		out.points[i].x = box->centre.x + u * box->axis.x - v * box->axis.y;
		out.points[i].y = box->centre.y + u * box->axis.y + v * box->axis.x;
	}
	return out;
}

float polygon_width(const struct text_polygon *p)
{
	return (point_distance(p->points[0], p->points[1]) + point_distance(p->points[3], p->points[2])) / 2;
}

float polygon_height(const struct text_polygon *p)
{
	return (point_distance(p->points[0], p->points[3]) + point_distance(p->points[1], p->points[2])) / 2;
}

struct image_point polygon_centre(const struct text_polygon *p)
{
	struct image_point sum = { 0, 0 };

	for (int i = 0; i < 4; i++) {
		sum.x += p->points[i].x / 4;
		sum.y += p->points[i].y / 4;
	}
	return sum;
}

struct image_point polygon_axis(const struct text_polygon *p)
{
	struct image_point left = point_between(p->points[0], p->points[3], 0.5f);
	struct image_point right = point_between(p->points[1], p->points[2], 0.5f);
	float length = point_distance(left, right);

	if (!(length > 1e-6f))
		return (struct image_point){ 1, 0 };
	return (struct image_point){ (right.x - left.x) / length, (right.y - left.y) / length };
}

struct text_polygon polygon_part(const struct text_polygon *p, float from, float to)
{
	return (struct text_polygon){ {
		point_between(p->points[0], p->points[1], from),
		point_between(p->points[0], p->points[1], to),
		point_between(p->points[3], p->points[2], to),
		point_between(p->points[3], p->points[2], from),
	} };
}

struct text_polygon polygon_around(const struct text_polygon *first, size_t count, size_t stride)
{
	struct image_point axis = polygon_axis(first);
	struct rotated_box all = box_along(axis, first->points, 4);
	const char *at = (const char *)first;

	for (size_t i = 1; i < count; i++) {
		struct text_polygon so_far = box_polygon(&all);
		const struct text_polygon *next = (const struct text_polygon *)(const void *)(at + i * stride);
		struct image_point both[8];

		memcpy(both, so_far.points, sizeof(so_far.points));
		memcpy(both + 4, next->points, sizeof(next->points));
		all = box_along(axis, both, 8);
	}
	return box_polygon(&all);
}
