/* SPDX-License-Identifier: Apache-2.0
 *
 * One value of a request against one of a policy, by kind of operator. What cannot be read as the kind wants equals nothing.
 */
#include <arpa/inet.h>

#include "format/date.h"
#include "policy/internal.h"

/* `wanted` may hold wildcard bytes from an expanded variable; here they are the characters they stand for. */
static bool equal_literally(struct str value, struct str wanted, bool ignore_case)
{
	if (value.n != wanted.n)
		return false;
	for (size_t i = 0; i < value.n; i++) {
		char c = wanted.p[i] == GLOB_MANY ? '*' : wanted.p[i] == GLOB_ONE ? '?' : wanted.p[i];
		if (!(ignore_case ? str_eq_nocase(str_sub(value, i, 1), str_of(&c, 1)) : value.p[i] == c))
			return false;
	}
	return true;
}

static bool relation_holds(enum condition_relation relation, int order)
{
	switch (relation) {
	case RELATION_EQUAL:
		return order == 0;
	case RELATION_LESS:
		return order < 0;
	case RELATION_LESS_EQUAL:
		return order <= 0;
	case RELATION_GREATER:
		return order > 0;
	case RELATION_GREATER_EQUAL:
		return order >= 0;
	}
	return false;
}

static bool compare_numbers(enum condition_relation relation, struct str value, struct str wanted)
{
	double a, b;

	if (str_to_double(value, &a) < 0 || str_to_double(wanted, &b) < 0)
		return false;
	return relation_holds(relation, (a > b) - (a < b));
}

/* What each of the shorter forms leaves out: YYYY, YYYY-MM, YYYY-MM-DD, without seconds (W3C, "Date and Time Formats"); and a
 * zone, which is UTC then. */
static const struct {
	size_t kept; /* characters before what is put in; 0: any, at the end */
	const char *rest;
} shorter_dates[] = {
	{ 4, "-01-01T00:00:00Z" }, { 7, "-01T00:00:00Z" }, { 10, "T00:00:00Z" }, { 16, ":00" }, { 0, "Z" },
};

static int read_completed_date(struct str text, size_t kept, const char *rest, int64_t *ms)
{
	char whole[DATE_TEXT_MAX];
	struct str zone = str_from(text, kept); /* "Z" or "+01:00" after minutes, nothing else elsewhere */
	int n = snprintf(whole, sizeof(whole), STR_FMT "%s" STR_FMT, STR_ARG(str_sub(text, 0, kept)), rest, STR_ARG(zone));

	return n < 0 || (size_t)n >= sizeof(whole) ? ERR_INVALID : date_parse_iso(str_of(whole, (size_t)n), ms);
}

/* ISO 8601, whole or shortened, or seconds since 1970. */
static int read_date(struct str text, int64_t *ms)
{
	double seconds;

	if (date_parse_iso(text, ms) == 0)
		return 0;
	for (size_t i = 0; i < sizeof(shorter_dates) / sizeof(*shorter_dates); i++) {
		size_t kept = shorter_dates[i].kept ? shorter_dates[i].kept : text.n;
		if (text.n >= kept && read_completed_date(text, kept, shorter_dates[i].rest, ms) == 0)
			return 0;
	}
	if (str_to_double(text, &seconds) < 0 || seconds < -1e12 || seconds > 1e12)
		return ERR_INVALID;
	*ms = (int64_t)(seconds * 1000);
	return 0;
}

static bool compare_dates(enum condition_relation relation, struct str value, struct str wanted)
{
	int64_t a, b;

	if (read_date(value, &a) < 0 || read_date(wanted, &b) < 0)
		return false;
	return relation_holds(relation, (a > b) - (a < b));
}

enum { ADDRESS_TEXT_MAX = 64, ADDRESS_SIZE_MAX = 16 };

struct address {
	uint8_t bytes[ADDRESS_SIZE_MAX];
	int size; /* 4 or 16 */
};

static int read_address(struct str text, struct address *out)
{
	char buffer[ADDRESS_TEXT_MAX];

	if (text.n >= sizeof(buffer))
		return ERR_INVALID;
	memcpy(buffer, text.p, text.n);
	buffer[text.n] = '\0';
	if (inet_pton(AF_INET, buffer, out->bytes) == 1)
		out->size = 4;
	else if (inet_pton(AF_INET6, buffer, out->bytes) == 1)
		out->size = 16;
	else
		return ERR_INVALID;
	return 0;
}

static bool same_network(const struct address *a, const struct address *b, int bits)
{
	for (int i = 0; i < bits; i++) {
		int bit = 0x80 >> (i % 8);
		if ((a->bytes[i / 8] & bit) != (b->bytes[i / 8] & bit))
			return false;
	}
	return true;
}

static bool compare_addresses(struct str value, struct str wanted)
{
	struct str rest = wanted, host = str_split(&rest, '/');
	struct address a, b;
	int64_t bits;

	if (!value.p || !host.p || read_address(value, &a) < 0 || read_address(host, &b) < 0 || a.size != b.size)
		return false;
	bits = b.size * 8;
	if (rest.p && (str_to_i64(rest, &bits) < 0 || bits < 0 || bits > b.size * 8))
		return false;
	return same_network(&a, &b, (int)bits);
}

bool condition_compare(const struct condition *c, struct str value, struct str wanted)
{
	switch (c->family) {
	case FAMILY_STRING:
	case FAMILY_BINARY:
		return equal_literally(value, wanted, false);
	case FAMILY_STRING_NOCASE:
	case FAMILY_BOOL:
		return equal_literally(value, wanted, true);
	case FAMILY_STRING_LIKE:
		return glob_match(wanted, value, false);
	case FAMILY_ARN:
		return glob_match_arn(wanted, value);
	case FAMILY_NUMERIC:
		return compare_numbers(c->relation, value, wanted);
	case FAMILY_DATE:
		return compare_dates(c->relation, value, wanted);
	case FAMILY_IP:
		return compare_addresses(value, wanted);
	case FAMILY_NULL:
		break;
	}
	return false;
}
