/* SPDX-License-Identifier: Apache-2.0
 *
 * Pixels to the planes of floats that the networks take: blue, green, red, each (value / 255 - mean) / deviation. *Pure.*
 * Images are grey or RGB.
 */
#ifndef GLEANER_TEXT_SAMPLING_H
#define GLEANER_TEXT_SAMPLING_H

#include "text/text.h"

struct sampling_norm {
	float mean[3], deviation[3]; /* blue, green, red */
};

/* A part of a scaled image. */
struct sampling_window {
	int left, top, width, height;
};

/* That part of the image scaled to width x height, into `out` (3 planes of the window's size). Averages where it shrinks,
 * interpolates where it grows. ERR_NO_MEMORY. */
int sample_window(const struct image *image, int width, int height, const struct sampling_window *window,
		  const struct sampling_norm *norm, float *out, struct error *err) MUST_CHECK;

/* What lies in the parallelogram `p`, upright, as width x height pixels; rows of `out` are `stride` floats and its three planes
 * `plane` floats apart. Outside the image the nearest pixels are repeated. */
void sample_polygon(const struct image *image, const struct text_polygon *p, int width, int height,
		    const struct sampling_norm *norm, float *out, size_t stride, size_t plane);

#endif
