/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

/* Of the function that runs; a test runs one at a time. */
static struct harness *running;

static void keep_line(struct str line)
{
	snprintf(running->printed, sizeof(running->printed), STR_FMT, STR_ARG(line));
}

static int64_t fixed_clock(void)
{
	return NOW_MS;
}

static void open_client(struct harness *h)
{
	struct aws_client_options options = {
		.credentials = { STR("AKIDEXAMPLE"), STR("secret"), STR_NULL },
		.region = STR("us-east-1"),
		.endpoint = str_c(fake_url(h->fake)),
		.attempts = 1,
	};

	h->settings = (struct function_settings){
		.jobs_table = STR("jobs"),
		.source_bucket = STR("source"),
		.processed_bucket = STR("processed"),
		.state_machine_arn = STR("arn:aws:states:us-east-1:000000000000:stateMachine:gleaner-pipeline"),
		.event_bus = STR("default"),
		.upload_seconds = 900,
		.record_days = 90,
		.execution_seconds = 22500,
		.text_calls_max = 64,
	};
	if (aws_client_new(&h->client, &options, &h->err))
		abort();
	arena_init(&h->arena, 1 << 28);
}

void harness_init(struct harness *h, const struct fake_reply *replies, size_t count)
{
	memset(h, 0, sizeof(*h));
	h->fake = fake_new(replies, count);
	open_client(h);
}

void harness_init_with(struct harness *h, fake_answer_fn answer, void *argument)
{
	memset(h, 0, sizeof(*h));
	h->fake = fake_new_with(answer, argument);
	open_client(h);
}

void harness_release(struct harness *h)
{
	aws_client_free(h->client);
	fake_free(h->fake);
	arena_release(&h->arena);
}

int harness_run(struct harness *h, const char *handler, const char *event)
{
	const struct function *f = function_find(str_c(handler));
	const struct json *parsed = NULL;
	struct function_context context = {
		.arena = &h->arena,
		.aws = h->client,
		.settings = &h->settings,
		.clock_ms = fixed_clock,
		.print = keep_line,
		.now_ms = NOW_MS,
		.fresh_id = STR(JOB_ID),
		.request_id = STR("request-1"),
	};

	if (f == NULL || json_parse(&h->arena, arena_str(&h->arena, str_c(event)), &parsed, &h->err))
		abort();
	h->err = (struct error){ 0 };
	h->result = NULL;
	h->printed[0] = '\0';
	running = h;
	return function_run(f, &context, parsed, &h->result, &h->err);
}

int harness_call(struct harness *h, const char *handler, const char *event, const struct json **body)
{
	int64_t status = 0;

	if (harness_run(h, handler, event) || json_to_i64(json_get_c(h->result, "statusCode"), &status))
		return 0;
	struct str text = json_get_text(h->result, STR("body"));
	if (body != NULL && str_is_set(text) && json_parse(&h->arena, text, body, &h->err))
		return 0;
	return (int)status;
}

struct str harness_error_code(const struct json *body)
{
	return json_get_text(json_get_c(body, "error"), STR("code"));
}
