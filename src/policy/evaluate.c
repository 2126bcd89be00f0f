/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision. Source: "Policy evaluation logic", "Evaluating identity-based policies with permissions boundaries / session
 * policies", "Cross-account policy evaluation logic", IAM User Guide.
 *
 *   any applicable statement denies                      -> explicitDeny
 *   same account: a resource policy's Allow suffices; where it names the role, or the user who federated, boundary and session
 *     policy must allow too; where it names the session, the user or everyone ("*") they need not; where it names the account it
 *     only opens the door to identity policies
 *   same account, else: an identity policy's Allow, and the boundary's and the session policy's where there are any
 *   another account: both sides must allow
 *   services and anonymous callers: the resource policy must allow
 *   trust and key policies: nobody passes whom they do not let in
 */
#include "policy/internal.h"

/* ---- one statement ---- */

static bool match_actions(const struct policy_statement *s, struct str action)
{
	for (size_t i = 0; i < s->actions.count; i++) {
		if (glob_match(s->actions.items[i].text, action, true))
			return !s->not_action;
	}
	return s->not_action;
}

/* NotResource excepts what its patterns match; a pattern whose variable has no value matches nothing. */
static bool match_resources(const struct policy_request *r, const struct policy_statement *s)
{
	if (s->resources.count == 0)
		return true;
	for (size_t i = 0; i < s->resources.count; i++) {
		struct str pattern;
		if (pattern_expand(r, &s->resources.items[i], &pattern) == 0 && glob_match(pattern, r->resource, false))
			return !s->not_resource;
	}
	return s->not_resource;
}

static bool applies(const struct policy_request *r, const struct policy_statement *s)
{
	return match_actions(s, r->action) && match_resources(r, s) && conditions_hold(r, s);
}

/* ---- one set of policies ---- */

/* "The NotPrincipal element with a Deny effect will always deny any IAM principal that has a permissions boundary policy
 * attached, regardless of the values specified in the NotPrincipal element." ("Permissions boundaries for IAM entities") */
static enum principal_match match_principals(const struct policy_request *r, const struct policy_statement *s)
{
	bool entity = r->principal.kind == POLICY_USER || r->principal.kind == POLICY_ROLE;

	if (s->not_principal && !s->allow && r->boundary && entity)
		return MATCH_EXACT;
	return principals_match(s, &r->principal);
}

/* What a set of policies of one source says. */
struct verdict {
	const struct policy_statement *allow, *deny;
	size_t allow_policy, deny_policy;
	enum principal_match closeness; /* of the closest Allow, resource policies only */
};

static void judge_statement(const struct policy_request *r, const struct policy_statement *s, size_t index, bool resource,
			    struct verdict *v)
{
	enum principal_match match = resource ? match_principals(r, s) : MATCH_EXACT;

	if (match == MATCH_NONE || (v->allow && s->allow && match <= v->closeness) || (v->deny && !s->allow) || !applies(r, s))
		return;
	if (!s->allow) {
		v->deny = s;
		v->deny_policy = index;
		return;
	}
	v->allow = s;
	v->allow_policy = index;
	v->closeness = match;
}

static void judge(const struct policy_request *r, const struct policy *const *policies, size_t count, bool resource,
		  struct verdict *v)
{
	*v = (struct verdict){ .closeness = MATCH_NONE };
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; policies[i] && k < policies[i]->count; k++)
			judge_statement(r, &policies[i]->statements[k], i, resource, v);
	}
}

/* ---- all of them ---- */

struct verdicts {
	struct verdict identity, resource, boundary, session;
};

static void decide(struct policy_decision *out, enum policy_effect effect, enum policy_source source,
		   const struct policy_statement *s, size_t policy_index)
{
	*out = (struct policy_decision){ effect, source, policy_index, s };
}

static bool find_deny(const struct verdicts *v, struct policy_decision *out)
{
	const struct {
		const struct verdict *verdict;
		enum policy_source source;
	} all[] = { { &v->identity, POLICY_FROM_IDENTITY },
		    { &v->resource, POLICY_FROM_RESOURCE },
		    { &v->boundary, POLICY_FROM_BOUNDARY },
		    { &v->session, POLICY_FROM_SESSION } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!all[i].verdict->deny)
			continue;
		decide(out, POLICY_EXPLICIT_DENY, all[i].source, all[i].verdict->deny, all[i].verdict->deny_policy);
		return true;
	}
	return false;
}

/* The account in an ARN; absent where ARNs have none (S3). */
static struct str arn_account(struct str arn)
{
	struct str rest = arn, account = STR_NULL;

	if (!str_starts(arn, STR("arn:")))
		return STR_NULL;
	for (int i = 0; i < 5; i++)
		account = str_split(&rest, ':');
	return account.n > 0 && !str_eq(account, STR("*")) ? account : STR_NULL;
}

static bool is_other_account(const struct policy_request *r)
{
	struct str owner = r->resource_account.p ? r->resource_account : arn_account(r->resource);

	return owner.p && r->principal.account.p && !str_eq(owner, r->principal.account);
}

static void allow_from(struct policy_decision *out, enum policy_source source, const struct verdict *v)
{
	decide(out, POLICY_ALLOWED, source, v->allow, v->allow_policy);
}

static void refuse_for(struct policy_decision *out, enum policy_source source)
{
	decide(out, POLICY_IMPLICIT_DENY, source, NULL, 0);
}

/* Boundary and session policies, where there are any, must allow too. */
static bool limits_allow(const struct policy_request *r, const struct verdicts *v, struct policy_decision *out)
{
	if (r->boundary && !v->boundary.allow) {
		refuse_for(out, POLICY_FROM_BOUNDARY);
		return false;
	}
	if (r->session_count > 0 && !v->session.allow) {
		refuse_for(out, POLICY_FROM_SESSION);
		return false;
	}
	return true;
}

static void decide_by_identity(const struct policy_request *r, const struct verdicts *v, struct policy_decision *out)
{
	if (r->principal.kind == POLICY_ROOT)
		decide(out, POLICY_ALLOWED, POLICY_FROM_NOWHERE, NULL, 0);
	else if (!v->identity.allow)
		refuse_for(out, POLICY_FROM_IDENTITY);
	else if (limits_allow(r, v, out))
		allow_from(out, POLICY_FROM_IDENTITY, &v->identity);
}

static void decide_same_account(const struct policy_request *r, const struct verdicts *v, struct policy_decision *out)
{
	if (r->resource_policy_decides && r->resource_policy && !v->resource.allow)
		refuse_for(out, POLICY_FROM_RESOURCE);
	else if (v->resource.closeness == MATCH_EXACT)
		allow_from(out, POLICY_FROM_RESOURCE, &v->resource);
	else if (v->resource.closeness != MATCH_ROLE)
		decide_by_identity(r, v, out);
	else if (limits_allow(r, v, out))
		allow_from(out, POLICY_FROM_RESOURCE, &v->resource);
}

static void decide_other_account(const struct policy_request *r, const struct verdicts *v, struct policy_decision *out)
{
	if (!v->resource.allow)
		refuse_for(out, POLICY_FROM_RESOURCE);
	else
		decide_by_identity(r, v, out);
}

static bool has_no_policies(const struct policy_request *r)
{
	return r->principal.kind == POLICY_ANONYMOUS || r->principal.kind == POLICY_SERVICE ||
	       r->principal.kind == POLICY_FEDERATED;
}

void policy_evaluate(const struct policy_request *r, struct policy_decision *out)
{
	struct verdicts v;

	judge(r, r->identity, r->identity_count, false, &v.identity);
	judge(r, &r->resource_policy, 1, true, &v.resource);
	judge(r, &r->boundary, 1, false, &v.boundary);
	judge(r, r->session, r->session_count, false, &v.session);
	if (find_deny(&v, out))
		return;
	if (has_no_policies(r)) {
		if (v.resource.allow)
			allow_from(out, POLICY_FROM_RESOURCE, &v.resource);
		else
			refuse_for(out, POLICY_FROM_RESOURCE);
	} else if (is_other_account(r)) {
		decide_other_account(r, &v, out);
	} else {
		decide_same_account(r, &v, out);
	}
}

/* ---- words ---- */

const char *policy_effect_name(enum policy_effect effect)
{
	static const char *const names[] = { "allowed", "explicitDeny", "implicitDeny" };

	return names[effect];
}

const char *policy_source_name(enum policy_source source)
{
	static const char *const names[] = { "identity", "resource", "boundary", "session", "none" };

	return names[source];
}

struct str policy_decision_reason(struct arena *a, const struct policy_decision *d, struct str action)
{
	static const char *const denying[] = { "an identity-based policy", "a resource-based policy", "a permissions boundary",
					       "a session policy", "a policy" };
	static const char *const lacking[] = { "identity-based policy", "resource-based policy", "permissions boundary",
					       "session policy", "policy" };

	if (d->effect == POLICY_EXPLICIT_DENY)
		return arena_printf(a, "with an explicit deny in %s", denying[d->source]);
	if (d->effect == POLICY_IMPLICIT_DENY)
		return arena_printf(a, "because no %s allows the " STR_FMT " action", lacking[d->source], STR_ARG(action));
	return STR("");
}
