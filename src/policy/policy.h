/* SPDX-License-Identifier: Apache-2.0
 *
 * IAM policy documents and their evaluation, as AWS documents it ("Policy evaluation logic", "IAM JSON policy element reference",
 * IAM User Guide). *Pure.*
 *
 * A document is compiled once (policy_parse) and may then be evaluated from any thread, any number of times. It lives in the
 * arena it was parsed in and borrows from its text. Evaluation allocates nothing but expanded policy variables, in the arena the
 * request names.
 */
#ifndef GLEANER_POLICY_POLICY_H
#define GLEANER_POLICY_POLICY_H

#include "format/json.h"

enum {
	POLICY_STATEMENTS_MAX = 1000,
	POLICY_TEXT_MAX = 131072, /* characters; the services' own limits are smaller */
};

enum policy_kind {
	POLICY_IDENTITY, /* of users, roles, groups; boundaries and session policies: no Principal */
	POLICY_RESOURCE, /* of buckets, queues, functions: Principal required */
	POLICY_TRUST,    /* of roles: Principal required, no Resource */
};

struct policy_statement;

struct policy {
	struct policy_statement *statements;
	size_t count;
};

/* ERR_INVALID with AWS's sentence for a malformed document; ERR_NO_MEMORY. */
int policy_parse(struct arena *a, struct str text, enum policy_kind kind, const struct policy **out,
		 struct error *err) MUST_CHECK;
/* The same for a document that is JSON already. */
int policy_compile(struct arena *a, const struct json *document, enum policy_kind kind, const struct policy **out,
		   struct error *err) MUST_CHECK;

/* For logs and explanations. */
struct str policy_statement_sid(const struct policy_statement *s); /* absent when it has none */
const struct json *policy_statement_json(const struct policy_statement *s);
size_t policy_statement_index(const struct policy_statement *s);

/* Who asks. */
enum policy_principal_kind {
	POLICY_ANONYMOUS,
	POLICY_ROOT,      /* the account itself */
	POLICY_USER,      /* or a session of one, who federated */
	POLICY_ROLE,      /* a session of a role */
	POLICY_FEDERATED, /* a web identity at the door of sts */
	POLICY_SERVICE,
};

struct policy_principal {
	enum policy_principal_kind kind;
	struct str arn;      /* user, session (arn:aws:sts::…:assumed-role/r/s), root; a service's or provider's name */
	struct str role_arn; /* of a session: the role, or the user who federated; absent else */
	struct str account;  /* absent for services and anonymous */
	struct str user_id;  /* AIDA…, AROA…:session; absent when not known */
};

/* Reads what `arn` says; a service is "x.amazonaws.com", anonymous "*". */
void policy_principal_of(struct arena *a, struct str arn, struct policy_principal *out);

/* The keys a request has by its principal: aws:PrincipalArn (a session's role), aws:PrincipalAccount, aws:PrincipalType,
 * aws:userid, aws:username. Absent for others. */
struct str policy_principal_value(const struct policy_principal *p, struct str key);

/* Values of a context key. */
struct policy_values {
	const struct str *items;
	size_t count;
};

struct policy_request {
	struct arena *arena;
	struct policy_principal principal;
	struct str action;           /* "s3:GetObject" */
	struct str resource;         /* an ARN, or "*" */
	struct str resource_account; /* absent: the principal's own, unless the ARN names another */
	/* Looks a condition key up (any case); false when the request does not have it. */
	bool (*find)(void *argument, struct str key, struct policy_values *out);
	void *argument;

	const struct policy *const *identity;
	size_t identity_count;
	const struct policy *resource_policy; /* NULL: none */
	const struct policy *boundary;        /* NULL: none */
	const struct policy *const *session;
	size_t session_count;         /* 0: none; several are alternatives, as one document would be */
	bool resource_policy_decides; /* trust and key policies: without their leave nobody may */
};

enum policy_effect { POLICY_ALLOWED, POLICY_EXPLICIT_DENY, POLICY_IMPLICIT_DENY };

enum policy_source {
	POLICY_FROM_IDENTITY,
	POLICY_FROM_RESOURCE,
	POLICY_FROM_BOUNDARY,
	POLICY_FROM_SESSION,
	POLICY_FROM_NOWHERE, /* root's own right */
};

struct policy_decision {
	enum policy_effect effect;
	enum policy_source source; /* whose statement decided, or, of an implicit deny, which kind of policy lacks one */
	size_t policy_index;       /* among the policies of that source */
	const struct policy_statement *statement; /* NULL for implicit denies and root's right */
};

void policy_evaluate(const struct policy_request *request, struct policy_decision *out);

/* "because no identity-based policy allows the s3:GetObject action", "with an explicit deny in a resource-based policy". */
struct str policy_decision_reason(struct arena *a, const struct policy_decision *d, struct str action);
const char *policy_effect_name(enum policy_effect effect); /* "allowed", "explicitDeny", "implicitDeny" */
const char *policy_source_name(enum policy_source source); /* "identity", "resource", "boundary", "session", "none" */

/* The answer of `gleaner explain-access`: {"decision","statement","source","reason"}; a new object that may be added to. */
struct json *policy_decision_json(struct arena *a, const struct policy_decision *d, struct str action);

/* `gleaner explain-access --request`: {identity_policies[], resource_policy, permission_boundary, session_policies[], principal,
 * action, resource, context{}} to {"decision","statement","source","reason"}. Policies may be objects or JSON texts. ERR_INVALID
 * names the member at fault. */
int policy_explain(struct arena *a, const struct json *request, const struct json **result, struct error *err) MUST_CHECK;

#endif
