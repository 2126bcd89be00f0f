/* SPDX-License-Identifier: Apache-2.0
 *
 * The process that Lambda starts: reads the environment, picks the function that _HANDLER names, and serves events one after
 * another. Nothing is set up before it is needed: the first thing on the wire is the request for the first event.
 */
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "function.h"
#include "lambda/runtime.h"
#include "os/clock.h"
#include "os/random.h"

enum { EVENT_ARENA_MAX = 256 << 20, ANSWER_ARENA_MAX = 1 << 20 };

struct process {
	const struct function *function;
	struct lambda_runtime *runtime;
	struct aws_client *aws;
	struct function_settings settings;
};

static const char *environment(const char *name)
{
	return getenv(name);
}

static void set_log_level(void)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	struct str text = str_c(getenv("GLEANER_LOG_LEVEL"));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq_c(text, names[i]))
			log_set_level((enum log_level)i);
}

static int open_client(struct aws_client **out, struct error *err)
{
	struct aws_client_options options = {
		.credentials = {
			.access_key = str_c(getenv("AWS_ACCESS_KEY_ID")), .secret_key = str_c(getenv("AWS_SECRET_ACCESS_KEY")),
			.session_token = str_c(getenv("AWS_SESSION_TOKEN")),
		},
		.region = str_c(getenv("AWS_REGION")), .endpoint = str_c(getenv("AWS_ENDPOINT_URL")),
		.ca_file = getenv("SSL_CERT_FILE"),
	};
	char name[64];

	for (int i = 0; i < AWS_SERVICE_COUNT; i++) {
		snprintf(name, sizeof(name), "AWS_ENDPOINT_URL_%s", aws_service_variable((enum aws_service)i));
		options.service_endpoints[i] = str_c(getenv(name));
	}
	if (options.region.n == 0)
		options.region = str_c(getenv("AWS_DEFAULT_REGION"));
	return aws_client_new(out, &options, err);
}

/* Everything that can be wrong before an event comes. */
static int start(struct process *p, struct error *err)
{
	const char *handler = getenv("_HANDLER");

	p->function = function_find(str_c(handler));
	if (p->function == NULL)
		return error_set(err, ERR_INVALID, "there is no handler named %s", handler ? handler : "(none)");
	int rc = function_settings_read(&p->settings, environment, err);
	return rc ? rc : open_client(&p->aws, err);
}

static void report_failed_start(struct process *p, const struct error *failure)
{
	struct lambda_failure report = { .type = STR("Runtime.InitError"), .message = str_c(failure->message) };
	struct error err = { 0 };
	struct arena a;

	arena_init(&a, ANSWER_ARENA_MAX);
	if (lambda_fail_init(p->runtime, &a, &report, &err))
		log_error("bootstrap", "the failed start could not be reported message=\"%s\"", err.message);
	arena_release(&a);
}

static void print_line(struct str line)
{
	if (dprintf(STDOUT_FILENO, STR_FMT "\n", STR_ARG(line)) < 0)
		log_warn("bootstrap", "a line of output was lost");
}

static int run(struct process *p, const struct lambda_invocation *invocation, struct arena *a, const struct json **result,
	       struct error *err)
{
	char id[37];
	const struct json *event = NULL;
	struct function_context context = {
		.arena = a,
		.aws = p->aws,
		.settings = &p->settings,
		.clock_ms = clock_wall_ms,
		.print = print_line,
		.now_ms = clock_wall_ms(),
		.request_id = invocation->request_id,
	};

	random_uuid(id);
	context.fresh_id = arena_str(a, str_c(id));
	aws_client_set_deadline(p->aws, invocation->deadline_ms);
	int rc = json_parse(a, invocation->event, &event, err);
	return rc ? rc : function_run(p->function, &context, event, result, err);
}

/* An answer that is refused is lost with its invocation; only a Runtime API that is gone ends the process. */
static int check_answer(int rc, const struct lambda_invocation *invocation, const struct error *err)
{
	if (rc == 0)
		return 0;
	log_error("bootstrap", "the answer was not taken request_id=" STR_FMT " message=\"%s\"", STR_ARG(invocation->request_id),
		  err->message);
	return rc == ERR_LIMIT || rc == ERR_INVALID || rc == ERR_DENIED ? 0 : rc;
}

static int answer(struct process *p, const struct lambda_invocation *invocation, struct arena *a, const struct json *result)
{
	struct error err = { 0 };
	int rc = lambda_respond(p->runtime, a, invocation->request_id, json_to_str(a, result), &err);
	return check_answer(rc, invocation, &err);
}

/* The event's arena may be what is full: the report has one of its own. */
static int report(struct process *p, const struct lambda_invocation *invocation, const struct error *failure)
{
	struct lambda_failure f = { .type = str_c(function_error_type(failure)), .message = str_c(failure->message) };
	struct error err = { 0 };
	struct arena a;

	log_error("bootstrap",
		  "invocation failed request_id=" STR_FMT " type=" STR_FMT " service_error=%s status=%d message=\"%s\"",
		  STR_ARG(invocation->request_id), STR_ARG(f.type), failure->name, failure->status, failure->message);
	arena_init(&a, ANSWER_ARENA_MAX);
	int rc = check_answer(lambda_fail(p->runtime, &a, invocation->request_id, &f, &err), invocation, &err);
	arena_release(&a);
	return rc;
}

static int serve_one(struct process *p)
{
	struct lambda_invocation invocation;
	const struct json *result = NULL;
	struct error err = { 0 };
	struct arena a;

	arena_init(&a, EVENT_ARENA_MAX);
	int rc = lambda_next(p->runtime, &a, &invocation, &err);
	if (rc) {
		log_error("bootstrap", "no further event message=\"%s\"", err.message);
		arena_release(&a);
		return rc;
	}
	if (str_is_set(invocation.trace_id))
		setenv("_X_AMZN_TRACE_ID", arena_c(&a, invocation.trace_id), 1);
	if (run(p, &invocation, &a, &result, &err))
		rc = report(p, &invocation, &err);
	else
		rc = answer(p, &invocation, &a, result);
	arena_release(&a);
	return rc;
}

int main(void)
{
	struct process p = { 0 };
	struct error err = { 0 };

	set_log_level();
	int rc = lambda_runtime_new(&p.runtime, str_c(getenv("AWS_LAMBDA_RUNTIME_API")), &err);
	if (rc) {
		log_error("bootstrap", "%s", err.message);
		return EXIT_FAILURE;
	}
	rc = start(&p, &err);
	if (rc) {
		log_error("bootstrap", "cannot start message=\"%s\"", err.message);
		report_failed_start(&p, &err);
	}
	while (rc == 0)
		rc = serve_one(&p);
	aws_client_free(p.aws);
	lambda_runtime_free(p.runtime);
	return EXIT_FAILURE;
}
