/* SPDX-License-Identifier: Apache-2.0
 *
 * The Amazon States Language, whole: a definition is compiled and checked once; an execution is a pure step function over
 * it: (machine, persisted state, event) -> (new state, history events, effects). The persisted state is JSON text, so an
 * execution goes on wherever its last step was committed. No I/O, clock or threads here: time and randomness come in with
 * the step, what has to be done leaves it as effects. *Pure.*
 *
 * What a caller does with one step, in this order: store state and events durably; then carry out the effects (call a
 * resource for each task, cancel what is cancelled), and call again with STATES_WAKE at `wake_ms`. Events for a task that
 * is no longer awaited are ignored, so an answer may come twice or too late.
 */
#ifndef GLEANER_STATES_STATES_H
#define GLEANER_STATES_STATES_H

#include "base/buf.h"
#include "states/diagnose.h"
#include "states/resource.h"
#include "states/scope.h"

struct machine;

/* Compiles `definition` (JSON text, copied). NULL when it has errors (all of them are in `d`) or memory is out. */
struct machine *machine_compile(struct str definition, bool express, struct diagnostics *d);
void machine_free(struct machine *m); /* NULL is allowed */
int64_t machine_timeout_s(const struct machine *m);

/* What an execution is, for the context object and the events. */
struct execution {
	struct str arn, name, machine_arn, machine_name, role_arn, region;
	struct str input; /* JSON text, as it was given */
	int64_t start_ms;
};

enum states_event_kind {
	STATES_START,
	STATES_WAKE,           /* a deadline passed: a wait, a retry's delay, a timeout */
	STATES_TASK_SUBMITTED, /* .sync and .waitForTaskToken: the call was accepted; `output` is its answer */
	STATES_TASK_SUCCEEDED,
	STATES_TASK_FAILED,
	STATES_TASK_HEARTBEAT,
	STATES_ABORT,
	STATES_RESUME, /* after a restart: the effects of all tasks in flight come again */
};

struct states_event {
	enum states_event_kind kind;
	int64_t task;            /* STATES_TASK_* */
	struct str output;       /* JSON text */
	struct str error, cause; /* absent: not given */
	bool start_failed;       /* STATES_TASK_FAILED: the call itself was refused before the work began */
};

/* Work for the caller; texts live in the step's arena. */
struct states_task {
	int64_t task; /* names it in events */
	const struct resource *resource;
	const struct json *parameters; /* what the resource is called with */
	struct str state_name;
	struct str token;              /* .waitForTaskToken, absent otherwise */
	bool submitted;                /* the call was accepted; only the end of what it began is awaited */
	const struct json *submission; /* its answer then */
};

/* A task whose answer is no longer awaited. What a .sync task began is to be stopped. */
struct states_cancelled {
	int64_t task;
	const struct resource *resource;
	const struct json *submission; /* NULL: it was not accepted yet */
};

enum states_status { STATES_RUNNING, STATES_SUCCEEDED, STATES_FAILED, STATES_TIMED_OUT, STATES_ABORTED };

struct states_step {
	/* in */
	struct arena *arena;
	const struct machine *machine;
	const struct execution *execution;
	struct states_world world;
	struct str state; /* of the last step; absent for STATES_START */
	bool no_history;  /* events are counted, not written */
	/* out */
	bool changed; /* false: the event was stale, nothing is to be done */
	enum states_status status;
	struct str next_state;           /* present while STATES_RUNNING */
	struct buf events;               /* JSON objects, one after the other, separated by commas; buf_release it */
	int64_t first_event, last_event; /* their ids; last_event < first_event when there are none */
	struct states_task *tasks;
	size_t task_count;
	struct states_cancelled *cancelled; /* tasks given up */
	size_t cancelled_count;
	int64_t wake_ms;         /* 0: nothing to wake for */
	bool yielded;            /* there is more to do at once: step again with STATES_WAKE */
	struct str output;       /* STATES_SUCCEEDED */
	struct str error, cause; /* STATES_FAILED, STATES_ABORTED, STATES_TIMED_OUT; absent: none */
	int64_t transitions;     /* states entered */
};

/* 0, ERR_CORRUPT when the persisted state does not fit the machine, ERR_NO_MEMORY. */
int states_step(struct states_step *s, const struct states_event *event, struct error *err) MUST_CHECK;

/* A task token names its execution; the task and a secret are checked by states_token_task. */
struct str states_token_execution(struct arena *a, struct str token); /* absent when it is none of ours */
/* The task that waits for this token in the given persisted state: 0 when none does. */
int64_t states_token_task(struct arena *a, struct str state, struct str token);

#endif
