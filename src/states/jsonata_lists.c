/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions over arrays and objects, and those that take functions.
 */
#include "states/jsonata_node.h"

static struct value argument(struct value *arguments, size_t count, size_t index)
{
	return index < count ? arguments[index] : UNDEFINED;
}

static size_t length(struct value v)
{
	return is_array(v) ? v.json->count : v.json ? 1 : 0;
}

static const struct json *item_at(struct value v, size_t index)
{
	return is_array(v) ? v.json->items[index] : v.json;
}

static struct value sequence(struct json *list)
{
	return (struct value){ .json = list, .sequence = true };
}

struct value builtin_count(struct evaluation *e, struct value *arguments, size_t count)
{
	return value_of(json_new_i64(e->arena, (int64_t)length(argument(arguments, count, 0))));
}

struct value builtin_append(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value a = argument(arguments, count, 0), b = argument(arguments, count, 1);
	if (is_undefined(a))
		return b;
	if (is_undefined(b))
		return a;
	struct json *out = new_list(e);
	list_append(e, out, a);
	list_append(e, out, b);
	return value_of(out);
}

struct value builtin_reverse(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0);
	if (!is_array(v))
		return v;
	struct json *out = new_list(e);
	for (size_t i = v.json->count; i-- > 0;)
		(void)json_add(e->arena, out, v.json->items[i]);
	return value_of(out);
}

struct value builtin_distinct(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0);
	if (!is_array(v) || v.json->count <= 1)
		return v;
	struct json *out = new_list(e);
	for (size_t i = 0; i < v.json->count; i++) {
		bool seen = false;
		for (size_t k = 0; k < out->count && !seen; k++)
			seen = json_equal(out->items[k], v.json->items[i]);
		if (!seen)
			(void)json_add(e->arena, out, v.json->items[i]);
	}
	return value_of(out);
}

struct value builtin_zip(struct evaluation *e, struct value *arguments, size_t count)
{
	struct json *out = new_list(e);
	size_t shortest = count ? length(arguments[0]) : 0;
	for (size_t i = 1; i < count; i++)
		shortest = length(arguments[i]) < shortest ? length(arguments[i]) : shortest;
	for (size_t i = 0; i < shortest; i++) {
		struct json *tuple = new_list(e);
		for (size_t k = 0; k < count; k++)
			(void)json_add(e->arena, tuple, item_at(arguments[k], i));
		(void)json_add(e->arena, out, tuple);
	}
	return value_of(out);
}

struct value builtin_partition(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0);
	double size;
	if (is_undefined(v) || !number_of(e, argument(arguments, count, 1), &size))
		return UNDEFINED;
	if (size < 1)
		return throw(e, "D3141", "The size of the partition function must be a positive integer");
	struct json *out = new_list(e), *chunk = NULL;
	for (size_t i = 0; i < length(v); i++) {
		if (!chunk || (double)chunk->count >= size) {
			chunk = new_list(e);
			(void)json_add(e->arena, out, chunk);
		}
		(void)json_add(e->arena, chunk, item_at(v, i));
	}
	return sequence(out);
}

struct value builtin_range(struct evaluation *e, struct value *arguments, size_t count)
{
	double from, to, step;
	if (!number_of(e, argument(arguments, count, 0), &from) || !number_of(e, argument(arguments, count, 1), &to) ||
	    !number_of(e, argument(arguments, count, 2), &step))
		return UNDEFINED;
	if (step == 0)
		return throw(e, "D3142", "The step of the range function must not be 0");
	struct json *out = new_list(e);
	for (double v = from; step > 0 ? v <= to : v >= to; v += step) {
		if (!out || out->count == 1000)
			return throw(e, "D3143", "The range function makes at most 1000 items");
		(void)json_add(e->arena, out, new_number(e, v).json);
	}
	return sequence(out);
}

/* ---- objects ---- */

static void add_keys(struct evaluation *e, struct json *out, const struct json *v)
{
	for (size_t i = 0; json_is(v, JSON_ARRAY) && i < v->count; i++)
		add_keys(e, out, v->items[i]);
	for (size_t i = 0; json_is(v, JSON_OBJECT) && i < v->count; i++) {
		bool seen = false;
		for (size_t k = 0; k < out->count && !seen; k++)
			seen = str_eq(out->items[k]->text, v->members[i].name);
		if (!seen)
			(void)json_add(e->arena, out, json_new_string(e->arena, v->members[i].name));
	}
}

struct value builtin_keys(struct evaluation *e, struct value *arguments, size_t count)
{
	struct json *out = new_list(e);
	add_keys(e, out, argument(arguments, count, 0).json);
	return sequence(out);
}

struct value builtin_lookup(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0), key = argument(arguments, count, 1);
	if (!json_is(key.json, JSON_STRING))
		return UNDEFINED;
	if (!is_array(v))
		return value_of(json_get(v.json, key.json->text));
	struct json *out = new_list(e);
	for (size_t i = 0; i < v.json->count; i++)
		list_append(e, out, value_of(json_get(v.json->items[i], key.json->text)));
	return sequence(out);
}

struct value builtin_spread(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0);
	struct json *out = new_list(e);
	for (size_t i = 0; i < length(v); i++) {
		const struct json *o = item_at(v, i);
		for (size_t k = 0; json_is(o, JSON_OBJECT) && k < o->count; k++) {
			struct json *one = json_new_object(e->arena);
			(void)json_put(e->arena, one, o->members[k].name, o->members[k].value);
			(void)json_add(e->arena, out, one);
		}
	}
	return sequence(out);
}

struct value builtin_merge(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0);
	struct json *out = json_new_object(e->arena);
	if (is_undefined(v))
		return v;
	for (size_t i = 0; i < length(v); i++) {
		const struct json *o = item_at(v, i);
		if (!json_is(o, JSON_OBJECT))
			return throw(e, "T0412", "Argument 1 of function \"merge\" must be an array of objects");
		for (size_t k = 0; k < o->count; k++)
			(void)json_put(e->arena, out, o->members[k].name, o->members[k].value);
	}
	return value_of(out);
}

struct value builtin_type(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0);
	if (is_undefined(v))
		return v;
	return new_text(e, v.function ? STR("function") : str_c(json_type_name(v.json->type)));
}

struct value builtin_error(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0);
	struct str text = is_undefined(v) ? STR("$error() function evaluated") : text_of(e, v);
	return throw(e, "D3137", STR_FMT, STR_ARG(text));
}

struct value builtin_assert(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value why = argument(arguments, count, 1);
	if (truth(argument(arguments, count, 0)))
		return UNDEFINED;
	struct str text = is_undefined(why) ? STR("$assert() statement failed") : text_of(e, why);
	return throw(e, "D3141", STR_FMT, STR_ARG(text));
}

/* ---- functions as arguments ---- */

static const struct function_value *function_argument(struct evaluation *e, struct value *arguments, size_t count, size_t index)
{
	const struct function_value *f = argument(arguments, count, index).function;
	if (!f)
		throw(e, "T0410", "Argument %zu of the function must be a function", index + 1);
	return f;
}

/* (value, index, array), as many of them as the function takes. */
static struct value call_with_item(struct evaluation *e, const struct function_value *f, struct value v, size_t i)
{
	struct value arguments[3] = { value_of(item_at(v, i)), value_of(json_new_i64(e->arena, (int64_t)i)), v };
	return call_function(e, f, arguments, f->parameters < 1 ? 1 : f->parameters < 3 ? f->parameters : 3);
}

struct value builtin_map(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0);
	const struct function_value *f = function_argument(e, arguments, count, 1);
	struct json *out = new_list(e);
	for (size_t i = 0; f && i < length(v) && !e->code; i++) {
		struct value made = call_with_item(e, f, v, i);
		if (made.json)
			(void)json_add(e->arena, out, made.json);
	}
	return sequence(out);
}

struct value builtin_filter(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0);
	const struct function_value *f = function_argument(e, arguments, count, 1);
	struct json *out = new_list(e);
	for (size_t i = 0; f && i < length(v) && !e->code; i++)
		if (truth(call_with_item(e, f, v, i)))
			(void)json_add(e->arena, out, item_at(v, i));
	return sequence(out);
}

struct value builtin_single(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0);
	const struct function_value *f = count > 1 ? function_argument(e, arguments, count, 1) : NULL;
	const struct json *found = NULL;
	size_t matches = 0;
	for (size_t i = 0; i < length(v) && !e->code; i++) {
		if (f && !truth(call_with_item(e, f, v, i)))
			continue;
		found = item_at(v, i);
		matches++;
	}
	if (matches == 1 || e->code)
		return value_of(found);
	return throw(e, matches ? "D3138" : "D3139",
		     "The $single() function expected exactly 1 matching result. Instead it matched %s.", matches ? "more" : "0");
}

struct value builtin_reduce(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0), so_far = argument(arguments, count, 2);
	const struct function_value *f = function_argument(e, arguments, count, 1);
	size_t i = 0;
	if (f && f->parameters < 2)
		return throw(e, "D3050", "The second argument of reduce function must be a function with at least two arguments");
	if (is_undefined(so_far) && length(v) > 0)
		so_far = value_of(item_at(v, i++));
	for (; f && i < length(v) && !e->code; i++) {
		struct value pass[4] = { so_far, value_of(item_at(v, i)), value_of(json_new_i64(e->arena, (int64_t)i)), v };
		so_far = call_function(e, f, pass, f->parameters < 4 ? f->parameters : 4);
	}
	return so_far;
}

static struct value call_with_member(struct evaluation *e, const struct function_value *f, const struct json *o, size_t i)
{
	struct value pass[3] = { value_of(o->members[i].value), new_text(e, o->members[i].name), value_of(o) };
	return call_function(e, f, pass, f->parameters < 1 ? 1 : f->parameters < 3 ? f->parameters : 3);
}

struct value builtin_sift(struct evaluation *e, struct value *arguments, size_t count)
{
	const struct json *o = argument(arguments, count, 0).json;
	const struct function_value *f = function_argument(e, arguments, count, 1);
	struct json *out = json_new_object(e->arena);
	for (size_t i = 0; f && json_is(o, JSON_OBJECT) && i < o->count && !e->code; i++)
		if (truth(call_with_member(e, f, o, i)))
			(void)json_put(e->arena, out, o->members[i].name, o->members[i].value);
	return out && out->count ? value_of(out) : UNDEFINED;
}

struct value builtin_each(struct evaluation *e, struct value *arguments, size_t count)
{
	const struct json *o = argument(arguments, count, 0).json;
	const struct function_value *f = function_argument(e, arguments, count, 1);
	struct json *out = new_list(e);
	for (size_t i = 0; f && json_is(o, JSON_OBJECT) && i < o->count && !e->code; i++) {
		struct value made = call_with_member(e, f, o, i);
		if (made.json)
			(void)json_add(e->arena, out, made.json);
	}
	return sequence(out);
}

/* ---- $sort: with a function that says whether its first argument comes after the second ---- */

static bool comes_after(struct evaluation *e, const struct function_value *f, const struct json *a, const struct json *b)
{
	struct value pair[2] = { value_of(a), value_of(b) };
	if (f)
		return truth(call_function(e, f, pair, 2));
	int c = compare_values(pair[0], pair[1]);
	if (c == -2)
		throw(e, "D3070",
		      "The single argument form of the sort function can only be applied to an array of strings or an "
		      "array of numbers. Use the second argument to specify a comparison function");
	return c > 0;
}

static void merge_sort(struct evaluation *e, const struct function_value *f, const struct json **items, const struct json **spare,
		       size_t count)
{
	if (count < 2 || e->code)
		return;
	size_t half = count / 2, i = 0, k = half, at = 0;
	merge_sort(e, f, items, spare, half);
	merge_sort(e, f, items + half, spare, count - half);
	while (i < half && k < count)
		spare[at++] = comes_after(e, f, items[i], items[k]) ? items[k++] : items[i++];
	while (i < half)
		spare[at++] = items[i++];
	while (k < count)
		spare[at++] = items[k++];
	memcpy(items, spare, count * sizeof(*items));
}

struct value builtin_sort(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0);
	const struct function_value *f = count > 1 ? function_argument(e, arguments, count, 1) : NULL;
	if (!is_array(v))
		return v;
	struct json *out = json_copy_array(e->arena, v.json);
	const struct json **spare = arena_alloc_array(e->arena, v.json->count + 1, sizeof(*spare));
	if (out && spare)
		merge_sort(e, f, out->items, spare, out->count);
	return value_of(out);
}
