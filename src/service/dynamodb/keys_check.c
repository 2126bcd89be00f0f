/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service demands of key attributes.
 */
#include "service/dynamodb/keys.h"

#define INVALID "One or more parameter values were invalid: "
#define NOT_VALID "One or more parameter values are not valid. "

static bool is_empty(const struct value *v)
{
	return (v->type == VALUE_S || v->type == VALUE_B) && v->text.n == 0;
}

static const char *kind_of(const struct value *v)
{
	return v->type == VALUE_B ? "binary" : "string";
}

static int check_empty(const struct value *item, struct str name, struct error *err)
{
	const struct value *v = name.p ? value_get(item, name) : NULL;

	if (!v || !is_empty(v))
		return 0;
	return error_set(err, ERR_INVALID,
			 NOT_VALID "The AttributeValue for a key attribute cannot contain an empty %s value. Key: " STR_FMT,
			 kind_of(v), STR_ARG(name));
}

int key_check_empty(const struct table *t, const struct value *item, struct error *err)
{
	int rc = check_empty(item, t->keys.hash, err);

	return rc < 0 ? rc : check_empty(item, t->keys.range, err);
}

static int check_sizes(const struct table *t, const struct value *item, struct error *err)
{
	const struct value *range = t->keys.range.p ? value_get(item, t->keys.range) : NULL;

	if (value_size(value_get(item, t->keys.hash)) > HASH_KEY_SIZE_MAX)
		return error_set(err, ERR_INVALID, INVALID "Size of hashkey has exceeded the maximum size limit of2048 bytes");
	if (range && value_size(range) > RANGE_KEY_SIZE_MAX)
		return error_set(err, ERR_INVALID,
				 INVALID "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
	return 0;
}

static int check_attribute(const struct value *item, struct str name, enum value_type type, struct error *err)
{
	const struct value *v = value_get(item, name);

	if (!v)
		return error_set(err, ERR_INVALID, INVALID "Missing the key " STR_FMT " in the item", STR_ARG(name));
	if (v->type != type)
		return error_set(err, ERR_INVALID, INVALID "Type mismatch for key " STR_FMT " expected: %s actual: %s",
				 STR_ARG(name), value_type_name(type), value_type_name(v->type));
	return check_empty(item, name, err);
}

static int check_index_attribute(const struct value *item, const struct table_index *index, struct str name, enum value_type type,
				 size_t size_max, struct error *err)
{
	const struct value *v = name.p ? value_get(item, name) : NULL;

	if (!v)
		return 0;
	if (v->type != type)
		return error_set(err, ERR_INVALID,
				 INVALID "Type mismatch for Index Key " STR_FMT " Expected: %s Actual: %s IndexName: " STR_FMT,
				 STR_ARG(name), value_type_name(type), value_type_name(v->type), STR_ARG(index->name));
	if (is_empty(v))
		return error_set(
			err, ERR_INVALID,
			NOT_VALID
			"A value specified for a secondary index key is not supported. The AttributeValue for a key attribute "
			"cannot contain an empty %s value. IndexName: " STR_FMT ", IndexKey: " STR_FMT,
			kind_of(v), STR_ARG(index->name), STR_ARG(name));
	if (value_size(v) > size_max)
		return error_set(err, ERR_INVALID,
				 INVALID "Size of the secondary index key " STR_FMT
					 " has exceeded the maximum size limit of %zu bytes",
				 STR_ARG(name), size_max);
	return 0;
}

static int check_indexes(const struct table *t, const struct value *item, struct error *err)
{
	for (size_t i = 0; i < t->index_count; i++) {
		const struct table_index *index = &t->indexes[i];
		int rc = check_index_attribute(item, index, index->keys.hash, index->keys.hash_type, HASH_KEY_SIZE_MAX, err);
		if (rc == 0)
			rc = check_index_attribute(item, index, index->keys.range, index->keys.range_type, RANGE_KEY_SIZE_MAX,
						   err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int item_check(const struct table *t, const struct value *item, struct error *err)
{
	int rc = check_attribute(item, t->keys.hash, t->keys.hash_type, err);

	if (rc == 0 && t->keys.range.p)
		rc = check_attribute(item, t->keys.range, t->keys.range_type, err);
	if (rc == 0)
		rc = check_sizes(t, item, err);
	if (rc == 0)
		rc = check_indexes(t, item, err);
	if (rc == 0 && item_size(item) > ITEM_SIZE_MAX)
		return error_set(err, ERR_INVALID, "Item size has exceeded the maximum allowed size");
	return rc;
}

static bool has_type(const struct value *key, struct str name, enum value_type type)
{
	const struct value *v = value_get(key, name);

	return v && v->type == type;
}

static int fault_schema(struct error *err)
{
	return error_set(err, ERR_INVALID, "The provided key element does not match the schema");
}

int key_check(const struct table *t, const struct value *key, struct error *err)
{
	size_t wanted = t->keys.range.p ? 2 : 1;

	if (key->count != wanted || !has_type(key, t->keys.hash, t->keys.hash_type) ||
	    (wanted == 2 && !has_type(key, t->keys.range, t->keys.range_type)))
		return fault_schema(err);
	int rc = key_check_empty(t, key, err);
	return rc < 0 ? rc : check_sizes(t, key, err);
}

static size_t count_missing(const struct key_schema *keys, const struct key_schema *already, const struct value *key, bool *fits)
{
	size_t n = 0;
	const struct {
		struct str name;
		enum value_type type;
	} parts[] = { { keys->hash, keys->hash_type }, { keys->range, keys->range_type } };

	for (size_t i = 0; i < 2; i++) {
		if (!parts[i].name.p)
			continue;
		*fits = *fits && has_type(key, parts[i].name, parts[i].type);
		bool counted = already && (str_eq(parts[i].name, already->hash) ||
					   (already->range.p && str_eq(parts[i].name, already->range)));
		n += !counted;
	}
	return n;
}

int start_key_check(const struct table *t, const struct table_index *index, const struct value *key, struct error *err)
{
	bool fits = true;
	size_t wanted = count_missing(&t->keys, NULL, key, &fits);

	if (index)
		wanted += count_missing(&index->keys, &t->keys, key, &fits);
	return fits && key->count == wanted ? 0 : fault_schema(err);
}
