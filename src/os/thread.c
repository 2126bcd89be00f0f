/* SPDX-License-Identifier: Apache-2.0 */
#include "os/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct thread_start {
	task_fn run;
	void *argument;
	char name[16];
};

static void *thread_main(void *argument)
{
	struct thread_start start = *(struct thread_start *)argument;

	free(argument);
	pthread_setname_np(pthread_self(), start.name);
	start.run(start.argument);
	return NULL;
}

int thread_start(pthread_t *out, const char *name, task_fn run, void *argument, struct error *err)
{
	struct thread_start *start = malloc(sizeof(*start));
	sigset_t all, before;
	int failed;

	if (!start)
		return error_set(err, ERR_NO_MEMORY, "no memory for a thread");
	start->run = run;
	start->argument = argument;
	snprintf(start->name, sizeof(start->name), "%s", name);

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(out, NULL, thread_main, start);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		free(start);
		errno = failed;
		return error_set_errno(err, "pthread_create");
	}
	return 0;
}
