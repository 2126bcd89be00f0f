/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and testing rules. Comparisons never fail on a value of another type: they are just false; a variable that is
 * not there fails the state, but for IsPresent.
 */
#include "states/choice.h"

#include "states/choice_internal.h"

struct compiler {
	struct arena *arena;
	enum language language;
	struct diagnostics *diagnostics;
	int depth;
};

static const struct choice_rule *compile(struct compiler *c, const struct json *rule, struct str location);

static const struct operator* find_operator(struct str name)
{
	for (const struct operator* o = choice_operators; o->name; o++)
		if (str_eq_c(name, o->name))
			return o;
	return NULL;
}

static void compile_operands(struct compiler *c, struct choice_rule *r, const struct json *value, struct str location)
{
	bool one = r->kind == RULE_NOT;
	if (!json_is(value, one ? JSON_OBJECT : JSON_ARRAY) || value->count == 0) {
		diagnose_schema(c->diagnostics, location, one ? "Value is not a choice rule" : "Value is not a non-empty array");
		return;
	}
	r->count = one ? 1 : value->count;
	r->rules = arena_alloc_array(c->arena, r->count, sizeof(*r->rules));
	for (size_t i = 0; r->rules && i < r->count; i++) {
		struct str where = one ? location : arena_printf(c->arena, STR_FMT "[%zu]", STR_ARG(location), i);
		r->rules[i] = compile(c, one ? value : value->items[i], where);
	}
}

static void compile_comparison(struct compiler *c, struct choice_rule *r, const struct operator* o, const struct json *value,
			       struct str location)
{
	r->kind = RULE_COMPARE;
	r->operator= o;
	r->literal = value;
	if (o->path) {
		r->literal = NULL;
		if (path_compile(c->arena, json_text(value), &r->other, NULL) < 0)
			diagnose_schema(c->diagnostics, location, "Value is not a Reference Path");
	} else if (!json_is(value, o->literal)) {
		diagnose_schema(c->diagnostics, location, "Expected value of type %s", json_type_name(o->literal));
	} else if (o->kind == COMPARE_TIMESTAMP && !timestamp_valid(value->text)) {
		diagnose_schema(c->diagnostics, location, "Value is not a valid ISO-8601 timestamp");
	}
}

static bool is_common(struct str name)
{
	return str_eq_c(name, "Next") || str_eq_c(name, "Comment") || str_eq_c(name, "Assign") || str_eq_c(name, "Output");
}

static void compile_member(struct compiler *c, struct choice_rule *r, const struct json_member *m, struct str location,
			   int *tests)
{
	struct str where = arena_printf(c->arena, STR_FMT "/" STR_FMT, STR_ARG(location), STR_ARG(m->name));
	const struct operator* o = find_operator(m->name);
	if (str_eq_c(m->name, "Variable")) {
		if (path_compile(c->arena, json_text(m->value), &r->variable, NULL) < 0)
			diagnose_schema(c->diagnostics, where, "Value is not a Reference Path");
	} else if (str_eq_c(m->name, "And") || str_eq_c(m->name, "Or") || str_eq_c(m->name, "Not")) {
		r->kind = m->name.p[0] == 'A' ? RULE_AND : m->name.p[0] == 'O' ? RULE_OR : RULE_NOT;
		compile_operands(c, r, m->value, where);
		(*tests)++;
	} else if (o) {
		compile_comparison(c, r, o, m->value, where);
		(*tests)++;
	} else if (!is_common(m->name)) {
		diagnose_schema(c->diagnostics, location, "Field '" STR_FMT "' is not supported", STR_ARG(m->name));
	}
}

static void compile_condition(struct compiler *c, struct choice_rule *r, const struct json *rule, struct str location)
{
	const struct json *condition = json_get_c(rule, "Condition");
	r->kind = RULE_CONDITION;
	if (!condition) {
		diagnose_schema(c->diagnostics, location, "These fields are required: [Condition]");
		return;
	}
	setting_compile(&r->condition, c->arena, condition, LANGUAGE_JSONATA, STR("Condition"), location, c->diagnostics);
	if (r->condition.literal && !json_is(condition, JSON_BOOL))
		diagnose_schema(c->diagnostics, location, "The field 'Condition' must be a boolean or a JSONata expression");
	for (size_t i = 0; i < rule->count; i++) {
		struct str name = rule->members[i].name;
		if (!is_common(name) && !str_eq_c(name, "Condition"))
			diagnose_schema(c->diagnostics, location, "Field '" STR_FMT "' is not supported", STR_ARG(name));
	}
}

static const struct choice_rule *compile(struct compiler *c, const struct json *rule, struct str location)
{
	struct choice_rule *r = ARENA_NEW(c->arena, struct choice_rule);
	int tests = 0;
	if (!json_is(rule, JSON_OBJECT) || ++c->depth > CHOICE_DEPTH_MAX) {
		diagnose_schema(c->diagnostics, location, "Value is not a choice rule");
		return NULL;
	}
	if (r && c->language == LANGUAGE_JSONATA) {
		compile_condition(c, r, rule, location);
	} else if (r) {
		for (size_t i = 0; i < rule->count; i++)
			compile_member(c, r, &rule->members[i], location, &tests);
		if (tests != 1)
			diagnose_schema(c->diagnostics, location, "Exactly one comparison operator is required");
		else if (r->kind == RULE_COMPARE && !r->variable && !json_get_c(rule, "Variable"))
			diagnose_schema(c->diagnostics, location, "These fields are required: [Variable]");
	}
	c->depth--;
	return r;
}

const struct choice_rule *choice_compile(struct arena *a, const struct json *rule, enum language language, struct str location,
					 struct diagnostics *d)
{
	struct compiler c = { .arena = a, .language = language, .diagnostics = d };
	return compile(&c, rule, location);
}

/* ---- testing ---- */

static const struct json *other_value(const struct choice_rule *r, struct scope *scope, struct fault *fault)
{
	if (r->literal)
		return r->literal;
	const struct json *value = path_read(r->other, scope, NULL);
	if (!value)
		fault_set(fault, scope->arena, "States.Runtime",
			  "Invalid path '" STR_FMT "': The choice state's condition path references an invalid value.",
			  STR_ARG(path_text(r->other)));
	return value;
}

static bool test_comparison(const struct choice_rule *r, struct scope *scope, struct fault *fault)
{
	const struct json *value = path_read(r->variable, scope, NULL);
	if (r->operator->kind == COMPARE_PRESENT)
		return (value != NULL) == r->literal->boolean;
	if (!value) {
		fault_set(fault, scope->arena, "States.Runtime",
			  "Invalid path '" STR_FMT "': The choice state's condition path references an invalid value.",
			  STR_ARG(path_text(r->variable)));
		return false;
	}
	const struct json *other = other_value(r, scope, fault);
	return other && choice_compare(r->operator, value, other);
}

static bool test_condition(const struct choice_rule *r, struct scope *scope, struct fault *fault)
{
	const struct json *value = setting_read(&r->condition, scope, fault);
	if (value && !json_is(value, JSON_BOOL)) {
		struct str text = json_to_str(scope->arena, value);
		fault_set(fault, scope->arena, "States.QueryEvaluationError",
			  "The JSONata expression '" STR_FMT
			  "' specified for the field 'Condition' returned an unexpected result "
			  "type. Expected 'boolean', but was '%s' for value: " STR_FMT,
			  STR_ARG(template_expression(r->condition.expression)), json_type_name(value->type), STR_ARG(text));
		fault->location = STR("Condition");
	}
	return json_true(value);
}

bool choice_test(const struct choice_rule *r, struct scope *scope, struct fault *fault)
{
	switch (r->kind) {
	case RULE_COMPARE:
		return test_comparison(r, scope, fault);
	case RULE_CONDITION:
		return test_condition(r, scope, fault);
	case RULE_NOT:
		return !choice_test(r->rules[0], scope, fault) && !fault_is_set(fault);
	case RULE_AND:
		for (size_t i = 0; i < r->count; i++)
			if (!choice_test(r->rules[i], scope, fault))
				return false;
		return true;
	case RULE_OR:
		for (size_t i = 0; i < r->count && !fault_is_set(fault); i++)
			if (choice_test(r->rules[i], scope, fault))
				return true;
		return false;
	}
	return false;
}
