/* SPDX-License-Identifier: Apache-2.0 */
#include "service/lambda/configuration.h"

#include "service/lambda/runtime.h"

static const char *const log_formats[] = { "JSON", "Text", NULL };
static const char *const application_levels[] = { "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", NULL };
static const char *const system_levels[] = { "DEBUG", "INFO", "WARN", NULL };
static const char *const tracing_modes[] = { "Active", "PassThrough", NULL };
static const char *const snap_starts[] = { "PublishedVersions", "None", NULL };

/* Rows of a member that is a struct of its own: offsets count from that member. */
#define IN(member, part) (offsetof(struct configuration_input, member.part) - offsetof(struct configuration_input, member))
#define ROW(member, part, text, k, ...)                                                                                          \
	{                                                                                                                        \
		.name = text, .kind = k, .offset = IN(member, part), ##__VA_ARGS__                                               \
	}

const struct bind lambda_environment_fields[] = { ROW(environment, variables, "Variables", BIND_KIND_MAP), BIND_DONE };
const struct bind lambda_dead_letter_fields[] = { ROW(dead_letter, target_arn, "TargetArn", BIND_KIND_STR), BIND_DONE };
const struct bind lambda_tracing_fields[] = { ROW(tracing, mode, "Mode", BIND_KIND_STR, .values = tracing_modes), BIND_DONE };
const struct bind lambda_ephemeral_fields[] = {
	ROW(ephemeral, size, "Size", BIND_KIND_I64, .required = true, .min = 512, .max = 10240),
	BIND_DONE,
};
const struct bind lambda_snap_start_fields[] = { ROW(snap_start, apply_on, "ApplyOn", BIND_KIND_STR, .values = snap_starts),
						 BIND_DONE };
const struct bind lambda_logging_fields[] = {
	ROW(logging, log_format, "LogFormat", BIND_KIND_STR, .values = log_formats),
	ROW(logging, application_level, "ApplicationLogLevel", BIND_KIND_STR, .values = application_levels),
	ROW(logging, system_level, "SystemLogLevel", BIND_KIND_STR, .values = system_levels),
	ROW(logging, log_group, "LogGroup", BIND_KIND_STR, .min = 1, .max = 512),
	BIND_DONE,
};
const struct bind lambda_vpc_fields[] = {
	ROW(vpc, subnets, "SubnetIds", BIND_KIND_LIST),
	ROW(vpc, groups, "SecurityGroupIds", BIND_KIND_LIST),
	ROW(vpc, ipv6, "Ipv6AllowedForDualStack", BIND_KIND_BOOL),
	BIND_DONE,
};

/* ---- checks ---- */

/* "Defined runtime environment variables": reserved keys */
static const char *const reserved[] = {
	"_HANDLER",
	"_X_AMZN_TRACE_ID",
	"AWS_DEFAULT_REGION",
	"AWS_REGION",
	"AWS_EXECUTION_ENV",
	"AWS_LAMBDA_FUNCTION_NAME",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
	"AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE",
	"AWS_LAMBDA_LOG_GROUP_NAME",
	"AWS_LAMBDA_LOG_STREAM_NAME",
	"AWS_ACCESS_KEY",
	"AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
	"AWS_LAMBDA_RUNTIME_API",
	"LAMBDA_TASK_ROOT",
	"LAMBDA_RUNTIME_DIR",
	NULL,
};

static bool is_variable_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && (i == 0 || (c != '_' && !(c >= '0' && c <= '9'))))
			return false;
	}
	return name.n >= 2;
}

static int check_variable(struct call *call, const struct json_member *variable)
{
	struct str name = variable->name;

	for (size_t i = 0; reserved[i]; i++) {
		if (str_eq_c(name, reserved[i]))
			return lambda_refuse(call, &lambda_InvalidParameterValueException,
					     "Lambda was unable to configure your environment variables because the environment "
					     "variables you have "
					     "provided contains reserved keys that are currently not supported for modification. "
					     "Reserved keys used "
					     "in this request: " STR_FMT,
					     STR_ARG(name));
	}
	if (!is_variable_name(name) || !json_is(variable->value, JSON_STRING))
		return lambda_refuse(
			call, &lambda_InvalidParameterValueException,
			"1 validation error detected: Value '" STR_FMT
			"' at 'environment.variables' failed to satisfy constraint: Map "
			"keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
			STR_ARG(name));
	return 0;
}

static int check_variables(struct call *call, const struct json *variables)
{
	struct str text;

	for (size_t i = 0; variables && i < variables->count; i++) {
		int result = check_variable(call, &variables->members[i]);
		if (result != 0)
			return result;
	}
	text = variables ? json_to_str(&call->arena, variables) : STR("");
	if (text.n > LAMBDA_ENVIRONMENT_MAX)
		return lambda_refuse(
			call, &lambda_InvalidParameterValueException,
			"Lambda was unable to configure your environment variables because the environment variables you have "
			"provided exceeded the 4KB limit. String measured: " STR_FMT,
			STR_ARG(text));
	return 0;
}

static int not_offered(struct call *call, const char *what)
{
	return lambda_refuse(call, &lambda_InvalidParameterValueException, "%s is not offered by this server.", what);
}

static int check_role(struct call *call, struct str role)
{
	static const struct service_error validation = { "ValidationException", 400, NULL };

	if (!role.p || (str_starts(role, STR("arn:aws")) && str_find(role, STR(":role/"), 0) > 0))
		return 0;
	return lambda_refuse(call, &validation,
			     "1 validation error detected: Value '" STR_FMT
			     "' at 'role' failed to satisfy constraint: Member must satisfy regular "
			     "expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
			     STR_ARG(role));
}

int configuration_check(struct call *call, const struct configuration_input *in)
{
	int result = check_role(call, in->role);

	if (result == 0)
		result = check_variables(call, in->environment.variables);
	if (result != 0)
		return result;
	if (in->runtime.p && !runtime_is_known(in->runtime))
		return lambda_refuse(call, &lambda_InvalidParameterValueException,
				     "Value " STR_FMT
				     " at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
				     "[provided.al2023, provided.al2, provided, python3.x, nodejsN.x] or be a valid ARN",
				     STR_ARG(in->runtime));
	if ((in->vpc.subnets && in->vpc.subnets->count > 0) || (in->vpc.groups && in->vpc.groups->count > 0))
		return not_offered(call, "A VPC");
	if (str_eq(in->snap_start.apply_on, STR("PublishedVersions")))
		return not_offered(call, "SnapStart");
	if (str_eq(in->package_type, STR("Image")))
		return not_offered(call, "A container image");
	return 0;
}

int configuration_check_architectures(struct call *call, const struct json *list)
{
	struct str first = json_text(json_at(list, 0));

	if (!list || str_eq(first, STR("x86_64")) || str_eq(first, STR("arm64")))
		return 0;
	return lambda_refuse(call, &lambda_InvalidParameterValueException,
			     "1 validation error detected: Value '[" STR_FMT
			     "]' at 'architectures' failed to satisfy constraint: Member must satisfy "
			     "constraint: [Member must satisfy enum value set: [x86_64, arm64]]",
			     STR_ARG(first));
}

/* ---- documents ---- */

static const struct json *text(struct call *call, const char *value)
{
	return json_new_string(&call->arena, str_c(value));
}

static void put(struct call *call, struct json *object, struct str name, const struct json *value)
{
	json_put(&call->arena, object, name, value);
}

/* {name: value} */
static const struct json *single(struct call *call, struct str name, const struct json *value)
{
	struct json *object = json_new_object(&call->arena);

	put(call, object, name, value);
	return object;
}

static const struct json *default_logging(struct call *call, struct str name)
{
	struct json *logging = json_new_object(&call->arena);

	put(call, logging, STR("LogFormat"), text(call, "Text"));
	put(call, logging, STR("LogGroup"),
	    json_new_string(&call->arena, arena_printf(&call->arena, "/aws/lambda/" STR_FMT, STR_ARG(name))));
	return logging;
}

const struct json *configuration_new(struct call *call, struct str name)
{
	struct json *c = json_new_object(&call->arena), *snap = json_new_object(&call->arena),
		    *list = json_new_array(&call->arena);

	put(call, c, STR("FunctionName"), json_new_string(&call->arena, name));
	put(call, c, STR("FunctionArn"), json_new_string(&call->arena, function_arn(call, name, STR_NULL)));
	put(call, c, STR("Description"), text(call, ""));
	put(call, c, STR("Timeout"), json_new_i64(&call->arena, 3));
	put(call, c, STR("MemorySize"), json_new_i64(&call->arena, 128));
	put(call, c, STR("Version"), text(call, LAMBDA_LATEST));
	put(call, c, STR("TracingConfig"), single(call, STR("Mode"), text(call, "PassThrough")));
	put(call, c, STR("State"), text(call, "Active"));
	put(call, c, STR("LastUpdateStatus"), text(call, "Successful"));
	put(call, c, STR("PackageType"), text(call, "Zip"));
	json_add(&call->arena, list, text(call, "x86_64"));
	put(call, c, STR("Architectures"), list);
	put(call, c, STR("EphemeralStorage"), single(call, STR("Size"), json_new_i64(&call->arena, 512)));
	put(call, snap, STR("ApplyOn"), text(call, "None"));
	put(call, snap, STR("OptimizationStatus"), text(call, "Off"));
	put(call, c, STR("SnapStart"), snap);
	put(call, c, STR("LoggingConfig"), default_logging(call, name));
	return c;
}

/* Levels belong to JSON logs only, where both are INFO unless set. */
static const struct json *merge_logging(struct call *call, const struct json *old, const struct json *given)
{
	static const struct str levels[] = { { "ApplicationLogLevel", 19 }, { "SystemLogLevel", 14 } };
	const struct json *format = json_get_c(given, "LogFormat"), *group = json_get_c(given, "LogGroup");
	struct json *logging = json_new_object(&call->arena);

	format = format ? format : json_get_c(old, "LogFormat");
	put(call, logging, STR("LogFormat"), format);
	for (size_t i = 0; i < 2 && str_eq(json_text(format), STR("JSON")); i++) {
		const struct json *level = json_get(given, levels[i]);
		level = level ? level : json_get(old, levels[i]);
		put(call, logging, levels[i], level ? level : text(call, "INFO"));
	}
	put(call, logging, STR("LogGroup"), group ? group : json_get_c(old, "LogGroup"));
	return logging;
}

/* Members whose emptiness means "none". */
static const struct json *or_null(const struct json *value, bool empty)
{
	return empty ? &json_null : value;
}

struct json *configuration_changes(struct call *call, struct str name, const struct json *old)
{
	static const char *const plain[] = {
		"Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize", "Architectures", "EphemeralStorage", NULL,
	};
	const struct json *given = call->parameters, *v;
	struct json *changes = json_new_object(&call->arena);

	for (size_t i = 0; plain[i]; i++) {
		v = json_get(given, str_c(plain[i]));
		if (v && v->type != JSON_NULL)
			put(call, changes, str_c(plain[i]), v);
	}
	if ((v = json_get_c(given, "Environment")) != NULL) {
		const struct json *variables = json_get_c(v, "Variables");
		put(call, changes, STR("Environment"), or_null(v, !variables || variables->count == 0));
	}
	if ((v = json_get_c(given, "DeadLetterConfig")) != NULL)
		put(call, changes, STR("DeadLetterConfig"), or_null(v, json_get_text(v, STR("TargetArn")).n == 0));
	if ((v = json_get_c(given, "KMSKeyArn")) != NULL)
		put(call, changes, STR("KMSKeyArn"), or_null(v, json_text(v).n == 0));
	if (json_get_c(json_get_c(given, "TracingConfig"), "Mode"))
		put(call, changes, STR("TracingConfig"), json_get_c(given, "TracingConfig"));
	if ((v = json_get_c(given, "LoggingConfig")) != NULL) {
		const struct json *before = json_get_c(old, "LoggingConfig");
		put(call, changes, STR("LoggingConfig"), merge_logging(call, before ? before : default_logging(call, name), v));
	}
	return changes;
}

const struct json *configuration_merge(struct call *call, const struct json *old, const struct json *changes)
{
	static const char *const order[] = {
		"FunctionName", "FunctionArn",   "Runtime",          "Role",        "Handler",
		"CodeSize",     "Description",   "Timeout",          "MemorySize",  "LastModified",
		"CodeSha256",   "Version",       "DeadLetterConfig", "Environment", "KMSKeyArn",
		"Layers",       "TracingConfig", "RevisionId",       "State",       "LastUpdateStatus",
		"PackageType",  "Architectures", "EphemeralStorage", "SnapStart",   "LoggingConfig",
		NULL,
	};
	struct json *merged = json_new_object(&call->arena);

	for (size_t i = 0; order[i]; i++) {
		const struct json *v = json_get(changes, str_c(order[i]));
		if (!v)
			v = json_get(old, str_c(order[i]));
		if (v && v->type != JSON_NULL)
			put(call, merged, str_c(order[i]), v);
	}
	return merged;
}
