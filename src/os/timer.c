/* SPDX-License-Identifier: Apache-2.0
 *
 * The timer: a binary heap of deadlines. Pending timers live in slots; the heap orders slot numbers, and each slot knows its
 * place in the heap, so that cancelling needs no search. An id names a slot and how often it was used before: a late
 * timer_cancel never hits a slot's next owner.
 */
#include <stdlib.h>

#include "os/clock.h"
#include "os/thread.h"

struct timer_slot {
	int64_t wall_ms;
	uint64_t order; /* timers of one millisecond run in the order they were set */
	task_fn run;
	void *argument;
	uint32_t generation; /* odd while pending */
	uint32_t place;      /* in the heap while pending; next free slot + 1 otherwise */
};

struct timer {
	pthread_mutex_t lock;
	pthread_cond_t change; /* the first deadline changed, or stopping was set */
	struct timer_slot *slots;
	uint32_t *heap;
	uint32_t count;     /* in the heap */
	uint32_t used, cap; /* slots ever used, slots (and heap places) allocated */
	uint32_t free_slot; /* + 1; 0 is none */
	uint64_t order;
	bool stopping;
	pthread_t thread;
};

static bool runs_before(const struct timer *t, uint32_t a, uint32_t b)
{
	const struct timer_slot *x = &t->slots[a], *y = &t->slots[b];

	return x->wall_ms != y->wall_ms ? x->wall_ms < y->wall_ms : x->order < y->order;
}

static void heap_set(struct timer *t, uint32_t place, uint32_t slot)
{
	t->heap[place] = slot;
	t->slots[slot].place = place;
}

static void heap_up(struct timer *t, uint32_t place)
{
	uint32_t slot = t->heap[place];

	while (place > 0 && runs_before(t, slot, t->heap[(place - 1) / 2])) {
		heap_set(t, place, t->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	heap_set(t, place, slot);
}

static void heap_down(struct timer *t, uint32_t place)
{
	uint32_t slot = t->heap[place];

	for (;;) {
		uint32_t child = place * 2 + 1;

		if (child + 1 < t->count && runs_before(t, t->heap[child + 1], t->heap[child]))
			child++;
		if (child >= t->count || !runs_before(t, t->heap[child], slot))
			break;
		heap_set(t, place, t->heap[child]);
		place = child;
	}
	heap_set(t, place, slot);
}

/* Takes the slot out of the heap and makes it free. */
static void slot_remove(struct timer *t, uint32_t slot)
{
	uint32_t place = t->slots[slot].place;

	t->count--;
	if (place < t->count) {
		heap_set(t, place, t->heap[t->count]);
		heap_up(t, place);
		heap_down(t, t->slots[t->heap[place]].place);
	}
	t->slots[slot].generation++;
	t->slots[slot].place = t->free_slot;
	t->free_slot = slot + 1;
}

static bool grow(struct timer *t)
{
	uint32_t cap = t->cap ? t->cap * 2 : 64;
	struct timer_slot *slots = reallocarray(t->slots, cap, sizeof(*slots));
	uint32_t *heap;

	if (!slots)
		return false;
	t->slots = slots;
	heap = reallocarray(t->heap, cap, sizeof(*heap));
	if (!heap)
		return false;
	t->heap = heap;
	t->cap = cap;
	return true;
}

/* A free slot's number + 1, or 0 when memory is out. */
static uint32_t slot_take(struct timer *t)
{
	uint32_t slot = t->free_slot;

	if (slot) {
		t->free_slot = t->slots[slot - 1].place;
		return slot;
	}
	if (t->used == t->cap && !grow(t))
		return 0;
	t->slots[t->used] = (struct timer_slot){ 0 };
	return ++t->used;
}

/* Waits until the first deadline has come; false when the timer stops. Called and left with the lock held. */
static bool wait_due(struct timer *t)
{
	while (!t->stopping) {
		int64_t due = t->count ? t->slots[t->heap[0]].wall_ms : 0;
		struct timespec until = { .tv_sec = due / 1000, .tv_nsec = due % 1000 * 1000000 };

		if (t->count == 0)
			pthread_cond_wait(&t->change, &t->lock);
		else if (clock_wall_ms() >= due)
			return true;
		else
			/* On the wall clock: a step of the clock wakes it. */
			pthread_cond_timedwait(&t->change, &t->lock, &until);
	}
	return false;
}

static void timer_work(void *argument)
{
	struct timer *t = argument;

	pthread_mutex_lock(&t->lock);
	while (wait_due(t)) {
		struct timer_slot due = t->slots[t->heap[0]];

		slot_remove(t, t->heap[0]);
		pthread_mutex_unlock(&t->lock);
		due.run(due.argument);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
}

static void timer_release(struct timer *t)
{
	pthread_cond_destroy(&t->change);
	pthread_mutex_destroy(&t->lock);
	free(t->slots);
	free(t->heap);
	free(t);
}

int timer_new(struct timer **out, struct error *err)
{
	struct timer *t = calloc(1, sizeof(*t));
	int code;

	if (!t)
		return error_set(err, ERR_NO_MEMORY, "no memory for a timer");
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->change, NULL);
	code = thread_start(&t->thread, "timer", timer_work, t, err);
	if (code < 0) {
		timer_release(t);
		return code;
	}
	*out = t;
	return 0;
}

void timer_free(struct timer *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->stopping = true;
	pthread_cond_signal(&t->change);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	timer_release(t);
}

timer_id timer_at(struct timer *t, int64_t wall_ms, task_fn run, void *argument)
{
	timer_id id = 0;
	uint32_t slot;

	pthread_mutex_lock(&t->lock);
	slot = slot_take(t);
	if (slot) {
		struct timer_slot *s = &t->slots[slot - 1];

		s->wall_ms = wall_ms < 0 ? 0 : wall_ms;
		s->order = t->order++;
		s->run = run;
		s->argument = argument;
		s->generation++;
		id = (uint64_t)s->generation << 32 | slot;
		t->heap[t->count] = slot - 1;
		heap_up(t, t->count++);
		if (s->place == 0)
			pthread_cond_signal(&t->change);
	}
	pthread_mutex_unlock(&t->lock);
	return id;
}

bool timer_cancel(struct timer *t, timer_id id)
{
	uint32_t slot = (uint32_t)id, generation = (uint32_t)(id >> 32);
	bool pending;

	pthread_mutex_lock(&t->lock);
	pending = slot > 0 && slot <= t->used && t->slots[slot - 1].generation == generation && generation % 2 == 1;
	if (pending)
		slot_remove(t, slot - 1);
	pthread_mutex_unlock(&t->lock);
	return pending;
}
