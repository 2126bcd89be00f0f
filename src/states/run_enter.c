/* SPDX-License-Identifier: Apache-2.0
 *
 * Going from state to state: entering, the states that need nothing from outside, leaving, and the end.
 */
#include "base/limits.h"
#include "format/date.h"
#include "states/choice.h"
#include "states/run.h"

static bool text_too_long(struct run *r, struct doc *d)
{
	return doc_text(r, d).n > LIMIT_STATES_PAYLOAD;
}

static void enter_pass(struct run *r, struct frame *f)
{
	struct fault fault = { 0 };
	const struct json *result = data_input(r, f, &fault);
	if (result)
		result = data_parameters(r, f, result, &fault);
	if (result && f->state->result)
		result = f->state->result;
	if (result)
		run_complete(r, f, f->state->language == LANGUAGE_JSONATA ? NULL : result);
	else
		run_fault(r, f, &fault);
}

static const struct choice *choose(struct run *r, struct frame *f, struct fault *fault)
{
	const struct json *input = data_input(r, f, fault);
	if (!input)
		return NULL;
	struct scope scope = frame_scope(r, f, f, input);
	for (size_t i = 0; i < f->state->choice_count && !fault_is_set(fault); i++)
		if (choice_test(f->state->choices[i].rule, &scope, fault) && !fault_is_set(fault))
			return &f->state->choices[i];
	return NULL;
}

static void enter_choice(struct run *r, struct frame *f)
{
	struct fault fault = { 0 };
	struct finish finish = { .choice = choose(r, f, &fault) };
	if (!fault_is_set(&fault) && !finish.choice && !f->state->next)
		fault_set(&fault, r->arena, "States.NoChoiceMatched",
			  "Failed to transition out of the state. The state does not point to a next state.");
	if (fault_is_set(&fault))
		run_fault(r, f, &fault);
	else
		run_finish_state(r, f, &finish, finish.choice ? finish.choice->next : f->state->next);
}

/* A field of JSON text without quotes around plain strings, as the service quotes values. */
static struct str plain_text(struct run *r, const struct json *v)
{
	return json_is(v, JSON_STRING) ? v->text : json_to_str(r->arena, v);
}

static bool wait_seconds(struct run *r, struct frame *f, struct scope *scope, struct fault *fault)
{
	const struct setting *s = &f->state->seconds;
	const struct json *value = setting_read(s, scope, fault);
	int64_t seconds;
	if (!value)
		return false;
	if (json_to_i64(value, &seconds) == 0 && seconds >= 0 && seconds <= 99999999) {
		f->wake_ms = r->now_ms + seconds * 1000;
		return true;
	}
	struct str text = plain_text(r, value);
	if (s->path)
		fault_set(fault, r->arena, "States.Runtime",
			  "The SecondsPath parameter cannot be parsed as a long value: " STR_FMT " == " STR_FMT,
			  STR_ARG(path_text(s->path)), STR_ARG(text));
	else
		fault_set(fault, r->arena, "States.QueryEvaluationError",
			  "The JSONata expression specified for the field 'Seconds' returned an unexpected value: " STR_FMT,
			  STR_ARG(text));
	fault->location = s->path ? STR_NULL : STR("Seconds");
	return false;
}

static bool wait_timestamp(struct run *r, struct frame *f, struct scope *scope, struct fault *fault)
{
	const struct setting *s = &f->state->timestamp;
	const struct json *value = setting_read(s, scope, fault);
	if (!value)
		return false;
	if (json_is(value, JSON_STRING) && date_parse_iso(value->text, &f->wake_ms) == 0)
		return true;
	struct str text = plain_text(r, value);
	if (s->path)
		fault_set(fault, r->arena, "States.Runtime",
			  "The TimestampPath parameter does not reference a valid ISO-8601 "
			  "extended offset date-time format string: " STR_FMT " == " STR_FMT,
			  STR_ARG(path_text(s->path)), STR_ARG(text));
	else
		fault_set(fault, r->arena, "States.QueryEvaluationError",
			  "The JSONata expression specified for the field "
			  "'Timestamp' did not return a valid ISO-8601 extended offset date-time format string: " STR_FMT,
			  STR_ARG(text));
	fault->location = s->path ? STR_NULL : STR("Timestamp");
	return false;
}

static void enter_wait(struct run *r, struct frame *f)
{
	struct fault fault = { 0 };
	const struct json *input = data_input(r, f, &fault);
	struct scope scope = frame_scope(r, f, f, input);
	f->wake_ms = 0;
	bool set = input && (setting_is_set(&f->state->seconds) ? wait_seconds(r, f, &scope, &fault)
								: wait_timestamp(r, f, &scope, &fault));
	if (!set)
		run_fault(r, f, &fault);
	else if (f->wake_ms <= r->now_ms)
		wait_over(r, f);
	else
		f->phase = FRAME_WAIT;
}

void wait_over(struct run *r, struct frame *f)
{
	f->wake_ms = 0;
	run_complete(r, f, NULL);
}

static bool fail_text(struct run *r, const struct setting *s, struct scope *scope, struct str *out, struct fault *fault)
{
	if (!setting_is_set(s))
		return true;
	const struct json *value = setting_read(s, scope, fault);
	if (value && !json_is(value, JSON_STRING)) {
		struct str text = json_to_str(r->arena, value);
		fault_set(fault, r->arena, "States.Runtime", "The value of the field '" STR_FMT "' is not a string: " STR_FMT,
			  STR_ARG(s->field), STR_ARG(text));
		return false;
	}
	*out = json_text(value);
	return value != NULL;
}

static void enter_fail(struct run *r, struct frame *f)
{
	struct fault fault = { 0 };
	struct str error = STR_NULL, cause = STR_NULL;
	struct scope scope = frame_scope(r, f, f, f->input.value);
	if (fail_text(r, &f->state->error, &scope, &error, &fault) && fail_text(r, &f->state->cause, &scope, &cause, &fault))
		run_fail(r, f, error, cause);
	else
		run_fault(r, f, &fault);
}

void run_attempt(struct run *r, struct frame *f)
{
	f->wake_ms = 0;
	if (f->state->type == STATE_TASK)
		task_start(r, f);
	else
		children_start(r, f);
}

static bool history_is_full(struct run *r, struct frame *f)
{
	if (r->machine->express || r->events < LIMIT_STATES_HISTORY - 1)
		return false;
	struct str cause =
		arena_printf(r->arena, "The execution reached the maximum number of history events (%d).", LIMIT_STATES_HISTORY);
	while (f->parent)
		f = f->parent;
	(void)event_error(r, f, "ExecutionFailed", "executionFailedEventDetails", STR("States.Runtime"), cause);
	run_finish(r, STATES_FAILED, STR_NULL, STR("States.Runtime"), cause);
	return true;
}

void run_enter(struct run *r, struct frame *f)
{
	if (history_is_full(r, f))
		return;
	r->step->transitions++;
	f->entered_ms = r->now_ms;
	f->before_event = f->last_event;
	f->retries = 0;
	f->attempts = arena_alloc_array(r->arena, f->state->retrier_count + 1, sizeof(*f->attempts));
	f->entered_event = f->last_event = event_entered(r, f);
	switch (f->state->type) {
	case STATE_PASS:
		enter_pass(r, f);
		break;
	case STATE_CHOICE:
		enter_choice(r, f);
		break;
	case STATE_WAIT:
		enter_wait(r, f);
		break;
	case STATE_SUCCEED:
		run_complete(r, f, NULL);
		break;
	case STATE_FAIL:
		enter_fail(r, f);
		break;
	default:
		run_attempt(r, f);
		break;
	}
}

void run_complete(struct run *r, struct frame *f, const struct json *result)
{
	struct finish finish = { .result = result };
	run_finish_state(r, f, &finish, f->state->next);
}

void run_finish_state(struct run *r, struct frame *f, struct finish *finish, const struct state *next)
{
	struct fault fault = { 0 };
	if (!data_finish(r, f, finish, &fault)) {
		run_fault(r, f, &fault);
		return;
	}
	struct doc output = finish->output == f->input.value ? f->input : doc_of(finish->output);
	if (text_too_long(r, &output)) {
		fault_set(&fault, r->arena, "States.DataLimitExceeded",
			  "The state/task '" STR_FMT "' returned a result with a "
			  "size exceeding the maximum number of bytes service limit.",
			  STR_ARG(f->state->type == STATE_TASK ? f->state->resource.arn : f->state->name));
		fault.bare = true;
		run_fault(r, f, &fault);
		return;
	}
	run_exit(r, f, output, finish->assigned, next);
}

void run_exit(struct run *r, struct frame *f, struct doc output, const struct json *assigned, const struct state *next)
{
	f->last_event = event_exited(r, f, &output, assigned);
	data_set_variables(r, f, assigned);
	f->secret = STR_NULL;
	f->parameters = f->submission = NULL;
	f->submitted = false;
	if (next) {
		f->state = next;
		f->input = output;
		f->phase = FRAME_READY;
	} else if (f->parent) {
		f->phase = FRAME_GONE;
		child_succeeded(r, f, output.value);
	} else {
		(void)event_succeeded(r, f, &output);
		run_finish(r, STATES_SUCCEEDED, doc_text(r, &output), STR_NULL, STR_NULL);
	}
}

void run_finish(struct run *r, enum states_status status, struct str output, struct str error, struct str cause)
{
	for (struct frame *f = r->frames; f; f = f->next) {
		if (f->phase == FRAME_TASK)
			task_cancel(r, f);
		f->phase = FRAME_GONE;
	}
	r->finished = true;
	r->step->status = status;
	r->step->output = output;
	r->step->error = error;
	r->step->cause = cause;
}

/* A frame goes on as far as it can before the next one does. */
void run_go(struct run *r)
{
	struct frame *f = r->frames;
	while (f && !r->finished) {
		if (f->phase != FRAME_READY) {
			f = f->next;
			continue;
		}
		if (r->step->transitions >= STEP_TRANSITIONS_MAX) {
			r->step->yielded = true;
			return;
		}
		run_enter(r, f);
		f = r->frames;
	}
}
