/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "aws/endpoint.h"
#include "aws/reply.h"

struct endpoint_case {
	const char *region, *endpoint, *s3_endpoint;
	enum aws_service service;
	const char *bucket, *path;
	const char *origin, *host, *full_path;
};

static const struct endpoint_case cases[] = {
	{ "eu-west-1", NULL, NULL, AWS_DYNAMODB, NULL, "/", "https://dynamodb.eu-west-1.amazonaws.com",
	  "dynamodb.eu-west-1.amazonaws.com", "/" },
	{ "eu-west-1", NULL, NULL, AWS_S3, "photos", "/uploads/a.png", "https://photos.s3.eu-west-1.amazonaws.com",
	  "photos.s3.eu-west-1.amazonaws.com", "/uploads/a.png" },
	{ "eu-west-1", NULL, NULL, AWS_S3, "my.photos", "/a", "https://s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com",
	  "/my.photos/a" },
	{ "cn-north-1", NULL, NULL, AWS_STATES, NULL, "/", "https://states.cn-north-1.amazonaws.com.cn",
	  "states.cn-north-1.amazonaws.com.cn", "/" },
	{ "us-east-1", "http://127.0.0.1:4566", NULL, AWS_S3, "photos", "/a", "http://127.0.0.1:4566", "127.0.0.1:4566",
	  "/photos/a" },
	{ "us-east-1", "http://127.0.0.1:4566/", NULL, AWS_EVENTS, NULL, "/", "http://127.0.0.1:4566", "127.0.0.1:4566", "/" },
	{ "us-east-1", "https://aws.example/base/", NULL, AWS_S3, "b", "/k", "https://aws.example", "aws.example", "/base/b/k" },
	{ "us-east-1", "http://one:80", "http://two:8080", AWS_S3, "b", "/k", "http://two:8080", "two:8080", "/b/k" },
	{ "us-east-1", "http://one:80", "http://two:8080", AWS_DYNAMODB, NULL, "/", "http://one", "one", "/" },
};

static void assert_text(struct str got, const char *want, size_t i)
{
	if (!str_eq_c(got, want))
		fail_msg("case %zu: got \"" STR_FMT "\", want \"%s\"", i, STR_ARG(got), want);
}

static void test_resolve(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct endpoint_case *k = &cases[i];
		struct aws_client_options options = { .region = str_c(k->region), .endpoint = str_c(k->endpoint) };
		struct aws_endpoint out;
		struct arena a;
		options.service_endpoints[AWS_S3] = str_c(k->s3_endpoint);
		arena_init(&a, 1 << 16);
		assert_int_equal(aws_endpoint_resolve(&a, &options, k->service, str_c(k->bucket), str_c(k->path), &out, NULL), 0);
		assert_text(out.origin, k->origin, i);
		assert_text(out.host, k->host, i);
		assert_text(out.path, k->full_path, i);
		arena_release(&a);
	}
}

static void test_resolve_refuses(void **state)
{
	struct aws_client_options options = { .region = STR("us-east-1"), .endpoint = STR("ftp://x") };
	struct aws_endpoint out;
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 16);
	assert_int_equal(aws_endpoint_resolve(&a, &options, AWS_S3, STR("b"), STR("/"), &out, NULL), ERR_INVALID);
	arena_release(&a);
}

static void test_errors(void **state)
{
	static const struct {
		int status;
		const char *body, *header, *name, *message;
	} errors[] = {
		{ 400, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException\",\"message\":\"no\"}",
		  NULL, "ConditionalCheckFailedException", "no" },
		{ 400, "{\"__type\":\"ThrottlingException\",\"Message\":\"slow\"}", NULL, "ThrottlingException", "slow" },
		{ 400, "{\"message\":\"m\"}", "InvalidParameterException:http://internal/", "InvalidParameterException", "m" },
		{ 404,
		  "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>a &lt;b&gt; &amp;&#39;&#x41;</Message></Error>",
		  NULL, "NoSuchKey", "a <b> &'A" },
		{ 404, "", NULL, "NotFound", "the service answered 404 NotFound without a message" },
		{ 412, "", NULL, "PreconditionFailed", "the service answered 412 PreconditionFailed without a message" },
		{ 503, "not json", NULL, "InternalError", "the service answered 503 InternalError without a message" },
		{ 403, "<html>", NULL, "Forbidden", "the service answered 403 Forbidden without a message" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct http_header header = { STR("x-amzn-ErrorType"), str_c(errors[i].header) };
		struct aws_reply reply = { errors[i].status, &header, errors[i].header ? 1 : 0, str_c(errors[i].body) };
		struct error err = { 0 };
		struct arena a;
		arena_init(&a, 1 << 16);
		assert_int_equal(aws_reply_error(&a, &reply, &err), ERR_SERVICE);
		if (strcmp(err.name, errors[i].name) || strcmp(err.message, errors[i].message) || err.status != errors[i].status)
			fail_msg("case %zu: %s, %s", i, err.name, err.message);
		arena_release(&a);
	}
}

static void test_xml_scan(void **state)
{
	struct str text = STR("<L><V><K>a</K></V><V><K>b</K></V><V></V><V>cut");
	size_t at = 0;
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 16);
	assert_true(str_eq_c(xml_scan(text, "V", &at), "<K>a</K>"));
	assert_true(str_eq_c(xml_scan_text(&a, xml_scan(text, "V", &at), "K"), "b"));
	struct str empty = xml_scan(text, "V", &at);
	assert_true(str_is_set(empty) && empty.n == 0);
	assert_false(str_is_set(xml_scan(text, "V", &at)));
	assert_false(str_is_set(xml_scan_text(&a, text, "X")));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_resolve_refuses),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_xml_scan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
