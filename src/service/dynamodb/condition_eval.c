/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a condition holds for an item. A comparison with an attribute that is absent, or of another type, is false, except that
 * such an attribute is unequal (<>).
 */
#include "service/dynamodb/expression.h"

/* A size is made while comparing; it lives here. */
struct result {
	const struct value *value; /* NULL: absent */
	struct value size;
	char text[24];
};

static bool size_of(const struct value *v, size_t *n)
{
	switch (v->type) {
	case VALUE_S:
		*n = str_utf8_length(v->text);
		return true;
	case VALUE_B:
		*n = v->text.n;
		return true;
	case VALUE_N:
	case VALUE_BOOL:
	case VALUE_NULL:
		return false;
	default:
		*n = v->count;
		return true;
	}
}

static const struct value *evaluate(const struct operand *o, const struct value *item, struct result *r)
{
	size_t n;

	r->value = o->kind == OPERAND_VALUE || o->value ? o->value : path_get(item, &o->path);
	if (o->kind != OPERAND_SIZE || !r->value)
		return r->value;
	if (!size_of(r->value, &n))
		return r->value = NULL;
	r->size = (struct value){ .type = VALUE_N, .text = { r->text, (size_t)snprintf(r->text, sizeof(r->text), "%zu", n) } };
	return r->value = &r->size;
}

static bool comparable(const struct value *a, const struct value *b)
{
	return a && b && a->type == b->type && (a->type == VALUE_S || a->type == VALUE_N || a->type == VALUE_B);
}

static bool holds_comparison(enum condition_kind kind, const struct value *a, const struct value *b)
{
	if (kind == CONDITION_EQ)
		return a && b && value_equal(a, b);
	if (kind == CONDITION_NE)
		return !a || !b || !value_equal(a, b);
	if (!comparable(a, b))
		return false;
	int order = value_compare(a, b);
	switch (kind) {
	case CONDITION_LT:
		return order < 0;
	case CONDITION_LE:
		return order <= 0;
	case CONDITION_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}

static bool holds_begins_with(const struct value *v, const struct value *prefix)
{
	return comparable(v, prefix) && v->type != VALUE_N && str_starts(v->text, prefix->text);
}

static bool list_has(const struct value *list, const struct value *member)
{
	for (size_t i = 0; i < list->count; i++) {
		if (value_equal(list->items[i], member))
			return true;
	}
	return false;
}

static bool holds_contains(const struct value *v, const struct value *part)
{
	if (!v || !part)
		return false;
	switch (v->type) {
	case VALUE_S:
	case VALUE_B:
		return part->type == v->type && str_find(v->text, part->text, 0) >= 0;
	case VALUE_SS:
		return part->type == VALUE_S && value_set_has(v, part);
	case VALUE_NS:
		return part->type == VALUE_N && value_set_has(v, part);
	case VALUE_BS:
		return part->type == VALUE_B && value_set_has(v, part);
	case VALUE_L:
		return list_has(v, part);
	default:
		return false;
	}
}

static bool holds_in(const struct condition *c, const struct value *v, const struct value *item)
{
	struct result r;

	for (size_t i = 1; i < c->count; i++) {
		if (holds_comparison(CONDITION_EQ, v, evaluate(c->operands[i], item, &r)))
			return true;
	}
	return false;
}

static bool holds_between(const struct condition *c, const struct value *v, const struct value *item)
{
	struct result low, high;

	return holds_comparison(CONDITION_GE, v, evaluate(c->operands[1], item, &low)) &&
	       holds_comparison(CONDITION_LE, v, evaluate(c->operands[2], item, &high));
}

static bool holds_test(const struct condition *c, const struct value *item)
{
	struct result first, second;
	const struct value *v = evaluate(c->operands[0], item, &first);

	switch (c->kind) {
	case CONDITION_EXISTS:
		return v != NULL;
	case CONDITION_NOT_EXISTS:
		return v == NULL;
	case CONDITION_IN:
		return holds_in(c, v, item);
	case CONDITION_BETWEEN:
		return holds_between(c, v, item);
	case CONDITION_TYPE:
		return v && v->type == value_type_of(c->operands[1]->value->text);
	case CONDITION_BEGINS_WITH:
		return holds_begins_with(v, evaluate(c->operands[1], item, &second));
	case CONDITION_CONTAINS:
		return holds_contains(v, evaluate(c->operands[1], item, &second));
	default:
		return holds_comparison(c->kind, v, evaluate(c->operands[1], item, &second));
	}
}

bool condition_holds(const struct condition *c, const struct value *item)
{
	switch (c->kind) {
	case CONDITION_AND:
		return condition_holds(c->left, item) && condition_holds(c->right, item);
	case CONDITION_OR:
		return condition_holds(c->left, item) || condition_holds(c->right, item);
	case CONDITION_NOT:
		return !condition_holds(c->left, item);
	default:
		return holds_test(c, item);
	}
}

bool condition_each_path(const struct condition *c, bool (*each)(void *argument, const struct path *path), void *argument)
{
	if (c->left && !condition_each_path(c->left, each, argument))
		return false;
	if (c->right && !condition_each_path(c->right, each, argument))
		return false;
	for (size_t i = 0; i < c->count; i++) {
		if (c->operands[i]->path.count > 0 && !each(argument, &c->operands[i]->path))
			return false;
	}
	return true;
}
