/* SPDX-License-Identifier: Apache-2.0
 *
 * No job is stuck. Two events come here:
 *   - an execution ended without success (best effort: EventBridge may lose it): its job, if still processing, has failed;
 *   - every five minutes, the guarantee: a job in processing for longer than an execution may take is settled by what
 *     DescribeExecution says; an upload past its time is looked for: present, its execution is started; absent, it has expired.
 * Everything is conditional and may be done again. One sweep looks at a bounded number of records, oldest first.
 */
#include "aws/s3.h"
#include "base/log.h"
#include "item.h"
#include "job.h"
#include "job_age.h"

enum {
	PAGE_SIZE = 100,
	PAGES_MAX = 20,
	UPLOAD_GRACE_MS = 60 * 1000, /* an upload may begin in the last second of its URL and take a while */
	EXECUTION_GRACE_MS = 60 * 1000,
	SWEEP_MS = 5 * 60 * 1000,
};

struct sweep {
	int64_t looked_at, failed, expired, started;
	struct error first; /* what went wrong with a record; the others are still looked at */
};

/* Conditional update; *changed tells whether the condition held. The conditions also hold for what this very call has written (by
 * its time), so that a retry after a lost reply is no stranger's change, and the event is still published. */
static int update(struct function_context *c, struct str job_id, const char *expression, const char *condition,
		  const struct json *names, const struct json *values, bool *changed, struct error *err)
{
	struct arena *a = c->arena;
	struct error failure = { 0 };
	const struct json *reply;
	const struct json *input =
		object_of(a, { "TableName", json_new_string(a, c->settings->jobs_table) }, { "Key", job_key(a, job_id) },
			  { "UpdateExpression", text_of(a, expression) }, { "ConditionExpression", text_of(a, condition) },
			  { "ExpressionAttributeNames", names }, { "ExpressionAttributeValues", values });

	int rc = aws_call(c->aws, a, AWS_DYNAMODB, "UpdateItem", input, &reply, &failure);
	*changed = rc == 0;
	if (rc == 0 || job_condition_failed(&failure))
		return 0;
	*err = failure;
	return rc;
}

struct outcome {
	const char *status, *code, *message; /* of an execution, and what it means for its job */
};

static const struct outcome *outcome_of(struct str status)
{
	static const struct outcome outcomes[] = {
		{ "TIMED_OUT", "TimedOut", "The work on this image took longer than it may." },
		{ "ABORTED", "Stopped", "The work on this image was stopped." },
		{ "FAILED", "Internal", "An error on our side kept this image from being processed." },
		/* It ended well, yet the job was not completed: nobody else will. */
		{ "SUCCEEDED", "Internal", "An error on our side kept this image from being processed." },
	};

	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (str_eq_c(status, outcomes[i].status))
			return &outcomes[i];
	return NULL;
}

static const struct json *event_detail(struct function_context *c, struct str job_id, const char *status,
				       const struct json *error)
{
	struct arena *a = c->arena;

	return object_of(a, { "job_id", json_new_string(a, job_id) }, { "status", text_of(a, status) },
			 { "image_key", json_new_string(a, job_image_key(a, job_id)) }, { "error", error });
}

/* Fails the job of an execution that has ended; does nothing when the job is no longer this execution's to settle. */
static int fail_job(struct function_context *c, struct str job_id, struct str execution, const struct outcome *outcome,
		    struct sweep *s, struct error *err)
{
	struct arena *a = c->arena;
	bool changed = false;
	const struct json *error =
		object_of(a, { "code", text_of(a, outcome->code) }, { "message", text_of(a, outcome->message) });
	const struct json *names = object_of(a, { "#status", text_of(a, "status") }, { "#error", text_of(a, "error") },
					     { "#result", text_of(a, "result") });
	const struct json *values = object_of(
		a, { ":processing", attr_c(a, JOB_PROCESSING) }, { ":failed", attr_c(a, JOB_FAILED) },
		{ ":execution", attr_s(a, execution) }, { ":now", attr_s(a, job_time(a, c->clock_ms())) },
		{ ":error",
		  attr_m(a, object_of(a, { "code", attr_c(a, outcome->code) }, { "message", attr_c(a, outcome->message) })) });

	int rc = update(c, job_id, "SET #status = :failed, #error = :error, updated_at = :now REMOVE #result",
			"execution_arn = :execution AND (#status = :processing OR (#status = :failed AND updated_at = :now))",
			names, values, &changed, err);
	if (rc || !changed)
		return rc;
	s->failed++;
	log_info("functions", "job failed job_id=" STR_FMT " code=%s execution=%s", STR_ARG(job_id), outcome->code,
		 outcome->status);
	return job_publish_event(c, "Job Failed", event_detail(c, job_id, JOB_FAILED, error), err);
}

static int describe(struct function_context *c, struct str execution, const struct json **out, struct error *err)
{
	const struct json *input = object_of(c->arena, { "executionArn", json_new_string(c->arena, execution) });
	return aws_call(c->aws, c->arena, AWS_STATES, "DescribeExecution", input, out, err);
}

static struct str job_id_of_input(struct arena *a, struct str input)
{
	const struct json *event = NULL;

	if (input.n == 0 || json_parse(a, input, &event, NULL))
		return STR_NULL;
	return job_id_of_key(json_get_text(json_get_c(json_get_c(event, "detail"), "object"), STR("key")));
}

static int settle_execution(struct function_context *c, const struct json *detail, struct sweep *s, struct error *err)
{
	struct str execution = json_get_text(detail, STR("executionArn"));
	const struct outcome *outcome = outcome_of(json_get_text(detail, STR("status")));
	struct str job_id = job_id_of_input(c->arena, json_get_text(detail, STR("input")));

	if (execution.n == 0 || outcome == NULL)
		return error_set(err, ERR_CORRUPT, "the event does not describe an execution that has ended");
	if (!str_is_set(job_id)) { /* a long input is left out of the event */
		const struct json *described = NULL;
		int rc = describe(c, execution, &described, err);
		if (rc)
			return rc;
		job_id = job_id_of_input(c->arena, json_get_text(described, STR("input")));
	}
	s->looked_at++;
	return str_is_set(job_id) ? fail_job(c, job_id, execution, outcome, s, err) : 0;
}

/* A job in processing for longer than its execution may take. */
static int settle_processing(struct function_context *c, const struct json *item, struct sweep *s, struct error *err)
{
	struct str execution = item_s(item, "execution_arn");
	struct error failure = { 0 };
	const struct json *described = NULL;
	struct str status = STR("FAILED"); /* an execution that is not known any more */

	int rc = describe(c, execution, &described, &failure);
	if (rc == 0)
		status = json_get_text(described, STR("status"));
	else if (strcmp(failure.name, "ExecutionDoesNotExist") != 0) {
		*err = failure;
		return rc;
	}
	const struct outcome *outcome = outcome_of(status);
	return outcome ? fail_job(c, item_s(item, "job_id"), execution, outcome, s, err) : 0;
}

static int expire(struct function_context *c, struct str job_id, struct sweep *s, struct error *err)
{
	struct arena *a = c->arena;
	bool changed = false;
	const struct json *values =
		object_of(a, { ":pending", attr_c(a, JOB_UPLOAD_PENDING) }, { ":expired", attr_c(a, JOB_EXPIRED) },
			  { ":now", attr_s(a, job_time(a, c->clock_ms())) });

	int rc = update(c, job_id, "SET #status = :expired, updated_at = :now",
			"#status = :pending OR (#status = :expired AND updated_at = :now)",
			object_of(a, { "#status", text_of(a, "status") }), values, &changed, err);
	if (rc || !changed)
		return rc;
	s->expired++;
	return job_publish_event(c, "Job Expired", event_detail(c, job_id, JOB_EXPIRED, NULL), err);
}

static struct str unquoted(struct str etag)
{
	bool quoted = etag.n >= 2 && str_starts(etag, STR("\"")) && str_ends(etag, STR("\""));
	return quoted ? str_sub(etag, 1, etag.n - 2) : etag;
}

/* The event that never came, for an object that is there. */
static const struct json *upload_event(struct arena *a, const struct s3_object_id *id, const struct s3_object *object)
{
	const struct json *object_json =
		object_of(a, { "key", json_new_string(a, id->key) }, { "size", json_new_i64(a, (int64_t)object->size) },
			  { "etag", json_new_string(a, unquoted(object->etag)) },
			  { "version-id", str_is_set(object->version_id) ? json_new_string(a, object->version_id) : NULL });
	const struct json *detail =
		object_of(a, { "bucket", object_of(a, { "name", json_new_string(a, id->bucket) }) }, { "object", object_json });

	return object_of(a, { "source", text_of(a, "gleaner") }, { "detail-type", text_of(a, "Object Created") },
			 { "detail", detail });
}

/* The name makes a repeated sweep start it once; a later sweep may start it again, which ClaimJob sorts out. */
static int start(struct function_context *c, struct str job_id, const struct json *event, struct sweep *s, struct error *err)
{
	struct arena *a = c->arena;
	struct error failure = { 0 };
	const struct json *reply;
	struct str name = arena_printf(a, "settle-" STR_FMT "-%lld", STR_ARG(job_id), (long long)(c->now_ms / SWEEP_MS));
	const struct json *input =
		object_of(a, { "stateMachineArn", json_new_string(a, c->settings->state_machine_arn) },
			  { "name", json_new_string(a, name) }, { "input", json_new_string(a, json_to_str(a, event)) });

	int rc = aws_call(c->aws, a, AWS_STATES, "StartExecution", input, &reply, &failure);
	if (rc && strcmp(failure.name, "ExecutionAlreadyExists") == 0)
		return 0;
	if (rc)
		*err = failure;
	else
		s->started++;
	return rc;
}

/* An upload whose time is over. */
static int settle_upload(struct function_context *c, const struct json *item, struct sweep *s, struct error *err)
{
	struct s3_object_id id = { .bucket = item_s(item, "image_bucket"), .key = item_s(item, "image_key") };
	struct s3_object object;
	struct error failure = { 0 };

	int rc = aws_s3_head_object(c->aws, c->arena, &id, &object, &failure);
	if (rc == 0)
		return start(c, item_s(item, "job_id"), upload_event(c->arena, &id, &object), s, err);
	if (failure.status == 404)
		return expire(c, item_s(item, "job_id"), s, err);
	*err = failure;
	return error_prefix(err, "the upload " STR_FMT " cannot be looked for", STR_ARG(id.key));
}

typedef int (*settle_fn)(struct function_context *c, const struct json *item, struct sweep *s, struct error *err);

static int query(struct function_context *c, const char *status, const char *attribute, int64_t before_ms,
		 const struct json *start_key, const struct json **reply, struct error *err)
{
	struct arena *a = c->arena;
	const struct json *input =
		object_of(a, { "TableName", json_new_string(a, c->settings->jobs_table) }, { "IndexName", text_of(a, JOB_INDEX) },
			  { "KeyConditionExpression", text_of(a, "#status = :status") },
			  { "FilterExpression", text_of(a, "#when <= :before") },
			  { "ExpressionAttributeNames",
			    object_of(a, { "#status", text_of(a, "status") }, { "#when", text_of(a, attribute) }) },
			  { "ExpressionAttributeValues",
			    object_of(a, { ":status", attr_c(a, status) }, { ":before", attr_s(a, job_time(a, before_ms)) }) },
			  { "Limit", json_new_i64(a, PAGE_SIZE) }, { "ExclusiveStartKey", start_key });

	return aws_call(c->aws, a, AWS_DYNAMODB, "Query", input, reply, err);
}

/* One bad record must not keep the others waiting, but a lack of time ends the sweep. */
static int settle_items(struct function_context *c, const struct json *items, settle_fn settle, struct sweep *s,
			struct error *err)
{
	for (size_t i = 0; json_is(items, JSON_ARRAY) && i < items->count; i++) {
		struct error failure = { 0 };
		s->looked_at++;
		int rc = settle(c, items->items[i], s, &failure);
		if (rc == ERR_TIMEOUT || rc == ERR_NO_MEMORY) {
			*err = failure;
			return rc;
		}
		if (rc && s->first.code == 0)
			s->first = failure;
	}
	return 0;
}

static int sweep_status(struct function_context *c, const char *status, const char *attribute, int64_t before_ms,
			settle_fn settle, struct sweep *s, struct error *err)
{
	const struct json *start_key = NULL;

	for (int page = 0; page < PAGES_MAX; page++) {
		const struct json *reply = NULL;
		int rc = query(c, status, attribute, before_ms, start_key, &reply, err);
		if (rc == 0)
			rc = settle_items(c, json_get_c(reply, "Items"), settle, s, err);
		if (rc)
			return rc;
		start_key = json_get_c(reply, "LastEvaluatedKey");
		if (start_key == NULL)
			break;
	}
	return 0;
}

static int sweep_all(struct function_context *c, struct sweep *s, struct error *err)
{
	int64_t claimed_before = c->now_ms - c->settings->execution_seconds * 1000 - EXECUTION_GRACE_MS;

	int rc = sweep_status(c, JOB_UPLOAD_PENDING, "upload_expires_at", c->now_ms - UPLOAD_GRACE_MS, settle_upload, s, err);
	return rc ? rc : sweep_status(c, JOB_PROCESSING, "updated_at", claimed_before, settle_processing, s, err);
}

/* What a sweep leaves unfinished is measured even when it fails: that is when somebody should look. */
static int sweep_and_measure(struct function_context *c, struct sweep *s, struct error *err)
{
	struct error failure = { 0 };
	int64_t age_s = 0;

	int rc = sweep_all(c, s, err);
	int measured = job_oldest_age(c, &age_s, &failure);
	if (measured == 0)
		job_print_age(c, age_s);
	else if (rc == 0)
		*err = failure;
	return rc ? rc : measured;
}

int settle_job(struct function_context *c, const struct json *event, const struct json **result, struct error *err)
{
	struct arena *a = c->arena;
	struct sweep s = { 0 };
	bool one = str_eq(json_get_text(event, STR("detail-type")), STR("Step Functions Execution Status Change"));

	int rc = one ? settle_execution(c, json_get_c(event, "detail"), &s, err) : sweep_and_measure(c, &s, err);
	if (rc == 0 && s.first.code != 0) {
		*err = s.first;
		rc = s.first.code;
	}
	if (rc)
		return rc;
	*result = object_of(a, { "looked_at", json_new_i64(a, s.looked_at) }, { "failed", json_new_i64(a, s.failed) },
			    { "expired", json_new_i64(a, s.expired) }, { "started", json_new_i64(a, s.started) });
	return 0;
}
