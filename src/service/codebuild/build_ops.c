/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds: started, stopped, described.
 */
#include <stdio.h>
#include <stdlib.h>

#include "aws/arn.h"
#include "os/clock.h"
#include "os/random.h"
#include "service/codebuild/internal.h"

struct build_input {
	struct str project_name, source_version, buildspec, token, id, next_token, sort_order, service_role, source_location,
		image;
	const struct json *variables, *ids, *artifacts, *logs;
	struct opt_i64 timeout;
};
CODEBUILD_INPUT_FITS(struct build_input);

static const char *const orders[] = { "ASCENDING", "DESCENDING", NULL };

static const struct bind variable_fields[] = {
	{ .name = "name", .kind = BIND_KIND_STR, .required = true, .min = 1 },
	{ .name = "value", .kind = BIND_KIND_STR, .required = true },
	{ .name = "type", .kind = BIND_KIND_STR },
	BIND_DONE,
};

const struct bind codebuild_start_build_fields[] = {
	BIND_STR(struct build_input, project_name, "projectName", .required = true, .min = 1),
	BIND_STR(struct build_input, source_version, "sourceVersion"),
	BIND_STR(struct build_input, buildspec, "buildspecOverride"),
	BIND_STR(struct build_input, source_location, "sourceLocationOverride"),
	BIND_STR(struct build_input, service_role, "serviceRoleOverride", .min = 1),
	BIND_STR(struct build_input, image, "imageOverride", .min = 1),
	BIND_STR(struct build_input, token, "idempotencyToken"),
	BIND_LIST(struct build_input, variables, "environmentVariablesOverride", .fields = variable_fields),
	BIND_MAP(struct build_input, artifacts, "artifactsOverride"),
	BIND_MAP(struct build_input, logs, "logsConfigOverride"),
	BIND_I64(struct build_input, timeout, "timeoutInMinutesOverride", .min = 5, .max = 2160),
	BIND_IGNORED("queuedTimeoutInMinutesOverride"), /* a build waits for its turn as long as it takes */
	BIND_IGNORED("computeTypeOverride"),            /* there is one machine, and it is no container */
	BIND_IGNORED("environmentTypeOverride"),
	BIND_IGNORED("privilegedModeOverride"),
	BIND_IGNORED("imagePullCredentialsTypeOverride"),
	BIND_IGNORED("gitCloneDepthOverride"), /* sources come from S3 */
	BIND_IGNORED("insecureSslOverride"),
	BIND_IGNORED("reportBuildStatusOverride"),
	BIND_REFUSED("sourceTypeOverride"),
	BIND_REFUSED("sourceAuthOverride"),
	BIND_REFUSED("secondarySourcesOverride"),
	BIND_REFUSED("secondarySourcesVersionOverride"),
	BIND_REFUSED("secondaryArtifactsOverride"),
	BIND_REFUSED("cacheOverride"),
	BIND_REFUSED("gitSubmodulesConfigOverride"),
	BIND_REFUSED("buildStatusConfigOverride"),
	BIND_REFUSED("certificateOverride"),
	BIND_REFUSED("encryptionKeyOverride"),
	BIND_REFUSED("registryCredentialOverride"),
	BIND_REFUSED("debugSessionEnabled"),
	BIND_REFUSED("fleetOverride"),
	BIND_REFUSED("autoRetryLimitOverride"),
	BIND_REFUSED("hostKernelOverride"),
	BIND_DONE,
};

const struct bind codebuild_stop_build_fields[] = { BIND_STR(struct build_input, id, "id", .required = true, .min = 1),
						    BIND_DONE };
const struct bind codebuild_batch_get_builds_fields[] = {
	BIND_LIST(struct build_input, ids, "ids", .required = true, .min = 1, .max = 100),
	BIND_DONE,
};
const struct bind codebuild_list_builds_for_project_fields[] = {
	BIND_STR(struct build_input, project_name, "projectName", .required = true, .min = 1),
	BIND_STR(struct build_input, sort_order, "sortOrder", .values = orders),
	BIND_STR(struct build_input, next_token, "nextToken"),
	BIND_DONE,
};

/* ---- records ---- */

void codebuild_build_key(struct key *k, struct str project, int64_t number)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%010lld", (long long)number);
	record_key(k, STR("build"), project, str_c(digits));
}

static const struct json *text(struct call *call, struct str value)
{
	return json_new_string(&call->arena, value);
}

static void put(struct call *call, struct json *object, struct str name, const struct json *value)
{
	if (value)
		json_put(&call->arena, object, name, value);
}

static int put_record(struct call *call, const struct key *key, const struct json *record)
{
	struct error err = { 0 };

	return record_put(call->txn, SPACE_CODEBUILD, key, &call->arena, record, &err) == 0 ? 0 : call_fault(call, &err);
}

/* A build's id or ARN as its id. */
static struct str build_id(struct str value)
{
	ptrdiff_t at = str_find(value, STR(":build/"), 0);

	return str_starts(value, STR("arn:")) && at > 0 ? str_from(value, (size_t)at + 7) : value;
}

/* 0 and NULL when there is none. */
static int load_build(struct call *call, struct str id, const struct json **build)
{
	struct error err = { 0 };
	const struct json *pointer;
	int64_t number = 0;
	struct key key;
	int result;

	*build = NULL;
	record_key(&key, STR("id"), build_id(id));
	result = record_get(call->txn, SPACE_CODEBUILD, &key, &call->arena, &pointer, &err);
	if (result == 0) {
		(void)!json_to_i64(json_get_c(pointer, "number"), &number);
		codebuild_build_key(&key, json_get_text(pointer, STR("project")), number);
		result = record_get(call->txn, SPACE_CODEBUILD, &key, &call->arena, build, &err);
	}
	return result == 0 || result == ERR_NOT_FOUND ? 0 : call_fault(call, &err);
}

/* ---- StartBuild ---- */

/* `base` with the variables of `over` put over it by name. */
static const struct json *merge_variables(struct call *call, const struct json *base, const struct json *over)
{
	struct json *merged = json_new_array(&call->arena);

	for (size_t i = 0; base && i < base->count; i++) {
		bool hidden = false;
		for (size_t j = 0; over && j < over->count; j++)
			hidden |= str_eq(json_get_text(base->items[i], STR("name")), json_get_text(over->items[j], STR("name")));
		if (!hidden)
			json_add(&call->arena, merged, base->items[i]);
	}
	for (size_t j = 0; over && j < over->count; j++)
		json_add(&call->arena, merged, over->items[j]);
	return merged;
}

static const struct json *effective_source(struct call *call, const struct json *project)
{
	const struct build_input *in = call->input;
	struct json *source = json_copy_object(&call->arena, json_get_c(project, "source"));

	if (in->buildspec.p)
		put(call, source, STR("buildspec"), text(call, in->buildspec));
	if (in->source_location.p)
		put(call, source, STR("location"), text(call, in->source_location));
	return source;
}

static const struct json *effective_environment(struct call *call, const struct json *project)
{
	const struct build_input *in = call->input;
	struct json *environment = json_copy_object(&call->arena, json_get_c(project, "environment"));

	put(call, environment, STR("environmentVariables"),
	    merge_variables(call, json_get_c(environment, "environmentVariables"), in->variables));
	if (in->image.p)
		put(call, environment, STR("image"), text(call, in->image));
	return environment;
}

/* Where the log goes; the group of the project, or the one CodeBuild makes. */
static const struct json *log_location(struct call *call, const struct json *project, struct str uuid)
{
	const struct build_input *in = call->input;
	const struct json *config = in->logs ? in->logs : json_get_c(project, "logsConfig"),
			  *watch = json_get_c(config, "cloudWatchLogs");
	struct str name = json_get_text(project, STR("name")), group = json_get_text(watch, STR("groupName"));
	struct str prefix = json_get_text(watch, STR("streamName")), region = host_region(call->host),
		   account = host_account(call->host);
	struct json *logs = json_new_object(&call->arena), *status = json_new_object(&call->arena);

	if (!str_eq(json_get_text(watch, STR("status")), STR("DISABLED"))) {
		struct str stream =
			prefix.n ? arena_printf(&call->arena, STR_FMT "/" STR_FMT, STR_ARG(prefix), STR_ARG(uuid)) : uuid;
		if (group.n == 0)
			group = arena_printf(&call->arena, "/aws/codebuild/" STR_FMT, STR_ARG(name));
		put(call, logs, STR("groupName"), text(call, group));
		put(call, logs, STR("streamName"), text(call, stream));
		put(call, logs, STR("cloudWatchLogsArn"),
		    text(call, arena_printf(&call->arena,
					    "arn:aws:logs:" STR_FMT ":" STR_FMT ":log-group:" STR_FMT ":log-stream:" STR_FMT,
					    STR_ARG(region), STR_ARG(account), STR_ARG(group), STR_ARG(stream))));
	}
	put(call, status, STR("status"), text(call, group.n ? STR("ENABLED") : STR("DISABLED")));
	put(call, logs, STR("cloudWatchLogs"), watch ? watch : status);
	return logs;
}

/* The first phase has always gone well: the request is here. */
static const struct json *submitted(struct call *call, int64_t now_ms)
{
	struct json *phases = json_new_array(&call->arena), *phase = json_new_object(&call->arena);
	const struct json *now = codebuild_seconds(&call->arena, now_ms);

	put(call, phase, STR("phaseType"), text(call, STR("SUBMITTED")));
	put(call, phase, STR("phaseStatus"), text(call, STR("SUCCEEDED")));
	put(call, phase, STR("startTime"), now);
	put(call, phase, STR("endTime"), now);
	put(call, phase, STR("durationInSeconds"), json_new_i64(&call->arena, 0));
	json_add(&call->arena, phases, phase);
	return phases;
}

static struct json *new_build(struct call *call, const struct json *project, int64_t number)
{
	const struct build_input *in = call->input;
	struct json *b = json_new_object(&call->arena);
	struct str name = json_get_text(project, STR("name")), id, version = in->source_version;
	int64_t now = clock_wall_ms();
	char uuid[37];

	random_uuid(uuid);
	id = arena_printf(&call->arena, STR_FMT ":%s", STR_ARG(name), uuid);
	if (!version.p)
		version = json_get_text(project, STR("sourceVersion"));
	put(call, b, STR("id"), text(call, id));
	put(call, b, STR("arn"),
	    text(call, arn_format(&call->arena, "codebuild", host_region(call->host), host_account(call->host), "build/" STR_FMT,
				  STR_ARG(id))));
	put(call, b, STR("buildNumber"), json_new_i64(&call->arena, number));
	put(call, b, STR("startTime"), codebuild_seconds(&call->arena, now));
	put(call, b, STR("currentPhase"), text(call, STR("QUEUED")));
	put(call, b, STR("buildStatus"), text(call, STR("IN_PROGRESS")));
	if (version.n > 0) {
		put(call, b, STR("sourceVersion"), text(call, version));
		put(call, b, STR("resolvedSourceVersion"), text(call, version));
	}
	put(call, b, STR("projectName"), text(call, name));
	put(call, b, STR("phases"), submitted(call, now));
	put(call, b, STR("source"), effective_source(call, project));
	put(call, b, STR("artifacts"), in->artifacts ? in->artifacts : json_get_c(project, "artifacts"));
	put(call, b, STR("cache"), json_get_c(project, "cache"));
	put(call, b, STR("environment"), effective_environment(call, project));
	put(call, b, STR("serviceRole"), in->service_role.p ? text(call, in->service_role) : json_get_c(project, "serviceRole"));
	put(call, b, STR("logs"), log_location(call, project, arena_str(&call->arena, str_c(uuid))));
	put(call, b, STR("timeoutInMinutes"),
	    in->timeout.set ? json_new_i64(&call->arena, in->timeout.value) : json_get_c(project, "timeoutInMinutes"));
	put(call, b, STR("queuedTimeoutInMinutes"), json_get_c(project, "queuedTimeoutInMinutes"));
	put(call, b, STR("buildComplete"), json_new_bool(false));
	put(call, b, STR("initiator"), text(call, arn_resource_id(call->principal.arn)));
	put(call, b, STR("encryptionKey"), json_get_c(project, "encryptionKey"));
	return b;
}

static int invalid(struct call *call, const char *what)
{
	return call_failf(call, &codebuild_InvalidInputException, "%s", what);
}

static int check_runnable(struct call *call, const struct json *build)
{
	const struct json *source = json_get_c(build, "source"), *environment = json_get_c(build, "environment");
	const struct json *variables = json_get_c(environment, "environmentVariables"),
			  *artifacts = json_get_c(build, "artifacts");
	struct str type = json_get_text(source, STR("type"));

	if (!str_eq(type, STR("S3")) && !str_eq(type, STR("NO_SOURCE")))
		return invalid(call, "This server builds from S3 and NO_SOURCE only.");
	if (str_eq(type, STR("NO_SOURCE")) && json_get_text(source, STR("buildspec")).n == 0)
		return invalid(call, "A buildspec is required for projects with source type NO_SOURCE");
	if (str_eq(json_get_text(artifacts, STR("type")), STR("CODEPIPELINE")))
		return invalid(call, "This server puts artifacts to S3 only.");
	for (size_t i = 0; variables && i < variables->count; i++) {
		struct str kind = json_get_text(variables->items[i], STR("type"));
		if (kind.p && !str_eq(kind, STR("PLAINTEXT")))
			return invalid(call, "This server offers environment variables of type PLAINTEXT only.");
	}
	return 0;
}

static int save_new_build(struct call *call, struct str project, int64_t number, const struct json *build)
{
	const struct build_input *in = call->input;
	struct json *pointer = json_new_object(&call->arena), *token = json_new_object(&call->arena);
	struct key key;
	int result;

	codebuild_build_key(&key, project, number);
	result = put_record(call, &key, build);
	put(call, pointer, STR("project"), text(call, project));
	put(call, pointer, STR("number"), json_new_i64(&call->arena, number));
	record_key(&key, STR("id"), json_get_text(build, STR("id")));
	if (result == 0)
		result = put_record(call, &key, pointer);
	if (result != 0 || in->token.n == 0)
		return result;
	put(call, token, STR("id"), json_get_c(build, "id"));
	record_key(&key, STR("token"), project, in->token);
	return put_record(call, &key, token);
}

/* The build that the same token has started, or NULL. "The token is included in the StartBuild request and is valid for 5
 * minutes." */
static int load_by_token(struct call *call, struct str project, const struct json **build)
{
	const struct build_input *in = call->input;
	struct error err = { 0 };
	const struct json *token;
	double started = 0;
	struct key key;
	int result;

	*build = NULL;
	if (in->token.n == 0)
		return 0;
	record_key(&key, STR("token"), project, in->token);
	result = record_get(call->txn, SPACE_CODEBUILD, &key, &call->arena, &token, &err);
	if (result != 0)
		return result == ERR_NOT_FOUND ? 0 : call_fault(call, &err);
	result = load_build(call, json_get_text(token, STR("id")), build);
	if (result == 0 && *build && json_to_double(json_get_c(*build, "startTime"), &started) == 0 &&
	    (double)clock_wall_ms() / 1000 - started > 300)
		*build = NULL;
	return result;
}

static int count_active(void *argument, const struct json *build)
{
	*(int64_t *)argument += !json_true(json_get_c(build, "buildComplete"));
	return 1;
}

/* As many builds as the project allows may be queued or running. */
static int check_concurrency(struct call *call, struct str name, const struct json *project)
{
	struct error err = { 0 };
	int64_t limit, active = 0;
	struct key key;

	if (json_to_i64(json_get_c(project, "concurrentBuildLimit"), &limit) != 0)
		return 0;
	record_key(&key, STR("build"), name);
	if (record_page(call->txn, SPACE_CODEBUILD, &key, &(struct record_window){ 0 }, &call->arena, count_active, &active, NULL,
			&err) < 0)
		return call_fault(call, &err);
	return active < limit ? 0
			      : call_failf(call, &codebuild_AccountLimitExceededException,
					   "Cannot have more than %lld active builds for the project", (long long)limit);
}

int codebuild_start_build(struct call *call)
{
	const struct build_input *in = call->input;
	struct str name = codebuild_project_name(in->project_name);
	const struct json *record, *build;
	struct json *updated;
	int64_t number = 1;
	struct key key;
	int result = codebuild_project_load(call, name, &record);

	if (result == 0)
		result = load_by_token(call, name, &build);
	if (result != 0)
		return result;
	if (build) {
		write_json(&call->out, "build", build);
		return 0;
	}
	result = check_concurrency(call, name, json_get_c(record, "project"));
	if (result != 0)
		return result;
	(void)!json_to_i64(json_get_c(record, "next_build"), &number);
	build = new_build(call, json_get_c(record, "project"), number);
	updated = json_copy_object(&call->arena, record);
	put(call, updated, STR("next_build"), json_new_i64(&call->arena, number + 1));
	codebuild_project_key(&key, name);
	result = check_runnable(call, build);
	if (result == 0)
		result = put_record(call, &key, updated);
	if (result == 0)
		result = save_new_build(call, name, number, build);
	if (result == 0)
		result = schedule_start_later(call, build);
	if (result == 0)
		write_json(&call->out, "build", build);
	return result;
}

/* ---- the others ---- */

/* Each build is its project's. */
size_t codebuild_build_permissions(struct call *call, const struct permission **list)
{
	const struct json *ids = json_get_c(call->parameters, "ids");
	size_t count = json_is(ids, JSON_ARRAY) ? ids->count : 0;
	struct permission *asked = arena_alloc_array(&call->arena, count + 1, sizeof(*asked));

	for (size_t i = 0; asked && i < count; i++) {
		struct str rest = build_id(json_text(ids->items[i]));
		asked[i] = (struct permission){ STR("codebuild:BatchGetBuilds"),
						codebuild_project_arn(call, str_split(&rest, ':')) };
	}
	*list = asked;
	return asked ? count : 0;
}

struct stop {
	struct codebuild *cb;
	char id[256];
};

static void stop_now(void *argument)
{
	struct stop *stop = argument;

	schedule_stop(stop->cb, str_c(stop->id));
	free(stop);
}

int codebuild_stop_build(struct call *call)
{
	const struct build_input *in = call->input;
	const struct json *build;
	struct str id = build_id(in->id);
	struct stop *stop;
	int result = load_build(call, id, &build);

	if (result != 0)
		return result;
	if (!build)
		return call_failf(call, &codebuild_ResourceNotFoundException, "Build ID " STR_FMT " cannot be found",
				  STR_ARG(id));
	write_json(&call->out, "build", build);
	if (json_true(json_get_c(build, "buildComplete")))
		return 0;
	stop = calloc(1, sizeof(*stop));
	if (!stop)
		return call_fault(call, NULL);
	stop->cb = call->state;
	snprintf(stop->id, sizeof(stop->id), STR_FMT, STR_ARG(id));
	if (store_after_commit(call->txn, stop_now, stop) == 0)
		return 0;
	free(stop);
	return call_fault(call, NULL);
}

int codebuild_batch_get_builds(struct call *call)
{
	const struct build_input *in = call->input;
	struct json *missing = json_new_array(&call->arena);

	write_list(&call->out, "builds", NULL);
	for (size_t i = 0; i < in->ids->count; i++) {
		const struct json *build;
		int result = load_build(call, json_text(in->ids->items[i]), &build);
		if (result != 0)
			return result;
		if (build)
			write_json(&call->out, NULL, build);
		else
			json_add(&call->arena, missing, in->ids->items[i]);
	}
	write_end(&call->out);
	write_json(&call->out, "buildsNotFound", missing);
	return 0;
}

static int collect_id(void *argument, const struct json *build)
{
	struct json *ids = ((void **)argument)[0];
	struct call *call = ((void **)argument)[1];

	json_add(&call->arena, ids, json_get_c(build, "id"));
	return 1;
}

enum { IDS_A_PAGE = 100 };

/* Newest first unless asked otherwise; the token is how many were shown. */
static int list_ids(struct call *call, const struct key *prefix)
{
	const struct build_input *in = call->input;
	struct json *ids = json_new_array(&call->arena);
	struct record_window window = { 0 };
	struct error err = { 0 };
	void *argument[] = { ids, call };
	bool ascending = str_eq(in->sort_order, STR("ASCENDING"));
	uint64_t from = 0;

	if (in->next_token.p && str_to_u64(in->next_token, &from) != 0)
		return invalid(call, "The token is not valid.");
	if (record_page(call->txn, SPACE_CODEBUILD, prefix, &window, &call->arena, collect_id, argument, NULL, &err) < 0)
		return call_fault(call, &err);
	write_list(&call->out, "ids", NULL);
	for (size_t i = from; i < ids->count && i < from + IDS_A_PAGE; i++)
		write_json(&call->out, NULL, ids->items[ascending ? i : ids->count - 1 - i]);
	write_end(&call->out);
	if (from + IDS_A_PAGE < ids->count)
		write_strf(&call->out, "nextToken", "%llu", (unsigned long long)from + IDS_A_PAGE);
	return 0;
}

int codebuild_list_builds_for_project(struct call *call)
{
	const struct build_input *in = call->input;
	struct str name = codebuild_project_name(in->project_name);
	const struct json *record;
	struct key key;
	int result = codebuild_project_load(call, name, &record);

	record_key(&key, STR("build"), name);
	return result ? result : list_ids(call, &key);
}
