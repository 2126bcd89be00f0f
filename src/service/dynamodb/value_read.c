/* SPDX-License-Identifier: Apache-2.0
 *
 * Attribute values as clients send them, with the service's validation.
 */
#include "base/encode.h"
#include "service/dynamodb/number.h"
#include "service/dynamodb/value.h"

#define INVALID_VALUES "One or more parameter values were invalid: "

static int read_at(struct arena *a, const struct json *json, int depth, struct value *out, struct error *err);

static int fault_memory(struct error *err)
{
	return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
}

/* JSON of the wrong shape never reaches the service proper; its deserializer says what it met. */
int value_fault_shape(const struct json *json, const char *wanted, struct error *err)
{
	static const char *const seen[] = {
		[JSON_NULL] = "NULL_VALUE",
		[JSON_BOOL] = "BOOLEAN_VALUE",
		[JSON_NUMBER] = "NUMBER_VALUE",
		[JSON_STRING] = "STRING_VALUE",
	};
	enum json_type type = json ? json->type : JSON_NULL;

	if (type == JSON_OBJECT)
		error_set(err, ERR_INVALID, "Start of structure or map found where not expected");
	else if (type == JSON_ARRAY)
		error_set(err, ERR_INVALID, "Start of list found where not expected");
	else if (type == JSON_BOOL)
		error_set(err, ERR_INVALID, "%s cannot be converted to %s", json->boolean ? "TRUE_VALUE" : "FALSE_VALUE", wanted);
	else
		error_set(err, ERR_INVALID, "%s cannot be converted to %s", seen[type], wanted);
	if (err)
		snprintf(err->name, sizeof(err->name), "SerializationException");
	return ERR_INVALID;
}

static int read_number(struct arena *a, struct str text, struct value *out, struct error *err)
{
	struct number n;
	char canonical[NUMBER_TEXT_MAX];
	int rc = number_parse(text, &n, err);

	if (rc < 0)
		return rc;
	struct str written = number_text(canonical, &n);
	out->text = str_eq(written, text) ? text : arena_str(a, written);
	return out->text.p ? 0 : fault_memory(err);
}

static int read_binary(struct arena *a, const struct json *json, struct value *out, struct error *err)
{
	if (base64_decode(a, json_text(json), &out->text) == 0)
		return 0;
	if (arena_failed(a))
		return fault_memory(err);
	error_set(err, ERR_INVALID, "Base64 encoded length is expected a multiple of 4 bytes but found: %zu", json->text.n);
	if (err)
		snprintf(err->name, sizeof(err->name), "SerializationException");
	return ERR_INVALID;
}

static int read_scalar(struct arena *a, const struct json *json, enum value_type type, struct value *out, struct error *err)
{
	out->type = type;
	if (!json_is(json, JSON_STRING))
		return value_fault_shape(json, type == VALUE_B ? "ByteBuffer" : "String", err);
	if (type == VALUE_N)
		return read_number(a, json->text, out, err);
	if (type == VALUE_B)
		return read_binary(a, json, out, err);
	out->text = json->text;
	return 0;
}

static int fault_duplicates(struct arena *a, const struct value *set, const struct json *json, struct error *err)
{
	struct buf list;

	if (set->type == VALUE_NS)
		return error_set(err, ERR_INVALID, "Input collection contains duplicates");
	buf_init(&list, ERROR_MESSAGE_MAX);
	for (size_t i = 0; i < json->count; i++)
		buf_addf(&list, "%s" STR_FMT, i ? ", " : "", STR_ARG(json->items[i]->text));
	struct str text = arena_str(a, buf_str(&list));
	buf_release(&list);
	if (set->type == VALUE_BS)
		return error_set(err, ERR_INVALID, INVALID_VALUES "Input collection [" STR_FMT "]of type BS contains duplicates.",
				 STR_ARG(text));
	return error_set(err, ERR_INVALID, INVALID_VALUES "Input collection [" STR_FMT "] contains duplicates.", STR_ARG(text));
}

static int compare_members(const void *a, const void *b)
{
	const struct value *const *x = a, *const *y = b;

	return str_cmp((*x)->text, (*y)->text);
}

/* Members are told apart by their canonical texts; that order is kept, see value.h. */
static int sort_members(struct arena *a, struct value *set, const struct json *json, struct error *err)
{
	qsort(set->items, set->count, sizeof(*set->items), compare_members);
	for (size_t i = 1; i < set->count; i++) {
		if (str_eq(set->items[i - 1]->text, set->items[i]->text))
			return fault_duplicates(a, set, json, err);
	}
	return 0;
}

static int check_set_member(const struct value *member, enum value_type type, struct error *err)
{
	if (member->text.n > 0)
		return 0;
	if (type == VALUE_SS)
		return error_set(err, ERR_INVALID, INVALID_VALUES "An string set may not have a empty string as a member");
	return error_set(err, ERR_INVALID, INVALID_VALUES "Binary sets should not contain empty values");
}

static int read_set(struct arena *a, const struct json *json, enum value_type type, struct value *out, struct error *err)
{
	static const char *const words[] = { [VALUE_SS] = "string", [VALUE_NS] = "number" };
	static const enum value_type members[] = { [VALUE_SS] = VALUE_S, [VALUE_NS] = VALUE_N, [VALUE_BS] = VALUE_B };

	if (!json_is(json, JSON_ARRAY))
		return value_fault_shape(json, "List", err);
	if (json->count == 0 && type == VALUE_BS)
		return error_set(err, ERR_INVALID, INVALID_VALUES "Binary sets should not be empty");
	if (json->count == 0)
		return error_set(err, ERR_INVALID, INVALID_VALUES "An %s set  may not be empty", words[type]);
	struct value *values = arena_alloc_array(a, json->count, sizeof(*values));
	out->type = type;
	out->count = json->count;
	out->items = arena_alloc_array(a, json->count, sizeof(*out->items));
	if (!values || !out->items)
		return fault_memory(err);
	for (size_t i = 0; i < json->count; i++) {
		int rc = read_scalar(a, json->items[i], members[type], &values[i], err);
		if (rc == 0)
			rc = check_set_member(&values[i], type, err);
		if (rc < 0)
			return rc;
		out->items[i] = &values[i];
	}
	return sort_members(a, out, json, err);
}

static int read_list(struct arena *a, const struct json *json, int depth, struct value *out, struct error *err)
{
	if (!json_is(json, JSON_ARRAY))
		return value_fault_shape(json, "List", err);
	struct value *values = arena_alloc_array(a, json->count, sizeof(*values));
	out->type = VALUE_L;
	out->count = json->count;
	out->items = arena_alloc_array(a, json->count, sizeof(*out->items));
	if (json->count > 0 && (!values || !out->items))
		return fault_memory(err);
	for (size_t i = 0; i < json->count; i++) {
		int rc = read_at(a, json->items[i], depth + 1, &values[i], err);
		if (rc < 0)
			return rc;
		out->items[i] = &values[i];
	}
	return 0;
}

/* Of an item's attributes; members of maps may have any name. */
static int check_name(struct str name, struct error *err)
{
	if (name.n == 0)
		return error_set(err, ERR_INVALID, INVALID_VALUES "Empty attribute name");
	if (name.n > ATTRIBUTE_NAME_MAX)
		return error_set(err, ERR_INVALID,
				 INVALID_VALUES "Attribute name is too large, must be less than or equal to %d bytes",
				 ATTRIBUTE_NAME_MAX);
	return 0;
}

static int read_map(struct arena *a, const struct json *json, int depth, struct value *out, struct error *err)
{
	if (!json_is(json, JSON_OBJECT))
		return value_fault_shape(json, "Map", err);
	struct value *values = arena_alloc_array(a, json->count, sizeof(*values));
	struct attribute *attributes = arena_alloc_array(a, json->count, sizeof(*attributes));
	if (json->count > 0 && (!values || !attributes))
		return fault_memory(err);
	for (size_t i = 0; i < json->count; i++) {
		int rc = depth == 0 ? check_name(json->members[i].name, err) : 0;
		if (rc == 0)
			rc = read_at(a, json->members[i].value, depth + 1, &values[i], err);
		if (rc < 0)
			return rc;
		attributes[i] = (struct attribute){ json->members[i].name, &values[i] };
	}
	out->type = VALUE_M;
	out->count = json->count;
	out->attributes = attributes;
	return 0;
}

static int read_bool(const struct json *json, enum value_type type, struct value *out, struct error *err)
{
	if (!json_is(json, JSON_BOOL))
		return value_fault_shape(json, "Boolean", err);
	if (type == VALUE_NULL && !json->boolean)
		return error_set(err, ERR_INVALID, INVALID_VALUES "Null attribute value types must have the value of true");
	out->type = type;
	out->boolean = json->boolean;
	return 0;
}

static int read_typed(struct arena *a, const struct json *json, enum value_type type, int depth, struct value *out,
		      struct error *err)
{
	if ((type == VALUE_M || type == VALUE_L) && depth > VALUE_DEPTH_MAX)
		return error_set(err, ERR_INVALID, "Nesting Levels have exceeded supported limits");
	switch (type) {
	case VALUE_S:
	case VALUE_N:
	case VALUE_B:
		return read_scalar(a, json, type, out, err);
	case VALUE_BOOL:
	case VALUE_NULL:
		return read_bool(json, type, out, err);
	case VALUE_M:
		return read_map(a, json, depth, out, err);
	case VALUE_L:
		return read_list(a, json, depth, out, err);
	default:
		return read_set(a, json, type, out, err);
	}
}

/* `depth` counts the containers around this value, itself included when it is one. */
static int read_at(struct arena *a, const struct json *json, int depth, struct value *out, struct error *err)
{
	const struct json_member *found = NULL;

	if (!json_is(json, JSON_OBJECT))
		return value_fault_shape(json, "AttributeValue", err);
	for (size_t i = 0; i < json->count; i++) {
		if (value_type_of(json->members[i].name) == VALUE_TYPE_COUNT)
			continue;
		if (found)
			return error_set(
				err, ERR_INVALID,
				"Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
				"supported datatypes");
		found = &json->members[i];
	}
	if (!found)
		return error_set(err, ERR_INVALID,
				 "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
	return read_typed(a, found->value, value_type_of(found->name), depth, out, err);
}

int value_read(struct arena *a, const struct json *json, const struct value **out, struct error *err)
{
	struct value *v = ARENA_NEW(a, struct value);

	if (!v)
		return fault_memory(err);
	int rc = read_at(a, json, 1, v, err);
	if (rc == 0)
		*out = v;
	return rc;
}

int item_read(struct arena *a, const struct json *json, const struct value **out, struct error *err)
{
	struct value *v = ARENA_NEW(a, struct value);

	if (!v)
		return fault_memory(err);
	int rc = read_map(a, json, 0, v, err);
	if (rc == 0)
		*out = v;
	return rc;
}
