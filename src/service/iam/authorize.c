/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision about a call: its principal's policies, the resource's, the context, the answer when it is no.
 */
#include "base/log.h"
#include "service/iam/context.h"
#include "service/iam/iam.h"
#include "service/iam/pass_role.h"

/* ---- who asks ---- */

static enum policy_principal_kind kind_of(const struct principal *p)
{
	switch (p->kind) {
	case PRINCIPAL_ROOT:
		return POLICY_ROOT;
	case PRINCIPAL_USER:
		return POLICY_USER;
	case PRINCIPAL_ROLE:
		return POLICY_ROLE;
	case PRINCIPAL_SERVICE:
		return POLICY_SERVICE;
	case PRINCIPAL_ANONYMOUS:
		break;
	}
	return POLICY_ANONYMOUS;
}

static void describe_principal(const struct call *call, struct policy_principal *out)
{
	const struct principal *p = &call->principal;
	bool aws = p->kind == PRINCIPAL_ROOT || p->kind == PRINCIPAL_USER || p->kind == PRINCIPAL_ROLE;

	*out = (struct policy_principal){ .kind = kind_of(p),
					  .arn = p->arn,
					  .role_arn = p->role_arn,
					  .user_id = p->user_id,
					  .account = aws ? host_account(call->host) : STR_NULL };
}

/* ---- what is asked ---- */

struct decision {
	struct iam *iam;
	struct context context;
	const struct policy *session; /* compiled session policy, NULL when none */
};

static bool starts_nocase(struct str text, struct str prefix)
{
	return str_eq_nocase(str_sub(text, 0, prefix.n), prefix);
}

static const struct policy *parse_resource_policy(struct call *call, struct str document)
{
	const struct policy *p = NULL;

	if (document.n > 0 && policy_parse(&call->arena, document, POLICY_RESOURCE, &p, NULL) < 0)
		log_warn("iam", "a resource's policy cannot be read service=%s request=%s", call->service->name,
			 call->request_id);
	return p;
}

static const struct policy *resource_policy(struct decision *d, struct str resource)
{
	struct call *call = d->context.call;
	struct store_txn *txn;

	if (!call->service->resource_policy || store_read_begin(host_store(d->iam->host), &txn, NULL) < 0)
		return NULL;
	struct str document = call->service->resource_policy(call, txn, resource);
	store_read_end(txn);
	return parse_resource_policy(call, document);
}

/* The policy that the resource itself has. Of a role it is the trust policy: `*role` must outlive its use. */
static const struct policy *find_resource_policy(struct decision *d, const struct permission *p, struct grant **role)
{
	if (starts_nocase(p->action, STR("sts:AssumeRole"))) {
		*role = grants_get(d->iam, p->resource);
		return *role ? (*role)->trust : NULL;
	}
	return starts_nocase(p->action, STR("iam:PassRole")) ? NULL : resource_policy(d, p->resource);
}

static void evaluate(struct decision *d, const struct permission *p, struct policy_decision *out)
{
	const struct grant *grant = d->context.grant;
	bool trust = starts_nocase(p->action, STR("sts:AssumeRole"));
	struct grant *role = NULL;
	struct policy_request r = {
		.arena = &d->context.call->arena,
		.principal = d->context.principal,
		.action = p->action,
		.resource = p->resource,
		.find = context_find,
		.argument = &d->context,
		.session = &d->session,
		.session_count = d->session ? 1 : 0,
		.resource_policy_decides = trust || starts_nocase(p->action, STR("kms:")),
	};

	r.resource_policy = find_resource_policy(d, p, &role);
	if (grant && grant->exists) {
		r.identity = grant->identity;
		r.identity_count = grant->identity_count;
		r.boundary = grant->boundary;
	}
	policy_evaluate(&r, out);
	/* A role that is not there lets nobody in. */
	if (trust && !r.resource_policy && out->effect == POLICY_ALLOWED)
		*out = (struct policy_decision){ .effect = POLICY_IMPLICIT_DENY, .source = POLICY_FROM_RESOURCE };
	grant_unref(role);
}

/* ---- the answer no ---- */

static struct str policy_name(const struct decision *d, const struct policy_decision *p)
{
	const struct grant *g = d->context.grant;

	if (p->source == POLICY_FROM_IDENTITY && p->statement && g && p->policy_index < g->identity_count)
		return g->identity_names[p->policy_index];
	return str_c(policy_source_name(p->source));
}

static void log_denial(const struct decision *d, const struct permission *asked, const struct policy_decision *p)
{
	struct call *call = d->context.call;
	struct str sid = p->statement ? policy_statement_sid(p->statement) : STR_NULL;
	struct str statement = p->statement ? json_to_str(&call->arena, policy_statement_json(p->statement)) : STR("none");
	struct str name = policy_name(d, p);

	log_info("iam",
		 "access denied request=%s principal=" STR_FMT " action=" STR_FMT " resource=" STR_FMT
		 " decision=%s policy=" STR_FMT " sid=" STR_FMT " statement=" STR_FMT,
		 call->request_id, STR_ARG(call->principal.arn), STR_ARG(asked->action), STR_ARG(asked->resource),
		 policy_effect_name(p->effect), STR_ARG(name), STR_ARG(sid), STR_ARG(statement));
}

/* Code and status as the service's protocol has them. */
static const struct service_error *denied_error(const struct call *call)
{
	static const struct service_error json = { "AccessDeniedException", 400, NULL },
					  rest = { "AccessDeniedException", 403, NULL };
	static const struct service_error xml = { "AccessDenied", 403, NULL }, sns = { "AuthorizationError", 403, NULL };

	if (str_eq(str_c(call->service->name), STR("sns")))
		return &sns;
	switch (call->service->protocol) {
	case PROTOCOL_JSON:
		return &json;
	case PROTOCOL_REST_JSON:
		return &rest;
	case PROTOCOL_REST_XML:
	case PROTOCOL_QUERY:
		break;
	}
	return &xml;
}

static int deny(struct decision *d, const struct permission *asked, const struct policy_decision *p)
{
	struct call *call = d->context.call;
	const char *quote = call->service->protocol == PROTOCOL_REST_XML ? "\"" : "";
	struct str reason = policy_decision_reason(&call->arena, p, asked->action);

	log_denial(d, asked, p);
	if (call->principal.kind == PRINCIPAL_ANONYMOUS)
		(void)call_failf(call, denied_error(call), "Access Denied");
	else
		(void)call_failf(call, denied_error(call),
				 "User: " STR_FMT " is not authorized to perform: " STR_FMT " on resource: %s" STR_FMT
				 "%s " STR_FMT,
				 STR_ARG(call->principal.arn), STR_ARG(asked->action), quote, STR_ARG(asked->resource), quote,
				 STR_ARG(reason));
	return ERR_DENIED;
}

/* ---- all that a call needs ---- */

/* Prefixes of actions that differ from the service's name here. */
static const char *action_prefix(const struct service *service)
{
	if (str_eq(str_c(service->name), STR("monitoring")))
		return "cloudwatch";
	if (str_eq(str_c(service->name), STR("apigatewayv2")))
		return "apigateway";
	return service->signing_name ? service->signing_name : service->name;
}

/* `action` may be given with or without its prefix. */
static struct str action_of(struct call *call)
{
	const char *action = call->operation->action ? call->operation->action : call->operation->name;

	if (str_find_char(str_c(action), ':', 0) >= 0)
		return str_c(action);
	return arena_printf(&call->arena, "%s:%s", action_prefix(call->service), action);
}

/* What anyone with credentials may do, or what decides for itself. */
static bool needs_no_leave(const struct call *call)
{
	static const char *const free_calls[] = { "GetCallerIdentity", "GetSessionToken", "AssumeRoleWithWebIdentity", NULL };

	if (!str_eq(str_c(call->service->name), STR("sts")))
		return false;
	for (size_t i = 0; free_calls[i]; i++) {
		if (str_eq(str_c(call->operation->name), str_c(free_calls[i])))
			return true;
	}
	return false;
}

static int check(struct decision *d, const struct permission *p)
{
	struct policy_decision decision;

	evaluate(d, p, &decision);
	if (arena_failed(&d->context.call->arena)) /* a value may be missing from the decision */
		return call_fault(d->context.call, NULL);
	return decision.effect == POLICY_ALLOWED ? 0 : deny(d, p, &decision);
}

static int check_operation(struct decision *d)
{
	struct call *call = d->context.call;
	const struct operation *op = call->operation;
	const struct permission *list;
	int rc = 0;

	if (op->permissions) {
		size_t count = op->permissions(call, &list);
		if (arena_failed(&call->arena))
			return call_fault(call, NULL);
		for (size_t i = 0; i < count && rc == 0; i++)
			rc = check(d, &list[i]);
		return rc;
	}
	struct str resource = op->resource ? op->resource(call) : STR_NULL;
	const struct permission one = { action_of(call), resource.n > 0 ? resource : STR("*") };
	return check(d, &one);
}

static int check_passed_roles(struct decision *d)
{
	struct passed_role roles[PASSED_ROLES_MAX];
	size_t count = pass_role_find(d->context.call, roles);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct permission pass = { STR("iam:PassRole"), roles[i].role_arn };
		d->context.passed_to = roles[i].service;
		rc = check(d, &pass);
	}
	d->context.passed_to = STR_NULL;
	return rc;
}

static int read_session_policy(struct decision *d)
{
	struct call *call = d->context.call;
	struct str text = call->principal.session_policy;
	struct error err = { 0 };

	if (text.n == 0 || policy_parse(&call->arena, text, POLICY_IDENTITY, &d->session, &err) == 0)
		return 0;
	log_warn("iam", "a session's policy cannot be read request=%s", call->request_id);
	return call_failf(call, denied_error(call), "The session policy cannot be read: %s", err.message);
}

static bool probe(struct decision *d)
{
	struct call *call = d->context.call;
	const struct permission p = { str_c(call->operation->probe_action), call->operation->probe_resource(call) };
	struct policy_decision decision = { 0 };

	evaluate(d, &p, &decision);
	return decision.effect == POLICY_ALLOWED;
}

int iam_authorize(void *iam_state, struct call *call)
{
	struct decision d = { .iam = iam_state, .context = { .call = call } };
	struct grant *grant = NULL;

	if (call->principal.kind == PRINCIPAL_ROOT || needs_no_leave(call))
		return 0;
	describe_principal(call, &d.context.principal);
	if (call->principal.kind == PRINCIPAL_USER || call->principal.kind == PRINCIPAL_ROLE) {
		grant = grants_get(d.iam,
				   call->principal.kind == PRINCIPAL_ROLE ? call->principal.role_arn : call->principal.arn);
		if (!grant)
			return call_fault(call, NULL);
	}
	d.context.grant = grant;
	int rc = read_session_policy(&d);
	if (rc == 0)
		rc = check_operation(&d);
	if (rc == 0)
		rc = check_passed_roles(&d);
	if (rc == 0 && call->operation->probe_action)
		call->may_probe = probe(&d);
	grant_unref(grant);
	return rc;
}

/* ---- trust, asked outside a call ---- */

struct claims_context {
	struct arena *arena;
	struct str provider; /* host and path of the provider's URL */
	const struct json *claims;
};

/* "token.actions.githubusercontent.com:sub" */
static bool find_claim(void *argument, struct str key, struct policy_values *out)
{
	const struct claims_context *c = argument;

	if (!starts_nocase(key, c->provider) || key.n <= c->provider.n || key.p[c->provider.n] != ':')
		return false;
	const struct json *claim = json_get(c->claims, str_from(key, c->provider.n + 1));
	size_t count = json_is(claim, JSON_ARRAY) ? claim->count : 1;
	struct str *items = claim ? arena_alloc_array(c->arena, count + 1, sizeof(*items)) : NULL;
	if (!items)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct json *v = json_is(claim, JSON_ARRAY) ? claim->items[i] : claim;
		items[i] = json_is(v, JSON_BOOL)                                ? v->boolean ? STR("true") : STR("false")
							  : json_is(v, JSON_NUMBER) || json_is(v, JSON_STRING) ? v->text
										: STR("");
	}
	*out = (struct policy_values){ items, count };
	return true;
}

static int ask_trust(struct iam *iam, struct str role_arn, struct policy_request *r)
{
	struct policy_decision decision;
	struct grant *role = grants_get(iam, role_arn);
	int rc = !role ? ERR_UNAVAILABLE : !role->exists ? ERR_NOT_FOUND : 0;

	if (rc == 0) {
		r->resource = role_arn;
		r->resource_policy = role->trust;
		policy_evaluate(r, &decision);
		rc = decision.effect == POLICY_ALLOWED ? 0 : ERR_DENIED;
		if (rc < 0)
			log_info("iam",
				 "access denied principal=" STR_FMT " action=" STR_FMT " resource=" STR_FMT
				 " decision=%s policy=trust",
				 STR_ARG(r->principal.arn), STR_ARG(r->action), STR_ARG(role_arn),
				 policy_effect_name(decision.effect));
	}
	grant_unref(role);
	return rc;
}

int iam_may_assume(void *iam_state, struct str role_arn, struct str service_principal)
{
	struct arena a;
	struct policy_request r = { .arena = &a,
				    .action = STR("sts:AssumeRole"),
				    .principal = { .kind = POLICY_SERVICE, .arn = service_principal } };

	arena_init(&a, 65536);
	int rc = ask_trust(iam_state, role_arn, &r);
	arena_release(&a);
	return rc;
}

int iam_may_assume_with_claims(void *iam_state, struct arena *a, struct str role_arn, struct str provider_arn,
			       const struct json *claims)
{
	struct iam *iam = iam_state;
	struct claims_context context = { .arena = a, .claims = claims };
	struct policy_request r = { .arena = a,
				    .action = STR("sts:AssumeRoleWithWebIdentity"),
				    .find = find_claim,
				    .argument = &context,
				    .principal = { .kind = POLICY_FEDERATED, .arn = provider_arn } };
	const struct json *provider = NULL;
	struct store_txn *txn;
	int rc = store_read_begin(host_store(iam->host), &txn, NULL);

	if (rc < 0)
		return rc;
	rc = model_read_arn(iam, txn, a, "oidc", provider_arn, &provider);
	store_read_end(txn);
	if (rc < 0 || !provider)
		return rc < 0 ? rc : ERR_NOT_FOUND;
	context.provider = json_get_text(provider, STR("Url"));
	return ask_trust(iam, role_arn, &r);
}

struct str iam_role_id(void *iam_state, struct arena *a, struct str role_arn, struct str session_name)
{
	struct grant *role = grants_get(iam_state, role_arn);
	struct str id = STR_NULL;

	if (role && role->exists)
		id = arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(role->id), STR_ARG(session_name));
	grant_unref(role);
	return id;
}
