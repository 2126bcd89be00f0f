/* SPDX-License-Identifier: Apache-2.0
 *
 * TransactWriteItems and TransactGetItems. A transaction is one write function: everything is evaluated first, and only when
 * nothing stands against it is anything changed.
 */
#include "base/digest.h"
#include "base/encode.h"
#include "base/limits.h"
#include "os/clock.h"
#include "service/dynamodb/fields.h"
#include "service/dynamodb/maintain.h"
#include "service/dynamodb/operations.h"
#include "service/dynamodb/write.h"

enum { TRANSACTION_MAX = 100, TOKEN_LENGTH_MAX = 36, TRANSACTION_SIZE_MAX = 4 * 1024 * 1024 };

#define CANCELLED "Transaction cancelled, please refer cancellation reasons for specific reasons ["

/* ---- parameters ---- */

struct transact_input {
	const struct json *items;
	struct str token, capacity, metrics;
};

/* Checked by these tables, read by hand: offsets mean nothing. */
struct action_shape {
	struct str table_name, text;
	const struct json *map;
};

static const char *const on_failure_values[] = { "ALL_OLD", "NONE", NULL };

#define ACTION_FIELDS                                                                                                            \
	FIELD_TABLE(struct action_shape), BIND_MAP(struct action_shape, map, "ExpressionAttributeNames"),                        \
		BIND_MAP(struct action_shape, map, "ExpressionAttributeValues"),                                                 \
		BIND_STR(struct action_shape, text, "ReturnValuesOnConditionCheckFailure", .values = on_failure_values)
#define ACTION_KEY BIND_MAP(struct action_shape, map, "Key", .required = true)

static const struct bind put_fields[] = {
	ACTION_FIELDS,
	BIND_MAP(struct action_shape, map, "Item", .required = true),
	BIND_STR(struct action_shape, text, "ConditionExpression"),
	BIND_DONE,
};
static const struct bind delete_fields[] = {
	ACTION_FIELDS,
	ACTION_KEY,
	BIND_STR(struct action_shape, text, "ConditionExpression"),
	BIND_DONE,
};
static const struct bind update_fields[] = {
	ACTION_FIELDS,
	ACTION_KEY,
	BIND_STR(struct action_shape, text, "ConditionExpression"),
	BIND_STR(struct action_shape, text, "UpdateExpression", .required = true),
	BIND_DONE,
};
static const struct bind check_fields[] = {
	ACTION_FIELDS,
	ACTION_KEY,
	BIND_STR(struct action_shape, text, "ConditionExpression", .required = true),
	BIND_DONE,
};
static const struct bind item_fields[] = {
	BIND_STRUCT(struct action_shape, map, "Put", put_fields),
	BIND_STRUCT(struct action_shape, map, "Update", update_fields),
	BIND_STRUCT(struct action_shape, map, "Delete", delete_fields),
	BIND_STRUCT(struct action_shape, map, "ConditionCheck", check_fields),
	BIND_DONE,
};

const struct bind transact_write_items_fields[] = {
	BIND_LIST(struct transact_input, items, "TransactItems", .required = true, .min = 1, .max = TRANSACTION_MAX,
		  .fields = item_fields),
	BIND_STR(struct transact_input, token, "ClientRequestToken", .min = 1, .max = TOKEN_LENGTH_MAX),
	FIELD_CAPACITY(struct transact_input),
	FIELD_METRICS(struct transact_input),
	BIND_DONE,
};
INPUT_FITS(struct transact_input);

struct transaction {
	struct write_request *writes;
	bool *old_on_failure;
	size_t count;
	uint8_t digest[SHA256_SIZE]; /* of the actions, for the token */
};

static const struct {
	const char *name;
	enum write_kind kind;
} kinds[] = { { "Put", WRITE_PUT }, { "Update", WRITE_UPDATE }, { "Delete", WRITE_DELETE }, { "ConditionCheck", WRITE_CHECK } };

static int prepare_action(struct call *call, const struct json *item, struct write_request *out, bool *old_on_failure,
			  struct error *err)
{
	const struct json *action = NULL;
	enum write_kind kind = WRITE_CHECK;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct json *found = json_get(item, str_c(kinds[i].name));
		if (found && action)
			return error_set(err, ERR_INVALID, "TransactItems can only contain one of Check, Put, Update or Delete");
		if (found) {
			action = found;
			kind = kinds[i].kind;
		}
	}
	if (!action)
		return error_set(err, ERR_INVALID,
				 "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request");
	*old_on_failure = str_eq(json_get_text(action, STR("ReturnValuesOnConditionCheckFailure")), STR("ALL_OLD"));
	const struct write_input in = {
		.table_name = json_get_text(action, STR("TableName")),
		.item = json_get_c(action, "Item"),
		.key = json_get_c(action, "Key"),
		.condition = json_get_text(action, STR("ConditionExpression")),
		.update = json_get_text(action, STR("UpdateExpression")),
		.names = json_get_c(action, "ExpressionAttributeNames"),
		.values = json_get_c(action, "ExpressionAttributeValues"),
	};
	return write_prepare(&call->arena, kind, &in, out, err);
}

int transact_write_items_prepare(struct call *call)
{
	const struct transact_input *in = call->input;
	struct transaction *op = ARENA_NEW(&call->arena, struct transaction);
	struct error err = { 0 };
	int rc = 0;

	if (op) {
		op->writes = arena_alloc_array(&call->arena, in->items->count, sizeof(*op->writes));
		op->old_on_failure = arena_alloc_array(&call->arena, in->items->count, sizeof(*op->old_on_failure));
	}
	if (!op || !op->writes || !op->old_on_failure)
		return call_fault(call, NULL);
	call->scratch = op;
	op->count = in->items->count;
	for (size_t i = 0; i < op->count && rc == 0; i++)
		rc = prepare_action(call, in->items->items[i], &op->writes[i], &op->old_on_failure[i], &err);
	if (rc < 0)
		return dynamodb_fail(call, &err);
	if (in->token.p) {
		struct str text = json_to_str(&call->arena, in->items);
		sha256(text.p, text.n, op->digest);
	}
	return 0;
}

/* ---- cancellation ---- */

struct reason {
	const char *code; /* NULL: none */
	struct str message;
	struct str item; /* JSON, absent when not asked for */
};

static const char *reason_code(const struct reason *r)
{
	return r->code ? r->code : "None";
}

static struct str reasons_json(struct arena *a, const struct reason *reasons, size_t count)
{
	struct buf b;
	struct writer w;

	buf_init(&b, LIMIT_REPLY_BODY);
	writer_init(&w, &b, WRITER_JSON);
	write_list(&w, NULL, NULL);
	for (size_t i = 0; i < count; i++) {
		write_object(&w, NULL);
		write_c(&w, "Code", reason_code(&reasons[i]));
		write_str(&w, "Message", reasons[i].message);
		if (reasons[i].item.p)
			write_raw(&w, "Item", reasons[i].item);
		write_end(&w);
	}
	write_end(&w);
	struct str text = arena_str(a, buf_str(&b));
	buf_release(&b);
	return text;
}

static int cancel(struct call *call, const struct reason *reasons, size_t count)
{
	struct buf b;

	buf_init(&b, ERROR_MESSAGE_MAX * 4);
	buf_add_c(&b, CANCELLED);
	for (size_t i = 0; i < count; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", reason_code(&reasons[i]));
	buf_add_char(&b, ']');
	int rc = call_failf(call, &dynamodb_TransactionCanceledException, "%s", buf_c(&b));
	buf_release(&b);
	call_error_field(call, "CancellationReasons", reasons_json(&call->arena, reasons, count).p);
	return rc;
}

static bool any_reason(const struct reason *reasons, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (reasons[i].code)
			return true;
	}
	return false;
}

static struct reason validation_reason(struct arena *a, const struct error *err)
{
	return (struct reason){ "ValidationError", arena_str(a, str_c(err->message)), STR_NULL };
}

/* ---- idempotency ---- */

enum { TOKEN_LIFE_MS = 10 * 60 * 1000 };

/* 1: this transaction was done before; 0: it is new, and now noted. */
static int claim_token(struct call *call, const struct transaction *op, struct str token)
{
	struct str digest = hex_str(&call->arena, op->digest, sizeof(op->digest)), stored;
	struct error err = { 0 };
	int64_t expires = clock_wall_ms() + TOKEN_LIFE_MS;
	int rc = token_find(call->txn, &call->arena, token, clock_wall_ms(), &stored, &err);

	if (rc < 0)
		return call_fault(call, &err);
	if (stored.p)
		return str_eq(stored, digest) ? 1 : call_fail(call, &dynamodb_IdempotentParameterMismatchException);
	rc = token_put(call->txn, token, digest, expires, &err);
	return rc < 0 ? call_fault(call, &err) : 0;
}

/* ---- TransactWriteItems ---- */

static int check_distinct(struct call *call, const struct write_outcome *outcomes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (outcomes[i].change.key.n > 0 && str_eq(outcomes[i].change.key, outcomes[j].change.key))
				return dynamodb_invalid(call,
							"Transaction request cannot include multiple operations on one item");
		}
	}
	return 0;
}

/* Empty key values are refused before the transaction begins; other faults of an action are reasons to cancel it. */
static int check_empty_keys(struct call *call, const struct transaction *op)
{
	for (size_t i = 0; i < op->count; i++) {
		struct error err = { 0 };
		struct table *t;
		int rc = table_require(call, op->writes[i].table_name, &t);
		if (rc < 0)
			return rc;
		if (key_check_empty(t, op->writes[i].item, &err) < 0)
			return dynamodb_fail(call, &err);
	}
	return 0;
}

static int evaluate(struct call *call, const struct transaction *op, size_t at, struct write_outcome *outcome,
		    struct reason *reason)
{
	struct error err = { 0 };
	int rc = write_evaluate(call, &op->writes[at], true, outcome, &err);

	if (rc == ERR_INVALID) {
		*reason = validation_reason(&call->arena, &err);
		return 0;
	}
	if (rc == 0 && outcome->condition_failed) {
		*reason = (struct reason){ "ConditionalCheckFailed", STR("The conditional request failed"), STR_NULL };
		if (op->old_on_failure[at] && outcome->change.before_stored.p)
			reason->item = item_stored_text(outcome->change.before_stored);
	}
	return rc;
}

static bool is_validation(const struct reason *reason)
{
	return reason->code && str_eq(str_c(reason->code), STR("ValidationError"));
}

/* An action that is not valid is the transaction's only reason: the service looks no further, and forgets the conditions. */
static int evaluate_all(struct call *call, const struct transaction *op, struct write_outcome *outcomes, struct reason *reasons)
{
	int rc = 0;

	for (size_t i = 0; i < op->count && rc == 0; i++) {
		rc = evaluate(call, op, i, &outcomes[i], &reasons[i]);
		if (rc < 0 || !is_validation(&reasons[i]))
			continue;
		memset(reasons, 0, i * sizeof(*reasons));
		break;
	}
	return rc;
}

static struct capacity *find_capacity(struct capacity *list, size_t *count, const struct table *t, enum capacity_kind kind)
{
	for (size_t i = 0; i < *count; i++) {
		if (list[i].table->id == t->id)
			return &list[i];
	}
	list[*count] = (struct capacity){ .table = t, .kind = kind, .factor = 2, .split = true };
	return &list[(*count)++];
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

static int apply_all(struct call *call, const struct transaction *op, const struct write_outcome *outcomes)
{
	const struct transact_input *in = call->input;
	struct capacity *capacities = arena_alloc_array(&call->arena, op->count, sizeof(*capacities));
	size_t count = 0;
	int rc = 0;

	if (!capacities)
		return call_fault(call, NULL);
	for (size_t i = 0; i < op->count && rc == 0; i++)
		rc = write_apply(call, &op->writes[i], &outcomes[i],
				 find_capacity(capacities, &count, outcomes[i].change.table, CAPACITY_WRITE));
	if (rc == 0)
		write_capacities(call, capacities, count, in->capacity);
	return rc;
}

static int check_size(struct call *call, const struct write_outcome *outcomes, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += outcomes[i].change.after_stored.p ? item_stored_size(outcomes[i].change.after_stored) : 0;
	if (size > TRANSACTION_SIZE_MAX)
		return dynamodb_invalid(call, "The aggregate size of the items in the transaction exceeds 4 MB");
	return 0;
}

int transact_write_items_run(struct call *call)
{
	const struct transact_input *in = call->input;
	const struct transaction *op = call->scratch;
	struct write_outcome *outcomes = arena_alloc_array(&call->arena, op->count, sizeof(*outcomes));
	struct reason *reasons = arena_alloc_array(&call->arena, op->count, sizeof(*reasons));
	int rc = outcomes && reasons ? 0 : call_fault(call, NULL);

	if (rc == 0 && in->token.p)
		rc = claim_token(call, op, in->token);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = check_empty_keys(call, op);
	if (rc == 0)
		rc = evaluate_all(call, op, outcomes, reasons);
	if (rc == 0)
		rc = check_distinct(call, outcomes, op->count);
	if (rc == 0 && any_reason(reasons, op->count))
		rc = cancel(call, reasons, op->count);
	if (rc == 0)
		rc = check_size(call, outcomes, op->count);
	return rc < 0 ? rc : apply_all(call, op, outcomes);
}

/* ---- TransactGetItems ---- */

static const struct bind get_fields[] = {
	FIELD_TABLE(struct action_shape),
	ACTION_KEY,
	BIND_STR(struct action_shape, text, "ProjectionExpression"),
	BIND_MAP(struct action_shape, map, "ExpressionAttributeNames"),
	BIND_DONE,
};
static const struct bind get_item_shape[] = {
	BIND_STRUCT(struct action_shape, map, "Get", get_fields, .required = true),
	BIND_DONE,
};

const struct bind transact_get_items_fields[] = {
	BIND_LIST(struct transact_input, items, "TransactItems", .required = true, .min = 1, .max = TRANSACTION_MAX,
		  .fields = get_item_shape),
	FIELD_CAPACITY(struct transact_input),
	BIND_DONE,
};

struct transact_read {
	struct str table_name;
	const struct value *key;
	const struct projection *projection;
};

static int prepare_get(struct call *call, const struct json *get, struct transact_read *out, struct error *err)
{
	const struct json *names = json_get_c(get, "ExpressionAttributeNames");
	struct str text = json_get_text(get, STR("ProjectionExpression"));
	struct placeholders p;

	out->table_name = json_get_text(get, STR("TableName"));
	if (names && !text.p)
		return error_set(err, ERR_INVALID, "ExpressionAttributeNames can only be specified when using expressions");
	int rc = placeholders_read(&p, &call->arena, names, NULL, err);
	if (rc == 0 && text.p)
		rc = projection_parse(&p, text, &out->projection, err);
	if (rc == 0)
		rc = placeholders_finish(&p, err);
	return rc < 0 ? rc : item_read(&call->arena, json_get_c(get, "Key"), &out->key, err);
}

int transact_get_items_prepare(struct call *call)
{
	const struct transact_input *in = call->input;
	struct transact_read *reads = arena_alloc_array(&call->arena, in->items->count, sizeof(*reads));
	struct error err = { 0 };
	int rc = 0;

	if (!reads)
		return call_fault(call, NULL);
	call->scratch = reads;
	for (size_t i = 0; i < in->items->count && rc == 0; i++)
		rc = prepare_get(call, json_get_c(in->items->items[i], "Get"), &reads[i], &err);
	return rc < 0 ? dynamodb_fail(call, &err) : 0;
}

/* Where each read item lies: found tables and keys, then the items. */
struct transact_found {
	struct table *table;
	struct str key, stored;
};

static int find_key(struct call *call, const struct transact_read *read, struct transact_found *out, struct reason *reason)
{
	struct error err = { 0 };
	struct key k;
	int rc = table_require(call, read->table_name, &out->table);

	if (rc < 0)
		return rc;
	if (key_check_empty(out->table, read->key, &err) < 0)
		return dynamodb_fail(call, &err);
	if (key_check(out->table, read->key, &err) < 0) {
		*reason = validation_reason(&call->arena, &err);
		return 0;
	}
	item_key(out->table, read->key, &k);
	out->key = arena_str(&call->arena, key_str(&k));
	return 0;
}

static int check_distinct_reads(struct call *call, const struct transact_found *found, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (found[i].key.n > 0 && str_eq(found[i].key, found[j].key))
				return dynamodb_invalid(call,
							"Transaction request cannot include multiple operations on one item");
		}
	}
	return 0;
}

static int write_found(struct call *call, const struct transact_read *read, struct transact_found *found)
{
	struct error err = { 0 };
	const struct value *item;
	int rc = item_load(call->txn, found->key, &call->arena, &found->stored, &err);

	write_object(&call->out, NULL);
	if (rc == 0 && found->stored.p && !read->projection) {
		write_raw(&call->out, "Item", item_stored_text(found->stored));
	} else if (rc == 0 && found->stored.p) {
		rc = item_decode(&call->arena, found->stored, &item, &err);
		item = rc == 0 ? projection_apply(&call->arena, read->projection, item) : NULL;
		struct str text = item ? item_text(&call->arena, item) : STR_NULL;
		if (text.p)
			write_raw(&call->out, "Item", text);
	}
	write_end(&call->out);
	return rc < 0 ? call_fault(call, &err) : 0;
}

static int write_responses(struct call *call, const struct transact_read *reads, struct transact_found *found, size_t count)
{
	const struct transact_input *in = call->input;
	struct capacity *capacities = arena_alloc_array(&call->arena, count, sizeof(*capacities));
	size_t tables = 0;
	int rc = capacities ? 0 : call_fault(call, NULL);

	write_list(&call->out, "Responses", NULL);
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = write_found(call, &reads[i], &found[i]);
		struct capacity *c = find_capacity(capacities, &tables, found[i].table, CAPACITY_READ);
		if (!capacity_add(&call->arena, c, NULL,
				  capacity_read_units(found[i].stored.p ? item_stored_size(found[i].stored) : 0, true)))
			rc = call_fault(call, NULL);
	}
	write_end(&call->out);
	if (rc == 0)
		write_capacities(call, capacities, tables, in->capacity);
	return rc;
}

int transact_get_items_run(struct call *call)
{
	const struct transact_input *in = call->input;
	const struct transact_read *reads = call->scratch;
	size_t count = in->items->count;
	struct transact_found *found = arena_alloc_array(&call->arena, count, sizeof(*found));
	struct reason *reasons = arena_alloc_array(&call->arena, count, sizeof(*reasons));
	int rc = found && reasons ? 0 : call_fault(call, NULL);

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = find_key(call, &reads[i], &found[i], &reasons[i]);
	if (rc == 0)
		rc = check_distinct_reads(call, found, count);
	if (rc == 0 && any_reason(reasons, count))
		rc = cancel(call, reasons, count);
	return rc < 0 ? rc : write_responses(call, reads, found, count);
}
