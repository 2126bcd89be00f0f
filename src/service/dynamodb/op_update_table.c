/* SPDX-License-Identifier: Apache-2.0
 *
 * UpdateTable: each given member replaces what the definition has; the result is checked as a new table would be.
 */
#include "os/clock.h"
#include "service/dynamodb/definition.h"
#include "service/dynamodb/fields.h"
#include "service/dynamodb/maintain.h"
#include "service/dynamodb/operations.h"
#include "service/dynamodb/sse.h"

struct update_table_input {
	struct str table_name, billing_mode, table_class;
	const struct json *attributes, *index_updates;
	struct shape checked;
	struct opt_bool protection;
};

static const struct bind update_index_shape[] = {
	BIND_STR(struct shape, text, "IndexName", .required = true, .min = TABLE_NAME_MIN, .max = TABLE_NAME_MAX),
	BIND_STRUCT(struct shape, json, "ProvisionedThroughput", throughput_shape),
	BIND_STRUCT(struct shape, json, "OnDemandThroughput", on_demand_shape),
	BIND_REFUSED("WarmThroughput"),
	BIND_DONE,
};
static const struct bind delete_index_shape[] = {
	BIND_STR(struct shape, text, "IndexName", .required = true, .min = TABLE_NAME_MIN, .max = TABLE_NAME_MAX),
	BIND_DONE,
};
static const struct bind index_update_shape[] = {
	BIND_STRUCT(struct shape, json, "Create", global_index_shape),
	BIND_STRUCT(struct shape, json, "Update", update_index_shape),
	BIND_STRUCT(struct shape, json, "Delete", delete_index_shape),
	BIND_DONE,
};

const struct bind update_table_fields[] = {
	FIELD_TABLE(struct update_table_input),
	BIND_LIST(struct update_table_input, attributes, "AttributeDefinitions", .fields = attribute_definition_shape),
	BIND_STR(struct update_table_input, billing_mode, "BillingMode", .values = billing_modes),
	BIND_STRUCT(struct update_table_input, checked, "ProvisionedThroughput", throughput_shape),
	BIND_STRUCT(struct update_table_input, checked, "OnDemandThroughput", on_demand_shape),
	BIND_LIST(struct update_table_input, index_updates, "GlobalSecondaryIndexUpdates", .fields = index_update_shape),
	BIND_STRUCT(struct update_table_input, checked, "StreamSpecification", stream_shape),
	BIND_STRUCT(struct update_table_input, checked, "SSESpecification", sse_shape),
	BIND_STR(struct update_table_input, table_class, "TableClass", .values = table_classes),
	BIND_BOOL(struct update_table_input, protection, "DeletionProtectionEnabled"),
	BIND_REFUSED("ReplicaUpdates"),
	BIND_REFUSED("MultiRegionConsistency"),
	BIND_REFUSED("WarmThroughput"),
	BIND_DONE,
};
INPUT_FITS(struct update_table_input);

int update_table_prepare(struct call *call)
{
	const struct update_table_input *in = call->input;
	bool no_index = in->index_updates && in->index_updates->count == 0; /* counts as not given */
	bool more_than_the_name = call->parameters->count > 1U + no_index;

	if (!more_than_the_name)
		return dynamodb_invalid(
			call,
			"At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
			"SSESpecification or ReplicaUpdates is required");
	return 0;
}

/* ---- the new definition, on the writer thread ---- */

struct change {
	struct call *call;
	struct arena *a;
	const struct table *table;
	struct json *definition;
	bool backfill;    /* an index was added: its rows must be made */
	uint64_t dropped; /* the index removed, 0: none */
};

static void put_text(struct change *c, struct str name, struct str text)
{
	if (text.p)
		json_put(c->a, c->definition, name, json_new_string(c->a, text));
}

static void put_given(struct change *c, struct str name, const struct json *value)
{
	if (value)
		json_put(c->a, c->definition, name, value);
}

/* A copy of `object` without a member. */
static struct json *without(struct arena *a, const struct json *object, struct str name)
{
	struct json *out = json_new_object(a);

	for (size_t i = 0; i < object->count; i++) {
		if (!str_eq(object->members[i].name, name))
			json_add_member(a, out, object->members[i].name, object->members[i].value);
	}
	return out;
}

static const struct json *drop_throughputs(struct change *c, const struct json *indexes)
{
	struct json *out = json_new_array(c->a);

	for (size_t i = 0; i < indexes->count; i++)
		json_add(c->a, out, without(c->a, indexes->items[i], STR("ProvisionedThroughput")));
	return out;
}

/* The service refuses a throughput that is the table's already. */
static int check_throughput_changes(struct call *call, const struct table *t)
{
	const struct json *is = json_get_c(t->definition, "ProvisionedThroughput"),
			  *wanted = definition_member(call, STR("ProvisionedThroughput"));
	const struct update_table_input *in = call->input;
	bool only = call->parameters->count == 2 || (call->parameters->count == 3 && in->billing_mode.p);
	int64_t reads = 0, writes = 0;

	if (!only || !is || !wanted || !json_equal(is, wanted) ||
	    (in->billing_mode.p && !str_eq(in->billing_mode, json_get_text(t->definition, STR("BillingMode")))))
		return 0;
	(void)(json_to_i64(json_get_c(is, "ReadCapacityUnits"), &reads) == 0);
	(void)(json_to_i64(json_get_c(is, "WriteCapacityUnits"), &writes) == 0);
	return dynamodb_invalid(
		call,
		"The provisioned throughput for the table will not change. The requested value equals the current value. "
		"Current ReadCapacityUnits provisioned for the table: %lld. Requested ReadCapacityUnits: %lld. "
		"Current WriteCapacityUnits provisioned for the table: %lld. Requested WriteCapacityUnits: %lld. "
		"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
		(long long)reads, (long long)reads, (long long)writes, (long long)writes);
}

static void change_billing(struct change *c, const struct update_table_input *in)
{
	const struct json *indexes = json_get_c(c->definition, "GlobalSecondaryIndexes");
	bool was_on_demand = str_eq(json_get_text(c->definition, STR("BillingMode")), STR("PAY_PER_REQUEST"));

	put_text(c, STR("BillingMode"), in->billing_mode);
	if (str_eq(in->billing_mode, STR("PAY_PER_REQUEST")) && !was_on_demand) {
		c->definition = without(c->a, c->definition, STR("ProvisionedThroughput"));
		if (indexes)
			json_put(c->a, c->definition, STR("GlobalSecondaryIndexes"), drop_throughputs(c, indexes));
		json_put(c->a, c->definition, STR("OnDemandSince"), json_new_i64(c->a, clock_wall_ms()));
	}
	put_given(c, STR("ProvisionedThroughput"), definition_member(c->call, STR("ProvisionedThroughput")));
	put_given(c, STR("OnDemandThroughput"), definition_member(c->call, STR("OnDemandThroughput")));
}

static size_t find_index(const struct json *indexes, struct str name)
{
	size_t i = 0;

	while (i < indexes->count && !str_eq(json_get_text(indexes->items[i], STR("IndexName")), name))
		i++;
	return i;
}

static int fail_no_index(struct change *c, struct str name)
{
	return call_failf(c->call, &dynamodb_ResourceNotFoundException,
			  "Requested resource not found: Index: " STR_FMT " not found", STR_ARG(name));
}

static int create_index(struct change *c, struct json *indexes, const struct json *request)
{
	const struct update_table_input *in = c->call->input;
	struct error err = { 0 };
	uint64_t id = 0;
	struct str name = json_get_text(request, STR("IndexName"));

	if (table_index_find(c->table, name))
		return dynamodb_invalid(c->call, "Attempting to create an index which already exists");
	int rc = definition_check_keys(c->a, json_get_c(request, "KeySchema"), in->attributes, &err);
	if (rc < 0)
		return dynamodb_fail(c->call, &err);
	rc = table_next_id(c->call->txn, c->a, &id, &err);
	if (rc < 0)
		return call_fault(c->call, &err);
	json_add(c->a, indexes, definition_index(c->a, request, id, true));
	c->backfill = true;
	return 0;
}

static int update_index(struct change *c, struct json *indexes, const struct json *request)
{
	size_t at = find_index(indexes, json_get_text(request, STR("IndexName")));
	const struct json *throughput = json_get_c(request, "ProvisionedThroughput"),
			  *on_demand = json_get_c(request, "OnDemandThroughput");

	if (at == indexes->count)
		return fail_no_index(c, json_get_text(request, STR("IndexName")));
	struct json *index = json_copy_object(c->a, indexes->items[at]);
	if (throughput)
		json_put(c->a, index, STR("ProvisionedThroughput"), throughput);
	if (on_demand)
		json_put(c->a, index, STR("OnDemandThroughput"), on_demand);
	if (index)
		indexes->items[at] = index;
	return 0;
}

static int delete_index(struct change *c, struct json *indexes, const struct json *request)
{
	struct str name = json_get_text(request, STR("IndexName"));
	const struct table_index *index = table_index_find(c->table, name);
	size_t at = find_index(indexes, name);

	if (!index || at == indexes->count)
		return fail_no_index(c, name);
	indexes->count--;
	memmove(indexes->items + at, indexes->items + at + 1, (indexes->count - at) * sizeof(*indexes->items));
	c->dropped = index->id;
	return 0;
}

static int change_indexes(struct change *c, const struct json *updates)
{
	const struct json *old = json_get_c(c->definition, "GlobalSecondaryIndexes");
	struct json *indexes = json_copy_array(c->a, old ? old : &json_empty_array);
	size_t made = 0;
	int rc = 0;

	for (size_t i = 0; updates && i < updates->count && rc == 0; i++) {
		const struct json *create = json_get_c(updates->items[i], "Create"),
				  *update = json_get_c(updates->items[i], "Update");
		const struct json *delete = json_get_c(updates->items[i], "Delete");
		made += create != NULL || delete != NULL;
		if (create)
			rc = create_index(c, indexes, create);
		else if (update)
			rc = update_index(c, indexes, update);
		else if (delete)
			rc = delete_index(c, indexes, delete);
		else
			rc = dynamodb_invalid(c->call, "One or more parameter values were invalid: One of "
						       "GlobalSecondaryIndexUpdate's members must be set");
	}
	if (rc == 0 && made > 1)
		return call_failf(
			c->call, &dynamodb_LimitExceededException,
			"Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table");
	if (updates)
		json_put(c->a, c->definition, STR("GlobalSecondaryIndexes"), indexes);
	return rc;
}

/* The definition of an attribute in a list of such; NULL: none. */
static const struct json *find_attribute(const struct json *list, struct str name)
{
	for (size_t i = 0; list && i < list->count; i++) {
		if (str_eq(json_get_text(list->items[i], STR("AttributeName")), name))
			return list->items[i];
	}
	return NULL;
}

static int fail_redefined(struct change *c, struct str name, struct str old, struct str given)
{
	return dynamodb_invalid(
		c->call,
		"One or more parameter values were invalid: Attributes cannot be redefined. Please check that your "
		"attribute has the same type as previously defined. Existing schema: Schema:[SchemaElement: "
		"key{" STR_FMT ":" STR_FMT ":HASH}] New schema: Schema:[SchemaElement: key{" STR_FMT ":" STR_FMT ":HASH}]",
		STR_ARG(name), STR_ARG(old), STR_ARG(name), STR_ARG(given));
}

/* Attribute definitions are given anew with an index; those of a deleted one fall away by themselves. */
static int change_attributes(struct change *c, const struct json *given)
{
	const struct json *old = json_get_c(c->definition, "AttributeDefinitions");
	struct json *merged = json_new_array(c->a);

	for (size_t i = 0; given && i < given->count; i++)
		json_add(c->a, merged, given->items[i]);
	for (size_t i = 0; i < old->count; i++) {
		struct str name = json_get_text(old->items[i], STR("AttributeName"));
		struct str type = json_get_text(old->items[i], STR("AttributeType"));
		const struct json *again = find_attribute(given, name);
		if (!again)
			json_add(c->a, merged, old->items[i]);
		else if (!str_eq(json_get_text(again, STR("AttributeType")), type))
			return fail_redefined(c, name, type, json_get_text(again, STR("AttributeType")));
	}
	json_put(c->a, c->definition, STR("AttributeDefinitions"), definition_used_attributes(c->a, c->definition, merged));
	return 0;
}

static void change_settings(struct change *c, const struct update_table_input *in, struct str key_arn)
{
	put_text(c, STR("TableClass"), in->table_class);
	if (in->protection.set)
		json_put(c->a, c->definition, STR("DeletionProtectionEnabled"), json_new_bool(in->protection.value));
	const struct json *specification = definition_member(c->call, STR("SSESpecification"));
	if (!specification)
		return;
	c->definition = without(c->a, c->definition, STR("SSEDescription"));
	const struct json *sse = definition_sse(c->a, specification, key_arn);
	put_given(c, STR("SSEDescription"), sse);
}

static void wake(void *argument)
{
	maintenance_wake(argument);
}

static int commit(struct change *c)
{
	struct call *call = c->call;
	struct error err = { 0 };
	struct table *t;
	int rc = definition_check(c->a, c->definition, &err);

	if (rc < 0)
		return dynamodb_fail(call, &err);
	if (c->backfill)
		json_put(c->a, c->definition, STR("backfill"), &json_empty_string);
	rc = table_put(call->state, call->txn, c->a, c->definition, &err);
	if (rc == 0 && c->dropped)
		rc = index_drop(call->txn, c->dropped, &err);
	if (rc == 0 && (c->backfill || c->dropped))
		rc = store_after_commit(call->txn, wake, call->state);
	if (rc < 0)
		return call_fault(call, &err);
	rc = table_require_named(call, c->table->name, &t);
	if (rc == 0)
		definition_describe(call, "TableDescription", t, "ACTIVE");
	return rc;
}

static int update(struct call *call)
{
	const struct update_table_input *in = call->input;
	struct str key_arn = call->scratch ? *(struct str *)call->scratch : STR_NULL;
	struct error err = { 0 };
	struct table *t;
	int rc = table_require_named(call, in->table_name, &t);

	if (rc < 0)
		return rc;
	rc = check_throughput_changes(call, t);
	if (rc < 0)
		return rc;
	struct change c = {
		.call = call, .a = &call->arena, .table = t, .definition = json_copy_object(&call->arena, t->definition)
	};
	change_billing(&c, in);
	rc = change_indexes(&c, in->index_updates);
	if (rc < 0)
		return rc;
	rc = change_attributes(&c, in->attributes);
	if (rc < 0)
		return rc;
	change_settings(&c, in, key_arn);
	rc = definition_put_stream(call->host, c.a, c.definition, definition_member(call, STR("StreamSpecification")),
				   clock_wall_ms(), &err);
	if (rc < 0)
		return dynamodb_fail(call, &err);
	return arena_failed(&call->arena) ? call_fault(call, NULL) : commit(&c);
}

static int update_with_key(struct call *call, struct str key_arn)
{
	struct str *kept = ARENA_NEW(&call->arena, struct str);

	if (!kept)
		return call_fault(call, NULL);
	*kept = key_arn;
	call->scratch = kept;
	return call_continue_write(call, update);
}

int update_table_run(struct call *call)
{
	return sse_find_key(call, definition_member(call, STR("SSESpecification")), update_with_key);
}
