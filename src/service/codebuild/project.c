/* SPDX-License-Identifier: Apache-2.0
 *
 * Projects: kept and answered as they were given, with the defaults that AWS adds.
 */
#include "aws/arn.h"
#include "os/clock.h"
#include "service/codebuild/internal.h"

CODEBUILD_ERRORS(SERVICE_ERROR_ROW)

struct project_input {
	struct str name, service_role, next_token, sort_by, sort_order;
	const struct json *names;
	struct {
		struct str type;
	} source, artifacts;
	struct environment_part {
		struct str type, image, compute_type;
	} environment;
	struct opt_i64 timeout, queued_timeout, concurrent;
};
CODEBUILD_INPUT_FITS(struct project_input);

static bool is_project_name(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter && (i == 0 || (c != '-' && c != '_')))
			return false;
	}
	return true;
}

static const char *const source_types[] = {
	"CODECOMMIT", "CODEPIPELINE",      "GITHUB",    "GITLAB", "GITLAB_SELF_MANAGED", "S3",
	"BITBUCKET",  "GITHUB_ENTERPRISE", "NO_SOURCE", NULL,
};
static const char *const artifact_types[] = { "CODEPIPELINE", "S3", "NO_ARTIFACTS", NULL };

/* Not bound, but kept: the document that is stored is made of the request's parameters. */
#define KEPT(text) BIND_IGNORED(text)

static const struct bind source_fields[] = {
	{ .name = "type", .kind = BIND_KIND_STR, .required = true, .values = source_types },
	KEPT("location"),
	KEPT("gitCloneDepth"),
	KEPT("gitSubmodulesConfig"),
	KEPT("buildspec"),
	KEPT("auth"),
	KEPT("reportBuildStatus"),
	KEPT("buildStatusConfig"),
	KEPT("insecureSsl"),
	KEPT("sourceIdentifier"),
	BIND_DONE,
};

static const struct bind artifacts_fields[] = {
	{ .name = "type", .kind = BIND_KIND_STR, .required = true, .values = artifact_types },
	KEPT("location"),
	KEPT("path"),
	KEPT("namespaceType"),
	KEPT("name"),
	KEPT("packaging"),
	KEPT("overrideArtifactName"),
	KEPT("encryptionDisabled"),
	KEPT("artifactIdentifier"),
	KEPT("bucketOwnerAccess"),
	BIND_DONE,
};

static const struct bind environment_fields[] = {
	BIND_STR(struct environment_part, type, "type", .required = true, .min = 1, .max = 100),
	BIND_STR(struct environment_part, image, "image", .required = true, .min = 1, .max = 10000),
	BIND_STR(struct environment_part, compute_type, "computeType", .required = true, .min = 1, .max = 100),
	KEPT("environmentVariables"),
	KEPT("privilegedMode"),
	KEPT("certificate"),
	KEPT("registryCredential"),
	KEPT("imagePullCredentialsType"),
	BIND_REFUSED("fleet"),
	BIND_REFUSED("computeConfiguration"),
	BIND_REFUSED("dockerServer"),
	BIND_DONE,
};

/* Kept and answered; what of it builds act on is said in build_ops.c. */
#define PROJECT_ROWS(needed)                                                                                                     \
	BIND_STR(struct project_input, name, "name", .required = true, .min = 2, .max = 150, .valid = is_project_name,           \
		 .pattern = "[A-Za-z0-9][A-Za-z0-9\\-_]{1,149}"),                                                                \
		BIND_STRUCT(struct project_input, source, "source", source_fields, .required = needed),                          \
		BIND_STRUCT(struct project_input, artifacts, "artifacts", artifacts_fields, .required = needed),                 \
		BIND_STRUCT(struct project_input, environment, "environment", environment_fields, .required = needed),           \
		BIND_STR(struct project_input, service_role, "serviceRole", .required = needed, .min = 1),                       \
		BIND_I64(struct project_input, timeout, "timeoutInMinutes", .min = 5, .max = 2160),                              \
		BIND_I64(struct project_input, queued_timeout, "queuedTimeoutInMinutes", .min = 5, .max = 480),                  \
		KEPT("description"), KEPT("sourceVersion"), KEPT("cache"), KEPT("encryptionKey"), KEPT("tags"),                  \
		KEPT("badgeEnabled"), KEPT("logsConfig"), KEPT("autoRetryLimit"),                                                \
		BIND_I64(struct project_input, concurrent, "concurrentBuildLimit", .min = -1, .max = 100), KEPT("vpcConfig"),    \
		KEPT("secondarySources"), KEPT("secondarySourceVersions"), KEPT("secondaryArtifacts"),                           \
		KEPT("fileSystemLocations"), KEPT("buildBatchConfig")

const struct bind codebuild_create_project_fields[] = { PROJECT_ROWS(true), BIND_DONE };
const struct bind codebuild_update_project_fields[] = { PROJECT_ROWS(false), BIND_DONE };
const struct bind codebuild_delete_project_fields[] = {
	BIND_STR(struct project_input, name, "name", .required = true, .min = 1),
	BIND_DONE,
};
const struct bind codebuild_batch_get_projects_fields[] = {
	BIND_LIST(struct project_input, names, "names", .required = true, .min = 1, .max = 100),
	BIND_DONE,
};
const struct bind codebuild_list_projects_fields[] = {
	BIND_STR(struct project_input, next_token, "nextToken"), BIND_IGNORED("sortBy"), BIND_IGNORED("sortOrder"),
	BIND_DONE, /* by name */
};

/* ---- names and records ---- */

void codebuild_project_key(struct key *k, struct str name)
{
	record_key(k, STR("project"), name);
}

struct str codebuild_project_name(struct str text)
{
	ptrdiff_t at = str_find(text, STR(":project/"), 0);

	return str_starts(text, STR("arn:")) && at > 0 ? str_from(text, (size_t)at + 9) : text;
}

struct str codebuild_project_arn(struct call *call, struct str name)
{
	return arn_format(&call->arena, "codebuild", host_region(call->host), host_account(call->host), "project/" STR_FMT,
			  STR_ARG(name));
}

struct str codebuild_resource(struct call *call)
{
	struct str name = json_get_text(call->parameters, STR("name"));

	if (!name.p)
		name = json_get_text(call->parameters, STR("projectName"));
	if (!name.p)
		name = str_sub(json_get_text(call->parameters, STR("id")), 0, 1000);
	if (!name.p)
		return STR_NULL;
	name = codebuild_project_name(name);
	return codebuild_project_arn(call, str_split(&name, ':')); /* a build's id begins with its project */
}

const struct json *codebuild_seconds(struct arena *a, int64_t ms)
{
	return json_new_double(a, (double)ms / 1000);
}

int codebuild_project_load(struct call *call, struct str name, const struct json **record)
{
	struct error err = { 0 };
	struct key key;
	struct str arn;
	int result;

	codebuild_project_key(&key, name);
	result = record_get(call->txn, SPACE_CODEBUILD, &key, &call->arena, record, &err);
	if (result == 0)
		return 0;
	if (result != ERR_NOT_FOUND)
		return call_fault(call, &err);
	arn = codebuild_project_arn(call, name);
	return call_failf(call, &codebuild_ResourceNotFoundException, "Project cannot be found: " STR_FMT, STR_ARG(arn));
}

static int save(struct call *call, struct str name, const struct json *project, const struct json *next_build)
{
	struct json *record = json_new_object(&call->arena);
	struct error err = { 0 };
	struct key key;

	json_put(&call->arena, record, STR("project"), project);
	json_put(&call->arena, record, STR("next_build"), next_build);
	codebuild_project_key(&key, name);
	return record_put(call->txn, SPACE_CODEBUILD, &key, &call->arena, record, &err) == 0 ? 0 : call_fault(call, &err);
}

/* ---- documents ---- */

static void put_default(struct call *call, struct json *object, struct str name, const struct json *value)
{
	if (!json_get(object, name))
		json_put(&call->arena, object, name, value);
}

/* What these ask for does not run here: refused, unless they are empty. */
static int check_offered(struct call *call)
{
	static const char *const refused[] = {
		"vpcConfig",           "secondarySources", "secondarySourceVersions", "secondaryArtifacts",
		"fileSystemLocations", "buildBatchConfig", "autoRetryLimit",          NULL,
	};

	for (size_t i = 0; refused[i]; i++) {
		const struct json *value = json_get(call->parameters, str_c(refused[i]));
		bool empty = !value || value->type == JSON_NULL ||
			     ((value->type == JSON_OBJECT || value->type == JSON_ARRAY) && value->count == 0);
		if (!empty && !(value->type == JSON_NUMBER && str_eq(value->text, STR("0"))))
			return call_failf(call, &codebuild_InvalidInputException, "%s is not offered by this server.",
					  refused[i]);
	}
	return 0;
}

static const struct json *badge(struct call *call, bool on)
{
	struct json *object = json_new_object(&call->arena);

	json_put(&call->arena, object, STR("badgeEnabled"), json_new_bool(on));
	return object;
}

static void add_environment_defaults(struct call *call, struct json *project)
{
	struct json *environment = json_copy_object(&call->arena, json_get_c(project, "environment"));

	put_default(call, environment, STR("environmentVariables"), &json_empty_array);
	put_default(call, environment, STR("privilegedMode"), json_new_bool(false));
	put_default(call, environment, STR("imagePullCredentialsType"), json_new_string(&call->arena, STR("CODEBUILD")));
	json_put(&call->arena, project, STR("environment"), environment);
}

/* A concurrentBuildLimit of -1 takes the limit away. */
static struct json *without_limit_of_none(struct call *call, struct json *project)
{
	struct json *out = json_new_object(&call->arena);
	int64_t limit;

	if (json_to_i64(json_get_c(project, "concurrentBuildLimit"), &limit) != 0 || limit > 0)
		return project;
	for (size_t i = 0; i < project->count; i++)
		if (!str_eq_c(project->members[i].name, "concurrentBuildLimit"))
			json_add_member(&call->arena, out, project->members[i].name, project->members[i].value);
	return out;
}

/* `old` (NULL: a new project) with the request's members over it. */
static struct json *merge(struct call *call, const struct json *old, struct str name)
{
	struct json *project = old ? json_copy_object(&call->arena, old) : json_new_object(&call->arena),
		    *cache = json_new_object(&call->arena);
	const struct json *given = call->parameters, *now = codebuild_seconds(&call->arena, clock_wall_ms());
	struct str key = arn_format(&call->arena, "kms", host_region(call->host), host_account(call->host), "alias/aws/s3");

	for (size_t i = 0; i < given->count; i++) {
		if (!str_eq(given->members[i].name, STR("badgeEnabled")) && given->members[i].value->type != JSON_NULL)
			json_put(&call->arena, project, given->members[i].name, given->members[i].value);
	}
	if (json_get_c(given, "badgeEnabled") || !old)
		json_put(&call->arena, project, STR("badge"), badge(call, json_true(json_get_c(given, "badgeEnabled"))));
	put_default(call, project, STR("arn"), json_new_string(&call->arena, codebuild_project_arn(call, name)));
	put_default(call, project, STR("encryptionKey"), json_new_string(&call->arena, key));
	put_default(call, project, STR("timeoutInMinutes"), json_new_i64(&call->arena, 60));
	put_default(call, project, STR("queuedTimeoutInMinutes"), json_new_i64(&call->arena, 480));
	json_put(&call->arena, cache, STR("type"), json_new_string(&call->arena, STR("NO_CACHE")));
	put_default(call, project, STR("cache"), cache);
	put_default(call, project, STR("tags"), &json_empty_array);
	put_default(call, project, STR("created"), now);
	json_put(&call->arena, project, STR("lastModified"), now);
	add_environment_defaults(call, project);
	return without_limit_of_none(call, project);
}

/* ---- operations ---- */

int codebuild_create_project(struct call *call)
{
	const struct project_input *in = call->input;
	const struct json *project;
	struct key key;
	struct str arn;
	int result = check_offered(call);

	if (result != 0)
		return result;
	codebuild_project_key(&key, in->name);
	arn = codebuild_project_arn(call, in->name);
	if (store_has(call->txn, SPACE_CODEBUILD, key_str(&key)))
		return call_failf(call, &codebuild_ResourceAlreadyExistsException, "Project already exists: " STR_FMT,
				  STR_ARG(arn));
	project = merge(call, NULL, in->name);
	result = save(call, in->name, project, json_new_i64(&call->arena, 1));
	if (result == 0)
		write_json(&call->out, "project", project);
	return result;
}

int codebuild_update_project(struct call *call)
{
	const struct project_input *in = call->input;
	const struct json *record, *project;
	int result = check_offered(call);

	if (result == 0)
		result = codebuild_project_load(call, in->name, &record);
	if (result != 0)
		return result;
	project = merge(call, json_get_c(record, "project"), in->name);
	result = save(call, in->name, project, json_get_c(record, "next_build"));
	if (result == 0)
		write_json(&call->out, "project", project);
	return result;
}

int codebuild_delete_project(struct call *call)
{
	const struct project_input *in = call->input;
	struct error err = { 0 };
	struct key key;

	/* No error when there is none, as the service has it. */
	codebuild_project_key(&key, codebuild_project_name(in->name));
	return store_delete(call->txn, SPACE_CODEBUILD, key_str(&key), &err) == 0 ? 0 : call_fault(call, &err);
}

int codebuild_batch_get_projects(struct call *call)
{
	const struct project_input *in = call->input;
	struct json *missing = json_new_array(&call->arena);
	struct error err = { 0 };

	write_list(&call->out, "projects", NULL);
	for (size_t i = 0; i < in->names->count; i++) {
		const struct json *record;
		struct key key;
		int result;
		codebuild_project_key(&key, codebuild_project_name(json_text(in->names->items[i])));
		result = record_get(call->txn, SPACE_CODEBUILD, &key, &call->arena, &record, &err);
		if (result != 0 && result != ERR_NOT_FOUND)
			return call_fault(call, &err);
		if (result == 0)
			write_json(&call->out, NULL, json_get_c(record, "project"));
		else
			json_add(&call->arena, missing, in->names->items[i]);
	}
	write_end(&call->out);
	write_json(&call->out, "projectsNotFound", missing);
	return 0;
}

static int write_name(void *argument, const struct json *record)
{
	struct call *call = argument;

	write_json(&call->out, NULL, json_get_c(json_get_c(record, "project"), "name"));
	return 1;
}

int codebuild_list_projects(struct call *call)
{
	const struct project_input *in = call->input;
	struct record_window window = { .limit = 100, .token = in->next_token };
	struct error err = { 0 };
	struct str next;
	struct key prefix;
	int result;

	record_key(&prefix, STR("project"));
	write_list(&call->out, "projects", NULL);
	result = record_page(call->txn, SPACE_CODEBUILD, &prefix, &window, &call->arena, write_name, call, &next, &err);
	if (result < 0)
		return result == ERR_INVALID ? call_failf(call, &codebuild_InvalidInputException, "The token is not valid.")
					     : call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "nextToken", next);
	return 0;
}
