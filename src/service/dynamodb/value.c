/* SPDX-License-Identifier: Apache-2.0
 *
 * What values are: names of their types, equality, order, size. Reading is in value_read.c, writing in item_codec.c.
 */
#include "service/dynamodb/value.h"

#include "service/dynamodb/number.h"

static const char *const type_names[VALUE_TYPE_COUNT][2] = {
	[VALUE_S] = { "S", "STRING" },        [VALUE_N] = { "N", "NUMBER" },       [VALUE_B] = { "B", "BINARY" },
	[VALUE_BOOL] = { "BOOL", "BOOLEAN" }, [VALUE_NULL] = { "NULL", "NULL" },   [VALUE_SS] = { "SS", "STRING SET" },
	[VALUE_NS] = { "NS", "NUMBER SET" },  [VALUE_BS] = { "BS", "BINARY SET" }, [VALUE_M] = { "M", "MAP" },
	[VALUE_L] = { "L", "LIST" },
};

const char *value_type_name(enum value_type type)
{
	return type_names[type][0];
}

const char *value_type_long_name(enum value_type type)
{
	return type_names[type][1];
}

enum value_type value_type_of(struct str name)
{
	for (int i = 0; i < VALUE_TYPE_COUNT; i++) {
		if (str_eq_c(name, type_names[i][0]))
			return (enum value_type)i;
	}
	return VALUE_TYPE_COUNT;
}

bool value_is_set(const struct value *v)
{
	return v->type == VALUE_SS || v->type == VALUE_NS || v->type == VALUE_BS;
}

const struct value *value_new_map(struct arena *a, const struct attribute *attributes, size_t count)
{
	struct value *v = ARENA_NEW(a, struct value);

	if (!v)
		return NULL;
	v->type = VALUE_M;
	v->attributes = attributes;
	v->count = count;
	return v;
}

const struct value *value_new_number(struct arena *a, struct str text)
{
	struct value *v = ARENA_NEW(a, struct value);

	if (!v)
		return NULL;
	v->type = VALUE_N;
	v->text = text;
	return v;
}

const struct value *value_new_list(struct arena *a, const struct value **items, size_t count)
{
	struct value *v = ARENA_NEW(a, struct value);

	if (!v)
		return NULL;
	v->type = VALUE_L;
	v->items = items;
	v->count = count;
	return v;
}

const struct value *value_get(const struct value *map, struct str name)
{
	if (!map || map->type != VALUE_M)
		return NULL;
	for (size_t i = 0; i < map->count; i++) {
		if (str_eq(map->attributes[i].name, name))
			return map->attributes[i].value;
	}
	return NULL;
}

bool value_set_has(const struct value *set, const struct value *member)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(set->items[middle]->text, member->text);
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool sets_equal(const struct value *a, const struct value *b)
{
	for (size_t i = 0; i < a->count; i++) {
		if (!str_eq(a->items[i]->text, b->items[i]->text))
			return false;
	}
	return true;
}

/* Most often equal maps have one order: the search starts where the member would be. */
static const struct value *get_near(const struct value *map, struct str name, size_t start)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct attribute *a = &map->attributes[(start + i) % map->count];
		if (str_eq(a->name, name))
			return a->value;
	}
	return NULL;
}

static bool maps_equal(const struct value *a, const struct value *b)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct value *other = get_near(b, a->attributes[i].name, i);
		if (!other || !value_equal(a->attributes[i].value, other))
			return false;
	}
	return true;
}

static bool lists_equal(const struct value *a, const struct value *b)
{
	for (size_t i = 0; i < a->count; i++) {
		if (!value_equal(a->items[i], b->items[i]))
			return false;
	}
	return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a == b)
		return true;
	if (a->type != b->type || a->count != b->count)
		return false;
	switch (a->type) {
	case VALUE_S:
	case VALUE_N:
	case VALUE_B:
		return str_eq(a->text, b->text);
	case VALUE_BOOL:
		return a->boolean == b->boolean;
	case VALUE_NULL:
		return true;
	case VALUE_M:
		return maps_equal(a, b);
	case VALUE_L:
		return lists_equal(a, b);
	default:
		return sets_equal(a, b);
	}
}

static int compare_numbers(struct str a, struct str b)
{
	struct number x, y;

	/* Texts of values are canonical, so they always read back. */
	if (number_parse(a, &x, NULL) < 0 || number_parse(b, &y, NULL) < 0)
		return str_cmp(a, b);
	return number_compare(&x, &y);
}

int value_compare(const struct value *a, const struct value *b)
{
	return a->type == VALUE_N ? compare_numbers(a->text, b->text) : str_cmp(a->text, b->text);
}

static size_t number_text_size(struct str text)
{
	struct number n;

	return number_parse(text, &n, NULL) < 0 ? text.n : number_size(&n);
}

enum {
	CONTAINER_SIZE = 3, /* of a list or map */
	MEMBER_SIZE = 1,    /* of each of its members */
};

static size_t items_size(const struct value *v, size_t each)
{
	size_t n = 0;

	for (size_t i = 0; i < v->count; i++)
		n += value_size(v->items[i]) + each;
	return n;
}

size_t value_size(const struct value *v)
{
	switch (v->type) {
	case VALUE_S:
	case VALUE_B:
		return v->text.n;
	case VALUE_N:
		return number_text_size(v->text);
	case VALUE_BOOL:
	case VALUE_NULL:
		return 1;
	case VALUE_M:
		return CONTAINER_SIZE + item_size(v) + v->count * MEMBER_SIZE;
	case VALUE_L:
		return CONTAINER_SIZE + items_size(v, MEMBER_SIZE);
	default:
		return items_size(v, 0);
	}
}

size_t item_size(const struct value *item)
{
	size_t n = 0;

	for (size_t i = 0; i < item->count; i++)
		n += item->attributes[i].name.n + value_size(item->attributes[i].value);
	return n;
}
