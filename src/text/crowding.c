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

/* How far `other` is above or below; infinitely where it is neither. */
static float distance_across(const struct rotated_box *line, const struct rotated_box *other)
{
	struct image_point d = { other->centre.x - line->centre.x, other->centre.y - line->centre.y };
	float along = fabsf(d.x * line->axis.x + d.y * line->axis.y);
	float across = fabsf(d.x * line->axis.y - d.y * line->axis.x);

	/* Half of the shorter one must lie beside the longer one. */
	if (along > fmaxf(line->width, other->width) / 2 || across < NEAREST * line->height)
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
		struct rotated_box line = box_lengthwise(&boxes[i].box);
		float nearest = INFINITY;

		if (line.width < LINE_ASPECT * line.height)
			continue;
		for (size_t k = 0; k < count; k++) {
			struct rotated_box other = box_lengthwise(&boxes[k].box);

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
