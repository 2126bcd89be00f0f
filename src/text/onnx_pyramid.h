/* SPDX-License-Identifier: Apache-2.0
 *
 * The feature pyramid of the detection model, computed without its largest values. *Pure.*
 *
 * At each level the pyramid weighs its input: x = W y by single pixels, gate = one number a channel made of x's mean, and
 * x + x * gate goes on. The mean of W y is W times the mean of y, and 1 + gate can scale W's rows instead of x.
 *
 * What a 3 x 3 convolution V makes of an enlarged value, it can make of the value itself, with a kernel for each place in the
 * square that a pixel becomes; and of a sum, or of values joined, it makes the sum of what it makes of each. So the finest level
 * is never made, and the coarser levels are joined at half of its size: 96 channels each, which is 300 MB for a photograph.
 */
#ifndef GLEANER_TEXT_ONNX_PYRAMID_H
#define GLEANER_TEXT_ONNX_PYRAMID_H

#include "text/onnx_graph.h"

/* Rewrites the level whose gate comes from this HardSigmoid; what looks otherwise is left as it is. */
void onnx_pyramid_level(struct onnx_graph *g, struct onnx_node *gate);
/* Rewrites the convolution over the levels that this Concat joins. */
void onnx_pyramid_join(struct onnx_graph *g, struct onnx_node *concat);

#endif
