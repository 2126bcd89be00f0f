/* SPDX-License-Identifier: Apache-2.0
 *
 * Parallel and Map: starting branches and items, and what their ends mean for the state.
 */
#include "base/limits.h"
#include "states/run.h"

static bool is_below(const struct frame *f, const struct frame *ancestor)
{
	for (f = f->parent; f; f = f->parent)
		if (f == ancestor)
			return true;
	return false;
}

static struct frame *start_child(struct run *r, struct frame *f, const struct block *block, int64_t index)
{
	struct frame *child = run_new_frame(r, f, index, block->start);
	if (!child)
		return NULL;
	child->last_event = f->last_event;
	child->phase = FRAME_READY;
	child->input = f->input;
	f->running++;
	return child;
}

static void make_results(struct run *r, struct frame *f, size_t count)
{
	f->results = json_new_array(r->arena);
	for (size_t i = 0; i < count; i++)
		(void)json_add(r->arena, f->results, &json_null);
	f->started = f->running = f->failures = 0;
	f->phase = FRAME_CHILDREN;
}

static void children_done(struct run *r, struct frame *f)
{
	if (f->state->map.distributed)
		f->last_event = event_plain(r, f, "MapRunSucceeded", f->last_event);
	(void)event_plain(r, f, "*Succeeded", f->last_event);
	run_complete(r, f, f->results);
}

/* ---- Parallel ---- */

static void start_branches(struct run *r, struct frame *f)
{
	struct fault fault = { 0 };
	const struct json *input = data_input(r, f, &fault);
	if (input)
		input = data_parameters(r, f, input, &fault);
	if (!input) {
		run_fault(r, f, &fault);
		return;
	}
	f->last_event = event_plain(r, f, "*Started", f->last_event);
	make_results(r, f, f->state->branch_count);
	for (size_t i = 0; i < f->state->branch_count; i++) {
		struct frame *child = start_child(r, f, &f->state->branches[i], (int64_t)i);
		if (child)
			child->input = doc_of(input);
		f->started++;
	}
}

/* ---- Map ---- */

static void fault_items_path(struct run *r, struct fault *fault, const struct path *path)
{
	fault_set(fault, r->arena, "States.Runtime", "Reference path \"" STR_FMT "\" must point to array.",
		  STR_ARG(path ? path_text(path) : STR("$")));
}

static const struct json *items_by_path(struct run *r, struct frame *f, struct fault *fault)
{
	const struct json *items = data_input(r, f, fault);
	const struct path *path = f->state->map.items_path;
	if (items && path) {
		struct scope scope = frame_scope(r, f, f, items);
		struct str why = STR_NULL;
		items = path_read(path, &scope, &why);
		if (!items)
			fault_set(fault, r->arena, "States.Runtime", "Invalid path '" STR_FMT "' : " STR_FMT,
				  STR_ARG(path_text(path)), STR_ARG(why));
	}
	if (items && !json_is(items, JSON_ARRAY)) {
		fault_items_path(r, fault, path);
		return NULL;
	}
	return items;
}

static const struct json *items_by_jsonata(struct run *r, struct frame *f, struct fault *fault)
{
	const struct setting *s = &f->state->map.items;
	struct scope scope = frame_scope(r, f, f, f->input.value);
	const struct json *items = setting_is_set(s) ? setting_read(s, &scope, fault) : f->input.value;
	if (!items || json_is(items, JSON_ARRAY))
		return items;
	struct str value = json_to_str(r->arena, items);
	if (setting_is_set(s)) {
		fault_set(fault, r->arena, "States.QueryEvaluationError",
			  "The JSONata expression '" STR_FMT "' specified for the "
			  "field 'Items' returned an unexpected result type. Expected 'array', but was '%s' for value: " STR_FMT,
			  STR_ARG(template_expression(s->expression)), json_type_name(items->type), STR_ARG(value));
		fault->location = STR("Items");
	} else {
		fault_set(fault, r->arena, "States.QueryEvaluationError", "Map state input must be an array but was: " STR_FMT,
			  STR_ARG(value));
	}
	return NULL;
}

static bool read_number(struct run *r, struct frame *f, const struct setting *s, bool whole, double *out, struct fault *fault)
{
	if (!setting_is_set(s))
		return true;
	struct scope scope = frame_scope(r, f, f, f->input.value);
	const struct json *value = setting_read(s, &scope, fault);
	int64_t integer;
	if (!value)
		return false;
	if (json_is(value, JSON_NUMBER) && json_to_double(value, out) == 0 && (!whole || json_to_i64(value, &integer) == 0))
		return true;
	struct str text = json_to_str(r->arena, value);
	fault_set(fault, r->arena, s->path ? "States.Runtime" : "States.QueryEvaluationError",
		  "The " STR_FMT " field refers to value \"" STR_FMT "\" which is not a valid %s: " STR_FMT, STR_ARG(s->field),
		  STR_ARG(json_is(value, JSON_STRING) ? value->text : text), whole ? "integer" : "float",
		  STR_ARG(s->path ? path_text(s->path) : s->field));
	return false;
}

static bool read_concurrency(struct run *r, struct frame *f, struct fault *fault)
{
	double n = 0;
	if (!read_number(r, f, &f->state->map.max_concurrency, true, &n, fault))
		return false;
	if (n < 0) {
		fault_set(fault, r->arena, "States.Runtime", "MaxConcurrency must be a non-negative integer.");
		return false;
	}
	f->at_once = n >= 1 && n < ITEMS_AT_ONCE ? (int64_t)n : ITEMS_AT_ONCE;
	return true;
}

static bool read_tolerance(struct run *r, struct frame *f, struct fault *fault)
{
	double count = 0, percentage = 0;
	if (!read_number(r, f, &f->state->map.tolerated_count, true, &count, fault) ||
	    !read_number(r, f, &f->state->map.tolerated_percentage, false, &percentage, fault))
		return false;
	if (count < 0)
		fault_set(fault, r->arena, "States.Runtime", "ToleratedFailureCount cannot be negative.");
	else if (percentage < 0 || percentage > 100)
		fault_set(fault, r->arena, "States.Runtime", "ToleratedFailurePercentage must be between 0 and 100.");
	f->tolerated_count = (int64_t)count;
	f->tolerated_percentage = percentage;
	return !fault_is_set(fault);
}

static bool select_item(struct run *r, struct frame *f, struct frame *child, struct fault *fault)
{
	const struct template *selector = f->state->map.item_selector;
	child->input = doc_of(f->items->items[child->index]);
	if (!selector)
		return true;
	const struct json *input = f->state->language == LANGUAGE_JSONATA ? f->input.value : data_input(r, f, fault);
	struct scope scope = frame_scope(r, f, child, input);
	child->input = doc_of(input ? template_fill(selector, &scope, fault) : NULL);
	return child->input.value != NULL;
}

static void drop_children(struct run *r, struct frame *f);

static void start_items(struct run *r, struct frame *f)
{
	while (f->running < f->at_once && f->started < (int64_t)f->items->count) {
		struct fault fault = { 0 };
		struct frame *child = start_child(r, f, &f->state->map.processor, f->started++);
		if (!child)
			return;
		int64_t id = event_map(r, f, "MapIterationStarted", child->index, f->last_event);
		child->last_event = id;
		if (!select_item(r, f, child, &fault)) {
			child->phase = FRAME_GONE;
			drop_children(r, f);
			run_fault(r, f, &fault);
			return;
		}
	}
}

static void start_map(struct run *r, struct frame *f)
{
	struct fault fault = { 0 };
	f->items = f->state->language == LANGUAGE_JSONATA ? items_by_jsonata(r, f, &fault) : items_by_path(r, f, &fault);
	if (!f->items || !read_concurrency(r, f, &fault)) {
		run_fault(r, f, &fault);
		return;
	}
	f->last_event = event_map_started(r, f, (int64_t)f->items->count);
	if (!read_tolerance(r, f, &fault)) {
		run_fault(r, f, &fault);
		return;
	}
	if (f->state->map.distributed)
		f->last_event = event_map_run(r, f);
	make_results(r, f, f->items->count);
	if (f->items->count == 0)
		children_done(r, f);
	else
		start_items(r, f);
}

void children_start(struct run *r, struct frame *f)
{
	if (f->state->type == STATE_PARALLEL)
		start_branches(r, f);
	else
		start_map(r, f);
}

/* ---- their ends ---- */

static bool all_done(const struct frame *f)
{
	return f->running == 0 && f->started == (int64_t)f->results->count;
}

void child_succeeded(struct run *r, struct frame *child, const struct json *output)
{
	struct frame *f = child->parent;
	bool map = f->state->type == STATE_MAP;
	f->results->items[child->index] = output;
	f->running--;
	if (!f->state->map.distributed)
		f->last_event = child->last_event;
	int64_t id = map ? event_map(r, f, "MapIterationSucceeded", child->index, child->last_event) : 0;
	if (all_done(f)) {
		f->last_event = id ? id : f->last_event;
		children_done(r, f);
	} else if (map) {
		start_items(r, f);
	}
}

static void abort_frame(struct run *r, struct frame *f)
{
	if (f->phase == FRAME_TASK)
		task_cancel(r, f);
	if (f->phase != FRAME_GONE && (f->state->type & (STATE_TASK | STATE_WAIT | STATE_PARALLEL | STATE_MAP)) &&
	    f->entered_event)
		(void)event_plain(r, f, "*Aborted", f->last_event);
	if (f->phase != FRAME_GONE && f->parent->state->type == STATE_MAP)
		(void)event_map(r, f->parent, "MapIterationAborted", f->index, f->last_event);
	f->phase = FRAME_GONE;
}

static void drop_children(struct run *r, struct frame *f)
{
	for (struct frame *child = r->frames; child; child = child->next)
		if (is_below(child, f))
			abort_frame(r, child);
	f->running = 0;
}

/* True when a distributed map goes on in spite of this failure. */
static bool tolerated(struct run *r, struct frame *f, struct frame *child, struct str error, struct str cause)
{
	if (!f->state->map.distributed)
		return false;
	double failed = (double)++f->failures * 100.0 / (double)f->results->count;
	if (f->failures > f->tolerated_count && failed > f->tolerated_percentage)
		return false;
	struct json *result = json_new_object(r->arena);
	(void)json_put(r->arena, result, STR("Error"), json_new_string(r->arena, error));
	(void)json_put(r->arena, result, STR("Cause"), json_new_string(r->arena, cause));
	f->results->items[child->index] = result;
	f->running--;
	if (all_done(f))
		children_done(r, f);
	else
		start_items(r, f);
	return true;
}

void child_failed(struct run *r, struct frame *child, struct str error, struct str cause)
{
	struct frame *f = child->parent;
	if (f->state->type == STATE_MAP && tolerated(r, f, child, error, cause))
		return;
	if (f->state->type == STATE_MAP)
		(void)event_map(r, f, "MapIterationFailed", child->index, child->last_event);
	drop_children(r, f);
	if (f->state->map.distributed) {
		run_fail(r, f, STR("States.ExceedToleratedFailureThreshold"),
			 STR("The specified tolerated failure threshold was exceeded"));
		return;
	}
	f->last_event = child->last_event;
	run_fail(r, f, error, cause);
}
