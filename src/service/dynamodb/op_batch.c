/* SPDX-License-Identifier: Apache-2.0
 *
 * BatchGetItem and BatchWriteItem. Nothing is ever left unprocessed but what would pass 16 MB of answer.
 */
#include "base/limits.h"
#include "service/dynamodb/fields.h"
#include "service/dynamodb/operations.h"
#include "service/dynamodb/write.h"

enum { BATCH_GET_MAX = 100, BATCH_WRITE_MAX = 25, SHOWN_MAX = 256 /* characters of a request shown in an error */ };

static const size_t answer_max = MIB(16);

struct batch_input {
	const struct json *requests;
	struct str capacity, metrics;
};

/* ---- BatchGetItem ---- */

const struct bind batch_get_item_fields[] = {
	BIND_MAP(struct batch_input, requests, "RequestItems", .required = true),
	FIELD_CAPACITY(struct batch_input),
	BIND_DONE,
};
INPUT_FITS(struct batch_input);

/* The keys wanted of one table. */
struct batch_keys {
	struct str table_name;
	const struct value **keys;
	const struct json *texts; /* the keys as sent */
	size_t count;
	bool consistent;
	const struct projection *projection;
	const struct json *request;
};

struct batch_get {
	struct batch_keys *tables;
	size_t count;
};

static int read_projection(struct call *call, const struct json *request, struct batch_keys *out, struct error *err)
{
	const struct json *names = json_get_c(request, "ExpressionAttributeNames");
	struct str text = json_get_text(request, STR("ProjectionExpression"));
	struct placeholders p;

	if (json_get_c(request, "AttributesToGet"))
		return error_set(err, ERR_INVALID,
				 "One or more parameter values were invalid: the parameter AttributesToGet is not supported by "
				 "this server");
	if (names && !text.p)
		return error_set(err, ERR_INVALID, "ExpressionAttributeNames can only be specified when using expressions");
	int rc = placeholders_read(&p, &call->arena, json_is(names, JSON_OBJECT) ? names : NULL, NULL, err);
	if (rc == 0 && text.p)
		rc = projection_parse(&p, text, &out->projection, err);
	return rc < 0 ? rc : placeholders_finish(&p, err);
}

static int check_distinct_keys(const struct value *const *keys, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (value_equal(keys[i], keys[j]))
				return error_set(err, ERR_INVALID, "Provided list of item keys contains duplicates");
		}
	}
	return 0;
}

static int read_table_keys(struct call *call, const struct json_member *m, struct batch_keys *out, struct error *err)
{
	const struct json *keys = json_get_c(m->value, "Keys");

	*out = (struct batch_keys){ .table_name = m->name,
				    .texts = keys,
				    .request = m->value,
				    .consistent = json_true(json_get_c(m->value, "ConsistentRead")) };
	if (!json_is(keys, JSON_ARRAY) || keys->count == 0)
		return error_set(err, ERR_INVALID,
				 "1 validation error detected: Value %s at 'requestItems." STR_FMT
				 ".member.keys' failed to satisfy constraint: Member must %s",
				 keys ? "'[]'" : "null", STR_ARG(m->name),
				 keys ? "have length greater than or equal to 1" : "not be null");
	out->keys = arena_alloc_array(&call->arena, keys->count, sizeof(*out->keys));
	if (!out->keys)
		return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
	out->count = keys->count;
	int rc = read_projection(call, m->value, out, err);
	for (size_t i = 0; i < keys->count && rc == 0; i++)
		rc = item_read(&call->arena, keys->items[i], &out->keys[i], err);
	return rc < 0 ? rc : check_distinct_keys(out->keys, out->count, err);
}

static int check_get_counts(struct call *call, const struct json *requests)
{
	size_t total = 0;

	if (requests->count == 0)
		return dynamodb_invalid(call, "The requestItems parameter is required for BatchGetItem");
	for (size_t i = 0; i < requests->count; i++) {
		const struct json *keys = json_get_c(requests->members[i].value, "Keys");
		size_t n = keys ? keys->count : 0;
		if (n > BATCH_GET_MAX)
			return dynamodb_invalid(
				call,
				"1 validation error detected: Value at 'RequestItems." STR_FMT
				".member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100",
				STR_ARG(requests->members[i].name));
		total += n;
	}
	return total > BATCH_GET_MAX ? dynamodb_invalid(call, "Too many items requested for the BatchGetItem call") : 0;
}

int batch_get_item_prepare(struct call *call)
{
	const struct batch_input *in = call->input;
	struct batch_get *op = ARENA_NEW(&call->arena, struct batch_get);
	struct error err = { 0 };
	int rc = check_get_counts(call, in->requests);

	if (rc < 0)
		return rc;
	if (op)
		op->tables = arena_alloc_array(&call->arena, in->requests->count, sizeof(*op->tables));
	if (!op || !op->tables)
		return call_fault(call, NULL);
	call->scratch = op;
	op->count = in->requests->count;
	for (size_t i = 0; i < op->count && rc == 0; i++)
		rc = read_table_keys(call, &in->requests->members[i], &op->tables[i], &err);
	return rc < 0 ? dynamodb_fail(call, &err) : 0;
}

struct batch_reading {
	struct call *call;
	size_t size; /* of what was read */
};

static bool is_answer_full(const struct batch_reading *r)
{
	return r->size > answer_max;
}

static int write_one(struct batch_reading *r, const struct batch_keys *b, struct str stored, struct error *err)
{
	struct str text = item_stored_text(stored);
	const struct value *item;

	r->size += item_stored_size(stored);
	if (b->projection) {
		int rc = item_decode(&r->call->arena, stored, &item, err);
		if (rc < 0)
			return rc;
		item = projection_apply(&r->call->arena, b->projection, item);
		text = item ? item_text(&r->call->arena, item) : STR_NULL;
	}
	if (!text.p)
		return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
	write_raw(&r->call->out, NULL, text);
	return 0;
}

/* Reads the keys of one table in order; *done is how many. */
static int read_keys(struct batch_reading *r, const struct batch_keys *b, struct capacity *capacity, size_t *done,
		     struct error *err)
{
	struct arena *a = &r->call->arena;

	for (*done = 0; *done < b->count && !is_answer_full(r); (*done)++) {
		struct key k;
		struct str stored;
		int rc = key_check(capacity->table, b->keys[*done], err);
		if (rc < 0)
			return rc;
		item_key(capacity->table, b->keys[*done], &k);
		rc = item_load(r->call->txn, key_str(&k), a, &stored, err);
		if (rc == 0 && stored.p)
			rc = write_one(r, b, stored, err);
		if (rc < 0)
			return rc;
		if (!capacity_add(a, capacity, NULL, capacity_read_units(stored.p ? item_stored_size(stored) : 0, b->consistent)))
			return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
	}
	return 0;
}

static void write_unprocessed(struct call *call, const struct batch_get *op, const size_t *done)
{
	struct arena *a = &call->arena;

	write_object(&call->out, "UnprocessedKeys");
	for (size_t i = 0; i < op->count; i++) {
		const struct batch_keys *b = &op->tables[i];
		if (done[i] == b->count)
			continue;
		struct json *left = json_new_array(a);
		for (size_t k = done[i]; k < b->count; k++)
			json_add(a, left, b->texts->items[k]);
		struct json *request = json_copy_object(a, b->request);
		json_put(a, request, STR("Keys"), left);
		write_json(&call->out, arena_c(a, b->table_name), request);
	}
	write_end(&call->out);
}

static void write_capacities(struct call *call, const struct capacity *list, size_t count, struct str level)
{
	if (capacity_level_of(level) == CAPACITY_NONE)
		return;
	write_list(&call->out, "ConsumedCapacity", NULL);
	for (size_t i = 0; i < count; i++)
		capacity_write(&call->out, NULL, &list[i], capacity_level_of(level));
	write_end(&call->out);
}

static int find_tables(struct call *call, const struct json *requests, enum capacity_kind kind, struct capacity **out)
{
	*out = arena_alloc_array(&call->arena, requests->count, sizeof(**out));
	if (!*out)
		return call_fault(call, NULL);
	for (size_t i = 0; i < requests->count; i++) {
		struct table *t;
		int rc = table_require(call, requests->members[i].name, &t);
		if (rc < 0)
			return rc;
		(*out)[i] = (struct capacity){ .table = t, .kind = kind };
	}
	return 0;
}

int batch_get_item_run(struct call *call)
{
	const struct batch_input *in = call->input;
	const struct batch_get *op = call->scratch;
	struct batch_reading r = { .call = call };
	size_t *done = arena_alloc_array(&call->arena, op->count, sizeof(*done));
	struct capacity *capacity;
	struct error err = { 0 };
	int rc = find_tables(call, in->requests, CAPACITY_READ, &capacity);

	if (rc < 0)
		return rc;
	if (!done)
		return call_fault(call, NULL);
	write_object(&call->out, "Responses");
	for (size_t i = 0; i < op->count && rc == 0; i++) {
		write_list(&call->out, arena_c(&call->arena, op->tables[i].table_name), NULL);
		rc = read_keys(&r, &op->tables[i], &capacity[i], &done[i], &err);
		write_end(&call->out);
	}
	if (rc < 0)
		return dynamodb_fail(call, &err);
	write_end(&call->out);
	write_unprocessed(call, op, done);
	write_capacities(call, capacity, op->count, in->capacity);
	return 0;
}

/* ---- BatchWriteItem ---- */

const struct bind batch_write_item_fields[] = {
	BIND_MAP(struct batch_input, requests, "RequestItems", .required = true),
	FIELD_CAPACITY(struct batch_input),
	FIELD_METRICS(struct batch_input),
	BIND_DONE,
};

struct batch_write {
	struct write_request *writes;
	size_t *tables; /* of each write: which of the request's tables */
	size_t count;
};

static int read_write(struct call *call, struct str table_name, const struct json *request, struct write_request *out,
		      struct error *err)
{
	const struct json *put = json_get_c(request, "PutRequest"), *delete = json_get_c(request, "DeleteRequest");
	const struct write_input in = { .table_name = table_name,
					.item = json_get_c(put, "Item"),
					.key = json_get_c(delete, "Key") };

	if (put && delete)
		return error_set(err, ERR_INVALID,
				 "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
				 "supported datatypes");
	if (!put && !delete)
		return error_set(err, ERR_INVALID,
				 "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
	return write_prepare(&call->arena, put ? WRITE_PUT : WRITE_DELETE, &in, out, err);
}

static int check_write_counts(struct call *call, const struct json *requests, size_t *total)
{
	*total = 0;
	if (requests->count == 0)
		return dynamodb_invalid(call, "The requestItems parameter is required for BatchWriteItem");
	for (size_t i = 0; i < requests->count; i++) {
		const struct json *list = requests->members[i].value;
		bool fits = json_is(list, JSON_ARRAY) && list->count > 0 && list->count <= BATCH_WRITE_MAX;
		if (!fits) {
			struct str text = str_sub(str_from(json_to_str(&call->arena, list), 1), 0, SHOWN_MAX);
			return dynamodb_invalid(call,
						"1 validation error detected: Value '{" STR_FMT "=[" STR_FMT
						"]}' at 'requestItems' failed to "
						"satisfy constraint: Map value must satisfy constraint: [Member must have length "
						"less than or equal "
						"to 25, Member must have length greater than or equal to 1]",
						STR_ARG(requests->members[i].name), STR_ARG(text));
		}
		*total += list->count;
	}
	return *total > BATCH_WRITE_MAX ? dynamodb_invalid(call, "Too many items requested for the BatchWriteItem call") : 0;
}

int batch_write_item_prepare(struct call *call)
{
	const struct batch_input *in = call->input;
	struct batch_write *op = ARENA_NEW(&call->arena, struct batch_write);
	struct error err = { 0 };
	size_t total;
	int rc = check_write_counts(call, in->requests, &total);

	if (rc < 0)
		return rc;
	if (op) {
		op->writes = arena_alloc_array(&call->arena, total, sizeof(*op->writes));
		op->tables = arena_alloc_array(&call->arena, total, sizeof(*op->tables));
	}
	if (!op || !op->writes || !op->tables)
		return call_fault(call, NULL);
	call->scratch = op;
	for (size_t i = 0; i < in->requests->count; i++) {
		const struct json_member *m = &in->requests->members[i];
		for (size_t k = 0; k < m->value->count && rc == 0; k++) {
			op->tables[op->count] = i;
			rc = read_write(call, m->name, m->value->items[k], &op->writes[op->count++], &err);
		}
	}
	return rc < 0 ? dynamodb_fail(call, &err) : 0;
}

static int check_distinct_writes(const struct write_outcome *outcomes, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (str_eq(outcomes[i].change.key, outcomes[j].change.key))
				return error_set(err, ERR_INVALID, "Provided list of item keys contains duplicates");
		}
	}
	return 0;
}

static int evaluate_all(struct call *call, const struct batch_write *op, struct write_outcome *outcomes, bool want_before)
{
	struct error err = { 0 };
	int rc = 0;

	for (size_t i = 0; i < op->count && rc == 0; i++)
		rc = write_evaluate(call, &op->writes[i], want_before, &outcomes[i], &err);
	if (rc == 0)
		rc = check_distinct_writes(outcomes, op->count, &err);
	return rc == ERR_INVALID ? dynamodb_fail(call, &err) : rc;
}

int batch_write_item_run(struct call *call)
{
	const struct batch_input *in = call->input;
	const struct batch_write *op = call->scratch;
	bool counted = capacity_level_of(in->capacity) != CAPACITY_NONE;
	struct write_outcome *outcomes = arena_alloc_array(&call->arena, op->count, sizeof(*outcomes));
	struct capacity *capacity;
	int rc = find_tables(call, in->requests, CAPACITY_WRITE, &capacity);

	if (rc < 0)
		return rc;
	if (!outcomes)
		return call_fault(call, NULL);
	rc = evaluate_all(call, op, outcomes, counted);
	for (size_t i = 0; i < op->count && rc == 0; i++)
		rc = write_apply(call, &op->writes[i], &outcomes[i], counted ? &capacity[op->tables[i]] : NULL);
	if (rc < 0)
		return rc;
	write_object(&call->out, "UnprocessedItems");
	write_end(&call->out);
	write_capacities(call, capacity, in->requests->count, in->capacity);
	return 0;
}
