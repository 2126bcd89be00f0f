/* SPDX-License-Identifier: Apache-2.0
 *
 * Clean print: pages scanned from books and papers, black on white. Tesseract reads those as well as the networks and at a tenth
 * of their cost, so what it is sure of is taken from it, and the networks read the rest.
 */
#ifndef GLEANER_TEXT_PRINT_H
#define GLEANER_TEXT_PRINT_H

#include "text/engine.h"

/* Lines Tesseract is sure of; the page lies in `arena`. ERR_TIMEOUT, ERR_NO_MEMORY, ERR_UNAVAILABLE. */
int print_read(void *tesseract, const struct image *image, int64_t deadline_ns, struct arena *arena, struct text_page *out,
	       struct error *err) MUST_CHECK;

/* Whether a line of the page lies where `found` does. *Pure.* */
bool print_covers(const struct text_page *page, const struct text_polygon *found);

/* A scan of print by its pixels: mostly one tone, and a page in size. *Pure.* */
bool print_is_likely(const struct image *image, float flatness);

#endif
