/* SPDX-License-Identifier: Apache-2.0 */
#include "lambda/runtime.h"

#include <limits.h>

#include "base/limits.h"
#include "format/json.h"
#include "http/client.h"

#define VERSION_PATH "/2018-06-01/runtime"

enum { ANSWER_MAX = 64 << 10 };

struct lambda_runtime {
	struct http_client *http;
	char api[256];
};

int lambda_runtime_new(struct lambda_runtime **out, struct str api, struct error *err)
{
	/* The next event may be hours away: a silence is no fault here. */
	struct http_client_options options = { .io_timeout_ms = INT_MAX };

	if (api.n == 0 || api.n >= sizeof(((struct lambda_runtime *)0)->api))
		return error_set(err, ERR_INVALID, "AWS_LAMBDA_RUNTIME_API does not name a host");
	struct lambda_runtime *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return error_set(err, ERR_NO_MEMORY, "no memory for the runtime");
	memcpy(r->api, api.p, api.n);
	int rc = http_client_new(&r->http, &options, err);
	if (rc) {
		free(r);
		return rc;
	}
	*out = r;
	return 0;
}

void lambda_runtime_free(struct lambda_runtime *r)
{
	if (r == NULL)
		return;
	http_client_free(r->http);
	free(r);
}

static int check_status(int status, struct error *err)
{
	if (status >= 200 && status < 300)
		return 0;
	if (status == 413)
		return error_set(err, ERR_LIMIT, "the result is larger than Lambda allows");
	if (status == 403)
		return error_set(err, ERR_DENIED, "the Runtime API refuses this in its present state");
	if (status >= 500)
		return error_set(err, ERR_UNAVAILABLE, "the Runtime API answered %d: this environment is over", status);
	return error_set(err, ERR_INVALID, "the Runtime API answered %d", status);
}

static struct str response_header(const struct http_client_response *response, const char *name)
{
	return http_client_header(response, str_c(name));
}

static int read_invocation(const struct http_client_response *response, struct lambda_invocation *out, struct error *err)
{
	struct lambda_invocation invocation = {
		.request_id = response_header(response, "Lambda-Runtime-Aws-Request-Id"),
		.function_arn = response_header(response, "Lambda-Runtime-Invoked-Function-Arn"),
		.trace_id = response_header(response, "Lambda-Runtime-Trace-Id"),
		.client_context = response_header(response, "Lambda-Runtime-Client-Context"),
		.cognito_identity = response_header(response, "Lambda-Runtime-Cognito-Identity"),
		.event = response->body,
	};
	struct str deadline = response_header(response, "Lambda-Runtime-Deadline-Ms");

	if (invocation.request_id.n == 0)
		return error_set(err, ERR_CORRUPT, "an event came without a request id");
	if (deadline.n > 0 && str_to_i64(str_trim(deadline), &invocation.deadline_ms))
		return error_set(err, ERR_CORRUPT, "an event's deadline is not a number");
	*out = invocation;
	return 0;
}

int lambda_next(struct lambda_runtime *r, struct arena *a, struct lambda_invocation *out, struct error *err)
{
	struct http_client_response response;
	struct http_client_request request = {
		.method = STR("GET"),
		.url = arena_printf(a, "http://%s" VERSION_PATH "/invocation/next", r->api),
	};

	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory for an event");
	int rc = http_client_send(r->http, a, &request, LIMIT_LAMBDA_PAYLOAD + KIB(64), &response, err);
	if (rc == 0)
		rc = check_status(response.status, err);
	return rc ? rc : read_invocation(&response, out, err);
}

static int post(struct lambda_runtime *r, struct arena *a, struct str path, const struct http_header *headers, size_t count,
		struct str body, struct error *err)
{
	struct http_client_response response;
	struct http_client_request request = {
		.method = STR("POST"),
		.url = arena_printf(a, "http://%s" VERSION_PATH STR_FMT, r->api, STR_ARG(path)),
		.headers = headers,
		.header_count = count,
		.body = body,
	};

	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory for an answer");
	int rc = http_client_send(r->http, a, &request, ANSWER_MAX, &response, err);
	return rc ? rc : check_status(response.status, err);
}

int lambda_respond(struct lambda_runtime *r, struct arena *a, struct str request_id, struct str result, struct error *err)
{
	struct http_header headers[] = { { STR("Content-Type"), STR("application/json") } };

	return post(r, a, arena_printf(a, "/invocation/" STR_FMT "/response", STR_ARG(request_id)), headers, 1, result, err);
}

struct str lambda_failure_json(struct arena *a, const struct lambda_failure *failure)
{
	struct json *body = json_new_object(a);

	json_add_member(a, body, STR("errorMessage"), json_new_string(a, failure->message));
	json_add_member(a, body, STR("errorType"), json_new_string(a, failure->type));
	json_add_member(a, body, STR("stackTrace"), &json_empty_array);
	return json_to_str(a, body);
}

static int post_failure(struct lambda_runtime *r, struct arena *a, struct str path, const struct lambda_failure *failure,
			struct error *err)
{
	struct http_header headers[] = {
		{ STR("Content-Type"), STR("application/vnd.aws.lambda.error+json") },
		{ STR("Lambda-Runtime-Function-Error-Type"), failure->type },
	};

	return post(r, a, path, headers, 2, lambda_failure_json(a, failure), err);
}

int lambda_fail(struct lambda_runtime *r, struct arena *a, struct str request_id, const struct lambda_failure *failure,
		struct error *err)
{
	return post_failure(r, a, arena_printf(a, "/invocation/" STR_FMT "/error", STR_ARG(request_id)), failure, err);
}

int lambda_fail_init(struct lambda_runtime *r, struct arena *a, const struct lambda_failure *failure, struct error *err)
{
	return post_failure(r, a, STR("/init/error"), failure, err);
}
