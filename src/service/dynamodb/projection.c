/* SPDX-License-Identifier: Apache-2.0
 *
 * Projection expressions, and the parts of items they name. The result keeps the item's order; of lists it holds the elements
 * named, closed up.
 */
#include "service/dynamodb/parser.h"

static int add_path(struct parser *p, struct projection *out, size_t *capacity)
{
	struct path *path = ARENA_NEW(p->arena, struct path);

	if (out->count == *capacity) {
		size_t wanted = *capacity ? *capacity * 2 : 8;
		const struct path **more = arena_alloc_array(p->arena, wanted, sizeof(*more));
		if (!more)
			return parser_out_of_memory(p);
		if (out->count > 0)
			memcpy(more, out->paths, out->count * sizeof(*more));
		out->paths = more;
		*capacity = wanted;
	}
	if (!path)
		return parser_out_of_memory(p);
	out->paths[out->count++] = path;
	return parse_path(p, path);
}

int projection_parse(struct placeholders *placeholders, struct str text, const struct projection **out, struct error *err)
{
	struct projection *projection = ARENA_NEW(placeholders->arena, struct projection);
	struct parser p;
	size_t capacity = 0;

	if (!projection)
		return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
	int rc = parser_init(&p, placeholders, "ProjectionExpression", text, err);
	while (rc == 0) {
		rc = add_path(&p, projection, &capacity);
		if (rc == 0 && !parser_take(&p, ","))
			break;
	}
	if (rc == 0)
		rc = parser_finish(&p);
	if (rc == 0)
		rc = paths_check_apart(p.arena, p.label, projection->paths, projection->count, err);
	if (rc == 0)
		*out = projection;
	return rc;
}

/* The paths that led to one container, and how many of their steps are behind it. */
struct selection {
	struct arena *arena;
	const struct path **paths;
	size_t count;
	size_t depth;
};

static const struct value *select_parts(const struct selection *s, const struct value *v);

static bool step_fits(const struct path_step *step, struct str name, size_t index)
{
	return name.p ? step->name.p && str_eq(step->name, name) : !step->name.p && step->index == index;
}

/* What the selection keeps of one member: all of it, a part, or nothing (NULL). */
static const struct value *select_member(const struct selection *s, struct str name, size_t index, const struct value *member)
{
	struct selection inner = { .arena = s->arena, .depth = s->depth + 1 };

	for (size_t i = 0; i < s->count; i++) {
		const struct path *path = s->paths[i];
		if (!step_fits(&path->steps[s->depth], name, index))
			continue;
		if (path->count == s->depth + 1)
			return member;
		if (!inner.paths)
			inner.paths = arena_alloc_array(s->arena, s->count, sizeof(*inner.paths));
		if (!inner.paths)
			return NULL;
		inner.paths[inner.count++] = path;
	}
	return inner.count > 0 ? select_parts(&inner, member) : NULL;
}

static const struct value *select_from_map(const struct selection *s, const struct value *map)
{
	struct attribute *kept = arena_alloc_array(s->arena, map->count, sizeof(*kept));
	size_t count = 0;

	for (size_t i = 0; kept && i < map->count; i++) {
		const struct attribute *member = &map->attributes[i];
		const struct value *part = select_member(s, member->name, 0, member->value);
		if (part)
			kept[count++] = (struct attribute){ member->name, part };
	}
	return count > 0 ? value_new_map(s->arena, kept, count) : NULL;
}

static const struct value *select_from_list(const struct selection *s, const struct value *list)
{
	const struct value **kept = arena_alloc_array(s->arena, list->count, sizeof(*kept));
	size_t count = 0;

	for (size_t i = 0; kept && i < list->count; i++) {
		const struct value *part = select_member(s, STR_NULL, i, list->items[i]);
		if (part)
			kept[count++] = part;
	}
	return count > 0 ? value_new_list(s->arena, kept, count) : NULL;
}

static const struct value *select_parts(const struct selection *s, const struct value *v)
{
	if (v->type == VALUE_M)
		return select_from_map(s, v);
	return v->type == VALUE_L ? select_from_list(s, v) : NULL;
}

const struct value *projection_apply(struct arena *a, const struct projection *projection, const struct value *item)
{
	struct selection all = { .arena = a, .paths = projection->paths, .count = projection->count };
	const struct value *parts = select_from_map(&all, item);

	if (arena_failed(a))
		return NULL;
	return parts ? parts : value_new_map(a, NULL, 0);
}
