/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS Identity and Access Management, API version 2010-05-08: roles, users, policies, access keys, OIDC providers; and the
 * decision about every call that is not root's. Source: IAM API Reference; IAM User Guide.
 */
#ifndef GLEANER_SERVICE_IAM_IAM_H
#define GLEANER_SERVICE_IAM_IAM_H

#include "service/service.h"

extern const struct service service_iam;

/* Host hooks; `iam_state` is the service's state. Any thread. */

/* Decides the call: 0, or ERR_DENIED with the service's own AccessDenied set and the deciding statement logged. */
int iam_authorize(void *iam_state, struct call *call);
/* The same about one action, without an answer. */
bool iam_may(void *iam_state, struct call *call, struct str action, struct str resource);
/* May a service take on the role? 0, ERR_NOT_FOUND (no such role), ERR_DENIED. */
int iam_may_assume(void *iam_state, struct str role_arn, struct str service_principal, struct str source_arn);
/* "AROA…:session"; absent when there is no such role. */
struct str iam_role_id(void *iam_state, struct arena *a, struct str role_arn, struct str session_name);

/* Web identities, session lengths and managed policies, as service.h says of the functions behind which they stand. The claims
 * of a token are condition keys of the provider's host and path ("token.actions.githubusercontent.com:sub"). */
int iam_find_provider(void *iam_state, struct arena *a, struct str issuer, struct host_web_identity *out);
int iam_may_assume_by_claims(void *iam_state, struct call *call, const struct host_web_identity *who, struct str action,
			     struct str role_arn);
int64_t iam_role_session_max(void *iam_state, struct str role_arn);
int iam_policy_document(void *iam_state, struct arena *a, struct str policy_arn, struct str *out);

#endif
