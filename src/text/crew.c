/* SPDX-License-Identifier: Apache-2.0 */
#include "text/crew.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "os/thread.h"

enum { QUEUE = 256 };

struct crew {
	struct pool *pool; /* NULL: the caller is alone */
	int helpers;
};

/* One crew_run. The caller and each helper hold a reference: a helper may come when all is done. */
struct job {
	void (*work)(void *argument, size_t index);
	void *argument;
	size_t count;
	atomic_size_t next;
	atomic_int references;
	pthread_mutex_t lock;
	pthread_cond_t all_done;
	size_t done;
};

int crew_new(struct crew **out, int threads, struct error *err)
{
	struct crew *c = calloc(1, sizeof(*c));
	int rc = 0;

	if (!c)
		return error_set(err, ERR_NO_MEMORY, "no memory for threads");
	c->helpers = threads > 1 ? threads - 1 : 0;
	if (c->helpers > 0)
		rc = pool_new(&c->pool, "text-crew", c->helpers, QUEUE, err);
	if (rc < 0) {
		free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void crew_free(struct crew *c)
{
	if (!c)
		return;
	pool_free(c->pool);
	free(c);
}

static void job_unref(struct job *j)
{
	if (atomic_fetch_sub(&j->references, 1) > 1)
		return;
	pthread_cond_destroy(&j->all_done);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

static void take_part(struct job *j)
{
	size_t i;

	while ((i = atomic_fetch_add(&j->next, 1)) < j->count) {
		j->work(j->argument, i);
		pthread_mutex_lock(&j->lock);
		if (++j->done == j->count)
			pthread_cond_signal(&j->all_done);
		pthread_mutex_unlock(&j->lock);
	}
}

static void help(void *argument)
{
	struct job *j = argument;

	take_part(j);
	job_unref(j);
}

static void call_helpers(struct crew *c, struct job *j)
{
	for (int i = 0; i < c->helpers && (size_t)i + 1 < j->count; i++) {
		atomic_fetch_add(&j->references, 1);
		if (pool_run(c->pool, help, j) < 0)
			job_unref(j);
	}
}

void crew_run(struct crew *c, size_t count, void (*work)(void *argument, size_t index), void *argument)
{
	struct job *j = c->pool && count > 1 ? calloc(1, sizeof(*j)) : NULL;

	if (!j) {
		for (size_t i = 0; i < count; i++)
			work(argument, i);
		return;
	}
	*j = (struct job){ .work = work, .argument = argument, .count = count, .references = 1 };
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->all_done, NULL);
	call_helpers(c, j);
	take_part(j);
	pthread_mutex_lock(&j->lock);
	while (j->done < j->count)
		pthread_cond_wait(&j->all_done, &j->lock);
	pthread_mutex_unlock(&j->lock);
	job_unref(j);
}
