/* SPDX-License-Identifier: Apache-2.0
 *
 * What the expression parsers share: tokens, paths, placeholders, errors. Internal to the expression files. *Pure.*
 *
 * Two kinds of error: syntax ends the parse at once; meaning (an undefined name, a reserved word, a wrong operand) is noted, the
 * first one wins, and it is only reported when the whole text is well-formed, as the service does.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_PARSER_H
#define GLEANER_SERVICE_DYNAMODB_PARSER_H

#include "service/dynamodb/expression.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_NAME /* #x */,
	TOKEN_VALUE /* :x */,
	TOKEN_DIGITS,
	TOKEN_SYMBOL, /* ( ) [ ] . , + - = <> < <= > >= */
	TOKEN_OTHER,  /* what no expression contains */
};

struct token {
	enum token_kind kind;
	struct str text;
};

struct parser {
	struct arena *arena;
	struct placeholders *placeholders;
	const char *label;
	struct str text;
	struct token *tokens; /* ends with TOKEN_END */
	size_t at;
	int depth;
	bool meaningless; /* an error of meaning is in `meaning` */
	struct error meaning;
	struct error *err;
};

/* Checks size and emptiness and cuts the text into tokens. */
int parser_init(struct parser *p, struct placeholders *placeholders, const char *label, struct str text,
		struct error *err) MUST_CHECK;
/* At the end of the text: 0, or the error of meaning that was noted. */
int parser_finish(struct parser *p) MUST_CHECK;

const struct token *parser_peek(const struct parser *p);
const struct token *parser_peek_second(const struct parser *p);
bool parser_is(const struct parser *p, const char *symbol);       /* the next token is that symbol */
bool parser_is_word(const struct parser *p, const char *keyword); /* … that word, any case */
bool parser_take(struct parser *p, const char *symbol);
bool parser_take_word(struct parser *p, const char *keyword);
int parser_expect(struct parser *p, const char *symbol) MUST_CHECK;

/* "Syntax error; token: …, near: …" at the next token. Returns ERR_INVALID. */
int parser_syntax_error(struct parser *p);
/* Notes an error of meaning: the sentence without "Invalid X: ". */
void parser_note(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
int parser_out_of_memory(struct parser *p);
/* Counts nesting; ERR_INVALID past EXPRESSION_DEPTH_MAX. */
int parser_enter(struct parser *p) MUST_CHECK;
void parser_leave(struct parser *p);

int parse_path(struct parser *p, struct path *out) MUST_CHECK;
/* A :value placeholder, the next token. */
int parse_value(struct parser *p, const struct value **out) MUST_CHECK;

#endif
