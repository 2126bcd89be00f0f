/* SPDX-License-Identifier: Apache-2.0
 *
 * The text engines' reading order, for lines that were put together from several answers. (Apart, since text/ has a struct
 * text_page of its own.) *Pure.*
 */
#ifndef GLEANER_FUNCTIONS_READING_ORDER_H
#define GLEANER_FUNCTIONS_READING_ORDER_H

#include "image/image.h"

struct reading_outline {
	struct image_point corners[4]; /* clockwise from the text's top left */
};

/* Writes the indices of the outlines in reading order. ERR_NO_MEMORY. */
int reading_order(const struct reading_outline *outlines, size_t count, size_t *order) MUST_CHECK;

#endif
