/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths, filters, sorting and grouping: what JSONata does with sequences.
 */
#include "states/jsonata_node.h"

/* ---- filters ---- */

static bool index_of(const struct json *v, size_t count, int64_t *out)
{
	double d;
	if (!json_is(v, JSON_NUMBER) || json_to_double(v, &d) < 0)
		return false;
	*out = d < 0 ? -(int64_t)(-d + 0.9999999) : (int64_t)d;
	if (*out < 0)
		*out += (int64_t)count;
	return true;
}

static bool all_numbers(const struct json *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (!json_is(v->items[i], JSON_NUMBER))
			return false;
	return v->count > 0;
}

static bool passes(const struct json *test, size_t index, size_t count)
{
	int64_t at;
	if (json_is(test, JSON_NUMBER))
		return index_of(test, count, &at) && at == (int64_t)index;
	if (!json_is(test, JSON_ARRAY) || !all_numbers(test))
		return truth(value_of(test));
	for (size_t i = 0; i < test->count; i++)
		if (index_of(test->items[i], count, &at) && at == (int64_t)index)
			return true;
	return false;
}

static struct value filter(struct evaluation *e, const struct node *test, struct value v, const struct binding *env)
{
	struct json *out = new_list(e);
	size_t count = is_array(v) ? v.json->count : 1;
	for (size_t i = 0; v.json && i < count && !e->code; i++) {
		const struct json *item = is_array(v) ? v.json->items[i] : v.json;
		if (passes(evaluate(e, test, item, env).json, i, count))
			(void)json_add(e->arena, out, item);
	}
	return (struct value){ .json = out, .sequence = true };
}

struct value apply_filters(struct evaluation *e, const struct node *n, struct value v, const struct binding *env)
{
	for (size_t i = 0; i < n->filter_count && !is_undefined(v); i++)
		v = unwrap(filter(e, n->filters[i], v, env));
	if (n->keep_array && v.json && !is_array(v)) {
		struct json *out = new_list(e);
		(void)json_add(e->arena, out, v.json);
		return value_of(out);
	}
	return v;
}

/* ---- paths ---- */

/* One step from every item of `input`; what comes out of it is flattened by one level, but for arrays written out. */
static struct value step(struct evaluation *e, const struct node *s, struct value input, bool last, const struct binding *env)
{
	struct json *out = new_list(e);
	struct value single = UNDEFINED;
	size_t results = 0;
	size_t count = is_array(input) ? input.json->count : 1;
	for (size_t i = 0; i < count && !e->code; i++) {
		const struct json *item = is_array(input) ? input.json->items[i] : input.json;
		struct value v = evaluate(e, s, item, env);
		if (is_undefined(v))
			continue;
		if (v.function)
			return v;
		single = v;
		results++;
		if (s->type == NODE_ARRAY && !last)
			list_append(e, out, v);
		else if (s->type == NODE_ARRAY)
			(void)json_add(e->arena, out, v.json);
		else
			list_append(e, out, v);
	}
	if (last && results == 1 && is_array(single) && !single.sequence)
		return single;
	return (struct value){ .json = out, .sequence = true };
}

struct value evaluate_path(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env)
{
	struct value v = value_of(input);
	for (size_t i = 0; i < n->count && !e->code; i++) {
		const struct node *s = n->items[i];
		if (i == 0 && (s->type != NODE_NAME && s->type != NODE_WILDCARD && s->type != NODE_DESCENDANT))
			v = evaluate(e, s, input, env);
		else if (!v.json)
			return UNDEFINED;
		else
			v = step(e, s, v, i + 1 == n->count, env);
		if (is_undefined(v) || (v.sequence && is_array(v) && v.json->count == 0))
			return UNDEFINED;
	}
	v = unwrap(v);
	if (n->keep_array && v.json && !is_array(v)) {
		struct json *out = new_list(e);
		(void)json_add(e->arena, out, v.json);
		v = value_of(out);
	}
	return v;
}

/* ---- sorting: a merge sort, so that equal items keep their order ---- */

struct ordering {
	struct evaluation *e;
	const struct node *node;
	const struct binding *env;
};

static bool comes_after(struct ordering *o, const struct json *a, const struct json *b)
{
	for (size_t i = 0; i < o->node->count; i++) {
		struct value x = evaluate(o->e, o->node->items[i], a, o->env), y = evaluate(o->e, o->node->items[i], b, o->env);
		if (is_undefined(x) || is_undefined(y)) {
			if (is_undefined(x) && is_undefined(y))
				continue;
			return is_undefined(x);
		}
		int c = compare_values(x, y);
		if (c == -2)
			throw(o->e, "T2008",
			      "The expressions within an order-by clause must evaluate to numeric or string values");
		if (c != 0)
			return o->node->flags[i] ? c < 0 : c > 0;
	}
	return false;
}

static void merge_sort(struct ordering *o, const struct json **items, const struct json **spare, size_t count)
{
	if (count < 2 || o->e->code)
		return;
	size_t half = count / 2, i = 0, k = half, at = 0;
	merge_sort(o, items, spare, half);
	merge_sort(o, items + half, spare, count - half);
	while (i < half && k < count)
		spare[at++] = comes_after(o, items[i], items[k]) ? items[k++] : items[i++];
	while (i < half)
		spare[at++] = items[i++];
	while (k < count)
		spare[at++] = items[k++];
	memcpy(items, spare, count * sizeof(*items));
}

struct value evaluate_sort(struct evaluation *e, const struct node *n, struct value v, const struct binding *env)
{
	if (!is_array(v))
		return v;
	struct json *out = json_copy_array(e->arena, v.json);
	const struct json **spare = arena_alloc_array(e->arena, v.json->count + 1, sizeof(*spare));
	struct ordering o = { e, n, env };
	if (!out || !spare)
		return UNDEFINED;
	merge_sort(&o, out->items, spare, out->count);
	return (struct value){ .json = out, .sequence = true };
}

/* ---- objects ---- */

struct value evaluate_object(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env)
{
	struct json *out = json_new_object(e->arena);
	for (size_t i = 0; i + 1 < n->count && !e->code; i += 2) {
		struct value key = evaluate(e, n->items[i], input, env), v = evaluate(e, n->items[i + 1], input, env);
		if (is_undefined(key))
			continue;
		if (!json_is(key.json, JSON_STRING))
			return throw(e, "T1003", "Key in object structure must evaluate to a string");
		if (json_get(out, key.json->text))
			return throw(e, "D1009", "Multiple key definitions evaluate to same key: \"" STR_FMT "\"",
				     STR_ARG(key.json->text));
		if (v.json)
			(void)json_put(e->arena, out, key.json->text, v.json);
	}
	return value_of(out);
}

/* Items whose key is the same are gathered, and the value is made once from all of them. */
struct value evaluate_group(struct evaluation *e, const struct node *n, struct value v, const struct binding *env)
{
	struct json *out = json_new_object(e->arena);
	for (size_t pair = 0; pair + 1 < n->count; pair += 2) {
		size_t count = !v.json ? 0 : is_array(v) ? v.json->count : 1;
		struct json *part = json_new_object(e->arena);
		for (size_t i = 0; i < count && !e->code; i++) {
			const struct json *item = is_array(v) ? v.json->items[i] : v.json;
			struct value key = evaluate(e, n->items[pair], item, env);
			if (is_undefined(key))
				continue;
			if (!json_is(key.json, JSON_STRING))
				return throw(e, "T1003", "Key in object structure must evaluate to a string");
			struct json *list = (struct json *)json_get(part, key.json->text);
			if (!list) {
				list = new_list(e);
				(void)json_put(e->arena, part, key.json->text, list);
			}
			(void)json_add(e->arena, list, item);
		}
		for (size_t i = 0; i < part->count; i++) {
			struct value members = unwrap((struct value){ .json = part->members[i].value, .sequence = true });
			struct value made = evaluate(e, n->items[pair + 1], members.json, env);
			if (made.json)
				(void)json_put(e->arena, out, part->members[i].name, made.json);
		}
	}
	return value_of(out);
}
