/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a line of text, cut out upright, is blank: words end at the wider blanks. *Pure.*
 *
 * Ink is what differs from the line's most frequent value, so light text on dark has some too. Rows with hardly anything else are
 * rules and underlines, and not looked at. What counts as blank is measured against the line's own strongest columns. A line
 * without a plain background, as in most photographs, has no blanks.
 */
#ifndef GLEANER_TEXT_INK_H
#define GLEANER_TEXT_INK_H

#include <stddef.h>

/* Blank columns [from, to). */
struct ink_blank {
	int from, to;
};

/* The blanks of a line, in order, into `out` (room for `width` / 2 + 1): `height` rows of `width` floats from -1 to 1. `columns`
 * is scratch, with room for `width` floats. */
size_t ink_blanks(const float *rows, int width, int height, float *columns, struct ink_blank *out);

#endif
