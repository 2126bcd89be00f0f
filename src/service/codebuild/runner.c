/* SPDX-License-Identifier: Apache-2.0 */
#include "service/codebuild/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "aws/arn.h"
#include "base/log.h"
#include "format/date.h"
#include "os/clock.h"
#include "os/file.h"

enum { LOG_RETRY_MS = 2, LOG_WAIT_MS = 500 };

static const char *const phase_names[BUILDSPEC_PHASES] = { "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD" };

void build_log_line(struct build *b, struct str line)
{
	const struct timespec moment = { .tv_nsec = LOG_RETRY_MS * 1000000 };
	int64_t now = clock_wall_ms(), give_up = now + LOG_WAIT_MS;

	if (!b->may_log)
		return;
	if (line.n == 0)
		line = STR("\n"); /* an event is never empty */
	while (!host_log_try(b->cb->host, b->group, b->stream, now, line)) {
		if (build_check(b) != BUILD_GOES_ON && clock_wall_ms() >= give_up)
			return;
		nanosleep(&moment, NULL);
	}
}

void build_log(struct build *b, const char *format, ...)
{
	struct date_parts t;
	struct buf line;
	va_list args;

	if (!b->may_log)
		return;
	buf_init(&line, 65536);
	date_split(clock_wall_ms(), &t);
	buf_addf(&line, "[Container] %04d/%02d/%02d %02d:%02d:%02d.%03d ", t.year, t.month, t.day, t.hour, t.minute, t.second,
		 t.millisecond);
	va_start(args, format);
	buf_addv(&line, format, args);
	va_end(args);
	build_log_line(b, buf_str(&line));
	buf_release(&line);
}

enum build_end build_check(struct build *b)
{
	bool stopped;

	pthread_mutex_lock(&b->lock);
	stopped = b->stopped;
	pthread_mutex_unlock(&b->lock);
	if (stopped)
		return BUILD_STOPPED;
	return clock_wall_ms() >= b->deadline_ms ? BUILD_TIMED_OUT : BUILD_GOES_ON;
}

/* ---- storing ---- */

static const struct json *text(struct build *b, struct str value)
{
	return json_new_string(&b->arena, value);
}

static void put(struct build *b, struct json *object, struct str name, const struct json *value)
{
	json_put(&b->arena, object, name, value);
}

/* "CodeBuild Build State Change" (Build notifications input format reference) */
int build_put_event(struct codebuild *cb, struct store_txn *txn, struct arena *a, const struct json *build, struct error *err)
{
	struct json *event = json_new_object(a), *detail = json_new_object(a), *resources = json_new_array(a),
		    *more = json_new_object(a);
	static const char *const members[] = {
		"artifacts", "environment", "timeoutInMinutes", "buildComplete", "initiator", "source", "logs", "phases", NULL,
	};

	json_add(a, resources, json_get_c(build, "arn"));
	for (size_t i = 0; members[i]; i++) {
		if (json_get(build, str_c(members[i])))
			json_put(a, more, str_c(members[i]), json_get(build, str_c(members[i])));
	}
	json_put(a, detail, STR("build-status"), json_get_c(build, "buildStatus"));
	json_put(a, detail, STR("project-name"), json_get_c(build, "projectName"));
	json_put(a, detail, STR("build-id"), json_get_c(build, "arn"));
	json_put(a, detail, STR("additional-information"), more);
	json_put(a, detail, STR("current-phase"), json_get_c(build, "currentPhase"));
	json_put(a, detail, STR("version"), json_new_string(a, STR("1")));
	json_put(a, event, STR("source"), json_new_string(a, STR("aws.codebuild")));
	json_put(a, event, STR("detail-type"), json_new_string(a, STR("CodeBuild Build State Change")));
	json_put(a, event, STR("resources"), resources);
	json_put(a, event, STR("detail"), detail);
	return arena_failed(a) ? error_set(err, ERR_NO_MEMORY, "no memory for an event")
			       : host_put_event(cb->host, txn, event, err);
}

struct saving {
	struct build *build;
	bool event;
};

static int write_build(struct store_txn *txn, void *argument, struct error *err)
{
	const struct saving *s = argument;
	struct build *b = s->build;
	struct key key;
	int result;

	codebuild_build_key(&key, b->project, b->number);
	result = record_put(txn, SPACE_CODEBUILD, &key, &b->arena, b->record, err);
	return result == 0 && s->event ? build_put_event(b->cb, txn, &b->arena, b->record, err) : result;
}

static void save(struct build *b, const struct json *record, bool event)
{
	struct saving saving = { b, event };
	struct error err = { 0 };

	b->record = record;
	if (store_write_wait(host_store(b->cb->host), write_build, &saving, &err) != 0)
		log_error("codebuild", "a build's state is not stored build=" STR_FMT " error=%s", STR_ARG(b->id), err.message);
}

/* ---- phases ---- */

static void begin_phase(struct build *b, const char *name)
{
	struct json *phase = json_new_object(&b->arena), *record = json_copy_object(&b->arena, b->record);

	put(b, phase, STR("phaseType"), text(b, str_c(name)));
	put(b, phase, STR("startTime"), codebuild_seconds(&b->arena, clock_wall_ms()));
	b->phases = json_copy_array(&b->arena, b->phases);
	json_add(&b->arena, b->phases, phase);
	put(b, record, STR("phases"), b->phases);
	put(b, record, STR("currentPhase"), text(b, str_c(name)));
	build_log(b, "Entering phase %s", name);
	save(b, record, false);
}

static const struct json *make_contexts(struct build *b, const struct error *why)
{
	struct json *contexts = json_new_array(&b->arena), *context = json_new_object(&b->arena);

	put(b, context, STR("statusCode"), text(b, arena_str(&b->arena, str_c(why && why->code ? why->name : ""))));
	put(b, context, STR("message"), text(b, arena_str(&b->arena, str_c(why && why->code ? why->message : ""))));
	json_add(&b->arena, contexts, context);
	return contexts;
}

static void end_phase(struct build *b, const char *status, const struct error *why)
{
	struct json *record = json_copy_object(&b->arena, b->record), *phase, *phases = json_new_array(&b->arena);
	const struct json *last = b->phases && b->phases->count ? b->phases->items[b->phases->count - 1] : NULL;
	int64_t now = clock_wall_ms();
	double started = 0;

	if (!last)
		return;
	(void)!json_to_double(json_get_c(last, "startTime"), &started);
	phase = json_copy_object(&b->arena, last);
	put(b, phase, STR("phaseStatus"), text(b, str_c(status)));
	put(b, phase, STR("endTime"), codebuild_seconds(&b->arena, now));
	put(b, phase, STR("durationInSeconds"), json_new_i64(&b->arena, (int64_t)((double)now / 1000 - started)));
	put(b, phase, STR("contexts"), make_contexts(b, why));
	for (size_t i = 0; i + 1 < b->phases->count; i++)
		json_add(&b->arena, phases, b->phases->items[i]);
	json_add(&b->arena, phases, phase);
	b->phases = phases;
	put(b, record, STR("phases"), phases);
	build_log(b, "Phase complete: " STR_FMT " State: %s", STR_ARG(json_get_text(last, STR("phaseType"))), status);
	build_log(b, "Phase context status code: %s Message: %s", why && why->code ? why->name : "",
		  why && why->code ? why->message : "");
	save(b, record, false);
}

/* Ends the phase by what came of it; what failed first decides the build's status. Answers whether the build may go on. */
static bool settle_phase(struct build *b, int result, const struct error *why)
{
	enum build_end end = build_check(b);
	const char *status = "SUCCEEDED";

	if (end == BUILD_STOPPED)
		status = "STOPPED";
	else if (end == BUILD_TIMED_OUT)
		status = "TIMED_OUT";
	else if (result != 0)
		status = "FAILED";
	end_phase(b, status, result != 0 && end == BUILD_GOES_ON ? why : NULL);
	if (strcmp(status, "SUCCEEDED") == 0)
		return true;
	if (!b->failed)
		b->failed_status = str_c(status);
	b->failed = true;
	return false;
}

static int run_commands(struct build *b, const struct json *commands, struct error *err)
{
	int result = 0;

	for (size_t i = 0; commands && i < commands->count && result == 0; i++)
		result = build_command(b, json_text(commands->items[i]), err);
	return result;
}

/* `finally` runs whatever came of the commands; its own failure counts where they had none. */
static bool run_phase(struct build *b, enum buildspec_phase_name name)
{
	const struct buildspec_phase *phase = &b->spec.phases[name];
	struct error err = { 0 }, late = { 0 };
	int result, last;

	begin_phase(b, phase_names[name]);
	result = run_commands(b, phase->commands, &err);
	if (result != 0 && build_check(b) == BUILD_GOES_ON)
		build_log(b, "Command did not exit successfully: %s", err.message);
	last = run_commands(b, phase->finally, &late);
	if (result == 0 && last != 0) {
		result = last;
		err = late;
	}
	if (settle_phase(b, result, &err))
		return true;
	/* on-failure: CONTINUE goes on; the build has failed all the same. */
	return phase->go_on && build_check(b) == BUILD_GOES_ON;
}

/* ---- the build ---- */

static int make_kit(struct codebuild *cb, struct error *err)
{
	const char *mode = host_setting(cb->host, "sandbox");
	int result = 0;

	pthread_mutex_lock(&cb->lock);
	if (!cb->kit_made && !(mode && strcmp(mode, "off") == 0))
		result = sandbox_kit_new(&cb->kit, cb->view, err);
	if (result == 0)
		cb->kit_made = true;
	pthread_mutex_unlock(&cb->lock);
	return result;
}

static int make_folders(struct build *b, struct error *err)
{
	char path[1024];
	int result = file_make_dirs(b->folder, 0755, err);

	for (size_t i = 0; build_folders[i] && result == 0; i++) {
		snprintf(path, sizeof(path), "%s/%s", b->folder, build_folders[i]);
		result = file_make_dirs(path, 0755, err);
	}
	return result;
}

/* The log is written in the role's name; AWS runs no build whose log it may not write. */
static int begin_log(struct build *b, struct error *err)
{
	struct host *host = b->cb->host;
	static const char *const actions[] = { "logs:CreateLogStream", "logs:PutLogEvents", NULL };
	struct str arn = arn_format(&b->arena, "logs", host_region(host), host_account(host),
				    "log-group:" STR_FMT ":log-stream:" STR_FMT, STR_ARG(b->group), STR_ARG(b->stream));

	if (!b->group.p)
		return 0;
	for (size_t i = 0; actions[i]; i++) {
		if (!arn.p || !host_may(host, &b->principal, str_c(actions[i]), arn))
			return error_set(err, ERR_DENIED,
					 "Service role " STR_FMT
					 " does not allow AWS CodeBuild to create Amazon CloudWatch Logs log "
					 "streams for build " STR_FMT ". Error message: User: " STR_FMT
					 " is not authorized to perform: %s on resource: " STR_FMT,
					 STR_ARG(b->role), STR_ARG(json_get_text(b->record, STR("arn"))),
					 STR_ARG(b->principal.arn), actions[i], STR_ARG(arn));
	}
	b->may_log = true;
	return 0;
}

static bool provision(struct build *b)
{
	struct error err = { 0 };
	int result;

	begin_phase(b, "PROVISIONING");
	result = make_kit(b->cb, &err);
	if (result == 0)
		result = make_folders(b, &err);
	if (result == 0)
		result = build_assume_role(b, &err);
	if (result == 0)
		result = begin_log(b, &err);
	if (result != 0 && !err.name[0])
		snprintf(err.name, sizeof(err.name), result == ERR_IO ? "INTERNAL_SERVICE_ERROR" : "ACCESS_DENIED");
	if (result == 0)
		build_prepare_sandbox(b);
	return settle_phase(b, result, &err);
}

static bool fetch(struct build *b)
{
	struct error err = { 0 };

	begin_phase(b, "DOWNLOAD_SOURCE");
	return settle_phase(b, build_fetch_source(b, &err), &err);
}

static void upload(struct build *b)
{
	struct json *record, *artifacts = json_new_object(&b->arena);
	struct error err = { 0 };
	struct str location;
	int result;

	begin_phase(b, "UPLOAD_ARTIFACTS");
	result = build_upload_artifacts(b, &location, &err);
	if (result == 0) {
		record = json_copy_object(&b->arena, b->record);
		put(b, artifacts, STR("location"), text(b, location.p ? location : STR("")));
		put(b, record, STR("artifacts"), artifacts);
		b->record = record;
	}
	settle_phase(b, result, &err);
}

static void run_phases(struct build *b)
{
	int64_t minutes = 60;

	begin_phase(b, "QUEUED");
	b->deadline_ms = schedule_wait_turn(b);
	if (!settle_phase(b, 0, NULL))
		return;
	(void)!json_to_i64(json_get_c(b->record, "timeoutInMinutes"), &minutes);
	b->deadline_ms = clock_wall_ms() + minutes * b->cb->minute_ms;
	if (!provision(b) || !fetch(b))
		return;
	if (!run_phase(b, BUILDSPEC_INSTALL) || !run_phase(b, BUILDSPEC_PRE_BUILD))
		return;
	run_phase(b, BUILDSPEC_BUILD);
	if (build_check(b) != BUILD_GOES_ON)
		return;
	run_phase(b, BUILDSPEC_POST_BUILD);
	if (!b->failed)
		upload(b);
}

static void complete(struct build *b)
{
	struct json *record, *phase = json_new_object(&b->arena), *phases;
	const struct json *now;
	struct str status = b->failed ? b->failed_status : STR("SUCCEEDED");

	begin_phase(b, "FINALIZING");
	end_phase(b, "SUCCEEDED", NULL);
	now = codebuild_seconds(&b->arena, clock_wall_ms());
	put(b, phase, STR("phaseType"), text(b, STR("COMPLETED")));
	put(b, phase, STR("startTime"), now);
	phases = json_copy_array(&b->arena, b->phases);
	json_add(&b->arena, phases, phase);
	record = json_copy_object(&b->arena, b->record);
	put(b, record, STR("phases"), phases);
	put(b, record, STR("currentPhase"), text(b, STR("COMPLETED")));
	put(b, record, STR("buildStatus"), text(b, status));
	put(b, record, STR("buildComplete"), json_new_bool(true));
	put(b, record, STR("endTime"), now);
	put(b, record, STR("exportedEnvironmentVariables"), build_exported(b));
	save(b, record, true);
}

void build_run(struct build *b)
{
	run_phases(b);
	complete(b);
	(void)!file_remove_tree(b->folder, NULL);
}
