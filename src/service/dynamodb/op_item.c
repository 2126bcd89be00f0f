/* SPDX-License-Identifier: Apache-2.0
 *
 * GetItem, PutItem, DeleteItem and UpdateItem.
 */
#include "service/dynamodb/fields.h"
#include "service/dynamodb/operations.h"
#include "service/dynamodb/write.h"

/* ---- GetItem ---- */

struct get_item_input {
	struct str table_name, projection, capacity;
	const struct json *key, *names;
	struct opt_bool consistent;
};

const struct bind get_item_fields[] = {
	FIELD_TABLE(struct get_item_input),
	BIND_MAP(struct get_item_input, key, "Key", .required = true),
	BIND_BOOL(struct get_item_input, consistent, "ConsistentRead"),
	BIND_STR(struct get_item_input, projection, "ProjectionExpression"),
	BIND_MAP(struct get_item_input, names, "ExpressionAttributeNames"),
	FIELD_CAPACITY(struct get_item_input),
	BIND_REFUSED("AttributesToGet"),
	BIND_DONE,
};
INPUT_FITS(struct get_item_input);

struct get_item {
	const struct value *key;
	const struct projection *projection;
};

int get_item_prepare(struct call *call)
{
	const struct get_item_input *in = call->input;
	struct get_item *op = ARENA_NEW(&call->arena, struct get_item);
	struct placeholders p;
	struct error err = { 0 };

	if (!op)
		return call_fault(call, NULL);
	call->scratch = op;
	if (in->names && !in->projection.p)
		return dynamodb_invalid(call, "ExpressionAttributeNames can only be specified when using expressions");
	int rc = placeholders_read(&p, &call->arena, in->names, NULL, &err);
	if (rc == 0 && in->projection.p)
		rc = projection_parse(&p, in->projection, &op->projection, &err);
	if (rc == 0)
		rc = placeholders_finish(&p, &err);
	if (rc == 0)
		rc = item_read(&call->arena, in->key, &op->key, &err);
	return rc < 0 ? dynamodb_fail(call, &err) : 0;
}

static int write_projected(struct call *call, const struct projection *projection, struct str stored, struct error *err)
{
	const struct value *item;
	int rc = item_decode(&call->arena, stored, &item, err);

	if (rc < 0)
		return rc;
	item = projection_apply(&call->arena, projection, item);
	struct str text = item ? item_text(&call->arena, item) : STR_NULL;
	if (!text.p)
		return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
	write_raw(&call->out, "Item", text);
	return 0;
}

int get_item_run(struct call *call)
{
	const struct get_item_input *in = call->input;
	const struct get_item *op = call->scratch;
	struct capacity capacity = { .kind = CAPACITY_READ };
	struct error err = { 0 };
	struct str stored;
	struct table *t;
	struct key key;
	int rc = table_require(call, in->table_name, &t);

	if (rc < 0)
		return rc;
	rc = key_check(t, op->key, &err);
	if (rc < 0)
		return dynamodb_fail(call, &err);
	item_key(t, op->key, &key);
	rc = item_load(call->txn, key_str(&key), &call->arena, &stored, &err);
	if (rc == 0 && stored.p && op->projection)
		rc = write_projected(call, op->projection, stored, &err);
	else if (rc == 0 && stored.p)
		write_raw(&call->out, "Item", item_stored_text(stored));
	if (rc < 0)
		return call_fault(call, &err);
	capacity.table = t;
	if (!capacity_add(&call->arena, &capacity, NULL,
			  capacity_read_units(stored.p ? item_stored_size(stored) : 0, in->consistent.value)))
		return call_fault(call, NULL);
	capacity_write(&call->out, "ConsumedCapacity", &capacity, capacity_level_of(in->capacity));
	return 0;
}

/* ---- the writes of one item ---- */

struct item_input {
	struct str table_name, condition, update, returns, on_failure, capacity, metrics;
	const struct json *item, *key, *names, *values, *updates;
};

static const char *const return_values[] = { "NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW", NULL };
static const char *const on_failure_values[] = { "ALL_OLD", "NONE", NULL };

#define ITEM_FIELDS                                                                                                              \
	BIND_STR(struct item_input, condition, "ConditionExpression"),                                                           \
		BIND_MAP(struct item_input, names, "ExpressionAttributeNames"),                                                  \
		BIND_MAP(struct item_input, values, "ExpressionAttributeValues"),                                                \
		BIND_STR(struct item_input, returns, "ReturnValues", .values = return_values),                                   \
		BIND_STR(struct item_input, on_failure, "ReturnValuesOnConditionCheckFailure", .values = on_failure_values),     \
		FIELD_CAPACITY(struct item_input), FIELD_METRICS(struct item_input), BIND_REFUSED("Expected"),                   \
		BIND_REFUSED("ConditionalOperator")

const struct bind put_item_fields[] = {
	FIELD_TABLE(struct item_input),
	BIND_MAP(struct item_input, item, "Item", .required = true),
	ITEM_FIELDS,
	BIND_DONE,
};
INPUT_FITS(struct item_input);

const struct bind delete_item_fields[] = {
	FIELD_TABLE(struct item_input),
	BIND_MAP(struct item_input, key, "Key", .required = true),
	ITEM_FIELDS,
	BIND_DONE,
};

const struct bind update_item_fields[] = {
	FIELD_TABLE(struct item_input),
	BIND_MAP(struct item_input, key, "Key", .required = true),
	BIND_STR(struct item_input, update, "UpdateExpression"),
	ITEM_FIELDS,
	BIND_MAP(struct item_input, updates, "AttributeUpdates"),
	BIND_DONE,
};

static int prepare(struct call *call, enum write_kind kind)
{
	const struct item_input *in = call->input;
	struct write_input write = { in->table_name, in->item, in->key, in->condition, in->update, in->names, in->values };
	struct write_request *request = ARENA_NEW(&call->arena, struct write_request);
	struct error err = { 0 };

	if (!request)
		return call_fault(call, NULL);
	call->scratch = request;
	if (kind != WRITE_UPDATE && in->returns.n > 0 && !str_eq(in->returns, STR("NONE")) &&
	    !str_eq(in->returns, STR("ALL_OLD")))
		return dynamodb_invalid(call, "ReturnValues can only be ALL_OLD or NONE");
	if (in->updates && (in->update.p || in->condition.p || in->names || in->values))
		return dynamodb_invalid(call, "Can not use both expression and non-expression parameters in the same request: "
					      "Non-expression parameters: {AttributeUpdates} Expression parameters: "
					      "{UpdateExpression}");
	if (in->updates && in->updates->count && legacy_update(call, in->updates, &write.update, &write.names, &write.values) < 0)
		return -1;
	return write_prepare(&call->arena, kind, &write, request, &err) < 0 ? dynamodb_fail(call, &err) : 0;
}

int put_item_prepare(struct call *call)
{
	return prepare(call, WRITE_PUT);
}

int delete_item_prepare(struct call *call)
{
	return prepare(call, WRITE_DELETE);
}

int update_item_prepare(struct call *call)
{
	return prepare(call, WRITE_UPDATE);
}

static int fail_condition(struct call *call, const struct write_outcome *outcome)
{
	const struct item_input *in = call->input;
	int rc = call_fail(call, &dynamodb_ConditionalCheckFailedException);

	if (str_eq(in->on_failure, STR("ALL_OLD")) && outcome->change.before_stored.p) {
		struct str text = arena_str(&call->arena, item_stored_text(outcome->change.before_stored));
		call_error_field(call, "Item", text.p);
	}
	return rc;
}

static int write_attributes(struct call *call, const struct value *attributes)
{
	struct str text = attributes ? item_text(&call->arena, attributes) : STR_NULL;

	if (text.p)
		write_raw(&call->out, "Attributes", text);
	return arena_failed(&call->arena) ? call_fault(call, NULL) : 0;
}

static int write_returned(struct call *call, const struct write_request *request, const struct item_change *c)
{
	const struct item_input *in = call->input;

	if (str_eq(in->returns, STR("ALL_OLD")) && c->before_stored.p)
		write_raw(&call->out, "Attributes", item_stored_text(c->before_stored));
	else if (str_eq(in->returns, STR("ALL_NEW")) && c->after_stored.p)
		write_raw(&call->out, "Attributes", item_stored_text(c->after_stored));
	else if (str_eq(in->returns, STR("UPDATED_OLD")) && c->before && request->update)
		return write_attributes(call, update_project(&call->arena, request->update, c->before));
	else if (str_eq(in->returns, STR("UPDATED_NEW")) && c->after && request->update)
		return write_attributes(call, update_project(&call->arena, request->update, c->after));
	return 0;
}

/* Collections exist where there are local indexes; here none comes near a gigabyte, the step of the service's estimate. */
static void write_metrics(struct call *call, const struct table *t, const struct value *item)
{
	const struct item_input *in = call->input;
	bool local = false;
	struct buf b;

	for (size_t i = 0; i < t->index_count; i++)
		local = local || !t->indexes[i].global;
	if (!local || !str_eq(in->metrics, STR("SIZE")))
		return;
	buf_init(&b, 16384);
	value_write(&b, value_get(item, t->keys.hash));
	write_object(&call->out, "ItemCollectionMetrics");
	write_object(&call->out, "ItemCollectionKey");
	char *name = arena_c(&call->arena, t->keys.hash);
	write_raw(&call->out, name, arena_str(&call->arena, buf_str(&b)));
	write_end(&call->out);
	write_list(&call->out, "SizeEstimateRangeGB", NULL);
	write_double(&call->out, NULL, 0);
	write_double(&call->out, NULL, 1);
	write_end(&call->out);
	write_end(&call->out);
	buf_release(&b);
}

static int run(struct call *call)
{
	const struct item_input *in = call->input;
	const struct write_request *request = call->scratch;
	enum capacity_level level = capacity_level_of(in->capacity);
	struct capacity capacity = { .kind = CAPACITY_WRITE };
	struct write_outcome outcome;
	struct error err = { 0 };
	bool want_before = level != CAPACITY_NONE || str_eq(in->returns, STR("ALL_OLD"));
	int rc = write_evaluate(call, request, want_before, &outcome, &err);

	if (rc == ERR_INVALID)
		return dynamodb_fail(call, &err);
	if (rc < 0)
		return rc;
	if (outcome.condition_failed)
		return fail_condition(call, &outcome);
	capacity.table = outcome.change.table;
	rc = write_apply(call, request, &outcome, level == CAPACITY_NONE ? NULL : &capacity);
	if (rc == 0)
		rc = write_returned(call, request, &outcome.change);
	if (rc < 0)
		return rc;
	capacity_write(&call->out, "ConsumedCapacity", &capacity, level);
	write_metrics(call, outcome.change.table, request->item);
	return 0;
}

int put_item_run(struct call *call)
{
	return run(call);
}

int delete_item_run(struct call *call)
{
	return run(call);
}

int update_item_run(struct call *call)
{
	return run(call);
}
