/* SPDX-License-Identifier: Apache-2.0 */
#include "item.h"

struct json *object_of_members(struct arena *a, const struct item_member *members)
{
	struct json *object = json_new_object(a);

	for (const struct item_member *m = members; m->name != NULL; m++)
		if (m->value != NULL)
			json_add_member(a, object, str_c(m->name), m->value);
	return object;
}

const struct json *text_of(struct arena *a, const char *text)
{
	return json_new_string(a, str_c(text));
}

static const struct json *typed(struct arena *a, const char *type, const struct json *value)
{
	return value ? object_of(a, { type, value }) : NULL;
}

const struct json *attr_s(struct arena *a, struct str value)
{
	return str_is_set(value) ? typed(a, "S", json_new_string(a, value)) : NULL;
}

const struct json *attr_c(struct arena *a, const char *value)
{
	return attr_s(a, str_c(value));
}

const struct json *attr_i64(struct arena *a, int64_t value)
{
	return typed(a, "N", json_new_string(a, arena_printf(a, "%lld", (long long)value)));
}

const struct json *attr_double(struct arena *a, double value)
{
	return typed(a, "N", json_new_string(a, json_to_str(a, json_new_double(a, value))));
}

const struct json *attr_bool(struct arena *a, bool value)
{
	return typed(a, "BOOL", json_new_bool(value));
}

const struct json *attr_m(struct arena *a, const struct json *members)
{
	return typed(a, "M", members);
}

struct str item_s(const struct json *item, const char *name)
{
	return json_get_text(json_get(item, str_c(name)), STR("S"));
}

const struct json *item_m(const struct json *item, const char *name)
{
	const struct json *members = json_get_c(json_get(item, str_c(name)), "M");
	return json_is(members, JSON_OBJECT) ? members : NULL;
}

bool item_i64(const struct json *item, const char *name, int64_t *out)
{
	struct str text = json_get_text(json_get(item, str_c(name)), STR("N"));
	return str_is_set(text) && str_to_i64(text, out) == 0;
}

static const struct json *plain_map(struct arena *a, const struct json *members)
{
	struct json *object = json_new_object(a);

	for (size_t i = 0; i < members->count; i++)
		json_add_member(a, object, members->members[i].name, attr_plain(a, members->members[i].value));
	return object;
}

static const struct json *plain_list(struct arena *a, const struct json *items)
{
	struct json *array = json_new_array(a);

	for (size_t i = 0; i < items->count; i++)
		json_add(a, array, attr_plain(a, items->items[i]));
	return array;
}

const struct json *attr_plain(struct arena *a, const struct json *attribute)
{
	if (!json_is(attribute, JSON_OBJECT) || attribute->count != 1)
		return NULL;
	struct str type = attribute->members[0].name;
	const struct json *value = attribute->members[0].value;
	if (str_eq(type, STR("N")))
		return json_new_number(a, json_text(value));
	if (str_eq(type, STR("M")) && json_is(value, JSON_OBJECT))
		return plain_map(a, value);
	if (str_eq(type, STR("L")) && json_is(value, JSON_ARRAY))
		return plain_list(a, value);
	if (str_eq(type, STR("NULL")))
		return &json_null;
	return value;
}
