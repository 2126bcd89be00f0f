/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an image can be cut without hitting its text, and what a part of it looks like by itself. *Pure.*
 *
 * A seam is a path along the text that crosses as little ink as can be (Avidan and Shamir, "Seam carving for content-aware image
 * resizing", 2007): it winds between lines that slant, bend, or stand at other heights in each column, where no straight cut
 * would pass.
 *
 * A part is the whole image with all but that part painted in its backdrop: a reader that chooses a scale by an image's size
 * reads it as it reads the whole, and the places it tells are the image's own. Nothing much is sent for it, since one tone packs
 * well.
 */
#ifndef GLEANER_FUNCTIONS_SEAM_H
#define GLEANER_FUNCTIONS_SEAM_H

#include "ink.h"

struct seam {
	uint32_t *places; /* for each place along the text, the first across it behind the seam */
	bool clean;       /* it crosses next to nothing */
};

/* The best path at most `reach` from that slanted row. Its places lie in the arena. ERR_NO_MEMORY. */
int seam_find(struct arena *a, const struct ink *ink, int64_t row, uint32_t reach, struct seam *out,
	      struct error *err) MUST_CHECK;
/* The same path farther on (back, where negative). ERR_NO_MEMORY. */
int seam_shift(struct arena *a, const struct ink *ink, const struct seam *seam, int64_t by, struct seam *out,
	       struct error *err) MUST_CHECK;

/* A part of an image: from one seam to another, where there are any, and between two places along the text. */
struct seam_area {
	bool upright;                  /* as ink's */
	uint32_t from, to, end;        /* `end` is the image's */
	const uint32_t *above, *below; /* a seam's places; NULL: the image's edge */
};

/* The median of each channel: the paper's or the screen's. */
struct seam_backdrop {
	uint8_t samples[4];
};
struct seam_backdrop seam_backdrop_of(const struct image *image);

/* `area` of the image, in its place, on the backdrop. The caller releases `out`. ERR_NO_MEMORY. */
int seam_paint(const struct image *image, const struct seam_area *area, const struct seam_backdrop *backdrop, struct image *out,
	       struct error *err) MUST_CHECK;

#endif
