/* SPDX-License-Identifier: Apache-2.0
 *
 * The service: its operations, its life.
 */
#include "service/dynamodb/dynamodb.h"

#include "service/dynamodb/fields.h"
#include "service/dynamodb/maintain.h"
#include "service/dynamodb/operations.h"

const char *const metrics_values[] = { "SIZE", "NONE", NULL };

bool table_name_is_valid(struct str text)
{
	text = table_name_of(text);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
		if (!fits)
			return false;
	}
	return true;
}

/* ---- resources ---- */

struct str resource_of_table(struct call *call)
{
	struct str name = json_get_text(call->parameters, STR("TableName"));

	return table_arn(call->host, &call->arena, table_name_of(name));
}

struct str resource_of_index(struct call *call)
{
	struct str index = json_get_text(call->parameters, STR("IndexName")), table = resource_of_table(call);

	return index.p ? arena_printf(&call->arena, STR_FMT "/index/" STR_FMT, STR_ARG(table), STR_ARG(index)) : table;
}

static struct str first_transaction_table(const struct json *items)
{
	const struct json *action = json_at(items, 0);

	return action && action->type == JSON_OBJECT && action->count > 0
		       ? json_get_text(action->members[0].value, STR("TableName")) : STR_NULL;
}

struct str resource_of_batch(struct call *call)
{
	const struct json *requests = json_get_c(call->parameters, "RequestItems");
	struct str name = json_is(requests, JSON_OBJECT) && requests->count > 0
				  ? requests->members[0].name : first_transaction_table(json_get_c(call->parameters, "TransactItems"));

	return name.p ? table_arn(call->host, &call->arena, table_name_of(name)) : STR_NULL;
}

struct str resource_of_arn(struct call *call)
{
	return json_get_text(call->parameters, STR("ResourceArn"));
}

/* ---- operations ---- */

#define PLAIN(text, how, function)                                                                                   \
	.name = text, .kind = OPERATION_##how, .run = function##_run, .input = function##_fields, .input_size = INPUT_SIZE
#define PREPARED(text, how, function) PLAIN(text, how, function), .prepare = function##_prepare

static const struct operation operations[] = {
	{ PREPARED("BatchGetItem", READ, batch_get_item), .resource = resource_of_batch },
	{ PREPARED("BatchWriteItem", WRITE, batch_write_item), .resource = resource_of_batch },
	{ PREPARED("CreateTable", ASYNC, create_table), .resource = resource_of_table },
	{ PREPARED("DeleteItem", WRITE, delete_item), .resource = resource_of_table },
	{ PLAIN("DeleteTable", WRITE, delete_table), .resource = resource_of_table },
	{ PLAIN("DescribeContinuousBackups", READ, describe_continuous_backups), .resource = resource_of_table },
	{ PLAIN("DescribeContributorInsights", READ, describe_contributor_insights), .resource = resource_of_table },
	{ PLAIN("DescribeEndpoints", READ, describe_endpoints) },
	{ PLAIN("DescribeLimits", READ, describe_limits) },
	{ PLAIN("DescribeTable", READ, describe_table), .resource = resource_of_table },
	{ PLAIN("DescribeTimeToLive", READ, describe_time_to_live), .resource = resource_of_table },
	{ PREPARED("GetItem", READ, get_item), .resource = resource_of_table },
	{ PLAIN("ListTables", READ, list_tables) },
	{ PLAIN("ListTagsOfResource", READ, list_tags_of_resource), .resource = resource_of_arn },
	{ PREPARED("PutItem", WRITE, put_item), .resource = resource_of_table },
	{ PREPARED("Query", READ, query), .resource = resource_of_index },
	{ PREPARED("Scan", READ, scan), .resource = resource_of_index },
	{ PLAIN("TagResource", WRITE, tag_resource), .resource = resource_of_arn },
	{ PREPARED("TransactGetItems", READ, transact_get_items), .resource = resource_of_batch },
	{ PREPARED("TransactWriteItems", WRITE, transact_write_items), .resource = resource_of_batch },
	{ PLAIN("UntagResource", WRITE, untag_resource), .resource = resource_of_arn },
	{ PLAIN("UpdateContinuousBackups", WRITE, update_continuous_backups), .resource = resource_of_table },
	{ PLAIN("UpdateContributorInsights", WRITE, update_contributor_insights), .resource = resource_of_table },
	{ PREPARED("UpdateItem", WRITE, update_item), .resource = resource_of_table },
	{ PREPARED("UpdateTable", ASYNC, update_table), .resource = resource_of_table },
	{ PLAIN("UpdateTimeToLive", WRITE, update_time_to_live), .resource = resource_of_table },
	{ .name = NULL },
};

/* ---- life ---- */

static void close_service(void *state)
{
	struct dynamodb *d = state;

	maintenance_free(d);
	tables_close(d);
	free(d);
}

static int open_service(struct host *host, void **state, struct error *err)
{
	struct dynamodb *d = calloc(1, sizeof(*d));

	if (!d)
		return error_set(err, ERR_NO_MEMORY, "dynamodb: out of memory");
	d->host = host;
	atomic_init(&d->unconfirmed, 0);
	int rc = tables_open(d, err);
	if (rc == 0)
		rc = maintenance_new(d, err);
	if (rc < 0) {
		close_service(d);
		return rc;
	}
	*state = d;
	return 0;
}

static int start_service(void *state, struct error *err)
{
	return maintenance_start(state, err);
}

static void stop_service(void *state)
{
	maintenance_stop(state);
}

const struct service service_dynamodb = {
	.name = "dynamodb",
	.protocol = PROTOCOL_JSON,
	.target_prefix = "DynamoDB_20120810",
	.json_version = "1.0",
	.error_prefix = "com.amazonaws.dynamodb.v20120810#",
	.validation = &dynamodb_ValidationException,
	.operations = operations,
	.open = open_service,
	.start = start_service,
	.stop = stop_service,
	.close = close_service,
	.refuse = dynamodb_refuse,
};
