/* SPDX-License-Identifier: Apache-2.0
 *
 * What a Lambda function of the pipeline is: a function over an event and a context. It reads no environment, no clock of its
 * own and no global; what it does, it does through the context's AWS client. One invocation at a time a process.
 *
 * Errors: a task function (called by the state machine) fails with err->name as the error type that the state machine's
 * Retry and Catch name. An API function turns every error into an HTTP answer (http_api.h).
 */
#ifndef GLEANER_FUNCTIONS_FUNCTION_H
#define GLEANER_FUNCTIONS_FUNCTION_H

#include "aws/client.h"
#include "format/json.h"

enum function_authorization { AUTHORIZATION_NONE, AUTHORIZATION_IAM, AUTHORIZATION_JWT };

/* The deployment's choices, from the environment (pipeline/functions.json). Absent where a function does not need them. */
struct function_settings {
	struct str jobs_table, source_bucket, processed_bucket, state_machine_arn, event_bus;
	enum function_authorization authorization;
	bool content_length_required;
	int64_t upload_seconds, record_days, execution_seconds, text_calls_max;
};

typedef const char *(*settings_source_fn)(const char *name);
/* ERR_INVALID names the variable that is not as it should be. Texts are borrowed from the source. */
int function_settings_read(struct function_settings *out, settings_source_fn source, struct error *err) MUST_CHECK;

struct function_context {
	struct arena *arena;    /* of this invocation */
	struct aws_client *aws; /* its deadline is set */
	const struct function_settings *settings;
	int64_t (*clock_ms)(void);      /* wall clock */
	void (*print)(struct str line); /* a line of output: on AWS it becomes an event of the function's log */
	int64_t now_ms;                 /* when the invocation began */
	struct str fresh_id;            /* a new UUID */
	struct str request_id;
};

typedef int (*function_fn)(struct function_context *c, const struct json *event, const struct json **result, struct error *err);

struct function {
	const char *handler; /* _HANDLER */
	function_fn run;
	bool api; /* answers HTTP requests */
};

const struct function *function_find(struct str handler); /* NULL when there is none of that name */

/* Runs it; an API function's errors become its answer. */
int function_run(const struct function *f, struct function_context *c, const struct json *event, const struct json **result,
		 struct error *err) MUST_CHECK;

/* An error of our own: `name` is documented in docs/pipeline.md, `status` is its HTTP status. Returns ERR_INVALID. */
int function_refuse(struct error *err, int status, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The name the state machine knows: our own as it is, else Throttled, Unavailable, TimedOut or Internal. */
const char *function_error_type(const struct error *err);

int create_job(struct function_context *c, const struct json *event, const struct json **result, struct error *err);
int get_job(struct function_context *c, const struct json *event, const struct json **result, struct error *err);
int list_jobs(struct function_context *c, const struct json *event, const struct json **result, struct error *err);
int delete_job(struct function_context *c, const struct json *event, const struct json **result, struct error *err);
int inspect_image(struct function_context *c, const struct json *event, const struct json **result, struct error *err);
int extract_text(struct function_context *c, const struct json *event, const struct json **result, struct error *err);
int publish_result(struct function_context *c, const struct json *event, const struct json **result, struct error *err);
int settle_job(struct function_context *c, const struct json *event, const struct json **result, struct error *err);

#endif
