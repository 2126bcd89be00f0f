/* SPDX-License-Identifier: Apache-2.0
 *
 * What a target receives of an event: all of it, a part (InputPath), a constant (Input), or a text made from parts of it
 * (InputTransformer). Source: "Amazon EventBridge input transformation", EventBridge User Guide.
 *
 * Variables of a template stand as <name>. Outside quotes their JSON takes the place; inside quotes a string gives its bare
 * text and anything else its JSON without quotes. A variable whose path finds nothing is the empty string. *Pure.*
 */
#ifndef GLEANER_EVENTS_TRANSFORM_H
#define GLEANER_EVENTS_TRANSFORM_H

#include "format/json.h"

enum {
	TRANSFORM_VARIABLES_MAX = 100, /* "You can define up to 100 variables" */
	TRANSFORM_TEMPLATE_MAX = 8192,
};

/* What the reserved variables stand for, and the event itself. */
struct transform_context {
	const struct json *event;
	struct str rule_arn, rule_name;
	struct str ingestion_time; /* ISO 8601 */
};

/* "$", or "$.a.b[0].c" with names as letters, digits, '_' and '-', or quoted as ['x']. ERR_INVALID. */
int transform_check_path(struct str path, struct error *err) MUST_CHECK;
/* The value there, NULL when there is none or the path is broken. */
const struct json *transform_find(const struct json *event, struct str path);

/* `transformer` is {"InputPathsMap": {…}, "InputTemplate": "…"}. ERR_INVALID with the service's words. */
int transform_check(const struct json *transformer, struct error *err) MUST_CHECK;
/* ERR_NO_MEMORY, ERR_LIMIT. */
int transform_apply(struct arena *a, const struct json *transformer, const struct transform_context *context, struct str *out,
		    struct error *err) MUST_CHECK;

#endif
