/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiled form that pattern_compile.c makes and pattern_match.c walks.
 */
#ifndef GLEANER_EVENTS_PATTERN_INTERNAL_H
#define GLEANER_EVENTS_PATTERN_INTERNAL_H

#include "events/pattern.h"

enum test_kind {
	TEST_EXACT,  /* `value`: a string, number, boolean or null */
	TEST_PREFIX, /* `text`, `nocase` */
	TEST_SUFFIX,
	TEST_EQUALS,   /* equals-ignore-case */
	TEST_WILDCARD, /* `text` as written: '*', and '\' before '*' or '\' */
	TEST_NUMERIC,  /* `low`, `high` and whether each belongs to the range */
	TEST_CIDR,     /* `network`, `bits`, `family` */
	TEST_EXISTS,   /* any leaf value */
	TEST_ABSENT,   /* no leaf value anywhere at this path */
	TEST_OTHER,    /* anything-but: none of `but` holds */
};

struct event_tests {
	size_t count;
	struct test *tests; /* one that holds is enough */
};

struct test {
	enum test_kind kind;
	bool nocase;
	struct str text;
	const struct json *value;
	double low, high;
	bool low_closed, high_closed;
	int family; /* AF_INET, AF_INET6 */
	int bits;
	uint8_t network[16];
	struct event_tests but;
};

/* A field leads to tests (a leaf of the pattern) or to a pattern of its own. */
struct pattern_field {
	struct str name;
	const struct event_tests *tests;
	const struct event_pattern *nested;
};

struct event_pattern {
	size_t field_count;
	struct pattern_field *fields; /* all must hold */
	size_t choice_count;
	const struct event_pattern **choices; /* $or: one must hold, when there are any */
};

/* An address as text, in network order; 0 when it is none, else AF_INET or AF_INET6. */
int pattern_read_address(struct str text, uint8_t out[16]);

#endif
