/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding and reading the text in an image: engines behind one small interface.
 *
 *   struct text_engine *engine;
 *   text_engine_new(&engine, &options, &err);                      once a process; loads nothing yet unless asked to
 *   text_detect(engine, &image, deadline, &arena, &page, &err);    any thread, any number at once
 *   text_engine_free(engine);                                      when no detection runs any more
 *
 * Engines: "ppocr", the PP-OCRv4 models through ONNX Runtime, where scripts/fetch-models.sh has installed them; "tesseract",
 * Tesseract 5 as Debian packages it. Both libraries are loaded when they are first needed, so a process that reads no image pays
 * nothing.
 */
#ifndef GLEANER_TEXT_TEXT_H
#define GLEANER_TEXT_TEXT_H

#include "base/arena.h"
#include "image/image.h"

/* A word's or line's outline in reading frame: top left, top right, bottom right, bottom left as the text is read. */
struct text_polygon {
	struct image_point points[4];
};

struct text_word {
	struct str text;  /* UTF-8, no blanks, never empty */
	float confidence; /* 0 to 1 */
	struct text_polygon polygon;
	size_t line; /* index into lines */
};

struct text_line {
	struct str text;  /* its words with single blanks between */
	float confidence; /* mean of its words', by length */
	struct text_polygon polygon;
	size_t first_word, word_count; /* never 0 words */
};

/* Lines in reading order; words line by line. Everything lies in the arena passed to text_detect. */
struct text_page {
	struct text_line *lines;
	size_t line_count;
	struct text_word *words;
	size_t word_count;
};

struct text_options {
	const char *engine;  /* "ppocr", "tesseract", or "auto" (also NULL): the first of them that is installed */
	const char *folders; /* where the models and ONNX Runtime may lie, colon-separated; NULL: nowhere */
	int threads;         /* that one detection may use, the caller's included; 0: 1 */
	bool load;           /* load at once, to know of every fault now */
};

struct text_engine;

/* ERR_NOT_FOUND: not installed, the message says what is missing and how to get it; ERR_INVALID: no engine of that name;
 * with `load` also ERR_CORRUPT, ERR_UNSUPPORTED (a library of another version), ERR_NO_MEMORY. */
int text_engine_new(struct text_engine **out, const struct text_options *options, struct error *err) MUST_CHECK;
void text_engine_free(struct text_engine *engine); /* NULL is allowed */

const char *text_engine_name(struct text_engine *engine);
/* Into `out`: why a better engine is not in use and how to get it. False when the best one is. */
bool text_engine_advice(struct text_engine *engine, char out[ERROR_MESSAGE_MAX]);

/* Whether the engine's files are whole, without loading them. Takes some tens of milliseconds. ERR_CORRUPT, ERR_NOT_FOUND; then
 * the next engine takes its place, as with text_engine_load. */
int text_engine_check(struct text_engine *engine, struct error *err) MUST_CHECK;

/* Loads what is not loaded yet. An engine that was not asked for by name and does not work is replaced by the next one that is
 * installed; the advice tells why, and the log. Errors as for `load`. Safe from any thread; text_detect calls it. */
int text_engine_load(struct text_engine *engine, struct error *err) MUST_CHECK;

/* What to decode a file to: grey where it has so many pixels that colours would take more memory than they are worth. */
enum image_layout text_layout(struct str file);

/* Reads `image` (any layout). `deadline_ns` on the clock of clock_mono_ns, 0: none. An image without text is an empty page.
 * ERR_TIMEOUT past the deadline; ERR_NO_MEMORY; ERR_UNAVAILABLE when the engine's library fails; and text_engine_load's. */
int text_detect(struct text_engine *engine, const struct image *image, int64_t deadline_ns, struct arena *arena,
		struct text_page *out, struct error *err) MUST_CHECK;

#endif
