/* SPDX-License-Identifier: Apache-2.0
 *
 * Detected text in pixels of the whole image: read from DetectText's answers, written as the job's .json and .txt. *Pure*;
 * everything lives in the caller's arena.
 */
#ifndef GLEANER_FUNCTIONS_DETECTIONS_H
#define GLEANER_FUNCTIONS_DETECTIONS_H

#include "format/json.h"

enum { DETECT_TEXT_WORDS_MAX = 100 }; /* "DetectText can detect up to 100 words in an image" */

struct text_point {
	double x, y;
};

struct text_box {
	double left, top, right, bottom;
};

struct text_item {
	struct str text;
	double confidence; /* 0 to 100 */
	struct text_point polygon[4];
	struct text_box box; /* around the polygon */
	int line;            /* of a word: index of its line, -1 when none */
};

struct text_page {
	struct text_item *lines, *words; /* in reading order */
	size_t line_count, word_count;
	struct str model; /* TextModelVersion */
	int64_t calls;    /* of DetectText */
};

struct text_area {
	uint32_t x, y, width, height; /* pixels of the whole image */
};

/* An answer about the part `area` of the image. ERR_CORRUPT when it has not DetectText's shape. */
int detections_read(struct arena *a, const struct json *answer, const struct text_area *area, struct text_page *out,
		    struct error *err) MUST_CHECK;

/* A copy that outlives the answer it was read from. ERR_NO_MEMORY. */
int detections_copy(struct arena *a, const struct text_page *page, struct text_page *out, struct error *err) MUST_CHECK;

struct text_box text_box_of(const struct text_point polygon[4]);
double text_mean_confidence(const struct text_page *page); /* of the words, two decimals; 0 when there are none */

/* {"image":{…},"model","calls","lines":[{"id","text","confidence","polygon":[{"x","y"}×4]}],"words":[{…,"line"}]} */
const struct json *detections_json(struct arena *a, const struct text_page *page, int64_t width, int64_t height);
struct str detections_text(struct arena *a, const struct text_page *page); /* a line each, LF */

/* At most `max` bytes of the text, cut between characters. */
struct str text_cut(struct str text, size_t max);

/* The lines' polygons out of such a document. ERR_CORRUPT. */
int detections_polygons(struct arena *a, const struct json *document, struct text_point (**out)[4], size_t *count,
			struct error *err) MUST_CHECK;

#endif
