/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers: published, listed, shared, deleted; and given to a function, which sees its layer's files at /opt. The packages are
 * kept as functions' are, under the name "layer.<name>", which no function can have.
 */
#include <stdio.h>
#include <stdlib.h>

#include "os/clock.h"
#include "service/lambda/layers.h"
#include "service/lambda/operations.h"

struct layer_input {
	struct str layer_name, description, license, arn, statement_id, action, principal, organisation, revision_id, marker;
	struct opt_i64 version, max_items;
	const struct json *runtimes, *architectures;
	struct {
		struct str zip_file, bucket, key, version;
	} content;
};
LAMBDA_INPUT_FITS(struct layer_input);

#define LAYER_NAME                                                                                                               \
	BIND_STR(struct layer_input, layer_name, "LayerName", .location = BIND_LABEL, .required = true, .min = 1, .max = 140)
#define LAYER_VERSION BIND_I64(struct layer_input, version, "VersionNumber", .location = BIND_LABEL, .required = true, .min = 1)

static const struct bind content_fields[] = {
	{ .name = "ZipFile", .kind = BIND_KIND_BLOB, .offset = 0 },
	{ .name = "S3Bucket", .kind = BIND_KIND_STR, .offset = sizeof(struct str), .min = 3, .max = 63 },
	{ .name = "S3Key", .kind = BIND_KIND_STR, .offset = 2 * sizeof(struct str), .min = 1, .max = 1024 },
	{ .name = "S3ObjectVersion", .kind = BIND_KIND_STR, .offset = 3 * sizeof(struct str), .min = 1, .max = 1024 },
	BIND_DONE,
};

const struct bind lambda_publish_layer_fields[] = {
	LAYER_NAME,
	BIND_STRUCT(struct layer_input, content, "Content", content_fields, .required = true),
	BIND_STR(struct layer_input, description, "Description", .max = 256),
	BIND_STR(struct layer_input, license, "LicenseInfo", .max = 512),
	BIND_LIST(struct layer_input, runtimes, "CompatibleRuntimes", .max = 15),
	BIND_LIST(struct layer_input, architectures, "CompatibleArchitectures", .max = 2),
	BIND_DONE,
};
const struct bind lambda_layer_version_fields[] = { LAYER_NAME, LAYER_VERSION, BIND_DONE };
const struct bind lambda_layer_by_arn_fields[] = {
	BIND_STR(struct layer_input, arn, "Arn", .location = BIND_QUERY, .required = true, .min = 1, .max = 140),
	BIND_DONE,
};
const struct bind lambda_list_layer_versions_fields[] = {
	LAYER_NAME,
	BIND_STR(struct layer_input, marker, "Marker", .location = BIND_QUERY),
	BIND_I64(struct layer_input, max_items, "MaxItems", .location = BIND_QUERY, .min = 1, .max = 50),
	{ .name = "CompatibleRuntime", .kind = BIND_KIND_REFUSED, .location = BIND_QUERY },
	{ .name = "CompatibleArchitecture", .kind = BIND_KIND_REFUSED, .location = BIND_QUERY },
	BIND_DONE,
};
const struct bind lambda_add_layer_permission_fields[] = {
	LAYER_NAME,
	LAYER_VERSION,
	BIND_STR(struct layer_input, statement_id, "StatementId", .required = true, .min = 1, .max = 100),
	BIND_STR(struct layer_input, action, "Action", .required = true),
	BIND_STR(struct layer_input, principal, "Principal", .required = true),
	BIND_STR(struct layer_input, organisation, "OrganizationId", .max = 34),
	BIND_STR(struct layer_input, revision_id, "RevisionId", .location = BIND_QUERY),
	BIND_DONE,
};
const struct bind lambda_remove_layer_permission_fields[] = {
	LAYER_NAME,
	LAYER_VERSION,
	BIND_STR(struct layer_input, statement_id, "StatementId", .location = BIND_LABEL, .required = true, .min = 1, .max = 100),
	BIND_STR(struct layer_input, revision_id, "RevisionId", .location = BIND_QUERY),
	BIND_DONE,
};

/* ---- names and records ---- */

/* A layer's ARN is taken for its name. */
static struct str plain_name(struct str text)
{
	ptrdiff_t at = str_find(text, STR(":layer:"), 0);

	return at < 0 ? text : str_from(text, (size_t)at + 7);
}

static struct str layer_arn(struct call *call, struct str name)
{
	struct str region = host_region(call->host), account = host_account(call->host);

	return arena_printf(&call->arena, "arn:aws:lambda:" STR_FMT ":" STR_FMT ":layer:" STR_FMT, STR_ARG(region),
			    STR_ARG(account), STR_ARG(name));
}

static void layer_key(struct key *k, struct str name, int64_t version)
{
	record_key(k, STR("layer"), name);
	key_add_u64(k, ~(uint64_t)version); /* the newest first, as they are listed */
}

static struct str package_name(struct arena *a, struct str name)
{
	return arena_printf(a, "layer." STR_FMT, STR_ARG(name));
}

static int layer_missing(struct call *call, struct str name, int64_t version)
{
	struct str arn = layer_arn(call, name);

	return lambda_refuse(call, &lambda_ResourceNotFoundException, "Layer version " STR_FMT ":%lld does not exist.",
			     STR_ARG(arn), (long long)version);
}

static int load_layer(struct call *call, struct str name, int64_t version, const struct json **out)
{
	struct error err = { 0 };
	struct key key;

	layer_key(&key, name, version);
	int rc = record_get(call->txn, SPACE_LAMBDA, &key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return layer_missing(call, name, version);
	return rc < 0 ? call_fault(call, &err) : 0;
}

static int save_layer(struct call *call, struct str name, int64_t version, const struct json *record)
{
	struct error err = { 0 };
	struct key key;

	layer_key(&key, name, version);
	return record_put(call->txn, SPACE_LAMBDA, &key, &call->arena, record, &err) < 0 ? call_fault(call, &err) : 0;
}

/* "arn:aws:lambda:…:layer:NAME:VERSION" */
static bool split_arn(struct str arn, struct str *name, int64_t *version)
{
	struct str rest = plain_name(arn);

	if (!str_starts(arn, STR("arn:aws:lambda:")) || rest.n == arn.n)
		return false;
	*name = str_split(&rest, ':');
	return str_to_i64(rest, version) == 0;
}

/* ---- publishing ---- */

/* Versions count up and are not used again, also when the last one is deleted. */
static int next_version(struct call *call, struct str name, int64_t *version)
{
	struct error err = { 0 };
	const struct json *counter;
	struct json *next;
	struct key key;

	record_key(&key, STR("layer-count"), name);
	int rc = record_get(call->txn, SPACE_LAMBDA, &key, &call->arena, &counter, &err);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return call_fault(call, &err);
	*version = 0;
	if (rc == 0 && json_to_i64(json_get_c(counter, "last"), version) != 0)
		return call_fault(call, NULL);
	next = json_new_object(&call->arena);
	json_put(&call->arena, next, STR("last"), json_new_i64(&call->arena, ++*version));
	return record_put(call->txn, SPACE_LAMBDA, &key, &call->arena, next, &err) < 0 ? call_fault(call, &err) : 0;
}

static void put_text(struct call *call, struct json *out, const char *name, struct str text)
{
	json_put(&call->arena, out, str_c(name), json_new_string(&call->arena, text));
}

static const struct json *layer_record(struct call *call, struct str name, int64_t version)
{
	const struct layer_input *in = call->input;
	const struct code *code = call->scratch;
	struct json *record = json_new_object(&call->arena), *content = json_new_object(&call->arena);
	struct str arn = layer_arn(call, name);

	put_text(call, content, "Location", arena_printf(&call->arena, STR_FMT ":%lld", STR_ARG(arn), (long long)version));
	put_text(call, content, "CodeSha256", code->sha256);
	json_put(&call->arena, content, STR("CodeSize"), json_new_i64(&call->arena, code->size));
	json_put(&call->arena, record, STR("Content"), content);
	put_text(call, record, "LayerArn", arn);
	put_text(call, record, "LayerVersionArn", arena_printf(&call->arena, STR_FMT ":%lld", STR_ARG(arn), (long long)version));
	put_text(call, record, "Description", in->description.p ? in->description : STR(""));
	put_text(call, record, "CreatedDate", lambda_now(call));
	json_put(&call->arena, record, STR("Version"), json_new_i64(&call->arena, version));
	if (in->runtimes && in->runtimes->count)
		json_put(&call->arena, record, STR("CompatibleRuntimes"), in->runtimes);
	if (in->license.p)
		put_text(call, record, "LicenseInfo", in->license);
	if (in->architectures && in->architectures->count)
		json_put(&call->arena, record, STR("CompatibleArchitectures"), in->architectures);
	put_text(call, record, "code", code->folder);
	return record;
}

static void write_layer(struct call *call, const struct json *record)
{
	for (size_t i = 0; i < record->count; i++) {
		struct str name = record->members[i].name;

		if (!str_eq_c(name, "code") && !str_eq_c(name, "policy"))
			write_json(&call->out, arena_c(&call->arena, name), record->members[i].value);
	}
}

static int publish_write(struct call *call)
{
	const struct layer_input *in = call->input;
	struct str name = plain_name(in->layer_name);
	int64_t version;
	int rc = next_version(call, name, &version);

	if (rc != 0)
		return rc;
	const struct json *record = layer_record(call, name, version);
	rc = save_layer(call, name, version, record);
	if (rc == 0)
		write_layer(call, record);
	return rc;
}

static int publish_unpacked(struct call *call)
{
	return call_continue_write(call, publish_write);
}

int lambda_publish_layer(struct call *call)
{
	const struct layer_input *in = call->input;
	struct code_source source = { in->content.zip_file, in->content.bucket, in->content.key, in->content.version };
	struct str name = plain_name(in->layer_name);

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return lambda_refuse(call, &lambda_InvalidParameterValueException,
					     "The layer name " STR_FMT " is not valid.", STR_ARG(name));
	}
	return code_take(call, package_name(&call->arena, name), &source, publish_unpacked);
}

/* ---- reading and deleting ---- */

int lambda_get_layer_version(struct call *call)
{
	const struct layer_input *in = call->input;
	const struct json *record;
	int rc = load_layer(call, plain_name(in->layer_name), in->version.value, &record);

	if (rc == 0)
		write_layer(call, record);
	return rc;
}

int lambda_get_layer_version_by_arn(struct call *call)
{
	const struct layer_input *in = call->input;
	const struct json *record;
	struct str name;
	int64_t version;

	if (!split_arn(in->arn, &name, &version))
		return lambda_refuse(call, &lambda_InvalidParameterValueException, "Invalid layer ARN: " STR_FMT,
				     STR_ARG(in->arn));
	int rc = load_layer(call, name, version, &record);
	if (rc == 0)
		write_layer(call, record);
	return rc;
}

static int write_summary(void *argument, const struct json *record)
{
	static const char *const left_out[] = { "Content", "LayerArn", "code", "policy" };
	struct call *call = argument;

	write_object(&call->out, NULL);
	for (size_t i = 0; i < record->count; i++) {
		bool shown = true;

		for (size_t k = 0; k < sizeof(left_out) / sizeof(left_out[0]); k++)
			shown = shown && !str_eq_c(record->members[i].name, left_out[k]);
		if (shown)
			write_json(&call->out, arena_c(&call->arena, record->members[i].name), record->members[i].value);
	}
	write_end(&call->out);
	return 1;
}

int lambda_list_layer_versions(struct call *call)
{
	const struct layer_input *in = call->input;
	struct record_window window = { .limit = in->max_items.set ? in->max_items.value : 50, .token = in->marker };
	struct error err = { 0 };
	struct str next = STR_NULL;
	struct key key;

	record_key(&key, STR("layer"), plain_name(in->layer_name));
	write_list(&call->out, "LayerVersions", NULL);
	int rc = record_page(call->txn, SPACE_LAMBDA, &key, &window, &call->arena, write_summary, call, &next, &err);
	if (rc < 0)
		return rc == ERR_INVALID ? lambda_refuse(call, &lambda_InvalidParameterValueException, "Invalid marker")
					 : call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextMarker", next);
	return 0;
}

/* Functions that have it keep it, as on AWS: the files stay with the server's data. Deleting what is not there is no error. */
int lambda_delete_layer_version(struct call *call)
{
	const struct layer_input *in = call->input;
	struct error err = { 0 };
	struct key key;

	layer_key(&key, plain_name(in->layer_name), in->version.value);
	return store_delete(call->txn, SPACE_LAMBDA, key_str(&key), &err) < 0 ? call_fault(call, &err) : 0;
}

/* ---- sharing ---- */

static const struct json *permission_statement(struct call *call, const struct json *record)
{
	const struct layer_input *in = call->input;
	struct json *statement = json_new_object(&call->arena), *who = json_new_object(&call->arena);
	struct str arn = arena_printf(&call->arena, "arn:aws:iam::" STR_FMT ":root", STR_ARG(in->principal));

	put_text(call, statement, "Sid", in->statement_id);
	put_text(call, statement, "Effect", STR("Allow"));
	put_text(call, who, "AWS", arn);
	json_put(&call->arena, statement, STR("Principal"),
		 str_eq_c(in->principal, "*") ? json_new_string(&call->arena, STR("*")) : who);
	put_text(call, statement, "Action", in->action);
	json_put(&call->arena, statement, STR("Resource"), json_get_c(record, "LayerVersionArn"));
	return statement;
}

static int save_policy(struct call *call, const struct json *record, const struct json *statements)
{
	const struct layer_input *in = call->input;
	struct json *changed = json_copy_object(&call->arena, record), *policy = json_new_object(&call->arena);

	json_put(&call->arena, policy, STR("statements"), statements);
	put_text(call, policy, "revision", lambda_revision(call));
	json_put(&call->arena, changed, STR("policy"), policy);
	return save_layer(call, plain_name(in->layer_name), in->version.value, changed);
}

int lambda_add_layer_permission(struct call *call)
{
	const struct layer_input *in = call->input;
	const struct json *record, *old;
	int rc = load_layer(call, plain_name(in->layer_name), in->version.value, &record);

	if (rc != 0)
		return rc;
	old = json_get_c(json_get_c(record, "policy"), "statements");
	for (size_t i = 0; old && i < old->count; i++)
		if (str_eq(json_get_text(old->items[i], STR("Sid")), in->statement_id))
			return lambda_refuse(call, &lambda_ResourceConflictException,
					     "The statement id (" STR_FMT ") provided already exists. Please provide a new "
					     "statement id, or remove the existing statement.",
					     STR_ARG(in->statement_id));
	struct json *statements = json_copy_array(&call->arena, old ? old : &json_empty_array);
	const struct json *statement = permission_statement(call, record);
	json_add(&call->arena, statements, statement);
	rc = save_policy(call, record, statements);
	write_str(&call->out, "Statement", json_to_str(&call->arena, statement));
	write_str(&call->out, "RevisionId", lambda_revision(call));
	return rc;
}

static int no_policy(struct call *call)
{
	return lambda_refuse(call, &lambda_ResourceNotFoundException, "No policy is associated with the given resource.");
}

int lambda_remove_layer_permission(struct call *call)
{
	const struct layer_input *in = call->input;
	struct json *left = json_new_array(&call->arena);
	const struct json *record, *old;
	int rc = load_layer(call, plain_name(in->layer_name), in->version.value, &record);

	if (rc != 0)
		return rc;
	old = json_get_c(json_get_c(record, "policy"), "statements");
	for (size_t i = 0; old && i < old->count; i++)
		if (!str_eq(json_get_text(old->items[i], STR("Sid")), in->statement_id))
			json_add(&call->arena, left, old->items[i]);
	if (!old || left->count == old->count)
		return no_policy(call);
	return save_policy(call, record, left);
}

int lambda_get_layer_policy(struct call *call)
{
	const struct layer_input *in = call->input;
	struct json *document = json_new_object(&call->arena);
	const struct json *record, *policy, *statements;
	int rc = load_layer(call, plain_name(in->layer_name), in->version.value, &record);

	if (rc != 0)
		return rc;
	policy = json_get_c(record, "policy");
	statements = json_get_c(policy, "statements");
	if (!statements || statements->count == 0)
		return no_policy(call);
	put_text(call, document, "Version", STR("2012-10-17"));
	put_text(call, document, "Id", STR("default"));
	json_put(&call->arena, document, STR("Statement"), statements);
	write_str(&call->out, "Policy", json_to_str(&call->arena, document));
	write_str(&call->out, "RevisionId", json_get_text(policy, STR("revision")));
	return 0;
}

/* ---- functions that have one ---- */

int layers_check(struct call *call, const struct json *arns, const struct json **out)
{
	struct json *list = json_new_array(&call->arena);

	*out = NULL;
	if (arns && arns->count > 1)
		return lambda_refuse(call, &lambda_InvalidParameterValueException,
				     "More than one layer a function is not offered by this server.");
	for (size_t i = 0; arns && i < arns->count; i++) {
		struct json *entry = json_new_object(&call->arena);
		struct str arn = json_text(arns->items[i]), name;
		const struct json *record;
		int64_t version;

		if (!split_arn(arn, &name, &version))
			return lambda_refuse(call, &lambda_InvalidParameterValueException, "Invalid layer ARN: " STR_FMT,
					     STR_ARG(arn));
		if (load_layer(call, name, version, &record) != 0) {
			call->error = (struct error){ 0 };
			return lambda_refuse(call, &lambda_InvalidParameterValueException,
					     "Layer version " STR_FMT " does not exist.", STR_ARG(arn));
		}
		put_text(call, entry, "Arn", arn);
		json_put(&call->arena, entry, STR("CodeSize"), json_get_c(json_get_c(record, "Content"), "CodeSize"));
		put_text(call, entry, "folder",
			 arena_printf(&call->arena, STR_FMT "/" STR_FMT, STR_ARG(package_name(&call->arena, name)),
				      STR_ARG(json_get_text(record, STR("code")))));
		json_add(&call->arena, list, entry);
	}
	*out = arns ? list : NULL;
	return 0;
}
