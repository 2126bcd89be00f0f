/* SPDX-License-Identifier: Apache-2.0 */
#include "source_image.h"

#include "aws/s3.h"

int source_image_read(const struct json *value, struct source_image *out, struct error *err)
{
	struct source_image image = {
		.bucket = json_get_text(value, STR("bucket")),
		.key = json_get_text(value, STR("key")),
		.etag = json_get_text(value, STR("etag")),
		.version_id = json_get_text(value, STR("version_id")),
	};

	if (image.bucket.n == 0 || image.key.n == 0 || json_to_i64(json_get_c(value, "bytes"), &image.bytes) ||
	    json_to_i64(json_get_c(value, "width"), &image.width) || json_to_i64(json_get_c(value, "height"), &image.height))
		return error_set(err, ERR_CORRUPT, "the event does not describe an image");
	*out = image;
	return 0;
}

static int mismatch(struct error *err)
{
	return function_refuse(err, 0, "UploadMismatch",
			       "The object is not the one that was announced: it was replaced or removed.");
}

static int get(struct function_context *c, const struct source_image *image, struct s3_get *get_object, struct str *bytes,
	       struct error *err)
{
	struct s3_object object;
	struct error failure = { 0 };

	get_object->id = (struct s3_object_id){ image->bucket, image->key, image->version_id };
	if (image->etag.n > 0)
		get_object->if_match = arena_printf(c->arena, "\"" STR_FMT "\"", STR_ARG(image->etag));
	int rc = aws_s3_get_object(c->aws, c->arena, get_object, &object, &failure);
	if (rc == ERR_SERVICE && (failure.status == 412 || failure.status == 404 || failure.status == 416))
		return mismatch(err);
	if (rc == ERR_LIMIT || (rc == 0 && object.size != (uint64_t)image->bytes))
		return mismatch(err);
	if (rc) {
		*err = failure;
		return rc;
	}
	*bytes = object.body;
	return 0;
}

int source_image_range(struct function_context *c, const struct source_image *image, uint64_t first, uint64_t last,
		       struct str *bytes, struct error *err)
{
	struct s3_get range = { .ranged = true, .first = first, .last = last, .max = (size_t)(last - first + 1) };
	return get(c, image, &range, bytes, err);
}

int source_image_bytes(struct function_context *c, const struct source_image *image, struct str *bytes, struct error *err)
{
	struct s3_get whole = { .max = (size_t)image->bytes };
	return get(c, image, &whole, bytes, err);
}
