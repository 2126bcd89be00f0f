/* SPDX-License-Identifier: Apache-2.0
 *
 * Versions and aliases.
 */
#include <stdio.h>

#include "service/lambda/operations.h"

struct publish_version_input {
	struct str function_name, code_sha256, description, revision_id;
};

const struct bind lambda_publish_version_fields[] = {
	BIND_STR(struct publish_version_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true,
		 .max = 140),
	BIND_STR(struct publish_version_input, code_sha256, "CodeSha256"),
	BIND_STR(struct publish_version_input, description, "Description", .max = 256),
	BIND_STR(struct publish_version_input, revision_id, "RevisionId"),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct publish_version_input);

struct list_input {
	struct str function_name, marker, function_version;
	struct opt_i64 max_items;
};

const struct bind lambda_list_versions_fields[] = {
	BIND_STR(struct list_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .max = 170),
	BIND_STR(struct list_input, marker, "Marker", .location = BIND_QUERY),
	BIND_I64(struct list_input, max_items, "MaxItems", .location = BIND_QUERY, .min = 1, .max = 10000),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct list_input);

const struct bind lambda_list_aliases_fields[] = {
	BIND_STR(struct list_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .max = 140),
	BIND_STR(struct list_input, function_version, "FunctionVersion", .location = BIND_QUERY),
	BIND_STR(struct list_input, marker, "Marker", .location = BIND_QUERY),
	BIND_I64(struct list_input, max_items, "MaxItems", .location = BIND_QUERY, .min = 1, .max = 10000),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct list_input);

struct alias_input {
	struct str function_name, name, function_version, description, revision_id;
	struct {
		const struct json *weights;
	} routing;
};

static const struct bind routing_fields[] = {
	{ .name = "AdditionalVersionWeights", .kind = BIND_KIND_MAP, .max = 1 },
	BIND_DONE,
};

const struct bind lambda_alias_fields[] = {
	BIND_STR(struct alias_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .max = 140),
	BIND_STR(struct alias_input, name, "Name", .location = BIND_LABEL, .required = true, .min = 1, .max = 128),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct alias_input);

const struct bind lambda_create_alias_fields[] = {
	BIND_STR(struct alias_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .max = 140),
	BIND_STR(struct alias_input, name, "Name", .required = true, .min = 1, .max = 128),
	BIND_STR(struct alias_input, function_version, "FunctionVersion", .required = true, .min = 1, .max = 1024),
	BIND_STR(struct alias_input, description, "Description", .max = 256),
	BIND_STRUCT(struct alias_input, routing, "RoutingConfig", routing_fields),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct alias_input);

const struct bind lambda_update_alias_fields[] = {
	BIND_STR(struct alias_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .max = 140),
	BIND_STR(struct alias_input, name, "Name", .location = BIND_LABEL, .required = true, .min = 1, .max = 128),
	BIND_STR(struct alias_input, function_version, "FunctionVersion", .min = 1, .max = 1024),
	BIND_STR(struct alias_input, description, "Description", .max = 256),
	BIND_STRUCT(struct alias_input, routing, "RoutingConfig", routing_fields),
	BIND_STR(struct alias_input, revision_id, "RevisionId"),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct alias_input);

static const struct json *text_json(struct call *call, struct str text)
{
	return json_new_string(&call->arena, text);
}

/* ---- versions ---- */

/* The version published last, when $LATEST has not changed since. */
static struct str unchanged_version(const struct json *function, const struct json *config)
{
	const struct json *published = json_get_c(function, "published");

	return str_eq(json_get_text(published, STR("revision")), json_get_text(config, STR("RevisionId")))
		       ? json_get_text(published, STR("version"))
		       : STR_NULL;
}

static const struct json *published_record(struct call *call, const struct json *latest, struct str name, struct str version,
					   struct str description)
{
	struct json *record = json_copy_object(&call->arena, latest), *changes = json_new_object(&call->arena);

	json_put(&call->arena, changes, STR("Version"), text_json(call, version));
	json_put(&call->arena, changes, STR("FunctionArn"), text_json(call, function_arn(call, name, version)));
	json_put(&call->arena, changes, STR("RevisionId"), text_json(call, lambda_revision(call)));
	if (description.p)
		json_put(&call->arena, changes, STR("Description"), text_json(call, description));
	json_put(&call->arena, record, STR("config"), configuration_merge(call, json_get_c(latest, "config"), changes));
	return record;
}

static int save_published(struct call *call, const struct json *function, struct str name, const struct json *config,
			  int64_t number, const struct json *record)
{
	struct json *updated = json_copy_object(&call->arena, function), *published = json_new_object(&call->arena);
	struct str version = json_get_text(json_get_c(record, "config"), STR("Version"));
	int result;

	json_put(&call->arena, published, STR("revision"), json_get_c(config, "RevisionId"));
	json_put(&call->arena, published, STR("version"), text_json(call, version));
	json_put(&call->arena, updated, STR("published"), published);
	json_put(&call->arena, updated, STR("next_version"), json_new_i64(&call->arena, number + 1));
	result = function_save(call, name, updated);
	return result ? result : version_save(call, name, version, record);
}

int version_publish(struct call *call, struct str name, struct str description, const struct json **version)
{
	struct function_name named = { .name = name };
	const struct json *function, *latest, *config;
	struct str same;
	int64_t number = 1;
	int result = function_load(call, &named, &function);

	if (result == 0)
		result = version_load(call, &named, STR(LAMBDA_LATEST), &latest);
	if (result != 0)
		return result;
	config = json_get_c(latest, "config");
	same = unchanged_version(function, config);
	if (same.p)
		return version_load(call, &named, same, version);
	(void)!json_to_i64(json_get_c(function, "next_version"), &number);
	*version = published_record(call, latest, name, arena_printf(&call->arena, "%lld", (long long)number), description);
	return save_published(call, function, name, config, number, *version);
}

static int check_published(struct call *call, const struct function_name *name)
{
	const struct publish_version_input *in = call->input;
	const struct json *latest, *config;
	struct str sha;
	int result = version_load(call, name, STR(LAMBDA_LATEST), &latest);

	if (result != 0)
		return result;
	config = json_get_c(latest, "config");
	sha = json_get_text(config, STR("CodeSha256"));
	if (in->code_sha256.n > 0 && !str_eq(in->code_sha256, sha))
		return lambda_refuse(call, &lambda_InvalidParameterValueException,
				     "CodeSHA256 (" STR_FMT ") is different from current CodeSHA256 in $LATEST (" STR_FMT
				     "). Please try again with the CodeSHA256 in $LATEST.",
				     STR_ARG(in->code_sha256), STR_ARG(sha));
	return lambda_check_revision(call, in->revision_id, json_get_text(config, STR("RevisionId")));
}

int lambda_publish_version(struct call *call)
{
	const struct publish_version_input *in = call->input;
	const struct json *version;
	struct function_name name;
	int result = function_name_parse(call, in->function_name, STR_NULL, &name);

	if (result == 0)
		result = check_published(call, &name);
	if (result == 0)
		result = version_publish(call, name.name, in->description, &version);
	if (result == 0)
		configuration_write(call, json_get_c(version, "config"), STR_NULL);
	return result;
}

static int write_version(void *argument, const struct json *record)
{
	struct call *call = argument;
	const struct json *config = json_get_c(record, "config");

	write_object(&call->out, NULL);
	configuration_write(call, config, json_get_text(config, STR("Version")));
	write_end(&call->out);
	return 1;
}

int lambda_list_versions(struct call *call)
{
	const struct list_input *in = call->input;
	struct record_window window = { .limit = in->max_items.set ? in->max_items.value : 50, .token = in->marker };
	struct function_name name;
	const struct json *function;
	struct error err = { 0 };
	struct str next;
	struct key key;
	int result = function_name_parse(call, in->function_name, STR_NULL, &name);

	if (result == 0)
		result = function_load(call, &name, &function);
	if (result != 0)
		return result;
	record_key(&key, STR("version"), name.name);
	write_list(&call->out, "Versions", NULL);
	result = record_page(call->txn, SPACE_LAMBDA, &key, &window, &call->arena, write_version, call, &next, &err);
	if (result < 0)
		return result == ERR_INVALID
			       ? lambda_refuse(call, &lambda_InvalidParameterValueException, "The marker is not valid.")
			       : call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextMarker", next);
	return 0;
}

/* ---- aliases ---- */

static int alias_not_found(struct call *call, struct str function, struct str alias)
{
	struct str arn = function_arn(call, function, alias);

	return lambda_refuse(call, &lambda_ResourceNotFoundException, "Cannot find alias arn: " STR_FMT, STR_ARG(arn));
}

static void write_alias(struct call *call, const struct json *alias)
{
	for (size_t i = 0; alias && i < alias->count; i++)
		write_json(&call->out, arena_c(&call->arena, alias->members[i].name), alias->members[i].value);
}

static int load_alias_function(struct call *call, struct function_name *name, const struct json **function)
{
	const struct alias_input *in = call->input;
	int result = function_name_parse(call, in->function_name, STR_NULL, name);

	return result ? result : function_load(call, name, function);
}

static int check_alias_version(struct call *call, const struct function_name *name, struct str version)
{
	const struct json *record;

	if (!version.p)
		return 0;
	if (!function_is_version(version))
		return lambda_refuse(call, &lambda_InvalidParameterValueException,
				     "The function version " STR_FMT " is not valid.", STR_ARG(version));
	return version_load(call, &(struct function_name){ name->name, version }, version, &record);
}

/* The weights of an alias whose first version is `version`. Source: "AliasRoutingConfiguration", AWS Lambda API Reference. */
static int check_routing(struct call *call, const struct function_name *name, struct str version)
{
	const struct alias_input *in = call->input;
	const struct json *weights = in->routing.weights;
	double share;

	if (!weights || weights->count == 0)
		return 0;
	struct str other = weights->members[0].name;
	if (str_eq(version, STR(LAMBDA_LATEST)) || str_eq(other, STR(LAMBDA_LATEST)))
		return lambda_refuse(call, &lambda_InvalidParameterValueException,
				     "$LATEST is not supported for an alias pointing to more than 1 version");
	if (str_eq(other, version))
		return lambda_refuse(call, &lambda_InvalidParameterValueException,
				     "Invalid function version " STR_FMT ". Function version " STR_FMT
				     " is already included in routing configuration.",
				     STR_ARG(other), STR_ARG(other));
	if (json_to_double(weights->members[0].value, &share) < 0 || share < 0 || share > 1)
		return lambda_refuse(call, &lambda_InvalidParameterValueException,
				     "The weight of version " STR_FMT " must be a number from 0 to 1.", STR_ARG(other));
	return check_alias_version(call, name, other);
}

static void put_routing(struct call *call, struct json *alias)
{
	const struct alias_input *in = call->input;
	struct json *routing = json_new_object(&call->arena);

	if (!in->routing.weights || in->routing.weights->count == 0)
		return;
	json_put(&call->arena, routing, STR("AdditionalVersionWeights"), in->routing.weights);
	json_put(&call->arena, alias, STR("RoutingConfig"), routing);
}

/* `object` without one member. */
static struct json *without(struct call *call, const struct json *object, struct str name)
{
	struct json *copy = json_new_object(&call->arena);

	for (size_t i = 0; object && i < object->count; i++) {
		if (!str_eq(object->members[i].name, name))
			json_add_member(&call->arena, copy, object->members[i].name, object->members[i].value);
	}
	return copy;
}

static int save_alias(struct call *call, const struct json *function, struct str name, const struct json *alias)
{
	struct json *updated = json_copy_object(&call->arena, function), *aliases = record_member(call, function, STR("aliases"));
	int result;

	json_put(&call->arena, aliases, json_get_text(alias, STR("Name")), alias);
	json_put(&call->arena, updated, STR("aliases"), aliases);
	result = function_save(call, name, updated);
	if (result == 0)
		result = function_changed(call, name, NULL);
	if (result == 0)
		write_alias(call, alias);
	return result;
}

int lambda_create_alias(struct call *call)
{
	const struct alias_input *in = call->input;
	struct json *alias = json_new_object(&call->arena);
	struct function_name name;
	const struct json *function;
	struct str arn;
	int result = load_alias_function(call, &name, &function);

	if (result == 0)
		result = check_alias_version(call, &name, in->function_version);
	if (result == 0)
		result = check_routing(call, &name, in->function_version);
	if (result != 0)
		return result;
	arn = function_arn(call, name.name, in->name);
	if (json_get(json_get_c(function, "aliases"), in->name))
		return lambda_refuse(call, &lambda_ResourceConflictException, "Alias already exists: " STR_FMT, STR_ARG(arn));
	if (function_is_version(in->name))
		return lambda_refuse(call, &lambda_InvalidParameterValueException, "The alias name may not be a number.");
	json_put(&call->arena, alias, STR("AliasArn"), text_json(call, arn));
	json_put(&call->arena, alias, STR("Name"), text_json(call, in->name));
	json_put(&call->arena, alias, STR("FunctionVersion"), text_json(call, in->function_version));
	json_put(&call->arena, alias, STR("Description"), text_json(call, in->description.p ? in->description : STR("")));
	put_routing(call, alias);
	json_put(&call->arena, alias, STR("RevisionId"), text_json(call, lambda_revision(call)));
	return save_alias(call, function, name.name, alias);
}

static int load_alias(struct call *call, struct function_name *name, const struct json **function, const struct json **alias)
{
	const struct alias_input *in = call->input;
	int result = load_alias_function(call, name, function);

	if (result != 0)
		return result;
	*alias = json_get(json_get_c(*function, "aliases"), in->name);
	return *alias ? 0 : alias_not_found(call, name->name, in->name);
}

int lambda_get_alias(struct call *call)
{
	const struct json *function, *alias;
	struct function_name name;
	int result = load_alias(call, &name, &function, &alias);

	if (result == 0)
		write_alias(call, alias);
	return result;
}

int lambda_update_alias(struct call *call)
{
	const struct alias_input *in = call->input;
	const struct json *function, *alias;
	struct function_name name;
	struct json *updated;
	int result = load_alias(call, &name, &function, &alias);

	if (result == 0)
		result = lambda_check_revision(call, in->revision_id, json_get_text(alias, STR("RevisionId")));
	if (result == 0)
		result = check_alias_version(call, &name, in->function_version);
	if (result == 0)
		result = check_routing(call, &name,
				       in->function_version.p ? in->function_version
							      : json_get_text(alias, STR("FunctionVersion")));
	if (result != 0)
		return result;
	/* Empty weights take the routing away; without RoutingConfig it stays. */
	updated = in->routing.weights ? without(call, alias, STR("RoutingConfig")) : json_copy_object(&call->arena, alias);
	if (in->function_version.p)
		json_put(&call->arena, updated, STR("FunctionVersion"), text_json(call, in->function_version));
	if (in->description.p)
		json_put(&call->arena, updated, STR("Description"), text_json(call, in->description));
	put_routing(call, updated);
	json_put(&call->arena, updated, STR("RevisionId"), text_json(call, lambda_revision(call)));
	return save_alias(call, function, name.name, updated);
}

int lambda_delete_alias(struct call *call)
{
	const struct alias_input *in = call->input;
	struct function_name name;
	const struct json *function;
	struct json *updated;
	int result = load_alias_function(call, &name, &function);

	if (result != 0)
		return result;
	updated = json_copy_object(&call->arena, function);
	json_put(&call->arena, updated, STR("aliases"), without(call, json_get_c(function, "aliases"), in->name));
	result = function_save(call, name.name, updated);
	return result ? result : function_changed(call, name.name, NULL);
}

int lambda_list_aliases(struct call *call)
{
	const struct list_input *in = call->input;
	struct function_name name;
	const struct json *function, *aliases;
	int result = function_name_parse(call, in->function_name, STR_NULL, &name);

	if (result == 0)
		result = function_load(call, &name, &function);
	if (result != 0)
		return result;
	aliases = json_get_c(function, "aliases");
	write_list(&call->out, "Aliases", NULL);
	for (size_t i = 0; aliases && i < aliases->count; i++) {
		const struct json *alias = aliases->members[i].value;
		if (!in->function_version.p || str_eq(in->function_version, json_get_text(alias, STR("FunctionVersion"))))
			write_json(&call->out, NULL, alias);
	}
	write_end(&call->out);
	return 0;
}
