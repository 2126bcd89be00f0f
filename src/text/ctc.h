/* SPDX-License-Identifier: Apache-2.0
 *
 * From the recogniser's output, a distribution over characters for each step along a line, to characters and words. *Pure.*
 *
 * The greedy path is taken (Graves et al., "Connectionist Temporal Classification", 2006, section 3.2): repeats fall together,
 * blanks separate. The recogniser was trained mostly on text without spaces and rarely lets the space win, but it does notice
 * them: between two words its probability rises from about nothing to a few per cent, and the distance between characters grows.
 */
#ifndef GLEANER_TEXT_CTC_H
#define GLEANER_TEXT_CTC_H

#include "text/charset.h"

/* One character as read. Steps are fractions of the line's width times the number of steps. */
struct ctc_character {
	int class;
	float confidence;
	float first, last; /* steps it was seen at */
	float space_after; /* largest probability of a space up to the next character */
};

struct ctc_word {
	size_t first, count; /* characters */
	float from, to;      /* steps */
	float confidence;    /* mean of its characters' */
};

/* Characters of `steps` rows of `class_count` probabilities, into `out` (room for `steps`), spaces not included. Rows may hold
 * anything. */
size_t ctc_read(const float *rows, int steps, const struct charset *charset, struct ctc_character *out);

/* Words of those characters into `out` (room for `count`). */
size_t ctc_words(const struct ctc_character *characters, size_t count, int steps, const struct charset *charset,
		 struct ctc_word *out);

/* How probable a space between two characters must be to end a word there: less after a comma, more around what joins ("apt-get",
 * "a.out", "12.50") and before punctuation, which old books set apart. */
float ctc_space_needed(struct str before, struct str after);

#endif
