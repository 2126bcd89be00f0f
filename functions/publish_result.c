/* SPDX-License-Identifier: Apache-2.0
 *
 * Draws the processed image (re-encoded, so nothing but pixels, transparency and colour space is left of the upload; each line
 * outlined) and records the result while the job is still this execution's.
 *
 * In:  {"job_id","execution_arn","started_at","image":{…},"extracted":{what extract_text gave}}
 * Out: {"processed_key","duration_ms"}
 */
#include "aws/s3.h"
#include "base/limits.h"
#include "detections.h"
#include "format/date.h"
#include "image/convert.h"
#include "image/draw.h"
#include "image/png.h"
#include "item.h"
#include "job.h"
#include "source_image.h"

enum { PROCESSED_MAX = 256 << 20, RESULT_FILE_MAX = 32 << 20 };

static const struct image_colour outline = { 230, 40, 40 };

static int get_result(struct function_context *c, struct str key, struct str *bytes, struct error *err)
{
	struct s3_get get = { .id = { .bucket = c->settings->processed_bucket, .key = key }, .max = RESULT_FILE_MAX };
	struct s3_object object;

	int rc = aws_s3_get_object(c->aws, c->arena, &get, &object, err);
	if (rc == 0)
		*bytes = object.body;
	return rc;
}

/* Thick enough to be seen on a large page that is shown small. */
static float outline_width(const struct image *image)
{
	uint32_t side = image->width > image->height ? image->width : image->height;
	return side > 1500 ? (float)side / 750 : 2;
}

static int draw_lines(struct function_context *c, struct image *image, struct str key, struct error *err)
{
	const struct json *document = NULL;
	struct text_point(*polygons)[4] = NULL;
	struct str bytes;
	size_t count = 0;

	int rc = get_result(c, key, &bytes, err);
	if (rc == 0)
		rc = json_parse(c->arena, bytes, &document, err);
	if (rc == 0)
		rc = detections_polygons(c->arena, document, &polygons, &count, err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct image_point points[4];
		for (int j = 0; j < 4; j++)
			points[j] = (struct image_point){ (float)polygons[i][j].x, (float)polygons[i][j].y };
		image_draw_polygon(image, points, 4, outline_width(image), outline);
	}
	return rc;
}

static int put_image(struct function_context *c, const struct image *image, struct str key, struct error *err)
{
	struct s3_put put = { .id = { .bucket = c->settings->processed_bucket, .key = key }, .content_type = STR("image/png") };
	struct s3_object object;
	struct buf png;

	buf_init(&png, PROCESSED_MAX);
	int rc = png_encode(image, &png, err);
	if (rc == 0) {
		put.body = buf_str(&png);
		rc = aws_s3_put_object(c->aws, c->arena, &put, &object, err);
	}
	buf_release(&png);
	return rc;
}

static int publish_image(struct function_context *c, const struct source_image *source, const struct json *extracted,
			 struct str key, struct error *err)
{
	struct image image = { 0 };
	struct str bytes;

	int rc = source_image_bytes(c, source, &bytes, err);
	if (rc == 0)
		rc = png_decode(bytes, &image_limits_job, IMAGE_AUTO, &image, err);
	if (rc == 0)
		rc = image_make_colour(&image, err);
	if (rc == 0)
		rc = draw_lines(c, &image, json_get_text(extracted, STR("json_key")), err);
	if (rc == 0)
		rc = put_image(c, &image, key, err);
	image_release(&image);
	return rc;
}

static const struct json *attr_number(struct arena *a, const struct json *object, const char *name)
{
	return object_of(a, { "N", json_new_string(a, json_to_str(a, json_get(object, str_c(name)))) });
}

static const struct json *result_attribute(struct function_context *c, const struct json *extracted, struct str key,
					   struct str text, int64_t duration_ms)
{
	struct arena *a = c->arena;
	struct str kept = text_cut(text, LIMIT_RESULT_TEXT);
	const struct json *members = object_of(
		a, { "text", attr_s(a, kept) }, { "text_truncated", attr_bool(a, kept.n < text.n) },
		{ "lines", attr_number(a, extracted, "lines") }, { "words", attr_number(a, extracted, "words") },
		{ "mean_confidence", attr_number(a, extracted, "mean_confidence") },
		{ "calls", attr_number(a, extracted, "calls") }, { "processed_bucket", attr_s(a, c->settings->processed_bucket) },
		{ "processed_key", attr_s(a, key) }, { "text_key", attr_s(a, json_get_text(extracted, STR("text_key"))) },
		{ "json_key", attr_s(a, json_get_text(extracted, STR("json_key"))) },
		{ "duration_ms", attr_i64(a, duration_ms) });

	return attr_m(a, members);
}

static int record(struct function_context *c, const struct json *event, const struct json *value, struct error *err)
{
	struct arena *a = c->arena;
	struct error failure = { 0 };
	const struct json *reply;
	const struct json *input =
		object_of(a, { "TableName", json_new_string(a, c->settings->jobs_table) },
			  { "Key", job_key(a, json_get_text(event, STR("job_id"))) },
			  { "UpdateExpression", text_of(a, "SET #result = :result") },
			  { "ConditionExpression", text_of(a, "#status = :processing AND execution_arn = :execution") },
			  { "ExpressionAttributeNames",
			    object_of(a, { "#status", text_of(a, "status") }, { "#result", text_of(a, "result") }) },
			  { "ExpressionAttributeValues",
			    object_of(a, { ":result", value }, { ":processing", attr_c(a, JOB_PROCESSING) },
				      { ":execution", attr_s(a, json_get_text(event, STR("execution_arn"))) }) });

	int rc = aws_call(c->aws, a, AWS_DYNAMODB, "UpdateItem", input, &reply, &failure);
	if (rc && job_condition_failed(&failure))
		return function_refuse(err, 0, "JobTakenOver", "The job is no longer this execution's.");
	if (rc)
		*err = failure;
	return rc;
}

int publish_result(struct function_context *c, const struct json *event, const struct json **result, struct error *err)
{
	struct arena *a = c->arena;
	const struct json *extracted = json_get_c(event, "extracted");
	struct str key = job_result_key(a, json_get_text(event, STR("job_id")), "png"), text;
	struct source_image source;
	int64_t started_ms;

	if (date_parse_iso(json_get_text(event, STR("started_at")), &started_ms))
		return error_set(err, ERR_CORRUPT, "the event does not say when the execution started");
	int rc = source_image_read(json_get_c(event, "image"), &source, err);
	if (rc == 0)
		rc = publish_image(c, &source, extracted, key, err);
	if (rc == 0)
		rc = get_result(c, json_get_text(extracted, STR("text_key")), &text, err);
	if (rc)
		return rc;
	int64_t duration_ms = c->clock_ms() - started_ms;
	rc = record(c, event, result_attribute(c, extracted, key, text, duration_ms), err);
	if (rc)
		return rc;
	*result = object_of(a, { "processed_key", json_new_string(a, key) }, { "duration_ms", json_new_i64(a, duration_ms) });
	return 0;
}
