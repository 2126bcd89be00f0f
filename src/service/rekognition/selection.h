/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of the words read are answered, and how they are written. *Pure.*
 */
#ifndef GLEANER_REKOGNITION_SELECTION_H
#define GLEANER_REKOGNITION_SELECTION_H

#include "format/writer.h"
#include "text/text.h"

enum {
	REGIONS_MAX = 10, /* RegionsOfInterest */
	REGION_POINTS_MIN = 3,
	REGION_POINTS_MAX = 10,
};

/* In ratios of the image's sides. */
struct region {
	struct image_point points[REGION_POINTS_MAX];
	size_t count;
};

struct selection {
	double min_confidence;              /* 0 to 1 */
	double min_width, min_height;       /* of the bounding box, in ratios */
	struct region regions[REGIONS_MAX]; /* a word must lie in one of them by more than half; none: anywhere */
	size_t region_count;
	size_t word_limit; /* the largest and most confident that pass; 0: all */
};

/* `filters` is DetectText's member of that name, already checked for shape; NULL: none. ERR_INVALID when a value is out of range.
 */
int selection_parse(const struct json *filters, struct selection *out) MUST_CHECK;

/* A page with the words that pass, and the lines they make. ERR_NO_MEMORY. */
int selection_apply(const struct selection *s, const struct text_page *page, uint32_t width, uint32_t height, struct arena *a,
		    struct text_page *out, struct error *err) MUST_CHECK;

/* TextDetections: the lines, then the words, numbered through. */
void selection_write(struct writer *w, const struct text_page *page, uint32_t width, uint32_t height);

#endif
