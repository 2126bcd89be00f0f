/* SPDX-License-Identifier: Apache-2.0
 *
 * Which operations hand a role to a service, and so need iam:PassRole on it. Source: "Grant a user permissions to pass a role to
 * an AWS service", IAM User Guide.
 */
#ifndef GLEANER_SERVICE_IAM_PASS_ROLE_H
#define GLEANER_SERVICE_IAM_PASS_ROLE_H

#include "service/service.h"

enum { PASSED_ROLES_MAX = 16 };

struct passed_role {
	struct str role_arn;
	struct str service; /* "lambda.amazonaws.com" */
};

/* The roles that this call passes; at most PASSED_ROLES_MAX. Returns their count. */
size_t pass_role_find(const struct call *call, struct passed_role out[PASSED_ROLES_MAX]);

#endif
