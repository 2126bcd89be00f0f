/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts from AWS: the Signature Version 4 test suite (service "service"), and the worked examples of the S3 API reference.
 * What is signed is then verified, and every way to tamper with it is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "aws/sigv4.h"
#include "base/encode.h"
#include "format/date.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum { HEADERS_MAX = 8 };

struct vector {
	const char *name, *method, *path, *query;
	const char *headers[HEADERS_MAX][2];
	const char *body;
	const char *signature;
};

struct setting {
	struct sigv4_credentials credentials;
	struct str region, service;
	const char *date;
};

static const struct setting suite = {
	{ { "AKIDEXAMPLE", 11 }, { "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 40 }, { NULL, 0 } },
	{ "us-east-1", 9 },
	{ "service", 7 },
	"20150830T123600Z",
};

static const struct setting s3 = {
	{ { "AKIAIOSFODNN7EXAMPLE", 20 }, { "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 40 }, { NULL, 0 } },
	{ "us-east-1", 9 },
	{ "s3", 2 },
	"20130524T000000Z",
};

static const struct vector suite_vectors[] = {
	{ "get-vanilla",
	  "GET",
	  "/",
	  NULL,
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-relative",
	  "GET",
	  "/example/..",
	  NULL,
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-relative-relative",
	  "GET",
	  "/example1/example2/../..",
	  NULL,
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-slash",
	  "GET",
	  "//",
	  NULL,
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-slash-dot-slash",
	  "GET",
	  "/./",
	  NULL,
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-slash-pointless-dot",
	  "GET",
	  "/./example",
	  NULL,
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5" },
	{ "get-slashes",
	  "GET",
	  "//example//",
	  NULL,
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84" },
	{ "get-space",
	  "GET",
	  "/example space/",
	  NULL,
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741" },
	{ "get-unreserved",
	  "GET",
	  "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	  NULL,
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
	{ "get-utf8",
	  "GET",
	  "/\xe1\x88\xb4",
	  NULL,
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85" },
	{ "get-vanilla-query-order-key-case",
	  "GET",
	  "/",
	  "Param2=value2&Param1=value1",
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
	{ "get-vanilla-query-unreserved",
	  "GET",
	  "/",
	  "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
	  "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197" },
	{ "get-vanilla-utf8-query",
	  "GET",
	  "/",
	  "\xe1\x88\xb4=bar",
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04" },
	{ "get-header-key-duplicate",
	  "GET",
	  "/",
	  NULL,
	  { { "Host", "example.amazonaws.com" },
	    { "My-Header1", "value2" },
	    { "My-Header1", "value2" },
	    { "My-Header1", "value1" } },
	  "",
	  "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea" },
	{ "get-header-value-trim",
	  "GET",
	  "/",
	  NULL,
	  { { "Host", "example.amazonaws.com" }, { "My-Header1", " value1" }, { "My-Header2", " \"a   b   c\"" } },
	  "",
	  "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736" },
	{ "post-vanilla",
	  "POST",
	  "/",
	  NULL,
	  { { "Host", "example.amazonaws.com" } },
	  "",
	  "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
	{ "post-x-www-form-urlencoded",
	  "POST",
	  "/",
	  NULL,
	  { { "Content-Type", "application/x-www-form-urlencoded" }, { "Host", "example.amazonaws.com" } },
	  "Param1=value1",
	  "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a" },
};

/* "Examples: Signature calculations in AWS Signature Version 4", Amazon S3 API Reference. */
static const struct vector s3_vectors[] = {
	{ "GET object",
	  "GET",
	  "/test.txt",
	  NULL,
	  { { "Host", "examplebucket.s3.amazonaws.com" }, { "Range", "bytes=0-9" } },
	  "",
	  "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
	{ "PUT object",
	  "PUT",
	  "/test%24file.text",
	  NULL,
	  { { "Date", "Fri, 24 May 2013 00:00:00 GMT" },
	    { "Host", "examplebucket.s3.amazonaws.com" },
	    { "x-amz-storage-class", "REDUCED_REDUNDANCY" } },
	  "Welcome to Amazon S3.",
	  "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd" },
	{ "GET bucket lifecycle",
	  "GET",
	  "/",
	  "lifecycle",
	  { { "Host", "examplebucket.s3.amazonaws.com" } },
	  "",
	  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
	{ "GET bucket (list objects)",
	  "GET",
	  "/",
	  "max-keys=2&prefix=J",
	  { { "Host", "examplebucket.s3.amazonaws.com" } },
	  "",
	  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
};

/* A request with what signing adds; its memory is the arena's. */
struct sent {
	struct sigv4_request request;
	struct http_header headers[HEADERS_MAX + 4];
	int64_t at_ms;
};

static void request_of(struct arena *a, const struct vector *v, struct sent *s)
{
	uint8_t digest[SHA256_SIZE];

	memset(s, 0, sizeof(*s));
	s->request.method = str_c(v->method);
	s->request.path = str_c(v->path);
	s->request.query = str_c(v->query);
	s->request.headers = s->headers;
	for (size_t i = 0; i < HEADERS_MAX && v->headers[i][0]; i++)
		s->headers[s->request.header_count++] = (struct http_header){ str_c(v->headers[i][0]), str_c(v->headers[i][1]) };
	sha256(v->body, strlen(v->body), digest);
	s->request.payload_hash = hex_str(a, digest, sizeof(digest));
}

static struct str sign(struct arena *a, const struct vector *v, const struct setting *with, struct sigv4_key_cache *cache,
		       struct sent *s)
{
	size_t added = 0;
	struct error err = { 0 };

	request_of(a, v, s);
	assert_int_equal(date_parse_amz(str_c(with->date), &s->at_ms), 0);
	int rc = sigv4_sign(a, &s->request, &with->credentials, with->region, with->service, s->at_ms, cache,
			    s->headers + s->request.header_count, &added, &err);
	if (rc)
		fail_msg("%s: %s", v->name, err.message);
	s->request.header_count += added;
	return http_headers_get(s->headers, s->request.header_count, STR("authorization"));
}

static void check_vectors(const struct vector *vectors, size_t count, const struct setting *with)
{
	struct sigv4_key_cache cache = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct arena a;
		struct sent s;
		arena_init(&a, 1 << 20);
		struct str value = sign(&a, &vectors[i], with, &cache, &s);
		if (!str_ends(value, str_c(vectors[i].signature)))
			fail_msg("%s: " STR_FMT, vectors[i].name, STR_ARG(value));
		arena_release(&a);
	}
}

static void test_suite(void **state)
{
	(void)state;
	check_vectors(suite_vectors, sizeof(suite_vectors) / sizeof(suite_vectors[0]), &suite);
}

static void test_s3_examples(void **state)
{
	(void)state;
	check_vectors(s3_vectors, sizeof(s3_vectors) / sizeof(s3_vectors[0]), &s3);
}

static void test_session_token(void **state)
{
	static const struct vector v = { "post-sts-header-before",
					 "POST",
					 "/",
					 NULL,
					 { { "Host", "example.amazonaws.com" } },
					 "",
					 "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead" };
	struct setting with = suite;
	(void)state;
	with.credentials.session_token =
		STR("AQoDYXdzEPT//////////"
		    "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/"
		    "qkPpKPi/"
		    "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+"
		    "xo0rKwT38xVqr7ZD0u0"
		    "iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==");
	check_vectors(&v, 1, &with);
}

static const struct vector presigned = { "presigned GET",
					 "GET",
					 "/test.txt",
					 NULL,
					 { { "Host", "examplebucket.s3.amazonaws.com" } },
					 "",
					 "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404" };

static struct str presign(struct arena *a, struct sent *s, struct str own_query, int expires_s)
{
	struct str query = STR_NULL;

	request_of(a, &presigned, s);
	s->request.query = own_query;
	s->request.payload_hash = STR(SIGV4_UNSIGNED_PAYLOAD);
	assert_int_equal(date_parse_amz(str_c(s3.date), &s->at_ms), 0);
	assert_int_equal(sigv4_presign(a, &s->request, &s3.credentials, s3.region, s3.service, s->at_ms, expires_s, &query, NULL),
			 0);
	s->request.query = query;
	return query;
}

static void test_presign(void **state)
{
	struct arena a;
	struct sent s;
	(void)state;
	arena_init(&a, 1 << 20);
	struct str query = presign(&a, &s, STR_NULL, 86400);
	assert_true(str_eq_c(
		query,
		"X-Amz-Algorithm=AWS4-HMAC-SHA256"
		"&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z"
		"&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
		"&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"));
	struct error err = { 0 };
	request_of(&a, &presigned, &s);
	assert_int_equal(
		sigv4_presign(&a, &s.request, &s3.credentials, s3.region, s3.service, 0, SIGV4_PRESIGN_MAX_S + 1, &query, &err),
		ERR_INVALID);
	assert_int_equal(sigv4_presign(&a, &s.request, &s3.credentials, s3.region, s3.service, 0, 0, &query, &err), ERR_INVALID);
	arena_release(&a);
}

static enum sigv4_verdict verdict_of(struct arena *a, const struct sent *s, const struct setting *with, int64_t now_ms)
{
	struct sigv4_claim claim;
	struct error err = { 0 };
	uint8_t key[SHA256_SIZE];

	int rc = sigv4_claim_parse(a, &s->request, &claim, &err);
	if (rc != 1)
		fail_msg("no claim: %d %s %s", rc, err.name, err.message);
	return sigv4_verify(a, &s->request, &claim, with->credentials.secret_key, str_eq(with->service, STR("s3")), now_ms, key);
}

static void test_verify_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(suite_vectors) / sizeof(suite_vectors[0]); i++) {
		struct arena a;
		struct sent s;
		arena_init(&a, 1 << 20);
		sign(&a, &suite_vectors[i], &suite, NULL, &s);
		if (verdict_of(&a, &s, &suite, s.at_ms) != SIGV4_OK)
			fail_msg("%s", suite_vectors[i].name);
		arena_release(&a);
	}
}

/* How each tampering changes a signed request, and what is then said. */
typedef void (*tamper_fn)(struct sent *s);
static void other_method(struct sent *s)
{
	s->request.method = STR("DELETE");
}
static void other_path(struct sent *s)
{
	s->request.path = STR("/test.txu");
}
static void more_query(struct sent *s)
{
	s->request.query = STR("versionId=1");
}
static void other_host(struct sent *s)
{
	s->headers[0].value = STR("other.s3.amazonaws.com");
}
static void other_body(struct sent *s)
{
	s->request.payload_hash = STR(EMPTY_SHA256 "x");
}
static void other_range(struct sent *s)
{
	s->headers[1].value = STR("bytes=0-99");
}
static void new_amz_header(struct sent *s)
{
	s->headers[s->request.header_count++] = (struct http_header){ STR("x-amz-acl"), STR("public-read") };
}
static void new_plain_header(struct sent *s)
{
	s->headers[s->request.header_count++] = (struct http_header){ STR("X-Forwarded-For"), STR("127.0.0.1") };
}
static void last_digit(struct sent *s)
{
	struct http_header *h = &s->headers[s->request.header_count - 1];
	((char *)(uintptr_t)h->value.p)[h->value.n - 1] ^= 1;
}
static void spaces_only(struct sent *s)
{
	s->headers[1].value = STR("  bytes=0-9 ");
}

static void test_tampering(void **state)
{
	static const struct {
		const char *name;
		tamper_fn tamper;
		enum sigv4_verdict want;
	} cases[] = {
		{ "method", other_method, SIGV4_MISMATCH },
		{ "path", other_path, SIGV4_MISMATCH },
		{ "query", more_query, SIGV4_MISMATCH },
		{ "host", other_host, SIGV4_MISMATCH },
		{ "body", other_body, SIGV4_MISMATCH },
		{ "signed header", other_range, SIGV4_MISMATCH },
		{ "unsigned x-amz header", new_amz_header, SIGV4_HEADER_UNSIGNED },
		{ "signature", last_digit, SIGV4_MISMATCH },
		{ "unsigned plain header", new_plain_header, SIGV4_OK },
		{ "blanks around a value", spaces_only, SIGV4_OK },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a;
		struct sent s;
		arena_init(&a, 1 << 20);
		sign(&a, &s3_vectors[0], &s3, NULL, &s);
		cases[i].tamper(&s);
		enum sigv4_verdict got = verdict_of(&a, &s, &s3, s.at_ms);
		if (got != cases[i].want)
			fail_msg("%s: verdict %d, want %d", cases[i].name, got, cases[i].want);
		arena_release(&a);
	}
}

static void test_foreign_secret(void **state)
{
	struct setting other = s3;
	struct arena a;
	struct sent s;
	(void)state;
	other.credentials.secret_key = STR("another-secret");
	arena_init(&a, 1 << 20);
	sign(&a, &s3_vectors[0], &s3, NULL, &s);
	assert_int_equal(verdict_of(&a, &s, &other, s.at_ms), SIGV4_MISMATCH);
	arena_release(&a);
}

static void test_times(void **state)
{
	static const struct {
		bool presigned;
		int64_t offset_ms;
		enum sigv4_verdict want;
	} cases[] = {
		{ false, SIGV4_SKEW_MS, SIGV4_OK },  { false, SIGV4_SKEW_MS + 1, SIGV4_SKEWED },
		{ false, -SIGV4_SKEW_MS, SIGV4_OK }, { false, -SIGV4_SKEW_MS - 1, SIGV4_SKEWED },
		{ true, 900000, SIGV4_OK },          { true, 900001, SIGV4_EXPIRED },
		{ true, -SIGV4_SKEW_MS, SIGV4_OK },  { true, -SIGV4_SKEW_MS - 1, SIGV4_NOT_YET },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a;
		struct sent s;
		arena_init(&a, 1 << 20);
		if (cases[i].presigned)
			presign(&a, &s, STR_NULL, 900);
		else
			sign(&a, &s3_vectors[0], &s3, NULL, &s);
		enum sigv4_verdict got = verdict_of(&a, &s, &s3, s.at_ms + cases[i].offset_ms);
		if (got != cases[i].want)
			fail_msg("case %zu: verdict %d, want %d", i, got, cases[i].want);
		arena_release(&a);
	}
}

static void test_presigned_tampering(void **state)
{
	struct arena a;
	struct sent s;
	(void)state;
	arena_init(&a, 1 << 20);
	struct str query = presign(&a, &s, STR("response-content-type=text%2Fplain&x=a%20b"), 900);
	assert_int_equal(verdict_of(&a, &s, &s3, s.at_ms), SIGV4_OK);
	s.request.query = arena_printf(&a, STR_FMT "&versionId=1", STR_ARG(query));
	assert_int_equal(verdict_of(&a, &s, &s3, s.at_ms), SIGV4_MISMATCH);
	ptrdiff_t at = str_find(query, STR("X-Amz-Expires=900"), 0);
	assert_true(at > 0);
	s.request.query = arena_printf(&a, "%.*sX-Amz-Expires=9000" STR_FMT, (int)at, query.p,
				       STR_ARG(str_from(query, (size_t)at + sizeof("X-Amz-Expires=900") - 1)));
	assert_int_equal(verdict_of(&a, &s, &s3, s.at_ms), SIGV4_MISMATCH);
	s.request.query = query;
	s.request.method = STR("PUT");
	assert_int_equal(verdict_of(&a, &s, &s3, s.at_ms), SIGV4_MISMATCH);
	arena_release(&a);
}

static void test_scope_of_another_day(void **state)
{
	struct arena a;
	struct sent s;
	struct sigv4_claim claim;
	uint8_t key[SHA256_SIZE];
	(void)state;
	arena_init(&a, 1 << 20);
	sign(&a, &s3_vectors[0], &s3, NULL, &s);
	assert_int_equal(sigv4_claim_parse(&a, &s.request, &claim, NULL), 1);
	claim.date = STR("20130523");
	assert_int_equal(sigv4_verify(&a, &s.request, &claim, s3.credentials.secret_key, true, s.at_ms, key), SIGV4_SCOPE);
	arena_release(&a);
}

#define GOOD_CREDENTIAL "AKID/20130524/us-east-1/s3/aws4_request"
#define GOOD_REST ",SignedHeaders=host,Signature=aa"
#define QUERY_REST "&X-Amz-Date=20130524T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=aa"

static void test_claims(void **state)
{
	static const struct {
		const char *authorization, *query;
		int want;
		const char *name;
	} cases[] = {
		{ NULL, NULL, 0, "" },
		{ "Bearer abc", NULL, 0, "" },
		{ "AWS4-HMAC-SHA256 Credential=" GOOD_CREDENTIAL GOOD_REST, NULL, 1, "" },
		{ "AWS4-HMAC-SHA256 Credential=AKID/20130524/us-east-1/s3" GOOD_REST, NULL, -1, "AuthorizationHeaderMalformed" },
		{ "AWS4-HMAC-SHA256 Credential=" GOOD_CREDENTIAL, NULL, -1, "AuthorizationHeaderMalformed" },
		{ "AWS4-HMAC-SHA256 nonsense", NULL, -1, "AuthorizationHeaderMalformed" },
		{ "AWS4-ECDSA-P256-SHA256 Credential=" GOOD_CREDENTIAL GOOD_REST, NULL, -1, "InvalidArgument" },
		{ "AWS AKID:sig", NULL, -1, "InvalidRequest" },
		{ NULL, "AWSAccessKeyId=a&Signature=b&Expires=1", -1, "InvalidRequest" },
		{ NULL, "X-Amz-Algorithm=AWS4-HMAC-SHA256", -1, "AuthorizationQueryParametersError" },
		{ NULL, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" GOOD_CREDENTIAL "&X-Amz-Expires=60" QUERY_REST, 1,
		  "" },
		{ NULL, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" GOOD_CREDENTIAL "&X-Amz-Expires=604801" QUERY_REST,
		  -1, "AuthorizationQueryParametersError" },
		{ NULL, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" GOOD_CREDENTIAL "&X-Amz-Expires=x" QUERY_REST, -1,
		  "AuthorizationQueryParametersError" },
		{ NULL, "X-Amz-Algorithm=other&X-Amz-Credential=" GOOD_CREDENTIAL "&X-Amz-Expires=60" QUERY_REST, -1,
		  "AuthorizationQueryParametersError" },
		{ "AWS4-HMAC-SHA256 Credential=" GOOD_CREDENTIAL GOOD_REST, "X-Amz-Algorithm=AWS4-HMAC-SHA256", -1,
		  "InvalidArgument" },
		{ NULL, "a=%zz", -1, "InvalidURI" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a;
		struct error err = { 0 };
		struct sigv4_claim claim;
		struct http_header headers[2] = { { STR("X-Amz-Date"), STR("20130524T000000Z") } };
		size_t n = 1;
		if (cases[i].authorization)
			headers[n++] = (struct http_header){ STR("Authorization"), str_c(cases[i].authorization) };
		struct sigv4_request r = { STR("GET"), STR("/"), str_c(cases[i].query), headers, n, STR(EMPTY_SHA256) };
		arena_init(&a, 1 << 20);
		int rc = sigv4_claim_parse(&a, &r, &claim, &err);
		if ((rc < 0 ? -1 : rc) != cases[i].want || strcmp(err.name, cases[i].name) != 0)
			fail_msg("case %zu: %d %s", i, rc, err.name);
		arena_release(&a);
	}
}

static void test_date_is_required(void **state)
{
	struct http_header headers[] = {
		{ STR("Authorization"), STR("AWS4-HMAC-SHA256 Credential=" GOOD_CREDENTIAL GOOD_REST) },
		{ STR("Date"), STR("Fri, 24 May 2013 00:00:00 GMT") },
	};
	struct sigv4_request r = { STR("GET"), STR("/"), STR_NULL, headers, 2, STR(EMPTY_SHA256) };
	struct sigv4_claim claim;
	struct error err = { 0 };
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(sigv4_claim_parse(&a, &r, &claim, &err), 1);
	assert_int_equal(claim.at_ms, 1369353600000);
	r.header_count = 1;
	assert_int_equal(sigv4_claim_parse(&a, &r, &claim, &err), ERR_SERVICE);
	assert_string_equal(err.name, "AccessDenied");
	arena_release(&a);
}

static void test_key_cache(void **state)
{
	struct sigv4_key_cache cache = { 0 };
	struct setting other = suite;
	struct arena a;
	struct sent s;
	(void)state;
	arena_init(&a, 1 << 20);
	sign(&a, &suite_vectors[0], &suite, &cache, &s);
	assert_string_equal(cache.scope, "20150830/us-east-1/service/aws4_request");
	other.credentials.secret_key = STR("another");
	struct str cached = sign(&a, &suite_vectors[0], &other, &cache, &s);
	struct str fresh = sign(&a, &suite_vectors[0], &other, NULL, &s);
	assert_true(str_eq(cached, fresh));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suite),
		cmocka_unit_test(test_s3_examples),
		cmocka_unit_test(test_session_token),
		cmocka_unit_test(test_presign),
		cmocka_unit_test(test_verify_own),
		cmocka_unit_test(test_tampering),
		cmocka_unit_test(test_foreign_secret),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_presigned_tampering),
		cmocka_unit_test(test_scope_of_another_day),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_date_is_required),
		cmocka_unit_test(test_key_cache),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
