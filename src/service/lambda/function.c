/* SPDX-License-Identifier: Apache-2.0 */
#include "service/lambda/function.h"

#include "aws/arn.h"
#include "format/date.h"
#include "os/clock.h"
#include "os/random.h"

LAMBDA_ERRORS(SERVICE_ERROR_ROW)

int lambda_refuse(struct call *call, const struct service_error *error, const char *format, ...)
{
	va_list args;
	struct str text;

	va_start(args, format);
	text = arena_vprintf(&call->arena, format, args);
	va_end(args);
	call_failf(call, error, STR_FMT, STR_ARG(text));
	call_error_field(call, "Type", error->status >= 500 ? "Service" : "User");
	return ERR_SERVICE;
}

/* ---- names ---- */

static bool is_name(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return text.n > 0 && text.n <= LAMBDA_NAME_MAX;
}

bool function_is_version(struct str qualifier)
{
	uint64_t n;

	return str_eq(qualifier, STR(LAMBDA_LATEST)) || str_to_u64(qualifier, &n) == 0;
}

static int not_a_name(struct call *call, struct str text)
{
	static const struct service_error validation = { "ValidationException", 400, NULL };

	return lambda_refuse(call, &validation,
			     "1 validation error detected: Value '" STR_FMT
			     "' at 'functionName' failed to satisfy constraint: Member must satisfy "
			     "regular expression pattern: "
			     "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?"
			     "([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?",
			     STR_ARG(text));
}

/* arn:aws:lambda:region:account:function:name[:qualifier] and account:function:name[:qualifier], cut to name[:qualifier]. */
static int strip_arn(struct call *call, struct str *text)
{
	struct str account = host_account(call->host), rest = *text, first;
	struct arn arn;

	if (str_starts(*text, STR("arn:"))) {
		if (arn_parse(*text, &arn) != 0 || !str_eq(arn.service, STR("lambda")) ||
		    !str_starts(arn.resource, STR("function:")))
			return not_a_name(call, *text);
		if (!str_eq(arn.region, host_region(call->host)) || !str_eq(arn.account, account))
			return lambda_refuse(call, &lambda_ResourceNotFoundException, "Function not found: " STR_FMT,
					     STR_ARG(*text));
		*text = str_from(arn.resource, strlen("function:"));
		return 0;
	}
	first = str_split(&rest, ':');
	if (first.n == account.n && str_starts(rest, STR("function:"))) {
		if (!str_eq(first, account))
			return lambda_refuse(call, &lambda_ResourceNotFoundException, "Function not found: " STR_FMT,
					     STR_ARG(*text));
		*text = str_from(rest, strlen("function:"));
	} else if (str_starts(*text, STR("function:"))) {
		*text = str_from(*text, strlen("function:"));
	}
	return 0;
}

int function_name_parse(struct call *call, struct str text, struct str qualifier, struct function_name *out)
{
	struct str whole = text, rest;
	int result = strip_arn(call, &text);

	if (result != 0)
		return result;
	rest = text;
	out->name = str_split(&rest, ':');
	out->qualifier = rest;
	if (!is_name(out->name) || (rest.p && rest.n == 0))
		return not_a_name(call, whole);
	if (!qualifier.p)
		return 0;
	if (rest.p && !str_eq(rest, qualifier))
		return lambda_refuse(call, &lambda_InvalidParameterValueException,
				     "The derived qualifier from the function name does not match the specified qualifier.");
	out->qualifier = qualifier;
	return 0;
}

struct str function_arn(struct call *call, struct str name, struct str qualifier)
{
	if (!qualifier.p)
		return arn_format(&call->arena, "lambda", host_region(call->host), host_account(call->host), "function:" STR_FMT,
				  STR_ARG(name));
	return arn_format(&call->arena, "lambda", host_region(call->host), host_account(call->host),
			  "function:" STR_FMT ":" STR_FMT, STR_ARG(name), STR_ARG(qualifier));
}

int function_not_found(struct call *call, const struct function_name *name)
{
	struct str arn = function_arn(call, name->name, name->qualifier);

	return lambda_refuse(call, &lambda_ResourceNotFoundException, "Function not found: " STR_FMT, STR_ARG(arn));
}

/* ---- records ---- */

void function_key(struct key *k, struct str name)
{
	record_key(k, STR("function"), name);
}

void version_key(struct key *k, struct str name, struct str version)
{
	char digits[16];
	uint64_t n;

	if (str_to_u64(version, &n) == 0) {
		snprintf(digits, sizeof(digits), "%010llu", (unsigned long long)n);
		version = str_c(digits);
	}
	record_key(k, STR("version"), name, version);
}

static int load(struct call *call, const struct key *key, const struct function_name *name, const struct json **out)
{
	struct error err = { 0 };
	int result = record_get(call->txn, SPACE_LAMBDA, key, &call->arena, out, &err);

	if (result == ERR_NOT_FOUND)
		return function_not_found(call, name);
	return result == 0 ? 0 : call_fault(call, &err);
}

int function_load(struct call *call, const struct function_name *name, const struct json **out)
{
	struct key key;

	function_key(&key, name->name);
	return load(call, &key, name, out);
}

int version_load(struct call *call, const struct function_name *name, struct str version, const struct json **out)
{
	struct key key;

	version_key(&key, name->name, version);
	return load(call, &key, name, out);
}

static int save(struct call *call, const struct key *key, const struct json *record)
{
	struct error err = { 0 };

	return record_put(call->txn, SPACE_LAMBDA, key, &call->arena, record, &err) == 0 ? 0 : call_fault(call, &err);
}

int function_save(struct call *call, struct str name, const struct json *record)
{
	struct key key;

	function_key(&key, name);
	return save(call, &key, record);
}

int version_save(struct call *call, struct str name, struct str version, const struct json *record)
{
	struct key key;

	version_key(&key, name, version);
	return save(call, &key, record);
}

int function_resolve(struct call *call, const struct function_name *name, const struct json **function, struct str *version)
{
	const struct json *alias;
	int result = function_load(call, name, function);

	if (result != 0)
		return result;
	*version = name->qualifier.p ? name->qualifier : STR(LAMBDA_LATEST);
	if (function_is_version(*version))
		return 0;
	alias = json_get(json_get_c(*function, "aliases"), *version);
	if (!alias)
		return function_not_found(call, name);
	*version = json_get_text(alias, STR("FunctionVersion"));
	return 0;
}

static void write_layers(struct call *call, const struct json *layers)
{
	write_list(&call->out, "Layers", NULL);
	for (size_t i = 0; i < layers->count; i++) {
		write_object(&call->out, NULL);
		write_json(&call->out, "Arn", json_get_c(layers->items[i], "Arn"));
		write_json(&call->out, "CodeSize", json_get_c(layers->items[i], "CodeSize"));
		write_end(&call->out);
	}
	write_end(&call->out);
}

void configuration_write(struct call *call, const struct json *config, struct str qualifier)
{
	for (size_t i = 0; config && i < config->count; i++) {
		const struct json_member *m = &config->members[i];
		if (qualifier.p && str_eq(m->name, STR("FunctionArn")))
			write_str(&call->out, "FunctionArn",
				  function_arn(call, json_get_text(config, STR("FunctionName")), qualifier));
		else if (str_eq(m->name, STR("Layers")))
			write_layers(call, m->value);
		else
			write_json(&call->out, arena_c(&call->arena, m->name), m->value);
	}
}

struct json *record_member(struct call *call, const struct json *record, struct str name)
{
	const struct json *member = json_get(record, name);

	return json_is(member, JSON_OBJECT) ? json_copy_object(&call->arena, member) : json_new_object(&call->arena);
}

struct str lambda_revision(struct call *call)
{
	char uuid[37];

	random_uuid(uuid);
	return arena_str(&call->arena, str_c(uuid));
}

struct str lambda_now(struct call *call)
{
	char text[DATE_TEXT_MAX];
	struct str iso = date_iso_ms(text, clock_wall_ms());

	return arena_printf(&call->arena, STR_FMT "+0000", STR_ARG(str_sub(iso, 0, iso.n - 1)));
}

int lambda_check_revision(struct call *call, struct str given, struct str current)
{
	if (!given.p || str_eq(given, current))
		return 0;
	return lambda_refuse(call, &lambda_PreconditionFailedException, "%s", lambda_PreconditionFailedException.message);
}
