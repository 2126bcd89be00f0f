/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts from the S3 API reference: "Example calculations (chunked upload)" and "… including trailing headers".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "aws/chunked.h"
#include "base/buf.h"

#define SIGNED "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
#define SIGNED_TRAILER "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
#define UNSIGNED_TRAILER "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

static const struct sigv4_claim example = {
	.access_key = { "AKIAIOSFODNN7EXAMPLE", 20 },
	.date = { "20130524", 8 },
	.region = { "us-east-1", 9 },
	.service = { "s3", 2 },
	.at_ms = 1369353600000,
};

static void example_key(uint8_t key[SHA256_SIZE])
{
	static const char secret[] = "AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
	uint8_t step[SHA256_SIZE];

	hmac_sha256(secret, sizeof(secret) - 1, "20130524", 8, key);
	hmac_sha256(key, SHA256_SIZE, "us-east-1", 9, step);
	hmac_sha256(step, SHA256_SIZE, "s3", 2, key);
	hmac_sha256(key, SHA256_SIZE, "aws4_request", 12, step);
	memcpy(key, step, SHA256_SIZE);
}

static int collect(void *argument, const void *bytes, size_t n, struct error *err)
{
	(void)err;
	buf_add(argument, bytes, n);
	return 0;
}

struct outcome {
	int rc;
	struct error err;
	struct buf body;
	struct str checksum; /* in the arena */
};

/* Feeds `raw` in pieces of `cut` bytes. */
static void decode(struct arena *a, const char *kind, const char *seed, struct str raw, size_t cut, struct outcome *o)
{
	struct sigv4_claim claim = example;
	struct chunked_reader *r = NULL;
	uint8_t key[SHA256_SIZE];

	memset(o, 0, sizeof(*o));
	buf_init(&o->body, 1 << 20);
	claim.signature = str_c(seed);
	example_key(key);
	o->rc = chunked_new(&r, a, str_c(kind), &claim, key, &o->err);
	for (size_t at = 0; o->rc == 0 && at < raw.n; at += cut) {
		struct str piece = str_sub(raw, at, cut);
		o->rc = chunked_feed(r, piece.p, piece.n, collect, &o->body, &o->err);
	}
	if (o->rc == 0)
		o->rc = chunked_finish(r, &o->err);
	if (o->rc == 0)
		o->checksum = chunked_trailer(r, STR("X-Amz-Checksum-Crc32c"));
}

static void add_as(struct buf *b, size_t n)
{
	char *to = buf_reserve(b, n);
	assert_non_null(to);
	memset(to, 'a', n);
	b->n += n;
}

static void signed_example(struct buf *b)
{
	buf_init(b, 1 << 20);
	buf_add_c(b, "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n");
	add_as(b, 65536);
	buf_add_c(b, "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n");
	add_as(b, 1024);
	buf_add_c(b, "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n");
}

static const char signed_seed[] = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";

static void trailer_example(struct buf *b)
{
	buf_init(b, 1 << 20);
	buf_add_c(b, "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n");
	add_as(b, 65536);
	buf_add_c(b, "\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n");
	add_as(b, 1024);
	buf_add_c(b, "\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n");
	buf_add_c(b, "x-amz-checksum-crc32c:sOO8/Q==\r\n");
	buf_add_c(b, "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n");
}

static const char trailer_seed[] = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";

static void test_examples_at_any_cut(void **state)
{
	static const size_t cuts[] = { 1, 2, 7, 64, 4096, 65536, 1 << 20 };
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cuts) / sizeof(cuts[0]); i++) {
		bool trailer = i % 2;
		struct arena a;
		struct buf raw;
		struct outcome o;
		arena_init(&a, 1 << 20);
		if (trailer)
			trailer_example(&raw);
		else
			signed_example(&raw);
		decode(&a, trailer ? SIGNED_TRAILER : SIGNED, trailer ? trailer_seed : signed_seed, buf_str(&raw), cuts[i / 2],
		       &o);
		if (o.rc)
			fail_msg("cut %zu: %s %s", cuts[i / 2], o.err.name, o.err.message);
		assert_int_equal(o.body.n, 66560);
		assert_true(str_eq_c(o.checksum, trailer ? "sOO8/Q==" : ""));
		buf_release(&o.body);
		buf_release(&raw);
		arena_release(&a);
	}
}

/* One byte changed anywhere but in line ends makes the upload invalid. */
static void test_tampering(void **state)
{
	static const size_t places[] = { 2, 30, 100, 40000, 65650, 66000, 66800, 66850, 66900 };
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct arena a;
		struct buf raw;
		struct outcome o;
		arena_init(&a, 1 << 20);
		trailer_example(&raw);
		assert_true(places[i] < raw.n);
		raw.p[places[i]] ^= 1;
		decode(&a, SIGNED_TRAILER, trailer_seed, buf_str(&raw), 1000, &o);
		if (o.rc == 0)
			fail_msg("a change at %zu went unseen", places[i]);
		buf_release(&o.body);
		buf_release(&raw);
		arena_release(&a);
	}
}

static void test_wrong_seed(void **state)
{
	struct arena a;
	struct buf raw;
	struct outcome o;
	(void)state;
	arena_init(&a, 1 << 20);
	signed_example(&raw);
	decode(&a, SIGNED, trailer_seed, buf_str(&raw), 4096, &o);
	assert_int_equal(o.rc, ERR_SERVICE);
	assert_string_equal(o.err.name, "SignatureDoesNotMatch");
	buf_release(&o.body);
	buf_release(&raw);
	arena_release(&a);
}

/* Cut short anywhere, it is incomplete, never accepted; only the last line end may be missing. */
static void test_truncation(void **state)
{
	(void)state;
	for (size_t missing = 3; missing < 67000; missing += missing < 300 ? 1 : 977) {
		struct arena a;
		struct buf raw;
		struct outcome o;
		arena_init(&a, 1 << 20);
		trailer_example(&raw);
		decode(&a, SIGNED_TRAILER, trailer_seed, str_sub(buf_str(&raw), 0, raw.n - missing), 4096, &o);
		if (o.rc == 0 || strcmp(o.err.name, "IncompleteBody") != 0)
			fail_msg("%zu bytes missing: %d %s", missing, o.rc, o.err.name);
		buf_release(&o.body);
		buf_release(&raw);
		arena_release(&a);
	}
}

static void test_unsigned(void **state)
{
	static const struct {
		const char *raw, *body, *checksum, *error;
	} cases[] = {
		{ "5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:AAAAAA==\r\n\r\n", "hello", "AAAAAA==", "" },
		{ "5\nhello\n0\nx-amz-checksum-crc32c: AAAAAA== \n\n", "hello", "AAAAAA==", "" },
		{ "0\r\n\r\n", "", "", "" },
		{ "", NULL, NULL, "IncompleteBody" },
		{ "5\r\nhello\r\n", NULL, NULL, "IncompleteBody" },
		{ "5\r\nhel", NULL, NULL, "IncompleteBody" },
		{ "5\r\nhelloo\r\n0\r\n\r\n", NULL, NULL, "InvalidRequest" },
		{ "5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n", NULL, NULL, "InvalidChunkSizeError" },
		{ "z\r\nhello\r\n0\r\n\r\n", NULL, NULL, "InvalidRequest" },
		{ "-1\r\nhello\r\n0\r\n\r\n", NULL, NULL, "InvalidRequest" },
		{ "ffffffffffffffff\r\n", NULL, NULL, "InvalidRequest" },
		{ "fffffffffff\r\n", NULL, NULL, "InvalidRequest" },
		{ "0\r\nno colon\r\n\r\n", NULL, NULL, "MalformedTrailerError" },
		{ "0\r\n:value\r\n\r\n", NULL, NULL, "MalformedTrailerError" },
		{ "0\r\nx-amz-trailer-signature:aa\r\n\r\n", NULL, NULL, "MalformedTrailerError" },
		{ "0\r\n\r\nmore", NULL, NULL, "InvalidRequest" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t cut = 1; cut < 9; cut += 7) {
			struct arena a;
			struct outcome o;
			arena_init(&a, 1 << 20);
			decode(&a, UNSIGNED_TRAILER, "", str_c(cases[i].raw), cut, &o);
			if (strcmp(o.err.name, cases[i].error) != 0 || (o.rc == 0) != (cases[i].body != NULL))
				fail_msg("case %zu: %d %s", i, o.rc, o.err.name);
			if (o.rc == 0) {
				assert_string_equal(buf_c(&o.body), cases[i].body);
				assert_true(str_eq_c(o.checksum, cases[i].checksum));
			}
			buf_release(&o.body);
			arena_release(&a);
		}
	}
}

static void test_line_limit(void **state)
{
	struct arena a;
	struct buf raw;
	struct outcome o;
	(void)state;
	arena_init(&a, 1 << 20);
	buf_init(&raw, 1 << 20);
	buf_add_c(&raw, "0\r\nx:");
	add_as(&raw, 1024 - 2);
	buf_add_c(&raw, "\n\n");
	decode(&a, UNSIGNED_TRAILER, "", buf_str(&raw), 100, &o);
	assert_int_equal(o.rc, 0);
	buf_release(&o.body);
	buf_reset(&raw);
	buf_add_c(&raw, "0\r\nx:");
	add_as(&raw, 1024 - 1);
	buf_add_c(&raw, "\n\n");
	decode(&a, UNSIGNED_TRAILER, "", buf_str(&raw), 100, &o);
	assert_int_equal(o.rc, ERR_SERVICE);
	buf_release(&o.body);
	buf_release(&raw);
	arena_release(&a);
}

static void test_unknown_kind(void **state)
{
	struct arena a;
	struct outcome o;
	(void)state;
	arena_init(&a, 1 << 20);
	decode(&a, "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "", STR(""), 1, &o);
	assert_string_equal(o.err.name, "InvalidArgument");
	buf_release(&o.body);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples_at_any_cut), cmocka_unit_test(test_tampering), cmocka_unit_test(test_wrong_seed),
		cmocka_unit_test(test_truncation),          cmocka_unit_test(test_unsigned),  cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_unknown_kind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
