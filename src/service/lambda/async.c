/* SPDX-License-Identifier: Apache-2.0
 *
 * Asynchronous invocations. An event lies in SPACE_LAMBDA_QUEUE under its id, with everything it needs, until it has succeeded,
 * or failed for good and its destination has been told; so it is run at least once whatever happens to the server.
 *
 *   {"id", "name", "qualifier"?, "payload", "context"?, "trace"?, "queued_ms", "due_ms", "errors": n, "throttles": n}
 *
 * "Lambda manages the function's asynchronous event queue and attempts to retry on errors. If the function returns an error, by
 * default Lambda attempts to run it two more times, with a one-minute wait between the first two attempts, and two minutes
 * between the second and third attempts. … For throttling errors (429) and system errors (500-series), Lambda returns the event
 * to the queue and attempts to run the function again for up to 6 hours by default. The retry interval increases exponentially
 * from 1 second … to a maximum of 5 minutes." (Developer Guide, "How Lambda handles errors and retries with asynchronous
 * invocation")
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "os/clock.h"
#include "service/lambda/destination.h"

enum {
	RUNNING_MAX = 256,
	THROTTLE_DELAY_MAX_S = 300,
	EVENT_AGE_MAX_S = 21600,
	RETRIES = 2,
	STOP_PATIENCE_S = 2,
};

struct pending {
	int64_t due_ms;
	char id[37];
};

struct async {
	struct lambda *lambda;
	pthread_mutex_t lock; /* everything below */
	pthread_cond_t idle;  /* nothing is under way any more */
	struct pending *heap; /* the earliest first */
	size_t count, capacity;
	size_t running;
	timer_id timer;
	int64_t timer_ms;
	int64_t retry_s; /* 60; the setting "lambda-retry-seconds" */
	bool stopping;
};

static void pump(struct async *a);

/* ---- the heap ---- */

static void sift_up(struct async *a, size_t i)
{
	while (i > 0 && a->heap[i].due_ms < a->heap[(i - 1) / 2].due_ms) {
		struct pending swap = a->heap[i];
		a->heap[i] = a->heap[(i - 1) / 2];
		a->heap[(i - 1) / 2] = swap;
		i = (i - 1) / 2;
	}
}

static void sift_down(struct async *a, size_t i)
{
	for (;;) {
		size_t least = i, left = 2 * i + 1;
		for (size_t child = left; child < left + 2 && child < a->count; child++) {
			if (a->heap[child].due_ms < a->heap[least].due_ms)
				least = child;
		}
		if (least == i)
			return;
		struct pending swap = a->heap[i];
		a->heap[i] = a->heap[least];
		a->heap[least] = swap;
		i = least;
	}
}

static int push(struct async *a, const char *id, int64_t due_ms)
{
	if (a->count == a->capacity) {
		size_t capacity = a->capacity ? 2 * a->capacity : 64;
		struct pending *grown = realloc(a->heap, capacity * sizeof(*grown));
		if (!grown)
			return ERR_NO_MEMORY;
		a->heap = grown;
		a->capacity = capacity;
	}
	a->heap[a->count].due_ms = due_ms;
	snprintf(a->heap[a->count].id, sizeof(a->heap->id), "%s", id);
	sift_up(a, a->count++);
	return 0;
}

static struct pending pop(struct async *a)
{
	struct pending first = a->heap[0];

	a->heap[0] = a->heap[--a->count];
	sift_down(a, 0);
	return first;
}

/* ---- an event under way ---- */

struct event {
	struct async *async;
	struct arena arena;
	char id[37];
	const struct json *record, *function, *config;
	struct str error_text; /* of the last attempt */
};

static void event_key(struct key *k, const char *id)
{
	record_key(k, str_c(id));
}

static struct event *event_new(struct async *a, const char *id)
{
	struct event *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->async = a;
	arena_init(&e->arena, 32 << 20);
	snprintf(e->id, sizeof(e->id), "%s", id);
	return e;
}

/* The event is no longer under way; memory goes. */
static void event_free(struct event *e)
{
	struct async *a = e->async;

	arena_release(&e->arena);
	free(e);
	pthread_mutex_lock(&a->lock);
	if (--a->running == 0)
		pthread_cond_broadcast(&a->idle);
	pthread_mutex_unlock(&a->lock);
	pump(a);
}

static int64_t member(const struct json *object, struct str name, int64_t fallback)
{
	int64_t n;

	return json_to_i64(json_get(object, name), &n) == 0 ? n : fallback;
}

static int run_delete(struct store_txn *txn, void *argument, struct error *err)
{
	struct event *e = argument;
	struct key key;

	event_key(&key, e->id);
	return store_delete(txn, SPACE_LAMBDA_QUEUE, key_str(&key), err);
}

static void deleted(void *argument, int result, const struct error *err)
{
	struct event *e = argument;

	if (result != 0)
		log_warn("lambda", "an event stays queued id=%s error=%s", e->id, err ? err->message : "");
	event_free(e);
}

static void event_delete(void *argument)
{
	struct event *e = argument;

	if (store_write(host_store(e->async->lambda->host), run_delete, deleted, e) != 0)
		event_free(e); /* it is run again after the next start */
}

static int run_put(struct store_txn *txn, void *argument, struct error *err)
{
	struct event *e = argument;
	struct key key;

	event_key(&key, e->id);
	return record_put(txn, SPACE_LAMBDA_QUEUE, &key, &e->arena, e->record, err);
}

static void put_again(void *argument, int result, const struct error *err)
{
	struct event *e = argument;
	struct async *a = e->async;

	(void)err;
	pthread_mutex_lock(&a->lock);
	if (result == 0)
		(void)!push(a, e->id, member(e->record, STR("due_ms"), 0));
	pthread_mutex_unlock(&a->lock);
	event_free(e);
}

/* Back into the queue, `counter` one higher. */
static void event_retry(struct event *e, struct str counter, int64_t delay_s)
{
	struct json *record = json_copy_object(&e->arena, e->record);

	json_put(&e->arena, record, counter, json_new_i64(&e->arena, member(e->record, counter, 0) + 1));
	json_put(&e->arena, record, STR("due_ms"), json_new_i64(&e->arena, clock_wall_ms() + delay_s * 1000));
	e->record = record;
	if (store_write(host_store(e->async->lambda->host), run_put, put_again, e) != 0)
		event_free(e);
}

/* ---- outcomes ---- */

static const struct json *event_config(const struct event *e)
{
	struct str qualifier = json_get_text(e->record, STR("qualifier"));

	return json_get(json_get_c(e->function, "event_configs"), qualifier.p ? qualifier : STR(LAMBDA_LATEST));
}

static void event_settle(struct event *e, const struct invocation *i, const char *condition)
{
	struct destination d = {
		.lambda = e->async->lambda,
		.arena = &e->arena,
		.event = e->record,
		.config = e->config,
		.settings = event_config(e),
		.condition = condition,
		.attempts = member(e->record, STR("errors"), 0) + 1,
		.done = event_delete,
		.argument = e,
	};

	if (i && i->kind != OUTCOME_REFUSED) {
		d.success = i->kind == OUTCOME_SUCCESS;
		d.answer = arena_str(&e->arena, str_of(i->answer, i->answer_n));
		d.version = arena_str(&e->arena, str_c(i->version));
	}
	destination_tell(&d);
}

static bool is_too_old(const struct event *e, int64_t delay_s)
{
	int64_t age_s = member(event_config(e), STR("MaximumEventAgeInSeconds"), EVENT_AGE_MAX_S);

	return clock_wall_ms() + delay_s * 1000 - member(e->record, STR("queued_ms"), 0) > age_s * 1000;
}

static void after_error(struct event *e, const struct invocation *i)
{
	int64_t errors = member(e->record, STR("errors"), 0), delay_s = e->async->retry_s * (errors + 1);

	if (errors >= member(event_config(e), STR("MaximumRetryAttempts"), RETRIES))
		event_settle(e, i, "RetriesExhausted");
	else if (is_too_old(e, delay_s))
		event_settle(e, i, "EventAgeExceeded");
	else
		event_retry(e, STR("errors"), delay_s);
}

static void after_refusal(struct event *e, const struct invocation *i)
{
	int64_t throttles = member(e->record, STR("throttles"), 0);
	int64_t delay_s = throttles < 9 ? 1 << throttles : THROTTLE_DELAY_MAX_S;

	if (is_too_old(e, delay_s))
		event_settle(e, i, "EventAgeExceeded");
	else
		event_retry(e, STR("throttles"), delay_s < THROTTLE_DELAY_MAX_S ? delay_s : THROTTLE_DELAY_MAX_S);
}

static void event_done(struct invocation *i, void *argument)
{
	struct event *e = argument;
	bool stopping;

	pthread_mutex_lock(&e->async->lock);
	stopping = e->async->stopping;
	pthread_mutex_unlock(&e->async->lock);
	if (stopping)
		event_free(e); /* stays stored */
	else if (i->kind == OUTCOME_SUCCESS)
		event_settle(e, i, "Success");
	else if (i->kind == OUTCOME_FUNCTION_ERROR)
		after_error(e, i);
	else
		after_refusal(e, i);
}

/* ---- running ---- */

static int read_event(struct event *e, struct error *err)
{
	struct store_txn *txn;
	struct key key;
	const struct json *version;
	int result = store_read_begin(host_store(e->async->lambda->host), &txn, err);

	if (result != 0)
		return result;
	event_key(&key, e->id);
	result = record_get(txn, SPACE_LAMBDA_QUEUE, &key, &e->arena, &e->record, err);
	if (result == 0) {
		function_key(&key, json_get_text(e->record, STR("name")));
		result = record_get(txn, SPACE_LAMBDA, &key, &e->arena, &e->function, err);
	}
	if (result == 0) {
		version_key(&key, json_get_text(e->record, STR("name")), STR(LAMBDA_LATEST));
		result = record_get(txn, SPACE_LAMBDA, &key, &e->arena, &version, err);
		e->config = result == 0 ? json_get_c(version, "config") : NULL;
	}
	store_read_end(txn);
	return result;
}

static struct str duplicate(struct str text)
{
	char *copy = text.p ? strndup(text.p, text.n) : NULL;

	return str_of(copy, copy ? text.n : 0);
}

static void start_event(struct event *e)
{
	struct str name = json_get_text(e->record, STR("name")), qualifier = json_get_text(e->record, STR("qualifier"));
	struct target *t;
	struct error err = { 0 };
	struct invocation *i;
	int result = target_find(e->async->lambda, name, qualifier, &t, &err);

	if (result != 0) {
		log_warn("lambda", "an event is dropped id=%s error=%s", e->id, err.message);
		event_delete(e);
		return;
	}
	i = invocation_new(e->id, json_get_text(e->record, STR("payload")));
	if (!i) {
		pthread_mutex_lock(&t->lambda->lock);
		target_unref(t);
		pthread_mutex_unlock(&t->lambda->lock);
		event_free(e);
		return;
	}
	i->client_context = duplicate(json_get_text(e->record, STR("context")));
	i->trace = duplicate(json_get_text(e->record, STR("trace")));
	i->done = event_done;
	i->argument = e;
	scheduler_invoke(t, i);
}

static void run_event(void *argument)
{
	struct event *e = argument;
	struct error err = { 0 };
	int result = read_event(e, &err);

	if (result == 0)
		start_event(e);
	else if (result == ERR_NOT_FOUND)
		event_delete(e); /* the function is gone */
	else
		event_free(e);
}

static void on_timer(void *argument)
{
	struct async *a = argument;

	pthread_mutex_lock(&a->lock);
	a->timer = 0;
	pthread_mutex_unlock(&a->lock);
	pump(a);
}

/* With the lock: one timer, for the earliest. */
static void set_timer(struct async *a)
{
	struct timer *timer = host_timer(a->lambda->host);

	if (a->count == 0 || a->running >= RUNNING_MAX || a->stopping)
		return;
	if (a->timer && a->timer_ms <= a->heap[0].due_ms)
		return;
	if (a->timer)
		timer_cancel(timer, a->timer);
	a->timer_ms = a->heap[0].due_ms;
	a->timer = timer_at(timer, a->timer_ms, on_timer, a);
}

static void pump(struct async *a)
{
	pthread_mutex_lock(&a->lock);
	while (!a->stopping && a->lambda->pool && a->count > 0 && a->running < RUNNING_MAX &&
	       a->heap[0].due_ms <= clock_wall_ms()) {
		struct event *e = event_new(a, a->heap[0].id);
		struct pending first;
		if (!e)
			break;
		first = pop(a);
		if (pool_run(a->lambda->pool, run_event, e) != 0) {
			(void)!push(a, first.id, clock_wall_ms() + 100);
			arena_release(&e->arena);
			free(e);
			break;
		}
		a->running++;
	}
	set_timer(a);
	pthread_mutex_unlock(&a->lock);
}

/* ---- queueing ---- */

struct arrival {
	struct async *async;
	char id[37];
};

static void arrived(void *argument)
{
	struct arrival *arrival = argument;
	struct async *a = arrival->async;

	pthread_mutex_lock(&a->lock);
	(void)!push(a, arrival->id, 0);
	pthread_mutex_unlock(&a->lock);
	free(arrival);
	pump(a);
}

int async_put(struct call *call, const struct json *event)
{
	struct lambda *l = call->state;
	struct arrival *arrival = calloc(1, sizeof(*arrival));
	struct str id = json_get_text(event, STR("id"));
	struct error err = { 0 };
	struct key key;

	if (!arrival)
		return call_fault(call, NULL);
	arrival->async = l->async;
	snprintf(arrival->id, sizeof(arrival->id), STR_FMT, STR_ARG(id));
	event_key(&key, arrival->id);
	if (record_put(call->txn, SPACE_LAMBDA_QUEUE, &key, &call->arena, event, &err) != 0 ||
	    store_after_commit(call->txn, arrived, arrival) != 0) {
		free(arrival);
		return call_fault(call, &err);
	}
	return 0;
}

/* ---- life ---- */

int async_new(struct async **out, struct lambda *l, struct error *err)
{
	struct async *a = calloc(1, sizeof(*a));
	const char *retry = host_setting(l->host, "lambda-retry-seconds");

	if (!a)
		return error_set(err, ERR_NO_MEMORY, "no memory for the event queue");
	a->lambda = l;
	a->retry_s = 60;
	if (retry && str_to_i64(str_c(retry), &a->retry_s) != 0) {
		free(a);
		return error_set(err, ERR_INVALID, "lambda-retry-seconds is not a number: %s", retry);
	}
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->idle, NULL);
	*out = a;
	return 0;
}

static int take_stored(void *argument, const struct json *record)
{
	struct async *a = argument;
	char id[37];

	snprintf(id, sizeof(id), STR_FMT, STR_ARG(json_get_text(record, STR("id"))));
	return push(a, id, member(record, STR("due_ms"), 0)) == 0 ? 1 : ERR_NO_MEMORY;
}

int async_start(struct async *a, struct error *err)
{
	struct record_window window = { 0 };
	struct store_txn *txn;
	struct arena arena;
	struct key key;
	int result = store_read_begin(host_store(a->lambda->host), &txn, err);

	if (result != 0)
		return result;
	arena_init(&arena, 1 << 30);
	key_init(&key);
	pthread_mutex_lock(&a->lock);
	result = record_page(txn, SPACE_LAMBDA_QUEUE, &key, &window, &arena, take_stored, a, NULL, err);
	pthread_mutex_unlock(&a->lock);
	arena_release(&arena);
	store_read_end(txn);
	if (result < 0)
		return result;
	pump(a);
	return 0;
}

void async_stop(struct async *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stopping = true;
	if (a->timer)
		timer_cancel(host_timer(a->lambda->host), a->timer);
	a->timer = 0;
	pthread_mutex_unlock(&a->lock);
}

void async_wait(struct async *a)
{
	struct timespec until;

	/* A destination in a service that has already stopped may never answer. */
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += STOP_PATIENCE_S;
	pthread_mutex_lock(&a->lock);
	while (a->running > 0 && pthread_cond_timedwait(&a->idle, &a->lock, &until) == 0)
		;
	pthread_mutex_unlock(&a->lock);
}

void async_free(struct async *a)
{
	if (!a || a->running > 0)
		return;
	pthread_cond_destroy(&a->idle);
	pthread_mutex_destroy(&a->lock);
	free(a->heap);
	free(a);
}
