/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tiles of a page told (sweep.h), put together again. *Pure.*
 *
 * Words told twice (boxes that cover each other) are merged: the one farthest from a cut stays. Lines are united where they share
 * such a word, and re-joined where a cut along them has parted them. The whole is put in reading order, which is not that of the
 * tiles where these run through several columns.
 */
#ifndef GLEANER_FUNCTIONS_TILING_H
#define GLEANER_FUNCTIONS_TILING_H

#include "seam.h"

enum { TILE_SIDE_MIN = 160 }; /* shorter ones are not halved */

/* Cuts a tile of a single line in two that overlap by more than the longest word seen in it. */
void tiling_halve(const struct seam_area *area, const struct text_page *seen, struct seam_area halves[2]);

struct text_tile {
	struct seam_area area;
	struct text_page page; /* in pixels of the whole image */
};

/* One page from all tiles. ERR_NO_MEMORY. */
int tiling_merge(struct arena *a, const struct text_tile *tiles, size_t count, struct text_page *out,
		 struct error *err) MUST_CHECK;

#endif
