/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of an API and what each must satisfy.
 */
#include "service/apigatewayv2/internal.h"

#include "aws/arn.h"
#include "format/date.h"
#include "os/clock.h"
#include "service/apigatewayv2/match.h"

static void put_now(struct call *call, const struct json *record, struct str name, bool keep)
{
	char now[DATE_TEXT_MAX];

	if (keep && json_get(record, name))
		return;
	struct str text = arena_str(&call->arena, date_iso(now, clock_wall_ms()));
	json_put(&call->arena, (struct json *)(uintptr_t)record, name, json_new_string(&call->arena, text));
}

/* ---- routes ---- */

static int check_target(struct call *call, struct str api_id, struct str target)
{
	const struct json *integration;

	if (target.n == 0)
		return 0;
	if (!str_starts(target, STR("integrations/")))
		return call_failf(call, &apigw_BadRequestException, "Invalid target specified: " STR_FMT, STR_ARG(target));
	return apigw_get_record(call, &apigw_integration, api_id, arn_resource_id(target), &integration);
}

static int check_authorization(struct call *call, struct str api_id, const struct json *route)
{
	struct str type = json_get_text(route, STR("authorizationType"));
	struct str authorizer_id = json_get_text(route, STR("authorizerId"));
	const struct json *authorizer;

	if (!str_eq_c(type, "JWT"))
		return 0;
	if (authorizer_id.n == 0)
		return call_failf(call, &apigw_BadRequestException,
				  "AuthorizerId cannot be empty when the authorization type is JWT.");
	return apigw_get_record(call, &apigw_authorizer, api_id, authorizer_id, &authorizer);
}

static int check_route(struct call *call, const struct json *route, struct str id)
{
	const struct resource_input *in = call->input;
	struct str key = json_get_text(route, STR("routeKey"));
	struct route_key parsed;
	struct json *others;

	if (route_key_parse(&call->arena, key, &parsed) < 0)
		return call_failf(call, &apigw_BadRequestException,
				  "The provided route key is not formatted properly for HTTP protocol. Format should be "
				  "\"<HTTP METHOD>/<RESOURCE PATH>\" or \"$default\"");
	if (check_target(call, in->api_id, json_get_text(route, STR("target"))) < 0 ||
	    check_authorization(call, in->api_id, route) < 0 || apigw_all_records(call, &apigw_route, in->api_id, &others) < 0)
		return -1;
	for (size_t i = 0; i < others->count; i++)
		if (str_eq(json_get_text(others->items[i], STR("routeKey")), key) &&
		    !str_eq(json_get_text(others->items[i], STR("routeId")), id))
			return call_failf(call, &apigw_ConflictException,
					  "Route with key " STR_FMT " already exists for this API", STR_ARG(key));
	return 0;
}

const struct resource_kind apigw_route = {
	.name = "Route",
	.space = "route",
	.id_member = "routeId",
	.max = APIGW_ROUTES_MAX,
	.defaults = "{\"apiKeyRequired\":false,\"authorizationType\":\"NONE\"}",
	.check = check_route,
};

/* ---- integrations ---- */

static int check_integration(struct call *call, const struct json *integration, struct str id)
{
	struct str uri = json_get_text(integration, STR("integrationUri"));
	bool lambda = str_eq_c(json_get_text(integration, STR("integrationType")), "AWS_PROXY");
	struct str name;

	(void)id;
	if (lambda && integration_function(uri, &name) < 0)
		return call_failf(call, &apigw_BadRequestException, "Invalid function ARN or invalid uri");
	if (!lambda && !str_starts(uri, STR("http://")) && !str_starts(uri, STR("https://")))
		return call_failf(call, &apigw_BadRequestException, "Invalid HTTP endpoint specified for URI");
	if (lambda && !json_get_c(integration, "payloadFormatVersion"))
		return call_failf(call, &apigw_BadRequestException,
				  "PayloadFormatVersion is a required parameter for integration");
	return 0;
}

static int check_integration_unused(struct call *call, struct str id)
{
	const struct resource_input *in = call->input;
	struct json *routes;

	if (apigw_all_records(call, &apigw_route, in->api_id, &routes) < 0)
		return -1;
	for (size_t i = 0; i < routes->count; i++)
		if (str_eq(arn_resource_id(json_get_text(routes->items[i], STR("target"))), id))
			return call_failf(call, &apigw_ConflictException,
					  "Cannot delete Integration '" STR_FMT "'. It is referenced by a Route.", STR_ARG(id));
	return 0;
}

const struct resource_kind apigw_integration = {
	.name = "Integration",
	.space = "integration",
	.id_member = "integrationId",
	.max = APIGW_INTEGRATIONS_MAX,
	.defaults = "{\"connectionType\":\"INTERNET\",\"timeoutInMillis\":30000}",
	.check = check_integration,
	.check_delete = check_integration_unused,
};

/* ---- stages ---- */

static bool valid_stage_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return str_eq_c(name, "$default");
	}
	return true;
}

static int check_stage(struct call *call, const struct json *stage, struct str id)
{
	const struct resource_input *in = call->input;
	struct str deployment_id = json_get_text(stage, STR("deploymentId"));
	struct str log = json_get_text(json_get_c(stage, "accessLogSettings"), STR("destinationArn"));
	const struct json *deployment;
	struct arn arn;
	struct key key;

	record_key(&key, STR("stage"), in->api_id, id);
	if (strncmp(call->operation->name, "Create", 6) == 0 && store_has(call->txn, SPACE_API, key_str(&key)))
		return call_failf(call, &apigw_ConflictException, "Stage already exists");
	if (!valid_stage_name(id))
		return call_failf(call, &apigw_BadRequestException,
				  "Stage name only allows a-z, A-Z, 0-9, hyphen and underscore, or $default");
	if (deployment_id.n && apigw_get_record(call, &apigw_deployment, in->api_id, deployment_id, &deployment) < 0)
		return -1;
	if (log.n && (arn_parse(log, &arn) < 0 || !str_eq_c(arn.service, "logs") || !str_starts(arn.resource, STR("log-group:"))))
		return call_failf(
			call, &apigw_BadRequestException,
			"Access log destination must only contain characters a-z, A-Z, 0-9, '_', '-', '/', '.': '" STR_FMT "'",
			STR_ARG(log));
	put_now(call, stage, STR("createdDate"), true);
	put_now(call, stage, STR("lastUpdatedDate"), false);
	return 0;
}

const struct resource_kind apigw_stage = {
	.name = "Stage",
	.space = "stage",
	.id_member = "stageName",
	.max = APIGW_STAGES_MAX,
	.defaults = "{\"autoDeploy\":false,\"defaultRouteSettings\":{\"detailedMetricsEnabled\":false},\"routeSettings\":{},"
		    "\"stageVariables\":{},\"tags\":{}}",
	.check = check_stage,
};

/* ---- authorizers ---- */

static int check_authorizer(struct call *call, const struct json *authorizer, struct str id)
{
	const struct json *jwt = json_get_c(authorizer, "jwtConfiguration"), *sources = json_get_c(authorizer, "identitySource");
	struct str issuer = json_get_text(jwt, STR("issuer"));

	(void)id;
	if (!str_starts(issuer, STR("https://")) && !str_starts(issuer, STR("http://")))
		return call_failf(call, &apigw_BadRequestException,
				  "Caught exception when connecting to " STR_FMT
				  ". Please try again later. Error: Invalid issuer: " STR_FMT ". Issuer must have a valid URL.",
				  STR_ARG(issuer), STR_ARG(issuer));
	if (!sources || sources->count != 1 ||
	    (!str_starts(json_text(json_at(sources, 0)), STR("$request.header.")) &&
	     !str_starts(json_text(json_at(sources, 0)), STR("$request.querystring."))))
		return call_failf(call, &apigw_BadRequestException,
				  "Identity source must be a header or a query string parameter.");
	return 0;
}

static int check_authorizer_unused(struct call *call, struct str id)
{
	const struct resource_input *in = call->input;
	struct json *routes;

	if (apigw_all_records(call, &apigw_route, in->api_id, &routes) < 0)
		return -1;
	for (size_t i = 0; i < routes->count; i++)
		if (str_eq(json_get_text(routes->items[i], STR("authorizerId")), id))
			return call_failf(call, &apigw_ConflictException,
					  "Cannot delete Authorizer '" STR_FMT "'. It is referenced by a Route.", STR_ARG(id));
	return 0;
}

const struct resource_kind apigw_authorizer = {
	.name = "Authorizer",
	.space = "authorizer",
	.id_member = "authorizerId",
	.max = APIGW_AUTHORIZERS_MAX,
	.defaults = "{}",
	.check = check_authorizer,
	.check_delete = check_authorizer_unused,
};

/* ---- deployments: freeze what the API is now ---- */

static int point_stage(struct call *call, struct str stage_name, struct str id)
{
	const struct resource_input *in = call->input;
	const struct json *stage;

	if (stage_name.n == 0)
		return 0;
	if (apigw_get_record(call, &apigw_stage, in->api_id, stage_name, &stage) < 0)
		return -1;
	if (json_true(json_get_c(stage, "autoDeploy")))
		return call_failf(call, &apigw_BadRequestException,
				  "Stages with auto-deploy enabled cannot be associated with a specific deployment.");
	struct json *moved = json_copy_object(&call->arena, stage);
	json_put(&call->arena, moved, STR("deploymentId"), json_new_string(&call->arena, id));
	return apigw_put_record(call, &apigw_stage, in->api_id, stage_name, moved);
}

static int check_deployment(struct call *call, const struct json *deployment, struct str id)
{
	const struct resource_input *in = call->input;
	struct json *out = (struct json *)(uintptr_t)deployment, *routes, *integrations, *authorizers;
	struct arena *a = &call->arena;

	if (json_get_c(deployment, "Routes"))
		return 0;
	if (apigw_all_records(call, &apigw_route, in->api_id, &routes) < 0 ||
	    apigw_all_records(call, &apigw_integration, in->api_id, &integrations) < 0 ||
	    apigw_all_records(call, &apigw_authorizer, in->api_id, &authorizers) < 0)
		return -1;
	if (routes->count == 0)
		return call_failf(call, &apigw_BadRequestException, "At least one route is required before deploying the Api.");
	json_put(a, out, STR("Routes"), routes);
	json_put(a, out, STR("Integrations"), integrations);
	json_put(a, out, STR("Authorizers"), authorizers);
	put_now(call, deployment, STR("createdDate"), true);
	struct str stage = json_get_text(deployment, STR("stageName"));
	return point_stage(call, stage, id);
}

const struct resource_kind apigw_deployment = {
	.name = "Deployment",
	.space = "deployment",
	.id_member = "deploymentId",
	.max = 1000,
	.defaults = "{\"autoDeployed\":false,\"deploymentStatus\":\"DEPLOYED\"}",
	.check = check_deployment,
};
