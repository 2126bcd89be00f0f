/* SPDX-License-Identifier: Apache-2.0
 *
 * Route keys and how a request finds its route. Source: "Working with routes for HTTP APIs", API Gateway Developer Guide. *Pure.*
 */
#ifndef GLEANER_SERVICE_APIGATEWAYV2_MATCH_H
#define GLEANER_SERVICE_APIGATEWAYV2_MATCH_H

#include "format/json.h"

enum { ROUTE_SEGMENTS_MAX = 32 };

enum segment_kind { SEGMENT_LITERAL, SEGMENT_VARIABLE, SEGMENT_GREEDY };

struct route_segment {
	enum segment_kind kind;
	struct str text; /* the literal, or the variable's name */
};

struct route_key {
	bool is_default;   /* "$default" */
	struct str method; /* absent: ANY */
	struct route_segment segments[ROUTE_SEGMENTS_MAX];
	size_t count;
};

/* "GET /jobs/{id}", "ANY /{proxy+}", "$default". Texts are copied into the arena. ERR_INVALID, ERR_NO_MEMORY. */
int route_key_parse(struct arena *a, struct str text, struct route_key *out) MUST_CHECK;

/* How specific the match is, -1 for none: the higher wins. `path` is raw. */
int64_t route_key_match(const struct route_key *key, struct str method, struct str path);
/* The path parameters of a match, decoded; NULL when there are none. */
const struct json *route_key_parameters(struct arena *a, const struct route_key *key, struct str path);

/* The function in an integration's URI: a function's ARN, or the ARN within API Gateway's form of it. ERR_INVALID. */
int integration_function(struct str uri, struct str *function_arn) MUST_CHECK;

#endif
