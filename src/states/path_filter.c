/* SPDX-License-Identifier: Apache-2.0
 *
 * Filter expressions: [?(@.price < 10 && @.kind == 'x')].
 */
#include "states/path_internal.h"

static const struct json *operand_value(const struct operand *o, struct arena *a, const struct json *root,
					const struct json *item)
{
	return o->path ? path_read_in(o->path, a, o->current ? item : root, NULL) : o->literal;
}

/* 2 when the two cannot be ordered. */
static int compare(const struct json *a, const struct json *b)
{
	double x, y;
	if (json_is(a, JSON_NUMBER) && json_is(b, JSON_NUMBER) && json_to_double(a, &x) == 0 && json_to_double(b, &y) == 0)
		return x < y ? -1 : x > y;
	if (json_is(a, JSON_STRING) && json_is(b, JSON_STRING)) {
		int order = str_cmp(a->text, b->text);
		return order < 0 ? -1 : order > 0;
	}
	return 2;
}

static bool contains(const struct json *array, const struct json *value)
{
	for (size_t i = 0; json_is(array, JSON_ARRAY) && i < array->count; i++)
		if (json_equal(array->items[i], value))
			return true;
	return false;
}

static bool test_pair(const struct filter *f, const struct json *a, const struct json *b)
{
	int order = compare(a, b);
	switch (f->kind) {
	case FILTER_EXISTS:
		return a && (!f->a.path || f->a.path->definite || a->count > 0);
	case FILTER_EQ:
		return a && b && json_equal(a, b);
	case FILTER_NE:
		return !(a && b && json_equal(a, b));
	case FILTER_LT:
		return order == -1;
	case FILTER_LE:
		return order == -1 || order == 0;
	case FILTER_GT:
		return order == 1;
	case FILTER_GE:
		return order == 1 || order == 0;
	case FILTER_IN:
		return a && contains(b, a);
	case FILTER_NIN:
		return a && !contains(b, a);
	default:
		return false;
	}
}

bool filter_test(const struct filter *f, struct arena *a, const struct json *root, const struct json *item)
{
	switch (f->kind) {
	case FILTER_OR:
		return filter_test(f->left, a, root, item) || filter_test(f->right, a, root, item);
	case FILTER_AND:
		return filter_test(f->left, a, root, item) && filter_test(f->right, a, root, item);
	case FILTER_NOT:
		return !filter_test(f->left, a, root, item);
	default:
		return test_pair(f, operand_value(&f->a, a, root, item), operand_value(&f->b, a, root, item));
	}
}
