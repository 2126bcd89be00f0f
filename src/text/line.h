/* SPDX-License-Identifier: Apache-2.0
 *
 * What of a line goes to the recogniser at once: without the blank at its ends, and cut between words where it is longer than
 * the network reads well. *Pure.*
 */
#ifndef GLEANER_TEXT_LINE_H
#define GLEANER_TEXT_LINE_H

#include "text/text.h"

/* A line of the longest image, ten thousand pixels of the smallest letters, has fewer pieces. */
enum { LINE_PIECES = 64 };

/* The line without what is blank at its ends, but for LINE_MARGIN of its height; as it is where its ground is not plain or memory
 * is out. The detector leaves more at some ends than at others. */
struct text_polygon line_trim(const struct image *image, const struct text_polygon *line);
#define LINE_MARGIN 0.15f

/* Shares of the line's length, ascending, at which pieces end, the last one 1: in the middle of the widest blank near each place
 * where pieces of one length would end, if that is as wide as those between words are. A line no longer than `limit` columns, as
 * high as the recogniser wants it, is one piece; so is one without memory. Returns how many there are. */
size_t line_cut(const struct image *image, const struct text_polygon *line, int limit, float ends[LINE_PIECES]);

#endif
