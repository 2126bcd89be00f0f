/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts a page of more words than DetectText tells into tiles, from its first line to its last, each a bit below the limit.
 * *Pure.*
 *
 * A tile's words are known only when it was looked at, and a look costs. So they are guessed from its ink, first by the words of
 * the whole page's answer, then by each tile's:
 *
 *   sweep_next ──► look ──► fewer than the limit ──► sweep_accept ──► sweep_next …
 *       ▲            └────► as many ──► sweep_shorten ──┐
 *       └───────────────────────────────────────────────┘
 *
 * Tiles end at seams between lines and overlap by a line. Where there is no clean seam, they overlap by more than the largest
 * word there, so that every word lies whole in one of them.
 */
#ifndef GLEANER_FUNCTIONS_SWEEP_H
#define GLEANER_FUNCTIONS_SWEEP_H

#include "seam.h"

enum {
	SWEEP_WORDS = 82,     /* wanted in a tile: some lines hold more words than others */
	SWEEP_WORDS_END = 92, /* what is left goes into one tile up to here */
};

struct sweep {
	struct arena *arena;
	const struct ink *ink;
	const struct text_page *seen;
	double words_each; /* by ink */
	double overlap;    /* in rows */
	int64_t row;       /* where the next tile begins, in slanted rows */
	const uint32_t *above;
	/* of the tile that was planned last: */
	int64_t row_end, row_next; /* where the next begins */
	const uint32_t *next_above;
};

/* `seen` is what the whole image's answer told, and is borrowed. What is found lies in the arena. */
void sweep_init(struct sweep *s, struct arena *a, const struct ink *ink, const struct text_page *seen);
bool sweep_is_done(const struct sweep *s);

/* Plans a tile; with `looks_left` looks the rest of the page has to do. ERR_NO_MEMORY. */
int sweep_next(struct sweep *s, int64_t looks_left, struct seam_area *out, struct error *err) MUST_CHECK;
/* The tile had so many words, all of it. */
void sweep_accept(struct sweep *s, size_t words);
/* The tile has more words than were told: the next plan begins at the same place and is shorter. False when it is so short that
 * it cannot be. */
bool sweep_shorten(struct sweep *s);

#endif
