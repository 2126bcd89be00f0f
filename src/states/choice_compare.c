/* SPDX-License-Identifier: Apache-2.0 */
#include "format/date.h"
#include "states/choice_internal.h"

#define ORDERED(prefix, k, type)                                                                                                 \
	{ prefix "Equals", k, EQUAL, false, type }, { prefix "LessThan", k, LESS, false, type },                                 \
		{ prefix "GreaterThan", k, GREATER, false, type }, { prefix "LessThanEquals", k, LESS | EQUAL, false, type },    \
		{ prefix "GreaterThanEquals", k, GREATER | EQUAL, false, type }, { prefix "EqualsPath", k, EQUAL, true, type },  \
		{ prefix "LessThanPath", k, LESS, true, type }, { prefix "GreaterThanPath", k, GREATER, true, type },            \
		{ prefix "LessThanEqualsPath", k, LESS | EQUAL, true, type },                                                    \
	{                                                                                                                        \
		prefix "GreaterThanEqualsPath", k, GREATER | EQUAL, true, type                                                   \
	}

const struct operator choice_operators[] = {
	ORDERED("String", COMPARE_STRING, JSON_STRING),
	ORDERED("Numeric", COMPARE_NUMBER, JSON_NUMBER),
	ORDERED("Timestamp", COMPARE_TIMESTAMP, JSON_STRING),
	{ "BooleanEquals", COMPARE_BOOLEAN, EQUAL, false, JSON_BOOL },
	{ "BooleanEqualsPath", COMPARE_BOOLEAN, EQUAL, true, JSON_BOOL },
	{ "StringMatches", COMPARE_MATCHES, EQUAL, false, JSON_STRING },
	{ "IsPresent", COMPARE_PRESENT, EQUAL, false, JSON_BOOL },
	{ "IsNull", COMPARE_IS_NULL, EQUAL, false, JSON_BOOL },
	{ "IsString", COMPARE_IS_STRING, EQUAL, false, JSON_BOOL },
	{ "IsNumeric", COMPARE_IS_NUMBER, EQUAL, false, JSON_BOOL },
	{ "IsBoolean", COMPARE_IS_BOOLEAN, EQUAL, false, JSON_BOOL },
	{ "IsTimestamp", COMPARE_IS_TIMESTAMP, EQUAL, false, JSON_BOOL },
	{ NULL },
};

bool timestamp_valid(struct str text)
{
	int64_t ms;
	return date_parse_iso(text, &ms) == 0;
}

static int outcome(int order)
{
	return order < 0 ? LESS : order > 0 ? GREATER : EQUAL;
}

static int compare_numbers(const struct json *a, const struct json *b)
{
	int64_t i, j;
	double x, y;
	if (!json_is(a, JSON_NUMBER) || !json_is(b, JSON_NUMBER))
		return 0;
	if (json_to_i64(a, &i) == 0 && json_to_i64(b, &j) == 0)
		return i < j ? LESS : i > j ? GREATER : EQUAL;
	if (json_to_double(a, &x) < 0 || json_to_double(b, &y) < 0)
		return 0;
	return x < y ? LESS : x > y ? GREATER : EQUAL;
}

static int compare_timestamps(const struct json *a, const struct json *b)
{
	int64_t x, y;
	if (date_parse_iso(json_text(a), &x) < 0 || date_parse_iso(json_text(b), &y) < 0)
		return 0;
	return x < y ? LESS : x > y ? GREATER : EQUAL;
}

static int compare_strings(const struct json *a, const struct json *b)
{
	return json_is(a, JSON_STRING) && json_is(b, JSON_STRING) ? outcome(str_cmp(a->text, b->text)) : 0;
}

/* `*` stands for any run of characters; `\*` and `\\` for themselves. Linear: only the last star is ever retried. */
static bool matches(struct str pattern, struct str text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;
	while (t < text.n) {
		bool escaped = p + 1 < pattern.n && pattern.p[p] == '\\';
		if (!escaped && p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			resume = t;
		} else if (p < pattern.n && pattern.p[p + escaped] == text.p[t]) {
			p += 1 + escaped;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

bool choice_compare(const struct operator* o, const struct json *value, const struct json *other)
{
	switch (o->kind) {
	case COMPARE_STRING:
		return (compare_strings(value, other) & o->holds) != 0;
	case COMPARE_NUMBER:
		return (compare_numbers(value, other) & o->holds) != 0;
	case COMPARE_TIMESTAMP:
		return (compare_timestamps(value, other) & o->holds) != 0;
	case COMPARE_BOOLEAN:
		return json_is(value, JSON_BOOL) && json_is(other, JSON_BOOL) && value->boolean == other->boolean;
	case COMPARE_MATCHES:
		return json_is(value, JSON_STRING) && matches(other->text, value->text);
	case COMPARE_IS_NULL:
		return json_is(value, JSON_NULL) == other->boolean;
	case COMPARE_IS_STRING:
		return json_is(value, JSON_STRING) == other->boolean;
	case COMPARE_IS_NUMBER:
		return json_is(value, JSON_NUMBER) == other->boolean;
	case COMPARE_IS_BOOLEAN:
		return json_is(value, JSON_BOOL) == other->boolean;
	case COMPARE_IS_TIMESTAMP:
		return (json_is(value, JSON_STRING) && timestamp_valid(value->text)) == other->boolean;
	case COMPARE_PRESENT:
		break;
	}
	return false;
}
