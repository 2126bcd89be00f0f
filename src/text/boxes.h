/* SPDX-License-Identifier: Apache-2.0
 *
 * From the detector's map, a probability of text for each pixel, to rectangles around lines of text: differentiable
 * binarization's post-processing (Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", 2020,
 * section 3.4). *Pure.* The map may hold anything, NaN and infinities included.
 */
#ifndef GLEANER_TEXT_BOXES_H
#define GLEANER_TEXT_BOXES_H

#include "text/geometry.h"

enum { BOXES_MAX = 20000 }; /* of one image; what is found beyond is left out */

struct box_settings {
	float threshold; /* a pixel is text above it */
	float min_score; /* mean of the map in a box */
	float unclip;    /* the network learns shrunken text; a box grows by its area times this over its perimeter */
	float min_side;  /* shorter sides are noise, in pixels of the map */
};

struct text_box {
	struct rotated_box box; /* in pixels of the map */
	float score;
};

/* Allocates `*out`; free() it. ERR_NO_MEMORY. */
int boxes_find(const float *map, int width, int height, const struct box_settings *settings, struct text_box **out, size_t *count,
	       struct error *err) MUST_CHECK;

/* Where grown boxes beside each other overlap, shortens both to the middle; axes then run along the longer sides. Quadratic, so
 * more than PARTED_MAX boxes are left as they are. */
void boxes_part(struct text_box *boxes, size_t count);

enum { PARTED_MAX = 5000 };

#endif
