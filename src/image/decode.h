/* SPDX-License-Identifier: Apache-2.0
 *
 * PNG or JPEG to pixels, told apart by content. Not part of the functions' binary, which knows PNG only. *Pure.*
 */
#ifndef GLEANER_IMAGE_DECODE_H
#define GLEANER_IMAGE_DECODE_H

#include "image/image.h"

/* As png_decode and jpeg_decode; NotImage when the content is neither. */
int image_decode(struct str file, const struct image_limits *limits, enum image_layout layout, struct image *out,
		 struct error *err) MUST_CHECK;

/* The size a PNG or JPEG claims, without any limit and without decoding. ERR_INVALID, ERR_CORRUPT. */
int image_size(struct str file, uint32_t *width, uint32_t *height) MUST_CHECK;

#endif
