/* SPDX-License-Identifier: Apache-2.0 */
#include "job_age.h"

#include "format/date.h"
#include "item.h"
#include "job.h"

static int oldest(struct function_context *c, const char *status, int64_t *created_ms, struct error *err)
{
	struct arena *a = c->arena;
	const struct json *reply = NULL, *items;
	const struct json *input =
		object_of(a, { "TableName", json_new_string(a, c->settings->jobs_table) }, { "IndexName", text_of(a, JOB_INDEX) },
			  { "KeyConditionExpression", text_of(a, "#status = :status") },
			  { "ExpressionAttributeNames", object_of(a, { "#status", text_of(a, "status") }) },
			  { "ExpressionAttributeValues", object_of(a, { ":status", attr_c(a, status) }) },
			  { "ProjectionExpression", text_of(a, "created_at") }, { "Limit", json_new_i64(a, 1) });

	int rc = aws_call(c->aws, a, AWS_DYNAMODB, "Query", input, &reply, err);
	if (rc)
		return rc;
	items = json_get_c(reply, "Items");
	if (json_is(items, JSON_ARRAY) && items->count && date_parse_iso(item_s(items->items[0], "created_at"), created_ms))
		return error_set(err, ERR_CORRUPT, "a job in %s has no time of creation", status);
	return 0;
}

int job_oldest_age(struct function_context *c, int64_t *seconds, struct error *err)
{
	static const char *const unfinished[] = { JOB_UPLOAD_PENDING, JOB_PROCESSING };
	int64_t first_ms = c->now_ms;

	for (size_t i = 0; i < sizeof(unfinished) / sizeof(unfinished[0]); i++) {
		int64_t created_ms = c->now_ms;
		int rc = oldest(c, unfinished[i], &created_ms, err);
		if (rc)
			return rc;
		if (created_ms < first_ms)
			first_ms = created_ms;
	}
	*seconds = (c->now_ms - first_ms) / 1000;
	return 0;
}

static const struct json *array_of(struct arena *a, const struct json *item)
{
	struct json *array = json_new_array(a);

	json_add(a, array, item);
	return array;
}

void job_print_age(struct function_context *c, int64_t seconds)
{
	struct arena *a = c->arena;
	const struct json *metric =
		object_of(a, { "Name", text_of(a, "OldestUnfinishedJobAge") }, { "Unit", text_of(a, "Seconds") });
	const struct json *directive = object_of(a, { "Namespace", text_of(a, "Gleaner") },
						 { "Dimensions", array_of(a, array_of(a, text_of(a, "JobsTable"))) },
						 { "Metrics", array_of(a, metric) });
	const struct json *metadata =
		object_of(a, { "Timestamp", json_new_i64(a, c->now_ms) }, { "CloudWatchMetrics", array_of(a, directive) });

	c->print(json_to_str(a, object_of(a, { "_aws", metadata }, { "JobsTable", json_new_string(a, c->settings->jobs_table) },
					  { "OldestUnfinishedJobAge", json_new_i64(a, seconds) })));
}
