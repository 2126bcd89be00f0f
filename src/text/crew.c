/* SPDX-License-Identifier: Apache-2.0 */
#include "text/crew.h"

#include <stdbool.h>
#include <stdlib.h>

#include "os/thread.h"

/* One crew_run; lives on its caller's stack. */
struct job {
	void (*work)(void *argument, size_t index);
	void *argument;
	size_t count, begun, done;
	const struct job *parent; /* one of its parts called crew_run */
	struct job *older;
};

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* parts to begin, or a job is done */
	struct job *jobs;       /* those with parts that nobody has begun, newest first */
	bool ending;
	size_t helper_count;
	pthread_t helpers[];
};

/* The job whose part this thread runs. */
static _Thread_local const struct job *current;

static bool is_part_of(const struct job *j, const struct job *whole)
{
	while (j && j != whole)
		j = j->parent;
	return j == whole;
}

/* Under the lock, which is let go while the part runs. */
static void run_part(struct crew *c, struct job **at)
{
	struct job *j = *at;
	const struct job *before = current;
	size_t index = j->begun++;

	if (j->begun == j->count)
		*at = j->older;
	pthread_mutex_unlock(&c->lock);
	current = j;
	j->work(j->argument, index);
	current = before;
	pthread_mutex_lock(&c->lock);
	if (++j->done == j->count)
		pthread_cond_broadcast(&c->changed);
}

/* Under the lock: where a job stands in the list that is `whole` or a part of it; NULL: any. */
static struct job **find_work(struct crew *c, const struct job *whole)
{
	struct job **at = &c->jobs;

	while (*at && whole && !is_part_of(*at, whole))
		at = &(*at)->older;
	return *at ? at : NULL;
}

static void help(void *argument)
{
	struct crew *c = argument;

	pthread_mutex_lock(&c->lock);
	while (!c->ending) {
		struct job **at = find_work(c, NULL);

		if (at)
			run_part(c, at);
		else
			pthread_cond_wait(&c->changed, &c->lock);
	}
	pthread_mutex_unlock(&c->lock);
}

int crew_new(struct crew **out, int threads, struct error *err)
{
	size_t helpers = threads > 1 ? (size_t)threads - 1 : 0;
	struct crew *c = calloc(1, sizeof(*c) + helpers * sizeof(*c->helpers));
	int rc = 0;

	if (!c)
		return error_set(err, ERR_NO_MEMORY, "no memory for threads");
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	while (rc == 0 && c->helper_count < helpers) {
		rc = thread_start(&c->helpers[c->helper_count], "text-crew", help, c, err);
		c->helper_count += rc == 0;
	}
	if (rc < 0) {
		crew_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void crew_free(struct crew *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->ending = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; i < c->helper_count; i++)
		pthread_join(c->helpers[i], NULL);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void crew_run(struct crew *c, size_t count, void (*work)(void *argument, size_t index), void *argument)
{
	struct job j = { .work = work, .argument = argument, .count = count, .parent = current };

	if (c->helper_count == 0 || count < 2) {
		for (size_t i = 0; i < count; i++)
			work(argument, i);
		return;
	}
	pthread_mutex_lock(&c->lock);
	j.older = c->jobs;
	/* cppcheck-suppress autoVariables ; it leaves the list before it is done */
	c->jobs = &j;
	pthread_cond_broadcast(&c->changed);
	while (j.done < j.count) {
		struct job **at = find_work(c, &j);

		if (at)
			run_part(c, at);
		else
			pthread_cond_wait(&c->changed, &c->lock);
	}
	pthread_mutex_unlock(&c->lock);
}
