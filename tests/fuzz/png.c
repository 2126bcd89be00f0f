/* SPDX-License-Identifier: Apache-2.0
 *
 * Hostile PNG: what inspection accepts must decode, encode again and be accepted again; nothing else is promised.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "image/png.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct image_limits limits = { .bytes = MIB(1), .side_min = 1, .side_max = 2000, .pixels = 1000000 };

static void encode_again(const struct image *image)
{
	struct buf out;
	struct png_header header;

	buf_init(&out, MIB(64));
	if (png_encode(image, &out, NULL) < 0)
		abort();
	if (out.n <= limits.bytes && png_inspect(buf_str(&out), &limits, &header, NULL) < 0)
		abort();
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str file = str_of((const char *)bytes, n);
	struct png_header header;
	struct image image;
	bool sound = png_inspect(file, &limits, &header, NULL) == 0;

	if (png_decode(file, &limits, IMAGE_AUTO, &image, NULL) == 0) {
		encode_again(&image);
		image_release(&image);
	}
	if (sound && png_decode(file, &limits, IMAGE_RGB, &image, NULL) == 0)
		image_release(&image);
	return 0;
}
