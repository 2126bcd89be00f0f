/* SPDX-License-Identifier: Apache-2.0
 *
 * A build under way, on a thread of its own from the queue to the end:
 *
 *   QUEUED -> PROVISIONING (folders, the role's credentials) -> DOWNLOAD_SOURCE (and the buildspec) -> INSTALL -> PRE_BUILD ->
 * BUILD -> POST_BUILD -> UPLOAD_ARTIFACTS -> FINALIZING -> COMPLETED
 *
 * A failed INSTALL or PRE_BUILD leads to FINALIZING, a failed BUILD to POST_BUILD first; a stop or the timeout ends the phase at
 * once. Every change of phase is stored before it acts, and the first and last status are events.
 */
#ifndef GLEANER_SERVICE_CODEBUILD_RUNNER_H
#define GLEANER_SERVICE_CODEBUILD_RUNNER_H

#include "service/codebuild/buildspec.h"
#include "service/codebuild/internal.h"

enum build_end { BUILD_GOES_ON, BUILD_STOPPED, BUILD_TIMED_OUT };

struct build {
	struct codebuild *cb;
	struct build *next;        /* of cb->builds */
	struct arena arena;        /* everything below lives here; the build's thread only */
	const struct json *record; /* as stored last */
	struct str id, uuid, project, role, group, stream;
	int64_t number, deadline_ms;
	struct json *phases;
	bool failed;              /* a phase has */
	struct str failed_status; /* FAILED, STOPPED, TIMED_OUT, FAULT */
	struct buildspec spec;
	struct principal principal; /* the role's session */
	struct str access_key, secret_key, session_token;
	bool may_log;     /* from PROVISIONING on, where the project has a log */
	char *folder;     /* <data>/builds/<uuid>: src, state, home */
	const char *seen; /* the same as the build's processes see it: "/codebuild", or folder */
	struct sandbox sandbox;
	struct sandbox_path paths[64];
	/* Shared with the threads that stop it and watch its process. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct process *process; /* the command that runs */
	bool ended, stopped;
	struct process_exit end;
	bool waits, runs; /* for its turn, in its turn; under cb->lock */
};

void build_log(struct build *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Waits while the log's queue is full, so that nothing of a chatty build is lost; for a moment's lines only once it is to end. */
void build_log_line(struct build *b, struct str line);
enum build_end build_check(struct build *b); /* has it been stopped, or is its time up? */
void build_run(struct build *b);             /* from the queue to the end */
/* Inside a write: tells EventBridge of the status that `build` is stored with. */
int build_put_event(struct codebuild *cb, struct store_txn *txn, struct arena *a, const struct json *build,
		    struct error *err) MUST_CHECK;

/* ---- schedule.c ---- */

/* Waits until fewer than CODEBUILD_RUNNING_MAX builds run and no older one waits, the build is stopped, or its time in the queue
 * is up: build_check tells which, by the deadline that is returned. */
int64_t schedule_wait_turn(struct build *b) MUST_CHECK;

/* ---- wait.c: calls to other services, waited for (the thread is the build's own) ---- */

struct reply {
	struct error error; /* code 0: success */
	struct str body;    /* in the build's arena */
};
/* A body that lies in a file is read when it is at most `max` bytes. */
int build_call(struct build *b, const char *service, const char *operation, const struct json *parameters, struct str body,
	       size_t max, struct reply *out, struct error *err) MUST_CHECK;
int build_assume_role(struct build *b, struct error *err) MUST_CHECK;

/* ---- source.c ---- */

/* Fetches and unpacks the source, reads the buildspec. The error's name is the phase context's status code. */
int build_fetch_source(struct build *b, struct error *err) MUST_CHECK;

/* ---- command.c ---- */

/* Runs one command; ERR_SERVICE with the phase context when it fails, ERR_UNAVAILABLE when the build has been stopped or is out
 * of time. */
int build_command(struct build *b, struct str command, struct error *err) MUST_CHECK;
void build_prepare_sandbox(struct build *b);
extern const char *const build_folders[]; /* of b->folder: those the commands may write */

/* ---- artifacts.c ---- */

int build_upload_artifacts(struct build *b, struct str *location, struct error *err) MUST_CHECK;
/* What the commands have left in exported variables, as the answer shows them. */
const struct json *build_exported(struct build *b);

#endif
