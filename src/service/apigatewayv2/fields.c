/* SPDX-License-Identifier: Apache-2.0
 *
 * What each operation takes. Members of a body are only checked here: the resource keeps them as they came.
 */
#include "service/apigatewayv2/internal.h"

#define LABEL(member, text) BIND_STR(struct resource_input, member, text, .location = BIND_LABEL, .required = true)
#define CHECKED(k, text, ...)                                                                                                    \
	{                                                                                                                        \
		.name = text, .kind = k, .offset = offsetof(struct resource_input, unused), ##__VA_ARGS__                        \
	}
#define TEXT(text, ...) CHECKED(BIND_KIND_STR, text, ##__VA_ARGS__)
#define FLAG(text) CHECKED(BIND_KIND_BOOL, text)
#define NUMBER(text, ...) CHECKED(BIND_KIND_I64, text, ##__VA_ARGS__)
#define LIST(text, ...) CHECKED(BIND_KIND_LIST, text, ##__VA_ARGS__)
#define MAP(text, ...) CHECKED(BIND_KIND_MAP, text, ##__VA_ARGS__)
#define GROUP(text, table) CHECKED(BIND_KIND_STRUCT, text, .fields = table)

static const char *const http_only[] = { "HTTP", NULL };
static const char *const ipv4_only[] = { "ipv4", "dualstack", NULL };
static const char *const authorizations[] = { "NONE", "AWS_IAM", "JWT", NULL };
static const char *const proxies[] = { "AWS_PROXY", "HTTP_PROXY", NULL };
static const char *const internet[] = { "INTERNET", NULL };
static const char *const formats[] = { "1.0", "2.0", NULL };
static const char *const jwt_only[] = { "JWT", NULL };
static const char *const logging_levels[] = { "OFF", "ERROR", "INFO", NULL };

static const struct bind cors_fields[] = {
	FLAG("allowCredentials"),
	LIST("allowHeaders"),
	LIST("allowMethods"),
	LIST("allowOrigins"),
	LIST("exposeHeaders"),
	NUMBER("maxAge", .min = -1, .max = 86400),
	BIND_DONE,
};
static const struct bind jwt_fields[] = { LIST("audience"), TEXT("issuer"), BIND_DONE };
static const struct bind access_log_fields[] = { TEXT("destinationArn"), TEXT("format", .max = 3072), BIND_DONE };
static const struct bind route_setting_fields[] = {
	FLAG("dataTraceEnabled"),
	FLAG("detailedMetricsEnabled"),
	TEXT("loggingLevel", .values = logging_levels),
	NUMBER("throttlingBurstLimit", .min = 0, .max = INT32_MAX),
	CHECKED(BIND_KIND_DOUBLE, "throttlingRateLimit"),
	BIND_DONE,
};

#define API_MEMBERS                                                                                                              \
	TEXT("apiKeySelectionExpression"), GROUP("corsConfiguration", cors_fields), TEXT("description", .max = 1024),            \
		FLAG("disableExecuteApiEndpoint"), FLAG("disableSchemaValidation"), TEXT("ipAddressType", .values = ipv4_only),  \
		TEXT("routeSelectionExpression"), TEXT("version", .max = 64), BIND_REFUSED("credentialsArn"),                    \
		BIND_REFUSED("routeKey"), BIND_REFUSED("target")

const struct bind apigw_api_fields[] = {
	TEXT("name", .required = true, .min = 1, .max = 128),
	TEXT("protocolType", .required = true, .values = http_only),
	MAP("tags"),
	API_MEMBERS,
	BIND_DONE,
};
const struct bind apigw_api_update_fields[] = { LABEL(api_id, "apiId"), TEXT("name", .min = 1, .max = 128), API_MEMBERS,
						BIND_DONE };

#define STAGE_MEMBERS                                                                                                            \
	GROUP("accessLogSettings", access_log_fields), FLAG("autoDeploy"), TEXT("deploymentId"),                                 \
		TEXT("description", .max = 1024), GROUP("defaultRouteSettings", route_setting_fields), MAP("routeSettings"),     \
		MAP("stageVariables"), BIND_REFUSED("clientCertificateId")

const struct bind apigw_stage_fields[] = {
	LABEL(api_id, "apiId"),
	BIND_STR(struct resource_input, id, "stageName", .required = true, .min = 1, .max = 128),
	MAP("tags"),
	STAGE_MEMBERS,
	BIND_DONE,
};
const struct bind apigw_stage_update_fields[] = { LABEL(api_id, "apiId"), LABEL(id, "stageName"), STAGE_MEMBERS, BIND_DONE };

#define ROUTE_MEMBERS                                                                                                            \
	FLAG("apiKeyRequired"), LIST("authorizationScopes", .max = 10), TEXT("authorizationType", .values = authorizations),     \
		TEXT("authorizerId"), TEXT("operationName", .max = 64), TEXT("target", .max = 128), MAP("requestParameters"),    \
		BIND_REFUSED("modelSelectionExpression"), BIND_REFUSED("requestModels"),                                         \
		BIND_REFUSED("routeResponseSelectionExpression")

const struct bind apigw_route_fields[] = { LABEL(api_id, "apiId"), TEXT("routeKey", .required = true), ROUTE_MEMBERS, BIND_DONE };
const struct bind apigw_route_update_fields[] = { LABEL(api_id, "apiId"), LABEL(id, "routeId"), TEXT("routeKey"), ROUTE_MEMBERS,
						  BIND_DONE };

#define INTEGRATION_MEMBERS                                                                                                      \
	TEXT("connectionType", .values = internet), TEXT("credentialsArn"), TEXT("description", .max = 1024),                    \
		TEXT("integrationMethod"), TEXT("integrationUri", .max = 2048), TEXT("payloadFormatVersion", .values = formats), \
		NUMBER("timeoutInMillis", .min = 50, .max = APIGW_TIMEOUT_MS), BIND_REFUSED("requestParameters"),                \
		BIND_REFUSED("connectionId"), BIND_REFUSED("contentHandlingStrategy"), BIND_REFUSED("integrationSubtype"),       \
		BIND_REFUSED("passthroughBehavior"), BIND_REFUSED("requestTemplates"), BIND_REFUSED("responseParameters"),       \
		BIND_REFUSED("templateSelectionExpression"), BIND_REFUSED("tlsConfig")

const struct bind apigw_integration_fields[] = {
	LABEL(api_id, "apiId"),
	TEXT("integrationType", .required = true, .values = proxies),
	INTEGRATION_MEMBERS,
	BIND_DONE,
};
const struct bind apigw_integration_update_fields[] = {
	LABEL(api_id, "apiId"),
	LABEL(id, "integrationId"),
	TEXT("integrationType", .values = proxies),
	INTEGRATION_MEMBERS,
	BIND_DONE,
};

#define AUTHORIZER_MEMBERS                                                                                                       \
	LIST("identitySource"), GROUP("jwtConfiguration", jwt_fields), BIND_REFUSED("authorizerCredentialsArn"),                 \
		BIND_REFUSED("authorizerPayloadFormatVersion"), BIND_REFUSED("authorizerResultTtlInSeconds"),                    \
		BIND_REFUSED("authorizerUri"), BIND_REFUSED("enableSimpleResponses"),                                            \
		BIND_REFUSED("identityValidationExpression")

const struct bind apigw_authorizer_fields[] = {
	LABEL(api_id, "apiId"),
	TEXT("authorizerType", .required = true, .values = jwt_only),
	TEXT("name", .required = true, .min = 1, .max = 128),
	AUTHORIZER_MEMBERS,
	BIND_DONE,
};
const struct bind apigw_authorizer_update_fields[] = {
	LABEL(api_id, "apiId"),
	LABEL(id, "authorizerId"),
	TEXT("authorizerType", .values = jwt_only),
	TEXT("name", .min = 1, .max = 128),
	AUTHORIZER_MEMBERS,
	BIND_DONE,
};

const struct bind apigw_deployment_fields[] = {
	LABEL(api_id, "apiId"),
	TEXT("description", .max = 1024),
	TEXT("stageName"),
	BIND_DONE,
};
const struct bind apigw_deployment_update_fields[] = {
	LABEL(api_id, "apiId"),
	LABEL(id, "deploymentId"),
	TEXT("description", .max = 1024),
	BIND_DONE,
};

const struct bind apigw_api_id_fields[] = { LABEL(api_id, "apiId"), BIND_DONE };
const struct bind apigw_route_id_fields[] = { LABEL(api_id, "apiId"), LABEL(id, "routeId"), BIND_DONE };
const struct bind apigw_integration_id_fields[] = { LABEL(api_id, "apiId"), LABEL(id, "integrationId"), BIND_DONE };
const struct bind apigw_stage_id_fields[] = { LABEL(api_id, "apiId"), LABEL(id, "stageName"), BIND_DONE };
const struct bind apigw_authorizer_id_fields[] = { LABEL(api_id, "apiId"), LABEL(id, "authorizerId"), BIND_DONE };
const struct bind apigw_deployment_id_fields[] = { LABEL(api_id, "apiId"), LABEL(id, "deploymentId"), BIND_DONE };
const struct bind apigw_route_settings_fields[] = {
	LABEL(api_id, "apiId"),
	LABEL(id, "stageName"),
	BIND_STR(struct resource_input, token, "routeKey", .location = BIND_LABEL, .required = true),
	BIND_DONE,
};

#define PAGE                                                                                                                     \
	BIND_I64(struct resource_input, limit, "maxResults", .location = BIND_QUERY, .min = 1, .max = 500),                      \
		BIND_STR(struct resource_input, token, "nextToken", .location = BIND_QUERY)

const struct bind apigw_apis_fields[] = { PAGE, BIND_DONE };
const struct bind apigw_list_fields[] = { LABEL(api_id, "apiId"), PAGE, BIND_DONE };

const struct bind apigw_tag_fields[] = {
	LABEL(id, "resource-arn"),
	BIND_MAP(struct resource_input, tags, "tags"),
	BIND_DONE,
};
const struct bind apigw_untag_fields[] = {
	LABEL(id, "resource-arn"),
	BIND_LIST(struct resource_input, keys, "tagKeys", .location = BIND_QUERY, .required = true),
	BIND_DONE,
};
const struct bind apigw_get_tags_fields[] = { LABEL(id, "resource-arn"), BIND_DONE };
const struct bind apigw_permit_fields[] = { BIND_STR(struct resource_input, id, "resource", .required = true), BIND_DONE };
