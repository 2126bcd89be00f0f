/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an image has ink, seen the way its text runs: `along` its lines, and `across` them from one to the next. Text that runs
 * up or down has its lines side by side, text on a page that was laid askew slants; what counts rows here follows it. *Pure.*
 *
 * Ink is where tones change sharply, so paper and background may have any colour, shade or gradient.
 */
#ifndef GLEANER_FUNCTIONS_INK_H
#define GLEANER_FUNCTIONS_INK_H

#include "detections.h"
#include "image/image.h"

struct ink {
	bool upright;           /* lines run up or down the image, not across it */
	double slope;           /* how far a line falls with each pixel along */
	uint32_t along, across; /* the image's size */
	double line_height;     /* the usual word's */
	uint8_t *marks;         /* owned; along * across: 1 where there is ink */
	int32_t *falls;         /* owned; [u]: how far below its row's middle a slanted row lies at u along */
	int64_t first, end;     /* slanted rows, [first, end) */
	uint64_t *sums;         /* owned; [i]: the ink of rows before first + i */
};

/* `seen` are words of the image: they tell its direction, slope and contrast. The caller releases. ERR_NO_MEMORY. */
int ink_init(struct ink *out, const struct image *image, const struct text_page *seen, struct error *err) MUST_CHECK;
void ink_release(struct ink *ink);

static inline bool ink_at(const struct ink *ink, uint32_t along, int64_t across)
{
	return across >= 0 && across < ink->across && ink->marks[(size_t)across * ink->along + along];
}

/* Of slanted rows [from, to). A row without any counts a little, so that it grows with every row. */
double ink_between(const struct ink *ink, int64_t from, int64_t to);
/* The first row up to which there is that much from `from` on. */
int64_t ink_reaches(const struct ink *ink, int64_t from, double amount);

/* How many words a unit of ink is worth: a guess from the words seen, the largest of the page as a rule. */
double ink_words_each(const struct ink *ink, const struct text_page *seen);

/* A place of the image in this frame. */
static inline struct text_point ink_place(const struct ink *ink, struct text_point p)
{
	return ink->upright ? (struct text_point){ p.y, p.x } : p;
}

#endif
