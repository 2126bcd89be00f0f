/* SPDX-License-Identifier: Apache-2.0 */
#include "service/apigatewayv2/config.h"

#include "base/limits.h"

struct config_cache {
	struct host *host;
	pthread_mutex_t lock;
	struct map configs;  /* API's id -> struct api_config, one reference each */
	uint64_t generation; /* grows with every change, so that what was read before one is not kept after it */
};

/* ---- building ---- */

struct reading {
	struct arena *arena;
	struct json *list;
};

static int keep(void *argument, const struct json *record)
{
	struct reading *r = argument;

	return json_add(r->arena, r->list, record) ? 1 : ERR_NO_MEMORY;
}

static int read_all(struct store_txn *txn, struct api_config *config, const char *space, const struct json **out,
		    struct error *err)
{
	struct reading r = { .arena = &config->arena, .list = json_new_array(&config->arena) };
	struct key key;

	record_key(&key, str_c(space), config->id);
	int rc = record_page(txn, SPACE_API, &key, &(struct record_window){ 0 }, &config->arena, keep, &r, NULL, err);
	*out = r.list;
	return rc;
}

static const struct json *find_by(const struct json *list, struct str member, struct str id)
{
	for (size_t i = 0; id.n && list && i < list->count; i++)
		if (str_eq(json_get_text(list->items[i], member), id))
			return list->items[i];
	return NULL;
}

/* What a stage serves: the API as it is, or what its deployment froze. */
struct parts {
	const struct json *routes, *integrations, *authorizers;
};

static struct parts stage_parts(const struct json *stage, const struct parts *now, const struct json *deployments)
{
	const struct json *deployment = find_by(deployments, STR("deploymentId"), json_get_text(stage, STR("deploymentId")));

	if (json_true(json_get_c(stage, "autoDeploy")))
		return *now;
	return (struct parts){ json_get_c(deployment, "Routes"), json_get_c(deployment, "Integrations"),
			       json_get_c(deployment, "Authorizers") };
}

static double setting(const struct json *own, const struct json *common, struct str name, double otherwise)
{
	double value;

	if (json_to_double(json_get(own, name), &value) == 0 || json_to_double(json_get(common, name), &value) == 0)
		return value;
	return otherwise;
}

static void fill_quota(struct api_route *route, const struct json *stage)
{
	const struct json *own = json_get(json_get_c(stage, "routeSettings"), route->key_text);
	const struct json *common = json_get_c(stage, "defaultRouteSettings");

	quota_init(&route->quota, setting(own, common, STR("throttlingRateLimit"), APIGW_RATE),
		   setting(own, common, STR("throttlingBurstLimit"), APIGW_BURST));
}

static int build_route(struct api_config *config, struct api_route *route, const struct json *record, const struct parts *parts,
		       const struct json *stage)
{
	struct str target = json_get_text(record, STR("target"));

	route->record = record;
	route->key_text = json_get_text(record, STR("routeKey"));
	route->integration = find_by(parts->integrations, STR("integrationId"), str_from(target, strlen("integrations/")));
	route->authorizer = find_by(parts->authorizers, STR("authorizerId"), json_get_text(record, STR("authorizerId")));
	fill_quota(route, stage);
	return route_key_parse(&config->arena, route->key_text, &route->key);
}

static int build_stage(struct api_config *config, struct api_stage *stage, const struct json *record, const struct parts *parts)
{
	size_t count = parts->routes ? parts->routes->count : 0;

	stage->record = record;
	stage->name = json_get_text(record, STR("stageName"));
	stage->routes = arena_alloc_array(&config->arena, count, sizeof(*stage->routes));
	for (size_t i = 0; stage->routes && i < count; i++) {
		int rc = build_route(config, &stage->routes[i], parts->routes->items[i], parts, record);

		if (rc < 0)
			return rc;
	}
	stage->route_count = stage->routes ? count : 0;
	return count && !stage->routes ? ERR_NO_MEMORY : 0;
}

static int build(struct store_txn *txn, struct api_config *config, struct error *err)
{
	const struct json *stages, *deployments;
	struct parts now;
	struct key key;

	record_key(&key, STR("api"), config->id);
	int rc = record_get(txn, SPACE_API, &key, &config->arena, &config->record, err);
	if (rc < 0 || (rc = read_all(txn, config, "stage", &stages, err)) < 0 ||
	    (rc = read_all(txn, config, "route", &now.routes, err)) < 0 ||
	    (rc = read_all(txn, config, "integration", &now.integrations, err)) < 0 ||
	    (rc = read_all(txn, config, "authorizer", &now.authorizers, err)) < 0 ||
	    (rc = read_all(txn, config, "deployment", &deployments, err)) < 0)
		return rc;
	config->cors = json_get_c(config->record, "corsConfiguration");
	config->stages = arena_alloc_array(&config->arena, stages->count, sizeof(*config->stages));
	config->stage_count = config->stages ? stages->count : 0;
	for (size_t i = 0; i < config->stage_count && rc == 0; i++) {
		struct parts parts = stage_parts(stages->items[i], &now, deployments);

		rc = build_stage(config, &config->stages[i], stages->items[i], &parts);
	}
	return rc < 0 ? error_set(err, rc, "an API's configuration could not be read") : 0;
}

void config_unref(struct api_config *config)
{
	if (!config || --config->references > 0)
		return;
	pthread_mutex_destroy(&config->throttle_lock);
	arena_release(&config->arena);
	free(config);
}

static int config_read(struct config_cache *c, struct str api_id, struct api_config **out, struct error *err)
{
	struct api_config *config = calloc(1, sizeof(*config));
	struct store_txn *txn;

	if (!config)
		return error_set(err, ERR_NO_MEMORY, "out of memory for an API's configuration");
	config->references = 1;
	pthread_mutex_init(&config->throttle_lock, NULL);
	arena_init(&config->arena, MIB(64));
	config->id = arena_str(&config->arena, api_id);
	int rc = store_read_begin(host_store(c->host), &txn, err);
	if (rc == 0) {
		rc = build(txn, config, err);
		store_read_end(txn);
	}
	if (rc < 0) {
		config_unref(config);
		return rc;
	}
	*out = config;
	return 0;
}

/* ---- the cache ---- */

static void keep_config(struct config_cache *c, struct api_config *config, uint64_t generation)
{
	void *old = NULL;

	pthread_mutex_lock(&c->lock);
	if (generation == c->generation && map_put(&c->configs, config->id, config, &old) == 0)
		config->references++;
	pthread_mutex_unlock(&c->lock);
	config_unref(old);
}

int config_get(struct config_cache *c, struct str api_id, struct api_config **out, struct error *err)
{
	pthread_mutex_lock(&c->lock);
	struct api_config *config = map_get(&c->configs, api_id);
	uint64_t generation = c->generation;
	if (config)
		config->references++;
	pthread_mutex_unlock(&c->lock);
	if (config) {
		*out = config;
		return 0;
	}
	int rc = config_read(c, api_id, out, err);
	if (rc == 0)
		keep_config(c, *out, generation);
	return rc;
}

void config_forget(struct config_cache *c, struct str api_id)
{
	pthread_mutex_lock(&c->lock);
	c->generation++;
	struct api_config *config = map_remove(&c->configs, api_id);
	pthread_mutex_unlock(&c->lock);
	config_unref(config);
}

int config_cache_new(struct config_cache **out, struct host *host, struct error *err)
{
	struct config_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return error_set(err, ERR_NO_MEMORY, "out of memory for the APIs' configurations");
	c->host = host;
	pthread_mutex_init(&c->lock, NULL);
	map_init(&c->configs);
	*out = c;
	return 0;
}

void config_cache_free(struct config_cache *c)
{
	if (!c)
		return;
	for (struct map_entry *e = map_next(&c->configs, NULL); e; e = map_next(&c->configs, e))
		config_unref(e->value);
	map_release(&c->configs);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

struct forgetting {
	struct config_cache *cache;
	size_t n;
	char id[];
};

static void forget_now(void *argument)
{
	struct forgetting *f = argument;

	config_forget(f->cache, str_of(f->id, f->n));
	free(f);
}

int apigw_changed(struct call *call, struct str api_id)
{
	struct apigw *g = call->state;
	struct forgetting *f = malloc(sizeof(*f) + api_id.n);

	if (!f)
		return call_fault(call, NULL);
	f->cache = g->configs;
	f->n = api_id.n;
	memcpy(f->id, api_id.p, api_id.n);
	if (store_after_commit(call->txn, forget_now, f) == 0)
		return 0;
	free(f);
	return call_fault(call, NULL);
}

/* ---- finding ---- */

struct api_stage *config_stage(struct api_config *config, struct str path, struct str *rest)
{
	struct str after = str_from(path, 1);
	struct str first = str_split(&after, '/');
	struct api_stage *fallback = NULL;

	for (size_t i = 0; i < config->stage_count; i++) {
		struct api_stage *stage = &config->stages[i];

		if (str_eq_c(stage->name, "$default"))
			fallback = stage;
		if (!str_eq(stage->name, first))
			continue;
		*rest = str_is_set(after) ? str_from(path, 1 + first.n) : STR("/");
		return stage;
	}
	*rest = path;
	return fallback;
}

struct api_route *config_route(struct api_stage *stage, struct str method, struct str path)
{
	struct api_route *best = NULL;
	int64_t best_score = -1;

	for (size_t i = 0; i < stage->route_count; i++) {
		int64_t score = route_key_match(&stage->routes[i].key, method, path);

		if (score > best_score) {
			best = &stage->routes[i];
			best_score = score;
		}
	}
	return best;
}

bool config_admit(struct api_config *config, struct api_route *route, int64_t now_ns)
{
	pthread_mutex_lock(&config->throttle_lock);
	bool admitted = quota_take(&route->quota, now_ns);
	pthread_mutex_unlock(&config->throttle_lock);
	return admitted;
}
