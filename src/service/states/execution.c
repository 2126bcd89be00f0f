/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of standard executions, and everything one step writes.
 */
#include "service/states/execution.h"

#include <stdlib.h>

#include "os/random.h"
#include "service/states/task.h"

void execution_key(struct key *k, const char *kind, struct str machine, struct str name)
{
	record_key(k, str_c(kind), machine, name);
}

bool execution_running(const struct execution_record *x)
{
	return str_eq_c(x->status, "RUNNING");
}

static int64_t number(const struct json *v, const char *name)
{
	int64_t n = 0;
	const struct json *member = json_get(v, str_c(name));
	return member && json_to_i64(member, &n) == 0 ? n : 0;
}

int execution_load(struct store_txn *txn, struct arena *a, struct str machine, struct str name, struct execution_record *out,
		   struct error *err)
{
	struct key key;
	const struct json *v;
	execution_key(&key, "x", machine, name);
	int rc = record_get(txn, SPACE_EXECUTIONS, &key, a, &v, err);
	if (rc < 0)
		return rc;
	*out = (struct execution_record){
		.machine = arena_str(a, machine),
		.name = arena_str(a, name),
		.status = json_get_text(v, STR("s")),
		.machine_id = json_get_text(v, STR("id")),
		.revision = json_get_text(v, STR("r")),
		.input = json_get_text(v, STR("in")),
		.output = json_get_text(v, STR("out")),
		.error = json_get_text(v, STR("err")),
		.cause = json_get_text(v, STR("why")),
		.trace = json_get_text(v, STR("th")),
		.start_ms = number(v, "t"),
		.stop_ms = number(v, "e"),
	};
	return 0;
}

static int save_index(struct store_txn *txn, const struct execution_record *x, struct error *err)
{
	struct key key;
	struct buf b;
	struct writer w;
	key_init(&key);
	key_add_str(&key, x->machine_id);
	key_add_u64(&key, UINT64_MAX - (uint64_t)x->start_ms);
	key_add_str(&key, x->name);
	buf_init(&b, KIB(1));
	writer_init(&w, &b, WRITER_JSON);
	write_object(&w, NULL);
	write_str(&w, "s", x->status);
	write_i64(&w, "e", x->stop_ms);
	write_end(&w);
	int rc = store_put(txn, SPACE_EXECUTION_INDEX, key_str(&key), buf_str(&b), err);
	buf_release(&b);
	return rc;
}

int execution_save(struct store_txn *txn, struct arena *a, const struct execution_record *x, struct error *err)
{
	struct key key;
	struct buf b;
	struct writer w;
	(void)a;
	buf_init(&b, MIB(4));
	writer_init(&w, &b, WRITER_JSON);
	write_object(&w, NULL);
	write_str(&w, "s", x->status);
	write_str(&w, "id", x->machine_id);
	write_str(&w, "r", x->revision);
	write_i64(&w, "t", x->start_ms);
	if (x->stop_ms)
		write_i64(&w, "e", x->stop_ms);
	write_str(&w, "in", x->input);
	write_str(&w, "out", x->output);
	write_str(&w, "err", x->error);
	write_str(&w, "why", x->cause);
	write_str(&w, "th", x->trace);
	write_end(&w);
	execution_key(&key, "x", x->machine, x->name);
	int rc = buf_failed(&b) ? error_set(err, ERR_NO_MEMORY, "out of memory")
				: store_put(txn, SPACE_EXECUTIONS, key_str(&key), buf_str(&b), err);
	buf_release(&b);
	return rc < 0 ? rc : save_index(txn, x, err);
}

/* ---- a step ---- */

struct progress *progress_new(struct states *s)
{
	struct progress *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->service = s;
	arena_init(&p->arena, MIB(128));
	return p;
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	buf_release(&p->step.events);
	revision_unref(p->revision);
	arena_release(&p->arena);
	free(p);
}

static void fill_random(void *argument, void *bytes, size_t n)
{
	(void)argument;
	random_bytes(bytes, n);
}

static void describe(struct progress *p)
{
	struct host *h = p->service->host;
	struct execution *x = &p->execution;
	x->name = p->record.name;
	x->machine_name = p->record.machine;
	x->machine_arn = p->revision->machine_arn;
	x->role_arn = p->revision->role_arn;
	x->region = host_region(h);
	x->input = p->record.input;
	x->start_ms = p->record.start_ms;
	x->arn = arena_printf(&p->arena, "arn:aws:states:" STR_FMT ":" STR_FMT ":execution:" STR_FMT ":" STR_FMT,
			      STR_ARG(x->region), STR_ARG(host_account(h)), STR_ARG(x->machine_name), STR_ARG(x->name));
}

static int store_history(struct progress *p, struct store_txn *txn, struct error *err)
{
	struct key key;
	if (p->step.last_event < p->step.first_event)
		return 0;
	key_init(&key);
	key_add_str(&key, p->record.machine);
	key_add_str(&key, p->record.name);
	key_add_u64(&key, (uint64_t)p->step.last_event);
	return store_put(txn, SPACE_EXECUTION_HISTORY, key_str(&key), buf_str(&p->step.events), err);
}

static int store_state(struct progress *p, struct store_txn *txn, struct error *err)
{
	struct key key;
	execution_key(&key, "s", p->record.machine, p->record.name);
	if (p->step.status == STATES_RUNNING)
		return store_put(txn, SPACE_EXECUTIONS, key_str(&key), p->step.next_state, err);
	return p->started ? 0 : store_delete(txn, SPACE_EXECUTIONS, key_str(&key), err);
}

static void take_result(struct progress *p)
{
	struct execution_record *x = &p->record;
	x->status = str_c(status_name(p->step.status));
	x->output = p->step.output;
	x->error = str_sub(p->step.error, 0, STATES_ERROR_MAX);
	x->cause = str_sub(p->step.cause, 0, STATES_CAUSE_MAX);
	x->stop_ms = p->step.world.now_ms;
}

static int store_record(struct progress *p, struct store_txn *txn, struct error *err)
{
	bool ended = p->step.status != STATES_RUNNING;
	int rc = 0;
	if (!ended && !p->started)
		return 0;
	if (p->started && ended)
		rc = report_status(p, txn, err); /* that it runs, before that it has ended */
	if (ended)
		take_result(p);
	if (rc == 0)
		rc = execution_save(txn, &p->arena, &p->record, err);
	if (rc == 0)
		rc = report_status(p, txn, err);
	return rc < 0 || !ended ? rc : link_take(p, txn, err);
}

static void answer_standard(struct task *t, const struct states_event *event)
{
	execution_post(t->service, t->machine, t->name, event);
}

static void await_child(struct progress *p, const struct states_task *t)
{
	struct str child = json_get_text(t->submission, STR("ExecutionArn"));
	link_wait(p->service, p->record.machine, p->record.name, t->task, t->resource->pattern == PATTERN_SYNC2, child);
}

/* After the commit. */
static void publish(void *argument)
{
	struct progress *p = argument;
	struct states *s = p->service;
	bool running = p->step.status == STATES_RUNNING;
	report_log(s, p->revision, &p->execution, buf_str(&p->step.events));
	report_metrics(s, p->revision->machine_arn, p->step.status, p->started);
	alarm_set(s->alarms, p->record.machine, p->record.name, running ? p->step.wake_ms : 0);
	for (size_t i = 0; i < p->step.task_count; i++) {
		const struct states_task *t = &p->step.tasks[i];
		if (t->submitted && t->resource->pattern != PATTERN_TOKEN)
			await_child(p, t);
		else if (!t->submitted)
			task_run(s, t, p->revision, &p->execution, p->record.machine, p->record.name, NULL, answer_standard);
	}
	for (size_t i = 0; i < p->step.cancelled_count; i++)
		task_stop_child(s, &p->step.cancelled[i], p->revision, &p->execution);
	link_notify(p);
	if (running && p->step.yielded)
		execution_post(s, p->record.machine, p->record.name, &(struct states_event){ .kind = STATES_WAKE });
	progress_free(p);
}

static int run_and_store(struct progress *p, struct store_txn *txn, const struct states_event *event, struct error *err)
{
	p->started = event->kind == STATES_START;
	describe(p);
	p->step.arena = &p->arena;
	p->step.machine = p->revision->compiled;
	p->step.execution = &p->execution;
	p->step.world = (struct states_world){ .now_ms = clock_wall_ms(), .random = fill_random };
	if (p->started)
		p->step.world.now_ms = p->record.start_ms;
	int rc = states_step(&p->step, event, err);
	if (rc < 0 || !p->step.changed)
		return rc;
	rc = store_history(p, txn, err);
	if (rc == 0)
		rc = store_state(p, txn, err);
	return rc < 0 ? rc : store_record(p, txn, err);
}

int progress_run(struct progress *p, struct store_txn *txn, const struct states_event *event, struct error *err)
{
	int rc = run_and_store(p, txn, event, err);
	if (rc == 0 && (p->step.changed || event->kind == STATES_RESUME)) {
		rc = store_after_commit(txn, publish, p);
		if (rc == 0)
			return 0;
	}
	progress_free(p);
	return rc;
}

static int load_state(struct progress *p, struct store_txn *txn, struct error *err)
{
	struct key key;
	execution_key(&key, "s", p->record.machine, p->record.name);
	return store_get(txn, SPACE_EXECUTIONS, key_str(&key), &p->arena, &p->step.state, err);
}

int execution_advance(struct states *s, struct store_txn *txn, struct str machine, struct str name,
		      const struct states_event *event, struct error *err)
{
	struct progress *p = progress_new(s);
	if (!p)
		return error_set(err, ERR_NO_MEMORY, "out of memory");
	int rc = execution_load(txn, &p->arena, machine, name, &p->record, err);
	bool running = rc == 0 && execution_running(&p->record);
	if (running)
		rc = load_state(p, txn, err);
	if (rc == 0 && running) {
		p->revision = revision_get(s, txn, p->record.revision, err);
		rc = p->revision ? 0 : ERR_CORRUPT;
	}
	if (rc == 0 && running)
		return progress_run(p, txn, event, err);
	progress_free(p);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}
