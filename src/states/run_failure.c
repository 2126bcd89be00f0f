/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens to an error: a retrier that names it, then a catcher, then the parent, at last the execution.
 * Source: "Handling errors in Step Functions workflows", Developer Guide.
 */
#include "states/run.h"

static bool is_terminal_error(struct str error)
{
	return str_eq_c(error, "States.Runtime");
}

static bool names(struct str name, struct str error)
{
	if (str_eq(name, error))
		return true;
	if (str_eq_c(error, "States.DataLimitExceeded"))
		return false;
	bool timeout = str_eq_c(error, "States.Timeout") || str_eq_c(error, "States.HeartbeatTimeout");
	if (str_eq_c(name, "States.TaskFailed"))
		return !timeout;
	return str_eq_c(name, "States.ALL") || (timeout && str_eq_c(name, "States.Timeout"));
}

static bool any_names(const struct json *errors, struct str error)
{
	for (size_t i = 0; i < errors->count; i++)
		if (names(errors->items[i]->text, error))
			return true;
	return false;
}

static double random_fraction(struct run *r)
{
	uint32_t bits = 0;
	r->step->world.random(r->step->world.random_argument, &bits, sizeof(bits));
	return (double)bits / 4294967296.0;
}

static int64_t retry_delay_ms(struct run *r, const struct retrier *retrier, int64_t attempt)
{
	double seconds = retrier->interval_s;
	double most = retrier->max_delay_s > 0 ? retrier->max_delay_s : 31622400.0; /* a year, an execution's longest life */
	for (int64_t i = 0; i < attempt && seconds < most; i++)
		seconds *= retrier->backoff;
	if (seconds > most)
		seconds = most;
	if (retrier->full_jitter)
		seconds *= random_fraction(r);
	return (int64_t)(seconds * 1000.0);
}

/* Only the first retrier that names the error counts. */
static bool retry(struct run *r, struct frame *f, struct str error)
{
	for (size_t i = 0; i < f->state->retrier_count; i++) {
		const struct retrier *retrier = &f->state->retriers[i];
		if (!any_names(retrier->errors, error))
			continue;
		if (f->attempts[i] >= retrier->max_attempts)
			return false;
		f->wake_ms = r->now_ms + retry_delay_ms(r, retrier, f->attempts[i]);
		f->attempts[i]++;
		f->retries++;
		f->phase = FRAME_RETRY;
		return true;
	}
	return false;
}

static const struct json *error_output(struct run *r, struct str error, struct str cause)
{
	struct json *o = json_new_object(r->arena);
	if (str_is_set(error))
		(void)json_put(r->arena, o, STR("Error"), json_new_string(r->arena, error));
	if (str_is_set(cause))
		(void)json_put(r->arena, o, STR("Cause"), json_new_string(r->arena, cause));
	return o;
}

static bool catch (struct run *r, struct frame *f, struct str error, struct str cause)
{
	for (size_t i = 0; i < f->state->catcher_count; i++) {
		const struct catcher *catcher = &f->state->catchers[i];
		if (!any_names(catcher->errors, error))
			continue;
		struct finish finish = { .result = error_output(r, error, cause), .catcher = catcher };
		f->phase = FRAME_READY;
		run_finish_state(r, f, &finish, catcher->next);
		return true;
	}
	return false;
}

static void give_up(struct run *r, struct frame *f, struct str error, struct str cause)
{
	if (f->parent) {
		f->phase = FRAME_GONE;
		child_failed(r, f, error, cause);
		return;
	}
	(void)event_error(r, f, "ExecutionFailed", "executionFailedEventDetails", error, cause);
	run_finish(r, STATES_FAILED, STR_NULL, error, cause);
}

void run_fail(struct run *r, struct frame *f, struct str error, struct str cause)
{
	bool final = is_terminal_error(error);
	bool children = f->phase == FRAME_CHILDREN;
	if (f->catching)
		final = true;
	if (!final && retry(r, f, error))
		return;
	if (children && f->state->map.distributed)
		f->last_event = event_error(r, f, "MapRunFailed", "mapRunFailedEventDetails", error, cause);
	if (children)
		f->last_event = event_plain(r, f, "*Failed", f->last_event);
	f->catching = true;
	if (final || !catch (r, f, error, cause))
		give_up(r, f, error, cause);
	f->catching = false;
}

/* A state that has no Retry or Catch of its own reports every failed path as States.Runtime. */
void run_fault(struct run *r, struct frame *f, const struct fault *fault)
{
	struct str error = str_c(fault->error ? fault->error : "States.Runtime");
	struct str cause = cause_of(r, f, fault);
	bool working = (f->state->type & (STATE_TASK | STATE_PARALLEL | STATE_MAP)) != 0;
	if (!working && str_eq_c(error, "States.ParameterPathFailure"))
		error = STR("States.Runtime");
	if (str_eq_c(error, "States.QueryEvaluationError")) {
		f->last_event = event_evaluation_failed(r, f, fault, cause);
		if (f->state->type == STATE_MAP || f->state->type == STATE_PARALLEL)
			f->last_event = event_plain(r, f, "*Failed", f->last_event);
		if (f->phase == FRAME_CHILDREN)
			f->phase = FRAME_READY; /* its failure has been told */
	}
	run_fail(r, f, error, cause);
}
