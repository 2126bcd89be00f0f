/* SPDX-License-Identifier: Apache-2.0
 *
 * ExplainAccess, which AWS has not: what would be decided about a principal's call, by which statement, and where that stands. It
 * is what `gleaner explain-access --principal` asks.
 */
#include "service/iam/context.h"
#include "service/iam/operations.h"

const struct bind iam_explain_fields[] = {
	BIND_STR(struct iam_input, arn, "PrincipalArn", .required = true, .min = 1, .max = 2048),
	BIND_STR(struct iam_input, name, "ActionName", .required = true, .min = 3, .max = 128),
	BIND_STR(struct iam_input, path, "ResourceArn", .required = true, .min = 1, .max = 2048),
	BIND_LIST(struct iam_input, context, "ContextEntries"),
	BIND_DONE,
};

struct explanation {
	struct call *call;
	struct context context;
	struct policy_request request;
	struct grant *grant; /* of the principal; NULL: it has none */
	struct grant *role;  /* whose trust policy is asked; NULL: none */
};

/* What is told about the request, else what this call has. */
static bool find(void *argument, struct str key, struct policy_values *out)
{
	struct explanation *e = argument;

	return iam_find_context_entry(e->call, key, out) || context_find(&e->context, key, out);
}

static bool starts_nocase(struct str text, struct str prefix)
{
	return str_eq_nocase(str_sub(text, 0, prefix.n), prefix);
}

/* ---- policies ---- */

static int read_principal(struct explanation *e)
{
	const struct iam_input *in = e->call->input;
	struct policy_principal *p = &e->request.principal;

	policy_principal_of(&e->call->arena, in->arn, p);
	e->context.principal = *p;
	if (p->kind != POLICY_USER && p->kind != POLICY_ROLE)
		return 0;
	e->grant = grants_get(e->call->state, p->role_arn.p ? p->role_arn : p->arn);
	if (!e->grant)
		return call_fault(e->call, NULL);
	if (!e->grant->exists)
		return call_failf(e->call, &iam_NoSuchEntity, "The entity with ARN " STR_FMT " cannot be found.",
				  STR_ARG(in->arn));
	p->user_id = e->grant->id;
	e->context.grant = e->grant;
	e->context.principal = *p;
	e->request.identity = e->grant->identity;
	e->request.identity_count = e->grant->identity_count;
	e->request.boundary = e->grant->boundary;
	return 0;
}

static int read_resource_policy(struct explanation *e)
{
	struct arena *a = &e->call->arena;
	struct str action = e->request.action, prefix = str_split(&action, ':');
	struct error err = { 0 };

	if (starts_nocase(e->request.action, STR("sts:AssumeRole"))) {
		e->role = grants_get(e->call->state, e->request.resource);
		e->request.resource_policy_decides = true;
		e->request.resource_policy = e->role ? e->role->trust : NULL;
		return e->role ? 0 : call_fault(e->call, NULL);
	}
	struct str document = host_resource_policy(e->call->host, a, prefix, e->request.resource);
	if (document.n > 0 && policy_parse(a, document, POLICY_RESOURCE, &e->request.resource_policy, &err) < 0)
		return call_failf(e->call, &iam_InvalidInput, "The resource's policy cannot be read: %s", err.message);
	return 0;
}

/* ---- the answer ---- */

static void put_place(struct explanation *e, struct json *answer, const char *type, struct str name, struct str attached_to)
{
	struct arena *a = &e->call->arena;
	struct json *place = json_new_object(a);

	put_text(a, place, "type", str_c(type));
	put_text(a, place, str_starts(name, STR("arn:")) ? "arn" : "name", name);
	put_text(a, place, "attached_to", attached_to);
	json_put(a, answer, STR("policy"), place);
}

/* Where the statement that decided stands. */
static void put_policy(struct explanation *e, struct json *answer, const struct policy_decision *d)
{
	struct str owner = e->request.principal.role_arn.p ? e->request.principal.role_arn : e->request.principal.arn;

	if (!d->statement)
		return;
	if (d->source == POLICY_FROM_IDENTITY) {
		struct str name = e->grant->identity_names[d->policy_index];
		put_place(e, answer, str_starts(name, STR("arn:")) ? "managed" : "inline", name,
			  e->grant->identity_owners[d->policy_index]);
	} else if (d->source == POLICY_FROM_BOUNDARY) {
		put_place(e, answer, "boundary", e->grant->boundary_arn, owner);
	} else {
		put_place(e, answer, e->role ? "trust" : "resource", STR_NULL, e->request.resource);
	}
}

static int answer(struct explanation *e)
{
	struct policy_decision d;

	policy_evaluate(&e->request, &d);
	/* A role that is not there lets nobody in. */
	if (e->role && !e->role->trust && d.effect == POLICY_ALLOWED)
		d = (struct policy_decision){ .effect = POLICY_IMPLICIT_DENY, .source = POLICY_FROM_RESOURCE };
	struct json *answer = policy_decision_json(&e->call->arena, &d, e->request.action);
	put_policy(e, answer, &d);
	write_str(&e->call->out, "Explanation", json_to_str(&e->call->arena, answer));
	return 0;
}

int iam_explain_access(struct call *call)
{
	const struct iam_input *in = call->input;
	struct explanation e = { .call = call,
				 .context = { .call = call },
				 .request = { .arena = &call->arena, .action = in->name, .resource = in->path, .find = find } };

	e.request.argument = &e;
	e.context.action = in->name;
	e.context.resource = in->path;
	int rc = read_principal(&e);
	if (rc == 0)
		rc = read_resource_policy(&e);
	if (rc == 0)
		rc = answer(&e);
	grant_unref(e.role);
	grant_unref(e.grant);
	return rc;
}
