/* SPDX-License-Identifier: Apache-2.0
 *
 * Does an event fit a compiled pattern?
 */
#include "events/pattern_internal.h"

#include <arpa/inet.h>

/* Where the walk stands: the fields taken from the event's root, innermost first. */
struct place {
	struct str name;
	const struct place *parent; /* NULL for a field of the root */
	const struct json *root;
};

/* ---- one value ---- */

static bool same_text(struct str a, struct str b, bool nocase)
{
	return nocase ? str_eq_nocase(a, b) : str_eq(a, b);
}

static bool test_affix(const struct test *t, struct str value)
{
	if (value.n < t->text.n)
		return false;
	size_t from = t->kind == TEST_PREFIX ? 0 : value.n - t->text.n;
	return same_text(str_sub(value, from, t->text.n), t->text, t->nocase);
}

/* The usual two-pointer glob: on a mismatch the last '*' takes one more byte. */
static bool test_wildcard(struct str pattern, struct str value)
{
	size_t p = 0, v = 0, star = SIZE_MAX, taken = 0;

	while (v < value.n) {
		bool literal = p < pattern.n && pattern.p[p] == '\\';
		size_t at = p + literal;

		if (!literal && p < pattern.n && pattern.p[p] == '*') {
			star = ++p;
			taken = v;
		} else if (at < pattern.n && pattern.p[at] == value.p[v]) {
			p = at + 1;
			v++;
		} else if (star != SIZE_MAX) {
			p = star;
			v = ++taken;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static bool test_cidr(const struct test *t, struct str value)
{
	uint8_t address[16];
	int whole = t->bits / 8, rest = t->bits % 8;

	if (pattern_read_address(value, address) != t->family || memcmp(address, t->network, (size_t)whole) != 0)
		return false;
	return rest == 0 || (uint8_t)((address[whole] ^ t->network[whole]) >> (8 - rest)) == 0;
}

static bool test_numeric(const struct test *t, const struct json *v)
{
	double number;

	if (v->type != JSON_NUMBER || json_to_double(v, &number) != 0)
		return false;
	return (t->low_closed ? number >= t->low : number > t->low) && (t->high_closed ? number <= t->high : number < t->high);
}

static bool test_text(const struct test *t, struct str value)
{
	switch (t->kind) {
	case TEST_PREFIX:
	case TEST_SUFFIX:
		return test_affix(t, value);
	case TEST_EQUALS:
		return same_text(value, t->text, true);
	case TEST_WILDCARD:
		return test_wildcard(t->text, value);
	case TEST_CIDR:
		return test_cidr(t, value);
	default:
		return false;
	}
}

static bool any_holds(const struct event_tests *tests, const struct json *v);

/* `v` is a leaf: neither array nor object. */
static bool test_holds(const struct test *t, const struct json *v)
{
	switch (t->kind) {
	case TEST_EXACT:
		return json_equal(t->value, v);
	case TEST_NUMERIC:
		return test_numeric(t, v);
	case TEST_EXISTS:
		return true;
	case TEST_ABSENT:
		return false;
	case TEST_OTHER:
		return !any_holds(&t->but, v);
	default:
		return v->type == JSON_STRING && test_text(t, v->text);
	}
}

static bool any_holds(const struct event_tests *tests, const struct json *v)
{
	for (size_t i = 0; i < tests->count; i++)
		if (test_holds(&tests->tests[i], v))
			return true;
	return false;
}

/* Any leaf among the items, however deep the arrays. */
static bool leaf_matches(const struct event_tests *tests, const struct json *v)
{
	if (!v || v->type == JSON_OBJECT)
		return false;
	if (v->type != JSON_ARRAY)
		return any_holds(tests, v);
	for (size_t i = 0; i < v->count; i++)
		if (leaf_matches(tests, v->items[i]))
			return true;
	return false;
}

/* ---- absence, asked of the whole event ---- */

static bool has_leaf(const struct json *v)
{
	if (!v || v->type == JSON_OBJECT)
		return false;
	if (v->type != JSON_ARRAY)
		return true;
	for (size_t i = 0; i < v->count; i++)
		if (has_leaf(v->items[i]))
			return true;
	return false;
}

/* `depth` fields are still to be taken to reach `place`. */
static bool leaf_below(const struct json *v, const struct place *place, size_t depth)
{
	const struct place *step = place;

	if (depth == 0)
		return has_leaf(v);
	if (json_is(v, JSON_ARRAY)) {
		for (size_t i = 0; i < v->count; i++)
			if (leaf_below(v->items[i], place, depth))
				return true;
		return false;
	}
	for (size_t up = depth; up > 1; up--)
		step = step->parent;
	const struct json *next = json_get(v, step->name);
	return next && leaf_below(next, place, depth - 1);
}

static bool is_absent(const struct place *place)
{
	size_t depth = 1;

	for (const struct place *p = place; p->parent; p = p->parent)
		depth++;
	return !leaf_below(place->root, place, depth);
}

static bool wants_absence(const struct event_tests *tests)
{
	for (size_t i = 0; i < tests->count; i++)
		if (tests->tests[i].kind == TEST_ABSENT)
			return true;
	return false;
}

/* ---- objects ---- */

static bool object_matches(const struct event_pattern *p, const struct json *v, const struct place *parent,
			   const struct json *root);

/* An array of objects matches when one item does; what is neither has none of the fields. */
static bool nested_matches(const struct event_pattern *p, const struct json *v, const struct place *place)
{
	if (!json_is(v, JSON_ARRAY) || v->count == 0)
		return object_matches(p, v, place, place->root);
	for (size_t i = 0; i < v->count; i++)
		if (nested_matches(p, v->items[i], place))
			return true;
	return false;
}

static bool field_matches(const struct pattern_field *field, const struct json *object, const struct place *parent,
			  const struct json *root)
{
	const struct json *v = json_get(object, field->name);
	struct place place = { .name = field->name, .parent = parent, .root = root };

	if (field->nested)
		return nested_matches(field->nested, v, &place);
	return leaf_matches(field->tests, v) || (wants_absence(field->tests) && is_absent(&place));
}

static bool object_matches(const struct event_pattern *p, const struct json *v, const struct place *parent,
			   const struct json *root)
{
	bool chosen = p->choice_count == 0;

	for (size_t i = 0; i < p->field_count; i++)
		if (!field_matches(&p->fields[i], v, parent, root))
			return false;
	for (size_t i = 0; i < p->choice_count && !chosen; i++)
		chosen = object_matches(p->choices[i], v, parent, root);
	return chosen;
}

bool event_pattern_matches(const struct event_pattern *pattern, const struct json *event)
{
	return object_matches(pattern, event, NULL, event);
}

bool event_tests_match(const struct event_tests *tests, const struct json *value)
{
	return leaf_matches(tests, value) || (wants_absence(tests) && !has_leaf(value));
}
