/* SPDX-License-Identifier: Apache-2.0
 *
 * A borrowed piece of text: pointer and length, not NUL-terminated, never freed through this type.
 * `p == NULL` means absent; an empty but present string has `n == 0` and a non-NULL pointer.
 */
#ifndef GLEANER_BASE_STR_H
#define GLEANER_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_NULL ((struct str){ NULL, 0 })
/* For printf: printf(STR_FMT, STR_ARG(s)). */
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct str str_of(const char *p, size_t n)
{
	return (struct str){ p, n };
}

/* NULL gives the absent string. */
static inline struct str str_c(const char *text)
{
	return (struct str){ text, text ? strlen(text) : 0 };
}

static inline bool str_is_set(struct str s)
{
	return s.p != NULL;
}

bool str_eq(struct str a, struct str b); /* bytes; absent equals empty */
bool str_eq_c(struct str a, const char *b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII case only */
int str_cmp(struct str a, struct str b);        /* memcmp order, shorter first on a common prefix */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Offset of the first occurrence at or after `from`, or -1. */
ptrdiff_t str_find(struct str s, struct str needle, size_t from);
ptrdiff_t str_find_char(struct str s, char c, size_t from);

/* The part from `from` (clamped) with at most `n` bytes. */
struct str str_sub(struct str s, size_t from, size_t n);
struct str str_from(struct str s, size_t from);
struct str str_trim(struct str s); /* ASCII blanks at both ends */

/* Cuts `rest` at the first `separator`: returns what is before, leaves what is after; absent when `rest` is
 * absent. After the last piece `rest` is absent. */
struct str str_split(struct str *rest, char separator);

/* Whole-string decimal integers; ERR_INVALID for anything else, overflow included. */
int str_to_i64(struct str s, int64_t *out) MUST_CHECK;
int str_to_u64(struct str s, uint64_t *out) MUST_CHECK;
int str_to_double(struct str s, double *out) MUST_CHECK; /* JSON number grammar, locale-free */

/* True when the bytes are well-formed UTF-8 (RFC 3629). */
bool str_is_utf8(struct str s);
/* Length of the well-formed sequence that the text begins with; 0 when there is none. */
size_t str_utf8_first(struct str s);
/* Number of Unicode code points; the bytes must be UTF-8. */
size_t str_utf8_length(struct str s);

/* Compares without leaking where the difference lies (signatures, tokens). */
bool str_eq_constant_time(struct str a, struct str b);

#endif
