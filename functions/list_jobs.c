/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /jobs?status=&limit=&cursor=: one status, newest first. The cursor is the base64url form of where the query stopped;
 * clients take it as it is, and it is checked when it comes back.
 */
#include "base/encode.h"
#include "base/uuid.h"
#include "format/date.h"
#include "http_api.h"
#include "item.h"
#include "job.h"

enum {
	LIMIT_DEFAULT = 20,
	LIMIT_MAX = 100,
	QUERIES_MAX = 10, /* with many owners a page may need several queries; a short page still has its cursor */
	CURSOR_MAX = 1024,
};

struct list_request {
	struct str status, owner;
	int64_t limit;
	const struct json *start; /* ExclusiveStartKey; NULL: from the beginning */
};

static int refuse(struct error *err, const char *message)
{
	return function_refuse(err, 400, "InvalidRequest", "%s", message);
}

static const struct json *start_key(struct arena *a, struct str status, struct str job_id, struct str created_at)
{
	return object_of(a, { "job_id", attr_s(a, job_id) }, { "status", attr_s(a, status) },
			 { "created_at", attr_s(a, created_at) });
}

static struct str write_cursor(struct arena *a, const struct json *last)
{
	struct json *parts = json_new_array(a);

	json_add(a, parts, json_new_string(a, item_s(last, "status")));
	json_add(a, parts, json_new_string(a, item_s(last, "created_at")));
	json_add(a, parts, json_new_string(a, item_s(last, "job_id")));
	struct str text = json_to_str(a, parts);
	return base64url_encode(a, text.p, text.n);
}

static int read_cursor(struct arena *a, struct str cursor, struct list_request *request, struct error *err)
{
	const struct json *parts = NULL;
	struct str text;
	int64_t ms;

	if (!str_is_set(cursor))
		return 0;
	if (cursor.n > CURSOR_MAX || base64url_decode(a, cursor, &text) || json_parse(a, text, &parts, NULL) ||
	    !json_is(parts, JSON_ARRAY) || parts->count != 3)
		return refuse(err, "cursor is not one that this list gave.");
	struct str status = json_text(json_at(parts, 0)), created_at = json_text(json_at(parts, 1)),
		   id = json_text(json_at(parts, 2));
	if (!str_eq(status, request->status) || !uuid_is_valid(id) || date_parse_iso(created_at, &ms))
		return refuse(err, "cursor is not one that this list gave.");
	request->start = start_key(a, status, id, created_at);
	return 0;
}

static int read_request(struct function_context *c, const struct json *event, struct list_request *request, struct error *err)
{
	struct str limit = api_query(event, "limit");

	*request = (struct list_request){ .status = api_query(event, "status"), .limit = LIMIT_DEFAULT };
	if (!job_status_is_valid(request->status))
		return refuse(err, "status must be one of upload_pending, processing, succeeded, failed and expired.");
	if (str_is_set(limit) && (str_to_i64(limit, &request->limit) || request->limit < 1 || request->limit > LIMIT_MAX))
		return refuse(err, "limit must be a whole number from 1 to 100.");
	int rc = api_owner(c, event, &request->owner, err);
	return rc ? rc : read_cursor(c->arena, api_query(event, "cursor"), request, err);
}

static int query(struct function_context *c, const struct list_request *request, int64_t limit, const struct json **reply,
		 struct error *err)
{
	struct arena *a = c->arena;
	bool owned = str_is_set(request->owner);
	const struct json *input =
		object_of(a, { "TableName", json_new_string(a, c->settings->jobs_table) }, { "IndexName", text_of(a, JOB_INDEX) },
			  { "KeyConditionExpression", text_of(a, "#status = :status") },
			  { "FilterExpression", owned ? text_of(a, "#owner = :owner") : NULL },
			  { "ExpressionAttributeNames",
			    object_of(a, { "#status", text_of(a, "status") }, { "#owner", owned ? text_of(a, "owner") : NULL }) },
			  { "ExpressionAttributeValues",
			    object_of(a, { ":status", attr_s(a, request->status) }, { ":owner", attr_s(a, request->owner) }) },
			  { "ScanIndexForward", json_new_bool(false) }, { "Limit", json_new_i64(a, limit) },
			  { "ExclusiveStartKey", request->start });

	return aws_call(c->aws, a, AWS_DYNAMODB, "Query", input, reply, err);
}

int list_jobs(struct function_context *c, const struct json *event, const struct json **result, struct error *err)
{
	struct arena *a = c->arena;
	struct json *jobs = json_new_array(a);
	struct list_request request;

	int rc = read_request(c, event, &request, err);
	if (rc)
		return rc;
	for (int i = 0; i < QUERIES_MAX && jobs && jobs->count < (size_t)request.limit; i++) {
		const struct json *reply = NULL;
		rc = query(c, &request, request.limit - (int64_t)jobs->count, &reply, err);
		if (rc)
			return rc;
		const struct json *items = json_get_c(reply, "Items");
		for (size_t j = 0; json_is(items, JSON_ARRAY) && j < items->count; j++)
			json_add(a, jobs, job_view(a, items->items[j]));
		request.start = json_get_c(reply, "LastEvaluatedKey");
		if (request.start == NULL)
			break;
	}
	struct str cursor = request.start ? write_cursor(a, request.start) : STR_NULL;
	*result = api_answer(
		c, 200, object_of(a, { "jobs", jobs }, { "cursor", str_is_set(cursor) ? json_new_string(a, cursor) : NULL }));
	return 0;
}
