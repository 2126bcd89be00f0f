/* SPDX-License-Identifier: Apache-2.0
 *
 * The layers that functions name. Records, in SPACE_LAMBDA:
 *   ("layer", name, ~version)   the LayerVersion as it is answered, "code": its folder, "policy": {"statements", "revision"}
 *   ("layer-count", name)       {"last": the newest version there ever was}
 */
#ifndef GLEANER_SERVICE_LAMBDA_LAYERS_H
#define GLEANER_SERVICE_LAMBDA_LAYERS_H

#include "service/lambda/function.h"

/* [{"Arn", "CodeSize", "folder"}] of a request's list of ARNs (NULL: NULL); "folder" is where its files lie below
 * <data>/functions and is not answered. Fails the call when one does not exist. Needs call->txn. */
int layers_check(struct call *call, const struct json *arns, const struct json **out) MUST_CHECK;

#endif
