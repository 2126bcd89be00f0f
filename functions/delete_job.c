/* SPDX-License-Identifier: Apache-2.0
 *
 * DELETE /jobs/{job_id}: the record and every version of its objects.
 *
 * A job in processing is refused: its execution would write on. A job that waits for its upload loses its record first, so that
 * no upload can be claimed while its object goes; a job that has ended loses its objects first, so that a failure in between
 * leaves a record with which to try again.
 */
#include "aws/s3.h"
#include "http_api.h"
#include "item.h"
#include "job.h"

enum { ROUNDS_MAX = 10 };

static int in_progress(struct error *err)
{
	return function_refuse(err, 409, "JobInProgress", "The job is being processed; delete it when it has ended.");
}

/* Each round deletes a page; the list shrinks, so the first page is always the next. */
static int delete_versions(struct function_context *c, struct str bucket, struct str key, struct error *err)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		struct s3_version *versions = NULL;
		size_t count = 0, deleted = 0;
		int rc = aws_s3_list_versions(c->aws, c->arena, bucket, key, &versions, &count, err);
		for (size_t i = 0; rc == 0 && i < count; i++) {
			struct s3_object_id id = { bucket, versions[i].key, versions[i].version_id };
			if (!str_eq(id.key, key))
				continue;
			rc = aws_s3_delete_object(c->aws, c->arena, &id, err);
			deleted++;
		}
		if (rc || deleted == 0)
			return rc;
	}
	return 0;
}

static int delete_objects(struct function_context *c, const struct json *item, struct error *err)
{
	static const char *const suffixes[] = { "png", "txt", "json" };
	struct str id = item_s(item, "job_id");

	int rc = delete_versions(c, item_s(item, "image_bucket"), item_s(item, "image_key"), err);
	for (size_t i = 0; rc == 0 && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		rc = delete_versions(c, c->settings->processed_bucket, job_result_key(c->arena, id, suffixes[i]), err);
	return rc;
}

static int delete_item(struct function_context *c, struct str key, struct str status, struct error *err)
{
	struct arena *a = c->arena;
	const struct json *reply;
	bool conditional = str_is_set(status);
	const struct json *input = object_of(
		a, { "TableName", json_new_string(a, c->settings->jobs_table) }, { "Key", job_key(a, key) },
		{ "ConditionExpression", conditional ? text_of(a, "attribute_not_exists(job_id) OR #status = :status") : NULL },
		{ "ExpressionAttributeNames", conditional ? object_of(a, { "#status", text_of(a, "status") }) : NULL },
		{ "ExpressionAttributeValues", conditional ? object_of(a, { ":status", attr_s(a, status) }) : NULL });

	return aws_call(c->aws, a, AWS_DYNAMODB, "DeleteItem", input, &reply, err);
}

/* The record, on the condition that it is as it was read, and the item of its Idempotency-Key. */
static int delete_record(struct function_context *c, const struct json *item, struct error *err)
{
	struct str key = item_s(item, "idempotency_key");
	struct error failure = { 0 };

	int rc = delete_item(c, item_s(item, "job_id"), item_s(item, "status"), &failure);
	if (rc && job_condition_failed(&failure))
		return in_progress(err);
	if (rc) {
		*err = failure;
		return rc;
	}
	return str_is_set(key) ? delete_item(c, key, STR_NULL, err) : 0;
}

int delete_job(struct function_context *c, const struct json *event, const struct json **result, struct error *err)
{
	const struct json *item = NULL;
	struct str owner;

	int rc = api_owner(c, event, &owner, err);
	if (rc == 0)
		rc = job_read(c, api_path(event, "job_id"), owner, &item, err);
	if (rc)
		return rc;
	struct str status = item_s(item, "status");
	if (str_eq_c(status, JOB_PROCESSING))
		return in_progress(err);
	bool record_first = str_eq_c(status, JOB_UPLOAD_PENDING);
	rc = record_first ? delete_record(c, item, err) : delete_objects(c, item, err);
	if (rc == 0)
		rc = record_first ? delete_objects(c, item, err) : delete_record(c, item, err);
	if (rc == 0)
		*result = api_answer(c, 204, NULL);
	return rc;
}
