/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines longer than the recogniser reads at once: where they can be cut between words. *Pure.*
 */
#ifndef GLEANER_TEXT_LONG_LINE_H
#define GLEANER_TEXT_LONG_LINE_H

#include "text/text.h"

/* A line of the longest image, ten thousand pixels of the smallest letters, has fewer pieces. */
enum { LONG_LINE_PIECES = 64 };

/* Shares of the line's length, ascending, at which pieces end, the last one 1: in the middle of the widest blank near each place
 * where pieces of one length would end, if that is as wide as those between words are. A line no longer than `limit` columns, as
 * high as the recogniser wants it, is one piece; so is one without memory. Returns how many there are. */
size_t long_line_cut(const struct image *image, const struct text_polygon *line, int limit, float ends[LONG_LINE_PIECES]);

#endif
