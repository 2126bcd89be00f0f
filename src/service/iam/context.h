/* SPDX-License-Identifier: Apache-2.0
 *
 * The condition keys of a call. Source: "AWS global condition context keys", IAM User Guide; "Actions, resources, and condition
 * keys for Amazon S3", "… for AWS STS", "… for IAM", Service Authorization Reference.
 */
#ifndef GLEANER_SERVICE_IAM_CONTEXT_H
#define GLEANER_SERVICE_IAM_CONTEXT_H

#include "service/iam/grants.h"

struct context {
	struct call *call;
	struct grant *grant; /* NULL: the principal has none */
	struct policy_principal principal;
	struct str action, resource;         /* what is being decided */
	struct str passed_to;                /* iam:PassRole: the service that gets the role */
	const struct json *session_keys;     /* what the session carries; NULL: nothing */
	const struct host_web_identity *web; /* NULL: none */
};

/* For policy_request's `find`; `argument` is a struct context. */
bool context_find(void *argument, struct str key, struct policy_values *out);

#endif
