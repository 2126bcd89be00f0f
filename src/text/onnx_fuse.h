/* SPDX-License-Identifier: Apache-2.0
 *
 * Rewrites a model so that it computes the same with less work.
 *
 * PP-LCNetV3, the backbone of both networks, follows every convolution by a learned scale and offset, hard-swish as five
 * elementary operations, and another scale and offset: nine passes over the data, each leaving the blocked memory layout that
 * ONNX Runtime's convolutions like. Two thirds of the time went there. This folds the first pair into the convolution's weights,
 * writes hard-swish as x * clip(a x + b, 0, c), whose clip ONNX Runtime fuses into a (depthwise) convolution, puts the second
 * scale into a, b and c, and its offset into the next convolution where that has no padding, else into one more depthwise
 * convolution. What follows a transposed convolution goes into its weights; the feature pyramid is onnx_pyramid.h's. What does
 * not look like that is left as it is. *Pure.*
 */
#ifndef GLEANER_TEXT_ONNX_FUSE_H
#define GLEANER_TEXT_ONNX_FUSE_H

#include "base/arena.h"

/* `*fused` lies in `a`; the number of activations rewritten goes to `*count` (may be NULL). Bytes that are no model are returned
 * as they are: judging them is ONNX Runtime's. ERR_NO_MEMORY. */
int onnx_fuse(struct arena *a, struct str model, struct str *fused, size_t *count, struct error *err) MUST_CHECK;

#endif
