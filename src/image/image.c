/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

const struct image_limits image_limits_job = {
	.bytes = LIMIT_IMAGE_BYTES,
	.side_min = LIMIT_IMAGE_SIDE_MIN,
	.side_max = LIMIT_IMAGE_SIDE_MAX,
	.pixels = LIMIT_IMAGE_PIXELS,
};

int image_fail(struct error *err, int code, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_setv(err, code, format, args);
	va_end(args);
	if (err)
		snprintf(err->name, sizeof(err->name), "%s", name);
	return code;
}

int image_check_size(const struct image_limits *limits, size_t bytes, uint64_t width, uint64_t height, struct error *err)
{
	if (bytes > limits->bytes)
		return image_fail(err, ERR_LIMIT, "ImageTooLarge", "the file has %zu bytes; at most %zu are accepted", bytes,
				  limits->bytes);
	if (width > limits->side_max || height > limits->side_max)
		return image_fail(err, ERR_LIMIT, "ImageTooLarge",
				  "the image has %llu x %llu pixels; at most %u a side are accepted", (unsigned long long)width,
				  (unsigned long long)height, limits->side_max);
	if (width * height > limits->pixels)
		return image_fail(err, ERR_LIMIT, "ImageTooLarge",
				  "the image has %llu x %llu pixels; at most %llu in all are accepted", (unsigned long long)width,
				  (unsigned long long)height, (unsigned long long)limits->pixels);
	if (width < limits->side_min || height < limits->side_min)
		return image_fail(err, ERR_LIMIT, "ImageTooSmall",
				  "the image has %llu x %llu pixels; at least %u a side are needed", (unsigned long long)width,
				  (unsigned long long)height, limits->side_min);
	return 0;
}

int image_init(struct image *out, uint32_t width, uint32_t height, enum image_layout layout, struct error *err)
{
	size_t pixels;
	size_t bytes;
	uint8_t *memory;

	if (width == 0 || height == 0 || layout == IMAGE_AUTO)
		return error_set(err, ERR_INVALID, "an image needs a size and a layout");
	if (__builtin_mul_overflow((size_t)width, (size_t)height, &pixels) ||
	    __builtin_mul_overflow(pixels, (size_t)layout, &bytes))
		return error_set(err, ERR_NO_MEMORY, "an image of %u x %u pixels does not fit into memory", width, height);
	memory = calloc(1, bytes);
	if (!memory)
		return error_set(err, ERR_NO_MEMORY, "no memory for an image of %u x %u pixels", width, height);
	*out = (struct image){ .width = width, .height = height, .channels = layout, .pixels = memory };
	return 0;
}

void image_release(struct image *image)
{
	if (!image)
		return;
	free(image->pixels);
	free(image->colour.profile);
	*image = (struct image){ 0 };
}
