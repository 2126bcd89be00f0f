/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may use a route: anyone, whoever IAM allows execute-api:Invoke, or the bearer of a token.
 */
#include "service/apigatewayv2/execution.h"

#include "base/log.h"
#include "os/clock.h"
#include "service/jwt.h"

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

static bool is_listed(const struct json *list, struct str text)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (str_eq(json_text(list->items[i]), text))
			return true;
	return false;
}

/* "scope" or "scp": a text with blanks between, or a list. */
static const struct json *token_scopes(struct arena *a, const struct json *claims)
{
	const struct json *v = json_get_c(claims, "scope") ? json_get_c(claims, "scope") : json_get_c(claims, "scp");
	struct json *list = json_new_array(a);
	struct str rest = json_text(v);

	if (json_is(v, JSON_ARRAY))
		return v;
	while (str_is_set(rest)) {
		struct str one = str_split(&rest, ' ');

		if (one.n)
			json_add(a, list, json_new_string(a, one));
	}
	return v ? list : NULL;
}

static bool scopes_fit(const struct json *wanted, const struct json *given)
{
	if (!wanted || wanted->count == 0)
		return true;
	for (size_t i = 0; given && i < given->count; i++)
		if (is_listed(wanted, json_text(given->items[i])))
			return true;
	return false;
}

static void refuse_token(struct execution *x, int status, const char *why)
{
	struct str scopes = STR("");
	const struct json *wanted = json_get_c(x->route->record, "authorizationScopes");

	for (size_t i = 0; wanted && i < wanted->count; i++)
		scopes = arena_printf(&x->call->arena, STR_FMT "%s" STR_FMT, STR_ARG(scopes), i ? " " : "",
				      STR_ARG(json_text(wanted->items[i])));
	call_reply_headerf(x->call, "www-authenticate", "Bearer scope=\"" STR_FMT "\" error=\"%s\" error_description=\"%s\"",
			   STR_ARG(scopes), status == 403 ? "insufficient_scope" : "invalid_token", why);
	execution_refuse(x, status, status == 403 ? "Forbidden" : "Unauthorized");
}

/* "Currently, only RSA-based algorithms are supported." */
static const char *const algorithms[] = { "RS256", "RS384", "RS512", NULL };

static enum jwt_fault judge_token(struct execution *x)
{
	struct arena *a = &x->call->arena;
	struct jwt_demand demand = { .issuer = issuer_of(x),
				     .now_ms = clock_wall_ms(),
				     .audience = json_get_c(json_get_c(x->route->authorizer, "jwtConfiguration"), "audience") };
	struct jwt token;

	if (jwt_parse(a, find_token(x), &token) < 0)
		return JWT_MALFORMED;
	enum jwt_fault fault = jwt_verify(x->apigw->keys, a, &token, demand.issuer, algorithms);
	if (fault == JWT_FINE)
		fault = jwt_check_claims(token.claims, &demand);
	if (fault == JWT_FINE) {
		x->claims = token.claims;
		x->scopes = token_scopes(a, token.claims);
	}
	return fault;
}

static void judge(struct execution *x)
{
	enum jwt_fault fault = judge_token(x);

	if (fault != JWT_FINE)
		refuse_token(x, 401, jwt_fault_text(fault));
	else if (!scopes_fit(json_get_c(x->route->record, "authorizationScopes"), x->scopes))
		refuse_token(x, 403, "insufficient scope");
	else
		execution_integrate(x);
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
	struct str text = find_token(x);
	struct jwt token;

	if (!x->route->authorizer)
		execution_refuse(x, 500, "Internal Server Error");
	else if (text.n == 0)
		execution_refuse(x, 401, "Unauthorized");
	else if (jwt_parse(&x->call->arena, text, &token) < 0)
		refuse_token(x, 401, jwt_fault_text(JWT_MALFORMED));
	else if (key_sets_have(x->apigw->keys, issuer_of(x), token.key_id))
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
