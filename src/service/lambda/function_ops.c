/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions: create, read, list, update, delete.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/lambda/layers.h"
#include "service/lambda/operations.h"
#include "service/tags.h"

/* ---- inputs ---- */

const struct bind lambda_named_fields[] = {
	BIND_STR(struct named_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .min = 1,
		 .max = 256),
	BIND_STR(struct named_input, qualifier, "Qualifier", .location = BIND_QUERY, .min = 1, .max = 128),
	BIND_DONE,
};
const struct bind lambda_unqualified_fields[] = {
	BIND_STR(struct named_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .min = 1,
		 .max = 256),
	BIND_DONE,
};

struct code_input {
	struct str zip_file, bucket, key, version;
};

static const struct bind code_fields[] = {
	BIND_BLOB(struct code_input, zip_file, "ZipFile"),
	BIND_STR(struct code_input, bucket, "S3Bucket", .min = 3, .max = 63),
	BIND_STR(struct code_input, key, "S3Key", .min = 1, .max = 1024),
	BIND_STR(struct code_input, version, "S3ObjectVersion", .min = 1, .max = 1024),
	BIND_REFUSED("ImageUri"),
	BIND_REFUSED("SourceKMSKeyArn"),
	BIND_DONE,
};

struct create_function_input {
	struct str function_name;
	struct configuration_input settings;
	struct code_input code;
	const struct json *architectures, *tags;
	struct opt_bool publish;
};

static const char *const package_types[] = { "Zip", "Image", NULL };

const struct bind lambda_create_function_fields[] = {
	BIND_STR(struct create_function_input, function_name, "FunctionName", .required = true, .min = 1, .max = 140),
	BIND_STR(struct create_function_input, settings.role, "Role", .required = true),
	CONFIGURATION_ROWS(struct create_function_input),
	BIND_STR(struct create_function_input, settings.package_type, "PackageType", .values = package_types),
	BIND_STRUCT(struct create_function_input, code, "Code", code_fields, .required = true),
	BIND_LIST(struct create_function_input, architectures, "Architectures", .min = 1, .max = 1),
	BIND_MAP(struct create_function_input, tags, "Tags"),
	BIND_BOOL(struct create_function_input, publish, "Publish"),
	BIND_REFUSED("CodeSigningConfigArn"),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct create_function_input);

struct update_code_input {
	struct str function_name, revision_id;
	struct code_input code;
	const struct json *architectures;
	struct opt_bool publish, dry_run;
};

const struct bind lambda_update_code_fields[] = {
	BIND_STR(struct update_code_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .min = 1,
		 .max = 140),
	BIND_BLOB(struct update_code_input, code.zip_file, "ZipFile"),
	BIND_STR(struct update_code_input, code.bucket, "S3Bucket", .min = 3, .max = 63),
	BIND_STR(struct update_code_input, code.key, "S3Key", .min = 1, .max = 1024),
	BIND_STR(struct update_code_input, code.version, "S3ObjectVersion", .min = 1, .max = 1024),
	BIND_LIST(struct update_code_input, architectures, "Architectures", .min = 1, .max = 1),
	BIND_BOOL(struct update_code_input, publish, "Publish"),
	BIND_BOOL(struct update_code_input, dry_run, "DryRun"),
	BIND_STR(struct update_code_input, revision_id, "RevisionId"),
	BIND_REFUSED("ImageUri"),
	BIND_REFUSED("SourceKMSKeyArn"),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct update_code_input);

struct update_configuration_input {
	struct str function_name, revision_id;
	struct configuration_input settings;
};

const struct bind lambda_update_configuration_fields[] = {
	BIND_STR(struct update_configuration_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true,
		 .min = 1, .max = 140),
	BIND_STR(struct update_configuration_input, settings.role, "Role"),
	CONFIGURATION_ROWS(struct update_configuration_input),
	BIND_STR(struct update_configuration_input, revision_id, "RevisionId"),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct update_configuration_input);

struct list_functions_input {
	struct str marker, version, region;
	struct opt_i64 max_items;
};

static const char *const all_versions[] = { "ALL", NULL };

const struct bind lambda_list_functions_fields[] = {
	BIND_STR(struct list_functions_input, region, "MasterRegion", .location = BIND_QUERY),
	BIND_STR(struct list_functions_input, version, "FunctionVersion", .location = BIND_QUERY, .values = all_versions),
	BIND_STR(struct list_functions_input, marker, "Marker", .location = BIND_QUERY),
	BIND_I64(struct list_functions_input, max_items, "MaxItems", .location = BIND_QUERY, .min = 1, .max = 10000),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct list_functions_input);

/* ---- shared ---- */

int named_parse(struct call *call, struct function_name *out)
{
	const struct named_input *in = call->input;

	return function_name_parse(call, in->function_name, in->qualifier, out);
}

struct str function_resource(struct call *call)
{
	struct function_name name;
	struct str text = json_get_text(call->parameters, STR("FunctionName"));

	if (!text.p)
		return json_get_text(call->parameters, STR("Resource")); /* tags */
	if (function_name_parse(call, text, json_get_text(call->parameters, STR("Qualifier")), &name) != 0) {
		call->error = (struct error){ 0 };
		return STR_NULL;
	}
	return function_arn(call, name.name, name.qualifier);
}

struct change {
	struct lambda *lambda;
	char *name;
	struct arena arena;
	const struct json *codes;
};

static void remove_codes(void *argument)
{
	struct change *c = argument;

	code_remove(c->lambda, str_c(c->name), c->codes);
	arena_release(&c->arena);
	free(c);
}

static void after_change(void *argument)
{
	struct change *c = argument;

	targets_retire(c->lambda, str_c(c->name));
	/* Left where the pool is full: the sweep at the next start takes them. */
	if (c->codes && c->lambda->pool && pool_run(c->lambda->pool, remove_codes, c) == 0)
		return;
	arena_release(&c->arena);
	free(c);
}

int function_changed(struct call *call, struct str name, const struct json *codes)
{
	struct change *c = calloc(1, sizeof(*c));

	if (!c)
		return call_fault(call, NULL);
	c->lambda = call->state;
	arena_init(&c->arena, 1 << 20);
	c->name = arena_c(&c->arena, name);
	c->codes = codes ? json_clone(&c->arena, codes) : NULL;
	if (c->name && store_after_commit(call->txn, after_change, c) == 0)
		return 0;
	arena_release(&c->arena);
	free(c);
	return call_fault(call, NULL);
}

static const struct json *text_json(struct call *call, struct str text)
{
	return json_new_string(&call->arena, text);
}

/* What changes whenever a version is written. */
static void stamp(struct call *call, struct json *changes)
{
	json_put(&call->arena, changes, STR("LastModified"), text_json(call, lambda_now(call)));
	json_put(&call->arena, changes, STR("RevisionId"), text_json(call, lambda_revision(call)));
}

static void stamp_code(struct call *call, struct json *changes, const struct code *code)
{
	json_put(&call->arena, changes, STR("CodeSize"), json_new_i64(&call->arena, code->size));
	json_put(&call->arena, changes, STR("CodeSha256"), text_json(call, code->sha256));
}

static const struct json *version_record(struct call *call, const struct json *config, struct str code)
{
	struct json *record = json_new_object(&call->arena);

	json_put(&call->arena, record, STR("config"), config);
	json_put(&call->arena, record, STR("code"), text_json(call, code));
	return record;
}

/* The function's record with one more code folder. */
static struct json *with_code(struct call *call, const struct json *function, struct str code)
{
	struct json *copy = json_copy_object(&call->arena, function), *codes;
	const struct json *old = json_get_c(function, "codes");

	codes = old ? json_copy_array(&call->arena, old) : json_new_array(&call->arena);
	json_add(&call->arena, codes, text_json(call, code));
	json_put(&call->arena, copy, STR("codes"), codes);
	return copy;
}

/* ---- CreateFunction ---- */

static bool exists(struct call *call, struct str name)
{
	struct key key;

	function_key(&key, name);
	return store_has(call->txn, SPACE_LAMBDA, key_str(&key));
}

static int check_absent(struct call *call)
{
	const struct create_function_input *in = call->input;
	struct function_name name;
	int result = function_name_parse(call, in->function_name, STR_NULL, &name);

	if (result == 0 && exists(call, name.name))
		return lambda_refuse(call, &lambda_ResourceConflictException, "Function already exist: " STR_FMT,
				     STR_ARG(name.name));
	return result;
}

static int create_write(struct call *call)
{
	const struct create_function_input *in = call->input;
	const struct code *code = call->scratch;
	const struct json *config, *published = NULL;
	struct json *changes, *function = json_new_object(&call->arena);
	const struct json *layers;
	int result = check_absent(call);

	if (result == 0)
		result = layers_check(call, in->settings.layers, &layers);
	if (result != 0)
		return result;
	changes = configuration_changes(call, code->function, NULL);
	if (layers && layers->count)
		json_put(&call->arena, changes, STR("Layers"), layers);
	stamp(call, changes);
	stamp_code(call, changes, code);
	config = configuration_merge(call, configuration_new(call, code->function), changes);
	json_put(&call->arena, function, STR("name"), text_json(call, code->function));
	json_put(&call->arena, function, STR("next_version"), json_new_i64(&call->arena, 1));
	json_put(&call->arena, function, STR("tags"), tags_merge(&call->arena, NULL, in->tags));
	result = function_save(call, code->function, with_code(call, function, code->folder));
	if (result == 0)
		result = version_save(call, code->function, STR(LAMBDA_LATEST), version_record(call, config, code->folder));
	if (result == 0 && in->publish.value)
		result = version_publish(call, code->function, STR_NULL, &published);
	if (result == 0)
		result = function_changed(call, code->function, NULL);
	if (result == 0)
		configuration_write(call, published ? json_get_c(published, "config") : config, STR_NULL);
	return result;
}

static void role_checked(void *argument, const struct host_credentials *credentials, const struct error *err)
{
	struct call *call = argument;
	int result;

	(void)err;
	result = credentials ? call_continue_write(call, create_write)
			     : lambda_refuse(call, &lambda_InvalidParameterValueException,
					     "The role defined for the function cannot be assumed by Lambda.");
	if (result != CALL_PENDING)
		call_complete(call, result);
}

/* On the pool: the code is there. Can the role be assumed? */
static int create_check_role(struct call *call)
{
	const struct create_function_input *in = call->input;
	const struct code *code = call->scratch;
	int result = host_assume_role(call->host, in->settings.role, code->function, STR("lambda.amazonaws.com"), STR_NULL, 900,
				      role_checked, call);

	if (result == 0)
		return CALL_PENDING;
	if (result == ERR_NO_MEMORY || result == ERR_UNAVAILABLE)
		return call_fault(call, NULL);
	return lambda_refuse(call, &lambda_InvalidParameterValueException,
			     "The role defined for the function cannot be assumed by Lambda.");
}

static int check_create(struct call *call, struct function_name *name)
{
	const struct create_function_input *in = call->input;
	int result = function_name_parse(call, in->function_name, STR_NULL, name);

	if (result == 0)
		result = configuration_check(call, &in->settings);
	if (result == 0)
		result = configuration_check_architectures(call, in->architectures);
	if (result == 0 && (!in->settings.runtime.p || !in->settings.handler.p) &&
	    !str_eq(in->settings.package_type, STR("Image")))
		result = lambda_refuse(
			call, &lambda_InvalidParameterValueException,
			"Runtime and Handler are mandatory parameters for functions created with deployment packages.");
	return result ? result : call_with_read(call, check_absent);
}

int lambda_create_function(struct call *call)
{
	const struct create_function_input *in = call->input;
	struct code_source source = { in->code.zip_file, in->code.bucket, in->code.key, in->code.version };
	struct function_name name;
	int result = check_create(call, &name);

	return result ? result : code_take(call, arena_str(&call->arena, name.name), &source, create_check_role);
}

/* ---- reading ---- */

static int load_named(struct call *call, struct function_name *name, const struct json **function, const struct json **record)
{
	struct str version;
	int result = named_parse(call, name);

	if (result == 0)
		result = function_resolve(call, name, function, &version);
	return result ? result : version_load(call, name, version, record);
}

static void write_code_location(struct call *call, const struct function_name *name, const struct json *record)
{
	struct str endpoint = host_endpoint(call->host), code = json_get_text(record, STR("code"));

	/* Answers a signed request like every other; AWS's own is presigned for ten minutes. */
	write_object(&call->out, "Code");
	write_c(&call->out, "RepositoryType", "S3");
	write_strf(&call->out, "Location", STR_FMT "/2015-03-31/functions/" STR_FMT "/packages/" STR_FMT, STR_ARG(endpoint),
		   STR_ARG(name->name), STR_ARG(code));
	write_end(&call->out);
}

int lambda_get_function(struct call *call)
{
	const struct json *function, *record, *tags;
	struct function_name name;
	int result = load_named(call, &name, &function, &record);

	if (result != 0)
		return result;
	write_object(&call->out, "Configuration");
	configuration_write(call, json_get_c(record, "config"), name.qualifier);
	write_end(&call->out);
	write_code_location(call, &name, record);
	tags = json_get_c(function, "tags");
	if (tags && tags->count > 0 && !name.qualifier.p)
		write_json(&call->out, "Tags", tags);
	if (json_get_c(function, "reserved")) {
		write_object(&call->out, "Concurrency");
		write_json(&call->out, "ReservedConcurrentExecutions", json_get_c(function, "reserved"));
		write_end(&call->out);
	}
	return 0;
}

int lambda_get_function_configuration(struct call *call)
{
	const struct json *function, *record;
	struct function_name name;
	int result = load_named(call, &name, &function, &record);

	if (result == 0)
		configuration_write(call, json_get_c(record, "config"), name.qualifier);
	return result;
}

static int list_one(void *argument, const struct json *function)
{
	struct call *call = argument;
	struct function_name name = { .name = json_get_text(function, STR("name")) };
	const struct json *record;
	int result = version_load(call, &name, STR(LAMBDA_LATEST), &record);

	if (result != 0)
		return result;
	write_object(&call->out, NULL);
	configuration_write(call, json_get_c(record, "config"), STR(LAMBDA_LATEST));
	write_end(&call->out);
	return 1;
}

static int list_version(void *argument, const struct json *record)
{
	struct call *call = argument;
	const struct json *config = json_get_c(record, "config");

	write_object(&call->out, NULL);
	configuration_write(call, config, json_get_text(config, STR("Version")));
	write_end(&call->out);
	return 1;
}

int lambda_list_functions(struct call *call)
{
	const struct list_functions_input *in = call->input;
	struct record_window window = { .limit = in->max_items.set && in->max_items.value < 50 ? in->max_items.value : 50,
					.token = in->marker };
	struct error err = { 0 };
	struct str next;
	struct key key;
	int result;

	record_key(&key, in->version.p ? STR("version") : STR("function"));
	write_list(&call->out, "Functions", NULL);
	result = record_page(call->txn, SPACE_LAMBDA, &key, &window, &call->arena, in->version.p ? list_version : list_one, call,
			     &next, &err);
	if (result == ERR_INVALID)
		return lambda_refuse(call, &lambda_InvalidParameterValueException, "The marker is not valid.");
	if (result < 0)
		return call->error.code ? ERR_SERVICE : call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextMarker", next);
	return 0;
}

static int sum_code(void *argument, const struct json *record)
{
	int64_t *sums = argument, size = 0;

	(void)!json_to_i64(json_get_c(json_get_c(record, "config"), "CodeSize"), &size);
	sums[0] += size;
	sums[1] += str_eq(json_get_text(json_get_c(record, "config"), STR("Version")), STR(LAMBDA_LATEST));
	return 1;
}

int lambda_get_account_settings(struct call *call)
{
	const struct lambda *l = call->state;
	struct record_window window = { 0 };
	struct error err = { 0 };
	int64_t sums[2] = { 0 };
	struct key key;

	record_key(&key, STR("version"));
	if (record_page(call->txn, SPACE_LAMBDA, &key, &window, &call->arena, sum_code, sums, NULL, &err) < 0)
		return call_fault(call, &err);
	write_object(&call->out, "AccountLimit");
	write_i64(&call->out, "TotalCodeSize", 80530636800);
	write_i64(&call->out, "CodeSizeUnzipped", CODE_UNPACKED_MAX);
	write_i64(&call->out, "CodeSizeZipped", CODE_ZIP_MAX);
	write_i64(&call->out, "ConcurrentExecutions", l->concurrency);
	write_i64(&call->out, "UnreservedConcurrentExecutions", l->concurrency);
	write_end(&call->out);
	write_object(&call->out, "AccountUsage");
	write_i64(&call->out, "TotalCodeSize", sums[0]);
	write_i64(&call->out, "FunctionCount", sums[1]);
	write_end(&call->out);
	return 0;
}

/* ---- the package ---- */

struct package_input {
	struct str function_name, code;
};

const struct bind lambda_package_fields[] = {
	BIND_STR(struct package_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .max = 140),
	BIND_STR(struct package_input, code, "Code", .location = BIND_LABEL, .required = true, .min = 36, .max = 36),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct package_input);

static bool has_code(const struct json *codes, struct str code)
{
	for (size_t i = 0; codes && i < codes->count; i++) {
		if (str_eq(json_text(codes->items[i]), code))
			return true;
	}
	return false;
}

int lambda_get_package(struct call *call)
{
	const struct package_input *in = call->input;
	const struct lambda *l = call->state;
	const struct json *function;
	struct function_name name;
	struct str path;
	struct stat st;
	int fd, result = function_name_parse(call, in->function_name, STR_NULL, &name);

	if (result == 0)
		result = function_load(call, &name, &function);
	if (result != 0)
		return result;
	path = arena_printf(&call->arena, "%s/" STR_FMT "/" STR_FMT ".zip", l->folder, STR_ARG(name.name), STR_ARG(in->code));
	fd = has_code(json_get_c(function, "codes"), in->code) && path.p ? open(path.p, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0 || fstat(fd, &st) != 0) {
		if (fd >= 0)
			close(fd);
		return lambda_refuse(call, &lambda_ResourceNotFoundException, "The package is not there.");
	}
	call_reply_file(call, fd, 0, (uint64_t)st.st_size, STR("application/zip"));
	return 0;
}

/* ---- DeleteFunction ---- */

static int delete_version(struct call *call, const struct function_name *name)
{
	struct error err = { 0 };
	const struct json *record;
	struct key key;
	int result;

	if (str_eq(name->qualifier, STR(LAMBDA_LATEST)) || !function_is_version(name->qualifier))
		return lambda_refuse(call, &lambda_InvalidParameterValueException, "%s",
				     str_eq(name->qualifier, STR(LAMBDA_LATEST))
					     ? "$LATEST version cannot be deleted without deleting the function."
					     : "Deletion of aliases is not currently supported.");
	result = version_load(call, name, name->qualifier, &record);
	if (result != 0)
		return result;
	version_key(&key, name->name, name->qualifier);
	return store_delete(call->txn, SPACE_LAMBDA, key_str(&key), &err) == 0 ? 0 : call_fault(call, &err);
}

int lambda_delete_function(struct call *call)
{
	struct function_name name;
	struct error err = { 0 };
	const struct json *function;
	struct key key, versions;
	int result = named_parse(call, &name);

	if (result == 0)
		result = function_load(call, &name, &function);
	if (result != 0)
		return result;
	if (name.qualifier.p) {
		result = delete_version(call, &name);
		return result ? result : function_changed(call, name.name, NULL);
	}
	function_key(&key, name.name);
	record_key(&versions, STR("version"), name.name);
	if (store_delete(call->txn, SPACE_LAMBDA, key_str(&key), &err) != 0 ||
	    record_delete_all(call->txn, SPACE_LAMBDA, &versions, &call->arena, &err) != 0)
		return call_fault(call, &err);
	return function_changed(call, name.name, json_get_c(function, "codes"));
}

/* ---- updates ---- */

/* Loads the function and its $LATEST, checks the revision. */
static int load_latest(struct call *call, struct str text, struct str revision, struct function_name *name,
		       const struct json **function, const struct json **record)
{
	int result = function_name_parse(call, text, STR_NULL, name);

	if (result == 0 && name->qualifier.p && !str_eq(name->qualifier, STR(LAMBDA_LATEST)))
		result = lambda_refuse(call, &lambda_InvalidParameterValueException,
				       "The operation you requested is not supported for function versions or aliases.");
	if (result == 0)
		result = function_load(call, name, function);
	if (result == 0)
		result = version_load(call, name, STR(LAMBDA_LATEST), record);
	return result ? result
		      : lambda_check_revision(call, revision, json_get_text(json_get_c(*record, "config"), STR("RevisionId")));
}

static int check_update_code(struct call *call)
{
	const struct update_code_input *in = call->input;
	const struct json *function, *record;
	struct function_name name;

	return load_latest(call, in->function_name, in->revision_id, &name, &function, &record);
}

static int update_code_write(struct call *call)
{
	const struct update_code_input *in = call->input;
	const struct code *code = call->scratch;
	const struct json *function, *record, *config, *published = NULL;
	struct json *changes = json_new_object(&call->arena);
	struct function_name name;
	int result = load_latest(call, in->function_name, in->revision_id, &name, &function, &record);

	if (result != 0)
		return result;
	stamp(call, changes);
	stamp_code(call, changes, code);
	if (in->architectures)
		json_put(&call->arena, changes, STR("Architectures"), in->architectures);
	config = configuration_merge(call, json_get_c(record, "config"), changes);
	if (in->dry_run.value) {
		configuration_write(call, config, STR_NULL);
		return 0;
	}
	result = function_save(call, name.name, with_code(call, function, code->folder));
	if (result == 0)
		result = version_save(call, name.name, STR(LAMBDA_LATEST), version_record(call, config, code->folder));
	if (result == 0 && in->publish.value)
		result = version_publish(call, name.name, STR_NULL, &published);
	if (result == 0)
		result = function_changed(call, name.name, NULL);
	if (result == 0)
		configuration_write(call, published ? json_get_c(published, "config") : config, STR_NULL);
	return result;
}

static int continue_update_code(struct call *call)
{
	return call_continue_write(call, update_code_write);
}

int lambda_update_function_code(struct call *call)
{
	const struct update_code_input *in = call->input;
	struct code_source source = { in->code.zip_file, in->code.bucket, in->code.key, in->code.version };
	struct function_name name;
	int result = function_name_parse(call, in->function_name, STR_NULL, &name);

	if (result == 0)
		result = configuration_check_architectures(call, in->architectures);
	if (result == 0)
		result = call_with_read(call, check_update_code);
	return result ? result : code_take(call, arena_str(&call->arena, name.name), &source, continue_update_code);
}

int lambda_update_function_configuration(struct call *call)
{
	const struct update_configuration_input *in = call->input;
	const struct json *function, *record, *old, *config, *layers;
	struct function_name name;
	struct json *changes;
	int result = configuration_check(call, &in->settings);

	if (result == 0)
		result = load_latest(call, in->function_name, in->revision_id, &name, &function, &record);
	if (result == 0)
		result = layers_check(call, in->settings.layers, &layers);
	if (result != 0)
		return result;
	old = json_get_c(record, "config");
	changes = configuration_changes(call, name.name, old);
	if (layers)
		json_put(&call->arena, changes, STR("Layers"), layers->count ? layers : &json_null);
	stamp(call, changes);
	config = configuration_merge(call, old, changes);
	result = version_save(call, name.name, STR(LAMBDA_LATEST),
			      version_record(call, config, json_get_text(record, STR("code"))));
	if (result == 0)
		result = function_changed(call, name.name, NULL);
	if (result == 0)
		configuration_write(call, config, STR_NULL);
	return result;
}
