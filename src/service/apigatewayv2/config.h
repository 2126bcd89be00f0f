/* SPDX-License-Identifier: Apache-2.0
 *
 * What a request to an API needs to know of it, compiled once and kept until the API changes. Shared between requests by
 * reference; all but the quotas is immutable.
 */
#ifndef GLEANER_SERVICE_APIGATEWAYV2_CONFIG_H
#define GLEANER_SERVICE_APIGATEWAYV2_CONFIG_H

#include "service/apigatewayv2/internal.h"
#include "service/apigatewayv2/match.h"
#include "service/quota.h"

struct api_route {
	struct route_key key;
	struct str key_text;
	const struct json *record, *integration, *authorizer; /* the latter two NULL where there is none */
	struct quota quota;
};

struct api_stage {
	struct str name;
	const struct json *record;
	struct api_route *routes;
	size_t route_count;
};

struct api_config {
	struct arena arena;
	struct str id;
	const struct json *record, *cors; /* cors NULL: none */
	struct api_stage *stages;
	size_t stage_count;
	pthread_mutex_t throttle_lock;
	_Atomic int references;
};

int config_cache_new(struct config_cache **out, struct host *host, struct error *err) MUST_CHECK;
void config_cache_free(struct config_cache *c);

/* ERR_NOT_FOUND; the store's errors. */
int config_get(struct config_cache *c, struct str api_id, struct api_config **out, struct error *err) MUST_CHECK;
void config_unref(struct api_config *config);
/* After a commit that changed the API. */
void config_forget(struct config_cache *c, struct str api_id);

/* The stage that the path begins with, else $default; `rest` is the path within it. NULL: neither. */
struct api_stage *config_stage(struct api_config *config, struct str path, struct str *rest);
/* The most specific route, NULL when none fits. */
struct api_route *config_route(struct api_stage *stage, struct str method, struct str path);
/* Takes a token; false: the request is one too many. */
bool config_admit(struct api_config *config, struct api_route *route, int64_t now_ns);

#endif
