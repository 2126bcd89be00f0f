/* SPDX-License-Identifier: Apache-2.0
 *
 * The parser of DNS answers, asked as the message itself would have it: its own id, type and name, so that mutations get past
 * those checks.
 */
#include <stdlib.h>

#include "http/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { QUESTION = 12 };

/* The question's name as text; names with pointers are left to the parser. */
static struct str question_name(const uint8_t *bytes, size_t n, char out[256])
{
	size_t at = QUESTION, length = 0;

	while (at < n && bytes[at] > 0 && bytes[at] < 64 && at + bytes[at] < n && length + bytes[at] + 1 < 255) {
		if (length > 0)
			out[length++] = '.';
		memcpy(out + length, bytes + at + 1, bytes[at]);
		length += bytes[at];
		at += bytes[at] + 1u;
	}
	return str_of(out, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char text[256];
	struct str name = question_name(bytes, n, text);
	uint16_t id = n >= 2 ? (uint16_t)(bytes[0] << 8 | bytes[1]) : 0;
	uint8_t query[DNS_QUERY_MAX];
	struct dns_answer answer;
	size_t query_n = 0;

	for (int i = 0; i < 2; i++) {
		int type = i == 0 ? DNS_A : DNS_AAAA;

		if (dns_parse_answer(bytes, n, id, name, type, &answer) == 0 && answer.count > DNS_ADDRESSES_MAX)
			abort();
		if (dns_write_query(id, name, type, query, &query_n) == 0 && query_n > DNS_QUERY_MAX)
			abort();
	}
	return 0;
}
