/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads lines of text whose outlines are known: cuts them out of the image, puts those of one width together, lets the network
 * read each bundle, and decodes what it says.
 */
#ifndef GLEANER_TEXT_RECOGNISER_H
#define GLEANER_TEXT_RECOGNISER_H

#include "text/charset.h"
#include "text/crew.h"
#include "text/ctc.h"
#include "text/ort.h"
#include "text/text.h"

/* A line; the recogniser fills all but the polygon. Zeroed but for the polygon before, released after. */
struct read_line {
	struct text_polygon polygon; /* in reading frame */
	int width;                   /* columns it was scaled to */
	int steps;
	struct ctc_character *characters;
	size_t character_count;
	float confidence; /* mean of the characters'; 0 without any */
};

struct recogniser {
	struct ort_model *model;
	const struct charset *charset;
	struct crew *crew;
};

/* Reads a blank line to see whether the model and the character list belong together. ERR_CORRUPT, ERR_UNAVAILABLE. */
int recogniser_check(const struct recogniser *r, struct error *err) MUST_CHECK;

/* Reads all lines, each as wide as it is times `stretch` at the network's height: less than 1 saves as much work, and clean
 * letters stay legible. ERR_TIMEOUT past the deadline, ERR_NO_MEMORY, ERR_UNAVAILABLE; lines already read keep what they have. */
int recogniser_read(const struct recogniser *r, const struct image *image, float stretch, struct read_line *lines, size_t count,
		    int64_t deadline_ns, struct error *err) MUST_CHECK;

void read_line_release(struct read_line *line);

/* Columns a line is scaled to: its length at a height of RECOGNISER_HEIGHT, rounded so that lines can be bundled. *Pure.* */
int recogniser_width(const struct text_polygon *polygon, float stretch);

enum {
	RECOGNISER_HEIGHT = 48,
	RECOGNISER_STEP = CTC_STEP_COLUMNS,
	RECOGNISER_WIDTH_MAX = 3200,
};

#endif
