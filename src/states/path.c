/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the text of a path into steps: a recursive descent over one cursor.
 */
#include "states/path.h"

#include "states/path_internal.h"

struct reader {
	struct arena *arena;
	struct str text;
	size_t at;
	int depth;
};

static int parse_filter_or(struct reader *r, const struct filter **out);
static int parse_steps(struct reader *r, struct path *p, bool nested);

static char peek(const struct reader *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static bool take(struct reader *r, const char *token)
{
	if (!str_starts(str_from(r->text, r->at), str_c(token)))
		return false;
	r->at += strlen(token);
	return true;
}

static void skip_blanks(struct reader *r)
{
	while (peek(r) == ' ' || peek(r) == '\t')
		r->at++;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Dot notation takes anything that cannot start another step or end an argument. */
static bool is_name_char(char c)
{
	return (unsigned char)c > ' ' && c != 127 && !strchr(".[]()'\",*=<>!&|?@", c);
}

static int parse_quoted(struct reader *r, struct str *out)
{
	char quote = peek(r);
	struct buf b;
	buf_init(&b, r->text.n + 1);
	for (r->at++; r->at < r->text.n && peek(r) != quote; r->at++) {
		if (peek(r) == '\\' && r->at + 1 < r->text.n)
			r->at++;
		buf_add_char(&b, peek(r));
	}
	bool closed = peek(r) == quote && r->at < r->text.n;
	*out = arena_str(r->arena, buf_str(&b));
	buf_release(&b);
	if (!closed || !out->p)
		return ERR_INVALID;
	r->at++;
	return 0;
}

static int parse_integer(struct reader *r, int64_t *out)
{
	size_t start = r->at;
	if (peek(r) == '-')
		r->at++;
	while (is_digit(peek(r)))
		r->at++;
	return str_to_i64(str_sub(r->text, start, r->at - start), out);
}

static int parse_name_list(struct reader *r, struct step *s)
{
	struct str *names = arena_alloc_array(r->arena, 32, sizeof(*names));
	s->kind = STEP_NAMES;
	for (;;) {
		skip_blanks(r);
		if (!names || s->count == 32 || (peek(r) != '\'' && peek(r) != '"') || parse_quoted(r, &names[s->count]) < 0)
			return ERR_INVALID;
		s->count++;
		skip_blanks(r);
		if (!take(r, ","))
			break;
	}
	s->names = names;
	return 0;
}

static int parse_slice(struct reader *r, struct step *s, bool has_from, int64_t from)
{
	s->kind = STEP_SLICE;
	s->slice = (struct slice){ .has_from = has_from, .from = from, .stride = 1 };
	skip_blanks(r);
	if (is_digit(peek(r)) || peek(r) == '-') {
		s->slice.has_to = true;
		if (parse_integer(r, &s->slice.to) < 0)
			return ERR_INVALID;
	}
	if (take(r, ":") && peek(r) != ']' && (parse_integer(r, &s->slice.stride) < 0 || s->slice.stride < 1))
		return ERR_INVALID;
	return 0;
}

static int parse_indexes(struct reader *r, struct step *s)
{
	int64_t *indexes = arena_alloc_array(r->arena, 32, sizeof(*indexes));
	s->kind = STEP_INDEXES;
	for (;;) {
		skip_blanks(r);
		if (s->count == 0 && take(r, ":"))
			return parse_slice(r, s, false, 0);
		if (!indexes || s->count == 32 || parse_integer(r, &indexes[s->count]) < 0)
			return ERR_INVALID;
		s->count++;
		skip_blanks(r);
		if (s->count == 1 && take(r, ":"))
			return parse_slice(r, s, true, indexes[0]);
		if (!take(r, ","))
			break;
	}
	s->indexes = indexes;
	return 0;
}

static int parse_bracket(struct reader *r, struct step *s)
{
	int result = 0;
	skip_blanks(r);
	if (take(r, "*")) {
		s->kind = STEP_WILDCARD;
	} else if (take(r, "?(")) {
		s->kind = STEP_FILTER;
		result = parse_filter_or(r, &s->filter);
		if (result == 0 && !take(r, ")"))
			result = ERR_INVALID;
	} else if (peek(r) == '\'' || peek(r) == '"') {
		result = parse_name_list(r, s);
	} else {
		result = parse_indexes(r, s);
	}
	skip_blanks(r);
	return result == 0 && take(r, "]") ? 0 : ERR_INVALID;
}

static int function_find(struct str name, enum path_function *out)
{
	static const struct {
		const char *name;
		enum path_function function;
	} known[] = {
		{ "length", FUNCTION_LENGTH }, { "size", FUNCTION_LENGTH }, { "min", FUNCTION_MIN },   { "max", FUNCTION_MAX },
		{ "sum", FUNCTION_SUM },       { "avg", FUNCTION_AVG },     { "keys", FUNCTION_KEYS },
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (str_eq_c(name, known[i].name)) {
			*out = known[i].function;
			return 0;
		}
	}
	return ERR_INVALID;
}

static struct str parse_word(struct reader *r)
{
	size_t start = r->at;
	while (r->at < r->text.n && is_name_char(peek(r)))
		r->at++;
	return str_sub(r->text, start, r->at - start);
}

static int parse_dot_name(struct reader *r, struct step *s)
{
	if (take(r, "*")) {
		s->kind = STEP_WILDCARD;
		return 0;
	}
	struct str name = parse_word(r);
	if (name.n == 0)
		return ERR_INVALID;
	if (take(r, "()")) {
		s->kind = STEP_FUNCTION;
		return function_find(name, &s->function);
	}
	struct str *names = ARENA_NEW(r->arena, struct str);
	if (!names)
		return ERR_NO_MEMORY;
	names[0] = name;
	s->kind = STEP_NAMES;
	s->names = names;
	s->count = 1;
	return 0;
}

static int parse_step(struct reader *r, struct step *s)
{
	if (take(r, "..")) {
		s->descend = true;
		return take(r, "[") ? parse_bracket(r, s) : parse_dot_name(r, s);
	}
	if (take(r, "["))
		return parse_bracket(r, s);
	if (!take(r, "."))
		return ERR_INVALID;
	return take(r, "[") ? parse_bracket(r, s) : parse_dot_name(r, s);
}

/* Stops at the end of the text, or, inside a filter, at the first character that starts no step. */
static int parse_steps(struct reader *r, struct path *p, bool nested)
{
	const struct step **tail = &p->steps;
	p->definite = p->reference = true;
	while (nested ? (peek(r) == '.' || peek(r) == '[') : r->at < r->text.n) {
		struct step *s = ARENA_NEW(r->arena, struct step);
		if (!s || parse_step(r, s) < 0)
			return ERR_INVALID;
		if (!step_is_single(s))
			p->reference = false;
		if (!step_is_single(s) && s->kind != STEP_FUNCTION)
			p->definite = false;
		*tail = s;
		tail = &s->next;
	}
	return 0;
}

static int parse_literal(struct reader *r, const struct json **out)
{
	if (peek(r) == '\'' || peek(r) == '"') {
		struct str text;
		if (parse_quoted(r, &text) < 0)
			return ERR_INVALID;
		*out = json_new_string(r->arena, text);
		return *out ? 0 : ERR_NO_MEMORY;
	}
	size_t start = r->at;
	int brackets = 0;
	for (; r->at < r->text.n; r->at++) {
		char c = peek(r);
		brackets += (c == '[') - (c == ']');
		if (brackets < 0 || (brackets == 0 && c != ']' && strchr(" )&|=<>!", c)))
			break;
	}
	/* Lists may quote with either mark. */
	char *text = arena_c(r->arena, str_sub(r->text, start, r->at - start));
	for (char *c = text; c && *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return text ? json_parse(r->arena, str_c(text), out, NULL) : ERR_NO_MEMORY;
}

static int parse_operand(struct reader *r, struct operand *out)
{
	skip_blanks(r);
	char c = peek(r);
	if (c != '@' && c != '$')
		return parse_literal(r, &out->literal);
	struct path *p = ARENA_NEW(r->arena, struct path);
	if (!p)
		return ERR_NO_MEMORY;
	r->at++;
	out->current = c == '@';
	out->path = p;
	return parse_steps(r, p, true);
}

static bool take_comparison(struct reader *r, enum filter_kind *kind)
{
	static const struct {
		const char *token;
		enum filter_kind kind;
	} known[] = {
		{ "==", FILTER_EQ }, { "!=", FILTER_NE }, { "<=", FILTER_LE },    { ">=", FILTER_GE },
		{ "<", FILTER_LT },  { ">", FILTER_GT },  { "nin ", FILTER_NIN }, { "in ", FILTER_IN },
	};
	skip_blanks(r);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (take(r, known[i].token)) {
			*kind = known[i].kind;
			return true;
		}
	}
	return false;
}

static int parse_filter_term(struct reader *r, const struct filter **out)
{
	struct filter *f = ARENA_NEW(r->arena, struct filter);
	skip_blanks(r);
	if (!f || ++r->depth > PATH_DEPTH_MAX)
		return ERR_LIMIT;
	*out = f;
	int result;
	if (take(r, "!")) {
		f->kind = FILTER_NOT;
		result = parse_filter_term(r, &f->left);
	} else if (take(r, "(")) {
		result = parse_filter_or(r, out);
		skip_blanks(r);
		result = result == 0 && take(r, ")") ? 0 : ERR_INVALID;
	} else {
		result = parse_operand(r, &f->a);
		if (result == 0 && take_comparison(r, &f->kind))
			result = parse_operand(r, &f->b);
		else
			f->kind = FILTER_EXISTS;
	}
	r->depth--;
	return result;
}

static int parse_filter_chain(struct reader *r, const struct filter **out, const char *token, enum filter_kind kind,
			      int (*parse)(struct reader *, const struct filter **))
{
	int result = parse(r, out);
	for (skip_blanks(r); result == 0 && take(r, token); skip_blanks(r)) {
		struct filter *f = ARENA_NEW(r->arena, struct filter);
		if (!f)
			return ERR_NO_MEMORY;
		f->kind = kind;
		f->left = *out;
		result = parse(r, &f->right);
		*out = f;
	}
	return result;
}

static int parse_filter_and(struct reader *r, const struct filter **out)
{
	return parse_filter_chain(r, out, "&&", FILTER_AND, parse_filter_term);
}

static int parse_filter_or(struct reader *r, const struct filter **out)
{
	return parse_filter_chain(r, out, "||", FILTER_OR, parse_filter_and);
}

static int parse_root(struct reader *r, struct path *p)
{
	if (!take(r, "$"))
		return ERR_INVALID;
	if (take(r, "$")) {
		p->root = PATH_CONTEXT;
	} else if (r->at < r->text.n && is_name_char(peek(r))) {
		p->root = PATH_VARIABLE;
		p->variable = parse_word(r);
	}
	return 0;
}

int path_compile(struct arena *a, struct str text, const struct path **out, struct error *err)
{
	struct reader r = { .arena = a, .text = text };
	struct path *p = ARENA_NEW(a, struct path);
	if (!p)
		return error_set(err, ERR_NO_MEMORY, "out of memory");
	p->text = text;
	if (parse_root(&r, p) < 0 || parse_steps(&r, p, false) < 0)
		return error_set(err, ERR_INVALID, "the path is not valid at character %zu", r.at + 1);
	*out = p;
	return 0;
}

struct str path_text(const struct path *p)
{
	return p->text;
}

enum path_root path_root(const struct path *p)
{
	return p->root;
}

struct str path_variable(const struct path *p)
{
	return p->variable;
}

bool path_is_reference(const struct path *p)
{
	return p->reference;
}

bool path_is_definite(const struct path *p)
{
	return p->definite;
}

bool path_is_root(const struct path *p)
{
	return p->steps == NULL;
}
