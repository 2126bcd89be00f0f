/* SPDX-License-Identifier: Apache-2.0
 *
 * What kind of picture an image is, told by the part of it that is not blank: margins of one tone say nothing about it, and a
 * page with all but a few lines painted over is still the page it was. *Pure.*
 */
#ifndef GLEANER_TEXT_CONTENT_H
#define GLEANER_TEXT_CONTENT_H

#include "image/image.h"

/* Pixels, right and bottom excluded; empty when the image has one tone. */
struct content_area {
	uint32_t left, top, right, bottom;
};

/* The image without the rows and columns of one tone at its edges. */
struct content_area content_of(const struct image *image);

/* The share of pixels there that equal their left neighbour; 1 for an image of one tone. */
float content_flatness(const struct image *image);

/* The same among the pixels that are at least near their left neighbour: high where a program drew them, low where a camera took
 * them, however much or little text there is. */
float content_evenness(const struct image *image);

#endif
