/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "aws/arn.h"

static void assert_str(struct str got, const char *want)
{
	if (!str_eq_c(got, want))
		fail_msg("got \"" STR_FMT "\", want \"%s\"", STR_ARG(got), want);
}

static void test_parse(void **state)
{
	static const struct {
		const char *text, *service, *region, *account, *resource;
	} cases[] = {
		{ "arn:aws:s3:::bucket/key", "s3", "", "", "bucket/key" },
		{ "arn:aws:lambda:eu-west-1:000000000000:function:f:1", "lambda", "eu-west-1", "000000000000", "function:f:1" },
		{ "arn:aws-cn:iam::123456789012:role/a/b", "iam", "", "123456789012", "role/a/b" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arn arn;
		assert_int_equal(arn_parse(str_c(cases[i].text), &arn), 0);
		assert_str(arn.service, cases[i].service);
		assert_str(arn.region, cases[i].region);
		assert_str(arn.account, cases[i].account);
		assert_str(arn.resource, cases[i].resource);
	}
}

static void test_parse_refuses(void **state)
{
	static const char *const cases[] = {
		"", "arn", "arn:aws:s3", "arn:aws:s3:::", "urn:aws:s3:::b", "arn::s3:::b", "arn:aws::::b"
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arn arn;
		if (arn_parse(str_c(cases[i]), &arn) != ERR_INVALID)
			fail_msg("accepted \"%s\"", cases[i]);
	}
}

static void test_format(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 16);
	assert_str(arn_format(&a, "states", STR("us-east-1"), STR("123456789012"), "execution:%s:%d", "m", 7),
		   "arn:aws:states:us-east-1:123456789012:execution:m:7");
	assert_str(arn_format(&a, "s3", STR(""), STR(""), "bucket"), "arn:aws:s3:::bucket");
	assert_str(arn_format(&a, "sqs", STR("cn-north-1"), STR("1"), "q"), "arn:aws-cn:sqs:cn-north-1:1:q");
	assert_str(arn_format(&a, "sqs", STR("us-gov-west-1"), STR("1"), "q"), "arn:aws-us-gov:sqs:us-gov-west-1:1:q");
	assert_str(arn_resource_id(STR("role/x")), "x");
	assert_str(arn_resource_id(STR("function:x:1")), "x:1");
	assert_str(arn_resource_id(STR("bucket")), "bucket");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_format),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
