/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts the detection model in three, so that a large image needs little memory.
 *
 * Most of its memory holds the first layers' and the last ones' values, which are as fine as the image. Those layers see only a
 * few pixels around each, so they can look at bands of the image, one after the other, with the same result. The layers between
 * also weigh the whole picture (squeeze and excitation), but at a quarter of its width and height.
 *
 *   stem    image to the first value that more than one convolution reads: the features at a quarter of the size
 *   neck    those to what a convolution makes of all levels joined
 *   head    that to the map
 *
 * *Pure.*
 */
#ifndef GLEANER_TEXT_ONNX_SPLIT_H
#define GLEANER_TEXT_ONNX_SPLIT_H

#include "base/arena.h"

struct onnx_parts {
	struct str stem, neck, head; /* models of their own */
};

/* The parts lie in `a`. ERR_CORRUPT when the model has not this form; ERR_NO_MEMORY. */
int onnx_split(struct arena *a, struct str model, struct onnx_parts *out, struct error *err) MUST_CHECK;

#endif
