/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies that AWS manages, as far as pipelines like this one attach them: names, paths, versions and documents as AWS publishes
 * them (AWS Managed Policy Reference Guide). They lie in managed_policies.jsonl, one a line, embedded in the program. *Pure.*
 */
#ifndef GLEANER_SERVICE_IAM_MANAGED_H
#define GLEANER_SERVICE_IAM_MANAGED_H

#include "format/json.h"

bool managed_is_arn(struct str arn); /* arn:aws:iam::aws:policy/… */
/* An object in the form of stored policies, but with its one "Document" as text; NULL when there is none of that ARN. */
const struct json *managed_find(struct arena *a, struct str arn);
/* Calls `each` for all of them until it answers false. */
void managed_each(struct arena *a, bool (*each)(void *argument, const struct json *policy), void *argument);

#endif
