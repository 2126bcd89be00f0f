/* SPDX-License-Identifier: Apache-2.0
 *
 * Cross-origin requests, answered and marked by the gateway where the API has a CORS configuration.
 * Source: "Configuring CORS for an HTTP API", API Gateway Developer Guide.
 */
#include "service/apigatewayv2/execution.h"

static const struct json *setting(const struct execution *x, struct str name)
{
	return json_get(x->config->cors, name);
}

/* An entry of allowOrigins may be "*", an origin, or one with a leading '*' for any host (any host of https). */
static bool origin_fits(struct str allowed, struct str origin)
{
	ptrdiff_t star = str_find_char(allowed, '*', 0);

	if (star < 0)
		return str_eq_nocase(allowed, origin);
	struct str before = str_sub(allowed, 0, (size_t)star), after = str_from(allowed, (size_t)star + 1);
	return origin.n >= before.n + after.n && str_starts(origin, before) && str_ends(origin, after);
}

/* What access-control-allow-origin is for this request; absent: the origin is not allowed. */
static struct str allowed_origin(const struct execution *x)
{
	const struct json *origins = setting(x, STR("allowOrigins"));
	struct str origin = call_header(x->call, STR("Origin"));

	for (size_t i = 0; origin.n && origins && i < origins->count; i++) {
		struct str allowed = json_text(origins->items[i]);

		if (str_eq_c(allowed, "*"))
			return allowed;
		if (origin_fits(allowed, origin))
			return origin;
	}
	return STR_NULL;
}

static struct str joined(struct arena *a, const struct json *list)
{
	struct str out = STR_NULL;

	for (size_t i = 0; list && i < list->count; i++)
		out = i ? arena_printf(a, STR_FMT "," STR_FMT, STR_ARG(out), STR_ARG(json_text(list->items[i])))
			: json_text(list->items[i]);
	return out;
}

static void add_list(struct execution *x, const char *header, struct str name)
{
	struct str value = joined(&x->call->arena, setting(x, name));

	if (value.n)
		call_reply_header(x->call, header, value);
}

bool cors_is_preflight(const struct execution *x)
{
	return x->config->cors && str_eq_c(x->call->method, "OPTIONS") && str_is_set(call_header(x->call, STR("Origin"))) &&
	       str_is_set(call_header(x->call, STR("Access-Control-Request-Method")));
}

void cors_answer_preflight(struct execution *x)
{
	struct execution_reply reply = { .status = 204, .body = STR("") };
	int64_t age;

	if (str_is_set(allowed_origin(x))) {
		add_list(x, "access-control-allow-methods", STR("allowMethods"));
		add_list(x, "access-control-allow-headers", STR("allowHeaders"));
		if (json_to_i64(setting(x, STR("maxAge")), &age) == 0)
			call_reply_headerf(x->call, "access-control-max-age", "%lld", (long long)age);
	}
	execution_answer(x, &reply);
}

void cors_add_headers(struct execution *x)
{
	struct str origin = x->config->cors ? allowed_origin(x) : STR_NULL;

	if (!str_is_set(origin))
		return;
	call_reply_header(x->call, "access-control-allow-origin", origin);
	if (!str_eq_c(origin, "*"))
		call_reply_header(x->call, "vary", STR("Origin"));
	if (json_true(setting(x, STR("allowCredentials"))))
		call_reply_header(x->call, "access-control-allow-credentials", STR("true"));
	add_list(x, "access-control-expose-headers", STR("exposeHeaders"));
}

bool cors_owns_header(const struct execution *x, struct str name)
{
	return x->config->cors && name.n > 15 && str_eq_nocase(str_sub(name, 0, 15), STR("access-control-"));
}
