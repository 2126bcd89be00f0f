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
	case PRINCIPAL_FEDERATED_USER:
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
	bool aws = p->kind != PRINCIPAL_SERVICE && p->kind != PRINCIPAL_ANONYMOUS;

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
	const struct policy **sessions; /* compiled session policies */
	size_t session_count;
	const struct policy *federated_root; /* root's right over the account, which its federated users have; NULL: not one */
};

static bool starts_nocase(struct str text, struct str prefix)
{
	return str_eq_nocase(str_sub(text, 0, prefix.n), prefix);
}

/* Of a role session's making; the role's trust policy must allow it. */
static bool asks_trust(const struct permission *p)
{
	bool more = str_eq_nocase(p->action, STR("sts:TagSession")) || str_eq_nocase(p->action, STR("sts:SetSourceIdentity"));

	return starts_nocase(p->action, STR("sts:AssumeRole")) || (more && str_find(p->resource, STR(":role/"), 0) >= 0);
}

static bool is_federated(const struct call *call)
{
	return call->principal.kind == PRINCIPAL_FEDERATED_USER;
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
	if (asks_trust(p)) {
		*role = grants_get(d->iam, p->resource);
		return *role ? (*role)->trust : NULL;
	}
	return starts_nocase(p->action, STR("iam:PassRole")) ? NULL : resource_policy(d, p->resource);
}

static void evaluate(struct decision *d, const struct permission *p, struct policy_decision *out)
{
	const struct grant *grant = d->context.grant;
	bool trust = asks_trust(p);
	struct grant *role = NULL;
	struct policy_request r = {
		.arena = &d->context.call->arena,
		.principal = d->context.principal,
		.action = p->action,
		.resource = p->resource,
		.find = context_find,
		.argument = &d->context,
		.session = d->sessions,
		.session_count = d->session_count,
		.resource_policy_decides = trust || starts_nocase(p->action, STR("kms:")),
	};

	d->context.action = p->action;
	d->context.resource = p->resource;
	r.resource_policy = find_resource_policy(d, p, &role);
	if (d->federated_root) {
		r.identity = &d->federated_root;
		r.identity_count = 1;
	} else if (grant && grant->exists) {
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
	bool root = d->context.call->principal.kind == PRINCIPAL_ROOT;
	bool allowed = decision.effect == POLICY_ALLOWED || (root && decision.effect != POLICY_EXPLICIT_DENY);
	return allowed ? 0 : deny(d, p, &decision);
}

/* The account itself may do everything but what a resource's policy denies to all; of a bucket's policy it stays the master.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html */
static bool is_free_root(const struct call *call)
{
	const char *name = call->operation->name;
	size_t n = strlen(name);

	if (call->principal.kind != PRINCIPAL_ROOT)
		return false;
	return !call->service->resource_policy || (n > 12 && strcmp(name + n - 12, "BucketPolicy") == 0);
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

static int compile_session_policies(struct decision *d, const struct json *documents, struct error *err)
{
	struct arena *a = &d->context.call->arena;
	bool list = json_is(documents, JSON_ARRAY);
	size_t count = list ? documents->count : 1;
	int rc = 0;

	d->sessions = arena_alloc_array(a, count, sizeof(*d->sessions));
	if (!d->sessions)
		return error_set(err, ERR_NO_MEMORY, "out of memory");
	for (; d->session_count < count && rc == 0; d->session_count++)
		rc = policy_compile(a, list ? documents->items[d->session_count] : documents, POLICY_IDENTITY,
				    &d->sessions[d->session_count], err);
	return rc;
}

/* Without session policies a federated user may do nothing of itself. */
static void limit_federated(struct decision *d)
{
	static const struct policy nothing = { NULL, 0 };
	static const struct policy *only[] = { &nothing };

	d->sessions = only;
	d->session_count = 1;
}

static int read_federated(struct decision *d, struct error *err)
{
	struct call *call = d->context.call;

	if (call->principal.session_policy.n == 0)
		limit_federated(d);
	if (!str_ends(call->principal.role_arn, STR(":root")))
		return 0;
	return policy_parse(
		&call->arena,
		STR("{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"),
		POLICY_IDENTITY, &d->federated_root, err);
}

static int read_session(struct decision *d)
{
	struct call *call = d->context.call;
	const struct principal *p = &call->principal;
	const struct json *documents;
	struct error err = { 0 };
	int rc = 0;

	if (p->session_keys.n > 0)
		rc = json_parse(&call->arena, p->session_keys, &d->context.session_keys, &err);
	if (rc == 0 && p->session_policy.n > 0)
		rc = json_parse(&call->arena, p->session_policy, &documents, &err);
	if (rc == 0 && p->session_policy.n > 0)
		rc = compile_session_policies(d, documents, &err);
	if (rc == 0 && is_federated(call))
		rc = read_federated(d, &err);
	if (rc == 0)
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

/* Whether the principal is, or is a session of, a user or role. */
static bool has_identity(const struct call *call)
{
	return call->principal.kind == PRINCIPAL_USER || call->principal.kind == PRINCIPAL_ROLE || is_federated(call);
}

/* Who asks, and by what he is judged. `d->context.grant` is to be given back. */
static int open_decision(struct decision *d)
{
	struct call *call = d->context.call;

	describe_principal(call, &d->context.principal);
	if (has_identity(call)) {
		d->context.grant =
			grants_get(d->iam, call->principal.role_arn.p ? call->principal.role_arn : call->principal.arn);
		if (!d->context.grant)
			return call_fault(call, NULL);
	}
	return read_session(d);
}

int iam_authorize(void *iam_state, struct call *call)
{
	struct decision d = { .iam = iam_state, .context = { .call = call } };

	if (is_free_root(call) || needs_no_leave(call))
		return 0;
	int rc = open_decision(&d);
	if (rc == 0)
		rc = check_operation(&d);
	if (rc == 0)
		rc = check_passed_roles(&d);
	if (rc == 0 && call->operation->probe_action)
		call->may_probe = probe(&d);
	grant_unref(d.context.grant);
	return rc;
}

bool iam_may(void *iam_state, struct call *call, struct str action, struct str resource)
{
	struct decision d = { .iam = iam_state, .context = { .call = call } };
	const struct permission asked = { action, resource };
	struct policy_decision decision = { .effect = POLICY_IMPLICIT_DENY };

	if (open_decision(&d) == 0) {
		evaluate(&d, &asked, &decision);
		if (decision.effect != POLICY_ALLOWED)
			log_denial(&d, &asked, &decision);
	}
	grant_unref(d.context.grant);
	return decision.effect == POLICY_ALLOWED && !arena_failed(&call->arena);
}
