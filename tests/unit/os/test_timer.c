/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "os/clock.h"
#include "os/random.h"
#include "os/thread.h"

/* What ran, in order. Only the timer thread writes; the test reads after it saw `count`. */
struct record {
	atomic_int count;
	int numbers[2000];
	int64_t at[2000];
};

struct mark {
	struct record *record;
	int number;
};

static void note(void *argument)
{
	struct mark *m = argument;
	int place = m->record->count;

	m->record->numbers[place] = m->number;
	m->record->at[place] = clock_wall_ms();
	atomic_fetch_add(&m->record->count, 1);
}

static void wait_for(struct record *r, int count)
{
	for (int i = 0; i < 5000 && r->count < count; i++)
		clock_sleep_ms(1);
	assert_int_equal(r->count, count);
}

static void runs_in_order_of_deadline(void **state)
{
	static const int delays[] = { 40, 10, 30, 10, 20, 0, -5 };
	static const int order[] = { 6, 5, 1, 3, 4, 2, 0 };
	static struct record record;
	struct mark marks[7];
	struct timer *t;
	int64_t now = clock_wall_ms();

	(void)state;
	assert_int_equal(timer_new(&t, NULL), 0);
	for (int i = 0; i < 7; i++)
		marks[i] = (struct mark){ &record, i };
	for (int i = 0; i < 5; i++)
		assert_int_not_equal(timer_at(t, now + 100 + delays[i], note, &marks[i]), 0);
	assert_int_not_equal(timer_at(t, now + delays[6], note, &marks[6]), 0);
	assert_int_not_equal(timer_at(t, now + delays[5], note, &marks[5]), 0);
	wait_for(&record, 7);
	for (int i = 0; i < 7; i++)
		assert_int_equal(record.numbers[i], order[i]);
	for (int i = 2; i < 7; i++)
		assert_true(record.at[i] >= now + 100 + delays[order[i]]);
	timer_free(t);
}

static void a_cancelled_timer_does_not_run(void **state)
{
	static struct record record;
	struct mark marks[3];
	timer_id ids[3];
	struct timer *t;
	int64_t now = clock_wall_ms();

	(void)state;
	assert_int_equal(timer_new(&t, NULL), 0);
	for (int i = 0; i < 3; i++) {
		marks[i] = (struct mark){ &record, i };
		ids[i] = timer_at(t, now + 30 + i, note, &marks[i]);
	}
	assert_true(timer_cancel(t, ids[1]));
	assert_false(timer_cancel(t, ids[1]));
	wait_for(&record, 2);
	clock_sleep_ms(20);
	assert_int_equal(record.count, 2);
	assert_int_equal(record.numbers[0], 0);
	assert_int_equal(record.numbers[1], 2);
	assert_false(timer_cancel(t, ids[0]));
	assert_false(timer_cancel(t, 0));
	assert_false(timer_cancel(t, 12345));
	timer_free(t);
}

/* An old id must not cancel the timer that took its slot. */
static void an_id_is_never_reused(void **state)
{
	static struct record record;
	struct mark mark = { &record, 1 };
	struct timer *t;
	timer_id first, second;

	(void)state;
	assert_int_equal(timer_new(&t, NULL), 0);
	first = timer_at(t, clock_wall_ms() + 60000, note, &mark);
	assert_true(timer_cancel(t, first));
	second = timer_at(t, clock_wall_ms() + 20, note, &mark);
	assert_int_not_equal(first, second);
	assert_false(timer_cancel(t, first));
	wait_for(&record, 1);
	timer_free(t);
}

/* Each timer either runs once or is cancelled, never both and never neither, while a second thread cancels. */
enum { RACES = 2000 };

struct race {
	struct timer *timer;
	timer_id ids[RACES];
	atomic_int ran[RACES];
	atomic_int cancelled[RACES];
	atomic_int ready;
};

static void count(void *argument)
{
	atomic_fetch_add((atomic_int *)argument, 1);
}

static void cancel_some(void *argument)
{
	struct race *r = argument;

	for (int i = 0; i < RACES; i++) {
		while (r->ready <= i)
			;
		if (i % 3 != 0)
			r->cancelled[i] = timer_cancel(r->timer, r->ids[i]);
	}
}

static void cancel_races_with_running(void **state)
{
	struct race *r = calloc(1, sizeof(*r));
	pthread_t thread;
	int ran = 0, cancelled = 0;

	(void)state;
	assert_int_equal(timer_new(&r->timer, NULL), 0);
	assert_int_equal(thread_start(&thread, "cancel", cancel_some, r, NULL), 0);
	for (int i = 0; i < RACES; i++) {
		r->ids[i] = timer_at(r->timer, clock_wall_ms() + (int64_t)random_below(2), count, &r->ran[i]);
		assert_int_not_equal(r->ids[i], 0);
		r->ready = i + 1;
	}
	pthread_join(thread, NULL);
	clock_sleep_ms(50);
	timer_free(r->timer);
	for (int i = 0; i < RACES; i++) {
		assert_int_equal(r->ran[i] + r->cancelled[i], 1);
		ran += r->ran[i];
		cancelled += r->cancelled[i];
	}
	assert_int_equal(ran + cancelled, RACES);
	assert_true(ran >= RACES / 3);
	free(r);
}

/* The heap keeps its order through a thousand random insertions and removals. */
static void many_timers_keep_their_order(void **state)
{
	static struct record record;
	static struct mark marks[1000];
	static timer_id ids[1000];
	struct timer *t;
	int64_t base = clock_wall_ms() + 150;
	int left = 1000;

	(void)state;
	assert_int_equal(timer_new(&t, NULL), 0);
	for (int i = 0; i < 1000; i++) {
		marks[i] = (struct mark){ &record, (int)random_below(100) };
		ids[i] = timer_at(t, base + marks[i].number, note, &marks[i]);
	}
	for (int i = 0; i < 1000; i += 1 + (int)random_below(4))
		left -= timer_cancel(t, ids[i]);
	wait_for(&record, left);
	for (int i = 1; i < left; i++)
		assert_true(record.numbers[i] >= record.numbers[i - 1]);
	timer_free(t);
}

static void freeing_drops_what_is_pending(void **state)
{
	static struct record record;
	struct mark mark = { &record, 1 };
	struct timer *t;

	(void)state;
	assert_int_equal(timer_new(&t, NULL), 0);
	assert_int_not_equal(timer_at(t, clock_wall_ms() + 3600000, note, &mark), 0);
	timer_free(t);
	assert_int_equal(record.count, 0);
	timer_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_in_order_of_deadline),    cmocka_unit_test(a_cancelled_timer_does_not_run),
		cmocka_unit_test(an_id_is_never_reused),        cmocka_unit_test(cancel_races_with_running),
		cmocka_unit_test(many_timers_keep_their_order), cmocka_unit_test(freeing_drops_what_is_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
