/* SPDX-License-Identifier: Apache-2.0
 *
 * DNS messages (RFC 1035): a question out, addresses in. *Pure:* bytes only. The parser trusts nothing: any cut or forged
 * message is refused, and names cannot loop (each compression pointer must point before the last).
 */
#ifndef GLEANER_HTTP_DNS_H
#define GLEANER_HTTP_DNS_H

#include "base/str.h"

enum {
	DNS_A = 1,
	DNS_AAAA = 28,
	DNS_QUERY_MAX = 512,
	DNS_ADDRESSES_MAX = 16, /* further ones are left out */
};

enum { DNS_RCODE_OK = 0, DNS_RCODE_NO_SUCH_NAME = 3 };

struct dns_answer {
	bool truncated; /* ask again over TCP */
	int rcode;
	size_t count;
	uint8_t addresses[DNS_ADDRESSES_MAX][16]; /* 4 bytes used of each for DNS_A */
};

/* One question for `name` (letters, digits, '-', '_', dots; a last dot is allowed). ERR_INVALID for anything else. */
int dns_write_query(uint16_t id, struct str name, int type, uint8_t out[DNS_QUERY_MAX], size_t *n) MUST_CHECK;

/* The answer to that question, aliases (CNAME) followed inside the message. ERR_CORRUPT when the message is damaged or is not
 * the answer to this question: wait for another. */
int dns_parse_answer(const uint8_t *bytes, size_t n, uint16_t id, struct str name, int type, struct dns_answer *out) MUST_CHECK;

#endif
