/* SPDX-License-Identifier: Apache-2.0
 *
 * API Gateway's HTTP API events and answers, payload format 2.0. *Pure.*
 */
#ifndef GLEANER_FUNCTIONS_HTTP_API_H
#define GLEANER_FUNCTIONS_HTTP_API_H

#include "function.h"

struct str api_header(const struct json *event, const char *name); /* lower-case name */
struct str api_query(const struct json *event, const char *name);
struct str api_path(const struct json *event, const char *name);

/* The body as a JSON object; an empty body is an empty object. InvalidRequest otherwise. */
int api_body(struct function_context *c, const struct json *event, const struct json **out, struct error *err) MUST_CHECK;

/* Who calls, for the scope of an Idempotency-Key: the token's subject, the IAM user's ARN, or "anonymous". */
struct str api_caller(struct function_context *c, const struct json *event);
/* The owner that jobs are stored with and filtered by: the token's subject under jwt, else absent. Forbidden when a token has no
 * subject. */
int api_owner(struct function_context *c, const struct json *event, struct str *owner, struct error *err) MUST_CHECK;

/* `body` NULL: none. */
const struct json *api_answer(struct function_context *c, int status, const struct json *body);
/* {"error":{"code","message"}}; what is not ours to tell becomes Internal, Throttled or Unavailable. */
const struct json *api_failure(struct function_context *c, const struct error *err);

#endif
