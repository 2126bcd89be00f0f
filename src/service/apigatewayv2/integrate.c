/* SPDX-License-Identifier: Apache-2.0
 *
 * The function behind a route: invoked in the gateway's name or an integration's role, waited for as long as the integration
 * says.
 */
#include "service/apigatewayv2/execution.h"

#include "base/log.h"
#include "http/client.h"
#include "os/clock.h"

static void gave_up(void *argument)
{
	struct execution *x = argument;

	if (!execution_claim(x)) {
		execution_unref(x);
		return;
	}
	x->integration_ms = clock_wall_ms() - x->integration_started_ms;
	x->integration_status = 504;
	execution_refuse(x, 503, "Service Unavailable");
}

/* The two who may end the wait hold a reference each. */
static void start_waiting(struct execution *x)
{
	int64_t limit;

	if (json_to_i64(json_get_c(x->route->integration, "timeoutInMillis"), &limit) != 0)
		limit = APIGW_TIMEOUT_MS;
	x->integration_started_ms = clock_wall_ms();
	x->references++;
	x->claimed = false;
	x->timer = timer_at(host_timer(x->apigw->host), x->integration_started_ms + limit, gave_up, x);
	if (!x->timer)
		execution_unref(x);
}

/* True: the answer is ours to give. */
static bool stop_waiting(struct execution *x)
{
	bool mine = execution_claim(x);

	if (x->timer && timer_cancel(host_timer(x->apigw->host), x->timer))
		execution_unref(x);
	if (mine)
		x->integration_ms = clock_wall_ms() - x->integration_started_ms;
	else
		execution_unref(x);
	return mine;
}

/* ---- Lambda ---- */

static bool is_format_2(const struct execution *x)
{
	return str_eq_c(json_get_text(x->route->integration, STR("payloadFormatVersion")), "2.0");
}

static bool function_failed(const struct call *invoked)
{
	for (size_t i = 0; i < invoked->reply.header_count; i++)
		if (str_eq_nocase(invoked->reply.headers[i].name, STR("X-Amz-Function-Error")))
			return true;
	return false;
}

/* A function over its concurrency is unavailable; one that failed, or may not be invoked, is an internal error. */
static void refuse_invoked(struct execution *x, const struct call *invoked)
{
	bool busy = invoked->error.code && (invoked->error.status == 429 || invoked->error.status == 503);

	x->integration_status = invoked->error.code ? invoked->error.status : 200;
	if (invoked->error.code)
		log_warn("apigatewayv2", "an integration failed api=" STR_FMT " route=" STR_FMT " code=%s",
			 STR_ARG(x->config->id), STR_ARG(x->route->key_text), invoked->error.name);
	execution_refuse(x, busy ? 503 : 500, busy ? "Service Unavailable" : "Internal Server Error");
}

static void invoked(struct call *done_call, void *argument)
{
	struct execution *x = argument;
	struct execution_reply reply;

	if (!stop_waiting(x))
		return;
	if (done_call->error.code || function_failed(done_call)) {
		refuse_invoked(x, done_call);
		return;
	}
	struct str payload = arena_str(&x->call->arena, call_reply_text(done_call));
	x->integration_status = 200;
	if (execution_read_response(&x->call->arena, payload, is_format_2(x), &reply) < 0)
		execution_refuse(x, 500, "Internal Server Error");
	else
		execution_answer(x, &reply);
}

/* "arn:aws:execute-api:region:account:api/stage/METHOD/path", the route's own path; a $default route has no method. */
static struct str source_arn(struct execution *x)
{
	const struct route_key *key = &x->route->key;
	struct str path = x->route->key_text, region = host_region(x->apigw->host);
	struct str method = str_is_set(key->method) ? key->method : STR("*");

	(void)str_split(&path, ' ');
	if (key->is_default)
		return arena_printf(
			&x->call->arena, "arn:aws:execute-api:" STR_FMT ":" STR_FMT ":" STR_FMT "/" STR_FMT "/$default",
			STR_ARG(region), STR_ARG(host_account(x->apigw->host)), STR_ARG(x->config->id), STR_ARG(x->stage->name));
	return arena_printf(&x->call->arena,
			    "arn:aws:execute-api:" STR_FMT ":" STR_FMT ":" STR_FMT "/" STR_FMT "/" STR_FMT STR_FMT,
			    STR_ARG(region), STR_ARG(host_account(x->apigw->host)), STR_ARG(x->config->id),
			    STR_ARG(x->stage->name), STR_ARG(method), STR_ARG(path));
}

static int invoking_principal(struct execution *x, struct principal *out, struct error *err)
{
	struct str role = json_get_text(x->route->integration, STR("credentialsArn"));

	if (role.n)
		return host_role_principal(x->apigw->host, &x->call->arena, role, STR("BackplaneAssumeRoleSession"),
					   source_arn(x), out, err);
	host_service_principal(out, STR("apigateway.amazonaws.com"), source_arn(x));
	return 0;
}

static void invoke(struct execution *x)
{
	struct arena *a = &x->call->arena;
	struct host_request request = { .service = "lambda", .operation = "Invoke", .body = execution_event(x) };
	struct json *parameters = json_new_object(a);
	struct error err = { 0 };
	struct str function;

	if (!str_is_set(request.body) ||
	    integration_function(json_get_text(x->route->integration, STR("integrationUri")), &function) < 0 ||
	    invoking_principal(x, &request.principal, &err) < 0) {
		execution_refuse(x, 500, "Internal Server Error");
		return;
	}
	json_put(a, parameters, STR("FunctionName"), json_new_string(a, function));
	json_put(a, parameters, STR("InvocationType"), json_new_string(a, STR("RequestResponse")));
	request.parameters = parameters;
	start_waiting(x);
	if (host_call(x->apigw->host, &request, invoked, x) < 0 && stop_waiting(x))
		execution_refuse(x, 503, "Service Unavailable");
}

/* ---- HTTP ---- */

/* The integration's URL, with the request's query, and with what "{proxy}" stood for. */
static struct str proxy_url(struct execution *x)
{
	struct arena *a = &x->call->arena;
	struct str url = json_get_text(x->route->integration, STR("integrationUri"));
	const struct json *parameters = route_key_parameters(a, &x->route->key, x->path);

	for (size_t i = 0; parameters && i < parameters->count; i++) {
		struct str mark = arena_printf(a, "{" STR_FMT "}", STR_ARG(parameters->members[i].name));
		ptrdiff_t at = str_find(url, mark, 0);

		if (at >= 0)
			url = arena_printf(a, STR_FMT STR_FMT STR_FMT, STR_ARG(str_sub(url, 0, (size_t)at)),
					   STR_ARG(uri_encode_str(a, json_text(parameters->members[i].value), true)),
					   STR_ARG(str_from(url, (size_t)at + mark.n)));
	}
	if (x->call->query_text.n)
		url = arena_printf(a, STR_FMT "?" STR_FMT, STR_ARG(url), STR_ARG(x->call->query_text));
	return url;
}

static bool is_hop_header(struct str name)
{
	static const char *const names[] = { "host",    "connection", "content-length", "transfer-encoding", "keep-alive", "te",
					     "trailer", "upgrade",    "expect" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq_nocase(name, str_c(names[i])))
			return true;
	return false;
}

static size_t proxied_headers(struct execution *x, struct http_header **out)
{
	struct call *call = x->call;
	size_t n = 0;

	*out = arena_alloc_array(&call->arena, call->header_count, sizeof(**out));
	for (size_t i = 0; *out && i < call->header_count; i++)
		if (!is_hop_header(call->headers[i].name))
			(*out)[n++] = call->headers[i];
	return n;
}

static void answer_proxied(struct execution *x, const struct http_client_response *response)
{
	struct arena *a = &x->call->arena;
	struct execution_reply reply = { .status = response->status, .body = response->body };
	struct json *headers = json_new_object(a);

	for (size_t i = 0; i < response->header_count; i++) {
		const struct http_header *h = &response->headers[i];

		if (str_eq_nocase(h->name, STR("content-type")))
			reply.content_type = h->value;
		else if (!is_hop_header(h->name))
			json_put(a, headers, h->name, json_new_string(a, h->value));
	}
	reply.headers = headers;
	execution_answer(x, &reply);
}

/* On the pool: the client blocks. */
static void proxy(void *argument)
{
	struct execution *x = argument;
	struct http_client_options options = { 0 };
	struct http_client_response response = { 0 };
	struct str method = json_get_text(x->route->integration, STR("integrationMethod"));
	struct http_client_request request = { .method = str_eq_c(method, "ANY") || method.n == 0 ? x->call->method : method,
					       .url = proxy_url(x),
					       .body = x->call->body.bytes };
	struct http_client *client = NULL;
	struct http_header *headers;
	int64_t limit = APIGW_TIMEOUT_MS;
	struct error err = { 0 };

	if (json_to_i64(json_get_c(x->route->integration, "timeoutInMillis"), &limit) == 0)
		request.timeout_ms = (int)limit;
	request.header_count = proxied_headers(x, &headers);
	request.headers = headers;
	x->integration_started_ms = clock_wall_ms();
	int rc = http_client_new(&client, &options, &err);
	if (rc == 0)
		rc = http_client_send(client, &x->call->arena, &request, APIGW_PAYLOAD_MAX, &response, &err);
	x->integration_ms = clock_wall_ms() - x->integration_started_ms;
	x->integration_status = rc == 0 ? response.status : 503;
	http_client_free(client);
	if (rc == 0)
		answer_proxied(x, &response);
	else
		execution_refuse(x, 503, "Service Unavailable");
}

void execution_integrate(struct execution *x)
{
	const struct json *integration = x->route->integration;

	if (!integration)
		execution_refuse(x, 500, "Internal Server Error");
	else if (str_eq_c(json_get_text(integration, STR("integrationType")), "AWS_PROXY"))
		invoke(x);
	else if (pool_run(host_pool(x->apigw->host), proxy, x) < 0)
		execution_refuse(x, 503, "Service Unavailable");
}
