/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators of Choice rules as data. Internal to the choice files.
 */
#ifndef GLEANER_STATES_CHOICE_INTERNAL_H
#define GLEANER_STATES_CHOICE_INTERNAL_H

#include "states/choice.h"

enum rule_kind { RULE_COMPARE, RULE_AND, RULE_OR, RULE_NOT, RULE_CONDITION };

enum compare_kind {
	COMPARE_STRING,
	COMPARE_NUMBER,
	COMPARE_TIMESTAMP,
	COMPARE_BOOLEAN,
	COMPARE_MATCHES,
	COMPARE_PRESENT,
	COMPARE_IS_NULL,
	COMPARE_IS_STRING,
	COMPARE_IS_NUMBER,
	COMPARE_IS_BOOLEAN,
	COMPARE_IS_TIMESTAMP,
};

/* Which outcomes of a comparison hold. */
enum { LESS = 1, EQUAL = 2, GREATER = 4 };

struct operator
{
	const char *name;
	enum compare_kind kind;
	int holds;
	bool path;              /* the …Path variant: the other side is read from the input */
	enum json_type literal; /* of the other side where it is written out */
};

extern const struct operator choice_operators[]; /* ends with a NULL name */

struct choice_rule {
	enum rule_kind kind;
	const struct operator* operator;
	const struct path *variable, *other;
	const struct json *literal;
	const struct choice_rule **rules;
	size_t count;
	struct setting condition;
};

bool choice_compare(const struct operator* o, const struct json *value, const struct json *other);
bool timestamp_valid(struct str text);

#endif
