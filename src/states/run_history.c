/* SPDX-License-Identifier: Apache-2.0
 *
 * History events in the shape GetExecutionHistory returns them. Each function writes one and returns its id. Events of the
 * items of a distributed map are not part of the execution's history: they get no id, and 0 stands for them.
 */
#include "base/limits.h"
#include "format/writer.h"
#include "states/run.h"

struct doc doc_of(const struct json *value)
{
	return (struct doc){ .value = value };
}

struct str doc_text(struct run *r, struct doc *d)
{
	if (!str_is_set(d->text))
		d->text = json_to_str(r->arena, d->value);
	return d->text;
}

static bool is_silent(const struct frame *f)
{
	for (const struct frame *up = f ? f->parent : NULL; up; up = up->parent)
		if (up->state->type == STATE_MAP && up->state->map.distributed)
			return true;
	return false;
}

/* Opens the event; false: nothing is written (the id still counts unless it is silent). */
static bool begin(struct run *r, struct frame *f, struct writer *w, const char *type, int64_t previous, int64_t *id)
{
	*id = 0;
	if (is_silent(f))
		return false;
	*id = ++r->events;
	if (r->step->no_history)
		return false;
	if (r->step->events.n > 0)
		buf_add_char(&r->step->events, ',');
	writer_init(w, &r->step->events, WRITER_JSON);
	write_object(w, NULL);
	write_time(w, "timestamp", r->now_ms);
	write_c(w, "type", type);
	write_i64(w, "id", *id);
	write_i64(w, "previousEventId", previous);
	return true;
}

static void write_details(struct writer *w, const char *name)
{
	write_object(w, name);
	write_bool(w, "truncated", false);
	write_end(w);
}

static const char *type_name(const struct frame *f)
{
	switch (f->state->type) {
	case STATE_PASS:
		return "PassState";
	case STATE_TASK:
		return "TaskState";
	case STATE_CHOICE:
		return "ChoiceState";
	case STATE_WAIT:
		return "WaitState";
	case STATE_SUCCEED:
		return "SucceedState";
	case STATE_FAIL:
		return "FailState";
	case STATE_PARALLEL:
		return "ParallelState";
	default:
		return "MapState";
	}
}

/* "PassState" + "Entered"; types given whole are passed on. */
static const char *full_type(struct run *r, const struct frame *f, const char *what)
{
	return what[0] != '*' ? what : arena_printf(r->arena, "%s%s", type_name(f), what + 1).p;
}

int64_t event_plain(struct run *r, struct frame *f, const char *type, int64_t previous)
{
	struct writer w;
	int64_t id;
	if (begin(r, f, &w, full_type(r, f, type), previous, &id))
		write_end(&w);
	return id;
}

int64_t event_started(struct run *r)
{
	struct writer w;
	int64_t id;
	if (!begin(r, NULL, &w, "ExecutionStarted", 0, &id))
		return id;
	write_object(&w, "executionStartedEventDetails");
	write_str(&w, "input", r->step->execution->input);
	write_details(&w, "inputDetails");
	write_str(&w, "roleArn", r->step->execution->role_arn);
	write_end(&w);
	write_end(&w);
	return id;
}

int64_t event_entered(struct run *r, struct frame *f)
{
	struct writer w;
	int64_t id;
	if (!begin(r, f, &w, full_type(r, f, "*Entered"), f->last_event, &id))
		return id;
	write_object(&w, "stateEnteredEventDetails");
	write_str(&w, "name", f->state->name);
	write_str(&w, "input", doc_text(r, &f->input));
	write_details(&w, "inputDetails");
	write_end(&w);
	write_end(&w);
	return id;
}

static void write_assigned(struct run *r, struct writer *w, const struct json *assigned)
{
	if (!assigned || assigned->count == 0)
		return;
	write_object(w, "assignedVariables");
	for (size_t i = 0; i < assigned->count; i++)
		write_str(w, arena_c(r->arena, assigned->members[i].name), json_to_str(r->arena, assigned->members[i].value));
	write_end(w);
	write_details(w, "assignedVariablesDetails");
}

int64_t event_exited(struct run *r, struct frame *f, struct doc *output, const struct json *assigned)
{
	struct writer w;
	int64_t id;
	if (!begin(r, f, &w, full_type(r, f, "*Exited"), f->last_event, &id))
		return id;
	write_object(&w, "stateExitedEventDetails");
	write_str(&w, "name", f->state->name);
	write_str(&w, "output", doc_text(r, output));
	write_details(&w, "outputDetails");
	write_assigned(r, &w, assigned);
	write_end(&w);
	write_end(&w);
	return id;
}

int64_t event_succeeded(struct run *r, struct frame *f, struct doc *output)
{
	struct writer w;
	int64_t id;
	if (!begin(r, NULL, &w, "ExecutionSucceeded", f->last_event, &id))
		return id;
	write_object(&w, "executionSucceededEventDetails");
	write_str(&w, "output", doc_text(r, output));
	write_details(&w, "outputDetails");
	write_end(&w);
	write_end(&w);
	return id;
}

int64_t event_error(struct run *r, struct frame *f, const char *type, const char *details, struct str error, struct str cause)
{
	struct writer w;
	int64_t id;
	if (!begin(r, f, &w, full_type(r, f, type), f->last_event, &id))
		return id;
	write_object(&w, details);
	write_str(&w, "error", error);
	write_str(&w, "cause", cause);
	write_end(&w);
	write_end(&w);
	return id;
}

int64_t event_evaluation_failed(struct run *r, struct frame *f, const struct fault *fault, struct str cause)
{
	struct writer w;
	int64_t id;
	if (!begin(r, f, &w, "EvaluationFailed", f->before_event, &id))
		return id;
	write_object(&w, "evaluationFailedEventDetails");
	write_c(&w, "error", fault->error);
	write_str(&w, "cause", cause);
	write_str(&w, "location", fault->location);
	write_str(&w, "state", f->state->name);
	write_end(&w);
	write_end(&w);
	return id;
}

/* "mapIterationStartedEventDetails" from "MapIterationStarted". */
int64_t event_map(struct run *r, struct frame *f, const char *type, int64_t index, int64_t previous)
{
	struct writer w;
	int64_t id;
	if (f->state->map.distributed || !begin(r, f, &w, type, previous, &id))
		return f->state->map.distributed ? 0 : id;
	write_object(&w, arena_printf(r->arena, "m%sEventDetails", type + 1).p);
	write_str(&w, "name", f->state->name);
	write_i64(&w, "index", index);
	write_end(&w);
	write_end(&w);
	return id;
}

int64_t event_map_started(struct run *r, struct frame *f, int64_t length)
{
	struct writer w;
	int64_t id;
	if (!begin(r, f, &w, "MapStateStarted", f->last_event, &id))
		return id;
	write_object(&w, "mapStateStartedEventDetails");
	write_i64(&w, "length", length);
	write_end(&w);
	write_end(&w);
	return id;
}

int64_t event_map_run(struct run *r, struct frame *f)
{
	struct writer w;
	int64_t id;
	if (!begin(r, f, &w, "MapRunStarted", f->last_event, &id))
		return id;
	const struct execution *x = r->step->execution;
	struct str account = str_from(x->machine_arn, strlen("arn:aws:states:") + x->region.n + 1);
	account = str_split(&account, ':');
	struct str label = str_is_set(f->state->map.label) ? f->state->map.label : f->state->name;
	write_object(&w, "mapRunStartedEventDetails");
	write_strf(&w, "mapRunArn", "arn:aws:states:" STR_FMT ":" STR_FMT ":mapRun:" STR_FMT "/" STR_FMT ":" STR_FMT "-%lld",
		   STR_ARG(x->region), STR_ARG(account), STR_ARG(x->machine_name), STR_ARG(label), STR_ARG(x->name),
		   (long long)id);
	write_end(&w);
	write_end(&w);
	return id;
}

/* ---- tasks: an integration's events and a function's differ in names only ---- */

static const char *task_type(struct run *r, const struct frame *f, const char *what)
{
	bool function = f->state->resource.kind == RESOURCE_FUNCTION;
	return arena_printf(r->arena, "%s%s", function ? "LambdaFunction" : "Task", what).p;
}

static void open_task_details(struct run *r, struct frame *f, struct writer *w, const char *what)
{
	bool function = f->state->resource.kind == RESOURCE_FUNCTION;
	write_object(w, arena_printf(r->arena, "%s%sEventDetails", function ? "lambdaFunction" : "task", what).p);
	if (function)
		return;
	write_str(w, "resourceType", f->state->resource.type);
	write_str(w, "resource", f->state->resource.call);
}

int64_t event_task(struct run *r, struct frame *f, const char *what, const char *data_name, struct str data)
{
	struct writer w;
	int64_t id;
	bool function = f->state->resource.kind == RESOURCE_FUNCTION;
	if (!begin(r, f, &w, task_type(r, f, what), f->last_event, &id))
		return id;
	if (!function || str_is_set(data)) {
		open_task_details(r, f, &w, what);
		write_str(&w, data_name, data);
		if (str_is_set(data))
			write_details(&w, arena_printf(r->arena, "%sDetails", data_name).p);
		write_end(&w);
	}
	write_end(&w);
	return id;
}

int64_t event_task_failed(struct run *r, struct frame *f, const char *what, struct str error, struct str cause)
{
	struct writer w;
	int64_t id;
	if (!begin(r, f, &w, task_type(r, f, what), f->last_event, &id))
		return id;
	open_task_details(r, f, &w, what);
	write_str(&w, "error", error);
	write_str(&w, "cause", cause);
	write_end(&w);
	write_end(&w);
	return id;
}

int64_t event_task_scheduled(struct run *r, struct frame *f, int64_t timeout_s, int64_t heartbeat_s)
{
	struct writer w;
	int64_t id;
	bool function = f->state->resource.kind == RESOURCE_FUNCTION;
	if (!begin(r, f, &w, task_type(r, f, "Scheduled"), f->last_event, &id))
		return id;
	open_task_details(r, f, &w, "Scheduled");
	if (function) {
		write_str(&w, "resource", f->state->resource.arn);
		write_str(&w, "input", json_to_str(r->arena, f->parameters));
		write_details(&w, "inputDetails");
	} else {
		write_str(&w, "region", r->step->execution->region);
		write_str(&w, "parameters", json_to_str(r->arena, f->parameters));
	}
	if (timeout_s > 0)
		write_i64(&w, "timeoutInSeconds", timeout_s);
	if (heartbeat_s > 0)
		write_i64(&w, "heartbeatInSeconds", heartbeat_s);
	write_end(&w);
	write_end(&w);
	return id;
}
