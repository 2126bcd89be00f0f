/* SPDX-License-Identifier: Apache-2.0
 *
 * startExecution.sync: a task waits for another execution. The wait is a row below the child, written when the start was
 * accepted and taken when the child ends; a child that has ended by then answers at once.
 */
#include <stdlib.h>

#include "aws/arn.h"
#include "service/states/execution.h"

enum { AGAIN_MS = 50 }; /* after a full queue */

struct wait {
	struct states *service;
	struct arena arena;
	struct str machine, name, child_machine, child_name, child_arn;
	int64_t task;
	bool parsed;
};

static void wait_free(struct wait *w)
{
	arena_release(&w->arena);
	free(w);
}

static void add_value(struct writer *w, const char *name, struct str text, bool parsed)
{
	if (!str_is_set(text))
		return;
	if (parsed)
		write_raw(w, name, text);
	else
		write_str(w, name, text);
}

static void write_included(struct writer *w, const char *name)
{
	write_object(w, name);
	write_bool(w, "Included", true);
	write_end(w);
}

/* What DescribeExecution would say, in the form tasks get it; `.sync:2` has input and output as JSON. */
static struct str outcome_text(struct arena *a, const struct execution_record *x, struct str arn, struct str machine_arn,
			       bool parsed)
{
	struct buf b;
	struct writer w;
	buf_init(&b, MIB(2));
	writer_init(&w, &b, WRITER_JSON);
	write_object(&w, NULL);
	write_str(&w, "Cause", x->cause);
	write_str(&w, "Error", x->error);
	write_str(&w, "ExecutionArn", arn);
	add_value(&w, "Input", x->input, parsed);
	write_included(&w, "InputDetails");
	write_str(&w, "Name", x->name);
	add_value(&w, "Output", x->output, parsed);
	if (str_is_set(x->output))
		write_included(&w, "OutputDetails");
	write_i64(&w, "StartDate", x->start_ms);
	write_str(&w, "StateMachineArn", machine_arn);
	write_str(&w, "Status", x->status);
	write_i64(&w, "StopDate", x->stop_ms);
	write_end(&w);
	struct str text = arena_str(a, buf_str(&b));
	buf_release(&b);
	return text;
}

static struct states_event outcome(struct arena *a, const struct execution_record *x, struct str arn, struct str machine_arn,
				   int64_t task, bool parsed)
{
	struct states_event event = { .kind = STATES_TASK_SUCCEEDED, .task = task };
	struct str text = outcome_text(a, x, arn, machine_arn, parsed && str_eq_c(x->status, "SUCCEEDED"));
	if (str_eq_c(x->status, "SUCCEEDED")) {
		event.output = text;
	} else {
		event.kind = STATES_TASK_FAILED;
		event.error = STR("States.TaskFailed");
		event.cause = text;
	}
	return event;
}

static void wait_key(struct key *k, const struct wait *w)
{
	record_key(k, STR("w"), w->child_machine, w->child_name, w->machine, w->name);
	key_add_u64(k, (uint64_t)w->task);
}

static struct str machine_arn_of(struct arena *a, struct states *s, struct str machine)
{
	return arn_format(a, "states", host_region(s->host), host_account(s->host), "stateMachine:" STR_FMT, STR_ARG(machine));
}

static int wait_write(struct store_txn *txn, void *argument, struct error *err)
{
	struct wait *w = argument;
	struct execution_record child;
	struct key key;
	int rc = execution_load(txn, &w->arena, w->child_machine, w->child_name, &child, err);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	if (execution_running(&child)) {
		wait_key(&key, w);
		return store_put(txn, SPACE_EXECUTIONS, key_str(&key), w->parsed ? STR("2") : STR("1"), err);
	}
	struct states_event event = outcome(&w->arena, &child, w->child_arn, machine_arn_of(&w->arena, w->service, child.machine),
					    w->task, w->parsed);
	return execution_advance(w->service, txn, w->machine, w->name, &event, err);
}

static void wait_done(void *argument, int result, const struct error *err)
{
	(void)result;
	(void)err;
	wait_free(argument);
}

static void wait_send(void *argument)
{
	struct wait *w = argument;
	struct host *h = w->service->host;
	if (w->service->stopping)
		wait_free(w);
	else if (store_write(host_store(h), wait_write, wait_done, w) < 0 &&
		 !timer_at(host_timer(h), clock_wall_ms() + AGAIN_MS, wait_send, w))
		wait_free(w);
}

void link_wait(struct states *s, struct str machine, struct str name, int64_t task, bool parsed, struct str child_arn)
{
	struct wait *w = calloc(1, sizeof(*w));
	struct arn arn;
	if (!w)
		return;
	w->service = s;
	arena_init(&w->arena, MIB(16));
	w->machine = arena_str(&w->arena, machine);
	w->name = arena_str(&w->arena, name);
	w->child_arn = arena_str(&w->arena, child_arn);
	w->task = task;
	w->parsed = parsed;
	if (arn_parse(w->child_arn, &arn) == 0) {
		struct str rest = arn_resource_id(arn.resource);
		w->child_machine = str_split(&rest, ':');
		w->child_name = rest;
	}
	if (str_is_set(w->child_name))
		wait_send(w);
	else
		wait_free(w);
}

int link_take(struct progress *p, struct store_txn *txn, struct error *err)
{
	struct key key;
	struct store_cursor c;
	struct str at, value;
	struct json *found = NULL;
	record_key(&key, STR("w"), p->record.machine, p->record.name);
	struct str end = key_prefix_end(&p->arena, key_str(&key));
	int rc = store_scan(&c, txn, SPACE_EXECUTIONS, key_str(&key), end, false, err);
	while (rc == 0 && (rc = store_next(&c, &at, &value, err)) > 0) {
		struct json *row = json_new_array(&p->arena);
		found = found ? found : json_new_array(&p->arena);
		(void)json_add(&p->arena, row, json_new_string(&p->arena, arena_str(&p->arena, at)));
		(void)json_add(&p->arena, row, json_new_bool(str_eq_c(value, "2")));
		(void)json_add(&p->arena, found, row);
		rc = 0;
	}
	store_scan_end(&c);
	p->waiting = found;
	return rc < 0 || !found ? rc : store_delete_range(txn, SPACE_EXECUTIONS, key_str(&key), end, err);
}

static void notify_one(struct progress *p, const struct json *row)
{
	struct str rest = json_text(json_at(row, 0)), parts[5];
	uint64_t task;
	for (size_t i = 0; i < 5; i++)
		if (key_read_str(&p->arena, &rest, &parts[i]) < 0)
			return;
	if (key_read_u64(&rest, &task) < 0)
		return;
	struct states_event event = outcome(&p->arena, &p->record, p->execution.arn, p->execution.machine_arn, (int64_t)task,
					    json_true(json_at(row, 1)));
	execution_post(p->service, parts[3], parts[4], &event);
}

void link_notify(struct progress *p)
{
	for (size_t i = 0; p->waiting && i < p->waiting->count; i++)
		notify_one(p, p->waiting->items[i]);
}
