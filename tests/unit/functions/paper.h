/* SPDX-License-Identifier: Apache-2.0
 *
 * A page of words at known places, drawn as strokes, and a stand-in for DetectText that reads it. Lines may slant or run down.
 */
#ifndef GLEANER_TESTS_FUNCTIONS_PAPER_H
#define GLEANER_TESTS_FUNCTIONS_PAPER_H

#include "seam.h"

enum { PAPER_TONE = 230, PAPER_INK = 20, PAPER_WORDS = 2000 };

struct paper {
	struct image image;
	bool upright; /* lines run down, the first at the right */
	double slope; /* how far they fall with each pixel along */
	uint32_t along, across;
	struct text_item words[PAPER_WORDS]; /* in reading order: "r<row>c<column>x" */
	size_t word_count;
};

void paper_init(struct paper *p, uint32_t along, uint32_t across, bool upright, double slope);
void paper_release(struct paper *p);
/* At (u, v) along and across the lines, as they would be if they did not slant. */
void paper_word(struct paper *p, int row, int column, double u, double v, double w, double h);
/* Rows of equal words, `pitch` apart. */
void paper_rows(struct paper *p, int rows, int columns, double u, double v, double pitch_u, double pitch_v);

/* What is told of that part: the first 100 words. Cut words are told without their last letter, if at all. */
struct text_page paper_look(struct arena *a, const struct paper *p, const struct seam_area *area);
struct seam_area paper_whole(const struct paper *p);

void paper_set_box(struct text_item *item, struct text_box box);

#endif
