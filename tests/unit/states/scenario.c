/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario.h"

#include <stdlib.h>

#include "base/limits.h"
#include "format/json.h"

enum { STEPS_MAX = 100000, PENDING_MAX = 256 };

struct pending {
	int64_t task, at_ms;
	const struct json *script;
};

struct world {
	struct scenario *scenario;
	struct machine *machine;
	struct execution execution;
	const struct json *tasks;
	int64_t now_ms;
	uint64_t random;
	char *state;
	size_t state_n;
	int64_t wake_ms;
	bool yielded;
	struct pending pending[PENDING_MAX];
	size_t pending_count;
};

static void random_bytes(void *argument, void *bytes, size_t n)
{
	struct world *w = argument;
	for (size_t i = 0; i < n; i++) {
		w->random = w->random * 6364136223846793005u + 1442695040888963407u;
		((uint8_t *)bytes)[i] = (uint8_t)(w->random >> 56);
	}
}

static void take_tasks(struct world *w, const struct states_step *step)
{
	struct scenario *s = w->scenario;
	for (size_t i = 0; i < step->task_count && w->pending_count < PENDING_MAX; i++) {
		size_t last = w->tasks && w->tasks->count > 0 ? w->tasks->count - 1 : 0;
		const struct json *script = json_at(w->tasks, s->tasks_run < last ? s->tasks_run : last);
		int64_t after = 0;
		if (json_get_c(script, "after") && json_to_i64(json_get_c(script, "after"), &after) < 0)
			after = 0;
		s->tasks_run++;
		(void)json_add(&s->arena, (struct json *)s->parameters, json_clone(&s->arena, step->tasks[i].parameters));
		if (!json_true(json_get_c(script, "never")))
			w->pending[w->pending_count++] = (struct pending){ step->tasks[i].task, w->now_ms + after, script };
	}
}

static void keep(struct world *w, const struct states_step *step)
{
	struct scenario *s = w->scenario;
	if (step->events.n > 0) {
		if (s->history.n > 1)
			buf_add_char(&s->history, ',');
		buf_add_str(&s->history, buf_str(&step->events));
	}
	s->status = step->status;
	s->output = arena_str(&s->arena, step->output);
	s->error = arena_str(&s->arena, step->error);
	s->cause = arena_str(&s->arena, step->cause);
	free(w->state);
	w->state_n = step->next_state.n;
	w->state = malloc(w->state_n + 1);
	if (w->state && w->state_n)
		memcpy(w->state, step->next_state.p, w->state_n);
	w->wake_ms = step->wake_ms;
	w->yielded = step->yielded;
}

static bool take_step(struct world *w, const struct states_event *event)
{
	struct arena arena;
	arena_init(&arena, MIB(64));
	struct states_step step = {
		.arena = &arena,
		.machine = w->machine,
		.execution = &w->execution,
		.state = str_of(w->state, w->state_n),
		.world = { .now_ms = w->now_ms, .random = random_bytes, .random_argument = w },
	};
	int result = states_step(&step, event, &w->scenario->failure);
	if (result == 0 && step.changed) {
		take_tasks(w, &step);
		keep(w, &step);
	}
	bool go_on = result == 0 && step.changed && step.status == STATES_RUNNING;
	if (result == 0 && !step.changed)
		go_on = true;
	buf_release(&step.events);
	arena_release(&arena);
	return go_on;
}

static struct states_event answer(struct world *w, size_t index)
{
	struct pending p = w->pending[index];
	memmove(&w->pending[index], &w->pending[index + 1], (w->pending_count - index - 1) * sizeof(p));
	w->pending_count--;
	struct states_event event = { .kind = STATES_TASK_SUCCEEDED, .task = p.task };
	const struct json *output = json_get_c(p.script, "output");
	if (json_get_c(p.script, "error")) {
		event.kind = STATES_TASK_FAILED;
		event.error = json_text(json_get_c(p.script, "error"));
		event.cause = json_text(json_get_c(p.script, "cause"));
	} else {
		event.output = output ? json_to_str(&w->scenario->arena, output) : STR("{}");
	}
	return event;
}

/* The next thing to happen: an answer, or a deadline. False when nothing will. */
static bool next_event(struct world *w, struct states_event *event)
{
	size_t first = w->pending_count;
	*event = (struct states_event){ .kind = STATES_WAKE };
	if (w->yielded)
		return true;
	for (size_t i = 0; i < w->pending_count; i++)
		if (first == w->pending_count || w->pending[i].at_ms < w->pending[first].at_ms)
			first = i;
	bool answers = first < w->pending_count && (w->wake_ms == 0 || w->pending[first].at_ms <= w->wake_ms);
	int64_t at = answers ? w->pending[first].at_ms : w->wake_ms;
	if (!answers && w->wake_ms == 0)
		return false;
	if (at > w->now_ms)
		w->now_ms = at;
	if (answers)
		*event = answer(w, first);
	return true;
}

void scenario_run(struct scenario *s, struct str definition, struct str input, const struct json *tasks)
{
	const int64_t start_ms = 1700000000000;
	*s = (struct scenario){ 0 };
	arena_init(&s->arena, MIB(256));
	diagnostics_init(&s->diagnostics, &s->arena);
	buf_init(&s->history, MIB(64));
	buf_add_char(&s->history, '[');
	s->parameters = json_new_array(&s->arena);
	s->status = STATES_FAILED;
	struct world w = {
		.scenario = s,
		.tasks = tasks,
		.now_ms = start_ms,
		.random = 7,
		.execution = { .arn = STR("arn:aws:states:us-east-1:000000000000:execution:m:x"),
			       .name = STR("x"),
			       .machine_arn = STR("arn:aws:states:us-east-1:000000000000:stateMachine:m"),
			       .machine_name = STR("m"),
			       .role_arn = STR("arn:aws:iam::000000000000:role/r"),
			       .region = STR("us-east-1"),
			       .input = input,
			       .start_ms = start_ms },
	};
	w.machine = machine_compile(definition, false, &s->diagnostics);
	struct states_event event = { .kind = STATES_START };
	for (int i = 0; w.machine && i < STEPS_MAX; i++)
		if (!take_step(&w, &event) || !next_event(&w, &event))
			break;
	buf_add_char(&s->history, ']');
	s->elapsed_ms = w.now_ms - start_ms;
	free(w.state);
	machine_free(w.machine);
}

void scenario_release(struct scenario *s)
{
	buf_release(&s->history);
	arena_release(&s->arena);
}

const char *scenario_status(enum states_status status)
{
	static const char *const names[] = { "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED" };
	return names[status];
}
