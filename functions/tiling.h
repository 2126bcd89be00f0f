/* SPDX-License-Identifier: Apache-2.0
 *
 * Past 100 words DetectText tells only part of a page: the page is cut into overlapping tiles until each has fewer, and what the
 * tiles tell is put together again. *Pure.*
 *
 * A tile that still has too many words is cut in two where half of those seen lie on each side: across its height as long as that
 * is not much smaller than its width, so that lines stay whole. The halves overlap by more than the largest word seen, so that
 * every word lies whole in one of them; seam.h then moves their edges between lines. Words told twice (boxes that cover each
 * other) are merged: the one farthest from a cut stays. Lines are united where they share such a word, and re-joined where a
 * cut between columns of tiles has parted them.
 */
#ifndef GLEANER_FUNCTIONS_TILING_H
#define GLEANER_FUNCTIONS_TILING_H

#include "detections.h"

enum {
	DETECT_TEXT_SIDE_MIN = 80,                /* "The minimum image size … is 80 pixels for both height and width" */
	TILE_SIDE_MIN = 2 * DETECT_TEXT_SIDE_MIN, /* smaller ones are not cut */
};

/* Cuts `tile` in two that overlap. False when it is too small to be cut. `page` is what was detected in it. */
bool tiling_split(const struct text_area *tile, const struct text_page *page, struct text_area halves[2]);

struct text_tile {
	struct text_area area;
	struct text_page page; /* in pixels of the whole image */
};

/* One page from the tiles, given in reading order, of an image of this size. ERR_NO_MEMORY. */
int tiling_merge(struct arena *a, const struct text_tile *tiles, size_t count, uint32_t width, uint32_t height,
		 struct text_page *out, struct error *err) MUST_CHECK;

#endif
