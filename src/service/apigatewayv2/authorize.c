/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may use a route: anyone, whoever IAM allows execute-api:Invoke, or the bearer of a token.
 */
#include "service/apigatewayv2/execution.h"

#include "base/log.h"
#include "os/clock.h"
#include "service/apigatewayv2/jwt.h"

/* ---- IAM ---- */

int apigw_permit(struct call *call)
{
	(void)call;
	return 0; /* whoever comes here has been allowed to */
}

struct str apigw_permit_resource(struct call *call)
{
	const struct resource_input *in = call->input;

	return in->id;
}

static void permitted(struct call *asked, void *argument)
{
	struct execution *x = argument;

	if (asked->error.code)
		execution_refuse(x, asked->error.status >= 500 ? 500 : 403,
				 asked->error.status >= 500 ? "Internal Server Error" : "Forbidden");
	else
		execution_integrate(x);
}

/* A signature for another service opens no API. */
static bool is_signed_for_us(const struct call *call)
{
	static const char scope[] = "/execute-api/aws4_request";
	struct str credential = uri_query_get(&call->query, STR("X-Amz-Credential"));

	if (str_is_set(credential))
		return str_ends(credential, STR("/execute-api/aws4_request"));
	return str_find(call_header(call, STR("Authorization")), str_c(scope), 0) >= 0;
}

static void ask_permission(struct execution *x)
{
	struct call *call = x->call;
	struct arena *a = &call->arena;
	struct host *host = x->apigw->host;
	struct host_request request = { .service = "apigatewayv2", .operation = "Invoke", .principal = call->principal };
	struct json *parameters = json_new_object(a);
	struct str arn = arena_printf(a, "arn:aws:execute-api:" STR_FMT ":" STR_FMT ":" STR_FMT "/" STR_FMT "/" STR_FMT STR_FMT,
				      STR_ARG(host_region(host)), STR_ARG(host_account(host)), STR_ARG(x->config->id),
				      STR_ARG(x->stage->name), STR_ARG(call->method), STR_ARG(x->path));

	if (call->principal.kind == PRINCIPAL_ANONYMOUS || !is_signed_for_us(call)) {
		execution_refuse(x, 403, "Forbidden");
		return;
	}
	x->iam = true;
	json_put(a, parameters, STR("resource"), json_new_string(a, arn));
	request.parameters = parameters;
	if (host_call(host, &request, permitted, x) < 0)
		execution_refuse(x, 503, "Service Unavailable");
}

/* ---- JWT ---- */

/* "$request.header.Authorization" or "$request.querystring.token"; "Bearer " before the token may be left out. */
static struct str find_token(struct execution *x)
{
	struct str source = json_text(json_at(json_get_c(x->route->authorizer, "identitySource"), 0));
	struct str token = STR_NULL;

	if (str_starts(source, STR("$request.header.")))
		token = call_header(x->call, str_from(source, strlen("$request.header.")));
	else if (str_starts(source, STR("$request.querystring.")))
		token = uri_query_get(&x->call->query, str_from(source, strlen("$request.querystring.")));
	if (token.n > 7 && str_eq_nocase(str_sub(token, 0, 7), STR("Bearer ")))
		token = str_trim(str_from(token, 7));
	return token;
}

static struct str issuer_of(struct execution *x)
{
	return json_get_text(json_get_c(x->route->authorizer, "jwtConfiguration"), STR("issuer"));
}

static void refuse_token(struct execution *x, enum jwt_verdict verdict, const char *why)
{
	struct str scopes = STR("");
	const struct json *wanted = json_get_c(x->route->record, "authorizationScopes");

	for (size_t i = 0; wanted && i < wanted->count; i++)
		scopes = arena_printf(&x->call->arena, STR_FMT "%s" STR_FMT, STR_ARG(scopes), i ? " " : "",
				      STR_ARG(json_text(wanted->items[i])));
	call_reply_headerf(x->call, "www-authenticate", "Bearer scope=\"" STR_FMT "\" error=\"%s\" error_description=\"%s\"",
			   STR_ARG(scopes), verdict == JWT_FORBIDDEN ? "insufficient_scope" : "invalid_token", why);
	if (verdict == JWT_FORBIDDEN)
		execution_refuse(x, 403, "Forbidden");
	else
		execution_refuse(x, 401, "Unauthorized");
}

static void judge(struct execution *x)
{
	struct jwt_demand demand = { .issuer = issuer_of(x),
				     .now_ms = clock_wall_ms(),
				     .audience = json_get_c(json_get_c(x->route->authorizer, "jwtConfiguration"), "audience"),
				     .scopes = json_get_c(x->route->record, "authorizationScopes") };
	const char *why = NULL;
	enum jwt_verdict verdict =
		jwt_judge(x->apigw->keys, &x->call->arena, find_token(x), &demand, &x->claims, &x->scopes, &why);

	if (verdict == JWT_OK)
		execution_integrate(x);
	else
		refuse_token(x, verdict, why);
}

/* On the pool: the issuer is asked. */
static void fetch_and_judge(void *argument)
{
	struct execution *x = argument;
	struct error err = { 0 };

	if (key_sets_fetch(x->apigw->keys, issuer_of(x), &err) < 0)
		log_warn("apigatewayv2", "an issuer's keys could not be had issuer=" STR_FMT " reason=%s", STR_ARG(issuer_of(x)),
			 err.message);
	judge(x);
}

static void check_token(struct execution *x)
{
	struct str token = find_token(x);

	if (!x->route->authorizer)
		execution_refuse(x, 500, "Internal Server Error");
	else if (token.n == 0)
		execution_refuse(x, 401, "Unauthorized");
	else if (key_sets_have(x->apigw->keys, issuer_of(x), jwt_key_id(&x->call->arena, token)))
		judge(x);
	else if (pool_run(host_pool(x->apigw->host), fetch_and_judge, x) < 0)
		execution_refuse(x, 503, "Service Unavailable");
}

void execution_authorize(struct execution *x)
{
	struct str type = json_get_text(x->route->record, STR("authorizationType"));

	if (str_eq_c(type, "AWS_IAM"))
		ask_permission(x);
	else if (str_eq_c(type, "JWT"))
		check_token(x);
	else
		execution_integrate(x);
}
