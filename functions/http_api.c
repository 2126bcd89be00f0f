/* SPDX-License-Identifier: Apache-2.0 */
#include "http_api.h"

#include "base/encode.h"
#include "base/log.h"
#include "item.h"

enum { RETRY_AFTER_SECONDS = 5 };

struct str api_header(const struct json *event, const char *name)
{
	const struct json *headers = json_get_c(event, "headers");

	for (size_t i = 0; json_is(headers, JSON_OBJECT) && i < headers->count; i++)
		if (str_eq_nocase(headers->members[i].name, str_c(name)))
			return json_text(headers->members[i].value);
	return STR_NULL;
}

struct str api_query(const struct json *event, const char *name)
{
	return json_get_text(json_get_c(event, "queryStringParameters"), str_c(name));
}

struct str api_path(const struct json *event, const char *name)
{
	return json_get_text(json_get_c(event, "pathParameters"), str_c(name));
}

int api_body(struct function_context *c, const struct json *event, const struct json **out, struct error *err)
{
	struct str text = json_get_text(event, STR("body"));
	const struct json *body = &json_empty_object;

	if (json_true(json_get_c(event, "isBase64Encoded")) && base64_decode(c->arena, text, &text))
		return function_refuse(err, 400, "InvalidRequest", "The body is not valid base64.");
	if (str_trim(text).n > 0 && json_parse(c->arena, text, &body, NULL))
		return function_refuse(err, 400, "InvalidRequest", "The body is not valid JSON.");
	if (!json_is(body, JSON_OBJECT))
		return function_refuse(err, 400, "InvalidRequest", "The body is not a JSON object.");
	*out = body;
	return 0;
}

static const struct json *authorizer(const struct json *event, const char *kind)
{
	return json_get(json_get_c(json_get_c(event, "requestContext"), "authorizer"), str_c(kind));
}

static struct str subject(const struct json *event)
{
	return json_get_text(json_get_c(authorizer(event, "jwt"), "claims"), STR("sub"));
}

struct str api_caller(struct function_context *c, const struct json *event)
{
	struct str caller = STR_NULL;

	if (c->settings->authorization == AUTHORIZATION_JWT)
		caller = subject(event);
	else if (c->settings->authorization == AUTHORIZATION_IAM)
		caller = json_get_text(authorizer(event, "iam"), STR("userArn"));
	return caller.n > 0 ? caller : STR("anonymous");
}

int api_owner(struct function_context *c, const struct json *event, struct str *owner, struct error *err)
{
	if (c->settings->authorization != AUTHORIZATION_JWT) {
		*owner = STR_NULL;
		return 0;
	}
	struct str sub = subject(event);
	if (sub.n == 0)
		return function_refuse(err, 403, "Forbidden", "The token names no subject.");
	*owner = sub;
	return 0;
}

static const struct json *answer(struct function_context *c, int status, const struct json *body, const struct json *retry_after)
{
	struct arena *a = c->arena;
	/* Answers hold upload and download URLs, so no cache may keep them. */
	const struct json *headers = object_of(a, { "content-type", body ? text_of(a, "application/json") : NULL },
					       { "cache-control", text_of(a, "no-store") }, { "retry-after", retry_after });

	return object_of(a, { "statusCode", json_new_i64(a, status) }, { "headers", headers },
			 { "body", body ? json_new_string(a, json_to_str(a, body)) : NULL },
			 { "isBase64Encoded", json_new_bool(false) });
}

const struct json *api_answer(struct function_context *c, int status, const struct json *body)
{
	return answer(c, status, body, NULL);
}

/* Our own refusals carry a status below 500; all else keeps its reason for the log. */
static bool is_refusal(const struct error *err)
{
	return err->code == ERR_INVALID && err->status >= 400 && err->name[0] != '\0';
}

const struct json *api_failure(struct function_context *c, const struct error *err)
{
	struct arena *a = c->arena;
	const char *code = is_refusal(err) ? err->name : function_error_type(err);
	const char *message = err->message;
	const struct json *retry_after = NULL;
	int status = err->status;

	if (!is_refusal(err)) {
		bool again = strcmp(code, "Throttled") == 0 || strcmp(code, "Unavailable") == 0 || strcmp(code, "TimedOut") == 0;
		log_error("functions", "request failed request_id=" STR_FMT " error=%s status=%d message=\"%s\"",
			  STR_ARG(c->request_id), err->name[0] ? err->name : code, err->status, err->message);
		status = again ? 503 : 500;
		code = again ? code : "Internal";
		message = again ? "The service is busy; try again." : "An error on our side kept this from being done.";
		if (again)
			retry_after = json_new_string(a, arena_printf(a, "%d", RETRY_AFTER_SECONDS));
	}
	const struct json *body = object_of(a, { "code", json_new_string(a, arena_str(a, str_c(code))) },
					    { "message", json_new_string(a, arena_str(a, str_c(message))) });
	return answer(c, status, object_of(a, { "error", body }), retry_after);
}
