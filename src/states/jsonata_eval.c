/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluating JSONata: operators, variables, blocks and functions. Paths are in jsonata_path.c.
 */
#include <math.h>
#include <stdio.h>

#include "states/jsonata_node.h"

struct value throw(struct evaluation * e, const char *code, const char *format, ...)
{
	if (e->code)
		return UNDEFINED;
	va_list args;
	va_start(args, format);
	e->message = arena_vprintf(e->arena, format, args);
	va_end(args);
	e->code = code;
	return UNDEFINED;
}

bool truth(struct value v)
{
	double d;
	if (!v.json)
		return false;
	switch (v.json->type) {
	case JSON_NULL:
		return false;
	case JSON_BOOL:
		return v.json->boolean;
	case JSON_NUMBER:
		return json_to_double(v.json, &d) == 0 && d != 0;
	case JSON_STRING:
		return v.json->text.n > 0;
	case JSON_OBJECT:
		return v.json->count > 0;
	case JSON_ARRAY:
		break;
	}
	for (size_t i = 0; i < v.json->count; i++)
		if (truth(value_of(v.json->items[i])))
			return true;
	return false;
}

struct value unwrap(struct value v)
{
	if (!v.sequence || !is_array(v))
		return v;
	if (v.json->count == 0)
		return UNDEFINED;
	return v.json->count == 1 ? value_of(v.json->items[0]) : v;
}

struct json *new_list(struct evaluation *e)
{
	return json_new_array(e->arena);
}

void list_append(struct evaluation *e, struct json *list, struct value v)
{
	if (!v.json)
		return;
	if (!is_array(v)) {
		(void)json_add(e->arena, list, v.json);
		return;
	}
	for (size_t i = 0; i < v.json->count; i++)
		(void)json_add(e->arena, list, v.json->items[i]);
}

struct value new_number(struct evaluation *e, double v)
{
	if (!isfinite(v))
		return throw(e, "D1001", "Number out of range: %g", v);
	if (v == floor(v) && fabs(v) < 9007199254740992.0)
		return value_of(json_new_i64(e->arena, (int64_t)v));
	return value_of(json_new_double(e->arena, v));
}

struct value new_text(struct evaluation *e, struct str text)
{
	return value_of(json_new_string(e->arena, text));
}

int compare_values(struct value a, struct value b)
{
	double x, y;
	if (json_is(a.json, JSON_NUMBER) && json_is(b.json, JSON_NUMBER) && json_to_double(a.json, &x) == 0 &&
	    json_to_double(b.json, &y) == 0)
		return x < y ? -1 : x > y;
	if (json_is(a.json, JSON_STRING) && json_is(b.json, JSON_STRING)) {
		int order = str_cmp(a.json->text, b.json->text);
		return order < 0 ? -1 : order > 0;
	}
	return -2;
}

/* ---- operators ---- */

static struct value arithmetic(struct evaluation *e, enum binary operator, struct value a, struct value b)
{
	double x, y;
	for (int i = 0; i < 2; i++) {
		struct value v = i ? b : a;
		if (!is_undefined(v) && !json_is(v.json, JSON_NUMBER))
			return throw(e, i ? "T2002" : "T2001", "The %s side of the operator must evaluate to a number",
				     i ? "right" : "left");
	}
	if (is_undefined(a) || is_undefined(b) || json_to_double(a.json, &x) < 0 || json_to_double(b.json, &y) < 0)
		return UNDEFINED;
	switch (operator) {
	case BINARY_ADD:
		return new_number(e, x + y);
	case BINARY_SUBTRACT:
		return new_number(e, x - y);
	case BINARY_MULTIPLY:
		return new_number(e, x * y);
	case BINARY_DIVIDE:
		return new_number(e, x / y);
	default:
		return new_number(e, fmod(x, y));
	}
}

static struct value order(struct evaluation *e, enum binary operator, struct value a, struct value b)
{
	if (is_undefined(a) || is_undefined(b))
		return UNDEFINED;
	int c = compare_values(a, b);
	if (c == -2)
		return throw(e, "T2010", "The expressions either side of the operator must be both numbers or both strings");
	switch (operator) {
	case BINARY_LESS:
		return value_of(json_new_bool(c < 0));
	case BINARY_LESS_EQUAL:
		return value_of(json_new_bool(c <= 0));
	case BINARY_GREATER:
		return value_of(json_new_bool(c > 0));
	default:
		return value_of(json_new_bool(c >= 0));
	}
}

static bool is_in(struct value a, struct value b)
{
	if (is_undefined(a) || is_undefined(b))
		return false;
	if (!is_array(b))
		return json_equal(a.json, b.json);
	for (size_t i = 0; i < b.json->count; i++)
		if (json_equal(a.json, b.json->items[i]))
			return true;
	return false;
}

static struct value concat(struct evaluation *e, struct value a, struct value b)
{
	struct str x = is_undefined(a) ? STR("") : text_of(e, a), y = is_undefined(b) ? STR("") : text_of(e, b);
	return new_text(e, arena_concat(e->arena, x, y));
}

static struct value range(struct evaluation *e, struct value a, struct value b)
{
	int64_t from, to;
	if (is_undefined(a) || is_undefined(b))
		return UNDEFINED;
	if (json_to_i64(a.json, &from) < 0 || json_to_i64(b.json, &to) < 0)
		return throw(e, "T2003", "The sides of the range operator (..) must evaluate to integers");
	if (from > to)
		return UNDEFINED;
	if ((uint64_t)to - (uint64_t)from >= 1000000)
		return throw(e, "D2014", "The size of the sequence allocated by the range operator (..) must not exceed 1e6");
	struct json *out = new_list(e);
	for (int64_t i = from; out && i <= to; i++)
		(void)json_add(e->arena, out, json_new_i64(e->arena, i));
	return (struct value){ .json = out, .sequence = true };
}

/* value ~> function, or function ~> function; a call on the right gets the value as its first argument. */
static struct value chain(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env)
{
	struct value left = evaluate(e, n->left, input, env);
	if (n->right->type == NODE_CALL) {
		struct value arguments[17] = { left };
		struct value f = evaluate(e, n->right->left, input, env);
		size_t count = n->right->count < 16 ? n->right->count : 16;
		for (size_t i = 0; i < count; i++)
			arguments[i + 1] = evaluate(e, n->right->items[i], input, env);
		return f.function
			       ? call_function(e, f.function, arguments, count + 1)
			       : throw(e, "T2006", "The right side of the function application operator ~> must be a function");
	}
	struct value right = evaluate(e, n->right, input, env);
	if (!right.function)
		return throw(e, "T2006", "The right side of the function application operator ~> must be a function");
	if (!left.function)
		return call_function(e, right.function, &left, 1);
	struct function_value *composed = ARENA_NEW(e->arena, struct function_value);
	if (!composed)
		return UNDEFINED;
	*composed = (struct function_value){ .first = left.function, .second = right.function, .parameters = 1 };
	return (struct value){ .function = composed };
}

static struct value binary(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env)
{
	if (n->operator== BINARY_CHAIN)
		return chain(e, n, input, env);
	struct value a = evaluate(e, n->left, input, env);
	if (n->operator== BINARY_AND)
		return value_of(json_new_bool(truth(a) && truth(evaluate(e, n->right, input, env))));
	if (n->operator== BINARY_OR)
		return value_of(json_new_bool(truth(a) || truth(evaluate(e, n->right, input, env))));
	if ((n->operator== BINARY_COALESCE && !is_undefined(a)) || (n->operator== BINARY_ELVIS && truth(a)))
		return a;
	struct value b = evaluate(e, n->right, input, env);
	switch (n->operator) {
	case BINARY_COALESCE:
	case BINARY_ELVIS:
		return b;
	case BINARY_CONCAT:
		return concat(e, a, b);
	case BINARY_EQUAL:
		return value_of(json_new_bool(a.json && b.json && json_equal(a.json, b.json)));
	case BINARY_NOT_EQUAL:
		return value_of(json_new_bool(a.json && b.json && !json_equal(a.json, b.json)));
	case BINARY_LESS:
	case BINARY_LESS_EQUAL:
	case BINARY_GREATER:
	case BINARY_GREATER_EQUAL:
		return order(e, n->operator, a, b);
	case BINARY_IN:
		return value_of(json_new_bool(is_in(a, b)));
	case BINARY_RANGE:
		return range(e, a, b);
	default:
		return arithmetic(e, n->operator, a, b);
	}
}

/* ---- variables and functions ---- */

static void put(struct evaluation *e, struct json *o, const char *name, const struct json *value)
{
	if (value)
		(void)json_put(e->arena, o, str_c(name), value);
}

static const struct json *states_object(struct evaluation *e)
{
	if (!e->states) {
		struct json *o = json_new_object(e->arena);
		put(e, o, "input", e->scope->input);
		put(e, o, "result", e->scope->result);
		put(e, o, "errorOutput", e->scope->error_output);
		put(e, o, "context", scope_context(e->scope));
		e->states = o;
	}
	return e->states;
}

static struct value variable(struct evaluation *e, struct str name, const struct json *input, const struct binding *env)
{
	if (name.n == 0)
		return value_of(input);
	for (; env; env = env->outer)
		if (str_eq(env->name, name))
			return env->value;
	if (str_eq_c(name, "states"))
		return value_of(states_object(e));
	const struct json *assigned = scope_variable(e->scope, name);
	if (assigned)
		return value_of(assigned);
	return (struct value){ .function = builtin_find(name) };
}

static struct value new_function(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env)
{
	struct function_value *f = ARENA_NEW(e->arena, struct function_value);
	if (!f)
		return UNDEFINED;
	if (n->type == NODE_REGEX)
		f->regex = n;
	else
		*f = (struct function_value){ .lambda = n, .closure = env, .context = input };
	f->parameters = n->count;
	return (struct value){ .function = f };
}

static struct value call_lambda(struct evaluation *e, const struct function_value *f, struct value *arguments, size_t count)
{
	const struct binding *env = f->closure;
	for (size_t i = 0; i < f->lambda->count; i++) {
		struct binding *b = ARENA_NEW(e->arena, struct binding);
		if (!b)
			return UNDEFINED;
		*b = (struct binding){ env, f->lambda->items[i]->text, i < count ? arguments[i] : UNDEFINED };
		env = b;
	}
	return evaluate(e, f->lambda->right, f->context, env);
}

struct value call_function(struct evaluation *e, const struct function_value *f, struct value *arguments, size_t count)
{
	if (e->code)
		return UNDEFINED;
	if (f->builtin)
		return unwrap(f->builtin(e, arguments, count));
	if (f->lambda)
		return call_lambda(e, f, arguments, count);
	if (f->regex)
		return throw(e, "T1006", "A regular expression cannot be called");
	struct value between = call_function(e, f->first, arguments, count);
	return call_function(e, f->second, &between, 1);
}

static struct value call(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env)
{
	struct value arguments[16], f = evaluate(e, n->left, input, env);
	size_t count = n->count < 16 ? n->count : 16;
	if (!f.function)
		return throw(e, "T1006", "Attempted to invoke a non-function");
	for (size_t i = 0; i < count; i++)
		arguments[i] = evaluate(e, n->items[i], input, env);
	return call_function(e, f.function, arguments, count);
}

/* ---- the rest ---- */

static struct value block(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env)
{
	struct value result = UNDEFINED;
	for (size_t i = 0; i < n->count; i++) {
		result = evaluate(e, n->items[i], input, env);
		if (n->items[i]->type != NODE_BIND)
			continue;
		struct binding *b = ARENA_NEW(e->arena, struct binding);
		if (!b)
			return UNDEFINED;
		*b = (struct binding){ env, n->items[i]->text, result };
		/* A lambda sees its own name: it may call itself. */
		if (result.function && result.function->lambda) {
			struct function_value *self = ARENA_NEW(e->arena, struct function_value);
			if (!self)
				return UNDEFINED;
			*self = *result.function;
			self->closure = b;
			b->value.function = self;
		}
		env = b;
	}
	return result;
}

static struct value array(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env)
{
	struct json *out = new_list(e);
	for (size_t i = 0; i < n->count; i++) {
		struct value v = evaluate(e, n->items[i], input, env);
		if (n->items[i]->type == NODE_ARRAY)
			(void)json_add(e->arena, out, v.json);
		else
			list_append(e, out, v);
	}
	return value_of(out);
}

static struct value negate(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env)
{
	struct value v = evaluate(e, n->left, input, env);
	double d;
	if (is_undefined(v))
		return v;
	if (!json_is(v.json, JSON_NUMBER) || json_to_double(v.json, &d) < 0)
		return throw(e, "D1002", "Cannot negate a non-numeric value");
	return new_number(e, -d);
}

static struct value name(struct evaluation *e, const struct node *n, const struct json *input)
{
	if (!json_is(input, JSON_ARRAY))
		return value_of(json_get(input, n->text));
	struct json *out = new_list(e);
	for (size_t i = 0; i < input->count; i++)
		list_append(e, out, name(e, n, input->items[i]));
	return unwrap((struct value){ .json = out, .sequence = true });
}

static void add_flat(struct evaluation *e, struct json *out, const struct json *v)
{
	if (!json_is(v, JSON_ARRAY)) {
		(void)json_add(e->arena, out, v);
		return;
	}
	for (size_t i = 0; i < v->count; i++)
		add_flat(e, out, v->items[i]);
}

static struct value wildcard(struct evaluation *e, const struct json *input)
{
	struct json *out = new_list(e);
	for (size_t i = 0; input && i < input->count && (input->type == JSON_OBJECT || input->type == JSON_ARRAY); i++)
		add_flat(e, out, input->type == JSON_ARRAY ? input->items[i] : input->members[i].value);
	return unwrap((struct value){ .json = out, .sequence = true });
}

static void descend(struct evaluation *e, struct json *out, const struct json *v)
{
	if (!v)
		return;
	if (v->type != JSON_ARRAY)
		(void)json_add(e->arena, out, v);
	for (size_t i = 0; (v->type == JSON_ARRAY || v->type == JSON_OBJECT) && i < v->count; i++)
		descend(e, out, v->type == JSON_ARRAY ? v->items[i] : v->members[i].value);
}

static struct value descendants(struct evaluation *e, const struct json *input)
{
	struct json *out = new_list(e);
	descend(e, out, input);
	return unwrap((struct value){ .json = out, .sequence = true });
}

static struct value evaluate_node(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env)
{
	switch (n->type) {
	case NODE_LITERAL:
		return value_of(n->literal);
	case NODE_NAME:
		return name(e, n, input);
	case NODE_WILDCARD:
		return wildcard(e, input);
	case NODE_DESCENDANT:
		return descendants(e, input);
	case NODE_VARIABLE:
		return variable(e, n->text, input, env);
	case NODE_PATH:
		return evaluate_path(e, n, input, env);
	case NODE_ARRAY:
		return array(e, n, input, env);
	case NODE_OBJECT:
		return evaluate_object(e, n, input, env);
	case NODE_BLOCK:
		return block(e, n, input, env);
	case NODE_NEGATE:
		return negate(e, n, input, env);
	case NODE_BINARY:
		return binary(e, n, input, env);
	case NODE_BIND:
		return evaluate(e, n->right, input, env);
	case NODE_LAMBDA:
	case NODE_REGEX:
		return new_function(e, n, input, env);
	case NODE_CALL:
		return call(e, n, input, env);
	case NODE_SORT:
		return evaluate_sort(e, n, evaluate(e, n->left, input, env), env);
	case NODE_GROUP:
		return evaluate_group(e, n, evaluate(e, n->left, input, env), env);
	case NODE_CONDITION:
		if (truth(evaluate(e, n->left, input, env)))
			return evaluate(e, n->right, input, env);
		return n->third ? evaluate(e, n->third, input, env) : UNDEFINED;
	}
	return UNDEFINED;
}

struct value evaluate(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env)
{
	if (e->code || arena_failed(e->arena))
		return UNDEFINED;
	if (++e->depth > JSONATA_DEPTH_MAX * 4)
		throw(e, "U1001", "Stack overflow error: check for non-terminating recursive function");
	if (++e->steps > JSONATA_STEPS_MAX)
		throw(e, "U1001", "Expression evaluation timeout: check for infinite loop");
	struct value v = evaluate_node(e, n, input, env);
	if ((n->filter_count > 0 || (n->keep_array && n->type != NODE_PATH)) && !e->code)
		v = apply_filters(e, n, v, env);
	e->depth--;
	return e->code ? UNDEFINED : v;
}

/* ---- from outside ---- */

int jsonata_compile(struct arena *a, struct str text, const struct jsonata **out, struct error *err)
{
	struct jsonata *j = ARENA_NEW(a, struct jsonata);
	if (!j)
		return error_set(err, ERR_NO_MEMORY, "out of memory");
	j->text = text;
	j->root = jsonata_parse(a, text, err);
	if (!j->root)
		return ERR_INVALID;
	*out = j;
	return 0;
}

struct str jsonata_text(const struct jsonata *j)
{
	return j->text;
}

const struct json *jsonata_read(const struct jsonata *j, struct scope *scope, struct str field, struct fault *fault)
{
	struct evaluation e = { .scope = scope, .arena = scope->arena };
	struct value v = unwrap(evaluate(&e, j->root, NULL, NULL));
	regexes_free(&e);
	if (e.code)
		fault_set(fault, scope->arena, "States.QueryEvaluationError",
			  "The JSONata expression '" STR_FMT "' specified for the field '" STR_FMT
			  "' threw an error during evaluation. %s: " STR_FMT,
			  STR_ARG(j->text), STR_ARG(field), e.code, STR_ARG(e.message));
	else if (!v.json)
		fault_set(fault, scope->arena, "States.QueryEvaluationError",
			  "The JSONata expression '" STR_FMT "' specified for the field '" STR_FMT "' returned %s.",
			  STR_ARG(j->text), STR_ARG(field), v.function ? "a function" : "nothing (undefined)");
	if (!v.json || e.code)
		fault->location = field;
	return e.code ? NULL : v.json;
}
