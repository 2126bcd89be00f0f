/* SPDX-License-Identifier: Apache-2.0
 *
 * How data flows through a state: InputPath and Parameters on the way in, ResultSelector, ResultPath and OutputPath on the
 * way out; Arguments, Output and Assign in JSONata; and the context object.
 */
#include "format/date.h"
#include "states/run.h"

struct sight {
	struct run *run;
	const struct frame *frame, *item;
};

static void put_text(struct arena *a, struct json *o, const char *name, struct str text)
{
	(void)json_add_member(a, o, str_c(name), json_new_string(a, text));
}

static void put_time(struct arena *a, struct json *o, const char *name, int64_t ms)
{
	char text[DATE_TEXT_MAX];
	put_text(a, o, name, arena_str(a, date_iso_ms(text, ms)));
}

static const struct json *execution_input(struct run *r)
{
	if (!r->input && json_parse(r->arena, r->step->execution->input, &r->input, NULL) < 0)
		r->input = &json_null;
	return r->input;
}

static const struct json *execution_context(struct run *r)
{
	const struct execution *x = r->step->execution;
	struct json *o = json_new_object(r->arena);
	put_text(r->arena, o, "Id", x->arn);
	(void)json_add_member(r->arena, o, STR("Input"), execution_input(r));
	put_time(r->arena, o, "StartTime", x->start_ms);
	put_text(r->arena, o, "Name", x->name);
	put_text(r->arena, o, "RoleArn", x->role_arn);
	(void)json_add_member(r->arena, o, STR("RedriveCount"), json_new_i64(r->arena, 0));
	return o;
}

static const struct json *state_context(struct run *r, const struct frame *f)
{
	struct json *o = json_new_object(r->arena);
	put_text(r->arena, o, "Name", f->state->name);
	put_time(r->arena, o, "EnteredTime", f->entered_ms);
	if (f->state->type == STATE_TASK)
		(void)json_add_member(r->arena, o, STR("RetryCount"), json_new_i64(r->arena, f->retries));
	return o;
}

static const struct json *machine_context(struct run *r)
{
	struct json *o = json_new_object(r->arena);
	put_text(r->arena, o, "Id", r->step->execution->machine_arn);
	put_text(r->arena, o, "Name", r->step->execution->machine_name);
	return o;
}

/* The innermost map item that `f` is part of. */
static const struct json *map_context(struct run *r, const struct frame *f)
{
	while (f->parent && f->parent->state->type != STATE_MAP)
		f = f->parent;
	if (!f->parent)
		return NULL;
	struct json *map = json_new_object(r->arena), *item = json_new_object(r->arena);
	(void)json_add_member(r->arena, item, STR("Index"), json_new_i64(r->arena, f->index));
	(void)json_add_member(r->arena, item, STR("Value"), json_at(f->parent->items, (size_t)f->index));
	(void)json_add_member(r->arena, map, STR("Item"), item);
	return map;
}

static const struct json *make_context(void *argument, struct arena *a)
{
	const struct sight *sight = argument;
	struct run *r = sight->run;
	struct json *o = json_new_object(a);
	(void)json_add_member(a, o, STR("Execution"), execution_context(r));
	(void)json_add_member(a, o, STR("StateMachine"), machine_context(r));
	(void)json_add_member(a, o, STR("State"), state_context(r, sight->frame));
	const struct json *map = map_context(r, sight->item);
	if (map)
		(void)json_add_member(a, o, STR("Map"), map);
	if (str_is_set(sight->frame->secret)) {
		struct json *task = json_new_object(a);
		put_text(a, task, "Token", task_token(r, sight->frame));
		(void)json_add_member(a, o, STR("Task"), task);
	}
	return arena_failed(a) ? NULL : o;
}

/* Inner scopes see the variables of the outer ones. */
static const struct json *find_variable(void *argument, struct str name)
{
	const struct sight *sight = argument;
	for (const struct frame *f = sight->item; f; f = f->parent) {
		const struct json *value = json_get(f->variables, name);
		if (value)
			return value;
	}
	return NULL;
}

struct scope frame_scope(struct run *r, struct frame *f, const struct frame *item, const struct json *input)
{
	struct sight *sight = ARENA_NEW(r->arena, struct sight);
	struct scope s = { .arena = r->arena, .world = &r->step->world, .input = input };
	if (!sight)
		return s;
	*sight = (struct sight){ r, f, item };
	s.argument = sight;
	s.make_context = make_context;
	s.variable = find_variable;
	return s;
}

struct str cause_of(struct run *r, const struct frame *f, const struct fault *fault)
{
	if (fault->bare)
		return fault->cause;
	return arena_printf(r->arena,
			    "An error occurred while executing the state '" STR_FMT "' (entered at the event id #%lld). " STR_FMT,
			    STR_ARG(f->state->name), (long long)f->entered_event, STR_ARG(fault->cause));
}

static const struct json *apply_path(struct run *r, struct frame *f, const struct optional_path *path, const struct json *value,
				     struct fault *fault)
{
	if (path->is_null)
		return &json_empty_object;
	if (!path->path)
		return value;
	struct scope scope = frame_scope(r, f, f, value);
	struct str why = STR_NULL;
	const struct json *found = path_read(path->path, &scope, &why);
	if (!found)
		fault_set(fault, r->arena, "States.Runtime", "Invalid path '" STR_FMT "' : " STR_FMT,
			  STR_ARG(path_text(path->path)), STR_ARG(why));
	return found;
}

const struct json *data_input(struct run *r, struct frame *f, struct fault *fault)
{
	return apply_path(r, f, &f->state->input_path, f->input.value, fault);
}

const struct json *data_parameters(struct run *r, struct frame *f, const struct json *input, struct fault *fault)
{
	if (!f->state->parameters)
		return input;
	struct scope scope = frame_scope(r, f, f, input);
	return template_fill(f->state->parameters, &scope, fault);
}

static const struct json *apply_result(struct run *r, struct frame *f, const struct optional_path *path,
				       const struct json *result, struct fault *fault)
{
	if (path->is_null)
		return f->input.value;
	if (!path->path)
		return result;
	const struct json *out = path_write(path->path, r->arena, f->input.value, result);
	if (!out) {
		struct str input = doc_text(r, &f->input);
		fault_set(fault, r->arena, "States.ResultPathMatchFailure",
			  "Unable to apply ReferencePath " STR_FMT " to input " STR_FMT, STR_ARG(path_text(path->path)),
			  STR_ARG(input));
	}
	return out;
}

static bool assign(const struct template *t, struct scope *scope, struct finish *out, struct fault *fault)
{
	if (!t)
		return true;
	out->assigned = template_fill(t, scope, fault);
	return out->assigned != NULL;
}

static const struct template *pick_assign(const struct frame *f, const struct finish *out)
{
	if (out->catcher)
		return out->catcher->assign;
	return out->choice ? out->choice->assign : f->state->assign;
}

/* In JSONPath `$` is the state's result in ResultSelector, Assign and ResultPath, then the combined value in OutputPath. */
static bool finish_by_path(struct run *r, struct frame *f, struct finish *out, struct fault *fault)
{
	const struct json *result = out->result;
	bool own = result != NULL;
	if (!own)
		result = data_input(r, f, fault);
	if (result && own && f->state->result_selector && !out->catcher) {
		struct scope scope = frame_scope(r, f, f, result);
		result = template_fill(f->state->result_selector, &scope, fault);
	}
	if (!result)
		return false;
	struct scope scope = frame_scope(r, f, f, result);
	if (!assign(pick_assign(f, out), &scope, out, fault))
		return false;
	if (own)
		result = apply_result(r, f, out->catcher ? &out->catcher->result_path : &f->state->result_path, result, fault);
	if (result && !out->catcher)
		result = apply_path(r, f, &f->state->output_path, result, fault);
	out->output = result;
	return result != NULL;
}

static bool finish_by_jsonata(struct run *r, struct frame *f, struct finish *out, struct fault *fault)
{
	struct scope scope = frame_scope(r, f, f, f->input.value);
	const struct template *output = f->state->output;
	if (out->catcher) {
		scope.error_output = out->result;
		output = out->catcher->output;
	} else {
		scope.result = out->result;
		output = out->choice ? out->choice->output : output;
	}
	out->output = out->result ? out->result : f->input.value;
	if (output)
		out->output = template_fill(output, &scope, fault);
	return out->output && assign(pick_assign(f, out), &scope, out, fault);
}

bool data_finish(struct run *r, struct frame *f, struct finish *out, struct fault *fault)
{
	return f->state->language == LANGUAGE_JSONATA ? finish_by_jsonata(r, f, out, fault) : finish_by_path(r, f, out, fault);
}

void data_set_variables(struct run *r, struct frame *f, const struct json *assigned)
{
	if (!assigned || assigned->count == 0)
		return;
	struct json *all = f->variables ? json_copy_object(r->arena, f->variables) : json_new_object(r->arena);
	for (size_t i = 0; i < assigned->count; i++)
		(void)json_put(r->arena, all, assigned->members[i].name, assigned->members[i].value);
	f->variables = all;
}
