/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the text of an image is: looks for it at the scale that suits what the image is (photograph, screen, page, strip), and
 * again where what was found tells a better scale or another angle.
 */
#ifndef GLEANER_TEXT_LOCATE_H
#define GLEANER_TEXT_LOCATE_H

#include "text/detector.h"

/* Boxes in pixels of `image`. free() `*boxes`, NULL or whole also after a failure. Errors as detector_find's. */
int locate_boxes(const struct detector *d, const struct image *image, struct text_box **boxes, size_t *count,
		 struct error *err) MUST_CHECK;

/* Larger than screens are. *Pure.* */
bool locate_is_page(const struct image *image);

/* Drawn by a program, and no page. *Pure.* */
bool locate_is_screen(const struct image *image);

#endif
