/* SPDX-License-Identifier: Apache-2.0 */
#include "service/parameters.h"

#include "base/encode.h"

enum { FORM_DEPTH_MAX = 16 };

/* Puts value at the dotted path, making objects on the way; false when a part is a text already. */
static bool put_path(struct arena *a, struct json *root, struct str path, const struct json *value)
{
	struct json *at = root;

	for (int depth = 0; depth < FORM_DEPTH_MAX; depth++) {
		struct str part = str_split(&path, '.');
		if (!path.p)
			return json_put(a, at, part, value);
		const struct json *child = json_get(at, part);
		if (child && child->type != JSON_OBJECT)
			return false;
		if (!child) {
			child = json_new_object(a);
			if (!json_put(a, at, part, child))
				return false;
		}
		at = (struct json *)(uintptr_t)child; /* made here, still under construction */
	}
	return false;
}

static bool is_index(struct str name)
{
	uint64_t n;

	return str_to_u64(name, &n) == 0 && n > 0;
}

static const struct json *normalise(struct arena *a, const struct json *value);

/* {"1":x,"2":y} -> [x,y] in the order of the numbers (which clients send ascending). */
static const struct json *numbered_list(struct arena *a, const struct json *object)
{
	struct json *list = json_new_array(a);

	for (size_t i = 0; i < object->count; i++)
		if (!is_index(object->members[i].name) || !json_add(a, list, normalise(a, object->members[i].value)))
			return NULL;
	return list;
}

/* [{"key":k,"value":v}] -> {k:v} */
static const struct json *entries_map(struct arena *a, const struct json *list)
{
	struct json *map = json_new_object(a);

	for (size_t i = 0; list && i < list->count; i++) {
		struct str key = json_get_text(list->items[i], STR("key"));
		struct str name = json_get_text(list->items[i], STR("Name"));
		const struct json *value = json_get_c(list->items[i], "value");
		if (!value)
			value = json_get_c(list->items[i], "Value");
		if (!json_put(a, map, key.p ? key : name, value ? value : &json_empty_string))
			return NULL;
	}
	return map;
}

static const struct json *normalise(struct arena *a, const struct json *value)
{
	if (!json_is(value, JSON_OBJECT) || value->count == 0)
		return value;
	const struct json *only = value->count == 1 ? value->members[0].value : NULL;
	if (json_is(only, JSON_OBJECT) && str_eq(value->members[0].name, STR("member")))
		return numbered_list(a, only);
	if (json_is(only, JSON_OBJECT) && str_eq(value->members[0].name, STR("entry")))
		return entries_map(a, numbered_list(a, only));
	if (is_index(value->members[0].name))
		return numbered_list(a, value);
	struct json *object = json_new_object(a);
	for (size_t i = 0; i < value->count; i++)
		if (!json_add_member(a, object, value->members[i].name, normalise(a, value->members[i].value)))
			return NULL;
	return object;
}

int parameters_from_form(struct arena *a, struct str form, const struct json **out, struct error *err)
{
	struct uri_query query;
	struct json *root = json_new_object(a);

	if (uri_query_parse(a, form, true, &query))
		return error_set(err, ERR_INVALID, "The request's form is malformed.");
	for (size_t i = 0; i < query.count; i++) {
		struct uri_pair *pair = &query.pairs[i];
		if (str_eq(pair->name, STR("Action")) || str_eq(pair->name, STR("Version")))
			continue;
		if (!put_path(a, root, pair->name, json_new_string(a, pair->value.p ? pair->value : STR(""))))
			return error_set(err, ERR_INVALID, "The parameter " STR_FMT " is malformed.", STR_ARG(pair->name));
	}
	const struct json *object = json_new_object(a);
	for (size_t i = 0; root && i < root->count; i++)
		json_add_member(a, (struct json *)(uintptr_t)object, root->members[i].name, normalise(a, root->members[i].value));
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "out of memory while reading a form");
	*out = object;
	return 0;
}

/* x-amz-meta-*: a map of what follows the prefix, lower-cased, to the values. */
static const struct json *prefixed_headers(struct call *call, struct str prefix)
{
	struct json *map = json_new_object(&call->arena);

	for (size_t i = 0; i < call->header_count; i++) {
		struct str name = call->headers[i].name;
		if (name.n <= prefix.n || !str_eq_nocase(str_sub(name, 0, prefix.n), prefix))
			continue;
		char *lower = arena_c(&call->arena, str_from(name, prefix.n));
		for (char *p = lower; p && *p; p++)
			*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
		json_put(&call->arena, map, str_c(lower), json_new_string(&call->arena, call->headers[i].value));
	}
	return map && map->count ? map : NULL;
}

/* "?tagKeys=a&tagKeys=b": a row that wants a list takes every value of the name. */
static const struct json *query_list(struct call *call, struct str name)
{
	struct json *list = json_new_array(&call->arena);

	for (size_t i = 0; i < call->query.count; i++)
		if (str_eq(call->query.pairs[i].name, name))
			json_add(&call->arena, list, json_new_string(&call->arena, call->query.pairs[i].value));
	return list && list->count ? list : NULL;
}

static const struct json *located(struct call *call, const struct bind *row, const struct json *labels)
{
	struct str wire = str_c(row->wire ? row->wire : row->name);

	switch (row->location) {
	case BIND_LABEL:
		return json_get(labels, str_c(row->name));
	case BIND_QUERY:
		if (row->kind == BIND_KIND_LIST)
			return query_list(call, wire);
		return json_new_string(&call->arena, uri_query_get(&call->query, wire));
	case BIND_HEADER:
		return json_new_string(&call->arena, call_header(call, wire));
	case BIND_HEADERS:
		return prefixed_headers(call, wire);
	case BIND_BODY:
	case BIND_PAYLOAD:
		break;
	}
	return NULL;
}

static const struct bind *payload_row(const struct bind *table)
{
	for (; table && table->kind != BIND_KIND_END; table++)
		if (table->location == BIND_PAYLOAD)
			return table;
	return NULL;
}

/* The body's members; an absent or empty body has none. A payload member takes the whole body instead. */
static int body_object(struct call *call, struct json **out, struct error *err)
{
	const struct bind *payload = payload_row(call->operation->input);
	const struct json *body = NULL;
	struct str bytes = call->body.bytes;

	*out = json_new_object(&call->arena);
	if (payload && payload->kind == BIND_KIND_IGNORED)
		return 0; /* the operation reads call->body itself */
	if (payload && payload->kind == BIND_KIND_BLOB) {
		json_put(&call->arena, *out, str_c(payload->name),
			 json_new_string(&call->arena, base64_encode(&call->arena, bytes.p ? bytes.p : "", bytes.n)));
		return 0;
	}
	if ((payload && payload->kind == BIND_KIND_STR) || bytes.n == 0 || call->protocol != PROTOCOL_REST_JSON) {
		if (payload && payload->kind == BIND_KIND_STR && bytes.p)
			json_put(&call->arena, *out, str_c(payload->name), json_new_string(&call->arena, bytes));
		return 0;
	}
	int result = json_parse(&call->arena, bytes, &body, err);
	if (result)
		return result;
	if (payload)
		json_put(&call->arena, *out, str_c(payload->name), body);
	else if (body->type == JSON_OBJECT)
		*out = json_copy_object(&call->arena, body);
	else
		return error_set(err, ERR_INVALID, "The request's body is not a JSON object.");
	return 0;
}

int parameters_from_rest(struct call *call, const struct json *labels, const struct json **out, struct error *err)
{
	struct json *object;
	int result = body_object(call, &object, err);

	if (result)
		return result;
	for (const struct bind *row = call->operation->input; row && row->kind != BIND_KIND_END; row++) {
		const struct json *value = located(call, row, labels);
		if (value)
			json_put(&call->arena, object, str_c(row->name), value);
	}
	if (arena_failed(&call->arena))
		return error_set(err, ERR_NO_MEMORY, "out of memory while reading a request");
	*out = object;
	return 0;
}
