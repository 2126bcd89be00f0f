/* SPDX-License-Identifier: Apache-2.0
 *
 * What a function has besides code and configuration: tags, reserved concurrency, how asynchronous invocations are treated.
 */
#include <stdio.h>

#include "os/clock.h"
#include "service/lambda/operations.h"
#include "service/tags.h"

/* ---- tags ---- */

struct tags_input {
	struct str resource;
	const struct json *tags, *keys;
};

const struct bind lambda_tag_resource_fields[] = {
	BIND_STR(struct tags_input, resource, "Resource", .location = BIND_LABEL, .required = true, .max = 256),
	BIND_MAP(struct tags_input, tags, "Tags", .required = true),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct tags_input);

const struct bind lambda_untag_resource_fields[] = {
	BIND_STR(struct tags_input, resource, "Resource", .location = BIND_LABEL, .required = true, .max = 256),
	BIND_LIST(struct tags_input, keys, "TagKeys", .location = BIND_QUERY, .wire = "tagKeys", .required = true),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct tags_input);

const struct bind lambda_list_tags_fields[] = {
	BIND_STR(struct tags_input, resource, "Resource", .location = BIND_LABEL, .required = true, .max = 256),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct tags_input);

/* What the ARN names: a function (with its record), or an event source mapping (`name` stays empty). */
struct tagged {
	struct function_name name;
	const struct json *record, *tags;
};

static int load_tagged(struct call *call, struct tagged *out)
{
	const struct tags_input *in = call->input;
	int result;

	*out = (struct tagged){ 0 };
	if (event_source_is_arn(in->resource)) {
		result = event_source_load(call, in->resource, &out->record);
	} else {
		result = function_name_parse(call, in->resource, STR_NULL, &out->name);
		if (result == 0 && out->name.qualifier.p)
			result = lambda_refuse(
				call, &lambda_InvalidParameterValueException,
				"Tags on function aliases and versions are not supported. Please specify a function ARN.");
		if (result == 0)
			result = function_load(call, &out->name, &out->record);
	}
	out->tags = result == 0 ? json_get_c(out->record, "tags") : NULL;
	return result;
}

static int save_tags(struct call *call, const struct tagged *t, const struct json *tags)
{
	struct json *updated = json_copy_object(&call->arena, t->record);

	if (tags && tags->count > TAGS_MAX)
		return lambda_refuse(call, &lambda_InvalidParameterValueException, "The number of tags exceeds the limit of %d.",
				     TAGS_MAX);
	if (!t->name.name.p)
		return event_source_set_tags(call, t->record, tags);
	json_put(&call->arena, updated, STR("tags"), tags);
	return function_save(call, t->name.name, updated);
}

int lambda_tag_resource(struct call *call)
{
	const struct tags_input *in = call->input;
	struct tagged t;
	int result = load_tagged(call, &t);

	return result ? result : save_tags(call, &t, tags_merge(&call->arena, t.tags, in->tags));
}

int lambda_untag_resource(struct call *call)
{
	const struct tags_input *in = call->input;
	struct tagged t;
	int result = load_tagged(call, &t);

	return result ? result : save_tags(call, &t, tags_without(&call->arena, t.tags, in->keys));
}

int lambda_list_tags(struct call *call)
{
	struct tagged t;
	int result = load_tagged(call, &t);

	if (result == 0)
		write_json(&call->out, "Tags", t.tags ? t.tags : &json_empty_object);
	return result;
}

/* ---- concurrency ---- */

struct concurrency_input {
	struct str function_name;
	struct opt_i64 reserved;
};

const struct bind lambda_put_concurrency_fields[] = {
	BIND_STR(struct concurrency_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .max = 140),
	BIND_I64(struct concurrency_input, reserved, "ReservedConcurrentExecutions", .required = true, .min = 0, .max = 1000000),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct concurrency_input);

/* A function's record with a member put (or, NULL, taken out); and the running part told. */
static int change_function(struct call *call, struct str name, const struct json *function, struct str member,
			   const struct json *value)
{
	struct json *updated = json_new_object(&call->arena);
	int result;

	for (size_t i = 0; i < function->count; i++) {
		if (!str_eq(function->members[i].name, member))
			json_add_member(&call->arena, updated, function->members[i].name, function->members[i].value);
	}
	if (value)
		json_put(&call->arena, updated, member, value);
	result = function_save(call, name, updated);
	return result ? result : function_changed(call, name, NULL);
}

int lambda_put_function_concurrency(struct call *call)
{
	const struct concurrency_input *in = call->input;
	const struct lambda *l = call->state;
	struct function_name name;
	const struct json *function;
	int result = function_name_parse(call, in->function_name, STR_NULL, &name);

	if (result == 0)
		result = function_load(call, &name, &function);
	if (result != 0)
		return result;
	if (in->reserved.value > l->concurrency)
		return lambda_refuse(call, &lambda_InvalidParameterValueException,
				     "Specified ReservedConcurrentExecutions for function decreases account's "
				     "UnreservedConcurrentExecution below its "
				     "minimum value of [0].");
	result = change_function(call, name.name, function, STR("reserved"), json_new_i64(&call->arena, in->reserved.value));
	if (result == 0)
		write_i64(&call->out, "ReservedConcurrentExecutions", in->reserved.value);
	return result;
}

static int load_plain(struct call *call, struct function_name *name, const struct json **function)
{
	int result = named_parse(call, name);

	return result ? result : function_load(call, name, function);
}

int lambda_get_function_concurrency(struct call *call)
{
	struct function_name name;
	const struct json *function;
	int result = load_plain(call, &name, &function);

	if (result == 0 && json_get_c(function, "reserved"))
		write_json(&call->out, "ReservedConcurrentExecutions", json_get_c(function, "reserved"));
	return result;
}

int lambda_delete_function_concurrency(struct call *call)
{
	struct function_name name;
	const struct json *function;
	int result = load_plain(call, &name, &function);

	return result ? result : change_function(call, name.name, function, STR("reserved"), NULL);
}

int lambda_get_code_signing(struct call *call)
{
	struct function_name name;
	const struct json *function;
	int result = load_plain(call, &name, &function);

	if (result == 0)
		write_str(&call->out, "FunctionName", name.name);
	return result;
}

/* ---- asynchronous invocation ---- */

struct event_config_input {
	struct str function_name, qualifier;
	struct opt_i64 retries, age;
	struct {
		struct {
			struct str destination;
		} on_success, on_failure;
	} destinations;
};

static bool is_destination(struct str text)
{
	static const char *const services[] = { "arn:aws:sqs:", "arn:aws:sns:", "arn:aws:lambda:", "arn:aws:events:", NULL };

	for (size_t i = 0; services[i]; i++) {
		if (str_starts(text, str_c(services[i])))
			return true;
	}
	return text.n == 0;
}

static const struct bind destination_fields[] = {
	{ .name = "Destination",
	  .kind = BIND_KIND_STR,
	  .max = 350,
	  .valid = is_destination,
	  .pattern = "^$|arn:aws:(sqs|sns|lambda|events):.*" },
	BIND_DONE,
};

static const struct bind destinations_fields[] = {
	{ .name = "OnSuccess", .kind = BIND_KIND_STRUCT, .fields = destination_fields },
	{ .name = "OnFailure", .kind = BIND_KIND_STRUCT, .fields = destination_fields },
	BIND_DONE,
};

const struct bind lambda_put_event_config_fields[] = {
	BIND_STR(struct event_config_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .max = 256),
	BIND_STR(struct event_config_input, qualifier, "Qualifier", .location = BIND_QUERY, .min = 1, .max = 128),
	BIND_I64(struct event_config_input, retries, "MaximumRetryAttempts", .min = 0, .max = 2),
	BIND_I64(struct event_config_input, age, "MaximumEventAgeInSeconds", .min = 60, .max = 21600),
	BIND_STRUCT(struct event_config_input, destinations, "DestinationConfig", destinations_fields),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct event_config_input);

const struct bind lambda_list_event_configs_fields[] = {
	BIND_STR(struct named_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .max = 256),
	BIND_IGNORED("Marker"), /* all fit on one page */
	BIND_IGNORED("MaxItems"),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct named_input);

static struct str event_slot(const struct function_name *name)
{
	return name->qualifier.p ? name->qualifier : STR(LAMBDA_LATEST);
}

static int write_event_config(struct call *call, const struct json *config)
{
	for (size_t i = 0; config && i < config->count; i++)
		write_json(&call->out, arena_c(&call->arena, config->members[i].name), config->members[i].value);
	return 0;
}

/* `old` is what stays where the request says nothing; NULL for a new one. */
static int save_event_config(struct call *call, const struct function_name *name, const struct json *function,
			     const struct json *old)
{
	static const char *const members[] = { "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig", NULL };
	struct json *config = json_new_object(&call->arena), *all = record_member(call, function, STR("event_configs"));
	struct str arn = function_arn(call, name->name, event_slot(name));
	int result;

	json_put(&call->arena, config, STR("LastModified"), json_new_double(&call->arena, (double)clock_wall_ms() / 1000));
	json_put(&call->arena, config, STR("FunctionArn"), json_new_string(&call->arena, arn));
	for (size_t i = 0; members[i]; i++) {
		const struct json *value = json_get(call->parameters, str_c(members[i]));
		if (!value)
			value = json_get(old, str_c(members[i]));
		if (value && value->type != JSON_NULL)
			json_put(&call->arena, config, str_c(members[i]), value);
	}
	if (!json_get_c(config, "DestinationConfig")) {
		struct json *none = json_new_object(&call->arena);
		json_put(&call->arena, none, STR("OnSuccess"), &json_empty_object);
		json_put(&call->arena, none, STR("OnFailure"), &json_empty_object);
		json_put(&call->arena, config, STR("DestinationConfig"), none);
	}
	json_put(&call->arena, all, event_slot(name), config);
	result = change_function(call, name->name, function, STR("event_configs"), all);
	return result ? result : write_event_config(call, config);
}

static int load_event_config(struct call *call, struct str text, struct str qualifier, struct function_name *name,
			     const struct json **function, const struct json **config)
{
	struct str version;
	int result = function_name_parse(call, text, qualifier, name);

	if (result == 0)
		result = function_resolve(call, name, function, &version);
	if (result == 0)
		*config = json_get(json_get_c(*function, "event_configs"), event_slot(name));
	return result;
}

int lambda_put_event_config(struct call *call)
{
	const struct event_config_input *in = call->input;
	struct function_name name;
	const struct json *function, *config;
	int result = load_event_config(call, in->function_name, in->qualifier, &name, &function, &config);

	return result ? result : save_event_config(call, &name, function, NULL);
}

static int no_event_config(struct call *call, const struct function_name *name)
{
	struct str arn = function_arn(call, name->name, event_slot(name));

	return lambda_refuse(call, &lambda_ResourceNotFoundException,
			     "The function " STR_FMT " doesn't have an EventInvokeConfig", STR_ARG(arn));
}

int lambda_update_event_config(struct call *call)
{
	const struct event_config_input *in = call->input;
	struct function_name name;
	const struct json *function, *config;
	int result = load_event_config(call, in->function_name, in->qualifier, &name, &function, &config);

	if (result != 0)
		return result;
	return config ? save_event_config(call, &name, function, config) : no_event_config(call, &name);
}

int lambda_get_event_config(struct call *call)
{
	const struct named_input *in = call->input;
	struct function_name name;
	const struct json *function, *config;
	int result = load_event_config(call, in->function_name, in->qualifier, &name, &function, &config);

	if (result != 0)
		return result;
	return config ? write_event_config(call, config) : no_event_config(call, &name);
}

int lambda_delete_event_config(struct call *call)
{
	const struct named_input *in = call->input;
	struct function_name name;
	const struct json *function, *config;
	struct json *left = json_new_object(&call->arena);
	int result = load_event_config(call, in->function_name, in->qualifier, &name, &function, &config);

	if (result != 0)
		return result;
	if (!config)
		return no_event_config(call, &name);
	config = json_get_c(function, "event_configs");
	for (size_t i = 0; i < config->count; i++) {
		if (!str_eq(config->members[i].name, event_slot(&name)))
			json_add_member(&call->arena, left, config->members[i].name, config->members[i].value);
	}
	return change_function(call, name.name, function, STR("event_configs"), left);
}

int lambda_list_event_configs(struct call *call)
{
	struct function_name name;
	const struct json *function, *all;
	int result = load_plain(call, &name, &function);

	if (result != 0)
		return result;
	all = json_get_c(function, "event_configs");
	write_list(&call->out, "FunctionEventInvokeConfigs", NULL);
	for (size_t i = 0; all && i < all->count; i++)
		write_json(&call->out, NULL, all->members[i].value);
	write_end(&call->out);
	return 0;
}
