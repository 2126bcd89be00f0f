/* SPDX-License-Identifier: Apache-2.0
 *
 * The rule of a composite alarm: ALARM("x") AND (OK(y) OR NOT INSUFFICIENT_DATA("z")), TRUE, FALSE.
 * or := and (OR and)*   and := one (AND one)*   one := NOT one | "(" or ")" | TRUE | FALSE | state "(" name ")"
 */
#include "service/monitoring/internal.h"

enum { RULE_DEPTH_MAX = 50 };

struct parser {
	struct str rest;
	state_of_fn state_of;
	void *argument;
	struct error *err;
	int depth;
};

static int parse_or(struct parser *p, bool *out);

static int fail(struct parser *p)
{
	return error_set(p->err, ERR_INVALID, "unexpected text at \"" STR_FMT "\"", STR_ARG(str_sub(p->rest, 0, 40)));
}

static bool is_word_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool take_word(struct parser *p, const char *word)
{
	size_t n = strlen(word);

	p->rest = str_trim(p->rest);
	if (!str_eq_nocase(str_sub(p->rest, 0, n), str_c(word)) || (p->rest.n > n && is_word_char(p->rest.p[n])))
		return false;
	p->rest = str_from(p->rest, n);
	return true;
}

static bool take_char(struct parser *p, char c)
{
	p->rest = str_trim(p->rest);
	if (p->rest.n == 0 || p->rest.p[0] != c)
		return false;
	p->rest = str_from(p->rest, 1);
	return true;
}

/* A name or an ARN, quoted or not. */
static int take_name(struct parser *p, struct str *out)
{
	char end = ')';

	if (!take_char(p, '('))
		return fail(p);
	p->rest = str_trim(p->rest);
	if (p->rest.n && (p->rest.p[0] == '"' || p->rest.p[0] == '\'')) {
		end = p->rest.p[0];
		p->rest = str_from(p->rest, 1);
	}
	ptrdiff_t at = str_find_char(p->rest, end, 0);
	if (at <= 0)
		return fail(p);
	*out = str_trim(str_sub(p->rest, 0, (size_t)at));
	p->rest = str_from(p->rest, (size_t)at + (end != ')'));
	ptrdiff_t name = str_find(*out, STR(":alarm:"), 0);
	if (name >= 0)
		*out = str_from(*out, (size_t)name + strlen(":alarm:"));
	return take_char(p, ')') ? 0 : fail(p);
}

static int parse_state(struct parser *p, const char *state, bool *out)
{
	struct str name;
	int rc = take_name(p, &name);

	if (rc < 0)
		return rc;
	const char *now = p->state_of ? p->state_of(p->argument, name) : NULL;
	*out = now && strcmp(now, state) == 0;
	return 0;
}

static int parse_nested(struct parser *p, bool *out)
{
	if (++p->depth > RULE_DEPTH_MAX)
		return fail(p);
	int rc = parse_or(p, out);
	p->depth--;
	return rc == 0 && !take_char(p, ')') ? fail(p) : rc;
}

static int parse_one(struct parser *p, bool *out)
{
	static const char *const states[] = { "ALARM", "OK", "INSUFFICIENT_DATA" };
	bool negated = false;

	while (take_word(p, "NOT"))
		negated = !negated;
	int rc = 1;
	if (take_char(p, '(')) {
		rc = parse_nested(p, out);
	} else if (take_word(p, "TRUE")) {
		*out = true;
		rc = 0;
	} else if (take_word(p, "FALSE")) {
		*out = false;
		rc = 0;
	}
	for (size_t i = 0; rc > 0 && i < sizeof(states) / sizeof(states[0]); i++)
		if (take_word(p, states[i]))
			rc = parse_state(p, states[i], out);
	if (rc > 0)
		return fail(p);
	*out = *out != negated;
	return rc;
}

static int parse_and(struct parser *p, bool *out)
{
	int rc = parse_one(p, out);

	while (rc == 0 && take_word(p, "AND")) {
		bool right = false;

		rc = parse_one(p, &right);
		*out = *out && right;
	}
	return rc;
}

static int parse_or(struct parser *p, bool *out)
{
	int rc = parse_and(p, out);

	while (rc == 0 && take_word(p, "OR")) {
		bool right = false;

		rc = parse_and(p, &right);
		*out = *out || right;
	}
	return rc;
}

int rule_evaluate(struct str rule, state_of_fn state_of, void *argument, bool *out, struct error *err)
{
	struct parser p = { .rest = rule, .state_of = state_of, .argument = argument, .err = err };
	bool result = false;
	int rc = parse_or(&p, &result);

	if (rc == 0 && str_trim(p.rest).n)
		rc = fail(&p);
	if (rc == 0)
		*out = result;
	return rc;
}
