/* SPDX-License-Identifier: Apache-2.0
 *
 * The Lambda Runtime API, version 2018-06-01, from the runtime's side: take the next event, answer or fail it
 * ("Using the Lambda runtime API for custom runtimes", Lambda Developer Guide). One connection, kept alive; nothing is
 * sent before the first call. One thread at a time.
 */
#ifndef GLEANER_LAMBDA_RUNTIME_H
#define GLEANER_LAMBDA_RUNTIME_H

#include "base/arena.h"
#include "base/error.h"

struct lambda_runtime;

/* All texts live in the arena given to lambda_next; those the service did not send are absent. */
struct lambda_invocation {
	struct str request_id;
	struct str function_arn;
	struct str trace_id;
	struct str client_context;
	struct str cognito_identity;
	int64_t deadline_ms; /* wall clock; 0: not told */
	struct str event;
};

/* What a failed invocation shows its caller. */
struct lambda_failure {
	struct str type; /* "Function.Unknown", "NotPng" */
	struct str message;
};

/* `api` is AWS_LAMBDA_RUNTIME_API: host and port. */
int lambda_runtime_new(struct lambda_runtime **out, struct str api, struct error *err) MUST_CHECK;
void lambda_runtime_free(struct lambda_runtime *r); /* NULL is allowed */

/* Waits for as long as it takes. ERR_IO, ERR_CORRUPT (no request id), ERR_UNAVAILABLE (the service says: leave). */
int lambda_next(struct lambda_runtime *r, struct arena *a, struct lambda_invocation *out, struct error *err) MUST_CHECK;

/* ERR_LIMIT: the result is too large, and the service has told the caller so. ERR_INVALID, ERR_DENIED: it refuses this answer
 * (the invocation may be over). ERR_UNAVAILABLE: the process must end. */
int lambda_respond(struct lambda_runtime *r, struct arena *a, struct str request_id, struct str result,
		   struct error *err) MUST_CHECK;
int lambda_fail(struct lambda_runtime *r, struct arena *a, struct str request_id, const struct lambda_failure *failure,
		struct error *err) MUST_CHECK;
/* Before the first lambda_next, when the function cannot start. */
int lambda_fail_init(struct lambda_runtime *r, struct arena *a, const struct lambda_failure *failure,
		     struct error *err) MUST_CHECK;

/* {"errorMessage":…,"errorType":…,"stackTrace":[]} */
struct str lambda_failure_json(struct arena *a, const struct lambda_failure *failure);

#endif
