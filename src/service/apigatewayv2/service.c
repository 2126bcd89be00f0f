/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations of API Gateway (HTTP APIs) and the life of its state.
 */
#include "service/apigatewayv2/config.h"
#include "service/apigatewayv2/internal.h"
#include "service/key_sets.h"

#define ROW(wire, mode, verb, route, fn, fields, ...)                                                                            \
	{                                                                                                                        \
		.name = wire, .kind = OPERATION_##mode, .run = apigw_##fn, .input = apigw_##fields##_fields,                     \
		.input_size = sizeof(struct resource_input), .resource = apigw_resource_arn, .action = "apigateway:" verb,       \
		.method = verb, .path = route, ##__VA_ARGS__                                                                     \
	}
#define CREATE(wire, route, fn, fields) ROW(wire, WRITE, "POST", route, fn, fields, .status = 201)
#define READ(wire, route, fn, fields) ROW(wire, READ, "GET", route, fn, fields)
#define UPDATE(wire, route, fn, fields) ROW(wire, WRITE, "PATCH", route, fn, fields)
#define DELETE(wire, route, fn, fields) ROW(wire, WRITE, "DELETE", route, fn, fields, .status = 204)

#define API "/v2/apis/{apiId}"

static const struct operation operations[] = {
	CREATE("CreateApi", "/v2/apis", create_api, api),
	READ("GetApi", API, get_api, api_id),
	READ("GetApis", "/v2/apis", list_api, apis),
	UPDATE("UpdateApi", API, update_api, api_update),
	DELETE("DeleteApi", API, delete_api, api_id),
	DELETE("DeleteCorsConfiguration", API "/cors", delete_cors, api_id),
	CREATE("CreateRoute", API "/routes", create_route, route),
	READ("GetRoute", API "/routes/{routeId}", get_route, route_id),
	READ("GetRoutes", API "/routes", list_route, list),
	UPDATE("UpdateRoute", API "/routes/{routeId}", update_route, route_update),
	DELETE("DeleteRoute", API "/routes/{routeId}", delete_route, route_id),
	CREATE("CreateIntegration", API "/integrations", create_integration, integration),
	READ("GetIntegration", API "/integrations/{integrationId}", get_integration, integration_id),
	READ("GetIntegrations", API "/integrations", list_integration, list),
	UPDATE("UpdateIntegration", API "/integrations/{integrationId}", update_integration, integration_update),
	DELETE("DeleteIntegration", API "/integrations/{integrationId}", delete_integration, integration_id),
	CREATE("CreateStage", API "/stages", create_stage, stage),
	READ("GetStage", API "/stages/{stageName}", get_stage, stage_id),
	READ("GetStages", API "/stages", list_stage, list),
	UPDATE("UpdateStage", API "/stages/{stageName}", update_stage, stage_update),
	DELETE("DeleteStage", API "/stages/{stageName}", delete_stage, stage_id),
	DELETE("DeleteAccessLogSettings", API "/stages/{stageName}/accesslogsettings", delete_access_log_settings, stage_id),
	DELETE("DeleteRouteSettings", API "/stages/{stageName}/routesettings/{routeKey}", delete_route_settings, route_settings),
	CREATE("CreateDeployment", API "/deployments", create_deployment, deployment),
	READ("GetDeployment", API "/deployments/{deploymentId}", get_deployment, deployment_id),
	READ("GetDeployments", API "/deployments", list_deployment, list),
	UPDATE("UpdateDeployment", API "/deployments/{deploymentId}", update_deployment, deployment_update),
	DELETE("DeleteDeployment", API "/deployments/{deploymentId}", delete_deployment, deployment_id),
	CREATE("CreateAuthorizer", API "/authorizers", create_authorizer, authorizer),
	READ("GetAuthorizer", API "/authorizers/{authorizerId}", get_authorizer, authorizer_id),
	READ("GetAuthorizers", API "/authorizers", list_authorizer, list),
	UPDATE("UpdateAuthorizer", API "/authorizers/{authorizerId}", update_authorizer, authorizer_update),
	DELETE("DeleteAuthorizer", API "/authorizers/{authorizerId}", delete_authorizer, authorizer_id),
	CREATE("TagResource", "/v2/tags/{resource-arn}", tag_resource, tag),
	DELETE("UntagResource", "/v2/tags/{resource-arn}", untag_resource, untag),
	READ("GetTags", "/v2/tags/{resource-arn}", get_tags, get_tags),
	/* Asked by execution only (authorize.c): it has no path. */
	{ .name = "Invoke",
	  .kind = OPERATION_ASYNC,
	  .run = apigw_permit,
	  .input = apigw_permit_fields,
	  .input_size = sizeof(struct resource_input),
	  .resource = apigw_permit_resource,
	  .action = "execute-api:Invoke" },
	{ 0 },
};

static void apigw_close(void *state)
{
	struct apigw *g = state;

	config_cache_free(g->configs);
	key_sets_free(g->keys);
	free(g);
}

static int apigw_open(struct host *host, void **state, struct error *err)
{
	struct apigw *g = calloc(1, sizeof(*g));

	if (!g)
		return error_set(err, ERR_NO_MEMORY, "out of memory for the API gateway");
	g->host = host;
	int rc = config_cache_new(&g->configs, host, err);
	if (rc == 0)
		rc = key_sets_new(&g->keys, host, err);
	if (rc < 0) {
		apigw_close(g);
		return rc;
	}
	*state = g;
	return 0;
}

const struct service service_apigatewayv2 = {
	.name = "apigatewayv2",
	.signing_name = "apigateway",
	.protocol = PROTOCOL_REST_JSON,
	.validation = &apigw_BadRequestException,
	.operations = operations,
	.open = apigw_open,
	.close = apigw_close,
	.fallback = apigatewayv2_execute,
};
