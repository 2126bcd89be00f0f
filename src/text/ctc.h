/* SPDX-License-Identifier: Apache-2.0
 *
 * From the recogniser's output, a distribution over characters for each step along a line, to characters and words. *Pure.*
 *
 * The greedy path is taken (Graves et al., "Connectionist Temporal Classification", 2006, section 3.2): repeats fall together,
 * blanks separate. The recogniser was trained mostly on text without spaces and rarely lets the space win, but it does notice
 * them: between two words its probability rises from about nothing to a few per cent. The picture tells the rest: how wide the
 * blank between two characters is.
 */
#ifndef GLEANER_TEXT_CTC_H
#define GLEANER_TEXT_CTC_H

#include "text/charset.h"
#include "text/ink.h"

/* Columns of the recogniser's input that a step of its output stands for. */
enum { CTC_STEP_COLUMNS = 8 };

/* One character as read. Steps are fractions of the line's width times the number of steps. */
struct ctc_character {
	int class;
	float confidence;
	float first, last;          /* steps it was seen at */
	float space_after;          /* largest probability of a space up to the next character */
	float blank_from, blank_to; /* the widest stretch without ink up to the next character, in steps too; equal: none */
};

struct ctc_word {
	size_t first, count; /* characters */
	float from, to;      /* steps */
	float confidence;    /* mean of its characters' */
};

/* Characters of `steps` rows of `class_count` probabilities, into `out` (room for `steps`), spaces not included. Rows may hold
 * anything. */
size_t ctc_read(const float *rows, int steps, const struct charset *charset, struct ctc_character *out);

/* Gives each character the widest of the blanks, in columns of a line `width` wide, behind it. */
void ctc_place_blanks(struct ctc_character *characters, size_t count, int steps, const struct ink_blank *blanks,
		      size_t blank_count, int width);

/* Words of those characters into `out` (room for `count`). */
size_t ctc_words(const struct ctc_character *characters, size_t count, int steps, const struct charset *charset,
		 struct ctc_word *out);

/* How probable a space between two characters must be to end a word there: less after a comma, more around what joins ("apt-get",
 * "a.out", "12.50") and before punctuation, which old books set apart. */
float ctc_space_needed(struct str before, struct str after);

#endif
