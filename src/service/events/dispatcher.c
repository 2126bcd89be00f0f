/* SPDX-License-Identifier: Apache-2.0
 *
 * Delivery: durable, at least once, many at a time.
 *
 * SPACE_EVENTS_DELIVERY: (sequence number) -> {Rule, Name, Target, Event, Attempts, First, Next}; the numbers grow as events are
 * published, so what is new is what comes after the last one seen.
 *
 *   stored --load--> sending --ok--> forgotten            settle
 *                    sending --try again--> waiting        retry     the row keeps count and time; a timer ends the wait
 *                    waiting --time--> sending             resume
 *                    sending --permanent, or too often--> dead letter --> forgotten     bury
 *
 * load and resume run on the dispatcher's own thread; answers arrive on any.
 */
#include "service/events/internal.h"

#include <pthread.h>

#include "base/limits.h"
#include "base/log.h"
#include "os/clock.h"

enum {
	ACTIVE_MAX = 512, /* deliveries under way */
	BATCH = 64,
	BUSY_MS = 100, /* the store's or our queue is full: look again */
	STOP_WAIT_S = 10,
};

struct dispatcher {
	struct events *events;
	struct pool *pool;
	pthread_mutex_t lock;
	pthread_cond_t empty;
	struct delivery *deliveries; /* all that are sending or waiting */
	int active;
	bool woken, stopping;
	bool pumping;           /* somebody reads the store */
	uint64_t seen;          /* the dispatcher's thread */
	uint64_t next_sequence; /* the writer thread */
};

struct delivery {
	struct dispatcher *dispatcher;
	struct delivery *next, *previous;
	uint64_t sequence;
	struct arena arena; /* the row and the attempt under way */
	const struct json *row;
	int attempts;
	int64_t first_ms, next_ms;
	bool active;
	timer_id timer; /* while waiting */
	task_fn after_wait;
	struct sending sending;
};

static void resume(void *argument);

/* ---- the list ---- */

static struct delivery *delivery_new(struct dispatcher *d, uint64_t sequence)
{
	struct delivery *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->dispatcher = d;
	x->sequence = sequence;
	x->active = true;
	arena_init(&x->arena, MIB(16));
	pthread_mutex_lock(&d->lock);
	x->next = d->deliveries;
	if (x->next)
		x->next->previous = x;
	d->deliveries = x;
	d->active++;
	pthread_mutex_unlock(&d->lock);
	return x;
}

/* Under the lock. Whether others wait in the store for the room. */
static bool deactivate(struct delivery *x)
{
	if (!x->active)
		return false;
	x->active = false;
	return --x->dispatcher->active == ACTIVE_MAX / 2;
}

/* Under the lock. */
static bool release(struct delivery *x)
{
	struct dispatcher *d = x->dispatcher;
	bool room = deactivate(x);

	if (x->next)
		x->next->previous = x->previous;
	if (x->previous)
		x->previous->next = x->next;
	else
		d->deliveries = x->next;
	if (!d->deliveries)
		pthread_cond_signal(&d->empty);
	arena_release(&x->arena);
	free(x);
	return room;
}

static void delivery_free(struct delivery *x)
{
	struct dispatcher *d = x->dispatcher;

	pthread_mutex_lock(&d->lock);
	bool room = release(x);
	pthread_mutex_unlock(&d->lock);
	if (room)
		dispatcher_wake(d);
}

static bool is_stopping(struct dispatcher *d)
{
	pthread_mutex_lock(&d->lock);
	bool stopping = d->stopping;
	pthread_mutex_unlock(&d->lock);
	return stopping;
}

/* ---- waiting ---- */

static void wait_over(void *argument);

/* Calls `then` on the dispatcher's thread at `at_ms`. */
static void wait_until(struct delivery *x, int64_t at_ms, task_fn then)
{
	struct dispatcher *d = x->dispatcher;

	pthread_mutex_lock(&d->lock);
	bool stopping = d->stopping;
	if (!stopping) {
		x->after_wait = then;
		x->timer = timer_at(host_timer(d->events->host), at_ms, wait_over, x);
		stopping = x->timer == 0;
	}
	pthread_mutex_unlock(&d->lock);
	if (stopping)
		delivery_free(x); /* the row stays: the next start goes on with it */
}

static void wait_over(void *argument)
{
	struct delivery *x = argument;
	struct dispatcher *d = x->dispatcher;

	pthread_mutex_lock(&d->lock);
	bool stopping = d->stopping;
	x->timer = 0;
	int rc = stopping ? 0 : pool_run(d->pool, x->after_wait, x);
	pthread_mutex_unlock(&d->lock);
	if (stopping)
		delivery_free(x);
	else if (rc < 0)
		wait_until(x, clock_wall_ms() + BUSY_MS, x->after_wait);
}

/* ---- the end of a delivery ---- */

static int forget_row(struct store_txn *txn, void *argument, struct error *err)
{
	struct delivery *x = argument;
	struct key key;

	key_init(&key);
	key_add_u64(&key, x->sequence);
	return store_delete(txn, SPACE_EVENTS_DELIVERY, key_str(&key), err);
}

static void forgotten(void *argument, int result, const struct error *err)
{
	if (result < 0)
		log_error("events", "a delivery could not be forgotten reason=%s", err->message);
	delivery_free(argument);
}

static void settle(void *argument)
{
	struct delivery *x = argument;

	if (store_write(host_store(x->dispatcher->events->host), forget_row, forgotten, x) < 0)
		wait_until(x, clock_wall_ms() + BUSY_MS, settle);
}

static void count(struct delivery *x, const char *metric)
{
	host_metric(x->dispatcher->events->host, "AWS/Events", metric, "RuleName", x->sending.rule_name, 1);
}

static void buried(void *argument, const struct error *err)
{
	struct delivery *x = argument;

	if (err->code)
		log_warn("events", "a dead letter was lost rule=" STR_FMT " reason=%s", STR_ARG(x->sending.rule_name),
			 err->message);
	count(x, err->code ? "InvocationsFailedToBeSentToDlq" : "InvocationsSentToDlq");
	settle(x);
}

static void bury(struct delivery *x, const struct dead_letter *why)
{
	struct str queue = json_get_text(json_get_c(x->sending.target, "DeadLetterConfig"), STR("Arn"));

	count(x, "Invocations");
	count(x, "FailedInvocations");
	log_warn("events", "a target failed for good rule=" STR_FMT " code=%s retries=%d reason=%s",
		 STR_ARG(x->sending.rule_name), why->code, why->retries, why->message);
	if (queue.n == 0) {
		settle(x);
		return;
	}
	x->sending.done = buried;
	send_to_dead_letter_queue(&x->sending, queue, why);
}

/* ---- failures ---- */

static int64_t policy_number(const struct delivery *x, struct str name, int64_t otherwise)
{
	int64_t value;
	const struct json *v = json_get(json_get_c(x->sending.target, "RetryPolicy"), name);

	return v && json_to_i64(v, &value) == 0 ? value : otherwise;
}

static const char *exhausted(const struct delivery *x, int64_t next_ms)
{
	if (x->attempts > policy_number(x, STR("MaximumRetryAttempts"), EVENTS_RETRIES_MAX))
		return "MaximumRetryAttempts";
	if (next_ms - x->first_ms > policy_number(x, STR("MaximumEventAgeInSeconds"), EVENTS_AGE_MAX_S) * 1000)
		return "MaximumEventAgeInSeconds";
	return NULL;
}

static int save_row(struct store_txn *txn, void *argument, struct error *err)
{
	struct delivery *x = argument;
	struct json *row = json_copy_object(&x->arena, x->row);
	struct key key;

	json_put(&x->arena, row, STR("Attempts"), json_new_i64(&x->arena, x->attempts));
	json_put(&x->arena, row, STR("Next"), json_new_i64(&x->arena, x->next_ms));
	key_init(&key);
	key_add_u64(&key, x->sequence);
	return record_put(txn, SPACE_EVENTS_DELIVERY, &key, &x->arena, row, err);
}

/* Until its next attempt only the row holds the event; and it takes no other's place. */
static void rest(struct delivery *x)
{
	struct dispatcher *d = x->dispatcher;

	arena_release(&x->arena);
	arena_init(&x->arena, MIB(16));
	pthread_mutex_lock(&d->lock);
	bool room = deactivate(x);
	pthread_mutex_unlock(&d->lock);
	if (room)
		dispatcher_wake(d);
	wait_until(x, x->next_ms, resume);
}

static void saved(void *argument, int result, const struct error *err)
{
	struct delivery *x = argument;

	if (result < 0)
		log_error("events", "a retry could not be recorded reason=%s", err->message);
	rest(x);
}

static void retry(void *argument)
{
	struct delivery *x = argument;

	if (store_write(host_store(x->dispatcher->events->host), save_row, saved, x) < 0)
		wait_until(x, clock_wall_ms() + BUSY_MS, retry);
}

static void sent(void *argument, const struct error *err)
{
	struct delivery *x = argument;

	if (!err->code) {
		count(x, "Invocations");
		settle(x);
		return;
	}
	if (is_stopping(x->dispatcher)) {
		delivery_free(x);
		return;
	}
	struct send_failure failure = send_failure_of(err);
	x->attempts++;
	x->next_ms = clock_wall_ms() + send_backoff_ms(x->attempts);
	struct dead_letter why = { .code = failure.code, .message = err->message, .retries = x->attempts - 1 };
	if (failure.passes)
		why.exhausted = exhausted(x, x->next_ms);
	if (!failure.passes || why.exhausted) {
		bury(x, &why);
		return;
	}
	count(x, "RetryInvocationAttempts");
	retry(x);
}

/* ---- sending ---- */

static int64_t row_number(const struct json *row, struct str name)
{
	int64_t value;

	return json_to_i64(json_get(row, name), &value) == 0 ? value : 0;
}

static bool begin(struct delivery *x, struct str text)
{
	struct error err = { 0 };

	if (json_parse(&x->arena, arena_str(&x->arena, text), &x->row, &err) < 0) {
		log_error("events", "a stored delivery is damaged reason=%s", err.message);
		settle(x);
		return false;
	}
	x->attempts = (int)row_number(x->row, STR("Attempts"));
	x->first_ms = row_number(x->row, STR("First"));
	x->next_ms = row_number(x->row, STR("Next"));
	x->sending = (struct sending){ .arena = &x->arena,
				       .host = x->dispatcher->events->host,
				       .done = sent,
				       .argument = x,
				       .target = json_get_c(x->row, "Target"),
				       .event = json_get_c(x->row, "Event"),
				       .rule_arn = json_get_text(x->row, STR("Rule")),
				       .rule_name = json_get_text(x->row, STR("Name")) };
	return true;
}

static int read_row(struct delivery *x, struct str *text, struct error *err)
{
	struct store_txn *txn;
	struct key key;

	key_init(&key);
	key_add_u64(&key, x->sequence);
	int rc = store_read_begin(host_store(x->dispatcher->events->host), &txn, err);
	if (rc < 0)
		return rc;
	rc = store_get(txn, SPACE_EVENTS_DELIVERY, key_str(&key), &x->arena, text, err);
	store_read_end(txn);
	return rc;
}

static void resume(void *argument)
{
	struct delivery *x = argument;
	struct dispatcher *d = x->dispatcher;
	struct error err = { 0 };
	struct str text;

	if (read_row(x, &text, &err) < 0) {
		log_error("events", "a delivery's row is gone reason=%s", err.message);
		delivery_free(x);
		return;
	}
	pthread_mutex_lock(&d->lock);
	d->active += !x->active;
	x->active = true;
	pthread_mutex_unlock(&d->lock);
	if (begin(x, text))
		send_to_target(&x->sending);
}

/* ---- loading ---- */

static bool has_room(struct dispatcher *d)
{
	pthread_mutex_lock(&d->lock);
	bool room = d->active < ACTIVE_MAX && !d->stopping;
	pthread_mutex_unlock(&d->lock);
	return room;
}

/* The rows of one batch become deliveries, which start once the snapshot is closed. */
static size_t read_batch(struct dispatcher *d, struct store_txn *txn, struct delivery *batch[BATCH], struct str texts[BATCH])
{
	struct store_cursor cursor = { 0 };
	struct str key, value;
	size_t n = 0;
	struct key from;
	struct error err = { 0 };

	key_init(&from);
	key_add_u64(&from, d->seen + 1);
	int rc = store_scan(&cursor, txn, SPACE_EVENTS_DELIVERY, key_str(&from), STR_NULL, false, &err);
	while (rc >= 0 && n < BATCH && (rc = store_next(&cursor, &key, &value, &err)) > 0) {
		uint64_t sequence = 0;

		if (key_read_u64(&key, &sequence) < 0 || !(batch[n] = delivery_new(d, sequence)))
			break;
		texts[n] = arena_str(&batch[n]->arena, value);
		d->seen = sequence;
		n++;
	}
	store_scan_end(&cursor);
	if (rc < 0)
		log_error("events", "deliveries could not be read reason=%s", err.message);
	return n;
}

static size_t load(struct dispatcher *d)
{
	struct delivery *batch[BATCH];
	struct str texts[BATCH];
	struct store_txn *txn;
	struct error err = { 0 };

	if (store_read_begin(host_store(d->events->host), &txn, &err) < 0) {
		log_error("events", "deliveries could not be read reason=%s", err.message);
		return 0;
	}
	size_t n = read_batch(d, txn, batch, texts);
	store_read_end(txn);
	for (size_t i = 0; i < n; i++) {
		if (!begin(batch[i], texts[i]))
			continue;
		if (batch[i]->next_ms > clock_wall_ms())
			rest(batch[i]);
		else
			send_to_target(&batch[i]->sending);
	}
	return n;
}

static void pump(void *argument)
{
	struct dispatcher *d = argument;

	pthread_mutex_lock(&d->lock);
	d->woken = false;
	d->pumping = true;
	pthread_mutex_unlock(&d->lock);
	while (has_room(d) && load(d) > 0)
		;
	pthread_mutex_lock(&d->lock);
	d->pumping = false;
	pthread_cond_broadcast(&d->empty);
	pthread_mutex_unlock(&d->lock);
}

void dispatcher_wake(struct dispatcher *d)
{
	pthread_mutex_lock(&d->lock);
	if (!d->woken && !d->stopping)
		d->woken = pool_run(d->pool, pump, d) == 0;
	pthread_mutex_unlock(&d->lock);
}

/* ---- adding ---- */

static void wake(void *argument)
{
	dispatcher_wake(argument);
}

static int add_row(struct dispatcher *d, struct store_txn *txn, const struct event_rule *rule, struct str target,
		   struct str event, struct error *err)
{
	struct buf text;
	struct writer w;
	struct key key;

	buf_init(&text, MIB(4));
	writer_init(&w, &text, WRITER_JSON);
	write_object(&w, NULL);
	write_str(&w, "Rule", rule->arn);
	write_str(&w, "Name", rule->name);
	write_raw(&w, "Target", target);
	write_raw(&w, "Event", event);
	write_i64(&w, "First", clock_wall_ms());
	write_end(&w);
	key_init(&key);
	key_add_u64(&key, d->next_sequence++);
	int rc = buf_failed(&text) ? error_set(err, buf_failed(&text), "an event is too large to store")
				   : store_put(txn, SPACE_EVENTS_DELIVERY, key_str(&key), buf_str(&text), err);
	buf_release(&text);
	return rc;
}

int dispatcher_add(struct dispatcher *d, struct store_txn *txn, const struct event_rule *rule, struct str event,
		   struct error *err)
{
	for (size_t i = 0; i < rule->target_count; i++) {
		int rc = add_row(d, txn, rule, rule->targets[i].text, event, err);

		if (rc < 0)
			return rc;
	}
	host_metric(d->events->host, "AWS/Events", "TriggeredRules", "RuleName", rule->name, 1);
	if (rule->target_count == 0 || store_after_commit(txn, wake, d) == 0)
		return 0;
	return error_set(err, ERR_NO_MEMORY, "out of memory for a delivery");
}

/* ---- life ---- */

static int read_last_sequence(struct dispatcher *d, struct error *err)
{
	struct store_cursor cursor = { 0 };
	struct store_txn *txn;
	struct str key, value;
	uint64_t last = 0;

	int rc = store_read_begin(host_store(d->events->host), &txn, err);
	if (rc < 0)
		return rc;
	rc = store_scan(&cursor, txn, SPACE_EVENTS_DELIVERY, STR(""), STR_NULL, true, err);
	if (rc == 0)
		rc = store_next(&cursor, &key, &value, err);
	if (rc > 0)
		rc = key_read_u64(&key, &last);
	store_scan_end(&cursor);
	store_read_end(txn);
	d->next_sequence = last + 1;
	return rc < 0 ? rc : 0;
}

int dispatcher_open(struct dispatcher **out, struct events *e, struct error *err)
{
	struct dispatcher *d = calloc(1, sizeof(*d));

	if (!d)
		return error_set(err, ERR_NO_MEMORY, "out of memory for the dispatcher");
	d->events = e;
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->empty, NULL);
	int rc = read_last_sequence(d, err);
	if (rc == 0)
		rc = pool_new(&d->pool, "events", 1, 16 * ACTIVE_MAX, err);
	if (rc < 0) {
		dispatcher_free(d);
		return rc;
	}
	*out = d;
	return 0;
}

/* Waiting deliveries are dropped from memory, their rows stay; those under way are waited for, and so is the pump: the store
 * closes next. */
void dispatcher_stop(struct dispatcher *d)
{
	struct timespec until;

	pthread_mutex_lock(&d->lock);
	d->stopping = true;
	for (struct delivery *x = d->deliveries, *next; x; x = next) {
		next = x->next;
		if (x->timer && timer_cancel(host_timer(d->events->host), x->timer))
			release(x);
	}
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += STOP_WAIT_S;
	while ((d->deliveries || d->woken || d->pumping) && pthread_cond_timedwait(&d->empty, &d->lock, &until) == 0)
		;
	pthread_mutex_unlock(&d->lock);
}

/* A delivery that outlives the stop keeps what it points to. */
void dispatcher_free(struct dispatcher *d)
{
	if (!d)
		return;
	pool_free(d->pool);
	if (d->deliveries)
		return;
	pthread_mutex_destroy(&d->lock);
	pthread_cond_destroy(&d->empty);
	free(d);
}
