/* SPDX-License-Identifier: Apache-2.0 */
#include "service/logs/filter.h"

enum { TERMS_MAX = 64, DEPTH_MAX = 32 };

enum term_kind { TERM_ALL, TERM_ANY, TERM_NONE };

struct term {
	enum term_kind kind;
	struct str text;
};

enum node_kind { NODE_AND, NODE_OR, NODE_COMPARE, NODE_IS_NULL, NODE_NOT_EXISTS, NODE_IS_TRUE, NODE_IS_FALSE };
enum compare_kind { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };

struct node {
	enum node_kind kind;
	const struct node *left, *right;
	struct str path; /* after "$" */
	enum compare_kind compare;
	bool is_number;
	double number;
	struct str text; /* may hold '*' */
};

struct log_filter {
	const struct node *root; /* of a JSON filter, else NULL */
	struct term terms[TERMS_MAX];
	size_t count;
};

/* ---- terms ---- */

static int invalid(struct error *err)
{
	return error_set(err, ERR_INVALID, "Invalid filter pattern");
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A quoted text may hold \" ; the result is in the arena. */
static int read_quoted(struct arena *a, struct str *rest, struct str *out, struct error *err)
{
	char *copy = arena_alloc(a, rest->n + 1);
	size_t n = 0, i = 1;

	if (!copy)
		return error_set(err, ERR_NO_MEMORY, "out of memory for a filter");
	for (; i < rest->n && rest->p[i] != '"'; i++) {
		if (rest->p[i] == '\\' && i + 1 < rest->n)
			i++;
		copy[n++] = rest->p[i];
	}
	if (i >= rest->n)
		return invalid(err);
	*rest = str_from(*rest, i + 1);
	*out = str_of(copy, n);
	return 0;
}

static int read_term(struct arena *a, struct str *rest, struct term *out, struct error *err)
{
	size_t n = 0;

	out->kind = rest->p[0] == '?' ? TERM_ANY : rest->p[0] == '-' ? TERM_NONE : TERM_ALL;
	if (out->kind != TERM_ALL)
		*rest = str_from(*rest, 1);
	if (rest->n && rest->p[0] == '"')
		return read_quoted(a, rest, &out->text, err);
	if (rest->n && rest->p[0] == '%')
		return error_set(err, ERR_UNSUPPORTED, "Regular expressions in filter patterns are not supported");
	while (n < rest->n && !is_blank(rest->p[n]))
		n++;
	out->text = arena_str(a, str_sub(*rest, 0, n));
	*rest = str_from(*rest, n);
	return n ? 0 : invalid(err);
}

static int compile_terms(struct arena *a, struct str text, struct log_filter *filter, struct error *err)
{
	struct str rest = str_trim(text);

	while (rest.n) {
		if (filter->count == TERMS_MAX)
			return invalid(err);
		int rc = read_term(a, &rest, &filter->terms[filter->count++], err);

		if (rc < 0)
			return rc;
		rest = str_trim(rest);
	}
	return 0;
}

static bool terms_match(const struct log_filter *filter, struct str line)
{
	bool any_wanted = false, any_found = false;

	for (size_t i = 0; i < filter->count; i++) {
		bool found = str_find(line, filter->terms[i].text, 0) >= 0;

		switch (filter->terms[i].kind) {
		case TERM_ALL:
			if (!found)
				return false;
			break;
		case TERM_NONE:
			if (found)
				return false;
			break;
		case TERM_ANY:
			any_wanted = true;
			any_found = any_found || found;
			break;
		}
	}
	return !any_wanted || any_found;
}

/* ---- JSON filters: or := and ("||" and)*, and := one ("&&" one)*, one := "(" or ")" | "$"path condition ---- */

struct parser {
	struct arena *arena;
	struct str rest;
	struct error *err;
	int depth;
};

static const struct node *parse_or(struct parser *p);

static bool take(struct parser *p, const char *token)
{
	p->rest = str_trim(p->rest);
	if (!str_starts(p->rest, str_c(token)))
		return false;
	p->rest = str_from(p->rest, strlen(token));
	return true;
}

static const struct node *fail(struct parser *p)
{
	(void)invalid(p->err);
	return NULL;
}

static struct str read_path(struct parser *p)
{
	size_t n = 0;

	while (n < p->rest.n && !is_blank(p->rest.p[n]) && !strchr("=!<>)&|}", p->rest.p[n]))
		n++;
	struct str path = str_sub(p->rest, 0, n);
	p->rest = str_from(p->rest, n);
	return path;
}

static int read_operand(struct parser *p, struct node *node)
{
	size_t n = 0;

	p->rest = str_trim(p->rest);
	if (p->rest.n && p->rest.p[0] == '"')
		return read_quoted(p->arena, &p->rest, &node->text, p->err);
	while (n < p->rest.n && !is_blank(p->rest.p[n]) && !strchr(")&|}", p->rest.p[n]))
		n++;
	node->text = str_sub(p->rest, 0, n);
	p->rest = str_from(p->rest, n);
	node->is_number = str_to_double(node->text, &node->number) == 0;
	return n ? 0 : invalid(p->err);
}

static bool read_condition_word(struct parser *p, struct node *node)
{
	static const struct {
		const char *words;
		enum node_kind kind;
	} conditions[] = { { "IS NULL", NODE_IS_NULL },
			   { "NOT EXISTS", NODE_NOT_EXISTS },
			   { "IS TRUE", NODE_IS_TRUE },
			   { "IS FALSE", NODE_IS_FALSE } };

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		if (take(p, conditions[i].words)) {
			node->kind = conditions[i].kind;
			return true;
		}
	}
	return false;
}

static bool read_comparison(struct parser *p, struct node *node)
{
	static const struct {
		const char *sign;
		enum compare_kind compare;
	} signs[] = { { "!=", COMPARE_NE }, { ">=", COMPARE_GE }, { "<=", COMPARE_LE },
		      { "=", COMPARE_EQ },  { ">", COMPARE_GT },  { "<", COMPARE_LT } };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (take(p, signs[i].sign)) {
			node->kind = NODE_COMPARE;
			node->compare = signs[i].compare;
			return true;
		}
	}
	return false;
}

static const struct node *parse_selector(struct parser *p)
{
	struct node *node = ARENA_NEW(p->arena, struct node);

	if (!node || !take(p, "$"))
		return fail(p);
	node->path = read_path(p);
	if (read_condition_word(p, node))
		return node;
	if (!read_comparison(p, node) || read_operand(p, node) < 0)
		return fail(p);
	if (!node->is_number && node->compare != COMPARE_EQ && node->compare != COMPARE_NE)
		return fail(p);
	return node;
}

static const struct node *parse_one(struct parser *p)
{
	if (!take(p, "("))
		return parse_selector(p);
	if (++p->depth > DEPTH_MAX)
		return fail(p);
	const struct node *inner = parse_or(p);
	p->depth--;
	return inner && take(p, ")") ? inner : fail(p);
}

static const struct node *join(struct parser *p, enum node_kind kind, const struct node *left, const struct node *right)
{
	struct node *node = left && right ? ARENA_NEW(p->arena, struct node) : NULL;

	if (node)
		*node = (struct node){ .kind = kind, .left = left, .right = right };
	return node;
}

static const struct node *parse_and(struct parser *p)
{
	const struct node *left = parse_one(p);

	while (left && take(p, "&&"))
		left = join(p, NODE_AND, left, parse_one(p));
	return left;
}

static const struct node *parse_or(struct parser *p)
{
	const struct node *left = parse_and(p);

	while (left && take(p, "||"))
		left = join(p, NODE_OR, left, parse_and(p));
	return left;
}

static int compile_json(struct arena *a, struct str text, struct log_filter *filter, struct error *err)
{
	struct str inner = arena_str(a, str_sub(text, 1, text.n - 2));
	struct parser p = { .arena = a, .rest = inner, .err = err };

	filter->root = parse_or(&p);
	if (!filter->root || str_trim(p.rest).n)
		return invalid(err);
	return 0;
}

/* ---- matching JSON ---- */

/* ".a.b[0]" */
static const struct json *find(const struct json *v, struct str path)
{
	while (v && path.n) {
		size_t n = 1;
		uint64_t index;

		while (n < path.n && path.p[n] != '.' && path.p[n] != '[')
			n++;
		struct str step = str_sub(path, 1, n - 1);
		if (path.p[0] == '.')
			v = json_get(v, step);
		else if (step.n && str_to_u64(str_sub(step, 0, step.n - 1), &index) == 0)
			v = json_at(v, (size_t)index);
		else
			v = NULL;
		path = str_from(path, n);
	}
	return v;
}

static bool wildcard_fits(struct str pattern, struct str value)
{
	size_t p = 0, v = 0, star = SIZE_MAX, taken = 0;

	while (v < value.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = ++p;
			taken = v;
		} else if (p < pattern.n && pattern.p[p] == value.p[v]) {
			p++;
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

static bool equals(const struct node *node, const struct json *v)
{
	double number;

	if (node->is_number && json_is(v, JSON_NUMBER))
		return json_to_double(v, &number) == 0 && number == node->number;
	if (json_is(v, JSON_BOOL))
		return str_eq_c(node->text, v->boolean ? "true" : "false");
	return (json_is(v, JSON_STRING) || json_is(v, JSON_NUMBER)) && wildcard_fits(node->text, v->text);
}

static bool compare(const struct node *node, const struct json *v)
{
	double number = 0;
	bool numeric = json_is(v, JSON_NUMBER) && json_to_double(v, &number) == 0;

	switch (node->compare) {
	case COMPARE_EQ:
		return equals(node, v);
	case COMPARE_NE:
		return v && !equals(node, v);
	case COMPARE_LT:
		return numeric && number < node->number;
	case COMPARE_LE:
		return numeric && number <= node->number;
	case COMPARE_GT:
		return numeric && number > node->number;
	case COMPARE_GE:
		return numeric && number >= node->number;
	}
	return false;
}

static bool node_matches(const struct node *node, const struct json *line)
{
	const struct json *v;

	switch (node->kind) {
	case NODE_AND:
		return node_matches(node->left, line) && node_matches(node->right, line);
	case NODE_OR:
		return node_matches(node->left, line) || node_matches(node->right, line);
	default:
		break;
	}
	v = find(line, node->path);
	switch (node->kind) {
	case NODE_IS_NULL:
		return json_is(v, JSON_NULL);
	case NODE_NOT_EXISTS:
		return !v;
	case NODE_IS_TRUE:
		return json_is(v, JSON_BOOL) && v->boolean;
	case NODE_IS_FALSE:
		return json_is(v, JSON_BOOL) && !v->boolean;
	default:
		return compare(node, v);
	}
}

/* ---- both ---- */

int log_filter_compile(struct arena *a, struct str text, const struct log_filter **out, struct error *err)
{
	struct log_filter *filter = ARENA_NEW(a, struct log_filter);
	struct str trimmed = str_trim(text);
	int rc;

	if (!filter)
		return error_set(err, ERR_NO_MEMORY, "out of memory for a filter");
	if (trimmed.n && trimmed.p[0] == '[')
		return error_set(err, ERR_UNSUPPORTED, "Space-delimited filter patterns are not supported");
	if (trimmed.n && trimmed.p[0] == '{')
		rc = trimmed.n > 1 && trimmed.p[trimmed.n - 1] == '}' ? compile_json(a, trimmed, filter, err) : invalid(err);
	else
		rc = compile_terms(a, trimmed, filter, err);
	if (rc == 0)
		*out = filter;
	return rc;
}

bool log_filter_matches(const struct log_filter *filter, struct arena *scratch, struct str line)
{
	const struct json *v;

	if (!filter->root)
		return terms_match(filter, line);
	return json_parse(scratch, line, &v, NULL) == 0 && json_is(v, JSON_OBJECT) && node_matches(filter->root, v);
}
