/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds lines of text: scales the image, lets the network mark text, and boxes what it marks.
 */
#ifndef GLEANER_TEXT_DETECTOR_H
#define GLEANER_TEXT_DETECTOR_H

#include "text/boxes.h"
#include "text/crew.h"
#include "text/ort.h"

/* The model in its three parts (onnx_split.h). The stem and the head see bands of the image, which the crew shares; the neck sees
 * the whole, so it should have the threads itself. */
struct detector {
	struct ort_model *stem, *neck, *head;
	struct crew *crew;
	struct box_settings boxes;
	int features, fused; /* planes that the stem and the neck make */
};

/* Fills in the planes. ERR_UNAVAILABLE, ERR_CORRUPT when the parts do not fit together. */
int detector_init(struct detector *d, struct error *err) MUST_CHECK;

/* Boxes in pixels of `image`, found at a size whose longer side is about `side`. free() `*out`. ERR_NO_MEMORY, ERR_UNAVAILABLE,
 * ERR_CORRUPT when the model is not a detector. */
int detector_find(const struct detector *d, const struct image *image, int side, struct text_box **out, size_t *count,
		  struct error *err) MUST_CHECK;

/* The size, sides multiples of 32, that an image of width x height is scaled to. *Pure.* */
void detector_size(uint32_t width, uint32_t height, int side, int *scaled_width, int *scaled_height);

#endif
