/* SPDX-License-Identifier: Apache-2.0
 *
 * The one writer: takes what is queued, runs each write function in a savepoint of one transaction, commits, reports.
 *
 * While a commit's fsync runs the queue fills, so groups grow with the load by themselves and a lone write waits for nothing.
 *
 * States of a group: taken -> [each: savepoint, write, release | rolled back alone] -> committed: hooks and `done` of each in
 * order, the hooks first | lost (begin or commit failed, or SQLite gave up the whole transaction: disk full, I/O): every
 * job is reported as failed, no hook runs.
 */
#include <errno.h>

#include "base/limits.h"
#include "os/clock.h"
#include "store/internal.h"

enum { GATHER_NS = 200000 };

/* One job of a group and how it went. */
struct outcome {
	struct write_job job;
	int result;
	struct error *error; /* only for failures: they are rare and large */
	size_t hooks_end;    /* its hooks lie between the previous job's end and this */
};

struct group {
	struct outcome outcomes[LIMIT_STORE_GROUP];
	size_t count;
	struct hooks hooks;
};

int store_write(struct store *s, store_write_fn write, store_done_fn done, void *argument)
{
	struct writer *w = &s->writer;
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	if (w->stopping || w->count == LIMIT_STORE_QUEUE) {
		rc = ERR_UNAVAILABLE;
	} else {
		w->ring[(w->first + w->count) % LIMIT_STORE_QUEUE] = (struct write_job){ write, done, argument };
		if (++w->count == w->awaited)
			pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return rc;
}

int store_after_commit(struct store_txn *txn, void (*run)(void *argument), void *argument)
{
	struct hooks *h = txn->hooks;

	if (!h)
		return ERR_INVALID;
	if (h->count == h->capacity) {
		size_t capacity = h->capacity ? 2 * h->capacity : 64;
		struct hook *items = reallocarray(h->items, capacity, sizeof(*items));
		if (!items)
			return ERR_NO_MEMORY;
		h->items = items;
		h->capacity = capacity;
	}
	h->items[h->count++] = (struct hook){ run, argument };
	return 0;
}

static struct timespec gather_until(void)
{
	int64_t ns = clock_mono_ns() + GATHER_NS;

	return (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

/* With the lock held: sleeps until `count` jobs wait, or until the time is up. */
static void await(struct writer *w, size_t count, const struct timespec *until)
{
	int waited = 0;

	w->awaited = count;
	while (w->count < count && !w->stopping && waited != ETIMEDOUT)
		waited = until ? pthread_cond_timedwait(&w->wake, &w->lock, until) : pthread_cond_wait(&w->wake, &w->lock);
}

/* Waits for work; false when the store closes and the queue is empty. The clients of the last group are likely to be back in a
 * moment: a group as large is waited for, but not for long, and never by a lone client. */
static bool take_group(struct writer *w, struct group *g)
{
	size_t last = g->count;

	pthread_mutex_lock(&w->lock);
	await(w, 1, NULL);
	if (last > 1 && w->count < last) {
		struct timespec until = gather_until();
		await(w, last, &until);
	}
	for (g->count = 0; g->count < LIMIT_STORE_GROUP && w->count > 0; g->count++) {
		g->outcomes[g->count] = (struct outcome){ .job = w->ring[w->first] };
		w->first = (w->first + 1) % LIMIT_STORE_QUEUE;
		w->count--;
	}
	pthread_mutex_unlock(&w->lock);
	g->hooks.count = 0;
	return g->count > 0;
}

static void fail(struct outcome *o, int result, const struct error *err)
{
	o->result = result;
	if (!o->error)
		o->error = malloc(sizeof(*o->error));
	if (o->error)
		*o->error = *err;
}

/* False when the whole transaction is gone; `err` then says why. */
static bool run_job(struct writer *w, struct group *g, struct outcome *o, struct error *err)
{
	struct store_txn txn = { .connection = &w->connection, .hooks = &g->hooks };
	size_t hooks = g->hooks.count;

	err->code = 0;
	if (store_connection_control(&w->connection, CONTROL_SAVEPOINT, err) < 0)
		return false;
	int result = o->job.write(&txn, o->job.argument, err);
	if (sqlite3_get_autocommit(w->connection.db)) {
		if (err->code == 0)
			(void)error_set(err, ERR_IO, "store: the transaction was rolled back");
		return false;
	}
	if (result < 0) {
		if (err->code == 0)
			(void)error_set(err, result, "store: the write failed");
		fail(o, result, err);
		g->hooks.count = hooks;
		if (store_connection_control(&w->connection, CONTROL_ROLLBACK_TO, err) < 0)
			return false;
	}
	o->hooks_end = g->hooks.count;
	return store_connection_control(&w->connection, CONTROL_RELEASE, err) == 0;
}

static bool commit_group(struct writer *w, struct group *g, struct error *err)
{
	if (store_connection_control(&w->connection, CONTROL_BEGIN_WRITE, err) < 0)
		return false;
	for (size_t i = 0; i < g->count; i++)
		if (!run_job(w, g, &g->outcomes[i], err))
			return false;
	return store_connection_control(&w->connection, CONTROL_COMMIT, err) == 0;
}

/* Nothing of the group is kept, not even what a job of it was told it had written. */
static void lose_group(struct writer *w, struct group *g, const struct error *err)
{
	store_connection_rollback(&w->connection);
	g->hooks.count = 0;
	for (size_t i = 0; i < g->count; i++) {
		g->outcomes[i].hooks_end = 0;
		if (g->outcomes[i].result == 0)
			fail(&g->outcomes[i], err->code, err);
	}
}

static void report_group(struct group *g)
{
	static const struct error no_memory = { .code = ERR_NO_MEMORY, .message = "out of memory" };
	size_t hook = 0;

	for (size_t i = 0; i < g->count; i++) {
		struct outcome *o = &g->outcomes[i];

		for (; hook < o->hooks_end; hook++)
			g->hooks.items[hook].run(g->hooks.items[hook].argument);
		if (o->job.done)
			o->job.done(o->job.argument, o->result, o->result == 0 ? NULL : o->error ? o->error : &no_memory);
		free(o->error);
		o->error = NULL;
	}
}

static void *writer_main(void *argument)
{
	struct writer *w = argument;
	struct error err;

	pthread_setname_np(pthread_self(), "store");
	while (take_group(w, w->group)) {
		if (!commit_group(w, w->group, &err))
			lose_group(w, w->group, &err);
		report_group(w->group);
	}
	return NULL;
}

int writer_start(struct writer *w, struct error *err)
{
	pthread_condattr_t monotonic;

	w->ring = calloc(LIMIT_STORE_QUEUE, sizeof(*w->ring));
	w->group = calloc(1, sizeof(*w->group));
	if (!w->ring || !w->group)
		return error_set(err, ERR_NO_MEMORY, "store: out of memory");
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&w->thread, NULL, writer_main, w) != 0)
		return error_set(err, ERR_UNAVAILABLE, "store: no thread for the writer");
	w->running = true;
	return 0;
}

void writer_stop(struct writer *w)
{
	if (w->running) {
		pthread_mutex_lock(&w->lock);
		w->stopping = true;
		pthread_cond_signal(&w->wake);
		pthread_mutex_unlock(&w->lock);
		pthread_join(w->thread, NULL);
		pthread_cond_destroy(&w->wake);
		pthread_mutex_destroy(&w->lock);
		free(w->group->hooks.items);
	}
	free(w->group);
	free(w->ring);
}

struct waiter {
	store_write_fn write;
	void *argument;
	pthread_mutex_t lock;
	pthread_cond_t ready;
	bool done;
	int result;
	struct error *error;
};

static int waiter_write(struct store_txn *txn, void *argument, struct error *err)
{
	struct waiter *waiter = argument;

	return waiter->write(txn, waiter->argument, err);
}

static void waiter_done(void *argument, int result, const struct error *err)
{
	struct waiter *waiter = argument;

	pthread_mutex_lock(&waiter->lock);
	waiter->result = result;
	if (result < 0 && waiter->error)
		*waiter->error = *err;
	waiter->done = true;
	pthread_cond_signal(&waiter->ready);
	pthread_mutex_unlock(&waiter->lock);
}

int store_write_wait(struct store *s, store_write_fn write, void *argument, struct error *err)
{
	struct waiter waiter = { .write = write, .argument = argument, .error = err };

	pthread_mutex_init(&waiter.lock, NULL);
	pthread_cond_init(&waiter.ready, NULL);
	int rc = store_write(s, waiter_write, waiter_done, &waiter);
	if (rc < 0) {
		(void)error_set(err, rc, "store: too many writes are waiting");
	} else {
		pthread_mutex_lock(&waiter.lock);
		while (!waiter.done)
			pthread_cond_wait(&waiter.ready, &waiter.lock);
		pthread_mutex_unlock(&waiter.lock);
		rc = waiter.result;
	}
	pthread_cond_destroy(&waiter.ready);
	pthread_mutex_destroy(&waiter.lock);
	return rc;
}
