/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "text/crew.h"

enum { PARTS = 500, CALLERS = 4, DEPTH = 4 };

/* A part that never gets the help it waits for would hang the tests. */
enum { PATIENCE_S = 60 };

struct tree {
	struct crew *crew;
	int depth;
	atomic_int *leaves;
};

static void grow(void *argument, size_t index)
{
	const struct tree *t = argument;
	struct tree below = { t->crew, t->depth - 1, t->leaves };

	(void)index;
	if (t->depth == 0)
		atomic_fetch_add(t->leaves, 1);
	else
		crew_run(t->crew, 3, grow, &below);
}

static void count_part(void *argument, size_t index)
{
	atomic_fetch_add((atomic_int *)argument + index, 1);
}

static void test_every_part_runs_once(void **state)
{
	(void)state;
	for (int threads = 0; threads < 5; threads++) {
		atomic_int times[PARTS] = { 0 };
		struct crew *crew;

		assert_int_equal(crew_new(&crew, threads, NULL), 0);
		crew_run(crew, 0, count_part, times);
		assert_int_equal(times[0], 0);
		crew_run(crew, PARTS, count_part, times);
		for (size_t i = 0; i < PARTS; i++)
			assert_int_equal(times[i], 1);
		crew_free(crew);
	}
	crew_free(NULL);
}

static void *call(void *argument)
{
	struct crew *crew = argument;
	atomic_int leaves = 0;
	struct tree t = { crew, DEPTH, &leaves };

	for (int i = 0; i < 20; i++)
		grow(&t, 0);
	return leaves == 20 * 3 * 3 * 3 * 3 ? crew : NULL;
}

static void test_parts_have_parts_and_callers_share(void **state)
{
	pthread_t callers[CALLERS];
	struct crew *crew;

	(void)state;
	assert_int_equal(crew_new(&crew, 3, NULL), 0);
	for (int i = 0; i < CALLERS; i++)
		assert_int_equal(pthread_create(&callers[i], NULL, call, crew), 0);
	for (int i = 0; i < CALLERS; i++) {
		void *result;

		assert_int_equal(pthread_join(callers[i], &result), 0);
		assert_ptr_equal(result, crew);
	}
	crew_free(crew);
}

struct meeting {
	struct crew *crew;
	pthread_barrier_t barrier;
};

static void meet(void *argument, size_t index)
{
	struct meeting *m = argument;

	(void)index;
	pthread_barrier_wait(&m->barrier);
}

static void call_meeting(void *argument, size_t index)
{
	struct meeting *m = argument;

	if (index == 1)
		crew_run(m->crew, 2, meet, m);
}

/* One of two threads has nothing left but to wait for the other, whose part has two parts of its own that need both. */
static void test_who_waits_helps(void **state)
{
	struct meeting m;

	(void)state;
	assert_int_equal(crew_new(&m.crew, 2, NULL), 0);
	assert_int_equal(pthread_barrier_init(&m.barrier, NULL, 2), 0);
	alarm(PATIENCE_S);
	for (int i = 0; i < 100; i++)
		crew_run(m.crew, 2, call_meeting, &m);
	alarm(0);
	pthread_barrier_destroy(&m.barrier);
	crew_free(m.crew);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_part_runs_once),
		cmocka_unit_test(test_parts_have_parts_and_callers_share),
		cmocka_unit_test(test_who_waits_helps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
