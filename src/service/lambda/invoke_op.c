/* SPDX-License-Identifier: Apache-2.0
 *
 * Invoke: synchronous, asynchronous and dry.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"
#include "os/clock.h"
#include "service/lambda/operations.h"

struct invoke_input {
	struct str function_name, qualifier, type, log_type, client_context;
};

static const char *const invocation_types[] = { "Event", "RequestResponse", "DryRun", NULL };
static const char *const log_types[] = { "None", "Tail", NULL };

const struct bind lambda_invoke_fields[] = {
	BIND_STR(struct invoke_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .min = 1,
		 .max = 256),
	BIND_STR(struct invoke_input, qualifier, "Qualifier", .location = BIND_QUERY, .min = 1, .max = 128),
	BIND_STR(struct invoke_input, type, "InvocationType", .location = BIND_HEADER, .wire = "X-Amz-Invocation-Type",
		 .values = invocation_types),
	BIND_STR(struct invoke_input, log_type, "LogType", .location = BIND_HEADER, .wire = "X-Amz-Log-Type",
		 .values = log_types),
	BIND_STR(struct invoke_input, client_context, "ClientContext", .location = BIND_HEADER, .wire = "X-Amz-Client-Context"),
	{ .name = "DurableExecutionName",
	  .kind = BIND_KIND_REFUSED,
	  .location = BIND_HEADER,
	  .wire = "X-Amz-Durable-Execution-Name" },
	{ .name = "TenantId", .kind = BIND_KIND_REFUSED, .location = BIND_HEADER, .wire = "X-Amz-Tenant-Id" },
	{ .name = "Payload", .kind = BIND_KIND_IGNORED, .location = BIND_PAYLOAD }, /* read from call->body */
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct invoke_input);

/* ---- the request ---- */

static int check_payload(struct call *call, struct str payload, bool event)
{
	const struct json *value;
	struct error err;

	if (!event && payload.n > LAMBDA_PAYLOAD_MAX)
		return lambda_refuse(call, &lambda_RequestTooLargeException,
				     "Request must be smaller than %d bytes for the InvokeFunction operation",
				     LAMBDA_PAYLOAD_MAX);
	if (event && payload.n > LAMBDA_EVENT_MAX)
		return lambda_refuse(call, &lambda_RequestTooLargeException,
				     "%zu byte payload is too large for the Event invocation type (limit %d bytes)", payload.n,
				     LAMBDA_EVENT_MAX);
	if (json_parse(&call->arena, payload, &value, &err) != 0)
		return lambda_refuse(call, &lambda_InvalidRequestContentException, "Could not parse request body into json: %s",
				     err.message);
	return 0;
}

/* The context comes as base64 of JSON; functions get the JSON. */
static int decode_context(struct call *call, struct str text, struct str *out)
{
	const struct json *value;

	*out = STR_NULL;
	if (!text.p)
		return 0;
	if (base64_decode(&call->arena, text, out) != 0 || json_parse(&call->arena, *out, &value, NULL) != 0)
		return lambda_refuse(call, &lambda_InvalidRequestContentException,
				     "Client context must be a valid Base64-encoded JSON object.");
	return 0;
}

/* ---- synchronous ---- */

static int refused(struct call *call, const struct invocation *i)
{
	bool throttled = i->refusal == &lambda_TooManyRequestsException;

	if (!throttled)
		return lambda_refuse(call, i->refusal, "%s", i->refusal_text);
	lambda_refuse(call, i->refusal, "Rate Exceeded.");
	call_error_field(call, "Reason", arena_c(&call->arena, str_c(i->refusal_text)));
	return ERR_SERVICE;
}

static int answered(struct call *call, struct invocation *i)
{
	if (arena_on_release(&call->arena, free, i->answer) != 0)
		return call_fault(call, NULL);
	call_reply_bytes(call, str_of(i->answer, i->answer_n), STR("application/json"));
	i->answer = NULL;
	call_reply_header(call, "X-Amz-Executed-Version", str_c(i->version));
	if (i->kind == OUTCOME_FUNCTION_ERROR)
		call_reply_header(call, "X-Amz-Function-Error", STR("Unhandled"));
	if (i->tail)
		call_reply_header(call, "X-Amz-Log-Result", base64_encode(&call->arena, i->log_tail, i->log_tail_n));
	return 0;
}

static void invoked(struct invocation *i, void *argument)
{
	struct call *call = argument;

	call_complete(call, i->kind != OUTCOME_REFUSED && i->answer ? answered(call, i) : refused(call, i));
}

static struct str duplicate(struct str text)
{
	char *copy = text.p ? strndup(text.p, text.n) : NULL;

	return str_of(copy, copy ? text.n : 0);
}

static int invoke_now(struct call *call, const struct function_name *name, struct str payload, struct str context)
{
	const struct invoke_input *in = call->input;
	struct invocation *i;
	struct target *t;
	struct error err = { 0 };
	int result = target_find(call->state, name->name, name->qualifier, &t, &err);

	if (result == ERR_NOT_FOUND)
		return function_not_found(call, name);
	if (result != 0)
		return call_fault(call, &err);
	i = invocation_new(call->request_id, payload);
	if (!i) {
		pthread_mutex_lock(&t->lambda->lock);
		target_unref(t);
		pthread_mutex_unlock(&t->lambda->lock);
		return call_fault(call, NULL);
	}
	i->tail = str_eq(in->log_type, STR("Tail"));
	i->client_context = duplicate(context);
	i->trace = duplicate(call_header(call, STR("X-Amzn-Trace-Id")));
	i->arn = duplicate(function_arn(call, name->name, name->qualifier));
	i->done = invoked;
	i->argument = call;
	scheduler_invoke(t, i);
	return CALL_PENDING;
}

/* ---- asynchronous ---- */

static const struct json *text_json(struct call *call, struct str text)
{
	return json_new_string(&call->arena, text);
}

static int queue_write(struct call *call)
{
	const struct json *event = call->scratch;
	int result = async_put(call, event);

	call->reply.status = 202;
	call_reply_bytes(call, STR(""), STR_NULL);
	return result;
}

static int queue_event(struct call *call, const struct function_name *name, struct str payload, struct str context)
{
	struct json *event = json_new_object(&call->arena);
	struct str trace = call_header(call, STR("X-Amzn-Trace-Id"));

	json_put(&call->arena, event, STR("id"), text_json(call, str_c(call->request_id)));
	json_put(&call->arena, event, STR("name"), text_json(call, name->name));
	if (name->qualifier.p)
		json_put(&call->arena, event, STR("qualifier"), text_json(call, name->qualifier));
	json_put(&call->arena, event, STR("payload"), text_json(call, payload));
	if (context.p)
		json_put(&call->arena, event, STR("context"), text_json(call, context));
	if (trace.p)
		json_put(&call->arena, event, STR("trace"), text_json(call, trace));
	json_put(&call->arena, event, STR("queued_ms"), json_new_i64(&call->arena, clock_wall_ms()));
	call->scratch = event;
	return call_continue_write(call, queue_write);
}

static int check_exists(struct call *call)
{
	const struct invoke_input *in = call->input;
	const struct json *function, *record;
	struct function_name name;
	struct str version;
	int result = function_name_parse(call, in->function_name, in->qualifier, &name);

	if (result == 0)
		result = function_resolve(call, &name, &function, &version);
	return result ? result : version_load(call, &name, version, &record);
}

static int invoke_dry(struct call *call)
{
	int result = call_with_read(call, check_exists);

	call->reply.status = 204;
	call_reply_bytes(call, STR(""), STR_NULL);
	return result;
}

int lambda_invoke(struct call *call)
{
	const struct invoke_input *in = call->input;
	bool event = str_eq(in->type, STR("Event"));
	struct str payload = call->body.bytes.n > 0 ? call->body.bytes : STR("{}"), context;
	struct function_name name;
	int result = function_name_parse(call, in->function_name, in->qualifier, &name);

	if (result == 0)
		result = check_payload(call, payload, event);
	if (result == 0)
		result = decode_context(call, in->client_context, &context);
	if (result != 0)
		return result;
	if (str_eq(in->type, STR("DryRun")))
		return invoke_dry(call);
	if (!event)
		return invoke_now(call, &name, payload, context);
	result = call_with_read(call, check_exists);
	return result ? result : queue_event(call, &name, payload, context);
}
