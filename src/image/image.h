/* SPDX-License-Identifier: Apache-2.0
 *
 * Pixels in memory, and the limits that stand before any of them is allocated.
 *
 * Samples are 8 bit, rows lie one behind the other without gaps, the origin is top left. A zeroed struct is valid for
 * image_release. Errors of this folder carry a name that callers may show: NotPng, NotJpeg, CorruptImage, ImageTooLarge,
 * ImageTooSmall (err->name). *Pure*; one thread at a time an image, any number of readers.
 */
#ifndef GLEANER_IMAGE_IMAGE_H
#define GLEANER_IMAGE_IMAGE_H

#include "base/str.h"

enum image_layout {
	IMAGE_AUTO = 0, /* decoders only: the fewest channels that lose nothing */
	IMAGE_GREY = 1,
	IMAGE_GREY_ALPHA = 2,
	IMAGE_RGB = 3,
	IMAGE_RGBA = 4,
};

/* What the numbers mean, as the file declared it (PNG chunks gAMA, cHRM, sRGB, iCCP). */
struct image_colour_space {
	bool has_gamma, has_chromaticities, has_srgb;
	int32_t gamma;             /* times 100,000 */
	int32_t chromaticities[8]; /* white, red, green, blue; x and y, times 100,000 */
	int srgb_intent;
	uint8_t *profile; /* ICC, owned; NULL when none */
	uint32_t profile_n;
};

struct image {
	uint32_t width, height;
	uint32_t channels; /* as enum image_layout */
	uint8_t *pixels;   /* owned: width * height * channels bytes */
	struct image_colour_space colour;
};

/* In pixels; (0, 0) is the top left corner of the top left pixel. */
struct image_point {
	float x, y;
};

struct image_limits {
	size_t bytes; /* of the file */
	uint32_t side_min, side_max;
	uint64_t pixels;
};

/* The job's limits (base/limits.h). */
extern const struct image_limits image_limits_job;

/* Zeroed pixels. ERR_NO_MEMORY; ERR_INVALID for an empty size. */
int image_init(struct image *out, uint32_t width, uint32_t height, enum image_layout layout, struct error *err) MUST_CHECK;
void image_release(struct image *image);

static inline size_t image_stride(const struct image *image)
{
	return (size_t)image->width * image->channels;
}

static inline uint8_t *image_at(const struct image *image, uint32_t x, uint32_t y)
{
	return image->pixels + ((size_t)y * image->width + x) * image->channels;
}

/* Checks a file's length and claimed size. ERR_LIMIT with ImageTooLarge or ImageTooSmall. */
int image_check_size(const struct image_limits *limits, size_t bytes, uint64_t width, uint64_t height,
		     struct error *err) MUST_CHECK;

/* Fills `err` with one of the names above. Returns `code`. */
int image_fail(struct error *err, int code, const char *name, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
