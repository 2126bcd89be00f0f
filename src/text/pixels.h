/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole-image work before recognition: grey, smaller, turned. *Pure.* All results are new images; release them.
 */
#ifndef GLEANER_TEXT_PIXELS_H
#define GLEANER_TEXT_PIXELS_H

#include "image/image.h"

/* A grey copy; transparent pixels lie on white. ERR_NO_MEMORY. */
int pixels_grey(const struct image *image, struct image *out, struct error *err) MUST_CHECK;

/* `grey`, shrunk by averaging so that its longer side is at most `side`. ERR_NO_MEMORY. */
int pixels_shrink(const struct image *grey, uint32_t side, struct image *out, struct error *err) MUST_CHECK;

/* How a turned image lies on the one it was made from. */
struct pixels_turn {
	float cosine, sine;
	struct image_point from_centre, to_centre;
};

/* `grey` turned by `degrees` counter-clockwise on a canvas that holds all of it; the corners take the mean of the border.
 * ERR_NO_MEMORY. */
int pixels_turn(const struct image *grey, float degrees, struct image *out, struct pixels_turn *turn,
		struct error *err) MUST_CHECK;
/* From the turned image back to the original. */
struct image_point pixels_turn_back(const struct pixels_turn *turn, struct image_point p);

/* By how many degrees, -45 to 45, the image must be turned counter-clockwise for its lines to be level: the angle at which
 * the edges' projection on the vertical is most uneven. 0 when there are no edges. ERR_NO_MEMORY. */
int pixels_skew(const struct image *grey, float *degrees, struct error *err) MUST_CHECK;

#endif
