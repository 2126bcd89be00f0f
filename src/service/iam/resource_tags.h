/* SPDX-License-Identifier: Apache-2.0
 *
 * The tags of the resource that a call is about, for aws:ResourceTag: asked of the service that has it, by the operation that
 * lists them, which must be a read that answers at once.
 */
#ifndef GLEANER_SERVICE_IAM_RESOURCE_TAGS_H
#define GLEANER_SERVICE_IAM_RESOURCE_TAGS_H

#include "service/service.h"

/* {name: value}; NULL when it has none, or the service has no tags that policies may name. `action` tells the service. */
const struct json *resource_tags(struct host *host, struct arena *a, struct str action, struct str arn);

#endif
