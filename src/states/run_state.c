/* SPDX-License-Identifier: Apache-2.0
 *
 * The persisted state of an execution. One JSON object:
 *
 *   { "e": events so far, "f": next frame id, "t": next task id, "d": deadline in ms (0: none),
 *     "frames": [ { "i": id, "p": parent id (absent: root), "x": index, "s": index of the state, "ph": phase, "in": input,
 *                   "v": variables, "at": entered ms, "ev": [entered, before, last event], "w": wake ms, "a": [attempts],
 *                   "r": retries, "task": {…}, "map": {…} } ] }
 *
 * A member that has its zero value is left out.
 */
#include "base/limits.h"
#include "format/writer.h"
#include "states/run.h"

struct frame *run_new_frame(struct run *r, struct frame *parent, int64_t index, const struct state *state)
{
	struct frame *f = ARENA_NEW(r->arena, struct frame);
	if (!f)
		return NULL;
	f->id = r->next_frame++;
	f->parent = parent;
	f->index = index;
	f->state = state;
	f->attempts = arena_alloc_array(r->arena, state->retrier_count + 1, sizeof(*f->attempts));
	*r->tail = f;
	r->tail = &f->next;
	return f->attempts ? f : NULL;
}

/* ---- loading ---- */

static int64_t number(const struct json *v, const char *name)
{
	int64_t n = 0;
	const struct json *member = json_get(v, str_c(name));
	return member && json_to_i64(member, &n) == 0 ? n : 0;
}

static void load_task(struct frame *f, const struct json *v)
{
	f->task = number(v, "n");
	f->timeout_ms = number(v, "to");
	f->heartbeat_ms = number(v, "hb");
	f->heartbeat_due_ms = number(v, "due");
	f->submitted = json_true(json_get_c(v, "sub"));
	f->secret = json_text(json_get_c(v, "key"));
	f->submission = json_get_c(v, "ans");
	f->parameters = json_get_c(v, "par");
}

static void load_children(struct run *r, struct frame *f, const struct json *v)
{
	f->items = json_get_c(v, "items");
	f->results = json_copy_array(r->arena, json_get_c(v, "res"));
	f->started = number(v, "st");
	f->running = number(v, "run");
	f->failures = number(v, "fail");
	f->at_once = number(v, "max");
	f->tolerated_count = number(v, "tc");
	if (json_get_c(v, "tp") && json_to_double(json_get_c(v, "tp"), &f->tolerated_percentage) < 0)
		f->tolerated_percentage = 0;
}

static struct frame *frame_by_id(struct run *r, int64_t id)
{
	for (struct frame *f = r->frames; f; f = f->next)
		if (f->id == id)
			return f;
	return NULL;
}

static void load_frame_data(struct run *r, struct frame *f, const struct json *v)
{
	const struct json *events = json_get_c(v, "ev"), *attempts = json_get_c(v, "a");
	f->phase = (enum frame_phase)number(v, "ph");
	f->input = doc_of(json_get_c(v, "in"));
	f->variables = json_get_c(v, "v");
	f->entered_ms = number(v, "at");
	f->wake_ms = number(v, "w");
	f->retries = number(v, "r");
	int64_t *ids[] = { &f->entered_event, &f->before_event, &f->last_event };
	for (size_t i = 0; i < 3; i++)
		if (json_at(events, i) && json_to_i64(json_at(events, i), ids[i]) < 0)
			*ids[i] = 0;
	for (size_t i = 0; i < f->state->retrier_count; i++)
		if (json_at(attempts, i) && json_to_i64(json_at(attempts, i), &f->attempts[i]) < 0)
			f->attempts[i] = 0;
	if (json_get_c(v, "task"))
		load_task(f, json_get_c(v, "task"));
	if (json_get_c(v, "map"))
		load_children(r, f, json_get_c(v, "map"));
}

static int load_frame(struct run *r, const struct json *v, struct error *err)
{
	int64_t state = number(v, "s");
	const struct json *parent = json_get_c(v, "p");
	if (state < 0 || (size_t)state >= r->machine->count)
		return error_set(err, ERR_CORRUPT, "an execution's state names a state that its definition lacks");
	struct frame *above = parent ? frame_by_id(r, number(v, "p")) : NULL;
	if ((parent && !above) || (!parent && r->frames))
		return error_set(err, ERR_CORRUPT, "an execution's state has a frame without its parent");
	struct frame *f = run_new_frame(r, above, number(v, "x"), r->machine->states[state]);
	if (!f)
		return error_set(err, ERR_NO_MEMORY, "out of memory");
	f->id = number(v, "i");
	load_frame_data(r, f, v);
	if (!f->input.value || (f->phase == FRAME_CHILDREN && !f->results))
		return error_set(err, ERR_CORRUPT, "an execution's state is incomplete");
	return 0;
}

int run_load(struct run *r, struct error *err)
{
	const struct json *v;
	if (json_parse(r->arena, r->step->state, &v, err) < 0)
		return error_set(err, ERR_CORRUPT, "an execution's state is not JSON");
	const struct json *frames = json_get_c(v, "frames");
	for (size_t i = 0; i < (json_is(frames, JSON_ARRAY) ? frames->count : 0); i++) {
		int result = load_frame(r, frames->items[i], err);
		if (result < 0)
			return result;
	}
	if (!r->frames)
		return error_set(err, ERR_CORRUPT, "an execution's state has no frames");
	r->events = number(v, "e");
	r->next_frame = number(v, "f");
	r->next_task = number(v, "t");
	r->deadline_ms = number(v, "d");
	return 0;
}

/* ---- saving ---- */

static void write_number(struct writer *w, const char *name, int64_t value)
{
	if (value != 0)
		write_i64(w, name, value);
}

static void write_value(struct writer *w, const char *name, const struct json *value)
{
	if (value)
		write_json(w, name, value);
}

static void save_task(struct writer *w, const struct frame *f)
{
	write_object(w, "task");
	write_i64(w, "n", f->task);
	write_number(w, "to", f->timeout_ms);
	write_number(w, "hb", f->heartbeat_ms);
	write_number(w, "due", f->heartbeat_due_ms);
	if (f->submitted)
		write_bool(w, "sub", true);
	write_str(w, "key", f->secret);
	write_value(w, "ans", f->submission);
	write_value(w, "par", f->parameters);
	write_end(w);
}

static void save_children(struct writer *w, const struct frame *f)
{
	write_object(w, "map");
	write_value(w, "items", f->items);
	write_value(w, "res", f->results);
	write_number(w, "st", f->started);
	write_number(w, "run", f->running);
	write_number(w, "fail", f->failures);
	write_number(w, "max", f->at_once);
	write_number(w, "tc", f->tolerated_count);
	if (f->tolerated_percentage > 0)
		write_double(w, "tp", f->tolerated_percentage);
	write_end(w);
}

static void save_position(struct writer *w, const struct frame *f)
{
	write_i64(w, "i", f->id);
	if (f->parent)
		write_i64(w, "p", f->parent->id);
	write_number(w, "x", f->index);
	write_i64(w, "s", (int64_t)f->state->index);
	write_number(w, "ph", f->phase);
	write_value(w, "in", f->input.value);
	write_value(w, "v", f->variables);
	write_number(w, "at", f->entered_ms);
	write_list(w, "ev", NULL);
	write_i64(w, NULL, f->entered_event);
	write_i64(w, NULL, f->before_event);
	write_i64(w, NULL, f->last_event);
	write_end(w);
	write_number(w, "w", f->wake_ms);
}

static void save_frame(struct writer *w, const struct frame *f)
{
	write_object(w, NULL);
	save_position(w, f);
	if (f->retries > 0) {
		write_i64(w, "r", f->retries);
		write_list(w, "a", NULL);
		for (size_t i = 0; i < f->state->retrier_count; i++)
			write_i64(w, NULL, f->attempts[i]);
		write_end(w);
	}
	if (f->phase == FRAME_TASK)
		save_task(w, f);
	if (f->phase == FRAME_CHILDREN)
		save_children(w, f);
	write_end(w);
}

struct str run_save(struct run *r)
{
	struct buf b;
	struct writer w;
	buf_init(&b, MIB(64));
	writer_init(&w, &b, WRITER_JSON);
	write_object(&w, NULL);
	write_i64(&w, "e", r->events);
	write_i64(&w, "f", r->next_frame);
	write_i64(&w, "t", r->next_task);
	write_number(&w, "d", r->deadline_ms);
	write_list(&w, "frames", NULL);
	for (const struct frame *f = r->frames; f; f = f->next)
		if (f->phase != FRAME_GONE)
			save_frame(&w, f);
	write_end(&w);
	write_end(&w);
	struct str text = buf_failed(&b) ? STR_NULL : arena_str(r->arena, buf_str(&b));
	buf_release(&b);
	return text;
}
