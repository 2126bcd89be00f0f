/* SPDX-License-Identifier: Apache-2.0
 *
 * Condition blocks. Source: "IAM JSON policy elements: Condition operators", "… Conditions with multiple context keys or values".
 */
#include "policy/internal.h"

struct operator_row {
	const char *name;
	enum condition_family family;
	enum condition_relation relation;
	bool negated;
};

static const struct operator_row operators[] = {
	{ "StringEquals", FAMILY_STRING, RELATION_EQUAL, false },
	{ "StringNotEquals", FAMILY_STRING, RELATION_EQUAL, true },
	{ "StringEqualsIgnoreCase", FAMILY_STRING_NOCASE, RELATION_EQUAL, false },
	{ "StringNotEqualsIgnoreCase", FAMILY_STRING_NOCASE, RELATION_EQUAL, true },
	{ "StringLike", FAMILY_STRING_LIKE, RELATION_EQUAL, false },
	{ "StringNotLike", FAMILY_STRING_LIKE, RELATION_EQUAL, true },
	{ "ArnEquals", FAMILY_ARN, RELATION_EQUAL, false },
	{ "ArnNotEquals", FAMILY_ARN, RELATION_EQUAL, true },
	{ "ArnLike", FAMILY_ARN, RELATION_EQUAL, false },
	{ "ArnNotLike", FAMILY_ARN, RELATION_EQUAL, true },
	{ "NumericEquals", FAMILY_NUMERIC, RELATION_EQUAL, false },
	{ "NumericNotEquals", FAMILY_NUMERIC, RELATION_EQUAL, true },
	{ "NumericLessThan", FAMILY_NUMERIC, RELATION_LESS, false },
	{ "NumericLessThanEquals", FAMILY_NUMERIC, RELATION_LESS_EQUAL, false },
	{ "NumericGreaterThan", FAMILY_NUMERIC, RELATION_GREATER, false },
	{ "NumericGreaterThanEquals", FAMILY_NUMERIC, RELATION_GREATER_EQUAL, false },
	{ "DateEquals", FAMILY_DATE, RELATION_EQUAL, false },
	{ "DateNotEquals", FAMILY_DATE, RELATION_EQUAL, true },
	{ "DateLessThan", FAMILY_DATE, RELATION_LESS, false },
	{ "DateLessThanEquals", FAMILY_DATE, RELATION_LESS_EQUAL, false },
	{ "DateGreaterThan", FAMILY_DATE, RELATION_GREATER, false },
	{ "DateGreaterThanEquals", FAMILY_DATE, RELATION_GREATER_EQUAL, false },
	{ "Bool", FAMILY_BOOL, RELATION_EQUAL, false },
	{ "BinaryEquals", FAMILY_BINARY, RELATION_EQUAL, false },
	{ "IpAddress", FAMILY_IP, RELATION_EQUAL, false },
	{ "NotIpAddress", FAMILY_IP, RELATION_EQUAL, true },
	{ "Null", FAMILY_NULL, RELATION_EQUAL, false },
};

static const struct operator_row *find_operator(struct str name)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (str_eq_nocase(name, str_c(operators[i].name)))
			return &operators[i];
	}
	return NULL;
}

static bool starts_nocase(struct str text, struct str prefix)
{
	return text.n >= prefix.n && str_eq_nocase(str_sub(text, 0, prefix.n), prefix);
}

static struct str take_quantifier(struct str operation, enum condition_quantifier *out)
{
	static const struct str any = { "ForAnyValue:", 12 }, all = { "ForAllValues:", 13 };

	*out = QUANTIFIER_NONE;
	if (starts_nocase(operation, any)) {
		*out = QUANTIFIER_ANY;
		return str_from(operation, any.n);
	}
	if (starts_nocase(operation, all)) {
		*out = QUANTIFIER_ALL;
		return str_from(operation, all.n);
	}
	return operation;
}

static struct str take_if_exists(struct str operation, bool *out)
{
	static const struct str suffix = { "IfExists", 8 };

	*out = operation.n > suffix.n && str_eq_nocase(str_from(operation, operation.n - suffix.n), suffix);
	return *out ? str_sub(operation, 0, operation.n - suffix.n) : operation;
}

/* Values may be written as strings, numbers or booleans. */
static struct str scalar_text(const struct json *v)
{
	if (json_is(v, JSON_STRING) || json_is(v, JSON_NUMBER))
		return v->text;
	if (json_is(v, JSON_BOOL))
		return v->boolean ? STR("true") : STR("false");
	return STR_NULL;
}

static bool family_has_variables(enum condition_family family)
{
	return family <= FAMILY_ARN || family == FAMILY_BOOL;
}

static bool family_has_wildcards(enum condition_family family)
{
	return family == FAMILY_STRING_LIKE || family == FAMILY_ARN;
}

static int read_value(struct arena *a, const struct json *v, bool variables, struct condition *out, struct error *err)
{
	struct pattern *p = &out->values.items[out->values.count++];

	p->text = scalar_text(v);
	if (!p->text.p)
		return error_set(err, ERR_INVALID, "Syntax errors in policy.");
	p->variables = variables && family_has_variables(out->family) && text_has_variables(p->text);
	if (!p->variables && family_has_wildcards(out->family))
		p->text = glob_compile(a, p->text);
	return p->text.p ? 0 : error_set(err, ERR_NO_MEMORY, "policy: out of memory");
}

int condition_read(struct arena *a, struct str operation, struct str key, const struct json *values, bool variables,
		   struct condition *out, struct error *err)
{
	struct str name = take_if_exists(take_quantifier(operation, &out->quantifier), &out->if_exists);
	const struct operator_row *row = find_operator(name);
	bool list = json_is(values, JSON_ARRAY);
	int rc = 0;

	if (!row || (row->family == FAMILY_NULL && out->if_exists))
		return error_set(err, ERR_INVALID, "Invalid Condition type : " STR_FMT, STR_ARG(operation));
	out->family = row->family;
	out->relation = row->relation;
	out->negated = row->negated;
	out->key = key;
	out->values.items = arena_alloc_array(a, list ? values->count + 1 : 1, sizeof(*out->values.items));
	if (!out->values.items)
		return error_set(err, ERR_NO_MEMORY, "policy: out of memory");
	if (!list)
		return read_value(a, values, variables, out, err);
	for (size_t i = 0; i < values->count && rc == 0; i++)
		rc = read_value(a, values->items[i], variables, out, err);
	return rc;
}

/* ---- evaluation ---- */

/* Whether one value of the request is one of those listed, before any negation. */
static bool is_listed(const struct policy_request *r, const struct condition *c, struct str value)
{
	for (size_t i = 0; i < c->values.count; i++) {
		struct str wanted;
		if (pattern_expand(r, &c->values.items[i], &wanted) == 0 && condition_compare(c, value, wanted))
			return true;
	}
	return false;
}

static bool holds_null(const struct condition *c, bool present)
{
	for (size_t i = 0; i < c->values.count; i++) {
		if (str_eq_nocase(c->values.items[i].text, STR("true")) == !present)
			return true;
	}
	return false;
}

static bool holds_absent(const struct condition *c)
{
	if (c->quantifier == QUANTIFIER_ALL || c->if_exists)
		return true;
	return c->quantifier == QUANTIFIER_NONE && c->negated;
}

/* Without a quantifier a positive test wants one value to be listed, a negated one wants none to be. */
static bool holds_values(const struct policy_request *r, const struct condition *c, const struct policy_values *values)
{
	bool all = c->quantifier == QUANTIFIER_ALL || (c->quantifier == QUANTIFIER_NONE && c->negated);

	for (size_t i = 0; i < values->count; i++) {
		bool holds = is_listed(r, c, values->items[i]) != c->negated;
		if (holds != all)
			return holds;
	}
	return all;
}

static bool condition_holds(const struct policy_request *r, const struct condition *c)
{
	struct policy_values values = { NULL, 0 };
	bool present = r->find && r->find(r->argument, c->key, &values) && values.count > 0;

	if (c->family == FAMILY_NULL)
		return holds_null(c, present);
	return present ? holds_values(r, c, &values) : holds_absent(c);
}

bool conditions_hold(const struct policy_request *r, const struct policy_statement *s)
{
	for (size_t i = 0; i < s->condition_count; i++) {
		if (!condition_holds(r, &s->conditions[i]))
			return false;
	}
	return true;
}
