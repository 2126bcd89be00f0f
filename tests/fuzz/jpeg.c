/* SPDX-License-Identifier: Apache-2.0
 *
 * Hostile JPEG, EXIF directory included.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "image/decode.h"
#include "image/jpeg.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct image_limits limits = { .bytes = MIB(1), .side_min = 1, .side_max = 2000, .pixels = 1000000 };
	struct str file = str_of((const char *)bytes, n);
	struct image image;
	int orientation = jpeg_orientation(file);

	if (orientation < 1 || orientation > 8)
		abort();
	if (jpeg_decode(file, &limits, IMAGE_RGB, &image, NULL) == 0)
		image_release(&image);
	return 0;
}
