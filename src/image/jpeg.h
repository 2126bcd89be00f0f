/* SPDX-License-Identifier: Apache-2.0
 *
 * JPEG (ITU-T T.81) to pixels, through libjpeg-turbo, with the limits checked first. Not part of the functions' binary.
 *
 * Errors (err->name): NotJpeg, CorruptImage, ImageTooLarge, ImageTooSmall. *Pure.*
 */
#ifndef GLEANER_IMAGE_JPEG_H
#define GLEANER_IMAGE_JPEG_H

#include "image/image.h"

bool jpeg_has_signature(struct str bytes);

/* The size its frame header claims, as stored. ERR_INVALID, ERR_CORRUPT. */
int jpeg_size(struct str file, uint32_t *width, uint32_t *height) MUST_CHECK;

/* EXIF's tag Orientation, 1 to 8; 1 when there is none or it cannot be read. */
int jpeg_orientation(struct str file);

/* IMAGE_GREY or IMAGE_RGB pixels (IMAGE_AUTO: as the file has them), turned as EXIF says. The limits apply to the size as stored.
 * Damaged data, missing ends and more scans than JPEG_SCANS_MAX (of large images JPEG_SCANS_SOME) are refused. ERR_NO_MEMORY
 * besides the above. */
int jpeg_decode(struct str file, const struct image_limits *limits, enum image_layout layout, struct image *out,
		struct error *err) MUST_CHECK;

/* A progressive file can make a decoder go over all pixels once for a few bytes. */
enum { JPEG_SCANS_MAX = 200, JPEG_SCANS_SOME = 40 };

#endif
