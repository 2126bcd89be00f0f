/* SPDX-License-Identifier: Apache-2.0
 *
 * Points, hulls and rectangles. *Pure.* Degenerate input (one point, points in a row) gives degenerate results, never a fault.
 */
#ifndef GLEANER_TEXT_GEOMETRY_H
#define GLEANER_TEXT_GEOMETRY_H

#include "text/text.h"

/* A rectangle at an angle: `axis` is the unit vector along `width`. */
struct rotated_box {
	struct image_point centre;
	struct image_point axis;
	float width, height;
};

/* The upper middle one of the values, which it sorts; 0 without any. */
float float_median(float *values, size_t count);

float point_distance(struct image_point a, struct image_point b);
struct image_point point_between(struct image_point a, struct image_point b, float t);

/* Sorts `points` and writes the hull, counter-clockwise in a frame whose y grows upwards, to `hull` (room for count + 1). Returns
 * its size. */
size_t convex_hull(struct image_point *points, size_t count, struct image_point *hull);
/* The smallest rectangle around a convex polygon. */
struct rotated_box smallest_box(const struct image_point *hull, size_t count);
/* The rectangle with sides along `axis` around all points. */
struct rotated_box box_along(struct image_point axis, const struct image_point *points, size_t count);

/* The same rectangle with its axis along the longer side, pointing to the right. */
struct rotated_box box_lengthwise(const struct rotated_box *box);

/* Corners, starting left of and above the centre as seen along `axis`. */
struct text_polygon box_polygon(const struct rotated_box *box);

/* Half the sum of both long sides and both short sides: the text's length and height. */
float polygon_width(const struct text_polygon *p);
float polygon_height(const struct text_polygon *p);
struct image_point polygon_centre(const struct text_polygon *p);
/* Unit vector of the reading direction. */
struct image_point polygon_axis(const struct text_polygon *p);

/* What lies between two shares, 0 to 1, of its length. */
struct text_polygon polygon_part(const struct text_polygon *p, float from, float to);

/* The rectangle along `first`'s reading direction around `count` polygons. */
struct text_polygon polygon_around(const struct text_polygon *first, size_t count, size_t stride);

#endif
