/* SPDX-License-Identifier: Apache-2.0
 *
 * What a role or user is judged by, compiled: identity policies, boundary, trust policy. Cached by ARN and dropped when the
 * model's revision moves on, so that a decision costs a lookup and the evaluation. Safe from any thread; a grant is immutable and
 * reference-counted.
 */
#ifndef GLEANER_SERVICE_IAM_GRANTS_H
#define GLEANER_SERVICE_IAM_GRANTS_H

#include "policy/policy.h"
#include "service/iam/model.h"

struct grant {
	atomic_int references;
	struct arena arena;
	uint64_t revision;
	bool exists;
	struct str id;           /* RoleId or UserId */
	const struct json *tags; /* {name: value}, NULL when none */
	const struct policy **identity;
	struct str *identity_owners; /* beside `identity`: the ARN of what has it: the entity itself or a group */
	struct str *identity_names;  /* beside `identity`: policy names and ARNs, for logs */
	size_t identity_count;
	const struct policy *boundary; /* NULL: none */
	struct str boundary_arn;
	const struct policy *trust; /* roles */
	int64_t session_max_s;      /* roles: MaxSessionDuration */
};

int grants_new(struct grants **out, struct error *err) MUST_CHECK;
void grants_free(struct grants *g);

/* The grant of "arn:aws:iam::…:role/…" or "…:user/…"; `exists` is false for one that is not there. NULL when memory or the store
 * fails. */
struct grant *grants_get(struct iam *iam, struct str arn);
void grant_unref(struct grant *g);

#endif
