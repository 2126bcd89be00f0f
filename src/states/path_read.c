/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluating paths. A definite path is a plain walk that can say where it ended; any other collects into an array.
 */
#include "states/path.h"

#include "base/limits.h"
#include "states/path_internal.h"
#include "states/scope.h"

static const struct json *element(const struct json *array, int64_t index)
{
	if (!json_is(array, JSON_ARRAY))
		return NULL;
	if (index < 0)
		index += (int64_t)array->count;
	return index < 0 ? NULL : json_at(array, (size_t)index);
}

static int64_t clamp(int64_t value, int64_t count)
{
	if (value < 0)
		value += count;
	return value < 0 ? 0 : value > count ? count : value;
}

static void collect_slice(const struct step *s, struct arena *a, const struct json *root, const struct json *value,
			  struct json *out, int depth)
{
	if (!json_is(value, JSON_ARRAY))
		return;
	int64_t count = (int64_t)value->count;
	int64_t from = s->slice.has_from ? clamp(s->slice.from, count) : 0;
	int64_t to = s->slice.has_to ? clamp(s->slice.to, count) : count;
	for (int64_t i = from; i < to; i += s->slice.stride) {
		path_collect(s->next, a, root, value->items[i], out, depth);
		if (s->slice.stride > count)
			break;
	}
}

static void collect_all(const struct step *s, struct arena *a, const struct json *root, const struct json *value,
			struct json *out, int depth)
{
	if (!json_is(value, JSON_ARRAY) && !json_is(value, JSON_OBJECT))
		return;
	for (size_t i = 0; i < value->count; i++) {
		const struct json *child = value->type == JSON_ARRAY ? value->items[i] : value->members[i].value;
		if (s->kind == STEP_WILDCARD || filter_test(s->filter, a, root, child))
			path_collect(s->next, a, root, child, out, depth);
	}
}

static bool number_of(const struct json *v, double *out)
{
	return json_is(v, JSON_NUMBER) && json_to_double(v, out) == 0;
}

static const struct json *fold_numbers(enum path_function function, struct arena *a, const struct json *array)
{
	double result = 0;
	size_t seen = 0;
	for (size_t i = 0; json_is(array, JSON_ARRAY) && i < array->count; i++) {
		double v;
		if (!number_of(array->items[i], &v))
			continue;
		if (seen == 0 && (function == FUNCTION_MIN || function == FUNCTION_MAX))
			result = v;
		else if (function == FUNCTION_MIN)
			result = v < result ? v : result;
		else if (function == FUNCTION_MAX)
			result = v > result ? v : result;
		else
			result += v;
		seen++;
	}
	if (seen == 0)
		return NULL;
	return json_new_double(a, function == FUNCTION_AVG ? result / (double)seen : result);
}

static const struct json *call_function(enum path_function function, struct arena *a, const struct json *value)
{
	if (function == FUNCTION_LENGTH) {
		if (json_is(value, JSON_STRING))
			return json_new_i64(a, (int64_t)str_utf8_length(value->text));
		return json_is(value, JSON_ARRAY) || json_is(value, JSON_OBJECT) ? json_new_i64(a, (int64_t)value->count) : NULL;
	}
	if (function != FUNCTION_KEYS)
		return fold_numbers(function, a, value);
	struct json *keys = json_is(value, JSON_OBJECT) ? json_new_array(a) : NULL;
	for (size_t i = 0; keys && i < value->count; i++)
		(void)json_add(a, keys, json_new_string(a, value->members[i].name));
	return keys;
}

static void collect_here(const struct step *s, struct arena *a, const struct json *root, const struct json *value,
			 struct json *out, int depth)
{
	const struct json *child = NULL;
	switch (s->kind) {
	case STEP_NAMES:
		for (size_t i = 0; i < s->count; i++)
			if ((child = json_get(value, s->names[i])) != NULL)
				path_collect(s->next, a, root, child, out, depth);
		break;
	case STEP_INDEXES:
		for (size_t i = 0; i < s->count; i++)
			if ((child = element(value, s->indexes[i])) != NULL)
				path_collect(s->next, a, root, child, out, depth);
		break;
	case STEP_SLICE:
		collect_slice(s, a, root, value, out, depth);
		break;
	case STEP_WILDCARD:
	case STEP_FILTER:
		collect_all(s, a, root, value, out, depth);
		break;
	case STEP_FUNCTION:
		if ((child = call_function(s->function, a, value)) != NULL)
			path_collect(s->next, a, root, child, out, depth);
		break;
	}
}

static void collect_below(const struct step *s, struct arena *a, const struct json *root, const struct json *value,
			  struct json *out, int depth)
{
	if (depth > LIMIT_JSON_DEPTH)
		return;
	collect_here(s, a, root, value, out, depth + 1);
	if (!json_is(value, JSON_ARRAY) && !json_is(value, JSON_OBJECT))
		return;
	for (size_t i = 0; i < value->count; i++)
		collect_below(s, a, root, value->type == JSON_ARRAY ? value->items[i] : value->members[i].value, out, depth + 1);
}

void path_collect(const struct step *s, struct arena *a, const struct json *root, const struct json *value, struct json *out,
		  int depth)
{
	if (arena_failed(a))
		return;
	if (!s)
		(void)json_add(a, out, value);
	else if (s->descend)
		collect_below(s, a, root, value, out, depth);
	else
		collect_here(s, a, root, value, out, depth);
}

/* ---- definite paths ---- */

static void add_place(struct buf *b, const struct step *s)
{
	if (s->kind == STEP_NAMES)
		buf_addf(b, "['" STR_FMT "']", STR_ARG(s->names[0]));
	else if (s->kind == STEP_INDEXES)
		buf_addf(b, "[%lld]", (long long)s->indexes[0]);
}

static const char *java_type(const struct json *v)
{
	if (json_is(v, JSON_STRING))
		return "java.lang.String";
	if (json_is(v, JSON_NUMBER))
		return str_find_char(v->text, '.', 0) >= 0 ? "java.lang.Double" : "java.lang.Integer";
	if (json_is(v, JSON_BOOL))
		return "java.lang.Boolean";
	return json_is(v, JSON_ARRAY) ? "java.util.ArrayList" : "null";
}

/* Jayway's words for a path that ends at `missing`, whose parent is `value`. */
static struct str explain(const struct path *p, struct arena *a, const struct step *missing, const struct json *value)
{
	struct buf b;
	buf_init(&b, KIB(64));
	buf_add_char(&b, '$');
	for (const struct step *s = p->steps; s != missing; s = s->next)
		add_place(&b, s);
	struct str text;
	if (missing->kind == STEP_NAMES && !json_is(value, JSON_OBJECT)) {
		text = arena_printf(
			a,
			"Expected to find an object with property ['" STR_FMT "'] in path %s but found '%s'. This is not "
			"a json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonProvider'.",
			STR_ARG(missing->names[0]), buf_c(&b), java_type(value));
	} else if (missing->next) {
		add_place(&b, missing);
		text = arena_printf(a, "Missing property in path %s", buf_c(&b));
	} else {
		add_place(&b, missing);
		text = arena_printf(a, "No results for path: %s", buf_c(&b));
	}
	buf_release(&b);
	return text;
}

static const struct json *walk(const struct path *p, struct arena *a, const struct json *value, struct str *why)
{
	for (const struct step *s = p->steps; s; s = s->next) {
		const struct json *child;
		if (s->kind == STEP_FUNCTION)
			child = call_function(s->function, a, value);
		else if (s->kind == STEP_NAMES)
			child = json_get(value, s->names[0]);
		else
			child = element(value, s->indexes[0]);
		if (!child) {
			if (why)
				*why = explain(p, a, s, value);
			return NULL;
		}
		value = child;
	}
	return value;
}

/* A function at the end of an indefinite path works on the array of its matches. */
static const struct json *read_indefinite(const struct path *p, struct arena *a, const struct json *root)
{
	struct json *out = json_new_array(a);
	if (!out)
		return NULL;
	path_collect(p->steps, a, root, root, out, 0);
	return arena_failed(a) ? NULL : out;
}

const struct json *path_read_in(const struct path *p, struct arena *a, const struct json *root, struct str *why)
{
	return p->definite ? walk(p, a, root, why) : read_indefinite(p, a, root);
}

const struct json *path_read(const struct path *p, struct scope *scope, struct str *why)
{
	const struct json *root = scope->input;
	if (p->root == PATH_CONTEXT)
		root = scope_context(scope);
	else if (p->root == PATH_VARIABLE)
		root = scope_variable(scope, p->variable);
	if (!root) {
		if (why)
			*why = arena_printf(scope->arena, "No results for path: " STR_FMT, STR_ARG(p->text));
		return NULL;
	}
	return path_read_in(p, scope->arena, root, why);
}

/* ---- writing ---- */

static const struct json *write_below(const struct step *s, struct arena *a, const struct json *old, const struct json *value);

static const struct json *write_member(const struct step *s, struct arena *a, const struct json *old, const struct json *value)
{
	if (old && !json_is(old, JSON_OBJECT))
		return NULL;
	struct json *copy = old ? json_copy_object(a, old) : json_new_object(a);
	const struct json *child = write_below(s->next, a, json_get(old, s->names[0]), value);
	return child && json_put(a, copy, s->names[0], child) ? copy : NULL;
}

static const struct json *write_element(const struct step *s, struct arena *a, const struct json *old, const struct json *value)
{
	if (!element(old, s->indexes[0]))
		return NULL;
	struct json *copy = json_copy_array(a, old);
	size_t index = (size_t)(s->indexes[0] < 0 ? s->indexes[0] + (int64_t)old->count : s->indexes[0]);
	const struct json *child = write_below(s->next, a, old->items[index], value);
	if (!copy || !child)
		return NULL;
	copy->items[index] = child;
	return copy;
}

static const struct json *write_below(const struct step *s, struct arena *a, const struct json *old, const struct json *value)
{
	if (!s)
		return value;
	return s->kind == STEP_NAMES ? write_member(s, a, old, value) : write_element(s, a, old, value);
}

const struct json *path_write(const struct path *p, struct arena *a, const struct json *root, const struct json *value)
{
	return p->reference ? write_below(p->steps, a, root, value) : NULL;
}
