/* SPDX-License-Identifier: Apache-2.0
 *
 * Standard executions: their record, and how one is carried from step to step. Every step is one write: state, history,
 * record, index and status event change together; what the step asks to be done is done after the commit. Internal to the
 * folder; steps run on the store's writer thread.
 */
#ifndef GLEANER_SERVICE_STATES_EXECUTION_H
#define GLEANER_SERVICE_STATES_EXECUTION_H

#include "service/states/internal.h"

/* SPACE_EXECUTIONS ("x", machine, name), as JSON: {"s","id","r","t","e","in","out","err","why","th"}. */
struct execution_record {
	struct str machine, name; /* the key */
	struct str status, machine_id, revision, input, output, error, cause, trace;
	int64_t start_ms, stop_ms;
};

/* ERR_NOT_FOUND. */
int execution_load(struct store_txn *txn, struct arena *a, struct str machine, struct str name, struct execution_record *out,
		   struct error *err) MUST_CHECK;
int execution_save(struct store_txn *txn, struct arena *a, const struct execution_record *x, struct error *err) MUST_CHECK;
void execution_key(struct key *k, const char *kind, struct str machine, struct str name);
bool execution_running(const struct execution_record *x);

/* One step under way: made before it, freed after its effects are out. */
struct progress {
	struct states *service;
	struct arena arena;
	struct revision *revision;
	struct execution_record record;
	struct execution execution;
	struct states_step step;
	const struct json *waiting; /* keys of the tasks that wait for this execution's end */
	bool started;
};

struct progress *progress_new(struct states *s); /* NULL: out of memory */
void progress_free(struct progress *p);
/* Runs one event and stores all it changes; p->record, p->revision are set. Takes `p` whatever the result. */
int progress_run(struct progress *p, struct store_txn *txn, const struct states_event *event, struct error *err) MUST_CHECK;
/* Loads the execution and runs the event; one that has ended ignores it. */
int execution_advance(struct states *s, struct store_txn *txn, struct str machine, struct str name,
		      const struct states_event *event, struct error *err) MUST_CHECK;
/* From any thread: queues the event as a write of its own. */
void execution_post(struct states *s, struct str machine, struct str name, const struct states_event *event);

/* report.c: what others learn of it */
int report_status(struct progress *p, struct store_txn *txn, struct error *err) MUST_CHECK;
void report_metrics(struct states *s, struct str machine_arn, enum states_status status, bool started);
void report_log(struct states *s, const struct revision *r, const struct execution *x, struct str events);
const char *status_name(enum states_status status);

/* alarms.c: one timer an execution */
int alarms_new(struct alarms **out, struct states *s) MUST_CHECK;
void alarms_free(struct alarms *a);
void alarm_set(struct alarms *a, struct str machine, struct str name, int64_t wake_ms); /* 0: none any more */

/* link.c: tasks that wait for another execution's end */
void link_wait(struct states *s, struct str machine, struct str name, int64_t task, bool parsed, struct str child_arn);
/* Takes the waiting tasks of an execution that ends, inside its write. */
int link_take(struct progress *p, struct store_txn *txn, struct error *err) MUST_CHECK;
void link_notify(struct progress *p);

#endif
