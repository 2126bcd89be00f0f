/* SPDX-License-Identifier: Apache-2.0 */
#include "service/dynamodb/write.h"

/* ---- on the server's thread ---- */

/* "…: UpdateExpression and ConditionExpression are null": which expressions the kind of write could have had. */
static int check_expressions_given(enum write_kind kind, const struct write_input *in, struct error *err)
{
	if (in->condition.p || in->update.p)
		return 0;
	if (in->names)
		return error_set(err, ERR_INVALID, "ExpressionAttributeNames can only be specified when using expressions");
	if (in->values)
		return error_set(err, ERR_INVALID, "ExpressionAttributeValues can only be specified when using expressions: %s",
				 kind == WRITE_UPDATE ? "UpdateExpression and ConditionExpression are null"
						      : "ConditionExpression is null");
	return 0;
}

static int compile(struct arena *a, const struct write_input *in, struct write_request *out, struct error *err)
{
	struct placeholders p;
	int rc = placeholders_read(&p, a, in->names, in->values, err);

	if (rc == 0 && in->update.p)
		rc = update_parse(&p, in->update, &out->update, err);
	if (rc == 0 && in->condition.p)
		rc = condition_parse(&p, "ConditionExpression", in->condition, &out->condition, err);
	return rc < 0 ? rc : placeholders_finish(&p, err);
}

int write_prepare(struct arena *a, enum write_kind kind, const struct write_input *in, struct write_request *out,
		  struct error *err)
{
	*out = (struct write_request){ .kind = kind, .table_name = in->table_name };
	int rc = check_expressions_given(kind, in, err);
	if (rc == 0)
		rc = item_read(a, kind == WRITE_PUT ? in->item : in->key, &out->item, err);
	if (rc == 0)
		rc = compile(a, in, out, err);
	if (rc == 0 && kind == WRITE_PUT && item_encode(a, out->item, &out->stored) < 0)
		return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
	return rc;
}

/* ---- on the writer thread ---- */

static bool is_key_attribute(const struct table *t, struct str name)
{
	return str_eq(name, t->keys.hash) || (t->keys.range.p && str_eq(name, t->keys.range));
}

static int check_update(const struct table *t, const struct update *u, struct error *err)
{
	for (size_t i = 0; u && i < u->count; i++) {
		struct str name = u->actions[i].path.steps[0].name;
		if (is_key_attribute(t, name))
			return error_set(err, ERR_INVALID,
					 "One or more parameter values were invalid: Cannot update attribute " STR_FMT
					 ". This attribute is part of the key",
					 STR_ARG(name));
	}
	return 0;
}

static int check_request(const struct table *t, const struct write_request *r, struct error *err)
{
	int rc = r->kind == WRITE_PUT ? item_check(t, r->item, err) : key_check(t, r->item, err);

	return rc < 0 ? rc : check_update(t, r->update, err);
}

static int read_before(struct call *call, struct item_change *c, struct error *err)
{
	int rc = item_load(call->txn, c->key, &call->arena, &c->before_stored, err);

	if (rc == 0 && c->before_stored.p)
		rc = item_decode(&call->arena, c->before_stored, &c->before, err);
	return rc;
}

static int check_updated(const struct table *t, const struct value *item, struct error *err)
{
	int rc = item_check(t, item, err);

	if (rc < 0 && item_size(item) > ITEM_SIZE_MAX)
		return error_set(err, ERR_INVALID, "Item size to update has exceeded the maximum allowed size");
	return rc;
}

/* Taking something away from an item that does not exist does not make one. */
static bool update_only_removes(const struct update *u)
{
	for (size_t i = 0; i < u->count; i++) {
		if (u->actions[i].kind == ACTION_SET || u->actions[i].kind == ACTION_ADD)
			return false;
	}
	return true;
}

static int compute_after(struct call *call, const struct write_request *r, struct item_change *c, struct error *err)
{
	if (r->kind == WRITE_PUT) {
		c->after = r->item;
		c->after_stored = r->stored;
		return 0;
	}
	if (r->kind == WRITE_DELETE)
		return 0;
	if (!c->before && r->update && update_only_removes(r->update))
		return 0;
	c->after = c->before ? c->before : r->item;
	c->after_stored = c->before_stored;
	if (r->kind == WRITE_CHECK)
		return 0;
	int rc = r->update ? update_apply(&call->arena, r->update, c->after, &c->after, err) : 0;
	if (rc == 0)
		rc = check_updated(c->table, c->after, err);
	if (rc == 0 && item_encode(&call->arena, c->after, &c->after_stored) < 0)
		rc = error_set(err, ERR_NO_MEMORY, "request needs too much memory");
	return rc;
}

int write_evaluate(struct call *call, const struct write_request *r, bool want_before, struct write_outcome *out,
		   struct error *err)
{
	struct table *t;
	struct key key;
	int rc = table_require(call, r->table_name, &t);

	if (rc < 0)
		return rc;
	*out = (struct write_outcome){ .change = { .table = t } };
	rc = check_request(t, r, err);
	if (rc < 0)
		return rc;
	item_key(t, r->item, &key);
	out->change.key = arena_str(&call->arena, key_str(&key));
	if (want_before || r->condition || r->kind == WRITE_UPDATE || item_needs_before(t))
		rc = read_before(call, &out->change, err);
	if (rc == 0 && r->condition && !condition_holds(r->condition, out->change.before)) {
		out->condition_failed = true;
		return 0;
	}
	if (rc == 0)
		rc = compute_after(call, r, &out->change, err);
	return rc == ERR_INVALID || rc == 0 ? rc : call_fault(call, err);
}

int write_apply(struct call *call, const struct write_request *r, const struct write_outcome *outcome, struct capacity *capacity)
{
	const struct item_change *c = &outcome->change;
	struct error err = { 0 };
	int rc = 0;

	if (r->kind == WRITE_CHECK) {
		size_t size = c->before_stored.p ? item_stored_size(c->before_stored) : 0;
		if (capacity && !capacity_add(&call->arena, capacity, NULL, capacity_write_units(size)))
			return call_fault(call, NULL);
		return 0;
	}
	rc = item_change(call->txn, &call->arena, c, capacity, &err);
	return rc < 0 ? call_fault(call, &err) : 0;
}
