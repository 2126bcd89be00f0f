/* SPDX-License-Identifier: Apache-2.0
 *
 * A stage's access log: its format with the $context variables filled in, one line a request.
 * Source: "Customizing HTTP API access logs", API Gateway Developer Guide.
 */
#include "service/apigatewayv2/execution.h"

#include "aws/arn.h"
#include "format/date.h"
#include "os/clock.h"

struct line {
	struct execution *x;
	const struct execution_reply *reply;
	struct arena *arena;
};

typedef struct str (*variable_fn)(const struct line *l);

static struct str number(const struct line *l, int64_t n)
{
	return arena_printf(l->arena, "%lld", (long long)n);
}

static struct str account_id(const struct line *l)
{
	return host_account(l->x->apigw->host);
}
static struct str api_id(const struct line *l)
{
	return l->x->config->id;
}
static struct str domain_name(const struct line *l)
{
	return l->x->call->host_name;
}
static struct str error_message(const struct line *l)
{
	return str_c(l->x->problem);
}
static struct str http_method(const struct line *l)
{
	return l->x->call->method;
}
static struct str source_ip(const struct line *l)
{
	return l->x->call->remote;
}
static struct str user_agent(const struct line *l)
{
	return call_header(l->x->call, STR("User-Agent"));
}
static struct str user_arn(const struct line *l)
{
	return l->x->iam ? l->x->call->principal.arn : STR_NULL;
}
static struct str path(const struct line *l)
{
	return l->x->call->path;
}
static struct str request_id(const struct line *l)
{
	return str_c(l->x->call->request_id);
}
static struct str route_key(const struct line *l)
{
	return l->x->route ? l->x->route->key_text : STR_NULL;
}
static struct str stage(const struct line *l)
{
	return l->x->stage->name;
}
static struct str status(const struct line *l)
{
	return number(l, l->reply->status);
}
static struct str response_length(const struct line *l)
{
	return number(l, (int64_t)l->reply->body.n);
}
static struct str response_latency(const struct line *l)
{
	return number(l, clock_wall_ms() - l->x->started_ms);
}
static struct str request_epoch(const struct line *l)
{
	return number(l, l->x->started_ms);
}
static struct str protocol(const struct line *l)
{
	(void)l;
	return STR("HTTP/1.1");
}

static struct str integration_latency(const struct line *l)
{
	return l->x->integration_status ? number(l, l->x->integration_ms) : STR_NULL;
}

static struct str integration_status(const struct line *l)
{
	return l->x->integration_status ? number(l, l->x->integration_status) : STR_NULL;
}

static struct str request_time(const struct line *l)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct date_parts p;

	date_split(l->x->started_ms, &p);
	return arena_printf(l->arena, "%02d/%.3s/%04d:%02d:%02d:%02d +0000", p.day, months + 3 * (p.month - 1), p.year, p.hour,
			    p.minute, p.second);
}

static const struct {
	const char *name;
	variable_fn value;
} variables[] = {
	{ "accountId", account_id },
	{ "apiId", api_id },
	{ "domainName", domain_name },
	{ "domainPrefix", api_id },
	{ "error.message", error_message },
	{ "error.messageString", error_message },
	{ "extendedRequestId", request_id },
	{ "httpMethod", http_method },
	{ "identity.sourceIp", source_ip },
	{ "identity.userAgent", user_agent },
	{ "identity.userArn", user_arn },
	{ "identity.caller", user_arn },
	{ "identity.user", user_arn },
	{ "integration.latency", integration_latency },
	{ "integration.status", integration_status },
	{ "integration.integrationStatus", integration_status },
	{ "integrationLatency", integration_latency },
	{ "integrationStatus", integration_status },
	{ "path", path },
	{ "protocol", protocol },
	{ "requestId", request_id },
	{ "requestTime", request_time },
	{ "requestTimeEpoch", request_epoch },
	{ "responseLatency", response_latency },
	{ "responseLength", response_length },
	{ "routeKey", route_key },
	{ "stage", stage },
	{ "status", status },
};

static struct str claim(const struct line *l, struct str name)
{
	const struct json *v = json_get(l->x->claims, name);

	return json_is(v, JSON_STRING) ? v->text : v ? json_to_str(l->arena, v) : STR_NULL;
}

static struct str value_of(const struct line *l, struct str name)
{
	if (str_starts(name, STR("authorizer.claims.")))
		return claim(l, str_from(name, strlen("authorizer.claims.")));
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (str_eq_c(name, variables[i].name))
			return variables[i].value(l);
	return STR_NULL;
}

static size_t name_length(struct str text)
{
	size_t n = 0;

	while (n < text.n && ((text.p[n] >= 'a' && text.p[n] <= 'z') || (text.p[n] >= 'A' && text.p[n] <= 'Z') ||
			      text.p[n] == '.' || text.p[n] == '_' || (text.p[n] >= '0' && text.p[n] <= '9')))
		n++;
	while (n && text.p[n - 1] == '.')
		n--;
	return n;
}

/* A value may not break out of the format's own quotes. */
static void add_value(struct buf *out, struct str value)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c == '"' || c == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, c < 0x20 ? ' ' : (char)c);
	}
	if (value.n == 0)
		buf_add_char(out, '-');
}

static void fill(struct buf *out, const struct line *l, struct str format)
{
	static const struct str mark = { "$context.", 9 };

	for (size_t i = 0; i < format.n; i++) {
		struct str rest = str_from(format, i);

		if (!str_starts(rest, mark)) {
			buf_add_char(out, format.p[i]);
			continue;
		}
		size_t n = name_length(str_from(rest, mark.n));
		add_value(out, value_of(l, str_sub(rest, mark.n, n)));
		i += mark.n + n - 1;
	}
}

void execution_log(struct execution *x, const struct execution_reply *reply)
{
	const struct json *settings = x->stage ? json_get_c(x->stage->record, "accessLogSettings") : NULL;
	struct line l = { .x = x, .reply = reply, .arena = &x->call->arena };
	struct str group = json_get_text(settings, STR("destinationArn"));
	struct arn arn;
	struct buf text;

	if (group.n == 0 || arn_parse(group, &arn) < 0)
		return;
	group = arn_resource_id(arn.resource);
	if (str_ends(group, STR(":*")))
		group.n -= 2;
	buf_init(&text, 64 * 1024);
	fill(&text, &l, json_get_text(settings, STR("format")));
	host_log(x->apigw->host, group,
		 arena_printf(l.arena, STR_FMT "/" STR_FMT, STR_ARG(x->config->id), STR_ARG(x->stage->name)), x->started_ms,
		 buf_str(&text));
	buf_release(&text);
}
