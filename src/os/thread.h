/* SPDX-License-Identifier: Apache-2.0
 *
 * A pool of threads for work that takes long (text detection, process start, file syncs), and one timer thread.
 * Nothing here blocks a caller except the _free functions, which wait for what runs.
 */
#ifndef GLEANER_OS_THREAD_H
#define GLEANER_OS_THREAD_H

#include <pthread.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

typedef void (*task_fn)(void *argument);

/* Starts a named thread (at most 15 characters show) with every signal blocked: signals belong to the main thread. ERR_IO. */
int thread_start(pthread_t *out, const char *name, task_fn run, void *argument, struct error *err) MUST_CHECK;

struct pool;

/* `limit` bounds the queue. */
int pool_new(struct pool **out, const char *name, int threads, int limit, struct error *err) MUST_CHECK;
void pool_free(struct pool *p); /* runs what is queued, then stops; NULL is allowed */
/* ERR_UNAVAILABLE when the queue is full or the pool stops: shed the load with the service's throttling error. */
int pool_run(struct pool *p, task_fn run, void *argument) MUST_CHECK;

struct timer;              /* the thread with its heap of deadlines */
typedef uint64_t timer_id; /* 0 is none */

int timer_new(struct timer **out, struct error *err) MUST_CHECK;
void timer_free(struct timer *t); /* drops what is pending; NULL is allowed */
/* Runs `run` on the timer thread at or after `wall_ms` (os/clock.h); it must be short. 0 when memory is out. */
timer_id timer_at(struct timer *t, int64_t wall_ms, task_fn run, void *argument);
/* True when it was pending and will not run; false when it ran, runs, or never was. */
bool timer_cancel(struct timer *t, timer_id id);

#endif
