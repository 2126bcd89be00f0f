/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share.
 *
 * SPACE_STATES:            ("machine", name)             {name, arn, id, type, revision, created, tags, versions, next_version,
 * aliases}
 *                          ("revision", id)              {machine, arn, type, definition, roleArn, logging, tracing, at}
 *                          Revisions stay: an execution keeps the one it began with, and can be asked for it later.
 * SPACE_EXECUTIONS:        ("x", machine, name)          the execution's record, see execution.h
 *                          ("s", machine, name)          the interpreter's state; there while the execution runs
 *                          ("w", machine, name, parent machine, parent name, task)   a task that waits for its end (.sync)
 * SPACE_EXECUTION_HISTORY: (machine, name, last id)      the events of one step, separated by commas
 * SPACE_EXECUTION_INDEX:   (machine id, ~start, name)    {s: status, e: stop}; newest first
 *
 * Express executions are kept in memory only (express.c).
 */
#ifndef GLEANER_SERVICE_STATES_INTERNAL_H
#define GLEANER_SERVICE_STATES_INTERNAL_H

#include <pthread.h>

#include "base/limits.h"
#include "base/map.h"
#include "os/clock.h"
#include "service/quota.h"
#include "service/record.h"
#include "service/states/errors.h"
#include "service/states/states.h"
#include "states/states.h"

enum {
	STATES_MACHINES_MAX = 10000,
	STATES_REVISIONS_CACHED = 256,
	STATES_CAUSE_MAX = 32768,
	STATES_ERROR_MAX = 256,
};

struct alarms;
struct express;

struct states {
	struct host *host;
	pthread_mutex_t lock; /* of `revisions`, `express` and `starts` */
	struct quota starts;  /* of StartExecution; unlimited where no setting says else */
	struct map revisions; /* id -> struct revision *, each holding one reference */
	struct alarms *alarms;
	struct express *express; /* every express execution that is not over */
	_Atomic bool stopping;
};

/* ---- revision.c: a definition as an execution keeps it; compiled once, cached, immutable, shared ---- */

enum log_choice { LOG_OFF, LOG_FATAL_ONLY, LOG_ERRORS, LOG_EVERYTHING };

struct revision {
	_Atomic int references;
	struct arena arena;
	struct machine *compiled;
	const struct json *document;
	struct str id, machine, machine_arn, role_arn;
	struct str log_group;
	enum log_choice logging;
	bool log_data, express;
};

/* A reference; NULL with `err` filled. */
struct revision *revision_get(struct states *s, struct store_txn *txn, struct str id, struct error *err);
struct revision *revision_ref(struct revision *r);
void revision_unref(struct revision *r); /* NULL is allowed */
void revisions_release(struct states *s);

/* ---- machine.c: machines by name ---- */

struct machine_record {
	const struct json *document;
	const struct json *version; /* what a qualified ARN meant, see versions.c; NULL: the machine as it is now */
	struct str name, arn, id, revision;
	bool express;
	int64_t created_ms;
};

/* The name in a state machine's ARN; fails the call with InvalidArn. */
int machine_name(struct call *call, struct str arn, struct str *name) MUST_CHECK;
/* Fails the call with StateMachineDoesNotExist. */
int machine_find(struct call *call, struct str arn, struct machine_record *out) MUST_CHECK;
/* The same; the ARN may name a version, or an alias, of which a version is chosen by its weights. */
int states_machine_find_qualified(struct call *call, struct str arn, struct machine_record *out) MUST_CHECK;
struct str states_arn(struct call *call, const char *kind, struct str name);
bool states_name_valid(struct str name);
struct str states_machine_resource(struct call *call);
struct str states_execution_resource(struct call *call);

#define STATES_OPERATION(name)                                                                                                   \
	extern const struct bind states_##name##_fields[];                                                                       \
	int states_##name(struct call *call);

STATES_OPERATION(create_state_machine)
STATES_OPERATION(update_state_machine)
STATES_OPERATION(delete_state_machine)
STATES_OPERATION(describe_state_machine)
STATES_OPERATION(list_state_machines)
STATES_OPERATION(list_state_machine_versions)
STATES_OPERATION(publish_state_machine_version)
STATES_OPERATION(delete_state_machine_version)
STATES_OPERATION(list_state_machine_aliases)
STATES_OPERATION(create_state_machine_alias)
STATES_OPERATION(update_state_machine_alias)
STATES_OPERATION(delete_state_machine_alias)
STATES_OPERATION(describe_state_machine_alias)
STATES_OPERATION(validate_definition)
STATES_OPERATION(tag_resource)
STATES_OPERATION(untag_resource)
STATES_OPERATION(list_tags_for_resource)
STATES_OPERATION(start_execution)
STATES_OPERATION(start_sync_execution)
STATES_OPERATION(describe_execution)
STATES_OPERATION(describe_machine_for_execution)
STATES_OPERATION(list_executions)
STATES_OPERATION(stop_execution)
STATES_OPERATION(get_execution_history)
STATES_OPERATION(send_task_success)
STATES_OPERATION(send_task_failure)
STATES_OPERATION(send_task_heartbeat)

struct machine_input {
	struct str arn, name, definition, role_arn, type, version_description;
	const struct json *logging, *tracing, *tags, *encryption;
	struct opt_bool publish;
	/* prepared */
	const struct json *logging_kept, *tracing_kept;
};
int states_prepare_machine(struct call *call);

/* ---- versions.c, aliases.c ---- */

struct version_input {
	struct str arn, revision, description;
};
struct alias_input {
	struct str arn, name, description; /* `arn`: the alias's, or the first version's */
	const struct json *routes;
};
/* Adds the machine's present revision to its versions unless the latest one is that already. The ARN; in the call's arena. */
struct str states_version_publish(struct call *call, struct json *machine, struct str description);
/* The version that "3" or "live" means; NULL when there is none. */
const struct json *states_version_choose(const struct json *machine, struct str qualifier);
const struct json *states_version_find(const struct json *machine, struct str number);
struct str states_version_arn(struct call *call, const struct json *machine, const struct json *version);
int states_machine_save(struct call *call, const struct json *machine) MUST_CHECK;
/* Before binding is over: the resource that permission is asked for. */
int states_prepare_alias(struct call *call);

struct page_input {
	struct str arn, token, status, redrive;
	struct opt_i64 max;
	struct opt_bool reverse, data;
};

struct tags_input {
	struct str arn;
	const struct json *tags, *keys;
};

struct validate_input {
	struct str definition, type, severity;
	struct opt_i64 max;
};

struct start_input {
	struct str arn, name, input, trace, include;
};

struct execution_input {
	struct str arn, error, cause, include;
};

struct token_input {
	struct str token, output, error, cause;
};

int states_prepare_start(struct call *call);
int states_unsupported(struct call *call);

#endif
