/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service keeps in SPACE_CODEBUILD:
 *   ("project", name)           {"project": as it is answered, "next_build": n}
 *   ("build", project, number)  the build as it is answered; numbers in ten digits, so that they list in order
 *   ("id", id)                  {"project", "number"} of the build whose id "project:uuid" that is
 *   ("token", project, token)   {"id"}: the build that an idempotency token has started
 */
#ifndef GLEANER_SERVICE_CODEBUILD_INTERNAL_H
#define GLEANER_SERVICE_CODEBUILD_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "os/process.h"
#include "os/sandbox.h"
#include "service/codebuild/codebuild.h"
#include "service/record.h"

#define CODEBUILD_ERRORS(E)                                                                                                      \
	E(codebuild, InvalidInputException, 400, "The input value that was provided is not valid.")                              \
	E(codebuild, ResourceAlreadyExistsException, 400,                                                                        \
	  "The specified resource cannot be created, because it already exists.")                                                \
	E(codebuild, ResourceNotFoundException, 400, "The specified resource cannot be found.")                                  \
	E(codebuild, AccountLimitExceededException, 400, "A limit was exceeded.")

CODEBUILD_ERRORS(SERVICE_ERROR_EXTERN)

enum {
	CODEBUILD_INPUT_SIZE = 512,
	CODEBUILD_RUNNING_MAX = 4, /* builds at once; others are queued */
	CODEBUILD_QUEUE_MAX = 100,
	CODEBUILD_SOURCE_MAX = 1 << 30,
};
#define CODEBUILD_INPUT_FITS(type) _Static_assert(sizeof(type) <= CODEBUILD_INPUT_SIZE, "CODEBUILD_INPUT_SIZE is too small")

struct build;

struct codebuild {
	struct host *host;
	struct process_watcher *watcher;
	char *folder, *view; /* <data>/builds, <data>/builds-view */
	int64_t minute_ms;
	pthread_mutex_t lock;    /* everything below */
	struct sandbox_kit *kit; /* made at the first build */
	bool kit_made;
	struct build *builds;   /* queued and running, newest first; one thread each */
	unsigned running;       /* those whose turn it is */
	pthread_cond_t changed; /* a build has ended or been stopped */
	unsigned next_slot;
	bool stopping;
};

/* ---- project.c ---- */

void codebuild_project_key(struct key *k, struct str name);
/* The name in a name or ARN. */
struct str codebuild_project_name(struct str text);
int codebuild_project_load(struct call *call, struct str name,
			   const struct json **record) MUST_CHECK; /* ResourceNotFoundException */
struct str codebuild_project_arn(struct call *call, struct str name);
struct str codebuild_resource(struct call *call);
const struct json *codebuild_seconds(struct arena *a, int64_t ms);

/* ---- build_ops.c ---- */

void codebuild_build_key(struct key *k, struct str project, int64_t number);

size_t codebuild_build_permissions(struct call *call, const struct permission **list); /* of the builds in "ids" */

/* ---- schedule.c ---- */

/* Inside a write: runs the build after the commit. */
int schedule_start_later(struct call *call, const struct json *build) MUST_CHECK;
/* Ends a build that is queued or runs. */
void schedule_stop(struct codebuild *cb, struct str id);
/* Ends all, and waits until each has stored its end. */
void schedule_stop_all(struct codebuild *cb);

/* ---- recovery.c ---- */

/* At start: builds that were under way when the server ended have failed. */
int recovery_settle(struct codebuild *cb, struct error *err) MUST_CHECK;

/* ---- condition.c ---- */

/* service.condition_list: what StartBuild asks to replace of the project, as policies see it. */
bool codebuild_condition_list(struct call *call, struct str key, const struct str **values, size_t *count);

#define CODEBUILD_OPERATION(name)                                                                                                \
	int codebuild_##name(struct call *call);                                                                                 \
	extern const struct bind codebuild_##name##_fields[];

CODEBUILD_OPERATION(create_project)
CODEBUILD_OPERATION(update_project)
CODEBUILD_OPERATION(delete_project)
CODEBUILD_OPERATION(batch_get_projects)
CODEBUILD_OPERATION(list_projects)
CODEBUILD_OPERATION(start_build)
CODEBUILD_OPERATION(stop_build)
CODEBUILD_OPERATION(batch_get_builds)
CODEBUILD_OPERATION(list_builds_for_project)

#endif
