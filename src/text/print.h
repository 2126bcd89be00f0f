/* SPDX-License-Identifier: Apache-2.0
 *
 * Clean print: pages scanned from books and papers, black on white. Tesseract reads those as well as the networks and at a tenth
 * of their cost, so what it is sure of is taken from it, and the networks read the rest.
 */
#ifndef GLEANER_TEXT_PRINT_H
#define GLEANER_TEXT_PRINT_H

#include "text/crew.h"
#include "text/engine.h"

/* A page is read in so many pieces at most. */
enum { PRINT_PIECES = 6 };

/* Lines Tesseract is sure of; the page lies in `arena`. The crew shares the pieces. ERR_TIMEOUT, ERR_NO_MEMORY, ERR_UNAVAILABLE.
 */
int print_read(void *tesseract, struct crew *crew, const struct image *image, int64_t deadline_ns, struct arena *arena,
	       struct text_page *out, struct error *err) MUST_CHECK;

/* The rows at which pieces end, the last one the image's height. Cuts go between lines of dark text; there is one piece where
 * every row has some. Returns how many there are, at least 1. *Pure.* */
size_t print_pieces(const struct image *image, uint32_t ends[PRINT_PIECES]);

/* Whether a line of the page lies where `found` does. *Pure.* */
bool print_covers(const struct text_page *page, const struct text_polygon *found);

/* A scan of print by its pixels: mostly one tone, and a page in size. *Pure.* */
bool print_is_likely(const struct image *image, float flatness);

#endif
