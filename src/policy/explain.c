/* SPDX-License-Identifier: Apache-2.0
 *
 * A decision asked for as JSON, without a server.
 */
#include "policy/internal.h"

struct explaining {
	struct arena *arena;
	const struct json *request;
	struct policy_principal principal;
	struct error *err;
};

static int fault(struct explaining *e, const char *member, const char *message)
{
	return error_set(e->err, ERR_INVALID, "%s: %s", member, message);
}

/* A policy may be an object or its JSON text. */
static int read_policy(struct explaining *e, const char *member, const struct json *value, enum policy_kind kind,
		       const struct policy **out)
{
	int rc;

	if (json_is(value, JSON_STRING))
		rc = policy_parse(e->arena, value->text, kind, out, e->err);
	else
		rc = policy_compile(e->arena, value, kind, out, e->err);
	if (rc < 0 && e->err)
		error_prefix(e->err, "%s", member);
	return rc;
}

static const struct json *given(const struct explaining *e, const char *member)
{
	const struct json *value = json_get(e->request, str_c(member));

	return json_is(value, JSON_NULL) ? NULL : value;
}

static int read_one(struct explaining *e, const char *member, enum policy_kind kind, const struct policy **out)
{
	const struct json *value = given(e, member);

	return value ? read_policy(e, member, value, kind, out) : 0;
}

static int read_list(struct explaining *e, const char *member, const struct policy *const **out, size_t *count)
{
	const struct json *list = given(e, member);
	int rc = 0;

	if (!list)
		return 0;
	if (!json_is(list, JSON_ARRAY))
		return fault(e, member, "must be an array of policies");
	const struct policy **policies = arena_alloc_array(e->arena, list->count + 1, sizeof(*policies));
	if (!policies)
		return error_set(e->err, ERR_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < list->count && rc == 0; i++)
		rc = read_policy(e, member, list->items[i], POLICY_IDENTITY, &policies[i]);
	*out = policies;
	*count = list->count;
	return rc;
}

/* "arn…", "service", "*", or {"AWS": …} as policies write principals. */
static struct str principal_text(const struct json *principal)
{
	if (json_is(principal, JSON_OBJECT) && principal->count > 0)
		principal = principal->members[0].value;
	if (json_is(principal, JSON_ARRAY))
		principal = json_at(principal, 0);
	return json_text(principal);
}

/* ---- the context ---- */

static struct str scalar(const struct json *v)
{
	if (json_is(v, JSON_BOOL))
		return v->boolean ? STR("true") : STR("false");
	return json_is(v, JSON_STRING) || json_is(v, JSON_NUMBER) ? v->text : STR_NULL;
}

static bool fill(struct arena *a, const struct json *value, struct policy_values *out)
{
	bool list = json_is(value, JSON_ARRAY);
	size_t count = list ? value->count : 1;
	struct str *items = arena_alloc_array(a, count + 1, sizeof(*items));

	if (!items || json_is(value, JSON_NULL))
		return false;
	for (size_t i = 0; i < count; i++)
		items[i] = scalar(list ? value->items[i] : value);
	*out = (struct policy_values){ items, count };
	return true;
}

/* Keys that every request has, from the principal; the context may say otherwise. */
static bool find_default(const struct explaining *e, struct str key, struct policy_values *out)
{
	struct str value = policy_principal_value(&e->principal, key);
	struct str *item = ARENA_NEW(e->arena, struct str);

	if (!value.p || !item)
		return false;
	*item = value;
	*out = (struct policy_values){ item, 1 };
	return true;
}

static bool find_in_context(void *argument, struct str key, struct policy_values *out)
{
	const struct explaining *e = argument;
	const struct json *context = given(e, "context");

	for (size_t i = 0; json_is(context, JSON_OBJECT) && i < context->count; i++) {
		if (str_eq_nocase(context->members[i].name, key))
			return fill(e->arena, context->members[i].value, out);
	}
	return find_default(e, key, out);
}

static struct str first_value(struct explaining *e, const char *key)
{
	struct policy_values values;

	return find_in_context(e, str_c(key), &values) && values.count > 0 ? values.items[0] : STR_NULL;
}

/* ---- the answer ---- */

static const struct json *source_json(struct arena *a, const struct policy_decision *d)
{
	struct json *source = json_new_object(a);

	json_put(a, source, STR("policy_type"), json_new_string(a, str_c(policy_source_name(d->source))));
	if (d->statement) {
		json_put(a, source, STR("policy_index"), json_new_i64(a, (int64_t)d->policy_index));
		json_put(a, source, STR("statement_index"), json_new_i64(a, (int64_t)d->statement->index));
		if (d->statement->sid.p)
			json_put(a, source, STR("sid"), json_new_string(a, d->statement->sid));
	}
	return source;
}

struct json *policy_decision_json(struct arena *a, const struct policy_decision *d, struct str action)
{
	struct json *out = json_new_object(a);
	struct str reason = policy_decision_reason(a, d, action);

	json_put(a, out, STR("decision"), json_new_string(a, str_c(policy_effect_name(d->effect))));
	json_put(a, out, STR("statement"), d->statement ? d->statement->json : &json_null);
	json_put(a, out, STR("source"), source_json(a, d));
	if (reason.n > 0)
		json_put(a, out, STR("reason"), json_new_string(a, reason));
	return out;
}

static bool starts_nocase(struct str text, struct str prefix)
{
	return str_eq_nocase(str_sub(text, 0, prefix.n), prefix);
}

static int read_request(struct explaining *e, struct policy_request *r)
{
	struct str principal = principal_text(given(e, "principal"));
	struct str resource = json_text(given(e, "resource"));

	r->action = json_text(given(e, "action"));
	if (!r->action.p)
		return fault(e, "action", "must be a text such as s3:GetObject");
	if (given(e, "context") && !json_is(given(e, "context"), JSON_OBJECT))
		return fault(e, "context", "must be an object of condition keys");
	r->resource = resource.p ? resource : STR("*");
	r->resource_policy_decides = starts_nocase(r->action, STR("sts:AssumeRole")) || starts_nocase(r->action, STR("kms:"));
	r->resource_account = first_value(e, "aws:ResourceAccount");
	policy_principal_of(e->arena, principal, &r->principal);
	r->principal.user_id = first_value(e, "aws:userid");
	e->principal = r->principal;
	return 0;
}

/* A trust policy has no Resource; it is told by that. */
static enum policy_kind resource_kind(const struct explaining *e, const struct policy_request *r)
{
	const struct json *document = given(e, "resource_policy");
	const struct json *statements = json_get_c(document, "Statement");
	const struct json *first = json_is(statements, JSON_ARRAY) ? json_at(statements, 0) : statements;
	bool trust = starts_nocase(r->action, STR("sts:")) && !json_get_c(first, "Resource") && !json_get_c(first, "NotResource");

	return trust ? POLICY_TRUST : POLICY_RESOURCE;
}

int policy_explain(struct arena *a, const struct json *request, const struct json **result, struct error *err)
{
	struct explaining e = { .arena = a, .request = request, .err = err };
	struct policy_request r = { .arena = a, .find = find_in_context, .argument = &e };
	struct policy_decision d;

	if (!json_is(request, JSON_OBJECT))
		return error_set(err, ERR_INVALID, "the request must be an object");
	int rc = read_request(&e, &r);
	if (rc == 0)
		rc = read_list(&e, "identity_policies", &r.identity, &r.identity_count);
	if (rc == 0)
		rc = read_one(&e, "resource_policy", resource_kind(&e, &r), &r.resource_policy);
	if (rc == 0)
		rc = read_one(&e, "permission_boundary", POLICY_IDENTITY, &r.boundary);
	if (rc == 0)
		rc = read_list(&e, "session_policies", &r.session, &r.session_count);
	if (rc < 0)
		return rc;
	policy_evaluate(&r, &d);
	*result = policy_decision_json(a, &d, r.action);
	return arena_failed(a) ? error_set(err, ERR_NO_MEMORY, "out of memory") : 0;
}
