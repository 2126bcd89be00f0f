/* SPDX-License-Identifier: Apache-2.0
 *
 * How closely lines of text stand. *Pure.*
 */
#ifndef GLEANER_TEXT_CROWDING_H
#define GLEANER_TEXT_CROWDING_H

#include "text/boxes.h"

/* The median, over lines that have a neighbour above or below, of a line's height over its distance from the nearest one: below 1
 * where the boxes leave room between them, above where they overlap, since the letters are too small for where they were looked
 * for. 0 without neighbours or memory. */
float crowding_of(const struct text_box *boxes, size_t count);

#endif
