/* SPDX-License-Identifier: Apache-2.0
 *
 * One step: load, apply the event, go on as far as possible, save.
 */
#include "base/limits.h"
#include "states/run.h"

enum { EXPRESS_LIFE_S = 300 }; /* "maximum duration: five minutes" */

static int start(struct run *r, struct error *err)
{
	const struct json *input;
	if (json_parse(r->arena, r->step->execution->input, &input, err) < 0)
		return ERR_INVALID;
	r->input = input;
	(void)event_started(r);
	struct frame *root = run_new_frame(r, NULL, 0, r->machine->root.start);
	if (!root)
		return error_set(err, ERR_NO_MEMORY, "out of memory");
	root->input = (struct doc){ input, r->step->execution->input };
	int64_t timeout_s = r->machine->timeout_s;
	if (r->machine->express && (timeout_s == 0 || timeout_s > EXPRESS_LIFE_S))
		timeout_s = EXPRESS_LIFE_S;
	if (timeout_s)
		r->deadline_ms = r->now_ms + timeout_s * 1000;
	r->step->changed = true;
	return 0;
}

static struct frame *find_task(struct run *r, int64_t task)
{
	for (struct frame *f = r->frames; f; f = f->next)
		if (f->phase == FRAME_TASK && f->task == task)
			return f;
	return NULL;
}

static void on_task(struct run *r, const struct states_event *event)
{
	struct frame *f = find_task(r, event->task);
	if (!f)
		return;
	r->step->changed = true;
	switch (event->kind) {
	case STATES_TASK_SUBMITTED:
		task_submitted(r, f, event->output);
		break;
	case STATES_TASK_SUCCEEDED:
		task_succeeded(r, f, event->output);
		break;
	case STATES_TASK_FAILED:
		task_failed(r, f, event);
		break;
	default:
		task_heartbeat(r, f);
		break;
	}
}

static bool is_due(const struct run *r, int64_t when)
{
	return when != 0 && when <= r->now_ms;
}

static bool wake_frame(struct run *r, struct frame *f)
{
	switch (f->phase) {
	case FRAME_READY:
		return true;
	case FRAME_WAIT:
		if (!is_due(r, f->wake_ms))
			return false;
		wait_over(r, f);
		return true;
	case FRAME_RETRY:
		if (!is_due(r, f->wake_ms))
			return false;
		run_attempt(r, f);
		return true;
	case FRAME_TASK:
		if (!is_due(r, f->timeout_ms) && !is_due(r, f->heartbeat_due_ms))
			return false;
		task_timed_out(r, f, !is_due(r, f->timeout_ms));
		return true;
	default:
		return false;
	}
}

static void on_wake(struct run *r)
{
	for (struct frame *f = r->frames; f && !r->finished; f = f->next)
		if (wake_frame(r, f))
			r->step->changed = true;
}

static void on_abort(struct run *r, const struct states_event *event)
{
	(void)event_error(r, r->frames, "ExecutionAborted", "executionAbortedEventDetails", event->error, event->cause);
	run_finish(r, STATES_ABORTED, STR_NULL, event->error, event->cause);
	r->step->changed = true;
}

static void on_resume(struct run *r)
{
	for (struct frame *f = r->frames; f; f = f->next)
		if (f->phase == FRAME_TASK)
			task_resume(r, f);
	on_wake(r);
}

static void on_deadline(struct run *r)
{
	struct str error = STR("States.Timeout");
	(void)event_error(r, r->frames, "ExecutionTimedOut", "executionTimedOutEventDetails", error, STR_NULL);
	run_finish(r, STATES_TIMED_OUT, STR_NULL, error, STR_NULL);
	r->step->changed = true;
}

static int apply(struct run *r, const struct states_event *event, struct error *err)
{
	if (event->kind == STATES_START)
		return start(r, err);
	int result = run_load(r, err);
	if (result < 0)
		return result;
	r->step->first_event = r->events + 1;
	if (event->kind != STATES_ABORT && is_due(r, r->deadline_ms)) {
		on_deadline(r);
		return 0;
	}
	switch (event->kind) {
	case STATES_ABORT:
		on_abort(r, event);
		break;
	case STATES_RESUME:
		on_resume(r);
		break;
	case STATES_WAKE:
		on_wake(r);
		break;
	default:
		on_task(r, event);
		break;
	}
	return 0;
}

static void earliest(int64_t *wake, int64_t when)
{
	if (when != 0 && (*wake == 0 || when < *wake))
		*wake = when;
}

static int64_t next_wake(const struct run *r)
{
	int64_t wake = r->deadline_ms;
	for (const struct frame *f = r->frames; f; f = f->next) {
		if (f->phase == FRAME_WAIT || f->phase == FRAME_RETRY) {
			earliest(&wake, f->wake_ms);
		} else if (f->phase == FRAME_TASK) {
			earliest(&wake, f->timeout_ms);
			earliest(&wake, f->heartbeat_due_ms);
		}
	}
	return wake;
}

int states_step(struct states_step *s, const struct states_event *event, struct error *err)
{
	struct run r = { .step = s, .arena = s->arena, .machine = s->machine, .now_ms = s->world.now_ms };
	r.tail = &r.frames;
	buf_init(&s->events, MIB(64));
	s->first_event = 1;
	int result = apply(&r, event, err);
	if (result < 0)
		return result;
	run_go(&r);
	s->last_event = r.events;
	s->wake_ms = r.finished ? 0 : next_wake(&r);
	if (!r.finished && s->changed)
		s->next_state = run_save(&r);
	if (arena_failed(s->arena) || buf_failed(&s->events))
		return error_set(err, ERR_NO_MEMORY, "an execution's step took too much memory");
	return 0;
}
