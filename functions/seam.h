/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an image can be cut without hitting its text, and what a part of it looks like by itself. *Pure.*
 *
 * A part is the whole image with all but that part painted in its backdrop: a reader that chooses a scale by an image's size
 * reads it as it reads the whole, and the places it tells are the image's own. Nothing much is sent for it, since one tone packs
 * well.
 */
#ifndef GLEANER_FUNCTIONS_SEAM_H
#define GLEANER_FUNCTIONS_SEAM_H

#include "detections.h"
#include "image/image.h"

/* Moves the inner edges of two overlapping halves of `tile` to the emptiest row (column, where they lie side by side) near them,
 * which need not be in the middle of their overlap; they still overlap. Leaves an edge where no row is much emptier than others.
 */
void seam_settle(const struct image *image, const struct text_area *tile, struct text_area halves[2]);

/* The median of each channel: the paper's or the screen's. */
struct seam_backdrop {
	uint8_t samples[4];
};
struct seam_backdrop seam_backdrop_of(const struct image *image);

/* `area` of the image, in its place, on the backdrop. The caller releases `out`. ERR_NO_MEMORY. */
int seam_paint(const struct image *image, const struct text_area *area, const struct seam_backdrop *backdrop, struct image *out,
	       struct error *err) MUST_CHECK;

#endif
