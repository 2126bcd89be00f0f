/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters: put, get, list, delete, tag.
 */
#include <regex.h>
#include <stdlib.h>

#include "aws/arn.h"
#include "os/clock.h"
#include "service/ssm/internal.h"

static const char *const types[] = { "String", "StringList", "SecureString", NULL };
static const char *const tiers[] = { "Standard", "Advanced", "Intelligent-Tiering", NULL };
static const char *const data_types[] = { "text", NULL };
static const char *const resource_types[] = { "Parameter", NULL };

#define PARAMETER_NAME BIND_STR(struct ssm_input, name, "Name", .required = true, .min = 1, .max = 2048)
#define RESOURCE                                                                                                                 \
	BIND_STR(struct ssm_input, resource_type, "ResourceType", .required = true, .values = resource_types),                   \
		BIND_STR(struct ssm_input, resource_id, "ResourceId", .required = true)
#define PAGE BIND_STR(struct ssm_input, token, "NextToken"), BIND_I64(struct ssm_input, limit, "MaxResults", .min = 1, .max = 50)

/* ---- names and records ---- */

/* "…:parameter/a" and "…:parameter/b/c" are the parameters "a" (or "/a") and "/b/c"; `text` may be a name already. */
static struct str plain_name(struct str text)
{
	ptrdiff_t at = str_find(text, STR(":parameter/"), 0);

	if (!str_starts(text, STR("arn:")) || at < 0)
		return text;
	text = str_from(text, (size_t)at + 10);
	return str_find_char(str_from(text, 1), '/', 0) < 0 ? str_from(text, 1) : text;
}

struct str ssm_named_resource(struct call *call, struct str name)
{
	return arn_format(&call->arena, "ssm", host_region(call->host), host_account(call->host), "parameter%s" STR_FMT,
			  str_starts(name, STR("/")) ? "" : "/", STR_ARG(name));
}

struct str ssm_parameter_resource(struct call *call)
{
	const struct ssm_input *in = call->input;
	struct str name = in->name.p ? in->name : in->resource_id.p ? in->resource_id : in->path;

	return name.p ? ssm_named_resource(call, plain_name(name)) : STR_NULL;
}

static int find_parameter(struct call *call, struct str name, const struct json **out)
{
	struct error err = { 0 };
	struct key key;

	*out = NULL;
	record_key(&key, STR("parameter"), plain_name(name));
	int rc = record_get(call->txn, SPACE_SSM, &key, &call->arena, out, &err);
	return rc == 0 || rc == ERR_NOT_FOUND ? 0 : call_fault(call, &err);
}

static int save_parameter(struct call *call, const struct json *parameter)
{
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("parameter"), json_get_text(parameter, STR("Name")));
	return record_put(call->txn, SPACE_SSM, &key, &call->arena, parameter, &err) < 0 ? call_fault(call, &err) : 0;
}

static int64_t number(const struct json *parameter, const char *name)
{
	int64_t n;

	return json_to_i64(json_get(parameter, str_c(name)), &n) == 0 ? n : 0;
}

/* ---- PutParameter ---- */

const struct bind ssm_put_parameter_fields[] = {
	PARAMETER_NAME,
	BIND_STR(struct ssm_input, value, "Value", .required = true, .min = 1),
	BIND_STR(struct ssm_input, type, "Type", .values = types),
	BIND_STR(struct ssm_input, description, "Description", .max = 1024),
	BIND_STR(struct ssm_input, key_id, "KeyId", .max = 256),
	BIND_BOOL(struct ssm_input, overwrite, "Overwrite"),
	BIND_STR(struct ssm_input, pattern, "AllowedPattern", .max = 1024),
	BIND_LIST(struct ssm_input, tags, "Tags", .max = TAGS_MAX),
	BIND_STR(struct ssm_input, tier, "Tier", .values = tiers),
	BIND_STR(struct ssm_input, data_type, "DataType", .values = data_types),
	BIND_REFUSED("Policies"),
	BIND_DONE,
};

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && !memchr("._-/", c, 4))
			return false;
	}
	return name.n && (name.p[0] == '/' || str_find_char(name, '/', 0) < 0) && !str_ends(name, STR("/"));
}

static int check_pattern(struct call *call, struct str pattern, struct str value)
{
	char *expression = arena_c(&call->arena, pattern), *text = arena_c(&call->arena, value);
	regex_t compiled;
	bool fits;

	if (!pattern.n)
		return 0;
	if (!expression || !text || regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB) != 0)
		return call_failf(call, &ssm_ValidationException, "The AllowedPattern is not a valid regular expression.");
	fits = regexec(&compiled, text, 0, NULL, 0) == 0;
	regfree(&compiled);
	return fits ? 0 : call_fail(call, &ssm_ParameterPatternMismatchException);
}

static int check_put(struct call *call, const struct json *old)
{
	const struct ssm_input *in = call->input;
	size_t size = str_eq_c(in->tier, "Advanced") ? 8192 : 4096;

	if (!is_name(in->name))
		return call_failf(
			call, &ssm_ValidationException,
			"Parameter name must be a fully qualified name: letters, digits and .-_, parts separated by /.");
	if (old && !in->overwrite.value)
		return call_fail(call, &ssm_ParameterAlreadyExists);
	if (!old && !in->type.p)
		return call_failf(call, &ssm_ValidationException, "A parameter type is required when you create a parameter.");
	if (old && in->tags && in->tags->count)
		return call_failf(call, &ssm_ValidationException,
				  "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, "
				  "please remove overwrite flag.");
	if (in->value.n > size)
		return call_failf(call, &ssm_ValidationException,
				  "Standard tier parameters support a maximum parameter value of 4096 characters.");
	return check_pattern(call, in->pattern.p ? in->pattern : json_get_text(old, STR("AllowedPattern")), in->value);
}

static void put_text(struct call *call, struct json *to, const char *name, struct str text)
{
	if (text.p)
		json_put(&call->arena, to, str_c(name), json_new_string(&call->arena, text));
}

int ssm_put_parameter(struct call *call)
{
	const struct ssm_input *in = call->input;
	const struct json *old;
	int rc = find_parameter(call, in->name, &old);

	if (rc == 0)
		rc = check_put(call, old);
	if (rc < 0)
		return rc;
	struct json *parameter = old ? json_copy_object(&call->arena, old) : json_new_object(&call->arena);
	bool standard = !in->tier.p || str_eq_c(in->tier, "Intelligent-Tiering");
	int64_t version = number(old, "Version") + 1;
	put_text(call, parameter, "Name", in->name);
	put_text(call, parameter, "Type", in->type);
	put_text(call, parameter, "Value", in->value);
	put_text(call, parameter, "Description", in->description);
	put_text(call, parameter, "AllowedPattern", in->pattern);
	put_text(call, parameter, "KeyId", in->key_id);
	if (!old || in->tier.p)
		put_text(call, parameter, "Tier", standard ? STR("Standard") : in->tier);
	put_text(call, parameter, "DataType", STR("text"));
	json_put(&call->arena, parameter, STR("Version"), json_new_i64(&call->arena, version));
	json_put(&call->arena, parameter, STR("modified"), json_new_i64(&call->arena, clock_wall_ms()));
	if (!old)
		json_put(&call->arena, parameter, STR("Tags"), tags_merge(&call->arena, NULL, in->tags));
	write_i64(&call->out, "Version", version);
	write_str(&call->out, "Tier", json_get_text(parameter, STR("Tier")));
	return save_parameter(call, parameter);
}

/* ---- reading ---- */

/* SecureString values stay hidden unless they are asked for; the service shows what it would have to decrypt. */
static struct str shown_value(const struct json *parameter, bool decrypt)
{
	if (!decrypt && str_eq_c(json_get_text(parameter, STR("Type")), "SecureString"))
		return STR("(encrypted)");
	return json_get_text(parameter, STR("Value"));
}

static void write_parameter(struct call *call, const char *name, const struct json *parameter, bool decrypt)
{
	struct writer *w = &call->out;

	write_object(w, name);
	write_json(w, "Name", json_get_c(parameter, "Name"));
	write_json(w, "Type", json_get_c(parameter, "Type"));
	write_str(w, "Value", shown_value(parameter, decrypt));
	write_i64(w, "Version", number(parameter, "Version"));
	write_time(w, "LastModifiedDate", number(parameter, "modified"));
	write_str(w, "ARN", ssm_named_resource(call, json_get_text(parameter, STR("Name"))));
	write_json(w, "DataType", json_get_c(parameter, "DataType"));
	write_end(w);
}

const struct bind ssm_get_parameter_fields[] = {
	PARAMETER_NAME,
	BIND_BOOL(struct ssm_input, decrypt, "WithDecryption"),
	BIND_DONE,
};

int ssm_get_parameter(struct call *call)
{
	const struct ssm_input *in = call->input;
	const struct json *parameter;
	int rc = find_parameter(call, in->name, &parameter);

	if (rc == 0 && !parameter)
		return call_fail(call, &ssm_ParameterNotFound);
	if (rc == 0)
		write_parameter(call, "Parameter", parameter, in->decrypt.value);
	return rc;
}

const struct bind ssm_get_parameters_fields[] = {
	BIND_LIST(struct ssm_input, names, "Names", .required = true, .min = 1, .max = 10),
	BIND_BOOL(struct ssm_input, decrypt, "WithDecryption"),
	BIND_DONE,
};

int ssm_get_parameters(struct call *call)
{
	const struct ssm_input *in = call->input;
	struct json *missing = json_new_array(&call->arena);

	write_list(&call->out, "Parameters", NULL);
	for (size_t i = 0; i < in->names->count; i++) {
		const struct json *parameter;

		if (find_parameter(call, json_text(in->names->items[i]), &parameter) < 0)
			return -1;
		if (parameter)
			write_parameter(call, NULL, parameter, in->decrypt.value);
		else
			json_add(&call->arena, missing, in->names->items[i]);
	}
	write_end(&call->out);
	write_json(&call->out, "InvalidParameters", missing);
	return 0;
}

/* ---- lists ---- */

static int list_parameters(struct call *call, record_fn each)
{
	const struct ssm_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 50, .token = in->token };
	struct error err = { 0 };
	struct str next = STR_NULL;
	struct key key;

	record_key(&key, STR("parameter"));
	write_list(&call->out, "Parameters", NULL);
	int rc = record_page(call->txn, SPACE_SSM, &key, &window, &call->arena, each, call, &next, &err);
	if (rc < 0)
		return rc == ERR_INVALID ? call_fail(call, &ssm_InvalidNextToken) : call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextToken", next);
	return 0;
}

const struct bind ssm_get_parameters_by_path_fields[] = {
	BIND_STR(struct ssm_input, path, "Path", .required = true, .min = 1, .max = 2048),
	BIND_BOOL(struct ssm_input, recursive, "Recursive"),
	BIND_BOOL(struct ssm_input, decrypt, "WithDecryption"),
	BIND_REFUSED("ParameterFilters"),
	PAGE,
	BIND_DONE,
};

static int write_below(void *argument, const struct json *parameter)
{
	struct call *call = argument;
	const struct ssm_input *in = call->input;
	struct str name = json_get_text(parameter, STR("Name"));
	struct str path = str_ends(in->path, STR("/")) ? str_sub(in->path, 0, in->path.n - 1) : in->path;

	if (!str_starts(name, path) || name.n <= path.n || name.p[path.n] != '/')
		return 0;
	if (!in->recursive.value && str_find_char(str_from(name, path.n + 1), '/', 0) >= 0)
		return 0;
	write_parameter(call, NULL, parameter, in->decrypt.value);
	return 1;
}

int ssm_get_parameters_by_path(struct call *call)
{
	const struct ssm_input *in = call->input;

	if (!str_starts(in->path, STR("/")))
		return call_failf(call, &ssm_ValidationException,
				  "The parameter doesn't meet the parameter name requirements: the "
				  "path must begin with /.");
	return list_parameters(call, write_below);
}

static const struct bind filter_fields[] = {
	{ .name = "Key", .kind = BIND_KIND_STR, .required = true },
	{ .name = "Option", .kind = BIND_KIND_STR },
	{ .name = "Values", .kind = BIND_KIND_LIST },
	BIND_DONE,
};

const struct bind ssm_describe_parameters_fields[] = {
	BIND_LIST(struct ssm_input, filters, "ParameterFilters", .fields = filter_fields),
	BIND_REFUSED("Filters"),
	BIND_IGNORED("Shared"), /* nothing is */
	PAGE,
	BIND_DONE,
};

/* "Equals" (where nothing is said), "BeginsWith" or "Contains", on the name or the type. */
static bool passes(const struct json *filter, const struct json *parameter)
{
	struct str option = json_get_text(filter, STR("Option")),
		   text = json_get_text(parameter, json_get_text(filter, STR("Key")));
	const struct json *values = json_get_c(filter, "Values");

	for (size_t i = 0; values && i < values->count; i++) {
		struct str value = json_text(values->items[i]);

		if (str_eq_c(option, "BeginsWith") ? str_starts(text, value)
		    : str_eq_c(option, "Contains") ? str_find(text, value, 0) >= 0
						   : str_eq(text, value))
			return true;
	}
	return false;
}

static int write_described(void *argument, const struct json *parameter)
{
	static const char *const members[] = { "Name",           "Type",    "KeyId", "Description",
					       "AllowedPattern", "Version", "Tier",  "DataType" };
	struct call *call = argument;
	const struct ssm_input *in = call->input;
	struct str name = json_get_text(parameter, STR("Name"));

	for (size_t i = 0; in->filters && i < in->filters->count; i++)
		if (!passes(in->filters->items[i], parameter))
			return 0;
	write_object(&call->out, NULL);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		write_json(&call->out, members[i], json_get(parameter, str_c(members[i])));
	write_str(&call->out, "ARN", ssm_named_resource(call, name));
	write_time(&call->out, "LastModifiedDate", number(parameter, "modified"));
	write_end(&call->out);
	return 1;
}

int ssm_describe_parameters(struct call *call)
{
	const struct ssm_input *in = call->input;

	for (size_t i = 0; in->filters && i < in->filters->count; i++) {
		struct str key = json_get_text(in->filters->items[i], STR("Key"));

		if (!str_eq_c(key, "Name") && !str_eq_c(key, "Type") && !str_eq_c(key, "Tier") && !str_eq_c(key, "DataType"))
			return call_failf(call, &ssm_ValidationException, "The filter key " STR_FMT " is not supported.",
					  STR_ARG(key));
	}
	return list_parameters(call, write_described);
}

/* ---- deleting ---- */

const struct bind ssm_delete_parameter_fields[] = { PARAMETER_NAME, BIND_DONE };
const struct bind ssm_delete_parameters_fields[] = {
	BIND_LIST(struct ssm_input, names, "Names", .required = true, .min = 1, .max = 10),
	BIND_DONE,
};

static int delete_one(struct call *call, struct str name, bool *was)
{
	const struct json *parameter;
	struct error err = { 0 };
	struct key key;
	int rc = find_parameter(call, name, &parameter);

	*was = rc == 0 && parameter;
	if (!*was)
		return rc;
	record_key(&key, STR("parameter"), plain_name(name));
	return store_delete(call->txn, SPACE_SSM, key_str(&key), &err) < 0 ? call_fault(call, &err) : 0;
}

int ssm_delete_parameter(struct call *call)
{
	const struct ssm_input *in = call->input;
	bool was;
	int rc = delete_one(call, in->name, &was);

	return rc == 0 && !was ? call_fail(call, &ssm_ParameterNotFound) : rc;
}

int ssm_delete_parameters(struct call *call)
{
	const struct ssm_input *in = call->input;
	struct json *lists[] = { json_new_array(&call->arena), json_new_array(&call->arena) };

	for (size_t i = 0; i < in->names->count; i++) {
		bool was;

		if (delete_one(call, json_text(in->names->items[i]), &was) < 0)
			return -1;
		json_add(&call->arena, lists[was], in->names->items[i]);
	}
	write_json(&call->out, "DeletedParameters", lists[1]);
	write_json(&call->out, "InvalidParameters", lists[0]);
	return 0;
}

/* ---- tags ---- */

const struct bind ssm_add_tags_to_resource_fields[] = {
	RESOURCE,
	BIND_LIST(struct ssm_input, tags, "Tags", .required = true, .max = 1000),
	BIND_DONE,
};
const struct bind ssm_remove_tags_from_resource_fields[] = {
	RESOURCE,
	BIND_LIST(struct ssm_input, tag_keys, "TagKeys", .required = true),
	BIND_DONE,
};
const struct bind ssm_list_tags_for_resource_fields[] = { RESOURCE, BIND_DONE };

static int load_tagged(struct call *call, const struct json **parameter)
{
	const struct ssm_input *in = call->input;
	int rc = find_parameter(call, in->resource_id, parameter);

	return rc == 0 && !*parameter ? call_fail(call, &ssm_InvalidResourceId) : rc;
}

static int save_tags(struct call *call, const struct json *parameter, const struct json *tags)
{
	struct json *changed = json_copy_object(&call->arena, parameter);

	json_put(&call->arena, changed, STR("Tags"), tags);
	return save_parameter(call, changed);
}

int ssm_add_tags_to_resource(struct call *call)
{
	const struct ssm_input *in = call->input;
	const struct json *parameter;
	int rc = load_tagged(call, &parameter);

	return rc < 0 ? rc : save_tags(call, parameter, tags_merge(&call->arena, json_get_c(parameter, "Tags"), in->tags));
}

int ssm_remove_tags_from_resource(struct call *call)
{
	const struct ssm_input *in = call->input;
	const struct json *parameter;
	int rc = load_tagged(call, &parameter);

	return rc < 0 ? rc : save_tags(call, parameter, tags_without(&call->arena, json_get_c(parameter, "Tags"), in->tag_keys));
}

int ssm_list_tags_for_resource(struct call *call)
{
	const struct json *parameter;
	int rc = load_tagged(call, &parameter);

	if (rc == 0)
		tags_write_list(&call->out, "TagList", json_get_c(parameter, "Tags"));
	return rc;
}
