/* SPDX-License-Identifier: Apache-2.0
 *
 * aws-chunked bodies of each kind, cut in two places: how the bytes were cut must not change the outcome.
 */
#include <stdlib.h>

#include "aws/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count(void *argument, const void *bytes, size_t n, struct error *err)
{
	(void)bytes;
	(void)err;
	*(size_t *)argument += n;
	return 0;
}

static int decode(struct str kind, const uint8_t *data, size_t size, size_t cut, size_t *body)
{
	static const struct sigv4_claim claim = {
		.date = { "20130524", 8 },
		.region = { "us-east-1", 9 },
		.service = { "s3", 2 },
		.signature = { "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", 64 },
		.at_ms = 1369353600000,
	};
	uint8_t key[SHA256_SIZE] = { 0 };
	struct chunked_reader *r = NULL;
	struct arena a;

	*body = 0;
	arena_init(&a, 1 << 20);
	int rc = chunked_new(&r, &a, kind, &claim, key, NULL);
	if (rc == 0)
		rc = chunked_feed(r, data, cut, count, body, NULL);
	if (rc == 0)
		rc = chunked_feed(r, data + cut, size - cut, count, body, NULL);
	if (rc == 0)
		rc = chunked_finish(r, NULL);
	if (rc == 0)
		(void)chunked_trailer(r, STR("x-amz-checksum-crc32"));
	arena_release(&a);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str kinds[] = {
		{ "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", 34 },
		{ "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", 42 },
		{ "STREAMING-UNSIGNED-PAYLOAD-TRAILER", 34 },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t whole, halves;
		int rc = decode(kinds[i], data, size, size, &whole);
		if (rc != decode(kinds[i], data, size, size / 2, &halves) || (rc == 0 && whole != halves))
			abort();
	}
	return 0;
}
