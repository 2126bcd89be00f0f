/* SPDX-License-Identifier: Apache-2.0
 *
 * The event a function receives, in payload format 2.0 or 1.0. Source: "Working with AWS Lambda proxy integrations for HTTP
 * APIs", API Gateway Developer Guide.
 */
#include "service/apigatewayv2/execution.h"

#include "base/encode.h"
#include "format/date.h"

/* ---- pieces of the request ---- */

static struct str lower(struct arena *a, struct str text)
{
	char *copy = arena_c(a, text);

	for (char *c = copy; c && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 32);
	return str_of(copy, copy ? text.n : 0);
}

/* Adds a value under a name; one that is there already is joined with a comma, or replaced, or made a list. */
enum repeat { REPEAT_JOIN, REPEAT_LAST, REPEAT_LIST };

static void add_value(struct arena *a, struct json *object, struct str name, struct str value, enum repeat repeat)
{
	const struct json *before = json_get(object, name);

	if (repeat == REPEAT_LIST) {
		struct json *list = before ? json_copy_array(a, before) : json_new_array(a);

		json_add(a, list, json_new_string(a, value));
		json_put(a, object, name, list);
		return;
	}
	if (before && repeat == REPEAT_JOIN)
		value = arena_printf(a, STR_FMT "," STR_FMT, STR_ARG(before->text), STR_ARG(value));
	json_put(a, object, name, json_new_string(a, value));
}

static const struct json *headers(struct execution *x, enum repeat repeat, bool cookies)
{
	struct arena *a = &x->call->arena;
	struct json *out = json_new_object(a);

	for (size_t i = 0; i < x->call->header_count; i++) {
		const struct http_header *h = &x->call->headers[i];

		if (cookies || !str_eq_nocase(h->name, STR("cookie")))
			add_value(a, out, lower(a, h->name), h->value, repeat);
	}
	return out;
}

static const struct json *query(struct execution *x, enum repeat repeat)
{
	struct arena *a = &x->call->arena;
	struct json *out = json_new_object(a);

	for (size_t i = 0; i < x->call->query.count; i++) {
		const struct uri_pair *pair = &x->call->query.pairs[i];

		add_value(a, out, pair->name, str_is_set(pair->value) ? pair->value : STR(""), repeat);
	}
	return out && out->count ? out : NULL;
}

static const struct json *cookies(struct execution *x)
{
	struct arena *a = &x->call->arena;
	struct json *out = json_new_array(a);

	for (size_t i = 0; i < x->call->header_count; i++) {
		struct str rest = x->call->headers[i].value;

		while (str_eq_nocase(x->call->headers[i].name, STR("cookie")) && str_is_set(rest))
			json_add(a, out, json_new_string(a, str_trim(str_split(&rest, ';'))));
	}
	return out && out->count ? out : NULL;
}

static struct str decoded_path(struct execution *x)
{
	struct str out;

	return uri_decode(&x->call->arena, x->call->path, false, &out) == 0 && str_is_utf8(out) ? out : x->call->path;
}

static bool is_text(struct str content_type)
{
	static const char *const kinds[] = { "text/", "application/json", "application/javascript", "application/xml" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_eq_nocase(str_sub(content_type, 0, strlen(kinds[i])), str_c(kinds[i])))
			return true;
	return content_type.n == 0 || str_find(content_type, STR("+json"), 0) >= 0 || str_find(content_type, STR("+xml"), 0) >= 0;
}

/* A body that is no text travels in base64. */
static void write_body(struct execution *x, struct writer *w, bool always)
{
	struct str body = x->call->body.bytes;
	bool text = is_text(call_header(x->call, STR("Content-Type"))) && str_is_utf8(body);

	if (body.n && text)
		write_str(w, "body", body);
	else if (body.n)
		write_blob(w, "body", body.p, body.n);
	else if (always)
		write_null(w, "body");
	write_bool(w, "isBase64Encoded", body.n && !text);
}

/* 22/Nov/2026:09:30:00 +0000 */
static struct str request_time(struct execution *x)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct date_parts p;

	date_split(x->started_ms, &p);
	return arena_printf(&x->call->arena, "%02d/%.3s/%04d:%02d:%02d:%02d +0000", p.day, months + 3 * (p.month - 1), p.year,
			    p.hour, p.minute, p.second);
}

/* ---- format 2.0 ---- */

static void write_iam(struct execution *x, struct writer *w)
{
	const struct principal *p = &x->call->principal;

	write_object(w, "iam");
	write_str(w, "accessKey", p->access_key);
	write_str(w, "accountId", host_account(x->apigw->host));
	write_str(w, "callerId", p->user_id);
	write_null(w, "cognitoIdentity");
	write_null(w, "principalOrgId");
	write_str(w, "userArn", p->arn);
	write_str(w, "userId", p->user_id);
	write_end(w);
}

/* Claims are texts, whatever they were in the token. */
static const struct json *claims_as_texts(struct execution *x)
{
	struct arena *a = &x->call->arena;
	struct json *out = json_new_object(a);

	for (size_t i = 0; x->claims && i < x->claims->count; i++) {
		const struct json_member *m = &x->claims->members[i];
		const struct json *v = json_is(m->value, JSON_STRING) ? m->value : json_new_string(a, json_to_str(a, m->value));

		json_put(a, out, m->name, v);
	}
	return out;
}

static void write_authorizer(struct execution *x, struct writer *w)
{
	if (!x->claims && !x->iam)
		return;
	write_object(w, "authorizer");
	if (x->iam)
		write_iam(x, w);
	if (x->claims) {
		write_object(w, "jwt");
		write_json(w, "claims", claims_as_texts(x));
		if (x->scopes)
			write_json(w, "scopes", x->scopes);
		else
			write_null(w, "scopes");
		write_end(w);
	}
	write_end(w);
}

static void write_context_2(struct execution *x, struct writer *w)
{
	struct call *call = x->call;

	write_object(w, "requestContext");
	write_str(w, "accountId", host_account(x->apigw->host));
	write_str(w, "apiId", x->config->id);
	write_authorizer(x, w);
	write_str(w, "domainName", call->host_name);
	write_str(w, "domainPrefix", x->config->id);
	write_object(w, "http");
	write_str(w, "method", call->method);
	write_str(w, "path", decoded_path(x));
	write_c(w, "protocol", "HTTP/1.1");
	write_str(w, "sourceIp", call->remote);
	write_str(w, "userAgent", call_header(call, STR("User-Agent")));
	write_end(w);
	write_c(w, "requestId", call->request_id);
	write_str(w, "routeKey", x->route->key_text);
	write_str(w, "stage", x->stage->name);
	write_str(w, "time", request_time(x));
	write_i64(w, "timeEpoch", x->started_ms);
	write_end(w);
}

static const struct json *stage_variables(struct execution *x)
{
	const struct json *variables = json_get_c(x->stage->record, "stageVariables");

	return variables && variables->count ? variables : NULL;
}

static void write_event_2(struct execution *x, struct writer *w)
{
	write_c(w, "version", "2.0");
	write_str(w, "routeKey", x->route->key_text);
	write_str(w, "rawPath", decoded_path(x));
	write_str(w, "rawQueryString", str_is_set(x->call->query_text) ? x->call->query_text : STR(""));
	write_json(w, "cookies", cookies(x));
	write_json(w, "headers", headers(x, REPEAT_JOIN, false));
	write_json(w, "queryStringParameters", query(x, REPEAT_JOIN));
	write_json(w, "pathParameters", route_key_parameters(&x->call->arena, &x->route->key, x->path));
	write_json(w, "stageVariables", stage_variables(x));
	write_context_2(x, w);
	write_body(x, w, false);
}

/* ---- format 1.0: what is absent is null ---- */

static void write_or_null(struct writer *w, const char *name, const struct json *v)
{
	if (v)
		write_json(w, name, v);
	else
		write_null(w, name);
}

static struct str route_path(struct execution *x)
{
	struct str path = x->route->key_text;

	if (!x->route->key.is_default)
		(void)str_split(&path, ' ');
	return path;
}

static void write_identity(struct execution *x, struct writer *w)
{
	static const char *const absent[] = { "accountId",
					      "caller",
					      "cognitoAuthenticationProvider",
					      "cognitoAuthenticationType",
					      "cognitoIdentityId",
					      "cognitoIdentityPoolId",
					      "principalOrgId",
					      "user",
					      "userArn" };

	write_object(w, "identity");
	write_str(w, "accessKey", x->call->principal.access_key);
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		write_null(w, absent[i]);
	write_str(w, "sourceIp", x->call->remote);
	write_str(w, "userAgent", call_header(x->call, STR("User-Agent")));
	write_end(w);
}

static void write_context_1(struct execution *x, struct writer *w)
{
	write_object(w, "requestContext");
	write_str(w, "accountId", host_account(x->apigw->host));
	write_str(w, "apiId", x->config->id);
	if (x->claims) {
		write_object(w, "authorizer");
		write_json(w, "claims", claims_as_texts(x));
		write_or_null(w, "scopes", x->scopes);
		write_end(w);
	}
	write_str(w, "domainName", x->call->host_name);
	write_str(w, "domainPrefix", x->config->id);
	write_c(w, "extendedRequestId", x->call->request_id);
	write_str(w, "httpMethod", x->call->method);
	write_identity(x, w);
	write_str(w, "path", decoded_path(x));
	write_c(w, "protocol", "HTTP/1.1");
	write_c(w, "requestId", x->call->request_id);
	write_str(w, "requestTime", request_time(x));
	write_i64(w, "requestTimeEpoch", x->started_ms);
	write_str(w, "resourceId", x->route->key_text);
	write_str(w, "resourcePath", route_path(x));
	write_str(w, "stage", x->stage->name);
	write_end(w);
}

static void write_event_1(struct execution *x, struct writer *w)
{
	write_c(w, "version", "1.0");
	write_str(w, "resource", route_path(x));
	write_str(w, "path", decoded_path(x));
	write_str(w, "httpMethod", x->call->method);
	write_json(w, "headers", headers(x, REPEAT_LAST, true));
	write_json(w, "multiValueHeaders", headers(x, REPEAT_LIST, true));
	write_or_null(w, "queryStringParameters", query(x, REPEAT_LAST));
	write_or_null(w, "multiValueQueryStringParameters", query(x, REPEAT_LIST));
	write_context_1(x, w);
	write_or_null(w, "pathParameters", route_key_parameters(&x->call->arena, &x->route->key, x->path));
	write_or_null(w, "stageVariables", stage_variables(x));
	write_body(x, w, true);
}

struct str execution_event(struct execution *x)
{
	bool format_2 = str_eq_c(json_get_text(x->route->integration, STR("payloadFormatVersion")), "2.0");
	struct buf text;
	struct writer w;

	buf_init(&text, 2 * (size_t)APIGW_PAYLOAD_MAX);
	writer_init(&w, &text, WRITER_JSON);
	write_object(&w, NULL);
	if (format_2)
		write_event_2(x, &w);
	else
		write_event_1(x, &w);
	write_end(&w);
	struct str out = buf_failed(&text) ? STR_NULL : arena_str(&x->call->arena, buf_str(&text));
	buf_release(&text);
	return out;
}
