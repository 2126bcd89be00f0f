/* SPDX-License-Identifier: Apache-2.0
 *
 * Instants as milliseconds since 1970-01-01T00:00:00Z and their text forms, without the C library's time zones. *Pure.*
 */
#ifndef GLEANER_FORMAT_DATE_H
#define GLEANER_FORMAT_DATE_H

#include "base/str.h"

enum { DATE_TEXT_MAX = 40 };

/* Each writes a NUL-terminated text into `out` and returns it as a str that points there. */
struct str date_iso(char out[DATE_TEXT_MAX], int64_t ms);    /* 2026-11-22T09:30:00Z, RFC 3339 */
struct str date_iso_ms(char out[DATE_TEXT_MAX], int64_t ms); /* 2026-11-22T09:30:00.123Z */
struct str date_amz(char out[DATE_TEXT_MAX], int64_t ms);    /* 20261122T093000Z, SigV4 */
struct str date_http(char out[DATE_TEXT_MAX], int64_t ms);   /* Sun, 22 Nov 2026 09:30:00 GMT, RFC 9110 */
struct str date_epoch(char out[DATE_TEXT_MAX], int64_t ms);  /* 1790000000 or 1790000000.123 */

/* RFC 3339 with optional fraction and offset (Z or ±hh:mm). ERR_INVALID. */
int date_parse_iso(struct str text, int64_t *ms) MUST_CHECK;
int date_parse_amz(struct str text, int64_t *ms) MUST_CHECK;
int date_parse_http(struct str text, int64_t *ms) MUST_CHECK; /* IMF-fixdate, RFC 850 and asctime */

struct date_parts {
	int year, month, day, hour, minute, second, millisecond; /* month and day from 1, UTC */
	int weekday;                                             /* 0 = Sunday */
};

void date_split(int64_t ms, struct date_parts *out);
int64_t date_join(const struct date_parts *parts); /* weekday is ignored */

#endif
