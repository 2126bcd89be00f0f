/* SPDX-License-Identifier: Apache-2.0
 *
 * Key condition expressions: conditions restricted to `hash = :v`, with at most one more on the sort key.
 */
#include "service/dynamodb/expression.h"

#define LABEL "KeyConditionExpression"

struct keys {
	struct str hash, range;
	enum value_type hash_type, range_type;
};

static const char *operator_name(enum condition_kind kind)
{
	static const char *const names[] = {
		[CONDITION_OR] = "OR",
		[CONDITION_NOT] = "NOT",
		[CONDITION_NE] = "<>",
		[CONDITION_IN] = "IN",
		[CONDITION_EXISTS] = "attribute_exists",
		[CONDITION_NOT_EXISTS] = "attribute_not_exists",
		[CONDITION_TYPE] = "attribute_type",
		[CONDITION_CONTAINS] = "contains",
	};

	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}

static int check_operator(const struct condition *c, struct error *err)
{
	const char *refused = operator_name(c->kind);

	if (refused)
		return error_set(err, ERR_INVALID, "Invalid " LABEL ": Invalid operator used in " LABEL ": %s", refused);
	return 0;
}

static int fault_unsupported(struct error *err)
{
	return error_set(err, ERR_INVALID, "Query key condition not supported");
}

static const struct value *literal(const struct condition *c, size_t index)
{
	return index < c->count && c->operands[index]->kind == OPERAND_VALUE ? c->operands[index]->value : NULL;
}

/* `:v = hash` is `hash = :v`. */
static enum condition_kind mirrored(enum condition_kind kind)
{
	switch (kind) {
	case CONDITION_LT:
		return CONDITION_GT;
	case CONDITION_LE:
		return CONDITION_GE;
	case CONDITION_GT:
		return CONDITION_LT;
	case CONDITION_GE:
		return CONDITION_LE;
	default:
		return kind;
	}
}

struct test {
	struct str name;
	enum condition_kind kind;
	const struct value *low, *high;
};

static int read_test(const struct condition *c, struct test *out, struct error *err)
{
	size_t path_at =
		c->operands[0]->kind == OPERAND_VALUE && c->kind != CONDITION_BETWEEN && c->kind != CONDITION_BEGINS_WITH;
	const struct operand *o = c->operands[path_at];

	if (o->kind == OPERAND_SIZE)
		return error_set(err, ERR_INVALID, "Invalid " LABEL ": Invalid operator used in " LABEL ": size");
	if (o->kind != OPERAND_PATH)
		return error_set(err, ERR_INVALID,
				 "Invalid " LABEL ": Invalid condition in " LABEL
				 ": Multiple attribute values used; one attribute "
				 "path is required");
	if (o->path.count > 1)
		return error_set(err, ERR_INVALID, "Invalid " LABEL ": " LABEL "s cannot have conditions on nested attributes");
	out->name = o->path.steps[0].name;
	out->kind = path_at ? mirrored(c->kind) : c->kind;
	out->low = literal(c, path_at ? 0 : 1);
	out->high = c->kind == CONDITION_BETWEEN ? literal(c, 2) : NULL;
	if (!out->low || (c->kind == CONDITION_BETWEEN && !out->high))
		return error_set(err, ERR_INVALID,
				 "Invalid " LABEL ": Invalid condition in " LABEL
				 ": Multiple attribute names used in one condition");
	return 0;
}

static int check_type(const struct test *t, enum value_type type, struct error *err)
{
	if (t->low->type != type || (t->high && t->high->type != type))
		return error_set(
			err, ERR_INVALID,
			"One or more parameter values were invalid: Condition parameter type does not match schema type");
	return 0;
}

static int check_empty(const struct test *t, struct error *err)
{
	bool empty = t->low->type != VALUE_N && t->kind != CONDITION_BEGINS_WITH && t->low->text.n == 0;

	if (empty && t->kind == CONDITION_EQ)
		return error_set(err, ERR_INVALID,
				 "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
				 "contain an empty %s "
				 "value. Key: " STR_FMT,
				 t->low->type == VALUE_B ? "binary" : "string", STR_ARG(t->name));
	return 0;
}

static int take_test(const struct keys *keys, const struct condition *c, struct key_condition *out, struct error *err)
{
	struct test t = { 0 };
	int rc = check_operator(c, err);

	if (rc == 0)
		rc = read_test(c, &t, err);
	if (rc < 0)
		return rc;
	bool is_hash = str_eq(t.name, keys->hash), is_range = keys->range.p && str_eq(t.name, keys->range);
	if (!is_hash && !is_range && !keys->range.p)
		return fault_unsupported(err);
	if (!is_hash && !is_range)
		return error_set(err, ERR_INVALID, "Query condition missed key schema element: " STR_FMT,
				 STR_ARG(out->hash && keys->range.p ? keys->range : keys->hash));
	if ((is_hash && out->hash) || (is_range && out->has_range))
		return error_set(err, ERR_INVALID, "Invalid " LABEL ": " LABEL "s must only contain one condition per key");
	if (is_hash && t.kind != CONDITION_EQ)
		return fault_unsupported(err);
	rc = check_type(&t, is_hash ? keys->hash_type : keys->range_type, err);
	if (rc == 0)
		rc = check_empty(&t, err);
	if (rc < 0)
		return rc;
	if (is_hash) {
		out->hash = t.low;
	} else {
		out->has_range = true;
		out->range_kind = t.kind;
		out->low = t.low;
		out->high = t.high;
	}
	return 0;
}

static int take(const struct keys *keys, const struct condition *c, int *tests, struct key_condition *out, struct error *err)
{
	if (c->kind == CONDITION_AND) {
		int rc = take(keys, c->left, tests, out, err);
		return rc < 0 ? rc : take(keys, c->right, tests, out, err);
	}
	int rc = check_operator(c, err);
	if (rc < 0)
		return rc;
	if (++*tests > 2)
		return error_set(err, ERR_INVALID, "Conditions can be of length 1 or 2 only");
	return take_test(keys, c, out, err);
}

/* Whether any test of the condition names the partition key: decides which of two complaints the service makes. */
static bool names_hash(void *argument, const struct path *path)
{
	const struct str *hash = argument;

	return !(path->steps[0].name.p && str_eq(path->steps[0].name, *hash));
}

int key_condition_parse(struct placeholders *p, struct str text, struct str hash, enum value_type hash_type, struct str range,
			enum value_type range_type, struct key_condition *out, struct error *err)
{
	const struct keys keys = { hash, range, hash_type, range_type };
	const struct condition *c;
	struct key_condition found = { 0 };
	int tests = 0;
	int rc = condition_parse(p, LABEL, text, &c, err);

	if (rc < 0)
		return rc;
	bool missing = c->kind != CONDITION_OR && c->kind != CONDITION_NOT && condition_each_path(c, names_hash, &hash);
	if (missing && !operator_name(c->kind))
		return error_set(err, ERR_INVALID, "Query condition missed key schema element: " STR_FMT, STR_ARG(hash));
	rc = take(&keys, c, &tests, &found, err);
	if (rc < 0)
		return rc;
	if (!found.hash)
		return error_set(err, ERR_INVALID, "Query condition missed key schema element: " STR_FMT, STR_ARG(hash));
	*out = found;
	return 0;
}
