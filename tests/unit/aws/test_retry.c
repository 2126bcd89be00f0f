/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "aws/retry.h"

static void test_classes(void **state)
{
	static const struct {
		int code, status;
		const char *name;
		enum retry_class want;
	} cases[] = {
		{ ERR_IO, 0, "", RETRY_TRANSIENT },
		{ ERR_TIMEOUT, 0, "", RETRY_TRANSIENT },
		{ ERR_UNAVAILABLE, 0, "", RETRY_TRANSIENT },
		{ ERR_DENIED, 0, "", RETRY_NO },
		{ ERR_LIMIT, 0, "", RETRY_NO },
		{ ERR_NO_MEMORY, 0, "", RETRY_NO },
		{ ERR_SERVICE, 400, "ThrottlingException", RETRY_THROTTLED },
		{ ERR_SERVICE, 400, "ProvisionedThroughputExceededException", RETRY_THROTTLED },
		{ ERR_SERVICE, 503, "SlowDown", RETRY_THROTTLED },
		{ ERR_SERVICE, 429, "Anything", RETRY_THROTTLED },
		{ ERR_SERVICE, 500, "InternalServerError", RETRY_TRANSIENT },
		{ ERR_SERVICE, 502, "", RETRY_TRANSIENT },
		{ ERR_SERVICE, 503, "ServiceUnavailable", RETRY_TRANSIENT },
		{ ERR_SERVICE, 504, "", RETRY_TRANSIENT },
		{ ERR_SERVICE, 400, "RequestTimeout", RETRY_TRANSIENT },
		{ ERR_SERVICE, 501, "NotImplemented", RETRY_NO },
		{ ERR_SERVICE, 400, "ValidationException", RETRY_NO },
		{ ERR_SERVICE, 400, "ConditionalCheckFailedException", RETRY_NO },
		{ ERR_SERVICE, 403, "AccessDenied", RETRY_NO },
		{ ERR_SERVICE, 404, "NoSuchKey", RETRY_NO },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { .code = cases[i].code, .status = cases[i].status };
		snprintf(err.name, sizeof(err.name), "%s", cases[i].name);
		if (retry_classify(&err) != cases[i].want)
			fail_msg("%d %d %s: %d", cases[i].code, cases[i].status, cases[i].name, retry_classify(&err));
	}
}

static void test_ceilings_double_up_to_the_cap(void **state)
{
	(void)state;
	assert_int_equal(retry_ceiling_ms(RETRY_TRANSIENT, 1), 100);
	assert_int_equal(retry_ceiling_ms(RETRY_TRANSIENT, 2), 200);
	assert_int_equal(retry_ceiling_ms(RETRY_THROTTLED, 1), 1000);
	assert_int_equal(retry_ceiling_ms(RETRY_THROTTLED, 4), 8000);
	assert_int_equal(retry_ceiling_ms(RETRY_THROTTLED, 6), RETRY_CAP_MS);
	assert_int_equal(retry_ceiling_ms(RETRY_TRANSIENT, 1000000), RETRY_CAP_MS);
}

static void test_retry_after(void **state)
{
	(void)state;
	assert_int_equal(retry_after_ms(STR_NULL), -1);
	assert_int_equal(retry_after_ms(STR("0")), 0);
	assert_int_equal(retry_after_ms(STR(" 3 ")), 3000);
	assert_int_equal(retry_after_ms(STR("86400")), RETRY_CAP_MS);
	assert_int_equal(retry_after_ms(STR("-1")), -1);
	assert_int_equal(retry_after_ms(STR("Fri, 24 May 2013 00:00:00 GMT")), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_ceilings_double_up_to_the_cap),
		cmocka_unit_test(test_retry_after),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
