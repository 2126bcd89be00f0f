/* SPDX-License-Identifier: Apache-2.0 */
#include "service/apigatewayv2/execution.h"

#include "os/clock.h"

bool execution_claim(struct execution *x)
{
	return !atomic_exchange(&x->claimed, true);
}

void execution_unref(struct execution *x)
{
	if (atomic_fetch_sub(&x->references, 1) > 1)
		return;
	config_unref(x->config);
	free(x);
}

/* ---- answers ---- */

static void add_headers(struct execution *x, const struct execution_reply *reply)
{
	struct call *call = x->call;

	for (size_t i = 0; reply->headers && i < reply->headers->count; i++) {
		const struct json_member *m = &reply->headers->members[i];

		if (!cors_owns_header(x, m->name))
			call_reply_header(call, arena_c(&call->arena, m->name), json_text(m->value));
	}
	for (size_t i = 0; reply->cookies && i < reply->cookies->count; i++)
		call_reply_header(call, "set-cookie", json_text(reply->cookies->items[i]));
	call_reply_header(call, "apigw-requestid", str_c(call->request_id));
}

static void measure(struct execution *x, int status)
{
	struct host *host = x->apigw->host;
	struct str id = x->config->id;

	host_metric(host, "AWS/ApiGateway", "Count", "ApiId", id, 1);
	host_metric(host, "AWS/ApiGateway", "Latency", "ApiId", id, (double)(clock_wall_ms() - x->started_ms));
	if (x->integration_status)
		host_metric(host, "AWS/ApiGateway", "IntegrationLatency", "ApiId", id, (double)x->integration_ms);
	host_metric(host, "AWS/ApiGateway", "4xx", "ApiId", id, status >= 400 && status < 500);
	host_metric(host, "AWS/ApiGateway", "5xx", "ApiId", id, status >= 500);
}

void execution_answer(struct execution *x, const struct execution_reply *reply)
{
	struct call *call = x->call;

	add_headers(x, reply);
	cors_add_headers(x);
	call->reply.status = reply->status;
	call_reply_bytes(call, reply->body, reply->content_type);
	if (str_eq_c(call->method, "HEAD")) {
		call->reply.no_body = true;
		call->reply.head_length = reply->body.n;
	}
	execution_log(x, reply);
	measure(x, reply->status);
	execution_unref(x);
	call_complete(call, 0);
}

void execution_refuse(struct execution *x, int status, const char *message)
{
	struct execution_reply reply = { .status = status, .content_type = STR("application/json") };

	x->problem = message;
	reply.body = arena_printf(&x->call->arena, "{\"message\":\"%s\"}", message);
	execution_answer(x, &reply);
}

/* ---- arrival ---- */

static const struct service_error not_found = { "NotFoundException", 404, "Not Found" };

static void arrive(struct execution *x)
{
	struct call *call = x->call;

	if (json_true(json_get_c(x->config->record, "disableExecuteApiEndpoint"))) {
		execution_refuse(x, 404, "Not Found");
		return;
	}
	x->stage = config_stage(x->config, call->path, &x->path);
	if (x->stage && cors_is_preflight(x)) {
		cors_answer_preflight(x);
		return;
	}
	if (x->stage)
		x->route = config_route(x->stage, call->method, x->path);
	if (!x->route)
		execution_refuse(x, 404, "Not Found");
	else if (!config_admit(x->config, x->route, clock_mono_ns()))
		execution_refuse(x, 429, "Too Many Requests");
	else if (call->body.size > APIGW_PAYLOAD_MAX)
		execution_refuse(x, 413, "Request Entity Too Large");
	else
		execution_authorize(x);
}

int apigatewayv2_execute(struct call *call)
{
	struct apigw *g = call->state;
	struct error err = { 0 };
	struct api_config *config;
	int rc = config_get(g->configs, json_get_text(call->parameters, STR("ApiId")), &config, &err);

	if (rc == ERR_NOT_FOUND)
		return call_fail(call, &not_found);
	if (rc < 0)
		return call_fault(call, &err);
	struct execution *x = calloc(1, sizeof(*x));
	if (!x) {
		config_unref(config);
		return call_fault(call, NULL);
	}
	x->apigw = g;
	x->call = call;
	x->config = config;
	x->started_ms = clock_wall_ms();
	x->references = 1;
	x->claimed = true; /* until it waits for a function */
	arrive(x);
	return CALL_PENDING;
}
