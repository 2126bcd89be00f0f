/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_c(struct str a, const char *b)
{
	return str_eq(a, str_c(b));
}

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	if (order)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

ptrdiff_t str_find(struct str s, struct str needle, size_t from)
{
	if (from > s.n || s.n - from < needle.n)
		return -1;
	if (needle.n == 0)
		return (ptrdiff_t)from;
	const char *at = memmem(s.p + from, s.n - from, needle.p, needle.n);
	return at ? at - s.p : -1;
}

ptrdiff_t str_find_char(struct str s, char c, size_t from)
{
	if (from >= s.n)
		return -1;
	const char *at = memchr(s.p + from, c, s.n - from);
	return at ? at - s.p : -1;
}

struct str str_sub(struct str s, size_t from, size_t n)
{
	if (from > s.n)
		from = s.n;
	if (n > s.n - from)
		n = s.n - from;
	return str_of(s.p ? s.p + from : NULL, n);
}

struct str str_from(struct str s, size_t from)
{
	return str_sub(s, from, s.n);
}

static bool ascii_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.n && ascii_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && ascii_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_split(struct str *rest, char separator)
{
	struct str all = *rest;

	if (!all.p)
		return STR_NULL;
	ptrdiff_t at = str_find_char(all, separator, 0);
	if (at < 0) {
		*rest = STR_NULL;
		return all;
	}
	*rest = str_from(all, (size_t)at + 1);
	return str_sub(all, 0, (size_t)at);
}

int str_to_u64(struct str s, uint64_t *out)
{
	uint64_t value = 0;

	if (s.n == 0)
		return ERR_INVALID;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');
		if (digit > 9 || __builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, digit, &value))
			return ERR_INVALID;
	}
	*out = value;
	return 0;
}

int str_to_i64(struct str s, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t magnitude;

	if (str_to_u64(str_from(s, negative ? 1 : 0), &magnitude))
		return ERR_INVALID;
	if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return ERR_INVALID;
	*out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return 0;
}

static size_t scan_digits(struct str s, size_t i)
{
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? (RFC 8259 §6) */
static bool is_number(struct str s)
{
	size_t i = s.n > 0 && s.p[0] == '-';
	size_t start = i;

	i = scan_digits(s, i);
	if (i == start || (s.p[start] == '0' && i > start + 1))
		return false;
	if (i < s.n && s.p[i] == '.') {
		start = ++i;
		if ((i = scan_digits(s, i)) == start)
			return false;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		start = i;
		if ((i = scan_digits(s, i)) == start)
			return false;
	}
	return i == s.n;
}

int str_to_double(struct str s, double *out)
{
	char text[64];
	char *copy = text;

	if (!is_number(s))
		return ERR_INVALID;
	if (s.n >= sizeof(text) && !(copy = malloc(s.n + 1)))
		return ERR_NO_MEMORY;
	memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	/* The process never calls setlocale, so the C locale's point applies. */
	*out = strtod(copy, NULL);
	if (copy != text)
		free(copy);
	return 0;
}

/* Length of the well-formed sequence at p (of n bytes), 0 when there is none; Table 3-7 of the Unicode standard. */
static size_t utf8_sequence(const unsigned char *p, size_t n)
{
	if (p[0] < 0x80)
		return 1;
	size_t length = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
	if (p[0] < 0xC2 || p[0] > 0xF4 || n < length)
		return 0;
	unsigned char low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
	unsigned char high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return length;
}

size_t str_utf8_first(struct str s)
{
	return s.n > 0 ? utf8_sequence((const unsigned char *)s.p, s.n) : 0;
}

bool str_is_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	for (size_t i = 0; i < s.n;) {
		size_t length = utf8_sequence(p + i, s.n - i);
		if (!length)
			return false;
		i += length;
	}
	return true;
}

size_t str_utf8_length(struct str s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.n; i++)
		count += ((unsigned char)s.p[i] & 0xC0) != 0x80;
	return count;
}

bool str_eq_constant_time(struct str a, struct str b)
{
	unsigned char difference = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		difference |= (unsigned char)(a.p[i] ^ b.p[i]);
	return difference == 0;
}
