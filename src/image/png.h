/* SPDX-License-Identifier: Apache-2.0
 *
 * PNG (ISO/IEC 15948): what a file is, decided by its bytes before anything is allocated for it; its pixels; and the way
 * back. Hostile files are the normal case: inspection is our own, in constant memory, and libpng only sees what passed it.
 *
 * Errors (err->name): NotPng, the signature is another; CorruptImage, the structure, a checksum or the compressed data is
 * damaged or does not fit the header; ImageTooLarge, ImageTooSmall, past the limits. *Pure.*
 */
#ifndef GLEANER_IMAGE_PNG_H
#define GLEANER_IMAGE_PNG_H

#include "base/buf.h"
#include "image/image.h"

enum {
	PNG_SIGNATURE_SIZE = 8,
	PNG_HEADER_SIZE = 33, /* signature and the whole IHDR chunk: what png_inspect_prefix needs */
};

struct png_header {
	uint32_t width, height;
	uint8_t bit_depth;   /* 1, 2, 4, 8, 16 */
	uint8_t colour_type; /* 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGB + alpha */
	bool interlaced;
};

bool png_has_signature(struct str bytes);

/* Signature, IHDR with its checksum, and the limits, from the first PNG_HEADER_SIZE bytes of a file of `file_size` bytes. */
int png_inspect_prefix(struct str prefix, uint64_t file_size, const struct image_limits *limits, struct png_header *out,
		       struct error *err) MUST_CHECK;

/* The whole file: also every chunk's checksum and order, and that the compressed data is well formed and holds exactly the
 * rows the header promises. Bytes after IEND are allowed, as everywhere. Constant memory (about 50 KiB). */
int png_inspect(struct str file, const struct image_limits *limits, struct png_header *out, struct error *err) MUST_CHECK;

/* 8-bit pixels. IMAGE_AUTO keeps grey grey and adds alpha where the file has transparency; asked for a layout without alpha,
 * transparent pixels are laid on white. Text, time, EXIF and unknown chunks are not read. The limits are checked before
 * libpng is called. Release with image_release. ERR_NO_MEMORY besides the above. */
int png_decode(struct str file, const struct image_limits *limits, enum image_layout layout, struct image *out,
	       struct error *err) MUST_CHECK;

/* Appends a PNG with the pixels, transparency and colour space, and nothing else. ERR_LIMIT when `out` is full, ERR_NO_MEMORY. */
int png_encode(const struct image *image, struct buf *out, struct error *err) MUST_CHECK;

#endif
