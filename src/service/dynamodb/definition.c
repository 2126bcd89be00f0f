/* SPDX-License-Identifier: Apache-2.0
 *
 * What definitions may be. How they are shown is in describe.c.
 */
#include "service/dynamodb/definition.h"

#include "format/date.h"
#include "service/dynamodb/fields.h"

#define INVALID "One or more parameter values were invalid: "

const char *const billing_modes[] = { "PROVISIONED", "PAY_PER_REQUEST", NULL };
const char *const table_classes[] = { "STANDARD", "STANDARD_INFREQUENT_ACCESS", NULL };

static const char *const attribute_types[] = { "B", "N", "S", NULL };
static const char *const key_types[] = { "HASH", "RANGE", NULL };
static const char *const projection_types[] = { "ALL", "INCLUDE", "KEYS_ONLY", NULL };
static const char *const view_types[] = { "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY", NULL };
static const char *const sse_types[] = { "AES256", "KMS", NULL };

const struct bind attribute_definition_shape[] = {
	BIND_STR(struct shape, text, "AttributeName", .required = true, .min = 1, .max = 255),
	BIND_STR(struct shape, text, "AttributeType", .required = true, .values = attribute_types),
	BIND_DONE,
};
const struct bind key_schema_shape[] = {
	BIND_STR(struct shape, text, "AttributeName", .required = true, .min = 1, .max = 255),
	BIND_STR(struct shape, text, "KeyType", .required = true, .values = key_types),
	BIND_DONE,
};
static const struct bind projection_shape[] = {
	BIND_STR(struct shape, text, "ProjectionType", .values = projection_types),
	BIND_LIST(struct shape, json, "NonKeyAttributes", .min = 1, .max = 20),
	BIND_DONE,
};
const struct bind throughput_shape[] = {
	BIND_I64(struct shape, number, "ReadCapacityUnits", .required = true, .min = 1, .max = INT64_MAX),
	BIND_I64(struct shape, number, "WriteCapacityUnits", .required = true, .min = 1, .max = INT64_MAX),
	BIND_DONE,
};
const struct bind on_demand_shape[] = {
	BIND_I64(struct shape, number, "MaxReadRequestUnits"),
	BIND_I64(struct shape, number, "MaxWriteRequestUnits"),
	BIND_DONE,
};
#define INDEX_FIELDS                                                                                                             \
	BIND_STR(struct shape, text, "IndexName", .required = true, .min = TABLE_NAME_MIN, .max = TABLE_NAME_MAX,                \
		 .valid = table_name_is_valid, .pattern = TABLE_NAME_PATTERN),                                                   \
		BIND_LIST(struct shape, json, "KeySchema", .required = true, .min = 1, .max = 2, .fields = key_schema_shape),    \
		BIND_STRUCT(struct shape, json, "Projection", projection_shape, .required = true)
const struct bind local_index_shape[] = { INDEX_FIELDS, BIND_DONE };
const struct bind global_index_shape[] = {
	INDEX_FIELDS,
	BIND_STRUCT(struct shape, json, "ProvisionedThroughput", throughput_shape),
	BIND_STRUCT(struct shape, json, "OnDemandThroughput", on_demand_shape),
	BIND_REFUSED("WarmThroughput"),
	BIND_DONE,
};
const struct bind sse_shape[] = {
	BIND_BOOL(struct shape, flag, "Enabled"),
	BIND_STR(struct shape, text, "SSEType", .values = sse_types),
	BIND_STR(struct shape, text, "KMSMasterKeyId"),
	BIND_DONE,
};
const struct bind stream_shape[] = {
	BIND_BOOL(struct shape, flag, "StreamEnabled", .required = true),
	BIND_STR(struct shape, text, "StreamViewType", .values = view_types),
	BIND_DONE,
};

/* Letters of any language pass: whatever is not ASCII. */
static bool tag_text_is_valid(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool fits = c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			    memchr(" \t\n+-=._:/@", c, 11);
		if (!fits)
			return false;
	}
	return true;
}

#define TAG_TEXT .valid = tag_text_is_valid, .pattern = "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$"
const struct bind tag_shape[] = {
	BIND_STR(struct shape, text, "Key", .required = true, .min = 1, .max = 128, TAG_TEXT),
	BIND_STR(struct shape, text, "Value", .required = true, .min = 0, .max = 256, TAG_TEXT),
	BIND_DONE,
};

const struct json *definition_member(const struct call *call, struct str name)
{
	const struct json *value = json_get(call->parameters, name);

	return json_is(value, JSON_NULL) ? NULL : value;
}

/* ---- keys ---- */

static bool is_defined(const struct json *attributes, struct str name)
{
	for (size_t i = 0; attributes && i < attributes->count; i++) {
		if (str_eq(json_get_text(attributes->items[i], STR("AttributeName")), name))
			return true;
	}
	return false;
}

/* "[a, b]" of one member of each item. */
static struct str list_text(struct arena *a, const struct json *items, struct str member)
{
	struct str text = STR("[");

	for (size_t i = 0; items && i < items->count; i++) {
		struct str name = json_get_text(items->items[i], member);
		text = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(text), i ? ", " : "", STR_ARG(name));
	}
	return arena_printf(a, STR_FMT "]", STR_ARG(text));
}

static struct str key_name(const struct json *schema, size_t index)
{
	return json_get_text(json_at(schema, index), STR("AttributeName"));
}

int definition_check_keys(struct arena *a, const struct json *schema, const struct json *attributes, struct error *err)
{
	if (!str_eq(json_get_text(json_at(schema, 0), STR("KeyType")), STR("HASH")))
		return error_set(err, ERR_INVALID, "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
	if (schema->count == 2 && str_eq(key_name(schema, 0), key_name(schema, 1)))
		return error_set(err, ERR_INVALID,
				 "Both the Hash Key and the Range Key element in the KeySchema have the same name");
	if (schema->count == 2 && !str_eq(json_get_text(json_at(schema, 1), STR("KeyType")), STR("RANGE")))
		return error_set(err, ERR_INVALID, "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
	for (size_t i = 0; i < schema->count; i++) {
		if (is_defined(attributes, key_name(schema, i)))
			continue;
		struct str keys = list_text(a, schema, STR("AttributeName")),
			   defined = list_text(a, attributes, STR("AttributeName"));
		return error_set(err, ERR_INVALID,
				 INVALID "Some index key attributes are not defined in AttributeDefinitions. Keys: " STR_FMT
					 ", AttributeDefinitions: " STR_FMT,
				 STR_ARG(keys), STR_ARG(defined));
	}
	return 0;
}

/* ---- indexes ---- */

enum { INCLUDED_NAME_MAX = 255 };

static int check_included_name(const struct json *names, size_t at, struct error *err)
{
	struct str name = json_text(names->items[at]);

	if (name.n == 0 || name.n > INCLUDED_NAME_MAX)
		return error_set(err, ERR_INVALID, INVALID "The names in NonKeyAttributes must have a length of 1 to %d bytes",
				 INCLUDED_NAME_MAX);
	for (size_t i = 0; i < at; i++) {
		if (str_eq(json_text(names->items[i]), name))
			return error_set(err, ERR_INVALID, INVALID "Duplicate name in NonKeyAttributes: " STR_FMT, STR_ARG(name));
	}
	return 0;
}

static int check_included(const struct json *names, struct error *err)
{
	int rc = 0;

	for (size_t i = 0; i < names->count && rc == 0; i++)
		rc = json_is(names->items[i], JSON_STRING) ? check_included_name(names, i, err)
							   : value_fault_shape(names->items[i], "String", err);
	return rc;
}

static int check_projection(const struct json *index, struct error *err)
{
	const struct json *projection = json_get_c(index, "Projection"), *included = json_get_c(projection, "NonKeyAttributes");
	struct str type = json_get_text(projection, STR("ProjectionType"));
	bool include = str_eq(type, STR("INCLUDE"));

	if (!type.p)
		return error_set(err, ERR_INVALID, INVALID "Unknown ProjectionType: null");
	if (include && !included)
		return error_set(err, ERR_INVALID, INVALID "ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
	if (!include && included)
		return error_set(err, ERR_INVALID, INVALID "ProjectionType is " STR_FMT ", but NonKeyAttributes is specified",
				 STR_ARG(type));
	return included ? check_included(included, err) : 0;
}

static int check_local_index(const struct json *definition, const struct json *index, struct error *err)
{
	const struct json *table = json_get_c(definition, "KeySchema"), *schema = json_get_c(index, "KeySchema");
	struct str name = json_get_text(index, STR("IndexName"));

	if (schema->count < 2)
		return error_set(err, ERR_INVALID, INVALID "Index KeySchema does not have a range key for index: " STR_FMT,
				 STR_ARG(name));
	if (!str_eq(key_name(schema, 0), key_name(table, 0)))
		return error_set(err, ERR_INVALID,
				 INVALID
				 "Index KeySchema does not have the same leading hash key as table KeySchema for index: " STR_FMT
				 ". index hash key: " STR_FMT ", table hash key: " STR_FMT,
				 STR_ARG(name), STR_ARG(key_name(schema, 0)), STR_ARG(key_name(table, 0)));
	return 0;
}

static bool is_on_demand(const struct json *definition)
{
	return str_eq(json_get_text(definition, STR("BillingMode")), STR("PAY_PER_REQUEST"));
}

static int check_index_throughput(const struct json *definition, const struct json *index, struct error *err)
{
	bool given = json_get_c(index, "ProvisionedThroughput") != NULL;
	struct str name = json_get_text(index, STR("IndexName"));

	if (is_on_demand(definition) && given)
		return error_set(err, ERR_INVALID,
				 INVALID "ProvisionedThroughput should not be specified for index: " STR_FMT
					 " when BillingMode is PAY_PER_REQUEST",
				 STR_ARG(name));
	if (!is_on_demand(definition) && !given)
		return error_set(err, ERR_INVALID, INVALID "ProvisionedThroughput is not specified for index: " STR_FMT,
				 STR_ARG(name));
	return 0;
}

static int check_index(struct arena *a, const struct json *definition, const struct json *index, bool global, struct error *err)
{
	int rc = definition_check_keys(a, json_get_c(index, "KeySchema"), json_get_c(definition, "AttributeDefinitions"), err);

	if (rc == 0 && !global)
		rc = check_local_index(definition, index, err);
	if (rc == 0)
		rc = check_projection(index, err);
	if (rc == 0 && global)
		rc = check_index_throughput(definition, index, err);
	return rc;
}

static const struct json *indexes_of(const struct json *definition, bool global)
{
	const struct json *list = json_get(definition, global ? STR("GlobalSecondaryIndexes") : STR("LocalSecondaryIndexes"));

	return list ? list : &json_empty_array;
}

static int check_index_names(const struct json *definition, struct error *err)
{
	const struct json *local = indexes_of(definition, false), *global = indexes_of(definition, true);

	for (size_t i = 0; i < local->count + global->count; i++) {
		struct str name =
			json_get_text(i < local->count ? local->items[i] : global->items[i - local->count], STR("IndexName"));
		for (size_t j = 0; j < i; j++) {
			const struct json *other = j < local->count ? local->items[j] : global->items[j - local->count];
			if (str_eq(json_get_text(other, STR("IndexName")), name))
				return error_set(err, ERR_INVALID, INVALID "Duplicate index name: " STR_FMT, STR_ARG(name));
		}
	}
	return 0;
}

static int check_index_counts(const struct json *definition, struct error *err)
{
	const struct json *local = indexes_of(definition, false), *global = indexes_of(definition, true);

	if (local->count > 0 && json_get_c(definition, "KeySchema")->count < 2)
		return error_set(err, ERR_INVALID,
				 INVALID "Table KeySchema does not have a range key, which is required when specifying a "
					 "LocalSecondaryIndex");
	if (local->count > LOCAL_INDEXES_MAX)
		return error_set(err, ERR_INVALID, INVALID "Number of LocalSecondaryIndexes exceeds per-table limit of %d",
				 LOCAL_INDEXES_MAX);
	if (global->count > GLOBAL_INDEXES_MAX)
		return error_set(err, ERR_INVALID, INVALID "GlobalSecondaryIndex count exceeds the per-table limit of %d",
				 GLOBAL_INDEXES_MAX);
	return 0;
}

static int check_indexes(struct arena *a, const struct json *definition, struct error *err)
{
	int rc = check_index_counts(definition, err);

	if (rc == 0)
		rc = check_index_names(definition, err);
	for (int global = 0; global < 2; global++) {
		const struct json *list = indexes_of(definition, global);
		for (size_t i = 0; i < list->count && rc == 0; i++)
			rc = check_index(a, definition, list->items[i], global, err);
	}
	return rc;
}

/* ---- the whole ---- */

static bool schema_uses(const struct json *schema, struct str name)
{
	for (size_t i = 0; schema && i < schema->count; i++) {
		if (str_eq(key_name(schema, i), name))
			return true;
	}
	return false;
}

static bool is_used(const struct json *definition, struct str name)
{
	if (schema_uses(json_get_c(definition, "KeySchema"), name))
		return true;
	for (int global = 0; global < 2; global++) {
		const struct json *list = indexes_of(definition, global);
		for (size_t i = 0; i < list->count; i++) {
			if (schema_uses(json_get_c(list->items[i], "KeySchema"), name))
				return true;
		}
	}
	return false;
}

const struct json *definition_used_attributes(struct arena *a, const struct json *definition, const struct json *attributes)
{
	struct json *used = json_new_array(a);

	for (size_t i = 0; i < attributes->count; i++) {
		if (is_used(definition, json_get_text(attributes->items[i], STR("AttributeName"))))
			json_add(a, used, attributes->items[i]);
	}
	return used;
}

static int check_unused_attributes(struct arena *a, const struct json *definition, struct error *err)
{
	const struct json *attributes = json_get_c(definition, "AttributeDefinitions");
	bool indexed = indexes_of(definition, false)->count + indexes_of(definition, true)->count > 0;

	for (size_t i = 0; i < attributes->count; i++) {
		if (is_used(definition, json_get_text(attributes->items[i], STR("AttributeName"))))
			continue;
		if (!indexed)
			return error_set(err, ERR_INVALID,
					 INVALID "Number of attributes in KeySchema does not exactly match number of attributes "
						 "defined in AttributeDefinitions");
		struct str defined = list_text(a, attributes, STR("AttributeName"));
		struct str keys = list_text(a, json_get_c(definition, "KeySchema"), STR("AttributeName"));
		return error_set(err, ERR_INVALID,
				 INVALID "Some AttributeDefinitions are not used. AttributeDefinitions: " STR_FMT
					 ", keys used: " STR_FMT,
				 STR_ARG(defined), STR_ARG(keys));
	}
	return 0;
}

static int check_throughput(const struct json *definition, struct error *err)
{
	bool given = json_get_c(definition, "ProvisionedThroughput") != NULL;

	if (is_on_demand(definition) && given)
		return error_set(err, ERR_INVALID,
				 INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
					 "PAY_PER_REQUEST");
	if (!is_on_demand(definition) && !given)
		return error_set(err, ERR_INVALID,
				 INVALID "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
					 "PROVISIONED");
	return 0;
}

static int check_attribute_names(const struct json *attributes, struct error *err)
{
	for (size_t i = 0; i < attributes->count; i++) {
		struct str name = json_get_text(attributes->items[i], STR("AttributeName"));
		for (size_t j = 0; j < i; j++) {
			if (str_eq(json_get_text(attributes->items[j], STR("AttributeName")), name))
				return error_set(err, ERR_INVALID,
						 INVALID "Duplicate AttributeName in AttributeDefinitions: " STR_FMT,
						 STR_ARG(name));
		}
	}
	return 0;
}

int definition_check(struct arena *a, const struct json *definition, struct error *err)
{
	int rc = check_throughput(definition, err);

	if (rc == 0)
		rc = check_attribute_names(json_get_c(definition, "AttributeDefinitions"), err);
	if (rc == 0)
		rc = definition_check_keys(a, json_get_c(definition, "KeySchema"), json_get_c(definition, "AttributeDefinitions"),
					   err);
	if (rc == 0)
		rc = check_indexes(a, definition, err);
	return rc < 0 ? rc : check_unused_attributes(a, definition, err);
}

int definition_put_stream(struct host *host, struct arena *a, struct json *definition, const struct json *stream, int64_t now_ms,
			  struct error *err)
{
	bool enable = json_true(json_get_c(stream, "StreamEnabled")),
	     is = json_true(json_get_c(json_get_c(definition, "StreamSpecification"), "StreamEnabled"));
	bool viewed = json_get_c(stream, "StreamViewType") != NULL;
	struct str name = json_get_text(definition, STR("TableName")), arn = table_arn(host, a, name);
	char text[DATE_TEXT_MAX];

	if (!stream || (!enable && !is && !json_get_c(definition, "id")))
		return 0;
	if (enable && !viewed)
		return error_set(err, ERR_INVALID, INVALID "StreamViewType must be specified when StreamEnabled is true");
	if (!enable && viewed)
		return error_set(err, ERR_INVALID, INVALID "StreamViewType must not be specified when StreamEnabled is false");
	if (enable == is)
		return error_set(err, ERR_INVALID, INVALID "Table already has %s stream: TableName: " STR_FMT,
				 is ? "an enabled" : "a disabled", STR_ARG(name));
	if (!enable) {
		json_put(a, definition, STR("StreamSpecification"), &json_null);
		return 0;
	}
	struct str label = date_iso_ms(text, now_ms);
	label.n--; /* without the Z */
	json_put(a, definition, STR("StreamSpecification"), stream);
	json_put(a, definition, STR("LatestStreamLabel"), json_new_string(a, arena_str(a, label)));
	json_put(a, definition, STR("LatestStreamArn"),
		 json_new_string(a, arena_printf(a, STR_FMT "/stream/" STR_FMT, STR_ARG(arn), STR_ARG(label))));
	return 0;
}

struct json *definition_index(struct arena *a, const struct json *request, uint64_t id, bool backfilling)
{
	struct json *index = json_copy_object(a, request);

	json_put(a, index, STR("id"), json_new_i64(a, (int64_t)id));
	if (backfilling)
		json_put(a, index, STR("backfilling"), &json_bool_true);
	return index;
}

const struct json *definition_sse(struct arena *a, const struct json *specification, struct str key_arn)
{
	struct json *sse = json_new_object(a);

	if (!json_true(json_get_c(specification, "Enabled")))
		return NULL;
	json_put(a, sse, STR("Status"), json_new_string(a, STR("ENABLED")));
	json_put(a, sse, STR("SSEType"), json_new_string(a, STR("KMS")));
	if (key_arn.p)
		json_put(a, sse, STR("KMSMasterKeyArn"), json_new_string(a, key_arn));
	return sse;
}
