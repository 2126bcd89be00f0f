/* SPDX-License-Identifier: Apache-2.0
 *
 * SimulateCustomPolicy and SimulatePrincipalPolicy: the evaluation that decides calls, asked about others. They run without a
 * snapshot, since reading a grant takes one of its own.
 */
#include "base/limits.h"
#include "service/iam/grants.h"
#include "service/iam/operations.h"

enum { SIMULATED_MAX = 1000 };

#define SIMULATION_FIELDS                                                                                                        \
	BIND_LIST(struct iam_input, actions, "ActionNames", .required = true, .min = 1, .max = 128),                             \
		BIND_LIST(struct iam_input, resources, "ResourceArns"),                                                          \
		BIND_LIST(struct iam_input, boundaries, "PermissionsBoundaryPolicyInputList", .max = 1),                         \
		BIND_LIST(struct iam_input, context, "ContextEntries"),                                                          \
		BIND_STR(struct iam_input, resource_policy, "ResourcePolicy"), BIND_STR(struct iam_input, caller, "CallerArn"),  \
		BIND_REFUSED("ResourceOwner"), BIND_REFUSED("ResourceHandlingOption"), FIELDS_PAGE

const struct bind iam_simulate_custom_fields[] = {
	BIND_LIST(struct iam_input, policies, "PolicyInputList", .required = true),
	SIMULATION_FIELDS,
	BIND_DONE,
};
const struct bind iam_simulate_principal_fields[] = {
	BIND_STR(struct iam_input, arn, "PolicySourceArn", .required = true, .min = 20, .max = 2048),
	BIND_LIST(struct iam_input, policies, "PolicyInputList"),
	SIMULATION_FIELDS,
	BIND_DONE,
};

struct simulation {
	struct call *call;
	struct policy_request request;
	const struct policy **identity;
	struct str *names; /* beside `identity` */
};

bool iam_find_context_entry(struct call *call, struct str key, struct policy_values *out)
{
	const struct iam_input *in = call->input;

	for (size_t i = 0; in->context && i < in->context->count; i++) {
		const struct json *entry = in->context->items[i], *values = json_get_c(entry, "ContextKeyValues");
		if (!str_eq_nocase(json_get_text(entry, STR("ContextKeyName")), key) || !json_is(values, JSON_ARRAY))
			continue;
		struct str *items = arena_alloc_array(&call->arena, values->count + 1, sizeof(*items));
		for (size_t k = 0; items && k < values->count; k++)
			items[k] = json_text(values->items[k]);
		*out = (struct policy_values){ items, values->count };
		return items != NULL;
	}
	return false;
}

static bool find_entry(void *argument, struct str key, struct policy_values *out)
{
	const struct simulation *s = argument;

	if (iam_find_context_entry(s->call, key, out))
		return true;
	struct str value = policy_principal_value(&s->request.principal, key);
	struct str *item = value.p ? ARENA_NEW(&s->call->arena, struct str) : NULL;
	if (!item)
		return false;
	*item = value;
	*out = (struct policy_values){ item, 1 };
	return true;
}

static int read_policy(struct simulation *s, struct str text, enum policy_kind kind, const struct policy **out)
{
	struct error err = { 0 };
	int rc = policy_parse(&s->call->arena, text, kind, out, &err);

	if (rc == ERR_INVALID)
		return call_failf(s->call, &iam_InvalidInput, "%s", err.message);
	return rc < 0 ? call_fault(s->call, &err) : 0;
}

static int add_inputs(struct simulation *s, const struct json *list)
{
	int rc = 0;

	for (size_t i = 0; list && i < list->count && rc == 0; i++) {
		size_t at = s->request.identity_count++;
		s->names[at] = arena_printf(&s->call->arena, "PolicyInputList.%zu", i + 1);
		rc = read_policy(s, json_text(list->items[i]), POLICY_IDENTITY, &s->identity[at]);
	}
	return rc;
}

static int prepare(struct simulation *s, size_t more)
{
	const struct iam_input *in = s->call->input;
	size_t count = (in->policies ? in->policies->count : 0) + more;
	int rc = 0;

	s->identity = arena_alloc_array(&s->call->arena, count + 1, sizeof(*s->identity));
	s->names = arena_alloc_array(&s->call->arena, count + 1, sizeof(*s->names));
	if (!s->identity || !s->names)
		return call_fault(s->call, NULL);
	s->request.arena = &s->call->arena;
	s->request.identity = s->identity;
	s->request.find = find_entry;
	s->request.argument = s;
	if (in->boundaries && in->boundaries->count > 0)
		rc = read_policy(s, json_text(in->boundaries->items[0]), POLICY_IDENTITY, &s->request.boundary);
	if (rc == 0 && in->resource_policy.p)
		rc = read_policy(s, in->resource_policy, POLICY_RESOURCE, &s->request.resource_policy);
	return rc;
}

/* ---- answers ---- */

static void write_result(struct simulation *s, struct page *page)
{
	struct writer *w = &s->call->out;
	struct policy_decision d;

	if (!page_takes(page))
		return;
	policy_evaluate(&s->request, &d);
	write_object(w, NULL);
	write_str(w, "EvalActionName", s->request.action);
	write_str(w, "EvalResourceName", s->request.resource);
	write_c(w, "EvalDecision", policy_effect_name(d.effect));
	write_list(w, "MatchedStatements", "member");
	if (d.statement) {
		bool identity = d.source == POLICY_FROM_IDENTITY;
		write_object(w, NULL);
		write_str(w, "SourcePolicyId", identity ? s->names[d.policy_index] : str_c(policy_source_name(d.source)));
		write_c(w, "SourcePolicyType", identity ? "IAM Policy" : "Resource Policy");
		write_end(w);
	}
	write_end(w);
	write_list(w, "MissingContextValues", "member");
	write_end(w);
	write_end(w);
}

static int write_results(struct simulation *s)
{
	const struct iam_input *in = s->call->input;
	static const struct json *const nothing[] = { NULL };
	const struct json *const *resources =
		in->resources && in->resources->count > 0 ? (const struct json *const *)in->resources->items : nothing;
	size_t count = in->resources && in->resources->count > 0 ? in->resources->count : 1;
	struct page page;
	int rc = page_begin(s->call, &page);

	if (rc < 0)
		return rc;
	if (in->actions->count * count > SIMULATED_MAX)
		return call_failf(s->call, &iam_InvalidInput, "Too many actions and resources to simulate at once.");
	write_list(&s->call->out, "EvaluationResults", "member");
	for (size_t i = 0; i < in->actions->count; i++) {
		s->request.action = json_text(in->actions->items[i]);
		for (size_t k = 0; k < count; k++) {
			struct str resource = json_text(resources[k]);
			s->request.resource = resource.p ? resource : STR("*");
			write_result(s, &page);
		}
	}
	write_end(&s->call->out);
	page_write(s->call, &page);
	return 0;
}

int iam_simulate_custom_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	struct simulation s = { .call = call };
	struct str caller = in->caller.p ? in->caller : entity_arn(call->host, &call->arena, "user", STR("/"), STR("simulated"));
	int rc = prepare(&s, 0);

	if (rc == 0)
		rc = add_inputs(&s, in->policies);
	if (rc < 0)
		return rc;
	policy_principal_of(&call->arena, caller, &s.request.principal);
	return write_results(&s);
}

int iam_simulate_principal_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	struct simulation s = { .call = call };
	struct policy_principal source;

	policy_principal_of(&call->arena, in->arn, &source); /* a session stands for its role */
	struct grant *grant = grants_get(call->state, source.kind == POLICY_ROLE ? source.role_arn : in->arn);

	if (!grant)
		return call_fault(call, NULL);
	if (!grant->exists) {
		grant_unref(grant);
		return call_failf(call, &iam_NoSuchEntity, "The entity with ARN " STR_FMT " cannot be found.", STR_ARG(in->arn));
	}
	int rc = prepare(&s, grant->identity_count);
	for (size_t i = 0; rc == 0 && i < grant->identity_count; i++) {
		s.identity[i] = grant->identity[i];
		s.names[i] = grant->identity_names[i];
		s.request.identity_count++;
	}
	if (rc == 0)
		rc = add_inputs(&s, in->policies);
	if (rc == 0 && !s.request.boundary)
		s.request.boundary = grant->boundary;
	if (rc == 0) {
		policy_principal_of(&call->arena, in->caller.p ? in->caller : in->arn, &s.request.principal);
		s.request.principal.user_id = grant->id;
		rc = write_results(&s);
	}
	grant_unref(grant);
	return rc;
}
