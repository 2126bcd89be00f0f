/* SPDX-License-Identifier: Apache-2.0
 *
 * CreateTable, DescribeTable, DeleteTable and ListTables. Tables are ACTIVE at once; rows of a deleted one are removed later.
 */
#include "os/clock.h"
#include "os/random.h"
#include "service/dynamodb/definition.h"
#include "service/dynamodb/fields.h"
#include "service/dynamodb/maintain.h"
#include "service/dynamodb/operations.h"
#include "service/dynamodb/sse.h"
#include "service/tags.h"

/* ---- CreateTable ---- */

struct create_table_input {
	struct str table_name, billing_mode, table_class;
	const struct json *attributes, *keys, *local, *global, *tags;
	struct shape checked;
	struct opt_bool protection;
};

const struct bind create_table_fields[] = {
	BIND_LIST(struct create_table_input, attributes, "AttributeDefinitions", .required = true,
		  .fields = attribute_definition_shape),
	FIELD_TABLE_NAME(struct create_table_input, TABLE_NAME_MIN),
	BIND_LIST(struct create_table_input, keys, "KeySchema", .required = true, .min = 1, .max = 2, .fields = key_schema_shape),
	BIND_LIST(struct create_table_input, local, "LocalSecondaryIndexes", .fields = local_index_shape),
	BIND_LIST(struct create_table_input, global, "GlobalSecondaryIndexes", .fields = global_index_shape),
	BIND_STR(struct create_table_input, billing_mode, "BillingMode", .values = billing_modes),
	BIND_STRUCT(struct create_table_input, checked, "ProvisionedThroughput", throughput_shape),
	BIND_STRUCT(struct create_table_input, checked, "OnDemandThroughput", on_demand_shape),
	BIND_STRUCT(struct create_table_input, checked, "StreamSpecification", stream_shape),
	BIND_STRUCT(struct create_table_input, checked, "SSESpecification", sse_shape),
	BIND_LIST(struct create_table_input, tags, "Tags", .fields = tag_shape),
	BIND_STR(struct create_table_input, table_class, "TableClass", .values = table_classes),
	BIND_BOOL(struct create_table_input, protection, "DeletionProtectionEnabled"),
	BIND_REFUSED("ResourcePolicy"),
	BIND_REFUSED("WarmThroughput"),
	BIND_DONE,
};
INPUT_FITS(struct create_table_input);

static void put_text(struct arena *a, struct json *object, struct str name, struct str text)
{
	if (text.p)
		json_put(a, object, name, json_new_string(a, text));
}

static void put_given(struct arena *a, struct json *object, struct str name, const struct json *value)
{
	if (value)
		json_put(a, object, name, value);
}

/* All but what only the writer thread knows: the ids. */
static struct json *build_definition(struct call *call, const struct create_table_input *in)
{
	struct arena *a = &call->arena;
	struct json *d = json_new_object(a);
	const struct json *now = json_new_i64(a, clock_wall_ms());
	struct str billing = in->billing_mode.p ? in->billing_mode : STR("PROVISIONED");
	char id[37];

	random_uuid(id);
	put_text(a, d, STR("TableName"), table_name_of(in->table_name));
	json_put(a, d, STR("AttributeDefinitions"), in->attributes);
	json_put(a, d, STR("KeySchema"), in->keys);
	put_text(a, d, STR("BillingMode"), billing);
	if (str_eq(billing, STR("PAY_PER_REQUEST")))
		json_put(a, d, STR("OnDemandSince"), now);
	put_given(a, d, STR("ProvisionedThroughput"), definition_member(call, STR("ProvisionedThroughput")));
	put_given(a, d, STR("OnDemandThroughput"), definition_member(call, STR("OnDemandThroughput")));
	put_given(a, d, STR("LocalSecondaryIndexes"), in->local);
	put_given(a, d, STR("GlobalSecondaryIndexes"), in->global);
	put_text(a, d, STR("TableClass"), in->table_class);
	json_put(a, d, STR("DeletionProtectionEnabled"), json_new_bool(in->protection.value));
	json_put(a, d, STR("CreationDateTime"), now);
	put_text(a, d, STR("TableId"), arena_str(a, str_c(id)));
	if (in->tags)
		json_put(a, d, STR("Tags"), tags_merge(a, NULL, in->tags));
	return d;
}

int create_table_prepare(struct call *call)
{
	const struct create_table_input *in = call->input;
	struct json *definition = build_definition(call, in);
	struct error err = { 0 };

	if (arena_failed(&call->arena))
		return call_fault(call, NULL);
	if (in->tags && in->tags->count > TAGS_MAX)
		return dynamodb_invalid(call, "One or more parameter values were invalid: Too many tags: %zu", in->tags->count);
	call->scratch = definition;
	int rc = definition_put_stream(call->host, &call->arena, definition, definition_member(call, STR("StreamSpecification")),
				       clock_wall_ms(), &err);
	if (rc == 0)
		rc = definition_check(&call->arena, definition, &err);
	return rc < 0 ? dynamodb_fail(call, &err) : 0;
}

static const struct json *number_indexes(struct call *call, const struct json *list, int *rc, struct error *err)
{
	struct json *out = json_new_array(&call->arena);
	uint64_t id = 0;

	for (size_t i = 0; i < list->count && *rc == 0; i++) {
		*rc = table_next_id(call->txn, &call->arena, &id, err);
		json_add(&call->arena, out, definition_index(&call->arena, list->items[i], id, false));
	}
	return out;
}

static int create(struct call *call)
{
	struct arena *a = &call->arena;
	struct json *d = call->scratch;
	static const char *const lists[] = { "LocalSecondaryIndexes", "GlobalSecondaryIndexes" };
	struct error err = { 0 };
	uint64_t id = 0;
	int rc;

	struct table *t = table_get(call, json_get_text(d, STR("TableName")), &rc);
	if (t)
		return call_failf(call, &dynamodb_ResourceInUseException, "Table already exists: " STR_FMT, STR_ARG(t->name));
	if (rc == 0)
		rc = table_next_id(call->txn, a, &id, &err);
	json_put(a, d, STR("id"), json_new_i64(a, (int64_t)id));
	for (size_t i = 0; i < 2 && rc == 0; i++) {
		const struct json *list = json_get(d, str_c(lists[i]));
		if (list)
			json_put(a, d, str_c(lists[i]), number_indexes(call, list, &rc, &err));
	}
	if (rc == 0)
		rc = table_put(call->state, call->txn, a, d, &err);
	if (rc < 0)
		return call_fault(call, &err);
	rc = table_require(call, json_get_text(d, STR("TableName")), &t);
	if (rc == 0)
		definition_describe(call, "TableDescription", t, "ACTIVE");
	return rc;
}

static int create_with_key(struct call *call, struct str key_arn)
{
	const struct json *sse = definition_member(call, STR("SSESpecification"));

	put_given(&call->arena, call->scratch, STR("SSEDescription"), definition_sse(&call->arena, sse, key_arn));
	return call_continue_write(call, create);
}

int create_table_run(struct call *call)
{
	return sse_find_key(call, definition_member(call, STR("SSESpecification")), create_with_key);
}

/* ---- DescribeTable, DeleteTable ---- */

struct table_input {
	struct str table_name;
};

const struct bind describe_table_fields[] = { FIELD_TABLE(struct table_input), BIND_DONE };
INPUT_FITS(struct table_input);
const struct bind delete_table_fields[] = { FIELD_TABLE(struct table_input), BIND_DONE };

int describe_table_run(struct call *call)
{
	const struct table_input *in = call->input;
	struct table *t;
	int rc = table_require_named(call, in->table_name, &t);

	if (rc == 0)
		definition_describe(call, "Table", t, "ACTIVE");
	return rc;
}

static void wake(void *argument)
{
	maintenance_wake(argument);
}

int delete_table_run(struct call *call)
{
	const struct table_input *in = call->input;
	struct dynamodb *d = call->state;
	struct error err = { 0 };
	struct table *t;
	int rc = table_require_named(call, in->table_name, &t);

	if (rc < 0)
		return rc;
	if (json_true(json_get_c(t->definition, "DeletionProtectionEnabled"))) {
		struct str arn = table_arn(call->host, &call->arena, t->name);
		return dynamodb_invalid(
			call,
			"Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection "
			"first. Resource: " STR_FMT,
			STR_ARG(arn));
	}
	definition_describe_deleting(call, t);
	rc = table_drop(d, call->txn, t, &err);
	if (rc == 0)
		rc = store_after_commit(call->txn, wake, d);
	return rc < 0 ? call_fault(call, &err) : 0;
}

/* ---- ListTables ---- */

struct list_tables_input {
	struct str start;
	struct opt_i64 limit;
};

enum { LIST_MAX = 100 };

const struct bind list_tables_fields[] = {
	BIND_STR(struct list_tables_input, start, "ExclusiveStartTableName", .min = TABLE_NAME_MIN, .max = TABLE_NAME_MAX,
		 .valid = table_name_is_valid, .pattern = TABLE_NAME_PATTERN),
	BIND_I64(struct list_tables_input, limit, "Limit", .min = 1, .max = LIST_MAX),
	BIND_DONE,
};
INPUT_FITS(struct list_tables_input);

struct listing {
	struct call *call;
	struct str start, last;
	int64_t left;
	bool more;
};

static bool list_one(void *argument, struct table *t)
{
	struct listing *l = argument;

	if (l->start.p && str_cmp(t->name, l->start) <= 0)
		return true;
	l->more = l->left == 0;
	if (l->more)
		return false;
	l->left--;
	l->last = arena_str(&l->call->arena, t->name);
	write_str(&l->call->out, NULL, t->name);
	return true;
}

int list_tables_run(struct call *call)
{
	const struct list_tables_input *in = call->input;
	struct listing l = { .call = call, .start = in->start, .left = in->limit.set ? in->limit.value : LIST_MAX };

	write_list(&call->out, "TableNames", NULL);
	tables_each(call->state, list_one, &l);
	write_end(&call->out);
	if (l.more)
		write_str(&call->out, "LastEvaluatedTableName", l.last);
	return 0;
}
