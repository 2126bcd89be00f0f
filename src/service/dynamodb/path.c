/* SPDX-License-Identifier: Apache-2.0
 *
 * Document paths: following them, comparing them.
 */
#include "base/limits.h"
#include "service/dynamodb/expression.h"

static const struct value *follow(const struct value *v, const struct path_step *step)
{
	if (step->name.p)
		return value_get(v, step->name);
	return v->type == VALUE_L && step->index < v->count ? v->items[step->index] : NULL;
}

const struct value *path_get(const struct value *item, const struct path *path)
{
	const struct value *v = item;

	for (size_t i = 0; v && i < path->count; i++)
		v = follow(v, &path->steps[i]);
	return v;
}

static bool step_equal(const struct path_step *a, const struct path_step *b)
{
	if (!a->name.p || !b->name.p)
		return !a->name.p && !b->name.p && a->index == b->index;
	return str_eq(a->name, b->name);
}

static size_t common_steps(const struct path *a, const struct path *b)
{
	size_t n = 0;

	while (n < a->count && n < b->count && step_equal(&a->steps[n], &b->steps[n]))
		n++;
	return n;
}

bool path_equal(const struct path *a, const struct path *b)
{
	return a->count == b->count && common_steps(a, b) == a->count;
}

struct str document_path_text(struct arena *a, const struct path *path)
{
	struct buf b;

	buf_init(&b, KIB(64));
	buf_add_char(&b, '[');
	for (size_t i = 0; i < path->count; i++) {
		const struct path_step *step = &path->steps[i];
		if (i > 0)
			buf_add(&b, ", ", 2);
		if (step->name.p)
			buf_add_str(&b, step->name);
		else
			buf_addf(&b, "[%zu]", step->index);
	}
	buf_add_char(&b, ']');
	struct str text = arena_str(a, buf_str(&b));
	buf_release(&b);
	return text;
}

static int check_pair(struct arena *a, const char *label, const struct path *one, const struct path *two, struct error *err)
{
	size_t common = common_steps(one, two);
	const char *what;

	if (common == one->count || common == two->count)
		what = "overlap";
	else if (!one->steps[common].name.p != !two->steps[common].name.p)
		what = "conflict";
	else
		return 0;
	struct str first = document_path_text(a, one), second = document_path_text(a, two);
	return error_set(
		err, ERR_INVALID,
		"Invalid %s: Two document paths %s with each other; must remove or rewrite one of these paths; path one: " STR_FMT
		", path two: " STR_FMT,
		label, what, STR_ARG(first), STR_ARG(second));
}

int paths_check_apart(struct arena *a, const char *label, const struct path *const *paths, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			int rc = check_pair(a, label, paths[j], paths[i], err);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}
