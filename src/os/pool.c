/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool: a bounded ring of tasks under one lock.
 */
#include <stdlib.h>

#include "os/thread.h"

struct task {
	task_fn run;
	void *argument;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work; /* a task was queued, or stopping was set */
	struct task *ring;
	int first, count, limit;
	bool stopping;
	int thread_count; /* started */
	pthread_t threads[];
};

/* Waits for a task; false when the pool stops and none is left. */
static bool next_task(struct pool *p, struct task *out)
{
	bool found;

	pthread_mutex_lock(&p->lock);
	while (p->count == 0 && !p->stopping)
		pthread_cond_wait(&p->work, &p->lock);
	found = p->count > 0;
	if (found) {
		*out = p->ring[p->first];
		p->first = (p->first + 1) % p->limit;
		p->count--;
	}
	pthread_mutex_unlock(&p->lock);
	return found;
}

static void pool_work(void *argument)
{
	struct pool *p = argument;
	struct task task;

	while (next_task(p, &task))
		task.run(task.argument);
}

int pool_new(struct pool **out, const char *name, int threads, int limit, struct error *err)
{
	struct pool *p;
	int code = 0;

	if (threads < 1 || limit < 1)
		return error_set(err, ERR_INVALID, "a pool needs at least one thread and room for one task");
	p = calloc(1, sizeof(*p) + (size_t)threads * sizeof(p->threads[0]));
	if (!p)
		return error_set(err, ERR_NO_MEMORY, "no memory for a pool");
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	p->limit = limit;
	p->ring = calloc((size_t)limit, sizeof(p->ring[0]));
	if (!p->ring)
		code = error_set(err, ERR_NO_MEMORY, "no memory for a pool's queue");
	while (code == 0 && p->thread_count < threads) {
		code = thread_start(&p->threads[p->thread_count], name, pool_work, p, err);
		p->thread_count += code == 0;
	}
	if (code < 0) {
		pool_free(p);
		return code;
	}
	*out = p;
	return 0;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < p->thread_count; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p->ring);
	free(p);
}

int pool_run(struct pool *p, task_fn run, void *argument)
{
	int code = ERR_UNAVAILABLE;

	pthread_mutex_lock(&p->lock);
	if (!p->stopping && p->count < p->limit) {
		p->ring[(p->first + p->count) % p->limit] = (struct task){ run, argument };
		p->count++;
		pthread_cond_signal(&p->work);
		code = 0;
	}
	pthread_mutex_unlock(&p->lock);
	return code;
}
