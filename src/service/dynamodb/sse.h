/* SPDX-License-Identifier: Apache-2.0
 *
 * The KMS key of a table's encryption: asked of the kms service, which knows the ARN behind a name.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_SSE_H
#define GLEANER_SERVICE_DYNAMODB_SSE_H

#include "service/service.h"

/* Goes on with `next` and the key's ARN; at once and with an absent one when the specification asks for no KMS key (or is NULL),
 * or no kms service runs. Returns as an asynchronous operation does. A key that does not exist fails the call. */
int sse_find_key(struct call *call, const struct json *specification, int (*next)(struct call *call, struct str key_arn));

#endif
