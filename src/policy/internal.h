/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiled statements, and what the files of this folder do for one another. Not for other folders.
 */
#ifndef GLEANER_POLICY_INTERNAL_H
#define GLEANER_POLICY_INTERNAL_H

#include "policy/policy.h"

/* A text with wildcards: '*' and '?' are kept as these bytes, so that texts put in for variables cannot act as wildcards. */
enum { GLOB_MANY = 0x01, GLOB_ONE = 0x02 };

struct pattern {
	struct str text; /* with GLOB_… bytes, or, when `variables`, as written */
	bool variables;  /* has ${…} to be expanded for each request */
};

struct patterns {
	struct pattern *items;
	size_t count;
};

enum principal_class { PRINCIPAL_AWS, PRINCIPAL_SERVICE, PRINCIPAL_FEDERATED, PRINCIPAL_CANONICAL };

struct principal_entry {
	enum principal_class class;
	struct str text;
};

/* How closely a statement names the one who asks; higher is closer. */
enum principal_match { MATCH_NONE, MATCH_ACCOUNT, MATCH_ROLE, MATCH_EXACT };

enum condition_family {
	FAMILY_STRING,
	FAMILY_STRING_NOCASE,
	FAMILY_STRING_LIKE,
	FAMILY_ARN,
	FAMILY_NUMERIC,
	FAMILY_DATE,
	FAMILY_BOOL,
	FAMILY_BINARY,
	FAMILY_IP,
	FAMILY_NULL,
};

enum condition_relation { RELATION_EQUAL, RELATION_LESS, RELATION_LESS_EQUAL, RELATION_GREATER, RELATION_GREATER_EQUAL };

enum condition_quantifier { QUANTIFIER_NONE, QUANTIFIER_ANY, QUANTIFIER_ALL };

struct condition {
	enum condition_family family;
	enum condition_relation relation;
	enum condition_quantifier quantifier;
	bool negated;
	bool if_exists;
	struct str key;
	struct patterns values;
};

struct policy_statement {
	const struct json *json;
	size_t index;
	struct str sid;
	bool allow;
	bool not_action, not_resource, not_principal;
	struct patterns actions;
	struct patterns resources; /* none in trust policies */
	struct principal_entry *principals;
	size_t principal_count;
	struct condition *conditions;
	size_t condition_count;
};

/* glob.c */
struct str glob_compile(struct arena *a, struct str text);
bool glob_match(struct str pattern, struct str text, bool ignore_case);
/* Component by component: arn:partition:service:region:account:resource. */
bool glob_match_arn(struct str pattern, struct str arn);

/* variable.c: ERR_NOT_FOUND when a variable has no value and no default: nothing matches then. */
bool text_has_variables(struct str text);
int pattern_expand(const struct policy_request *r, const struct pattern *p, struct str *out) MUST_CHECK;

/* condition.c */
int condition_read(struct arena *a, struct str operation, struct str key, const struct json *values, bool variables,
		   struct condition *out, struct error *err) MUST_CHECK;
bool conditions_hold(const struct policy_request *r, const struct policy_statement *s);
/* condition_value.c: one value of the request against one of the policy. */
bool condition_compare(const struct condition *c, struct str value, struct str wanted);

/* principal.c */
int principals_read(struct arena *a, const struct json *principal, struct policy_statement *out, struct error *err) MUST_CHECK;
enum principal_match principals_match(const struct policy_statement *s, const struct policy_principal *p);

#endif
