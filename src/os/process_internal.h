/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of processes share: process.c watches and ends them, process_start.c starts them.
 */
#ifndef GLEANER_OS_PROCESS_INTERNAL_H
#define GLEANER_OS_PROCESS_INTERNAL_H

#include <pthread.h>
#include <sys/types.h>

#include "base/buf.h"
#include "os/process.h"

enum source_kind { SOURCE_STDOUT, SOURCE_STDERR, SOURCE_EXIT };

struct source {
	struct process *process;
	int fd;
	enum source_kind kind;
};

struct process {
	struct process_watcher *watcher;
	struct process_handlers handlers;
	void *context;
	pthread_mutex_t lock; /* pid and reaped: a number is only signalled while it is surely ours */
	pid_t pid;
	bool reaped;
	int status; /* read end: the program's wait status, from the first process of its namespace; -1: it is our own child */
	pthread_mutex_t read_lock; /* sources and partial */
	struct source sources[3];
	struct buf partial[2]; /* of each stream: a line whose end has not come */
	struct process_exit end;
	struct process *next, **link; /* in watcher->live */
	struct process *next_ended;
};

struct process_watcher {
	pthread_t thread;
	pthread_mutex_t lock; /* live, stopping */
	struct process *live;
	struct process *ended; /* of this round; the thread's own */
	bool stopping;
	int epoll, wake;
	unsigned polled; /* live ones without a descriptor of the process: looked after in turns (valgrind knows no pidfd_open) */
	int init;        /* the first process's program (init.c), as a file in memory */
};

/* A file in memory with init.c's program. -1 and errno. */
int process_make_init(void);
/* Adds it to those that are watched: from then on the watcher's thread may call its handlers. -1: it cannot be. */
int process_watch(struct process_watcher *w, struct process *p);

#endif
