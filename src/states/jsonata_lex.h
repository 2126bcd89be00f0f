/* SPDX-License-Identifier: Apache-2.0
 *
 * JSONata's tokens. Internal to the jsonata files.
 */
#ifndef GLEANER_STATES_JSONATA_LEX_H
#define GLEANER_STATES_JSONATA_LEX_H

#include "base/arena.h"

enum token_type { TOKEN_END, TOKEN_OPERATOR, TOKEN_NAME, TOKEN_VARIABLE, TOKEN_STRING, TOKEN_NUMBER, TOKEN_REGEX };

struct token {
	enum token_type type;
	struct str text;  /* decoded; of an operator: itself */
	bool ignore_case; /* TOKEN_REGEX */
	size_t at;
};

struct lexer {
	struct arena *arena;
	struct str text;
	size_t at;
};

/* `operand`: an operand is expected, so that '/' begins a regular expression. ERR_INVALID. */
int lex(struct lexer *l, bool operand, struct token *out, struct error *err) MUST_CHECK;

#endif
