/* SPDX-License-Identifier: Apache-2.0
 *
 * Applying an update. Every operand is computed from the item as it was; then SET, ADD and DELETE write in the order given, and
 * REMOVEs follow from the last list element to the first, so that indexes keep meaning what they meant.
 */
#include "service/dynamodb/expression.h"
#include "service/dynamodb/number.h"

struct applying {
	struct arena *arena;
	const struct value *before; /* operands read this */
	const struct value *item;   /* actions write this */
	struct error *err;
};

static int fault_memory(struct applying *s)
{
	return error_set(s->err, ERR_NO_MEMORY, "request needs too much memory");
}

static int fault_path(struct applying *s)
{
	return error_set(s->err, ERR_INVALID, "The document path provided in the update expression is invalid for update");
}

static int fault_type(struct applying *s)
{
	return error_set(s->err, ERR_INVALID, "An operand in the update expression has an incorrect data type");
}

/* ---- values ---- */

static int compute(struct applying *s, const struct operand *o, const struct value **out);

static int compute_path(struct applying *s, const struct path *path, const struct value **out)
{
	const struct value *v = path_get(s->before, path);

	if (!v)
		return error_set(s->err, ERR_INVALID,
				 "The provided expression refers to an attribute that does not exist in the item");
	*out = v;
	return 0;
}

static int add_numbers(struct applying *s, const struct value *a, const struct value *b, bool subtract, const struct value **out)
{
	struct number x, y, sum;
	char text[NUMBER_TEXT_MAX];

	if (a->type != VALUE_N || b->type != VALUE_N)
		return fault_type(s);
	int rc = number_parse(a->text, &x, s->err);
	if (rc == 0)
		rc = number_parse(b->text, &y, s->err);
	if (rc < 0)
		return rc;
	if (subtract)
		y = number_negated(&y);
	rc = number_add(&x, &y, &sum, s->err);
	if (rc < 0)
		return rc;
	*out = value_new_number(s->arena, arena_str(s->arena, number_text(text, &sum)));
	return arena_failed(s->arena) ? fault_memory(s) : 0;
}

static int append_lists(struct applying *s, const struct value *a, const struct value *b, const struct value **out)
{
	if (a->type != VALUE_L || b->type != VALUE_L)
		return fault_type(s);
	const struct value **items = arena_alloc_array(s->arena, a->count + b->count, sizeof(*items));
	for (size_t i = 0; items && i < a->count; i++)
		items[i] = a->items[i];
	for (size_t i = 0; items && i < b->count; i++)
		items[a->count + i] = b->items[i];
	*out = value_new_list(s->arena, items, a->count + b->count);
	return arena_failed(s->arena) ? fault_memory(s) : 0;
}

static int compute_pair(struct applying *s, const struct operand *o, const struct value **out)
{
	const struct value *a, *b;
	int rc = compute(s, o->left, &a);

	if (rc == 0)
		rc = compute(s, o->right, &b);
	if (rc < 0)
		return rc;
	if (o->kind == OPERAND_LIST_APPEND)
		return append_lists(s, a, b, out);
	return add_numbers(s, a, b, o->kind == OPERAND_MINUS, out);
}

static int compute(struct applying *s, const struct operand *o, const struct value **out)
{
	switch (o->kind) {
	case OPERAND_VALUE:
		*out = o->value;
		return 0;
	case OPERAND_PATH:
		return compute_path(s, &o->path, out);
	case OPERAND_IF_NOT_EXISTS:
		*out = path_get(s->before, &o->path);
		return *out ? 0 : compute(s, o->right, out);
	default:
		return compute_pair(s, o, out);
	}
}

/* ---- writing ---- */

static int write_at(struct applying *s, const struct value *container, const struct path *path, size_t depth,
		    const struct value *v, const struct value **out);

/* What stands at the place of a step once `v` is written below it: `v` itself at the path's end. NULL `v`: removal. */
static int write_below(struct applying *s, const struct value *old, const struct path *path, size_t depth, const struct value *v,
		       const struct value **out)
{
	if (depth + 1 == path->count) {
		*out = v;
		return 0;
	}
	return old ? write_at(s, old, path, depth + 1, v, out) : fault_path(s);
}

static size_t find_member(const struct value *map, struct str name)
{
	size_t i = 0;

	while (i < map->count && !str_eq(map->attributes[i].name, name))
		i++;
	return i;
}

static int write_in_map(struct applying *s, const struct value *map, const struct path *path, size_t depth, const struct value *v,
			const struct value **out)
{
	struct str name = path->steps[depth].name;
	size_t at = find_member(map, name), count = map->count;
	const struct value *below;
	int rc = write_below(s, at < map->count ? map->attributes[at].value : NULL, path, depth, v, &below);

	if (rc < 0)
		return rc;
	struct attribute *attributes = arena_alloc_array(s->arena, count + 1, sizeof(*attributes));
	if (!attributes)
		return fault_memory(s);
	if (count > 0)
		memcpy(attributes, map->attributes, count * sizeof(*attributes));
	if (below) {
		attributes[at] = (struct attribute){ name, below };
		count += at == count;
	} else if (at < count) {
		count--;
		memmove(attributes + at, attributes + at + 1, (count - at) * sizeof(*attributes));
	}
	*out = value_new_map(s->arena, attributes, count);
	return *out ? 0 : fault_memory(s);
}

/* Writing past a list's end appends. */
static int write_in_list(struct applying *s, const struct value *list, const struct path *path, size_t depth,
			 const struct value *v, const struct value **out)
{
	size_t at = path->steps[depth].index, count = list->count;
	const struct value *below;

	if (at > count)
		at = count;
	int rc = write_below(s, at < count ? list->items[at] : NULL, path, depth, v, &below);
	if (rc < 0)
		return rc;
	const struct value **items = arena_alloc_array(s->arena, count + 1, sizeof(*items));
	if (!items)
		return fault_memory(s);
	if (count > 0)
		memcpy(items, list->items, count * sizeof(*items));
	if (below) {
		items[at] = below;
		count += at == count;
	} else if (at < count) {
		count--;
		memmove(items + at, items + at + 1, (count - at) * sizeof(*items));
	}
	*out = value_new_list(s->arena, items, count);
	return *out ? 0 : fault_memory(s);
}

static int write_at(struct applying *s, const struct value *container, const struct path *path, size_t depth,
		    const struct value *v, const struct value **out)
{
	bool named = path->steps[depth].name.p != NULL;

	if (container->type == VALUE_M && named)
		return write_in_map(s, container, path, depth, v, out);
	if (container->type == VALUE_L && !named)
		return write_in_list(s, container, path, depth, v, out);
	return fault_path(s);
}

static int write_path(struct applying *s, const struct path *path, const struct value *v)
{
	return write_at(s, s->item, path, 0, v, &s->item);
}

/* ---- ADD and DELETE ---- */

static const struct value *new_set(struct applying *s, const struct value *like, const struct value **items, size_t count)
{
	struct value *set = ARENA_NEW(s->arena, struct value);

	if (set)
		*set = (struct value){ .type = like->type, .items = items, .count = count };
	return set;
}

static int unite_sets(struct applying *s, const struct value *a, const struct value *b, const struct value **out)
{
	const struct value **items = arena_alloc_array(s->arena, a->count + b->count, sizeof(*items));
	size_t count = 0, i = 0, k = 0;

	if (!items)
		return fault_memory(s);
	while (i < a->count || k < b->count) {
		int order = i == a->count ? 1 : k == b->count ? -1 : str_cmp(a->items[i]->text, b->items[k]->text);
		items[count++] = order <= 0 ? a->items[i] : b->items[k];
		i += order <= 0;
		k += order >= 0;
	}
	*out = new_set(s, a, items, count);
	return *out ? 0 : fault_memory(s);
}

/* *out is NULL when nothing is left. */
static int subtract_sets(struct applying *s, const struct value *a, const struct value *b, const struct value **out)
{
	const struct value **items = arena_alloc_array(s->arena, a->count, sizeof(*items));
	size_t count = 0;

	if (!items)
		return fault_memory(s);
	for (size_t i = 0; i < a->count; i++) {
		if (!value_set_has(b, a->items[i]))
			items[count++] = a->items[i];
	}
	*out = count > 0 ? new_set(s, a, items, count) : NULL;
	return arena_failed(s->arena) ? fault_memory(s) : 0;
}

static int apply_add(struct applying *s, const struct action *action)
{
	const struct value *old = path_get(s->before, &action->path), *v = action->operand->value, *sum = v;
	int rc = 0;

	if (old && old->type != v->type)
		return fault_type(s);
	if (old && v->type == VALUE_N)
		rc = add_numbers(s, old, v, false, &sum);
	else if (old)
		rc = unite_sets(s, old, v, &sum);
	return rc < 0 ? rc : write_path(s, &action->path, sum);
}

static int apply_delete(struct applying *s, const struct action *action)
{
	const struct value *old = path_get(s->before, &action->path), *left = NULL;

	if (!old)
		return 0;
	if (old->type != action->operand->value->type)
		return fault_type(s);
	int rc = subtract_sets(s, old, action->operand->value, &left);
	return rc < 0 ? rc : write_path(s, &action->path, left);
}

static int apply_set(struct applying *s, const struct action *action)
{
	const struct value *v;
	int rc = compute(s, action->operand, &v);

	return rc < 0 ? rc : write_path(s, &action->path, v);
}

/* ---- REMOVE ---- */

/* Higher indexes first; names do not matter, since no two paths overlap. */
static int compare_removals(const void *a, const void *b)
{
	const struct path *x = &(*(const struct action *const *)a)->path, *y = &(*(const struct action *const *)b)->path;

	for (size_t i = 0; i < x->count && i < y->count; i++) {
		const struct path_step *p = &x->steps[i], *q = &y->steps[i];
		int order = p->name.p && q->name.p ? str_cmp(p->name, q->name) : (p->index < q->index) - (p->index > q->index);
		if (order != 0)
			return order;
	}
	return 0;
}

static int apply_removals(struct applying *s, const struct update *u)
{
	const struct action **removals = arena_alloc_array(s->arena, u->count, sizeof(*removals));
	size_t count = 0;
	int rc = 0;

	if (!removals)
		return fault_memory(s);
	for (size_t i = 0; i < u->count; i++) {
		if (u->actions[i].kind == ACTION_REMOVE)
			removals[count++] = &u->actions[i];
	}
	qsort(removals, count, sizeof(*removals), compare_removals);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = write_path(s, &removals[i]->path, NULL);
	return rc;
}

static int apply_action(struct applying *s, const struct action *action)
{
	switch (action->kind) {
	case ACTION_SET:
		return apply_set(s, action);
	case ACTION_ADD:
		return apply_add(s, action);
	case ACTION_DELETE:
		return apply_delete(s, action);
	default:
		return 0;
	}
}

int update_apply(struct arena *a, const struct update *u, const struct value *item, const struct value **out, struct error *err)
{
	struct applying s = { .arena = a, .before = item, .item = item, .err = err };
	int rc = 0;

	for (size_t i = 0; i < u->count && rc == 0; i++)
		rc = apply_action(&s, &u->actions[i]);
	if (rc == 0)
		rc = apply_removals(&s, u);
	if (rc == 0)
		*out = s.item;
	return rc;
}

const struct value *update_project(struct arena *a, const struct update *u, const struct value *item)
{
	struct projection projection = { .paths = arena_alloc_array(a, u->count, sizeof(*projection.paths)), .count = u->count };

	for (size_t i = 0; projection.paths && i < u->count; i++)
		projection.paths[i] = &u->actions[i].path;
	const struct value *parts = projection.paths ? projection_apply(a, &projection, item) : NULL;
	return parts && parts->count > 0 ? parts : NULL;
}
