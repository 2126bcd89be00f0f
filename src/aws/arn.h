/* SPDX-License-Identifier: Apache-2.0
 *
 * Amazon Resource Names: arn:partition:service:region:account:resource. *Pure.*
 */
#ifndef GLEANER_AWS_ARN_H
#define GLEANER_AWS_ARN_H

#include "base/arena.h"

struct arn {
	struct str partition, service, region, account, resource; /* borrowed from the text */
};

int arn_parse(struct str text, struct arn *out) MUST_CHECK; /* ERR_INVALID */
struct str arn_format(struct arena *a, const char *service, struct str region, struct str account, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* The part of `resource` after its first '/' or ':' ("role/x" -> "x"); the whole when there is none. */
struct str arn_resource_id(struct str resource);

#endif
