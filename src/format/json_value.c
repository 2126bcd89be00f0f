/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON values: access, comparison, building, writing.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "format/json.h"

enum { CHILDREN_FIRST = 4 };

const struct json json_null = { .type = JSON_NULL };
const struct json json_bool_true = { .type = JSON_BOOL, .boolean = true };
const struct json json_bool_false = { .type = JSON_BOOL };
const struct json json_empty_object = { .type = JSON_OBJECT };
const struct json json_empty_array = { .type = JSON_ARRAY };
const struct json json_empty_string = { .type = JSON_STRING, .text = { "", 0 } };

const struct json *json_get(const struct json *object, struct str name)
{
	if (!json_is(object, JSON_OBJECT))
		return NULL;
	for (size_t i = 0; i < object->count; i++)
		if (str_eq(object->members[i].name, name))
			return object->members[i].value;
	return NULL;
}

const struct json *json_at(const struct json *array, size_t index)
{
	return json_is(array, JSON_ARRAY) && index < array->count ? array->items[index] : NULL;
}

struct str json_text(const struct json *v)
{
	return json_is(v, JSON_STRING) ? v->text : STR_NULL;
}

struct str json_get_text(const struct json *object, struct str name)
{
	return json_text(json_get(object, name));
}

bool json_true(const struct json *v)
{
	return json_is(v, JSON_BOOL) && v->boolean;
}

int json_to_double(const struct json *v, double *out)
{
	return json_is(v, JSON_NUMBER) ? str_to_double(v->text, out) : ERR_INVALID;
}

int json_to_i64(const struct json *v, int64_t *out)
{
	double d;

	if (!json_is(v, JSON_NUMBER))
		return ERR_INVALID;
	if (str_to_i64(v->text, out) == 0)
		return 0;
	/* 1.0, 1e3: exact in a double up to 2^53. */
	if (str_to_double(v->text, &d) || d != floor(d) || fabs(d) > 9007199254740992.0)
		return ERR_INVALID;
	*out = (int64_t)d;
	return 0;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = { "null", "boolean", "number", "string", "array", "object" };
	return names[type];
}

static bool numbers_equal(struct str a, struct str b)
{
	int64_t ia, ib;
	double da, db;

	if (str_eq(a, b))
		return true;
	if (str_to_i64(a, &ia) == 0 && str_to_i64(b, &ib) == 0)
		return ia == ib;
	return str_to_double(a, &da) == 0 && str_to_double(b, &db) == 0 && da == db;
}

static bool objects_equal(const struct json *a, const struct json *b)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct json *other = i < b->count && str_eq(a->members[i].name, b->members[i].name)
						   ? b->members[i].value
						   : json_get(b, a->members[i].name);
		if (!other || !json_equal(a->members[i].value, other))
			return false;
	}
	return true;
}

static bool arrays_equal(const struct json *a, const struct json *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (!json_equal(a->items[i], b->items[i]))
			return false;
	return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
	if (a == b)
		return true;
	if (!a || !b || a->type != b->type)
		return false;
	switch (a->type) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return a->boolean == b->boolean;
	case JSON_NUMBER:
		return numbers_equal(a->text, b->text);
	case JSON_STRING:
		return str_eq(a->text, b->text);
	case JSON_ARRAY:
		return a->count == b->count && arrays_equal(a, b);
	case JSON_OBJECT:
		return a->count == b->count && objects_equal(a, b);
	}
	return false;
}

static struct json *new_value(struct arena *a, enum json_type type)
{
	struct json *v = ARENA_NEW(a, struct json);

	if (v)
		v->type = type;
	return v;
}

const struct json *json_new_bool(bool value)
{
	return value ? &json_bool_true : &json_bool_false;
}

static const struct json *new_text(struct arena *a, enum json_type type, struct str text)
{
	struct json *v = new_value(a, type);

	if (v)
		v->text = text;
	return v;
}

const struct json *json_new_string(struct arena *a, struct str text)
{
	return text.p ? new_text(a, JSON_STRING, text) : NULL;
}

const struct json *json_new_number(struct arena *a, struct str text)
{
	return text.p ? new_text(a, JSON_NUMBER, text) : NULL;
}

const struct json *json_new_i64(struct arena *a, int64_t value)
{
	return json_new_number(a, arena_printf(a, "%lld", (long long)value));
}

const struct json *json_new_double(struct arena *a, double value)
{
	char text[40];

	if (!isfinite(value))
		return &json_null;
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return json_new_number(a, arena_str(a, str_c(text)));
}

struct json *json_new_object(struct arena *a)
{
	return new_value(a, JSON_OBJECT);
}

struct json *json_new_array(struct arena *a)
{
	return new_value(a, JSON_ARRAY);
}

/* Room for one more child of `size` bytes; the old array is left to the arena. */
static bool grow(struct arena *a, struct json *v, void **children, size_t size)
{
	if (v->count < v->capacity)
		return true;
	size_t capacity = v->capacity ? v->capacity * 2 : CHILDREN_FIRST;
	void *next = arena_alloc_array(a, capacity, size);
	if (!next)
		return false;
	if (v->count)
		memcpy(next, *children, v->count * size);
	*children = next;
	v->capacity = capacity;
	return true;
}

bool json_add_member(struct arena *a, struct json *object, struct str name, const struct json *value)
{
	void *members = object ? object->members : NULL;

	if (!object || !value || !name.p || !grow(a, object, &members, sizeof(struct json_member)))
		return false;
	object->members = members;
	object->members[object->count++] = (struct json_member){ name, value };
	return true;
}

bool json_put(struct arena *a, struct json *object, struct str name, const struct json *value)
{
	if (!object || !value || !name.p)
		return false;
	for (size_t i = 0; i < object->count; i++) {
		if (str_eq(object->members[i].name, name)) {
			object->members[i].value = value;
			return true;
		}
	}
	return json_add_member(a, object, name, value);
}

bool json_add(struct arena *a, struct json *array, const struct json *value)
{
	void *items = array ? (void *)array->items : NULL;

	if (!array || !value || !grow(a, array, &items, sizeof(const struct json *)))
		return false;
	array->items = items;
	array->items[array->count++] = value;
	return true;
}

/* A new value with the same children in an array of its own. */
static struct json *copy(struct arena *a, const struct json *v, const void *children, size_t size)
{
	struct json *next = v ? new_value(a, v->type) : NULL;

	if (!next || v->count == 0)
		return next;
	void *own = arena_alloc_array(a, v->count, size);
	if (!own)
		return NULL;
	memcpy(own, children, v->count * size);
	next->count = next->capacity = v->count;
	if (v->type == JSON_OBJECT)
		next->members = own;
	else
		next->items = own;
	return next;
}

struct json *json_copy_object(struct arena *a, const struct json *object)
{
	return json_is(object, JSON_OBJECT) ? copy(a, object, object->members, sizeof(struct json_member)) : NULL;
}

struct json *json_copy_array(struct arena *a, const struct json *array)
{
	return json_is(array, JSON_ARRAY) ? copy(a, array, array->items, sizeof(const struct json *)) : NULL;
}

const struct json *json_clone(struct arena *a, const struct json *v)
{
	struct json *next;

	if (!v || v->type <= JSON_BOOL)
		return v ? (v->type == JSON_NULL ? &json_null : json_new_bool(v->boolean)) : NULL;
	if (v->type == JSON_NUMBER || v->type == JSON_STRING)
		return new_text(a, v->type, arena_str(a, v->text));
	next = v->type == JSON_OBJECT ? json_copy_object(a, v) : json_copy_array(a, v);
	for (size_t i = 0; next && i < next->count; i++) {
		const struct json *child = json_clone(a, v->type == JSON_OBJECT ? v->members[i].value : v->items[i]);
		if (!child)
			return NULL;
		if (v->type == JSON_OBJECT)
			next->members[i] = (struct json_member){ arena_str(a, v->members[i].name), child };
		else
			next->items[i] = child;
	}
	return next;
}

void json_write_string(struct buf *out, struct str text)
{
	static const char short_escapes[] = "btnvfr"; /* from \b on */
	size_t start = 0;

	buf_add_char(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F)
			continue;
		buf_add(out, text.p + start, i - start);
		start = i + 1;
		if (c == '"' || c == '\\') {
			buf_add_char(out, '\\');
			buf_add_char(out, (char)c);
		} else if (c >= '\b' && c <= '\r' && c != '\v') {
			buf_add_char(out, '\\');
			buf_add_char(out, short_escapes[c - '\b']);
		} else {
			buf_addf(out, "\\u%04x", c);
		}
	}
	buf_add(out, text.p + start, text.n - start);
	buf_add_char(out, '"');
}

static void write_members(struct buf *out, const struct json *v)
{
	for (size_t i = 0; i < v->count; i++) {
		if (i)
			buf_add_char(out, ',');
		json_write_string(out, v->members[i].name);
		buf_add_char(out, ':');
		json_write(out, v->members[i].value);
	}
}

void json_write(struct buf *out, const struct json *v)
{
	switch (v ? v->type : JSON_NULL) {
	case JSON_NULL:
		buf_add_c(out, "null");
		break;
	case JSON_BOOL:
		buf_add_c(out, v->boolean ? "true" : "false");
		break;
	case JSON_NUMBER:
		buf_add_str(out, v->text);
		break;
	case JSON_STRING:
		json_write_string(out, v->text);
		break;
	case JSON_ARRAY:
		buf_add_char(out, '[');
		for (size_t i = 0; i < v->count; i++) {
			if (i)
				buf_add_char(out, ',');
			json_write(out, v->items[i]);
		}
		buf_add_char(out, ']');
		break;
	case JSON_OBJECT:
		buf_add_char(out, '{');
		write_members(out, v);
		buf_add_char(out, '}');
		break;
	}
}

struct str json_to_str(struct arena *a, const struct json *v)
{
	struct buf out;

	buf_init(&out, a->cap);
	json_write(&out, v);
	struct str text = buf_failed(&out) ? STR_NULL : arena_str(a, buf_str(&out));
	buf_release(&out);
	return text;
}
