/* SPDX-License-Identifier: Apache-2.0
 *
 * Long polls: calls put aside until their queue changes or their time is up. No thread waits. A waiter leaves the list under
 * the lock, by whoever asks it again: the timer, a change of its queue, or the stop.
 */
#include "service/sqs/internal.h"

#include "os/clock.h"

struct waiter {
	struct waiter *next;
	struct waiters *all;
	struct call *call;
	operation_fn run;
	timer_id timer;
	size_t n;
	char queue[];
};

struct waiters {
	struct sqs *sqs;
	pthread_mutex_t lock;
	struct waiter *first;
};

/* Under the lock; false when it is no longer there. */
static bool unlink_waiter(struct waiters *w, struct waiter *x)
{
	for (struct waiter **at = &w->first; *at; at = &(*at)->next) {
		if (*at != x)
			continue;
		*at = x->next;
		return true;
	}
	return false;
}

static void ask_again(struct waiter *x)
{
	struct call *call = x->call;
	operation_fn run = x->run;

	free(x);
	int rc = call_continue_write(call, run);
	if (rc != CALL_PENDING)
		call_complete(call, rc);
}

static void time_is_up(void *argument)
{
	struct waiter *x = argument;
	struct waiters *w = x->all;

	pthread_mutex_lock(&w->lock);
	bool ours = unlink_waiter(w, x);
	pthread_mutex_unlock(&w->lock);
	if (ours)
		ask_again(x);
}

int waiters_add(struct waiters *w, struct call *call, struct str queue, int64_t at_ms, operation_fn run)
{
	struct waiter *x = calloc(1, sizeof(*x) + queue.n);

	if (!x)
		return ERR_NO_MEMORY;
	*x = (struct waiter){ .all = w, .call = call, .run = run, .n = queue.n };
	memcpy(x->queue, queue.p, queue.n);
	pthread_mutex_lock(&w->lock);
	x->timer = timer_at(host_timer(w->sqs->host), at_ms, time_is_up, x);
	if (x->timer) {
		x->next = w->first;
		w->first = x;
	}
	bool added = x->timer != 0;
	pthread_mutex_unlock(&w->lock);
	if (!added)
		free(x);
	return added ? 0 : ERR_NO_MEMORY;
}

/* Those of the queue (absent: all), taken off the list, their timers stopped. One whose timer is running already is left to it.
 */
static struct waiter *take(struct waiters *w, struct str queue)
{
	struct waiter *taken = NULL;

	pthread_mutex_lock(&w->lock);
	for (struct waiter **at = &w->first; *at;) {
		struct waiter *x = *at;
		bool meant = !str_is_set(queue) || str_eq(queue, str_of(x->queue, x->n));

		if (!meant || !timer_cancel(host_timer(w->sqs->host), x->timer)) {
			at = &x->next;
			continue;
		}
		*at = x->next;
		x->next = taken;
		taken = x;
	}
	pthread_mutex_unlock(&w->lock);
	return taken;
}

struct waking {
	struct waiters *all;
	size_t n;
	char queue[];
};

static void wake_now(void *argument)
{
	struct waking *waking = argument;
	struct waiter *x = take(waking->all, str_of(waking->queue, waking->n));

	free(waking);
	while (x) {
		struct waiter *next = x->next;

		ask_again(x);
		x = next;
	}
}

static bool anyone_waits(struct waiters *w)
{
	pthread_mutex_lock(&w->lock);
	bool some = w->first != NULL;
	pthread_mutex_unlock(&w->lock);
	return some;
}

/* Waiters are added on the writer thread too, so one that comes later sees what this transaction did. */
int waiters_wake(struct waiters *w, struct store_txn *txn, struct str queue)
{
	if (!anyone_waits(w))
		return 0;
	struct waking *waking = malloc(sizeof(*waking) + queue.n);
	if (!waking)
		return ERR_NO_MEMORY;
	waking->all = w;
	waking->n = queue.n;
	memcpy(waking->queue, queue.p, queue.n);
	int rc = store_after_commit(txn, wake_now, waking);
	if (rc < 0)
		free(waking);
	return rc;
}

int waiters_new(struct waiters **out, struct sqs *s, struct error *err)
{
	struct waiters *w = calloc(1, sizeof(*w));

	if (!w)
		return error_set(err, ERR_NO_MEMORY, "out of memory for the queues");
	w->sqs = s;
	pthread_mutex_init(&w->lock, NULL);
	*out = w;
	return 0;
}

/* Each gets what is there now, and none waits again (s->stopping). */
void waiters_stop(struct waiters *w)
{
	for (struct waiter *x = take(w, STR_NULL), *next; x; x = next) {
		next = x->next;
		ask_again(x);
	}
}

void waiters_free(struct waiters *w)
{
	if (!w)
		return;
	pthread_mutex_destroy(&w->lock);
	free(w);
}
