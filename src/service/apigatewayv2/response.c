/* SPDX-License-Identifier: Apache-2.0
 *
 * What a Lambda function's payload means as an HTTP answer. Source: "Working with AWS Lambda proxy integrations for HTTP APIs",
 * API Gateway Developer Guide. *Pure.*
 */
#include "service/apigatewayv2/execution.h"

#include "base/encode.h"

/* Header values may be texts, numbers and booleans. */
static struct str as_text(struct arena *a, const struct json *v)
{
	if (json_is(v, JSON_STRING))
		return v->text;
	return json_is(v, JSON_NULL) || !v ? STR_NULL : json_to_str(a, v);
}

static bool is_content_type(struct str name)
{
	return str_eq_nocase(name, STR("content-type"));
}

static void add_header(struct arena *a, struct json *headers, struct execution_reply *out, struct str name, struct str value)
{
	if (is_content_type(name))
		out->content_type = value;
	else if (str_is_set(value) && !str_eq_nocase(name, STR("content-length")))
		json_put(a, headers, name, json_new_string(a, value));
}

/* multiValueHeaders of format 1.0: values joined with commas, but each cookie on a line of its own. */
static void add_multi_value(struct arena *a, struct json *headers, struct json *cookies, struct execution_reply *out,
			    const struct json_member *m)
{
	struct str value = STR_NULL;

	for (size_t i = 0; json_is(m->value, JSON_ARRAY) && i < m->value->count; i++) {
		struct str one = as_text(a, m->value->items[i]);

		if (str_eq_nocase(m->name, STR("set-cookie")))
			json_add(a, cookies, json_new_string(a, one));
		else
			value = value.n ? arena_printf(a, STR_FMT "," STR_FMT, STR_ARG(value), STR_ARG(one)) : one;
	}
	add_header(a, headers, out, m->name, value);
}

static int read_body(struct arena *a, const struct json *response, struct execution_reply *out)
{
	const struct json *body = json_get_c(response, "body");

	out->body = body ? as_text(a, body) : STR("");
	if (!str_is_set(out->body))
		out->body = STR("");
	if (json_true(json_get_c(response, "isBase64Encoded")))
		return base64_decode(a, out->body, &out->body);
	return 0;
}

static int read_structured(struct arena *a, const struct json *response, struct execution_reply *out)
{
	const struct json *headers = json_get_c(response, "headers"), *many = json_get_c(response, "multiValueHeaders");
	const struct json *cookies = json_get_c(response, "cookies");
	struct json *kept = json_new_object(a), *kept_cookies = json_new_array(a);
	int64_t status;

	if (json_to_i64(json_get_c(response, "statusCode"), &status) != 0 || status < 100 || status > 599)
		return ERR_INVALID;
	out->status = (int)status;
	out->content_type = STR("text/plain; charset=utf-8");
	for (size_t i = 0; json_is(headers, JSON_OBJECT) && i < headers->count; i++)
		add_header(a, kept, out, headers->members[i].name, as_text(a, headers->members[i].value));
	for (size_t i = 0; json_is(many, JSON_OBJECT) && i < many->count; i++)
		add_multi_value(a, kept, kept_cookies, out, &many->members[i]);
	for (size_t i = 0; json_is(cookies, JSON_ARRAY) && i < cookies->count; i++)
		json_add(a, kept_cookies, cookies->items[i]);
	out->headers = kept;
	out->cookies = kept_cookies;
	return read_body(a, response, out);
}

int execution_read_response(struct arena *a, struct str payload, bool format_2, struct execution_reply *out)
{
	const struct json *response;

	*out = (struct execution_reply){ 0 };
	if (json_parse(a, payload, &response, NULL) != 0)
		return ERR_INVALID;
	if (json_get_c(response, "statusCode"))
		return read_structured(a, response, out);
	if (!format_2)
		return ERR_INVALID;
	/* Format 2.0 infers: the payload is the body, and JSON. A text is its own body. */
	out->status = 200;
	out->content_type = STR("application/json");
	out->body = json_is(response, JSON_STRING) ? response->text : payload;
	return 0;
}
