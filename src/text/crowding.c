/* SPDX-License-Identifier: Apache-2.0 */
#include "text/crowding.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "text/geometry.h"

/* A line is this much longer than high, its neighbour at least this far from it, in heights, and at most that. */
#define LINE_ASPECT 3.0f
#define NEAREST 0.3f
#define FARTHEST 4.0f

struct line {
	struct image_point centre, axis;
	float length, height;
};

static struct line line_of(const struct rotated_box *b)
{
	if (b->width >= b->height)
		return (struct line){ b->centre, b->axis, b->width, b->height };
	return (struct line){ b->centre, { -b->axis.y, b->axis.x }, b->height, b->width };
}

/* How far `other` is above or below; infinitely where it is neither. */
static float distance_across(const struct line *line, const struct line *other)
{
	struct image_point d = { other->centre.x - line->centre.x, other->centre.y - line->centre.y };
	float along = fabsf(d.x * line->axis.x + d.y * line->axis.y);
	float across = fabsf(d.x * line->axis.y - d.y * line->axis.x);

	/* Half of the shorter one must lie beside the longer one. */
	if (along > fmaxf(line->length, other->length) / 2 || across < NEAREST * line->height)
		return INFINITY;
	return across;
}

float crowding_of(const struct text_box *boxes, size_t count)
{
	float *ratios = count ? calloc(count, sizeof(*ratios)) : NULL;
	size_t found = 0;
	float median;

	if (!ratios)
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct line line = line_of(&boxes[i].box);
		float nearest = INFINITY;

		if (line.length < LINE_ASPECT * line.height)
			continue;
		for (size_t k = 0; k < count; k++) {
			struct line other = line_of(&boxes[k].box);

			if (k != i)
				nearest = fminf(nearest, distance_across(&line, &other));
		}
		if (nearest < FARTHEST * line.height)
			ratios[found++] = line.height / nearest;
	}
	median = float_median(ratios, found);
	free(ratios);
	return median;
}
