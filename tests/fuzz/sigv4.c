/* SPDX-License-Identifier: Apache-2.0
 *
 * An arriving request: the first line is "METHOD path query", the others are header fields. Nothing is ever accepted, for the
 * secret is not in the corpus.
 */
#include <stdlib.h>

#include "aws/sigv4.h"

enum { HEADERS_MAX = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_of((const char *)data, size), line = str_split(&rest, '\n');
	struct http_header headers[HEADERS_MAX];
	struct sigv4_claim claim;
	struct error err = { 0 };
	uint8_t key[SHA256_SIZE];
	size_t n = 0;
	struct arena a;
	struct str method = str_split(&line, ' '), path = str_split(&line, ' ');
	struct sigv4_request request = { method, path, line, headers, 0, STR("UNSIGNED-PAYLOAD") };

	while (str_is_set(rest) && n < HEADERS_MAX) {
		struct str value = str_split(&rest, '\n'), name = str_split(&value, ':');
		headers[n++] = (struct http_header){ name, str_is_set(value) ? value : STR("") };
	}
	request.header_count = n;
	arena_init(&a, 1 << 24);
	if (sigv4_claim_parse(&a, &request, &claim, &err) == 1)
		for (int single = 0; single < 2; single++)
			if (sigv4_verify(&a, &request, &claim, STR("a secret nobody has"), single, claim.at_ms, key) == SIGV4_OK)
				abort();
	arena_release(&a);
	return 0;
}
