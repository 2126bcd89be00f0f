/* SPDX-License-Identifier: Apache-2.0
 *
 * Drawing outlines on an image. *Pure.* Coordinates are pixels, fractions allowed; what lies outside is clipped.
 */
#ifndef GLEANER_IMAGE_DRAW_H
#define GLEANER_IMAGE_DRAW_H

#include "image/image.h"

struct image_colour {
	uint8_t red, green, blue; /* grey images get the luma */
};

/* The closed outline of a polygon, `thickness` pixels wide, opaque. Points that are not finite make it draw nothing. */
void image_draw_polygon(struct image *image, const struct image_point *points, size_t count, float thickness,
			struct image_colour colour);

#endif
