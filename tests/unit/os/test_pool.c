/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "os/clock.h"
#include "os/thread.h"

static void count(void *argument)
{
	atomic_fetch_add((atomic_int *)argument, 1);
}

static void runs_all_that_was_queued(void **state)
{
	atomic_int done = 0;
	struct pool *p;
	int queued = 0;

	(void)state;
	assert_int_equal(pool_new(&p, "work", 3, 1000, NULL), 0);
	while (queued < 1000)
		queued += pool_run(p, count, &done) == 0;
	pool_free(p);
	assert_int_equal(done, 1000);
}

/* A task that says it runs and waits to be let go. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool entered, open;
};

static void wait_at_gate(void *argument)
{
	struct gate *g = argument;

	pthread_mutex_lock(&g->lock);
	g->entered = true;
	pthread_cond_broadcast(&g->change);
	while (!g->open)
		pthread_cond_wait(&g->change, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void a_full_queue_refuses(void **state)
{
	struct gate gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false };
	atomic_int done = 0;
	struct pool *p;

	(void)state;
	assert_int_equal(pool_new(&p, "a name longer than fifteen", 1, 2, NULL), 0);
	assert_int_equal(pool_run(p, wait_at_gate, &gate), 0);
	pthread_mutex_lock(&gate.lock);
	while (!gate.entered)
		pthread_cond_wait(&gate.change, &gate.lock);
	pthread_mutex_unlock(&gate.lock);

	assert_int_equal(pool_run(p, count, &done), 0);
	assert_int_equal(pool_run(p, count, &done), 0);
	assert_int_equal(pool_run(p, count, &done), ERR_UNAVAILABLE);
	assert_int_equal(done, 0);

	pthread_mutex_lock(&gate.lock);
	gate.open = true;
	pthread_cond_broadcast(&gate.change);
	pthread_mutex_unlock(&gate.lock);
	pool_free(p);
	assert_int_equal(done, 2);
}

struct requeue {
	struct pool *pool;
	atomic_int code;
};

static void queue_late(void *argument)
{
	struct requeue *r = argument;

	clock_sleep_ms(30);
	r->code = pool_run(r->pool, count, &r->code);
}

static void a_stopping_pool_refuses(void **state)
{
	struct requeue r = { NULL, 1 };

	(void)state;
	assert_int_equal(pool_new(&r.pool, "work", 1, 4, NULL), 0);
	assert_int_equal(pool_run(r.pool, queue_late, &r), 0);
	pool_free(r.pool);
	assert_int_equal(r.code, ERR_UNAVAILABLE);
}

static void mask_of_thread(void *argument)
{
	pthread_sigmask(SIG_SETMASK, NULL, argument);
}

static void threads_leave_signals_alone(void **state)
{
	sigset_t mask;
	struct pool *p;

	(void)state;
	sigemptyset(&mask);
	assert_int_equal(pool_new(&p, "work", 1, 1, NULL), 0);
	assert_int_equal(pool_run(p, mask_of_thread, &mask), 0);
	pool_free(p);
	assert_true(sigismember(&mask, SIGTERM));
	assert_true(sigismember(&mask, SIGCHLD));
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM));
}

static void sizes_are_checked(void **state)
{
	struct pool *p = NULL;

	(void)state;
	assert_int_equal(pool_new(&p, "work", 0, 1, NULL), ERR_INVALID);
	assert_int_equal(pool_new(&p, "work", 1, 0, NULL), ERR_INVALID);
	assert_null(p);
	pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_all_that_was_queued), cmocka_unit_test(a_full_queue_refuses),
		cmocka_unit_test(a_stopping_pool_refuses),  cmocka_unit_test(threads_leave_signals_alone),
		cmocka_unit_test(sizes_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
