/* SPDX-License-Identifier: Apache-2.0 */
#include "image/decode.h"

#include "image/jpeg.h"
#include "image/png.h"

int image_decode(struct str file, const struct image_limits *limits, enum image_layout layout, struct image *out,
		 struct error *err)
{
	if (png_has_signature(file))
		return png_decode(file, limits, layout, out, err);
	if (jpeg_has_signature(file))
		return jpeg_decode(file, limits, layout, out, err);
	return image_fail(err, ERR_INVALID, "NotImage", "the file is neither PNG nor JPEG");
}

int image_size(struct str file, uint32_t *width, uint32_t *height)
{
	const struct image_limits none = { .bytes = SIZE_MAX, .side_max = UINT32_MAX, .pixels = UINT64_MAX };
	struct png_header header;
	int rc;

	if (!png_has_signature(file))
		return jpeg_size(file, width, height);
	rc = png_inspect_prefix(file, file.n, &none, &header, NULL);
	if (rc < 0)
		return rc;
	*width = header.width;
	*height = header.height;
	return 0;
}
