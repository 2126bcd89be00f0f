/* SPDX-License-Identifier: Apache-2.0 */
#include "states/template.h"

#include "states/jsonata.h"

enum template_kind { TEMPLATE_LITERAL, TEMPLATE_OBJECT, TEMPLATE_ARRAY, TEMPLATE_PATH, TEMPLATE_CALL, TEMPLATE_JSONATA };

struct template
{
	enum template_kind kind;
	struct str name;  /* as a member of an object, without ".$" */
	struct str field; /* as faults name it: "name.$", "Output/name" */
	size_t count;
	const struct template **items; /* TEMPLATE_OBJECT, TEMPLATE_ARRAY */
	union {
		const struct json *literal;
		const struct path *path;
		const struct intrinsic *call;
		const struct jsonata *jsonata;
	};
};

struct compiler {
	struct arena *arena;
	enum language language;
	struct str location;
	struct diagnostics *diagnostics;
	int depth;
};

static struct template *compile(struct compiler *c, const struct json *value, struct str field);

struct str expression_text(struct str text)
{
	if (text.n < 4 || !str_starts(text, STR("{%")) || !str_ends(text, STR("%}")))
		return STR_NULL;
	return str_trim(str_sub(text, 2, text.n - 4));
}

static struct template *new_template(struct compiler *c, enum template_kind kind, struct str field)
{
	struct template *t = ARENA_NEW(c->arena, struct template);
	if (t) {
		t->kind = kind;
		t->field = field;
	}
	return t;
}

static struct template *literal(struct compiler *c, const struct json *value, struct str field)
{
	struct template *t = new_template(c, TEMPLATE_LITERAL, field);
	if (t)
		t->literal = value;
	return t;
}

/* "name.$": its value is a path or a call. */
static struct template *compile_dynamic(struct compiler *c, const struct json *value, struct str field)
{
	struct template *t = new_template(c, TEMPLATE_PATH, field);
	struct str text = json_text(value);
	if (!t)
		return NULL;
	if (text.n > 0 && text.p[0] == '$' && path_compile(c->arena, text, &t->path, NULL) == 0)
		return t;
	t->kind = TEMPLATE_CALL;
	if (intrinsic_looks_like(text) && intrinsic_compile(c->arena, text, &t->call, NULL) == 0)
		return t;
	struct str location = arena_printf(c->arena, STR_FMT "/" STR_FMT, STR_ARG(c->location), STR_ARG(field));
	diagnose_schema(c->diagnostics, location,
			"The value for the field '" STR_FMT "' must be a valid JSONPath or a valid "
			"intrinsic function call",
			STR_ARG(field));
	return NULL;
}

static struct template *compile_expression(struct compiler *c, struct str text, struct str field)
{
	struct template *t = new_template(c, TEMPLATE_JSONATA, field);
	struct error err = { 0 };
	if (t && jsonata_compile(c->arena, text, &t->jsonata, &err) == 0)
		return t;
	struct str location = arena_printf(c->arena, STR_FMT "/" STR_FMT, STR_ARG(c->location), STR_ARG(field));
	diagnose_schema(c->diagnostics, location, "%s", err.message);
	return NULL;
}

static struct template *compile_member(struct compiler *c, const struct json_member *m, struct str parent)
{
	struct template *t;
	if (c->language == LANGUAGE_JSONPATH && str_ends(m->name, STR(".$"))) {
		t = compile_dynamic(c, m->value, m->name);
		if (t)
			t->name = str_sub(m->name, 0, m->name.n - 2);
		return t;
	}
	struct str field = m->name;
	if (c->language == LANGUAGE_JSONATA)
		field = arena_printf(c->arena, STR_FMT "/" STR_FMT, STR_ARG(parent), STR_ARG(m->name));
	t = compile(c, m->value, field);
	if (t)
		t->name = m->name;
	return t;
}

static struct template *compile_item(struct compiler *c, const struct json *value, size_t index, struct str parent)
{
	struct str field = parent;
	if (c->language == LANGUAGE_JSONATA)
		field = arena_printf(c->arena, STR_FMT "[%zu]", STR_ARG(parent), index);
	return compile(c, value, field);
}

/* A container without any expression inside stays the literal it is. */
static struct template *compile_container(struct compiler *c, const struct json *value, struct str field)
{
	struct template *t = new_template(c, value->type == JSON_OBJECT ? TEMPLATE_OBJECT : TEMPLATE_ARRAY, field);
	bool dynamic = false;
	if (!t)
		return NULL;
	t->count = value->count;
	t->items = arena_alloc_array(c->arena, value->count + 1, sizeof(*t->items));
	for (size_t i = 0; t->items && i < value->count; i++) {
		t->items[i] = value->type == JSON_OBJECT ? compile_member(c, &value->members[i], field)
							 : compile_item(c, value->items[i], i, field);
		if (!t->items[i])
			return NULL;
		dynamic = dynamic || t->items[i]->kind != TEMPLATE_LITERAL;
	}
	if (!dynamic) {
		t->kind = TEMPLATE_LITERAL;
		t->literal = value;
	}
	return t;
}

static struct template *compile(struct compiler *c, const struct json *value, struct str field)
{
	struct template *t;
	if (++c->depth > 128) {
		diagnose_schema(c->diagnostics, c->location, "The payload template is nested too deeply");
		return NULL;
	}
	struct str expression = STR_NULL;
	if (c->language == LANGUAGE_JSONATA && json_is(value, JSON_STRING))
		expression = expression_text(value->text);
	if (str_is_set(expression))
		t = compile_expression(c, expression, field);
	else if (json_is(value, JSON_OBJECT) || json_is(value, JSON_ARRAY))
		t = compile_container(c, value, field);
	else
		t = literal(c, value, field);
	c->depth--;
	return t;
}

const struct template *template_compile(struct arena *a, const struct json *value, enum language language, struct str field,
					struct str location, struct diagnostics *d)
{
	struct compiler c = { .arena = a, .language = language, .location = location, .diagnostics = d };
	return compile(&c, value, field);
}

/* ---- filling ---- */

static const struct json *fill_path(const struct template *t, struct scope *scope, struct fault *fault)
{
	const struct json *value = path_read(t->path, scope, NULL);
	if (!value) {
		struct str input = json_to_str(scope->arena, scope->input);
		fault_set(fault, scope->arena, "States.ParameterPathFailure",
			  "The JSONPath '" STR_FMT "' specified for the field '" STR_FMT
			  "' could not be found in the input '" STR_FMT "'",
			  STR_ARG(path_text(t->path)), STR_ARG(t->field), STR_ARG(input));
	}
	return value;
}

static const struct json *fill_object(const struct template *t, struct scope *scope, struct fault *fault)
{
	struct json *out = json_new_object(scope->arena);
	for (size_t i = 0; out && i < t->count; i++) {
		const struct json *value = template_fill(t->items[i], scope, fault);
		if (!value || !json_put(scope->arena, out, t->items[i]->name, value))
			return NULL;
	}
	return out;
}

static const struct json *fill_array(const struct template *t, struct scope *scope, struct fault *fault)
{
	struct json *out = json_new_array(scope->arena);
	for (size_t i = 0; out && i < t->count; i++) {
		const struct json *value = template_fill(t->items[i], scope, fault);
		if (!value || !json_add(scope->arena, out, value))
			return NULL;
	}
	return out;
}

const struct json *template_fill(const struct template *t, struct scope *scope, struct fault *fault)
{
	switch (t->kind) {
	case TEMPLATE_LITERAL:
		return t->literal;
	case TEMPLATE_OBJECT:
		return fill_object(t, scope, fault);
	case TEMPLATE_ARRAY:
		return fill_array(t, scope, fault);
	case TEMPLATE_PATH:
		return fill_path(t, scope, fault);
	case TEMPLATE_CALL:
		return intrinsic_call(t->call, scope, fault);
	case TEMPLATE_JSONATA:
		return jsonata_read(t->jsonata, scope, t->field, fault);
	}
	return NULL;
}

struct str template_expression(const struct template *t)
{
	return t && t->kind == TEMPLATE_JSONATA ? jsonata_text(t->jsonata) : STR_NULL;
}

/* ---- settings ---- */

void setting_compile(struct setting *s, struct arena *a, const struct json *value, enum language language, struct str field,
		     struct str location, struct diagnostics *d)
{
	s->field = field;
	s->literal = value;
	if (language == LANGUAGE_JSONATA && str_is_set(expression_text(json_text(value)))) {
		s->literal = NULL;
		s->expression = template_compile(a, value, language, field, location, d);
	}
}

void setting_compile_path(struct setting *s, struct arena *a, const struct json *value, bool calls, struct str field,
			  struct str location, struct diagnostics *d)
{
	struct str text = json_text(value);
	s->field = field;
	if (text.n > 0 && text.p[0] == '$' && path_compile(a, text, &s->path, NULL) == 0)
		return;
	if (calls && intrinsic_looks_like(text) && intrinsic_compile(a, text, &s->intrinsic, NULL) == 0)
		return;
	location = arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(location), STR_ARG(field));
	diagnose_schema(d, location,
			calls ? "Value is not a Reference Path or a valid intrinsic function call"
			      : "Value is not a Reference Path");
}

const struct json *setting_read(const struct setting *s, struct scope *scope, struct fault *fault)
{
	if (s->literal)
		return s->literal;
	if (s->expression)
		return template_fill(s->expression, scope, fault);
	if (s->intrinsic)
		return intrinsic_call(s->intrinsic, scope, fault);
	const struct json *value = path_read(s->path, scope, NULL);
	if (!value) {
		struct str input = json_to_str(scope->arena, scope->input);
		fault_set(fault, scope->arena, "States.Runtime",
			  "The JSONPath '" STR_FMT "' specified for the field '" STR_FMT
			  "' could not be found in the input '" STR_FMT "'",
			  STR_ARG(path_text(s->path)), STR_ARG(s->field), STR_ARG(input));
	}
	return value;
}
