/* SPDX-License-Identifier: Apache-2.0
 *
 * A finished call as a task's result or error, in the shapes Step Functions gives them.
 */
#include "format/date.h"
#include "format/xml.h"
#include "service/states/task.h"

static bool waits(const struct task *t)
{
	return t->resource.pattern != PATTERN_REQUEST;
}

void answer_error(struct task *t, struct str error, struct str cause)
{
	struct states_event event = {
		.kind = STATES_TASK_FAILED, .task = t->id, .error = error, .cause = cause, .start_failed = waits(t)
	};
	t->answer(t, &event);
}

static void answer_output(struct task *t, const struct json *output)
{
	struct states_event event = { .kind = waits(t) ? STATES_TASK_SUBMITTED : STATES_TASK_SUCCEEDED, .task = t->id };
	event.output = json_to_str(&t->arena, output);
	t->answer(t, &event);
}

/* ---- errors ---- */

/* Codes that SDKs have no class of their own for. */
static bool is_general(struct str code)
{
	static const char *const codes[] = { "ValidationException",    "AccessDeniedException",
					     "AccessDenied",           "UnrecognizedClientException",
					     "SerializationException", "InvalidParameterValue",
					     "MissingParameter",       "InternalFailure",
					     "ServiceUnavailable",     "UnknownOperationException" };
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (str_eq_c(code, codes[i]))
			return true;
	return false;
}

static struct str exception_name(struct task *t, struct str code)
{
	if (is_general(code))
		return str_c(t->route->java_exception);
	return str_ends(code, STR("Exception")) ? code : arena_printf(&t->arena, STR_FMT "Exception", STR_ARG(code));
}

static void answer_service_error(struct task *t, const struct call *call)
{
	struct arena *a = &t->arena;
	struct str code = str_c(call->error.name);
	ptrdiff_t hash = str_find_char(code, '#', 0);
	if (hash >= 0)
		code = str_from(code, (size_t)hash + 1);
	struct str exception = exception_name(t, code), cause;
	struct str error = arena_printf(a, "%s." STR_FMT, t->route->error_prefix, STR_ARG(exception));
	if (t->resource.kind == RESOURCE_SDK)
		cause = arena_printf(a, "%s (Service: %s, Status Code: %d, Request ID: %s) (SDK Attempt Count: 1)",
				     call->error.message, t->route->error_prefix, call->error.status, call->request_id);
	else
		cause = arena_printf(a, "%s (Service: %s; Status Code: %d; Error Code: " STR_FMT "; Request ID: %s; Proxy: null)",
				     call->error.message, t->route->java_service, call->error.status, STR_ARG(code),
				     call->request_id);
	answer_error(t, error, cause);
}

/* ---- metadata of optimised integrations ---- */

static void put_text(struct arena *a, struct json *o, const char *name, struct str text)
{
	(void)json_put(a, o, str_c(name), json_new_string(a, text));
}

static void add_header(struct arena *a, struct json *all, struct json *first, struct str name, struct str value)
{
	struct json *list = json_new_array(a);
	(void)json_add(a, list, json_new_string(a, value));
	(void)json_put(a, all, name, list);
	(void)json_put(a, first, name, json_new_string(a, value));
}

static void put_metadata(struct task *t, const struct call *call, struct json *out)
{
	struct arena *a = &t->arena;
	struct json *all = json_new_object(a), *first = json_new_object(a), *http = json_new_object(a), *sdk = json_new_object(a);
	char date[DATE_TEXT_MAX];
	struct str id = arena_str(a, str_c(call->request_id));
	for (size_t i = 0; i < call->reply.header_count; i++)
		add_header(a, all, first, arena_str(a, call->reply.headers[i].name), arena_str(a, call->reply.headers[i].value));
	add_header(a, all, first, STR("connection"), STR("keep-alive"));
	add_header(a, all, first, STR("Content-Length"), arena_printf(a, "%zu", call_reply_text(call).n));
	add_header(a, all, first, STR("Date"), arena_str(a, date_http(date, clock_wall_ms())));
	add_header(a, all, first, STR("Content-Type"),
		   str_is_set(call->reply.content_type) ? arena_str(a, call->reply.content_type)
							: STR("application/x-amz-json-1.0"));
	add_header(a, all, first, STR("x-amzn-RequestId"), id);
	(void)json_put(a, http, STR("AllHttpHeaders"), all);
	(void)json_put(a, http, STR("HttpHeaders"), first);
	(void)json_put(a, http, STR("HttpStatusCode"), json_new_i64(a, call->reply.status ? call->reply.status : 200));
	put_text(a, sdk, "RequestId", id);
	(void)json_put(a, out, STR("SdkHttpMetadata"), http);
	(void)json_put(a, out, STR("SdkResponseMetadata"), sdk);
}

/* ---- functions ---- */

static struct str reply_header(const struct call *call, struct str name)
{
	return http_headers_get(call->reply.headers, call->reply.header_count, name);
}

static void answer_function_error(struct task *t, const struct json *payload, struct str text)
{
	struct str type = json_get_text(payload, STR("errorType"));
	if (str_is_set(type) && type.n > 0)
		answer_error(t, type, text);
	else
		answer_error(t, STR("Lambda.Unknown"),
			     arena_printf(&t->arena,
					  "The cause could not be determined because Lambda did not return an error type. "
					  "Returned payload: " STR_FMT,
					  STR_ARG(text)));
}

static void answer_function(struct task *t, const struct call *call)
{
	struct arena *a = &t->arena;
	struct str text = arena_str(a, call_reply_text(call));
	const struct json *payload = NULL;
	bool is_json = text.n > 0 && json_parse(a, text, &payload, NULL) == 0;
	if (str_is_set(reply_header(call, STR("X-Amz-Function-Error")))) {
		answer_function_error(t, payload, text);
		return;
	}
	if (t->resource.kind == RESOURCE_FUNCTION) {
		answer_output(t, is_json ? payload : json_new_string(a, text));
		return;
	}
	struct json *out = json_new_object(a);
	struct str version = reply_header(call, STR("X-Amz-Executed-Version"));
	if (str_is_set(version))
		put_text(a, out, "ExecutedVersion", arena_str(a, version));
	if (t->resource.kind == RESOURCE_SDK)
		put_text(a, out, "Payload", text);
	else
		(void)json_put(a, out, STR("Payload"), is_json ? payload : json_new_string(a, text));
	if (t->resource.kind == RESOURCE_INTEGRATION)
		put_metadata(t, call, out);
	(void)json_put(a, out, STR("StatusCode"), json_new_i64(a, call->reply.status ? call->reply.status : 200));
	answer_output(t, out);
}

/* ---- answers in XML: what stands inside <XResult>, lists of <member> as arrays ---- */

static const struct json *xml_value(struct arena *a, const struct xml *x)
{
	if (!x->children)
		return json_new_string(a, arena_str(a, x->text));
	if (str_eq_c(x->children->name, "member")) {
		struct json *list = json_new_array(a);
		for (const struct xml *c = x->children; c; c = c->next)
			(void)json_add(a, list, xml_value(a, c));
		return list;
	}
	struct json *out = json_new_object(a);
	for (const struct xml *c = x->children; c; c = c->next)
		(void)json_put(a, out, arena_str(a, c->name), xml_value(a, c));
	return out;
}

static const struct json *xml_reply(struct task *t, struct str text)
{
	const struct xml *root;
	if (xml_parse(&t->arena, text, &root, NULL) < 0)
		return &json_empty_object;
	for (const struct xml *c = root->children; c; c = c->next)
		if (str_ends(c->name, STR("Result")))
			return c->children ? xml_value(&t->arena, c) : &json_empty_object;
	return xml_value(&t->arena, root);
}

/* S3 answers in headers; an object's content becomes Body. */
static const struct json *s3_reply(struct task *t, const struct call *call, struct str text)
{
	struct arena *a = &t->arena;
	struct json *out = json_new_object(a);
	static const char *const names[][2] = { { "ETag", "ETag" },
						{ "x-amz-version-id", "VersionId" },
						{ "Content-Type", "ContentType" },
						{ "Last-Modified", "LastModified" } };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct str value = reply_header(call, str_c(names[i][0]));
		if (str_is_set(value))
			put_text(a, out, names[i][1], arena_str(a, value));
	}
	if (str_eq_c(t->resource.action, "getObject")) {
		put_text(a, out, "Body", text);
		(void)json_put(a, out, STR("ContentLength"), json_new_i64(a, (int64_t)text.n));
	}
	return out;
}

static bool entries_failed(const struct json *reply)
{
	int64_t failed = 0;
	const struct json *count = json_get_c(reply, "FailedEntryCount");
	return count && json_to_i64(count, &failed) == 0 && failed > 0;
}

static const struct json *reply_value(struct task *t, const struct call *call)
{
	struct str text = arena_str(&t->arena, call_reply_text(call));
	const struct json *value = NULL;
	if (call->service->protocol == PROTOCOL_REST_XML)
		return s3_reply(t, call, text);
	if (text.n > 0 && text.p[0] == '<')
		return xml_reply(t, text);
	if (text.n == 0 || json_parse(&t->arena, text, &value, NULL) < 0)
		return &json_empty_object;
	return t->route->lower_members ? members_raised(&t->arena, value) : value;
}

void answer_call(struct task *t, struct call *call)
{
	if (call->error.code < 0) {
		answer_service_error(t, call);
		return;
	}
	if (str_eq_c(str_c(t->route->service), "lambda") && str_eq_c(t->resource.action, "invoke")) {
		answer_function(t, call);
		return;
	}
	const struct json *value = reply_value(t, call);
	if (str_eq_c(t->resource.action, "putEvents") && t->resource.kind == RESOURCE_INTEGRATION && entries_failed(value)) {
		answer_error(t, STR("EventBridge.FailedEntry"), json_to_str(&t->arena, value));
		return;
	}
	if (t->resource.kind == RESOURCE_INTEGRATION && json_is(value, JSON_OBJECT)) {
		struct json *out = json_copy_object(&t->arena, value);
		put_metadata(t, call, out);
		value = out;
	}
	answer_output(t, value);
}
