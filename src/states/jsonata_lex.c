/* SPDX-License-Identifier: Apache-2.0 */
#include "states/jsonata_lex.h"

#include "base/buf.h"

static char peek(const struct lexer *l)
{
	return l->at < l->text.n ? l->text.p[l->at] : '\0';
}

static int skip_blanks(struct lexer *l, struct error *err)
{
	for (;;) {
		while (l->at < l->text.n && strchr(" \t\n\r\v\f", peek(l)))
			l->at++;
		if (!str_starts(str_from(l->text, l->at), STR("/*")))
			return 0;
		ptrdiff_t end = str_find(l->text, STR("*/"), l->at + 2);
		if (end < 0)
			return error_set(err, ERR_INVALID, "Comment has no closing tag");
		l->at = (size_t)end + 2;
	}
}

static void add_code_point(struct buf *b, unsigned code)
{
	if (code < 0x80) {
		buf_add_char(b, (char)code);
	} else if (code < 0x800) {
		buf_add_char(b, (char)(0xc0 | (code >> 6)));
		buf_add_char(b, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		buf_add_char(b, (char)(0xe0 | (code >> 12)));
		buf_add_char(b, (char)(0x80 | ((code >> 6) & 0x3f)));
		buf_add_char(b, (char)(0x80 | (code & 0x3f)));
	} else {
		buf_add_char(b, (char)(0xf0 | (code >> 18)));
		buf_add_char(b, (char)(0x80 | ((code >> 12) & 0x3f)));
		buf_add_char(b, (char)(0x80 | ((code >> 6) & 0x3f)));
		buf_add_char(b, (char)(0x80 | (code & 0x3f)));
	}
}

static bool read_hex(struct lexer *l, unsigned *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++, l->at++) {
		char c = peek(l);
		if (c >= '0' && c <= '9')
			*out = *out * 16 + (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			*out = *out * 16 + (unsigned)((c | 32) - 'a' + 10);
		else
			return false;
	}
	return true;
}

static bool lex_unicode(struct lexer *l, struct buf *b)
{
	unsigned code, low;
	if (!read_hex(l, &code))
		return false;
	if (code >= 0xd800 && code < 0xdc00) {
		if (!str_starts(str_from(l->text, l->at), STR("\\u")))
			return false;
		l->at += 2;
		if (!read_hex(l, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	} else if (code >= 0xdc00 && code < 0xe000) {
		return false;
	}
	add_code_point(b, code);
	return true;
}

static bool lex_escape(struct lexer *l, struct buf *b)
{
	static const char from[] = "\"\\/bfnrt'`", to[] = "\"\\/\b\f\n\r\t'`";
	char c = peek(l);
	l->at++;
	if (c == 'u')
		return lex_unicode(l, b);
	const char *found = c ? strchr(from, c) : NULL;
	if (found)
		buf_add_char(b, to[found - from]);
	return found != NULL;
}

static int lex_string(struct lexer *l, struct token *out, struct error *err)
{
	char quote = peek(l);
	struct buf b;
	bool good = true;
	buf_init(&b, l->text.n * 4 + 4);
	for (l->at++; good && l->at < l->text.n && peek(l) != quote;) {
		char c = peek(l);
		l->at++;
		if (c == '\\')
			good = lex_escape(l, &b);
		else
			buf_add_char(&b, c);
	}
	bool closed = l->at < l->text.n;
	out->type = TOKEN_STRING;
	out->text = arena_str(l->arena, buf_str(&b));
	buf_release(&b);
	if (!good)
		return error_set(err, ERR_INVALID, "Unsupported escape sequence in a string literal");
	if (!closed)
		return error_set(err, ERR_INVALID, "String literal must be terminated by a matching quote");
	l->at++;
	return 0;
}

static int lex_quoted_name(struct lexer *l, struct token *out, struct error *err)
{
	ptrdiff_t end = str_find_char(l->text, '`', l->at + 1);
	if (end < 0)
		return error_set(err, ERR_INVALID, "Quoted property name must be terminated with a backquote (`)");
	out->type = TOKEN_NAME;
	out->text = str_sub(l->text, l->at + 1, (size_t)end - l->at - 1);
	l->at = (size_t)end + 1;
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int lex_number(struct lexer *l, struct token *out)
{
	size_t start = l->at;
	while (is_digit(peek(l)))
		l->at++;
	if (peek(l) == '.' && l->at + 1 < l->text.n && is_digit(l->text.p[l->at + 1]))
		for (l->at++; is_digit(peek(l));)
			l->at++;
	size_t mark = l->at;
	if ((peek(l) | 32) == 'e') {
		l->at++;
		if (peek(l) == '+' || peek(l) == '-')
			l->at++;
		if (!is_digit(peek(l)))
			l->at = mark;
		while (is_digit(peek(l)))
			l->at++;
	}
	out->type = TOKEN_NUMBER;
	out->text = str_sub(l->text, start, l->at - start);
	return 0;
}

static int lex_regex(struct lexer *l, struct token *out, struct error *err)
{
	size_t start = ++l->at;
	int depth = 0;
	for (; l->at < l->text.n; l->at++) {
		char c = peek(l);
		if (c == '\\') {
			l->at++;
			continue;
		}
		depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
		if (c == '/' && depth == 0)
			break;
	}
	if (l->at >= l->text.n)
		return error_set(err, ERR_INVALID, "No terminating / in regular expression");
	out->type = TOKEN_REGEX;
	out->text = str_sub(l->text, start, l->at - start);
	for (l->at++; peek(l) == 'i' || peek(l) == 'm'; l->at++)
		out->ignore_case = out->ignore_case || peek(l) == 'i';
	return out->text.n ? 0 : error_set(err, ERR_INVALID, "Empty regular expressions are not allowed");
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || (unsigned char)c >= 0x80;
}

static int lex_word(struct lexer *l, struct token *out)
{
	bool variable = peek(l) == '$';
	size_t start = variable ? ++l->at : l->at;
	if (variable && peek(l) == '$')
		l->at++;
	while (l->at < l->text.n && is_word(peek(l)))
		l->at++;
	out->type = variable ? TOKEN_VARIABLE : TOKEN_NAME;
	out->text = str_sub(l->text, start, l->at - start);
	if (!variable && (str_eq_c(out->text, "and") || str_eq_c(out->text, "or") || str_eq_c(out->text, "in")))
		out->type = TOKEN_OPERATOR;
	return 0;
}

static int lex_operator(struct lexer *l, struct token *out, struct error *err)
{
	static const char *const two[] = { "..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??" };
	out->type = TOKEN_OPERATOR;
	for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++) {
		if (str_starts(str_from(l->text, l->at), str_c(two[i]))) {
			out->text = str_sub(l->text, l->at, 2);
			l->at += 2;
			return 0;
		}
	}
	if (!strchr(".[]{}(),@#;:?+-*/%|=<>^&!~", peek(l)))
		return error_set(err, ERR_INVALID, "Unknown operator: \"%c\"", peek(l));
	out->text = str_sub(l->text, l->at, 1);
	l->at++;
	return 0;
}

int lex(struct lexer *l, bool operand, struct token *out, struct error *err)
{
	*out = (struct token){ 0 };
	if (skip_blanks(l, err) < 0)
		return ERR_INVALID;
	char c = peek(l);
	out->at = l->at;
	if (l->at >= l->text.n)
		return 0;
	if (c == '"' || c == '\'')
		return lex_string(l, out, err);
	if (c == '`')
		return lex_quoted_name(l, out, err);
	if (is_digit(c))
		return lex_number(l, out);
	if (c == '/' && operand)
		return lex_regex(l, out, err);
	if (c == '$' || is_word(c))
		return lex_word(l, out);
	return lex_operator(l, out, err);
}
