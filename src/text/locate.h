/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the text of an image is: looks for it at the scale that suits what the image is (photograph, screen, page, strip), and
 * again where what was found tells a better scale or another angle.
 */
#ifndef GLEANER_TEXT_LOCATE_H
#define GLEANER_TEXT_LOCATE_H

#include "text/detector.h"

/* What an image is, by its size and tones. */
struct image_kind {
	bool page;  /* larger than screens are */
	bool drawn; /* its tones are a program's, not a camera's or scanner's */
};

struct image_kind locate_kind(const struct image *image); /* *Pure.* */

/* Boxes in pixels of `image`. free() `*boxes`, NULL or whole also after a failure. Errors as detector_find's. */
int locate_boxes(const struct detector *d, const struct image *image, struct image_kind kind, struct text_box **boxes,
		 size_t *count, struct error *err) MUST_CHECK;

#endif
