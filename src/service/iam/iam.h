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
/* May a service take on the role? 0, ERR_NOT_FOUND (no such role), ERR_DENIED. */
int iam_may_assume(void *iam_state, struct str role_arn, struct str service_principal);
/* "AROA…:session"; absent when there is no such role. */
struct str iam_role_id(void *iam_state, struct arena *a, struct str role_arn, struct str session_name);

/* May a holder of a verified web identity token take on the role? `claims` is the token's payload; the provider's condition keys
 * are its host and path with the claim's name ("token.actions.githubusercontent.com:sub"). 0, ERR_NOT_FOUND (no such role or
 * provider), ERR_DENIED. */
int iam_may_assume_with_claims(void *iam_state, struct arena *a, struct str role_arn, struct str provider_arn,
			       const struct json *claims);

#endif
