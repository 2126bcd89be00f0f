/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks: scheduling one as an effect, and what may come back.
 */
#include "base/encode.h"
#include "base/limits.h"
#include "states/run.h"

/* The token is opaque to its users: the execution, the task, and a secret that nobody can guess. */
struct str task_token(struct run *r, const struct frame *f)
{
	struct str text = arena_printf(r->arena, STR_FMT "|%lld|" STR_FMT, STR_ARG(r->step->execution->arn), (long long)f->task,
				       STR_ARG(f->secret));
	return base64_encode(r->arena, text.p, text.n);
}

static bool token_split(struct arena *a, struct str token, struct str parts[3])
{
	struct str text;
	if (base64_decode(a, token, &text) < 0)
		return false;
	for (size_t i = 0; i < 3; i++)
		parts[i] = str_split(&text, '|');
	return str_is_set(parts[2]) && !str_is_set(text);
}

struct str states_token_execution(struct arena *a, struct str token)
{
	struct str parts[3];
	return token_split(a, token, parts) ? parts[0] : STR_NULL;
}

int64_t states_token_task(struct arena *a, struct str state, struct str token)
{
	struct str parts[3];
	const struct json *v;
	int64_t task, n;
	if (!token_split(a, token, parts) || str_to_i64(parts[1], &task) < 0 || json_parse(a, state, &v, NULL) < 0)
		return 0;
	const struct json *frames = json_get_c(v, "frames");
	for (size_t i = 0; frames && i < frames->count; i++) {
		const struct json *t = json_get_c(json_at(frames, i), "task");
		if (t && json_to_i64(json_get_c(t, "n"), &n) == 0 && n == task &&
		    str_eq_constant_time(json_get_text(t, STR("key")), parts[2]))
			return task;
	}
	return 0;
}

static bool read_seconds(struct run *r, struct frame *f, const struct setting *s, int64_t *out, struct fault *fault)
{
	*out = 0;
	if (!setting_is_set(s))
		return true;
	struct scope scope = frame_scope(r, f, f, f->input.value);
	const struct json *value = setting_read(s, &scope, fault);
	if (!value)
		return false;
	if (json_to_i64(value, out) == 0 && *out > 0 && *out <= 99999999)
		return true;
	struct str text = json_to_str(r->arena, value);
	fault_set(fault, r->arena, "States.Runtime",
		  "The " STR_FMT " parameter must be a positive integer: " STR_FMT " == " STR_FMT, STR_ARG(s->field),
		  STR_ARG(s->path ? path_text(s->path) : s->field), STR_ARG(text));
	return false;
}

static void add_effect(struct run *r, struct frame *f)
{
	struct states_step *s = r->step;
	if (s->task_count == r->task_capacity) {
		size_t capacity = r->task_capacity ? r->task_capacity * 2 : 4;
		struct states_task *tasks = arena_alloc_array(r->arena, capacity, sizeof(*tasks));
		if (!tasks)
			return;
		if (s->task_count)
			memcpy(tasks, s->tasks, s->task_count * sizeof(*tasks));
		s->tasks = tasks;
		r->task_capacity = capacity;
	}
	s->tasks[s->task_count++] = (struct states_task){
		.task = f->task,
		.resource = &f->state->resource,
		.parameters = f->parameters,
		.state_name = f->state->name,
		.token = f->state->resource.pattern == PATTERN_TOKEN ? task_token(r, f) : STR_NULL,
		.submitted = f->submitted,
		.submission = f->submission,
	};
}

static bool too_long(struct run *r, struct frame *f, const struct json *value, struct fault *fault)
{
	if (json_to_str(r->arena, value).n <= LIMIT_STATES_PAYLOAD)
		return false;
	fault_set(fault, r->arena, "States.DataLimitExceeded",
		  "The state/task '" STR_FMT "' was called with an input whose size "
		  "exceeds the maximum number of bytes service limit.",
		  STR_ARG(f->state->name));
	fault->bare = true;
	return true;
}

static bool prepare(struct run *r, struct frame *f, int64_t *timeout_s, int64_t *heartbeat_s, struct fault *fault)
{
	uint8_t secret[TOKEN_SECRET];
	f->task = ++r->next_task;
	f->secret = STR_NULL;
	if (f->state->resource.pattern == PATTERN_TOKEN) {
		r->step->world.random(r->step->world.random_argument, secret, sizeof(secret));
		f->secret = hex_str(r->arena, secret, sizeof(secret));
	}
	const struct json *input = data_input(r, f, fault);
	f->parameters = input ? data_parameters(r, f, input, fault) : NULL;
	return f->parameters && !too_long(r, f, f->parameters, fault) &&
	       read_seconds(r, f, &f->state->timeout, timeout_s, fault) &&
	       read_seconds(r, f, &f->state->heartbeat, heartbeat_s, fault);
}

void task_start(struct run *r, struct frame *f)
{
	struct fault fault = { 0 };
	int64_t timeout_s = 0, heartbeat_s = 0;
	if (!prepare(r, f, &timeout_s, &heartbeat_s, &fault)) {
		run_fault(r, f, &fault);
		return;
	}
	f->last_event = event_task_scheduled(r, f, timeout_s, heartbeat_s);
	f->last_event = event_task(r, f, "Started", "output", STR_NULL);
	f->phase = FRAME_TASK;
	f->submitted = false;
	f->submission = NULL;
	f->timeout_ms = timeout_s ? r->now_ms + timeout_s * 1000 : 0;
	f->heartbeat_ms = heartbeat_s * 1000;
	f->heartbeat_due_ms = heartbeat_s ? r->now_ms + f->heartbeat_ms : 0;
	add_effect(r, f);
}

void task_resume(struct run *r, struct frame *f)
{
	add_effect(r, f);
}

void task_cancel(struct run *r, struct frame *f)
{
	struct states_step *s = r->step;
	if (s->cancelled_count == r->cancelled_capacity) {
		size_t capacity = r->cancelled_capacity ? r->cancelled_capacity * 2 : 4;
		struct states_cancelled *cancelled = arena_alloc_array(r->arena, capacity, sizeof(*cancelled));
		if (!cancelled)
			return;
		if (s->cancelled_count)
			memcpy(cancelled, s->cancelled, s->cancelled_count * sizeof(*cancelled));
		s->cancelled = cancelled;
		r->cancelled_capacity = capacity;
	}
	s->cancelled[s->cancelled_count++] = (struct states_cancelled){ f->task, &f->state->resource, f->submission };
}

void task_submitted(struct run *r, struct frame *f, struct str output)
{
	const struct json *value = NULL;
	if (json_parse(r->arena, output, &value, NULL) < 0)
		value = &json_null;
	f->submitted = true;
	f->submission = value;
	f->last_event = event_task(r, f, "Submitted", "output", output);
	add_effect(r, f);
}

void task_succeeded(struct run *r, struct frame *f, struct str output)
{
	struct fault fault = { 0 };
	const struct json *value = NULL;
	if (output.n > LIMIT_STATES_PAYLOAD) {
		fault_set(&fault, r->arena, "States.DataLimitExceeded",
			  "The state/task '" STR_FMT "' returned a result with a "
			  "size exceeding the maximum number of bytes service limit.",
			  STR_ARG(f->state->resource.arn));
		fault.bare = true;
	} else if (json_parse(r->arena, output, &value, NULL) < 0) {
		fault_set(&fault, r->arena, "States.Runtime", "The result of the task is not valid JSON.");
	}
	f->phase = FRAME_READY;
	if (!value) {
		f->last_event = event_task_failed(r, f, "Failed", str_c(fault.error), fault.cause);
		run_fault(r, f, &fault);
		return;
	}
	f->last_event = event_task(r, f, "Succeeded", "output", output);
	run_complete(r, f, value);
}

void task_failed(struct run *r, struct frame *f, const struct states_event *event)
{
	f->phase = FRAME_READY;
	f->last_event = event_task_failed(r, f, event->start_failed ? "SubmitFailed" : "Failed", event->error, event->cause);
	run_fail(r, f, event->error, event->cause);
}

void task_timed_out(struct run *r, struct frame *f, bool heartbeat)
{
	struct str error = heartbeat ? STR("States.HeartbeatTimeout") : STR("States.Timeout");
	task_cancel(r, f);
	f->phase = FRAME_READY;
	f->last_event = event_task_failed(r, f, "TimedOut", error, STR_NULL);
	run_fail(r, f, error, STR_NULL);
}

void task_heartbeat(struct run *r, struct frame *f)
{
	if (f->heartbeat_ms)
		f->heartbeat_due_ms = r->now_ms + f->heartbeat_ms;
}
