/* SPDX-License-Identifier: Apache-2.0
 *
 * What server and client share of HTTP: a header field, and the names of statuses.
 */
#ifndef GLEANER_HTTP_MESSAGE_H
#define GLEANER_HTTP_MESSAGE_H

#include "base/str.h"

struct http_header {
	struct str name, value; /* names as sent; compare with str_eq_nocase */
};

/* First field of that name; absent when none. */
struct str http_headers_get(const struct http_header *headers, size_t count, struct str name);

const char *http_reason(int status); /* "Not Found"; "Unknown" for others */

#endif
