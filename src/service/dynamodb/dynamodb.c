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
		bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
			    c == '-';
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

/* Batches and transactions touch several tables: leave is needed for each. */

static struct permission permission_on(struct call *call, const char *action, struct str table)
{
	return (struct permission){ str_c(action), table_arn(call->host, &call->arena, table_name_of(table)) };
}

static size_t permissions_of_batch(struct call *call, const struct permission **list)
{
	const struct json *requests = json_get_c(call->parameters, "RequestItems");
	bool reads = str_eq(str_c(call->operation->name), STR("BatchGetItem"));
	struct permission *out = arena_alloc_array(&call->arena, requests->count + 1, sizeof(*out));

	if (!out)
		return 0;
	for (size_t i = 0; i < requests->count; i++)
		out[i] = permission_on(call, reads ? "dynamodb:BatchGetItem" : "dynamodb:BatchWriteItem",
				       requests->members[i].name);
	*list = out;
	return requests->count;
}

static const char *action_of_member(struct str name)
{
	static const char *const actions[][2] = { { "Put", "dynamodb:PutItem" },
						  { "Update", "dynamodb:UpdateItem" },
						  { "Delete", "dynamodb:DeleteItem" },
						  { "ConditionCheck", "dynamodb:ConditionCheckItem" },
						  { "Get", "dynamodb:GetItem" } };

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (str_eq_c(name, actions[i][0]))
			return actions[i][1];
	}
	return "dynamodb:TransactWriteItems";
}

static size_t permissions_of_transaction(struct call *call, const struct permission **list)
{
	const struct json *items = json_get_c(call->parameters, "TransactItems");
	struct permission *out = arena_alloc_array(&call->arena, items->count + 1, sizeof(*out));

	if (!out)
		return 0;
	for (size_t i = 0; i < items->count; i++) {
		const struct json_member *action = &items->items[i]->members[0];
		out[i] = permission_on(call, action_of_member(action->name), json_get_text(action->value, STR("TableName")));
	}
	*list = out;
	return items->count;
}

struct str resource_of_arn(struct call *call)
{
	return json_get_text(call->parameters, STR("ResourceArn"));
}

/* ---- operations ---- */

#define PLAIN(text, how, function)                                                                                               \
	.name = text, .kind = OPERATION_##how, .run = function##_run, .input = function##_fields, .input_size = INPUT_SIZE
#define PREPARED(text, how, function) PLAIN(text, how, function), .prepare = function##_prepare

static const struct operation operations[] = {
	{ PREPARED("BatchGetItem", READ, batch_get_item), .permissions = permissions_of_batch },
	{ PREPARED("BatchWriteItem", WRITE, batch_write_item), .permissions = permissions_of_batch },
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
	{ PREPARED("TransactGetItems", READ, transact_get_items), .permissions = permissions_of_transaction },
	{ PREPARED("TransactWriteItems", WRITE, transact_write_items), .permissions = permissions_of_transaction },
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
	.condition_list = dynamodb_condition_list,
};
