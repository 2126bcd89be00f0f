/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share.
 *
 * SPACE_API: ("api", id), and of each API ("stage" | "route" | "integration" | "authorizer" | "deployment", api id, id): the
 * resource as it is shown, and in a deployment also what it froze (routes, integrations, authorizers).
 */
#ifndef GLEANER_SERVICE_APIGATEWAYV2_INTERNAL_H
#define GLEANER_SERVICE_APIGATEWAYV2_INTERNAL_H

#include <pthread.h>

#include "base/map.h"
#include "service/apigatewayv2/apigatewayv2.h"
#include "service/record.h"
#include "service/tags.h"

#define APIGW_ERRORS(E, prefix)                                                                                                  \
	E(prefix, BadRequestException, 400, "The request is not valid.")                                                         \
	E(prefix, NotFoundException, 404, "The resource does not exist.")                                                        \
	E(prefix, ConflictException, 409, "The resource already exists.")                                                        \
	E(prefix, TooManyRequestsException, 429, "Limit exceeded.")

APIGW_ERRORS(SERVICE_ERROR_EXTERN, apigw)

/* Quotas of HTTP APIs. */
enum {
	APIGW_ROUTES_MAX = 300,
	APIGW_INTEGRATIONS_MAX = 300,
	APIGW_STAGES_MAX = 10,
	APIGW_AUTHORIZERS_MAX = 10,
	APIGW_PAYLOAD_MAX = 10 * 1024 * 1024,
	APIGW_TIMEOUT_MS = 30000,
	APIGW_RATE = 10000, /* requests a second, and burst, where a stage sets none */
	APIGW_BURST = 5000,
};

struct config_cache;
struct key_sets;

struct apigw {
	struct host *host;
	struct config_cache *configs;
	struct key_sets *keys;
};

/* ---- resources (resources.c) ---- */

/* The labels every operation may have; the rest of a request is kept as given once its table has passed it. */
struct resource_input {
	struct str api_id, id;
	const struct json *tags, *keys;
	struct opt_i64 limit;
	struct str token;
	struct opt_double unused; /* where checked members are bound to; wide enough for any kind */
	struct str unused_rest;
};

struct resource_kind {
	const char *name;      /* "Route" */
	const char *space;     /* first part of the key */
	const char *id_member; /* "routeId" */
	const char *label;     /* of the path */
	int max;               /* an API may have */
	const char *defaults;  /* JSON of what a new one has unless told otherwise */
	int (*check)(struct call *call, const struct json *record, struct str id); /* negative: call_fail was called */
	int (*check_delete)(struct call *call, struct str id);
};

extern const struct resource_kind apigw_route, apigw_integration, apigw_stage, apigw_authorizer, apigw_deployment;

int apigw_need_api(struct call *call, struct str api_id, const struct json **out) MUST_CHECK;
int apigw_get_record(struct call *call, const struct resource_kind *kind, struct str api_id, struct str id,
		     const struct json **out) MUST_CHECK;
int apigw_put_record(struct call *call, const struct resource_kind *kind, struct str api_id, struct str id,
		     const struct json *record) MUST_CHECK;
/* Every record of that kind, as an array. */
int apigw_all_records(struct call *call, const struct resource_kind *kind, struct str api_id, struct json **out) MUST_CHECK;
void apigw_write_members(struct call *call, const struct json *record);
/* `changes` over `record`; a change to "" takes the member away. Labels are left out. */
struct json *apigw_merge(struct arena *a, const struct json *record, const struct json *changes);
struct str apigw_new_id(struct arena *a);
/* The configuration in memory is read anew after this transaction. */
int apigw_changed(struct call *call, struct str api_id) MUST_CHECK;
struct str apigw_resource_arn(struct call *call);

/* ---- operations ---- */

#define APIGW_CRUD(one)                                                                                                          \
	int apigw_create_##one(struct call *call);                                                                               \
	int apigw_get_##one(struct call *call);                                                                                  \
	int apigw_list_##one(struct call *call);                                                                                 \
	int apigw_update_##one(struct call *call);                                                                               \
	int apigw_delete_##one(struct call *call);
APIGW_CRUD(api)
APIGW_CRUD(route)
APIGW_CRUD(integration)
APIGW_CRUD(stage)
APIGW_CRUD(authorizer)
APIGW_CRUD(deployment)
int apigw_delete_cors(struct call *call);
int apigw_delete_access_log_settings(struct call *call);
int apigw_delete_route_settings(struct call *call);
int apigw_tag_resource(struct call *call);
int apigw_untag_resource(struct call *call);
int apigw_get_tags(struct call *call);
/* Not for clients: permission for one request to an API (execute-api:Invoke), asked by a call to ourselves. */
int apigw_permit(struct call *call);
struct str apigw_permit_resource(struct call *call);

extern const struct bind apigw_api_fields[], apigw_api_update_fields[], apigw_stage_fields[], apigw_stage_update_fields[],
	apigw_route_fields[], apigw_route_update_fields[], apigw_integration_fields[], apigw_integration_update_fields[],
	apigw_authorizer_fields[], apigw_authorizer_update_fields[], apigw_deployment_fields[], apigw_deployment_update_fields[],
	apigw_api_id_fields[], apigw_route_id_fields[], apigw_integration_id_fields[], apigw_stage_id_fields[],
	apigw_authorizer_id_fields[], apigw_deployment_id_fields[], apigw_list_fields[], apigw_apis_fields[], apigw_tag_fields[],
	apigw_untag_fields[], apigw_get_tags_fields[], apigw_route_settings_fields[], apigw_permit_fields[];

#endif
