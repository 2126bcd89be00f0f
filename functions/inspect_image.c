/* SPDX-License-Identifier: Apache-2.0
 *
 * Decides by its bytes whether the upload is a PNG within the limits: first the size the event tells, then the header read alone,
 * then the whole file. Nothing is decoded here.
 *
 * In:  {"job_id","bucket","object":{"key","size","etag","version-id"}}
 * Out: {"bytes","width","height","etag","version_id"}
 */
#include "base/limits.h"
#include "image/png.h"
#include "item.h"
#include "source_image.h"

static int read_event(const struct json *event, struct source_image *out, struct error *err)
{
	const struct json *object = json_get_c(event, "object");
	struct source_image image = {
		.bucket = json_get_text(event, STR("bucket")),
		.key = json_get_text(object, STR("key")),
		.etag = json_get_text(object, STR("etag")),
		.version_id = json_get_text(object, STR("version-id")),
	};

	if (image.bucket.n == 0 || image.key.n == 0 || json_to_i64(json_get_c(object, "size"), &image.bytes) || image.bytes < 0)
		return error_set(err, ERR_CORRUPT, "the event does not describe an object");
	*out = image;
	return 0;
}

static int check_size(const struct source_image *image, struct error *err)
{
	if ((uint64_t)image->bytes > LIMIT_IMAGE_BYTES)
		return function_refuse(err, 0, "ImageTooLarge", "The file has %lld bytes; at most %zu are allowed.",
				       (long long)image->bytes, LIMIT_IMAGE_BYTES);
	if (image->bytes < PNG_SIGNATURE_SIZE)
		return function_refuse(err, 0, "NotPng", "The file is too short to be a PNG.");
	return 0;
}

static int inspect(struct function_context *c, const struct source_image *image, struct png_header *header, struct error *err)
{
	struct str bytes;
	uint64_t prefix = image->bytes < PNG_HEADER_SIZE ? (uint64_t)image->bytes : PNG_HEADER_SIZE;

	int rc = source_image_range(c, image, 0, prefix - 1, &bytes, err);
	if (rc == 0)
		rc = png_inspect_prefix(bytes, (uint64_t)image->bytes, &image_limits_job, header, err);
	if (rc == 0)
		rc = source_image_bytes(c, image, &bytes, err);
	if (rc == 0)
		rc = png_inspect(bytes, &image_limits_job, header, err);
	return rc;
}

int inspect_image(struct function_context *c, const struct json *event, const struct json **result, struct error *err)
{
	struct arena *a = c->arena;
	struct source_image image;
	struct png_header header;

	int rc = read_event(event, &image, err);
	if (rc == 0)
		rc = check_size(&image, err);
	if (rc == 0)
		rc = inspect(c, &image, &header, err);
	if (rc)
		return rc;
	*result = object_of(a, { "bytes", json_new_i64(a, image.bytes) }, { "width", json_new_i64(a, header.width) },
			    { "height", json_new_i64(a, header.height) }, { "etag", json_new_string(a, image.etag) },
			    { "version_id", json_new_string(a, image.version_id.n > 0 ? image.version_id : STR("")) });
	return 0;
}
