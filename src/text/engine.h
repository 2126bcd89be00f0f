/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside text/: what an engine offers to text.c.
 */
#ifndef GLEANER_TEXT_ENGINE_H
#define GLEANER_TEXT_ENGINE_H

#include "text/page.h"

struct text_engine_class {
	const char *name;
	/* Cheap: looks for the files. 0, or ERR_NOT_FOUND with advice. */
	int (*find)(const struct text_options *options, struct error *err);
	/* Reads the files and compares checksums, without loading; NULL: nothing to check. */
	int (*check)(const struct text_options *options, struct error *err);
	int (*load)(void **state, const struct text_options *options, struct error *err);
	void (*unload)(void *state);
	/* From many threads at once. Adds lines and words to the page; text.c finishes it. */
	int (*detect)(void *state, const struct image *image, int64_t deadline_ns, struct page_builder *page, struct error *err);
};

extern const struct text_engine_class text_engine_tesseract;
extern const struct text_engine_class text_engine_ppocr;

#endif
