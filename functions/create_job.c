/* SPDX-License-Identifier: Apache-2.0
 *
 * POST /jobs: writes the record, then signs the upload. The URL is never stored or logged: a repeated request with the same
 * Idempotency-Key gets it signed anew.
 */
#include "aws/s3.h"
#include "base/encode.h"
#include "base/limits.h"
#include "format/date.h"
#include "http_api.h"
#include "item.h"
#include "job.h"

enum { KEY_MAX = 255, KEY_SECONDS = 24 * 60 * 60, DAY_SECONDS = 24 * 60 * 60, UPLOAD_HEADERS_MAX = 4 };

struct new_job {
	struct str owner;           /* absent: nobody's */
	struct str idempotency_key; /* the key of the Idempotency-Key's own item; absent: none was sent */
	struct str body_hash;
	int64_t content_length; /* 0: not given */
	struct str checksum;    /* absent: not given */
	struct str id;
	struct str created_at;
};

static int refuse(struct error *err, const char *message)
{
	return function_refuse(err, 400, "InvalidRequest", "%s", message);
}

static int read_member(struct function_context *c, const struct json_member *m, struct new_job *job, struct error *err)
{
	struct str bytes;

	if (str_eq(m->name, STR("content_length"))) {
		if (json_to_i64(m->value, &job->content_length) || job->content_length < 1)
			return refuse(err, "content_length must be a whole number above 0.");
		if ((uint64_t)job->content_length > LIMIT_IMAGE_BYTES)
			return refuse(err, "content_length must be at most 15728640 (15 MiB).");
		return 0;
	}
	if (str_eq(m->name, STR("checksum_sha256"))) {
		job->checksum = json_text(m->value);
		if (base64_decode(c->arena, job->checksum, &bytes) || bytes.n != SHA256_SIZE)
			return refuse(err, "checksum_sha256 must be the base64 form of 32 bytes.");
		return 0;
	}
	return function_refuse(err, 400, "InvalidRequest", "The body has a member that is not known: " STR_FMT ".",
			       STR_ARG(str_sub(m->name, 0, 100)));
}

static struct str hash_of(struct arena *a, struct str text)
{
	uint8_t digest[SHA256_SIZE];

	sha256(text.p, text.n, digest);
	return hex_str(a, digest, sizeof(digest));
}

static int read_key(struct function_context *c, const struct json *event, struct new_job *job, struct error *err)
{
	struct arena *a = c->arena;
	struct str key = api_header(event, "idempotency-key");

	if (!str_is_set(key))
		return 0;
	if (key.n == 0 || key.n > KEY_MAX)
		return refuse(err, "Idempotency-Key must have 1 to 255 characters.");
	struct str scoped = arena_printf(a, STR_FMT "\n" STR_FMT, STR_ARG(api_caller(c, event)), STR_ARG(key));
	job->idempotency_key = arena_concat(a, STR("idempotency#"), hash_of(a, scoped));
	return 0;
}

static int read_request(struct function_context *c, const struct json *event, struct new_job *job, struct error *err)
{
	const struct json *body;

	*job = (struct new_job){ .id = c->fresh_id, .created_at = job_time(c->arena, c->now_ms) };
	int rc = api_owner(c, event, &job->owner, err);
	if (rc == 0)
		rc = api_body(c, event, &body, err);
	for (size_t i = 0; rc == 0 && i < body->count; i++)
		rc = read_member(c, &body->members[i], job, err);
	if (rc == 0 && c->settings->content_length_required && job->content_length == 0)
		rc = refuse(err, "content_length is required.");
	if (rc)
		return rc;
	/* By meaning, not by spelling: the same request written with other blanks is the same request. */
	job->body_hash = hash_of(
		c->arena, arena_printf(c->arena, "%lld\n" STR_FMT, (long long)job->content_length, STR_ARG(job->checksum)));
	return read_key(c, event, job, err);
}

static int put_new(struct function_context *c, const struct json *item, const char *condition, const struct json *values,
		   struct error *err)
{
	struct arena *a = c->arena;
	const struct json *reply;
	const struct json *input =
		object_of(a, { "TableName", json_new_string(a, c->settings->jobs_table) }, { "Item", item },
			  { "ConditionExpression", text_of(a, condition) }, { "ExpressionAttributeValues", values });

	return aws_call(c->aws, a, AWS_DYNAMODB, "PutItem", input, &reply, err);
}

static int get_key_item(struct function_context *c, struct str key, const struct json **item, struct error *err)
{
	struct arena *a = c->arena;
	const struct json *reply;
	const struct json *input = object_of(a, { "TableName", json_new_string(a, c->settings->jobs_table) },
					     { "Key", job_key(a, key) }, { "ConsistentRead", json_new_bool(true) });

	int rc = aws_call(c->aws, a, AWS_DYNAMODB, "GetItem", input, &reply, err);
	if (rc == 0)
		*item = json_get_c(reply, "Item");
	return rc;
}

/* Takes the Idempotency-Key for this job, or learns which job has it. The time to live only cleans up: what counts is the
 * condition. Our own write, repeated after a lost reply, finds its own item and goes on with it. */
static int reserve_key(struct function_context *c, struct new_job *job, struct error *err)
{
	struct arena *a = c->arena;
	struct error failure = { 0 };
	const struct json *item = NULL;
	int64_t now = c->now_ms / 1000;
	const struct json *mine =
		object_of(a, { "job_id", attr_s(a, job->idempotency_key) }, { "target_job_id", attr_s(a, job->id) },
			  { "body_hash", attr_s(a, job->body_hash) }, { "created_at", attr_s(a, job->created_at) },
			  { "expires_at", attr_i64(a, now + KEY_SECONDS) });

	int rc = put_new(c, mine, "attribute_not_exists(job_id) OR expires_at < :now", object_of(a, { ":now", attr_i64(a, now) }),
			 &failure);
	if (rc == 0)
		return 0;
	if (!job_condition_failed(&failure)) {
		*err = failure;
		return rc;
	}
	rc = get_key_item(c, job->idempotency_key, &item, err);
	if (rc)
		return rc;
	if (item == NULL)
		return error_set(err, ERR_UNAVAILABLE, "the Idempotency-Key's item was removed meanwhile");
	if (!str_eq(item_s(item, "body_hash"), job->body_hash))
		return function_refuse(err, 409, "IdempotencyKeyReused", "This Idempotency-Key came before with another body.");
	job->id = item_s(item, "target_job_id");
	job->created_at = item_s(item, "created_at");
	return 0;
}

static const struct json *record_of(struct function_context *c, const struct new_job *job, int64_t created_ms)
{
	struct arena *a = c->arena;
	const struct function_settings *s = c->settings;

	return object_of(a, { "job_id", attr_s(a, job->id) }, { "status", attr_c(a, JOB_UPLOAD_PENDING) },
			 { "image_bucket", attr_s(a, s->source_bucket) }, { "image_key", attr_s(a, job_image_key(a, job->id)) },
			 { "created_at", attr_s(a, job->created_at) }, { "updated_at", attr_s(a, job->created_at) },
			 { "upload_expires_at", attr_s(a, job_time(a, created_ms + s->upload_seconds * 1000)) },
			 { "expires_at", attr_i64(a, created_ms / 1000 + s->record_days * DAY_SECONDS) },
			 { "owner", attr_s(a, job->owner) }, { "idempotency_key", attr_s(a, job->idempotency_key) });
}

/* Writes the record, or reads the one that an earlier request with the same key has written. */
static int ensure_record(struct function_context *c, const struct new_job *job, const struct json **item, struct error *err)
{
	struct error failure = { 0 };
	int64_t created_ms;

	if (date_parse_iso(job->created_at, &created_ms))
		return error_set(err, ERR_CORRUPT, "a record's time cannot be read");
	const struct json *record = record_of(c, job, created_ms);
	int rc = put_new(c, record, "attribute_not_exists(job_id)", NULL, &failure);
	if (rc == 0) {
		*item = record;
		return 0;
	}
	if (job_condition_failed(&failure))
		return job_read(c, job->id, job->owner, item, err);
	*err = failure;
	return rc;
}

static size_t upload_headers(struct function_context *c, const struct new_job *job, struct http_header *headers)
{
	size_t n = 0;

	headers[n++] = (struct http_header){ STR("Content-Type"), STR("image/png") };
	headers[n++] = (struct http_header){ STR("If-None-Match"), STR("*") };
	if (job->content_length > 0)
		headers[n++] = (struct http_header){ STR("Content-Length"),
						     arena_printf(c->arena, "%lld", (long long)job->content_length) };
	if (str_is_set(job->checksum))
		headers[n++] = (struct http_header){ STR("x-amz-checksum-sha256"), job->checksum };
	return n;
}

/* The upload's URL for the time that is left of it; NULL in `out` when none is, or the image is there already. */
static int sign_upload(struct function_context *c, const struct new_job *job, const struct json *item, const struct json **out,
		       struct error *err)
{
	struct arena *a = c->arena;
	struct http_header headers[UPLOAD_HEADERS_MAX];
	struct s3_object_id id = { .bucket = item_s(item, "image_bucket"), .key = item_s(item, "image_key") };
	struct str expires_at = item_s(item, "upload_expires_at"), url;
	int64_t expires_ms = 0;

	*out = NULL;
	if (!str_eq_c(item_s(item, "status"), JOB_UPLOAD_PENDING) || date_parse_iso(expires_at, &expires_ms) ||
	    expires_ms - c->now_ms < 1000)
		return 0;
	size_t n = upload_headers(c, job, headers);
	int rc = s3_presign(c->aws, a, STR("PUT"), &id, headers, n, STR_NULL, c->now_ms, (int)((expires_ms - c->now_ms) / 1000),
			    &url, err);
	if (rc)
		return rc;
	struct json *named = json_new_object(a);
	for (size_t i = 0; i < n; i++)
		json_add_member(a, named, headers[i].name, json_new_string(a, headers[i].value));
	*out = object_of(a, { "method", text_of(a, "PUT") }, { "url", json_new_string(a, url) }, { "headers", named },
			 { "expires_at", json_new_string(a, expires_at) });
	return 0;
}

int create_job(struct function_context *c, const struct json *event, const struct json **result, struct error *err)
{
	struct arena *a = c->arena;
	struct new_job job;
	const struct json *item = NULL, *upload = NULL;

	int rc = read_request(c, event, &job, err);
	if (rc == 0 && str_is_set(job.idempotency_key))
		rc = reserve_key(c, &job, err);
	if (rc == 0)
		rc = ensure_record(c, &job, &item, err);
	if (rc == 0)
		rc = sign_upload(c, &job, item, &upload, err);
	if (rc)
		return rc;
	const struct json *body = object_of(
		a, { "job_id", json_new_string(a, job.id) }, { "image_key", json_new_string(a, item_s(item, "image_key")) },
		{ "status", json_new_string(a, item_s(item, "status")) },
		{ "created_at", json_new_string(a, item_s(item, "created_at")) }, { "upload", upload });
	*result = api_answer(c, 201, body);
	return 0;
}
