/* SPDX-License-Identifier: Apache-2.0
 *
 * The interpreter's working form of an execution, between loading and saving its state. Internal to run_*.c.
 *
 * An execution is a tree of *frames*: the root, and below a Parallel or Map state one frame a branch or item that is under
 * way. A frame is in one state at a time:
 *
 *   FRAME_READY     to be entered                      run_enter
 *   FRAME_TASK      a task is out                      task_succeeded, failure, task_timed_out
 *   FRAME_WAIT      a Wait state                       wait_over
 *   FRAME_RETRY     between two attempts               run_attempt
 *   FRAME_CHILDREN  branches or items are under way    child_succeeded, child_failed
 *   FRAME_GONE      finished or given up; not saved
 */
#ifndef GLEANER_STATES_RUN_H
#define GLEANER_STATES_RUN_H

#include "states/definition.h"

enum frame_phase { FRAME_READY, FRAME_TASK, FRAME_WAIT, FRAME_RETRY, FRAME_CHILDREN, FRAME_GONE };

enum {
	ITEMS_AT_ONCE = 40,         /* "inline mode: up to 40 concurrent iterations" */
	STEP_TRANSITIONS_MAX = 500, /* then the step yields, so that no execution holds the writer */
	TOKEN_SECRET = 16,
};

/* A JSON value with its text, made when first asked for. */
struct doc {
	const struct json *value;
	struct str text;
};

struct frame {
	int64_t id;
	struct frame *parent; /* NULL: the root */
	struct frame *next;   /* in the run's list, by id */
	int64_t index;        /* of the branch or item */
	const struct state *state;
	enum frame_phase phase;
	struct doc input;             /* of the state */
	const struct json *variables; /* of the frame's own scope, NULL: none */
	int64_t entered_ms, entered_event, before_event, last_event;
	int64_t wake_ms;   /* FRAME_WAIT, FRAME_RETRY */
	int64_t *attempts; /* a count for each retrier of the state */
	int64_t retries;   /* in all */
	bool catching;     /* its error is being handled: what fails now is passed up */
	/* FRAME_TASK */
	int64_t task;
	int64_t timeout_ms;   /* when, 0: never */
	int64_t heartbeat_ms; /* how long, 0: no heartbeat */
	int64_t heartbeat_due_ms;
	bool submitted;
	struct str secret; /* hexadecimal; of the task token */
	const struct json *submission;
	const struct json *parameters; /* of the task; kept for RESUME */
	/* FRAME_CHILDREN */
	const struct json *items; /* Map: what is iterated over */
	struct json *results;
	int64_t started, running, failures, at_once;
	double tolerated_percentage;
	int64_t tolerated_count;
};

struct run {
	struct states_step *step;
	struct arena *arena;
	const struct machine *machine;
	int64_t now_ms;
	struct frame *frames, **tail; /* every frame, in order of birth */
	int64_t next_frame, next_task, events, deadline_ms;
	const struct json *input; /* the execution's, parsed when first asked for */
	bool finished;
	size_t task_capacity, cancelled_capacity;
};

/* run_state.c: the persisted form */
int run_load(struct run *r, struct error *err) MUST_CHECK;
struct str run_save(struct run *r);
struct frame *run_new_frame(struct run *r, struct frame *parent, int64_t index, const struct state *state);

/* run_history.c */
struct str doc_text(struct run *r, struct doc *d);
struct doc doc_of(const struct json *value);
/* An event's common members; details are written between. Returns its id. `details` NULL: none. */
int64_t event_plain(struct run *r, struct frame *f, const char *type, int64_t previous);
int64_t event_entered(struct run *r, struct frame *f);
int64_t event_exited(struct run *r, struct frame *f, struct doc *output, const struct json *assigned);
int64_t event_error(struct run *r, struct frame *f, const char *type, const char *details, struct str error, struct str cause);
int64_t event_map(struct run *r, struct frame *f, const char *type, int64_t index, int64_t previous);
int64_t event_map_started(struct run *r, struct frame *f, int64_t length);
int64_t event_map_run(struct run *r, struct frame *f);
int64_t event_evaluation_failed(struct run *r, struct frame *f, const struct fault *fault, struct str cause);
int64_t event_task(struct run *r, struct frame *f, const char *what, const char *data_name, struct str data);
int64_t event_task_failed(struct run *r, struct frame *f, const char *what, struct str error, struct str cause);
int64_t event_task_scheduled(struct run *r, struct frame *f, int64_t timeout_s, int64_t heartbeat_s);
int64_t event_started(struct run *r);
int64_t event_succeeded(struct run *r, struct frame *f, struct doc *output);

/* run_data.c: scopes, input and output processing. NULL: a fault. */
/* `item`: the frame whose map item the context shows; usually `f` itself. */
struct scope frame_scope(struct run *r, struct frame *f, const struct frame *item, const struct json *input);
const struct json *data_input(struct run *r, struct frame *f, struct fault *fault);
const struct json *data_parameters(struct run *r, struct frame *f, const struct json *input, struct fault *fault);
/* What leaves the state: ResultSelector, ResultPath, OutputPath, or Output; and Assign (NULL: none). `result` NULL: the state has
 * none of its own (Choice, Wait, Succeed). `choice`, `catcher`: their Assign and Output instead. False: a fault. */
struct finish {
	const struct json *result;
	const struct choice *choice;
	const struct catcher *catcher; /* `result` is the error output */
	const struct json *output, *assigned;
};
bool data_finish(struct run *r, struct frame *f, struct finish *out, struct fault *fault);
void data_set_variables(struct run *r, struct frame *f, const struct json *assigned);
/* "An error occurred while executing the state …" and the fault's cause. */
struct str cause_of(struct run *r, const struct frame *f, const struct fault *fault);

/* run_enter.c: going from state to state */
void run_go(struct run *r);
void run_enter(struct run *r, struct frame *f);
void run_attempt(struct run *r, struct frame *f);
void wait_over(struct run *r, struct frame *f);
/* Leaves the state with `output`; `next` NULL ends the frame's block. */
void run_exit(struct run *r, struct frame *f, struct doc output, const struct json *assigned, const struct state *next);
/* Ends the state's work with `result` (NULL: its input passes through). */
void run_complete(struct run *r, struct frame *f, const struct json *result);
void run_finish_state(struct run *r, struct frame *f, struct finish *finish, const struct state *next);
void run_finish(struct run *r, enum states_status status, struct str output, struct str error, struct str cause);

/* run_task.c */
struct str task_token(struct run *r, const struct frame *f);
void task_start(struct run *r, struct frame *f);
void task_submitted(struct run *r, struct frame *f, struct str output);
void task_succeeded(struct run *r, struct frame *f, struct str output);
void task_failed(struct run *r, struct frame *f, const struct states_event *event);
void task_timed_out(struct run *r, struct frame *f, bool heartbeat);
void task_heartbeat(struct run *r, struct frame *f);
void task_resume(struct run *r, struct frame *f);
void task_cancel(struct run *r, struct frame *f);

/* run_children.c */
void children_start(struct run *r, struct frame *f);
void child_succeeded(struct run *r, struct frame *child, const struct json *output);
void child_failed(struct run *r, struct frame *child, struct str error, struct str cause);

/* run_failure.c: an error by name: retried, caught, or passed up */
void run_fail(struct run *r, struct frame *f, struct str error, struct str cause);
void run_fault(struct run *r, struct frame *f, const struct fault *fault);

#endif
