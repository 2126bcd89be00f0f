/* SPDX-License-Identifier: Apache-2.0
 *
 * URIs as AWS signs and reads them (RFC 3986; unreserved A-Z a-z 0-9 - . _ ~). *Pure.*
 */
#ifndef GLEANER_FORMAT_URI_H
#define GLEANER_FORMAT_URI_H

#include "base/arena.h"
#include "base/buf.h"

/* Percent-encodes everything but unreserved characters; '/' stays when keep_slash. Upper-case hex. */
void uri_encode(struct buf *out, struct str text, bool keep_slash);
struct str uri_encode_str(struct arena *a, struct str text, bool keep_slash);
/* ERR_INVALID on a broken %-sequence. plus_is_space for application/x-www-form-urlencoded. Without escapes the input
 * itself is returned. */
int uri_decode(struct arena *a, struct str text, bool plus_is_space, struct str *out) MUST_CHECK;

struct uri_pair {
	struct str name, value; /* decoded; `value` is absent for "?name" without '=' */
	struct str raw_name, raw_value;
};

struct uri_query {
	struct uri_pair *pairs;
	size_t count;
};

/* Splits "a=1&b=2" (no '?'). ERR_INVALID, ERR_LIMIT past 1,000 pairs, ERR_NO_MEMORY. */
int uri_query_parse(struct arena *a, struct str text, bool plus_is_space, struct uri_query *out) MUST_CHECK;
/* First value of that name; absent when there is none, empty but present for "?name". */
struct str uri_query_get(const struct uri_query *q, struct str name);
bool uri_query_has(const struct uri_query *q, struct str name);

struct uri {
	struct str scheme, host, path, query; /* raw; path at least "/" ; query without '?', absent when none */
	uint16_t port;                        /* the scheme's default where none is given */
};

/* http and https only. ERR_INVALID. */
int uri_parse(struct str text, struct uri *out, struct error *err) MUST_CHECK;

#endif
