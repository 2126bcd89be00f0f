/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages that lie askew or on their side. The detector learnt text that runs level: of a page at an angle it finds fragments. They
 * tell the angle, and it finds the lines in a copy that is turned. *Pure.*
 */
#ifndef GLEANER_TEXT_SKEW_H
#define GLEANER_TEXT_SKEW_H

#include "text/boxes.h"

/* A copy of an image, scaled and turned so that what ran along `axis` runs level. */
struct skew_view {
	struct image image;
	struct image_point axis;
	struct image_point from, to; /* the middles of the image and of the copy */
	float scale;                 /* pixels of the image for one of the copy */
};

/* The direction of most of the text, to the right; false where it is level, where there are several, or fewer than `least` boxes
 * tell it. */
bool skew_axis(const struct text_box *boxes, size_t count, size_t least, struct image_point *axis);

/* `longer`: the longer side of the image at the copy's scale. Release view->image. ERR_NO_MEMORY. */
int skew_turn(const struct image *image, struct image_point axis, int longer, struct skew_view *view,
	      struct error *err) MUST_CHECK;
/* From the copy to the image. */
void skew_turn_back(const struct skew_view *view, struct text_box *boxes, size_t count);

#endif
