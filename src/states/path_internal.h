/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiled form of a path: a list of steps, and for filters a tree. Internal to the path files.
 */
#ifndef GLEANER_STATES_PATH_INTERNAL_H
#define GLEANER_STATES_PATH_INTERNAL_H

#include "states/path.h"

enum step_kind { STEP_NAMES, STEP_INDEXES, STEP_SLICE, STEP_WILDCARD, STEP_FILTER, STEP_FUNCTION };

enum path_function { FUNCTION_LENGTH, FUNCTION_MIN, FUNCTION_MAX, FUNCTION_SUM, FUNCTION_AVG, FUNCTION_KEYS };

enum filter_kind {
	FILTER_OR,
	FILTER_AND,
	FILTER_NOT,
	FILTER_EXISTS,
	FILTER_EQ,
	FILTER_NE,
	FILTER_LT,
	FILTER_LE,
	FILTER_GT,
	FILTER_GE,
	FILTER_IN,
	FILTER_NIN,
};

/* One side of a comparison: a path below `@` or `$`, or a literal. */
struct operand {
	const struct path *path;
	bool current; /* `@` */
	const struct json *literal;
};

struct filter {
	enum filter_kind kind;
	const struct filter *left, *right;
	struct operand a, b;
};

struct slice {
	bool has_from, has_to;
	int64_t from, to, stride;
};

struct step {
	enum step_kind kind;
	bool descend; /* `..` before it */
	size_t count;
	const struct str *names; /* STEP_NAMES */
	const int64_t *indexes;  /* STEP_INDEXES */
	struct slice slice;
	const struct filter *filter;
	enum path_function function;
	const struct step *next;
};

struct path {
	struct str text;
	enum path_root root;
	struct str variable;
	const struct step *steps;
	bool definite, reference;
};

static inline bool step_is_single(const struct step *s)
{
	return !s->descend && s->count == 1 && (s->kind == STEP_NAMES || s->kind == STEP_INDEXES);
}

/* Whether `item` passes, with `root` as `$`. */
bool filter_test(const struct filter *f, struct arena *a, const struct json *root, const struct json *item);
/* Every result of the steps from `s` on below `value` is added to `out`. */
void path_collect(const struct step *s, struct arena *a, const struct json *root, const struct json *value, struct json *out,
		  int depth);

#endif
