/* SPDX-License-Identifier: Apache-2.0 */
#include "service/dynamodb/parser.h"

#include <stdarg.h>

enum { PATH_INDEX_DIGITS = 9 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word_char(char c)
{
	return is_letter(c) || is_digit(c) || c == '_';
}

static size_t run_length(struct str text, size_t from, bool (*fits)(char c))
{
	size_t n = from;

	while (n < text.n && fits(text.p[n]))
		n++;
	return n;
}

static size_t symbol_length(struct str text)
{
	if (text.n > 1 && text.p[0] == '<' && (text.p[1] == '>' || text.p[1] == '='))
		return 2;
	if (text.n > 1 && text.p[0] == '>' && text.p[1] == '=')
		return 2;
	return memchr("()[].,+-=<>", text.p[0], 11) ? 1 : 0;
}

/* A character of the text's encoding, so that errors quote whole ones. */
static size_t character_length(struct str text)
{
	size_t n = 1;

	while (n < text.n && ((uint8_t)text.p[n] & 0xC0) == 0x80)
		n++;
	return n;
}

static struct token next_token(struct str text)
{
	char c = text.p[0];
	size_t n;

	if (is_letter(c))
		return (struct token){ TOKEN_WORD, str_sub(text, 0, run_length(text, 1, is_word_char)) };
	if (is_digit(c))
		return (struct token){ TOKEN_DIGITS, str_sub(text, 0, run_length(text, 1, is_digit)) };
	if (c == '#' || c == ':') {
		n = run_length(text, 1, is_word_char);
		if (n > 1)
			return (struct token){ c == '#' ? TOKEN_NAME : TOKEN_VALUE, str_sub(text, 0, n) };
	}
	n = symbol_length(text);
	if (n > 0)
		return (struct token){ TOKEN_SYMBOL, str_sub(text, 0, n) };
	return (struct token){ TOKEN_OTHER, str_sub(text, 0, character_length(text)) };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int tokenize(struct parser *p)
{
	struct str rest = p->text;
	size_t count = 0;

	p->tokens = arena_alloc_array(p->arena, p->text.n + 1, sizeof(*p->tokens));
	if (!p->tokens)
		return parser_out_of_memory(p);
	while (rest.n > 0) {
		if (is_blank(rest.p[0])) {
			rest = str_from(rest, 1);
			continue;
		}
		p->tokens[count] = next_token(rest);
		rest = str_from(rest, p->tokens[count++].text.n);
	}
	p->tokens[count] = (struct token){ TOKEN_END, STR("<EOF>") };
	return 0;
}

int parser_init(struct parser *p, struct placeholders *placeholders, const char *label, struct str text, struct error *err)
{
	*p = (struct parser){
		.arena = placeholders->arena, .placeholders = placeholders, .label = label, .text = text, .err = err
	};
	if (text.n > EXPRESSION_SIZE_MAX)
		return error_set(err, ERR_INVALID,
				 "Invalid %s: Expression size has exceeded the maximum allowed size; expression size: %zu", label,
				 text.n);
	int rc = tokenize(p);
	if (rc == 0 && p->tokens[0].kind == TOKEN_END)
		return error_set(err, ERR_INVALID, "Invalid %s: The expression can not be empty;", label);
	return rc;
}

int parser_finish(struct parser *p)
{
	if (parser_peek(p)->kind != TOKEN_END)
		return parser_syntax_error(p);
	if (!p->meaningless)
		return 0;
	if (p->err)
		*p->err = p->meaning;
	return ERR_INVALID;
}

const struct token *parser_peek(const struct parser *p)
{
	return &p->tokens[p->at];
}

const struct token *parser_peek_second(const struct parser *p)
{
	return parser_peek(p)->kind == TOKEN_END ? parser_peek(p) : &p->tokens[p->at + 1];
}

bool parser_is(const struct parser *p, const char *symbol)
{
	const struct token *t = parser_peek(p);

	return t->kind == TOKEN_SYMBOL && str_eq_c(t->text, symbol);
}

bool parser_is_word(const struct parser *p, const char *keyword)
{
	const struct token *t = parser_peek(p);

	return t->kind == TOKEN_WORD && str_eq_nocase(t->text, str_c(keyword));
}

bool parser_take(struct parser *p, const char *symbol)
{
	bool found = parser_is(p, symbol);

	p->at += found;
	return found;
}

bool parser_take_word(struct parser *p, const char *keyword)
{
	bool found = parser_is_word(p, keyword);

	p->at += found;
	return found;
}

int parser_expect(struct parser *p, const char *symbol)
{
	return parser_take(p, symbol) ? 0 : parser_syntax_error(p);
}

/* The service shows the token between its neighbours, and at the end of the text the last token alone. */
static struct str near_text(const struct parser *p)
{
	const struct token *t = parser_peek(p);
	const struct token *first = p->at > 0 ? t - 1 : t;
	const struct token *last = t;

	if (t->kind == TOKEN_END)
		return first->text;
	if (t[1].kind != TOKEN_END)
		last = t + 1;
	return str_of(first->text.p, (size_t)(last->text.p + last->text.n - first->text.p));
}

int parser_syntax_error(struct parser *p)
{
	return error_set(p->err, ERR_INVALID, "Invalid %s: Syntax error; token: \"" STR_FMT "\", near: \"" STR_FMT "\"", p->label,
			 STR_ARG(parser_peek(p)->text), STR_ARG(near_text(p)));
}

void parser_note(struct parser *p, const char *format, ...)
{
	va_list args;

	if (p->meaningless)
		return;
	p->meaningless = true;
	va_start(args, format);
	error_setv(&p->meaning, ERR_INVALID, format, args);
	va_end(args);
	error_prefix(&p->meaning, "Invalid %s", p->label);
}

int parser_out_of_memory(struct parser *p)
{
	return error_set(p->err, ERR_NO_MEMORY, "request needs too much memory");
}

int parser_enter(struct parser *p)
{
	if (++p->depth <= EXPRESSION_DEPTH_MAX)
		return 0;
	return error_set(p->err, ERR_INVALID, "Invalid %s: The expression is nested too deeply;", p->label);
}

void parser_leave(struct parser *p)
{
	p->depth--;
}

static struct str resolve_name(struct parser *p, struct str name)
{
	const struct json *names = p->placeholders->names;

	for (size_t i = 0; names && i < names->count; i++) {
		if (!str_eq(names->members[i].name, name))
			continue;
		p->placeholders->name_used[i] = true;
		return names->members[i].value->text;
	}
	parser_note(p, "An expression attribute name used in the document path is not defined; attribute name: " STR_FMT,
		    STR_ARG(name));
	return name;
}

static int parse_attribute_name(struct parser *p, struct path_step *out)
{
	const struct token *t = parser_peek(p);

	if (t->kind == TOKEN_WORD) {
		if (word_is_reserved(t->text))
			parser_note(p, "Attribute name is a reserved keyword; reserved keyword: " STR_FMT, STR_ARG(t->text));
		out->name = t->text;
	} else if (t->kind == TOKEN_NAME) {
		out->name = resolve_name(p, t->text);
	} else {
		return parser_syntax_error(p);
	}
	p->at++;
	return 0;
}

static int parse_index(struct parser *p, struct path_step *out)
{
	const struct token *t = parser_peek(p);
	int64_t index = 0;

	if (t->kind != TOKEN_DIGITS)
		return parser_syntax_error(p);
	if (t->text.n > PATH_INDEX_DIGITS || str_to_i64(t->text, &index) < 0)
		parser_note(p, "List index is not within the allowable range; index: [" STR_FMT "]", STR_ARG(t->text));
	out->name = STR_NULL;
	out->index = (size_t)index;
	p->at++;
	return parser_expect(p, "]");
}

/* name (. name | [ index ])*, at most VALUE_DEPTH_MAX steps. */
int parse_path(struct parser *p, struct path *out)
{
	struct path_step steps[VALUE_DEPTH_MAX + 1];
	size_t count = 1;
	int rc = parse_attribute_name(p, &steps[0]);

	while (rc == 0 && (parser_is(p, ".") || parser_is(p, "["))) {
		struct path_step step = { 0 };
		rc = parser_take(p, ".") ? parse_attribute_name(p, &step) : (p->at++, parse_index(p, &step));
		if (count <= VALUE_DEPTH_MAX)
			steps[count] = step;
		count++;
	}
	if (rc < 0)
		return rc;
	if (count > VALUE_DEPTH_MAX) {
		parser_note(p, "The document path has too many nesting elements; nesting levels: %zu", count);
		count = 1;
	}
	struct path_step *kept = arena_alloc_array(p->arena, count, sizeof(*kept));
	if (!kept)
		return parser_out_of_memory(p);
	memcpy(kept, steps, count * sizeof(*kept));
	*out = (struct path){ kept, count };
	return 0;
}

int parse_value(struct parser *p, const struct value **out)
{
	static const struct value nothing = { .type = VALUE_NULL, .boolean = true };
	const struct json *texts = p->placeholders->value_texts;
	struct str name = parser_peek(p)->text;

	if (parser_peek(p)->kind != TOKEN_VALUE)
		return parser_syntax_error(p);
	p->at++;
	for (size_t i = 0; texts && i < texts->count; i++) {
		if (!str_eq(texts->members[i].name, name))
			continue;
		p->placeholders->value_used[i] = true;
		*out = p->placeholders->values[i];
		return 0;
	}
	parser_note(p, "An expression attribute value used in expression is not defined; attribute value: " STR_FMT,
		    STR_ARG(name));
	*out = &nothing;
	return 0;
}
