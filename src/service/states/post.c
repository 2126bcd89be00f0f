/* SPDX-License-Identifier: Apache-2.0
 *
 * Events on their way to an execution: each is one write. A full queue is no loss, only a delay.
 */
#include <stdlib.h>

#include "base/log.h"
#include "service/states/execution.h"

enum {
	AGAIN_MS = 50,          /* after a full queue */
	FAILED_AGAIN_MS = 1000, /* after a step that could not be stored: times the attempts so far */
	ATTEMPTS_MAX = 5,
};

struct delivery {
	struct states *service;
	struct arena arena;
	struct str machine, name;
	struct states_event event;
	int attempts;
};

static void delivery_send(void *argument);

static void delivery_free(struct delivery *d)
{
	arena_release(&d->arena);
	free(d);
}

static int delivery_write(struct store_txn *txn, void *argument, struct error *err)
{
	struct delivery *d = argument;
	return execution_advance(d->service, txn, d->machine, d->name, &d->event, err);
}

static void delivery_later(struct delivery *d, int64_t ms)
{
	if (!timer_at(host_timer(d->service->host), clock_wall_ms() + ms, delivery_send, d))
		delivery_free(d);
}

/* A step that cannot be stored is tried some times more; the execution stays as it was, also for the next start. */
static void delivery_done(void *argument, int result, const struct error *err)
{
	struct delivery *d = argument;
	if (result == 0) {
		delivery_free(d);
		return;
	}
	log_error("states", "an execution's step failed machine=" STR_FMT " execution=" STR_FMT " error=%s", STR_ARG(d->machine),
		  STR_ARG(d->name), err ? err->message : "unknown");
	if (++d->attempts < ATTEMPTS_MAX && !d->service->stopping)
		delivery_later(d, FAILED_AGAIN_MS * d->attempts);
	else
		delivery_free(d);
}

static void delivery_send(void *argument)
{
	struct delivery *d = argument;
	if (d->service->stopping) {
		delivery_free(d);
		return;
	}
	if (store_write(host_store(d->service->host), delivery_write, delivery_done, d) < 0)
		delivery_later(d, AGAIN_MS);
}

void execution_post(struct states *s, struct str machine, struct str name, const struct states_event *event)
{
	struct delivery *d = calloc(1, sizeof(*d));
	if (!d)
		return;
	d->service = s;
	arena_init(&d->arena, MIB(16));
	d->machine = arena_str(&d->arena, machine);
	d->name = arena_str(&d->arena, name);
	d->event = *event;
	d->event.output = arena_str(&d->arena, event->output);
	d->event.error = arena_str(&d->arena, event->error);
	d->event.cause = arena_str(&d->arena, event->cause);
	if (arena_failed(&d->arena))
		delivery_free(d);
	else
		delivery_send(d);
}
