/* SPDX-License-Identifier: Apache-2.0 */
#include "service/states/express.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "aws/arn.h"
#include "os/random.h"
#include "service/states/execution.h"
#include "service/states/task.h"

/* An event that waits its turn. */
struct waiting {
	struct waiting *next;
	struct arena arena;
	struct states_event event;
};

struct express {
	struct states *service;
	_Atomic int references;
	pthread_mutex_t lock; /* of the queue, `busy` and the timer */
	struct arena arena;
	struct revision *revision;
	struct execution execution;
	char *state; /* only touched by the thread that made it busy */
	size_t state_n;
	struct waiting *first, **last;
	bool busy, ended;
	timer_id timer;
	int64_t wake_ms;
	struct call *call;              /* StartSyncExecution, until answered */
	struct express *before, *after; /* of the service's list of all */
};

struct express *express_ref(struct express *e)
{
	atomic_fetch_add_explicit(&e->references, 1, memory_order_relaxed);
	return e;
}

static void list_add(struct express *e)
{
	struct states *s = e->service;
	pthread_mutex_lock(&s->lock);
	e->after = s->express;
	if (e->after)
		e->after->before = e;
	s->express = e;
	pthread_mutex_unlock(&s->lock);
}

static void list_remove(struct express *e)
{
	struct states *s = e->service;
	pthread_mutex_lock(&s->lock);
	if (e->before)
		e->before->after = e->after;
	else
		s->express = e->after;
	if (e->after)
		e->after->before = e->before;
	pthread_mutex_unlock(&s->lock);
}

void express_unref(struct express *e)
{
	if (atomic_fetch_sub_explicit(&e->references, 1, memory_order_acq_rel) != 1)
		return;
	list_remove(e);
	revision_unref(e->revision);
	arena_release(&e->arena);
	pthread_mutex_destroy(&e->lock);
	free(e->state);
	free(e);
}

static void waiting_free(struct waiting *w)
{
	arena_release(&w->arena);
	free(w);
}

/* ---- calls that wait for the end ---- */

/* The call, for exactly one taker. */
static struct call *take_call(struct express *e)
{
	pthread_mutex_lock(&e->service->lock);
	struct call *call = e->call;
	e->call = NULL;
	pthread_mutex_unlock(&e->service->lock);
	return call;
}

static struct express *find_with_call(struct states *s)
{
	pthread_mutex_lock(&s->lock);
	struct express *e = s->express;
	while (e && !e->call)
		e = e->after;
	if (e)
		express_ref(e);
	pthread_mutex_unlock(&s->lock);
	return e;
}

void express_stop(struct states *s)
{
	for (struct express *e; (e = find_with_call(s));) {
		struct call *call = take_call(e);
		if (call)
			call_complete(call, call_failf(call, &states_ExecutionLimitExceeded, "The server is stopping."));
		express_unref(e);
	}
}

void express_close(struct states *s)
{
	for (struct express *e = s->express, *next; e; e = next) {
		next = e->after;
		if (e->timer)
			express_unref(e);
	}
}

static void write_included(struct writer *w, const char *name)
{
	write_object(w, name);
	write_bool(w, "included", true);
	write_end(w);
}

static void answer_sync(struct express *e, const struct states_step *step)
{
	struct call *call = take_call(e);
	if (!call)
		return;
	struct writer *w = &call->out;
	const struct execution *x = &e->execution;
	write_str(w, "executionArn", x->arn);
	write_str(w, "stateMachineArn", x->machine_arn);
	write_str(w, "name", x->name);
	write_time(w, "startDate", x->start_ms);
	write_time(w, "stopDate", step->world.now_ms);
	write_c(w, "status", status_name(step->status));
	write_str(w, "error", str_sub(step->error, 0, STATES_ERROR_MAX));
	write_str(w, "cause", str_sub(step->cause, 0, STATES_CAUSE_MAX));
	write_str(w, "input", x->input);
	write_included(w, "inputDetails");
	write_str(w, "output", step->output);
	if (str_is_set(step->output))
		write_included(w, "outputDetails");
	write_object(w, "billingDetails");
	write_i64(w, "billedMemoryUsedInMB", 64);
	write_i64(w, "billedDurationInMilliseconds", (step->world.now_ms - x->start_ms + 99) / 100 * 100);
	write_end(w);
	call_complete(call, 0);
}

/* ---- steps ---- */

static void ring(void *argument)
{
	struct express *e = argument;
	pthread_mutex_lock(&e->lock);
	e->timer = 0;
	e->wake_ms = 0;
	pthread_mutex_unlock(&e->lock);
	express_post(e, &(struct states_event){ .kind = STATES_WAKE });
	express_unref(e);
}

static void set_timer(struct express *e, int64_t wake_ms)
{
	struct timer *timer = host_timer(e->service->host);
	pthread_mutex_lock(&e->lock);
	if (e->wake_ms != wake_ms) {
		if (e->timer && timer_cancel(timer, e->timer))
			express_unref(e);
		e->wake_ms = wake_ms;
		e->timer = wake_ms ? timer_at(timer, wake_ms, ring, express_ref(e)) : 0;
		if (wake_ms && !e->timer)
			express_unref(e);
	}
	pthread_mutex_unlock(&e->lock);
}

static void go_on(void *argument)
{
	struct express *e = argument;
	express_post(e, &(struct states_event){ .kind = STATES_WAKE });
	express_unref(e);
}

static void answer_express(struct task *t, const struct states_event *event)
{
	express_post(t->express, event);
}

static void keep_state(struct express *e, struct str state)
{
	free(e->state);
	e->state = malloc(state.n + 1);
	e->state_n = e->state ? state.n : 0;
	if (e->state && state.n)
		memcpy(e->state, state.p, state.n);
}

static void carry_out(struct express *e, struct states_step *step)
{
	struct states *s = e->service;
	report_log(s, e->revision, &e->execution, buf_str(&step->events));
	if (step->status != STATES_RUNNING) {
		e->ended = true;
		set_timer(e, 0);
		report_metrics(s, e->execution.machine_arn, step->status, false);
		answer_sync(e, step);
		return;
	}
	keep_state(e, step->next_state);
	set_timer(e, step->yielded ? 0 : step->wake_ms);
	for (size_t i = 0; i < step->task_count; i++)
		task_run(s, &step->tasks[i], e->revision, &e->execution, STR_NULL, STR_NULL, e, answer_express);
	if (step->yielded && pool_run(host_pool(s->host), go_on, express_ref(e)) < 0 &&
	    !timer_at(host_timer(s->host), clock_wall_ms() + 10, go_on, e))
		express_unref(e);
}

static void fill_random(void *argument, void *bytes, size_t n)
{
	(void)argument;
	random_bytes(bytes, n);
}

static void fail_step(struct states_step *step, const struct error *err)
{
	step->status = STATES_FAILED;
	step->error = STR("States.Runtime");
	step->cause = arena_str(step->arena, str_c(err->message));
}

static void take_step(struct express *e, const struct states_event *event)
{
	struct arena arena;
	struct error err = { 0 };
	if (e->ended || e->service->stopping)
		return;
	arena_init(&arena, MIB(128));
	struct states_step step = {
		.arena = &arena,
		.machine = e->revision->compiled,
		.execution = &e->execution,
		.world = { .now_ms = clock_wall_ms(), .random = fill_random },
		.state = str_of(e->state, e->state_n),
		.no_history = e->revision->logging == LOG_OFF,
	};
	bool failed = states_step(&step, event, &err) < 0;
	if (failed)
		fail_step(&step, &err);
	if (step.changed || failed)
		carry_out(e, &step);
	buf_release(&step.events);
	arena_release(&arena);
}

/* Whoever finds the execution idle works off its queue. */
static void work(struct express *e)
{
	pthread_mutex_lock(&e->lock);
	bool mine = !e->busy;
	e->busy = true;
	while (mine && e->first) {
		struct waiting *w = e->first;
		e->first = w->next;
		if (!e->first)
			e->last = &e->first;
		pthread_mutex_unlock(&e->lock);
		take_step(e, &w->event);
		waiting_free(w);
		pthread_mutex_lock(&e->lock);
	}
	if (mine)
		e->busy = false;
	pthread_mutex_unlock(&e->lock);
}

void express_post(struct express *e, const struct states_event *event)
{
	struct waiting *w = calloc(1, sizeof(*w));
	if (!w)
		return;
	arena_init(&w->arena, MIB(16));
	w->event = *event;
	w->event.output = arena_str(&w->arena, event->output);
	w->event.error = arena_str(&w->arena, event->error);
	w->event.cause = arena_str(&w->arena, event->cause);
	express_ref(e);
	pthread_mutex_lock(&e->lock);
	*e->last = w;
	e->last = &w->next;
	pthread_mutex_unlock(&e->lock);
	work(e);
	express_unref(e);
}

/* ---- start ---- */

static struct express *express_new(struct call *call, struct revision *r, const struct start_input *in)
{
	struct express *e = calloc(1, sizeof(*e));
	char id[37];
	if (!e)
		return NULL;
	random_uuid(id);
	e->service = call->state;
	atomic_store(&e->references, 1);
	pthread_mutex_init(&e->lock, NULL);
	arena_init(&e->arena, MIB(4));
	e->last = &e->first;
	e->revision = r;
	struct execution *x = &e->execution;
	x->name = arena_str(&e->arena, in->name);
	x->input = arena_str(&e->arena, in->input);
	x->machine_name = r->machine;
	x->machine_arn = r->machine_arn;
	x->role_arn = r->role_arn;
	x->region = host_region(call->host);
	x->start_ms = clock_wall_ms();
	x->arn = arn_format(&e->arena, "states", x->region, host_account(call->host), "express:" STR_FMT ":" STR_FMT ":%s",
			    STR_ARG(x->machine_name), STR_ARG(x->name), id);
	return e;
}

int express_start(struct call *call, struct revision *r, const struct start_input *in, bool sync)
{
	struct express *e = express_new(call, r, in);
	if (!e) {
		revision_unref(r);
		return call_fault(call, NULL);
	}
	report_metrics(e->service, r->machine_arn, STATES_RUNNING, true);
	e->call = sync ? call : NULL;
	list_add(e);
	if (!sync) {
		write_str(&call->out, "executionArn", e->execution.arn);
		write_time(&call->out, "startDate", e->execution.start_ms);
	}
	express_post(e, &(struct states_event){ .kind = STATES_START });
	express_unref(e);
	return sync ? CALL_PENDING : 0;
}
