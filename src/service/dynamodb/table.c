/* SPDX-License-Identifier: Apache-2.0
 *
 * Definitions compiled into struct table.
 */
#include "service/dynamodb/table.h"

#include "base/limits.h"

static enum value_type attribute_type(const struct json *definitions, struct str name)
{
	for (size_t i = 0; definitions && i < definitions->count; i++) {
		const struct json *d = definitions->items[i];
		if (str_eq(json_get_text(d, STR("AttributeName")), name))
			return value_type_of(json_get_text(d, STR("AttributeType")));
	}
	return VALUE_S;
}

static void read_key_schema(const struct json *schema, const struct json *definitions, struct key_schema *out)
{
	for (size_t i = 0; schema && i < schema->count; i++) {
		struct str name = json_get_text(schema->items[i], STR("AttributeName"));
		if (str_eq(json_get_text(schema->items[i], STR("KeyType")), STR("HASH"))) {
			out->hash = name;
			out->hash_type = attribute_type(definitions, name);
		} else {
			out->range = name;
			out->range_type = attribute_type(definitions, name);
		}
	}
}

static uint64_t get_u64(const struct json *object, struct str name)
{
	int64_t n = 0;

	return json_to_i64(json_get(object, name), &n) == 0 ? (uint64_t)n : 0;
}

static void read_index(const struct json *definition, const struct json *index, bool global, struct table_index *out)
{
	const struct json *projection = json_get_c(index, "Projection");
	struct str type = json_get_text(projection, STR("ProjectionType"));

	out->name = json_get_text(index, STR("IndexName"));
	out->global = global;
	out->backfilling = json_true(json_get_c(index, "backfilling"));
	out->id = get_u64(index, STR("id"));
	out->projection = str_eq(type, STR("ALL"))       ? PROJECTION_ALL
			  : str_eq(type, STR("INCLUDE")) ? PROJECTION_INCLUDE
							 : PROJECTION_KEYS_ONLY;
	out->included = json_get_c(projection, "NonKeyAttributes");
	read_key_schema(json_get_c(index, "KeySchema"), json_get_c(definition, "AttributeDefinitions"), &out->keys);
}

static int read_indexes(struct table *t)
{
	const struct json *local = json_get_c(t->definition, "LocalSecondaryIndexes");
	const struct json *global = json_get_c(t->definition, "GlobalSecondaryIndexes");
	size_t locals = local ? local->count : 0, globals = global ? global->count : 0;

	t->index_count = locals + globals;
	t->indexes = arena_alloc_array(&t->arena, t->index_count + 1, sizeof(*t->indexes));
	t->counts = arena_alloc_array(&t->arena, t->index_count + 1, sizeof(*t->counts));
	if (!t->indexes || !t->counts)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < locals; i++)
		read_index(t->definition, local->items[i], false, &t->indexes[i]);
	for (size_t i = 0; i < globals; i++)
		read_index(t->definition, global->items[i], true, &t->indexes[locals + i]);
	return 0;
}

struct table *table_new(const struct json *definition)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	atomic_init(&t->references, 1);
	pthread_mutex_init(&t->counts_lock, NULL);
	arena_init(&t->arena, MIB(16));
	t->definition = json_clone(&t->arena, definition);
	t->name = json_get_text(t->definition, STR("TableName"));
	t->id = get_u64(t->definition, STR("id"));
	t->revision = get_u64(t->definition, STR("revision"));
	t->backfilling = json_get_c(t->definition, "backfill") != NULL;
	read_key_schema(json_get_c(t->definition, "KeySchema"), json_get_c(t->definition, "AttributeDefinitions"), &t->keys);
	const struct json *ttl = json_get_c(t->definition, "TimeToLive");
	if (json_true(json_get_c(ttl, "Enabled")))
		t->ttl_attribute = json_get_text(ttl, STR("AttributeName"));
	if (read_indexes(t) < 0 || !t->name.p || !t->keys.hash.p || t->id == 0) {
		table_unref(t);
		return NULL;
	}
	return t;
}

void table_ref(struct table *t)
{
	atomic_fetch_add_explicit(&t->references, 1, memory_order_relaxed);
}

void table_unref(struct table *t)
{
	if (!t || atomic_fetch_sub_explicit(&t->references, 1, memory_order_acq_rel) != 1)
		return;
	pthread_mutex_destroy(&t->counts_lock);
	arena_release(&t->arena);
	free(t);
}

const struct table_index *table_index_find(const struct table *t, struct str name)
{
	for (size_t i = 0; i < t->index_count; i++) {
		if (str_eq(t->indexes[i].name, name))
			return &t->indexes[i];
	}
	return NULL;
}

static bool is_key(const struct key_schema *keys, struct str attribute)
{
	return str_eq(keys->hash, attribute) || (keys->range.p && str_eq(keys->range, attribute));
}

bool index_projects(const struct table *t, const struct table_index *index, struct str attribute)
{
	if (index->projection == PROJECTION_ALL || is_key(&t->keys, attribute) || is_key(&index->keys, attribute))
		return true;
	for (size_t i = 0; index->projection == PROJECTION_INCLUDE && index->included && i < index->included->count; i++) {
		if (str_eq(json_text(index->included->items[i]), attribute))
			return true;
	}
	return false;
}
