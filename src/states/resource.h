/* SPDX-License-Identifier: Apache-2.0
 *
 * What a Task calls: "arn:aws:states:::lambda:invoke.waitForTaskToken" in its parts. *Pure.*
 */
#ifndef GLEANER_STATES_RESOURCE_H
#define GLEANER_STATES_RESOURCE_H

#include "base/arena.h"

enum resource_kind { RESOURCE_FUNCTION, RESOURCE_INTEGRATION, RESOURCE_SDK };
enum resource_pattern { PATTERN_REQUEST, PATTERN_SYNC, PATTERN_SYNC2, PATTERN_TOKEN };

struct resource {
	enum resource_kind kind;
	enum resource_pattern pattern;
	struct str arn;     /* as written */
	struct str type;    /* as histories show it: "lambda", "aws-sdk:dynamodb" */
	struct str call;    /* as histories show it: "invoke", "startExecution.sync" */
	struct str service; /* "lambda", "dynamodb" */
	struct str action;  /* "invoke", "putItem" */
};

enum resource_fault { RESOURCE_OK, RESOURCE_NOT_ARN, RESOURCE_UNKNOWN, RESOURCE_PATTERN_EXPRESS };

/* `express` machines may not wait for a job or a token. Texts borrow from `arn`. */
enum resource_fault resource_parse(struct str arn, bool express, struct resource *out);

#endif
