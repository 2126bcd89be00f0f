/* SPDX-License-Identifier: Apache-2.0
 *
 * Invocations and the environments they wait for.
 */
#include <stdio.h>
#include <stdlib.h>

#include "aws/arn.h"
#include "base/log.h"
#include "os/clock.h"
#include "os/random.h"
#include "service/lambda/runtime.h"

enum { SHARES = 1000000 }; /* what a weight is counted in */

/* ---- effects ---- */

void effects_init(struct effects *e)
{
	*e = (struct effects){ 0 };
	arena_init(&e->arena, 64 * 1024);
}

void effects_run(struct lambda *l, struct effects *e)
{
	(void)l;
	if (e->exchange)
		http_respond(e->exchange, &e->reply);
	if (e->dropped) {
		struct http_reply gone;
		http_reply_init(&gone, 410);
		gone.close = true;
		http_respond(e->dropped, &gone);
	}
	while (e->starts) {
		struct environment *v = e->starts;
		e->starts = v->next_effect;
		environment_start(v);
	}
	while (e->finished) {
		struct invocation *i = e->finished;
		e->finished = i->next;
		i->done(i, i->argument);
		invocation_free(i);
	}
	http_listener_close(e->listener);
	arena_release(&e->arena);
}

/* ---- invocations ---- */

struct invocation *invocation_new(const char *id, struct str payload)
{
	struct invocation *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	snprintf(i->id, sizeof(i->id), "%s", id);
	i->payload = malloc(payload.n + 1);
	if (!i->payload) {
		free(i);
		return NULL;
	}
	memcpy(i->payload, payload.p ? payload.p : "", payload.n);
	i->payload_n = payload.n;
	return i;
}

void invocation_free(struct invocation *i)
{
	if (!i)
		return;
	free(i->payload);
	free(i->answer);
	free((char *)(uintptr_t)i->client_context.p);
	free((char *)(uintptr_t)i->trace.p);
	free((char *)(uintptr_t)i->arn.p);
	free(i);
}

void invocation_fail(struct invocation *i, const char *type, const char *format, ...)
{
	struct buf text, json;
	va_list args;

	buf_init(&text, 8192);
	buf_init(&json, 16384);
	va_start(args, format);
	buf_addv(&text, format, args);
	va_end(args);
	buf_add_c(&json, "{\"errorType\":");
	json_write_string(&json, str_c(type));
	buf_add_c(&json, ",\"errorMessage\":");
	json_write_string(&json, buf_str(&text));
	buf_add_c(&json, "}");
	free(i->answer);
	i->kind = OUTCOME_FUNCTION_ERROR;
	i->answer = buf_take(&json, &i->answer_n);
	snprintf(i->error_type, sizeof(i->error_type), "%s", type);
	buf_release(&text);
	buf_release(&json);
}

void invocation_refuse(struct invocation *i, const struct service_error *error, const char *text)
{
	i->kind = OUTCOME_REFUSED;
	i->refusal = error;
	snprintf(i->refusal_text, sizeof(i->refusal_text), "%s", text);
}

void scheduler_finish(struct invocation *i, struct effects *e)
{
	struct target *t = i->target;

	t->running--;
	t->lambda->running--;
	i->target = NULL;
	i->next = e->finished;
	e->finished = i;
	target_unref(t);
}

/* ---- targets ---- */

void target_unref(struct target *t)
{
	if (--t->references > 0)
		return;
	arena_release(&t->credentials_arena);
	arena_release(&t->arena);
	free(t);
}

/* With the lock. The map's reference goes. */
static void retire(struct target *t)
{
	map_remove(&t->lambda->targets, t->key);
	t->retired = true;
	for (struct environment *v = t->environments; v; v = v->next) {
		if (v->state == ENVIRONMENT_IDLE)
			environment_kill(v);
	}
	target_unref(t);
}

void targets_retire(struct lambda *l, struct str name)
{
	bool again = true;

	pthread_mutex_lock(&l->lock);
	atomic_fetch_add(&l->generation, 1);
	while (again) { /* removing moves the map's entries */
		again = false;
		for (struct map_entry *m = map_next(&l->targets, NULL); m && !again; m = map_next(&l->targets, m)) {
			again = str_eq(((struct target *)m->value)->name, name);
			if (again)
				retire(m->value);
		}
	}
	pthread_mutex_unlock(&l->lock);
}

static int64_t member_i64(const struct json *object, struct str name, int64_t fallback)
{
	int64_t n;

	return json_to_i64(json_get(object, name), &n) == 0 ? n : fallback;
}

/* Copies what running needs out of the records. */
static void fill_target(struct target *t, const struct json *function, const struct json *record)
{
	const struct json *config = json_get_c(record, "config"), *logging = json_get_c(config, "LoggingConfig");
	struct str layer = json_get_text(json_at(json_get_c(config, "Layers"), 0), STR("folder"));
	struct arena *a = &t->arena;

	t->version = arena_str(a, json_get_text(config, STR("Version")));
	t->arn = arena_str(a, json_get_text(config, STR("FunctionArn")));
	t->runtime = arena_str(a, json_get_text(config, STR("Runtime")));
	t->handler = arena_str(a, json_get_text(config, STR("Handler")));
	t->role = arena_str(a, json_get_text(config, STR("Role")));
	t->revision = arena_str(a, json_get_text(config, STR("RevisionId")));
	t->log_group = arena_str(a, json_get_text(logging, STR("LogGroup")));
	t->json_logs = str_eq(json_get_text(logging, STR("LogFormat")), STR("JSON"));
	t->memory_mb = member_i64(config, STR("MemorySize"), 128);
	t->timeout_s = member_i64(config, STR("Timeout"), 3);
	t->ephemeral_mb = member_i64(json_get_c(config, "EphemeralStorage"), STR("Size"), 512);
	t->reserved = member_i64(function, STR("reserved"), -1);
	t->variables = json_clone(a, json_get_c(json_get_c(config, "Environment"), "Variables"));
	if (layer.n)
		t->layer = arena_printf(a, "%s/" STR_FMT, t->lambda->folder, STR_ARG(layer));
	t->code = arena_printf(a, "%s/" STR_FMT "/" STR_FMT, t->lambda->folder, STR_ARG(t->name),
			       STR_ARG(json_get_text(record, STR("code"))));
}

static int not_found(struct lambda *l, struct str name, struct str qualifier, struct error *err)
{
	struct str region = host_region(l->host), account = host_account(l->host);

	return error_set(err, ERR_NOT_FOUND,
			 "Function not found: arn:aws:lambda:" STR_FMT ":" STR_FMT ":function:" STR_FMT "%s" STR_FMT,
			 STR_ARG(region), STR_ARG(account), STR_ARG(name), qualifier.p ? ":" : "", STR_ARG(qualifier));
}

/* An alias has at most one other version. */
static void fill_second(struct target *t, const struct json *weights)
{
	double share;

	if (!weights || weights->count == 0 || json_to_double(weights->members[0].value, &share) < 0)
		return;
	t->second = arena_str(&t->arena, weights->members[0].name);
	t->second_share = (uint32_t)(share * SHARES);
}

/* Reads the records in a snapshot of its own. */
static int read_target(struct target *t, struct str qualifier, struct store_txn *txn, struct arena *a, struct error *err)
{
	const struct json *function, *record, *alias;
	struct str version = qualifier.p ? qualifier : STR(LAMBDA_LATEST);
	struct key key;
	int result;

	function_key(&key, t->name);
	result = record_get(txn, SPACE_LAMBDA, &key, a, &function, err);
	if (result != 0)
		return result == ERR_NOT_FOUND ? not_found(t->lambda, t->name, qualifier, err) : result;
	if (!function_is_version(version)) {
		alias = json_get(json_get_c(function, "aliases"), version);
		if (!alias)
			return not_found(t->lambda, t->name, qualifier, err);
		version = json_get_text(alias, STR("FunctionVersion"));
		fill_second(t, json_get_c(json_get_c(alias, "RoutingConfig"), "AdditionalVersionWeights"));
	}
	version_key(&key, t->name, version);
	result = record_get(txn, SPACE_LAMBDA, &key, a, &record, err);
	if (result != 0)
		return result == ERR_NOT_FOUND ? not_found(t->lambda, t->name, qualifier, err) : result;
	fill_target(t, function, record);
	return 0;
}

static int new_target(struct lambda *l, struct str name, struct str qualifier, struct target **out, struct error *err)
{
	struct target *t = calloc(1, sizeof(*t));
	struct store_txn *txn;
	struct arena a;
	int result;

	if (!t)
		return error_set(err, ERR_NO_MEMORY, "no memory for a function");
	t->lambda = l;
	t->references = 1;
	t->waiting_end = &t->waiting;
	t->generation = atomic_load(&l->generation); /* before the snapshot */
	arena_init(&t->arena, 1 << 20);
	arena_init(&t->credentials_arena, 1 << 16);
	arena_init(&a, 1 << 20);
	t->name = arena_str(&t->arena, name);
	t->key = arena_printf(&t->arena, STR_FMT ":" STR_FMT, STR_ARG(name),
			      STR_ARG(qualifier.p ? qualifier : STR(LAMBDA_LATEST)));
	result = store_read_begin(host_store(l->host), &txn, err);
	if (result == 0) {
		result = read_target(t, qualifier, txn, &a, err);
		store_read_end(txn);
	}
	if (result == 0 && arena_failed(&t->arena))
		result = error_set(err, ERR_NO_MEMORY, "no memory for a function");
	arena_release(&a);
	if (result == 0)
		*out = t;
	else
		target_unref(t);
	return result;
}

/* With the lock: takes `fresh` into the map, or the one that is there when nothing has changed. */
static struct target *adopt(struct lambda *l, struct target *fresh)
{
	struct target *old = map_get(&l->targets, fresh->key);

	if (old && str_eq(old->revision, fresh->revision) && str_eq(old->version, fresh->version) &&
	    old->reserved == fresh->reserved && str_eq(old->second, fresh->second) && old->second_share == fresh->second_share) {
		old->generation = fresh->generation;
		target_unref(fresh);
		old->references++;
		return old;
	}
	if (old)
		retire(old);
	if (map_put(&l->targets, fresh->key, fresh, NULL) == 0)
		fresh->references++;
	else
		fresh->retired = true; /* memory is out: it serves this once */
	return fresh;
}

static int find_one(struct lambda *l, struct str name, struct str qualifier, struct target **out, struct error *err)
{
	char key[256];
	struct target *t;
	int n, result;

	n = snprintf(key, sizeof(key), STR_FMT ":" STR_FMT, STR_ARG(name), STR_ARG(qualifier.p ? qualifier : STR(LAMBDA_LATEST)));
	pthread_mutex_lock(&l->lock);
	t = map_get(&l->targets, str_of(key, (size_t)n));
	if (t && t->generation == atomic_load(&l->generation)) {
		t->references++;
		pthread_mutex_unlock(&l->lock);
		*out = t;
		return 0;
	}
	pthread_mutex_unlock(&l->lock);
	result = new_target(l, name, qualifier, &t, err);
	if (result != 0)
		return result;
	pthread_mutex_lock(&l->lock);
	*out = adopt(l, t);
	pthread_mutex_unlock(&l->lock);
	return 0;
}

/* A second version takes its share of an alias's calls at random. Source: "Implement Lambda canary deployments using a weighted
 * alias", AWS Lambda Developer Guide. */
int target_find(struct lambda *l, struct str name, struct str qualifier, struct target **out, struct error *err)
{
	struct target *first;
	int result = find_one(l, name, qualifier, out, err);

	if (result != 0 || (*out)->second_share == 0 || random_below(SHARES) >= (*out)->second_share)
		return result;
	first = *out;
	result = find_one(l, name, first->second, out, err);
	pthread_mutex_lock(&l->lock);
	target_unref(first);
	pthread_mutex_unlock(&l->lock);
	return result;
}

/* ---- scheduling ---- */

/* Of all versions: reserved concurrency is the function's. */
static int64_t function_running(const struct lambda *l, struct str name)
{
	int64_t n = 0;

	for (struct map_entry *m = map_next(&l->targets, NULL); m; m = map_next(&l->targets, m)) {
		const struct target *t = m->value;
		if (str_eq(t->name, name))
			n += t->running;
	}
	return n;
}

/* NULL, or why an invocation may not come in. */
static const char *throttle(const struct target *t)
{
	if (t->lambda->stopping)
		return "The server stops.";
	if (t->reserved >= 0 && function_running(t->lambda, t->name) >= t->reserved)
		return "ReservedFunctionConcurrentInvocationLimitExceeded";
	return t->lambda->running >= t->lambda->concurrency ? "ConcurrentInvocationLimitExceeded" : NULL;
}

struct invocation *scheduler_take(struct target *t)
{
	struct invocation *i = t->waiting;

	t->waiting = i->next;
	if (!t->waiting)
		t->waiting_end = &t->waiting;
	t->waiting_count--;
	i->next = NULL;
	return i;
}

static bool credentials_last(const struct environment *v)
{
	return v->credentials_expire_ms - clock_wall_ms() > (v->target->timeout_s + 60) * 1000;
}

/* The environment idle for the shortest time, so that others can be let go. Those whose credentials will not last are ended. */
static struct environment *find_idle(struct target *t)
{
	struct environment *best = NULL;

	for (struct environment *v = t->environments; v; v = v->next) {
		if (v->state != ENVIRONMENT_IDLE)
			continue;
		if (!credentials_last(v))
			environment_kill(v);
		else if (!best || v->idle_ns > best->idle_ns)
			best = v;
	}
	return best;
}

static void count_coming(const struct target *t, size_t *starting, size_t *returning)
{
	int64_t now = clock_mono_ns();

	*starting = *returning = 0;
	for (const struct environment *v = t->environments; v; v = v->next) {
		if (v->state == ENVIRONMENT_STARTING && !v->second_init)
			++*starting;
		if (v->state == ENVIRONMENT_RETURNING && now - v->returned_ns < LAMBDA_RETURN_PATIENCE_MS * 1000000LL)
			++*returning;
	}
}

static void repump(void *argument)
{
	struct target *t = argument;
	struct lambda *l = t->lambda;
	struct effects e;

	effects_init(&e);
	pthread_mutex_lock(&l->lock);
	t->repump = 0;
	scheduler_pump(t, &e);
	target_unref(t);
	pthread_mutex_unlock(&l->lock);
	effects_run(l, &e);
}

static void pump_later(struct target *t)
{
	if (t->repump)
		return;
	t->repump = timer_at(host_timer(t->lambda->host), clock_wall_ms() + LAMBDA_RETURN_PATIENCE_MS + 1, repump, t);
	if (t->repump)
		t->references++;
}

void scheduler_pump(struct target *t, struct effects *e)
{
	size_t starting, returning;
	struct environment *v;

	/* One hand-over an event: an idle environment means that nothing waited before it. */
	if (t->waiting && !e->exchange && (v = find_idle(t)) != NULL)
		environment_hand(v, scheduler_take(t), e);
	count_coming(t, &starting, &returning);
	while (t->waiting_count > starting + returning && starting < LAMBDA_STARTS_AT_ONCE && !t->lambda->stopping) {
		v = environment_new(t, NULL);
		if (!v)
			break;
		v->next_effect = e->starts;
		e->starts = v;
		starting++;
	}
	if (t->waiting && returning > 0)
		pump_later(t);
}

void scheduler_invoke(struct target *t, struct invocation *i)
{
	struct lambda *l = t->lambda;
	const char *reason;
	struct effects e;

	effects_init(&e);
	pthread_mutex_lock(&l->lock);
	reason = throttle(t);
	i->target = t;
	snprintf(i->version, sizeof(i->version), STR_FMT, STR_ARG(t->version));
	t->running++;
	l->running++;
	if (reason) {
		host_metric(l->host, "AWS/Lambda", "Throttles", "FunctionName", t->name, 1);
		invocation_refuse(i, &lambda_TooManyRequestsException, reason);
		scheduler_finish(i, &e);
	} else {
		*t->waiting_end = i;
		t->waiting_end = &i->next;
		t->waiting_count++;
		scheduler_pump(t, &e);
	}
	pthread_mutex_unlock(&l->lock);
	effects_run(l, &e);
}

/* ---- upkeep ---- */

static void sweep_target(struct target *t)
{
	int64_t before = clock_mono_ns() - LAMBDA_IDLE_MS * 1000000LL;

	for (struct environment *v = t->environments; v; v = v->next) {
		if (v->state == ENVIRONMENT_IDLE && (v->idle_ns < before || !credentials_last(v)))
			environment_kill(v);
	}
}

void scheduler_sweep(void *argument)
{
	struct lambda *l = argument;

	pthread_mutex_lock(&l->lock);
	for (struct map_entry *m = map_next(&l->targets, NULL); m; m = map_next(&l->targets, m))
		sweep_target(m->value);
	if (!l->stopping)
		l->sweep = timer_at(host_timer(l->host), clock_wall_ms() + LAMBDA_SWEEP_MS, scheduler_sweep, l);
	pthread_mutex_unlock(&l->lock);
}

/* With the lock: everything that waits for this target gets an answer. */
static void stop_target(struct target *t, struct effects *e)
{
	while (t->waiting) {
		struct invocation *i = scheduler_take(t);
		invocation_refuse(i, &lambda_TooManyRequestsException, "The server stops.");
		scheduler_finish(i, e);
	}
	if (t->repump && timer_cancel(host_timer(t->lambda->host), t->repump)) {
		t->repump = 0;
		target_unref(t);
	}
}

static void stop_environment(struct environment *v, struct effects *e)
{
	if (v->invocation) {
		invocation_refuse(v->invocation, &lambda_TooManyRequestsException, "The server stops.");
		scheduler_finish(v->invocation, e);
		v->invocation = NULL;
	}
	environment_deadline(v, 0);
	environment_kill(v);
}

void scheduler_stop(struct lambda *l)
{
	struct effects e;

	effects_init(&e);
	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	if (l->sweep)
		timer_cancel(host_timer(l->host), l->sweep);
	for (struct map_entry *m = map_next(&l->environments, NULL); m; m = map_next(&l->environments, m)) {
		struct environment *v = m->value;
		stop_environment(v, &e);
		stop_target(v->target, &e);
	}
	for (struct map_entry *m = map_next(&l->targets, NULL); m; m = map_next(&l->targets, m))
		stop_target(m->value, &e);
	pthread_mutex_unlock(&l->lock);
	effects_run(l, &e);
	pthread_mutex_lock(&l->lock);
	while (map_next(&l->environments, NULL))
		pthread_cond_wait(&l->drained, &l->lock);
	pthread_mutex_unlock(&l->lock);
}
