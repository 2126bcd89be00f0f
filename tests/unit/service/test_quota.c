/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "service/quota.h"

#define SECOND 1000000000LL

static void parses(void **state)
{
	static const struct {
		const char *text;
		double rate, burst;
		bool wrong;
	} cases[] = {
		{ NULL, 0, 0, false },
		{ "5", 5, 5, false },
		{ "300:1300", 300, 1300, false },
		{ "1:1", 1, 1, false },
		{ "1000000", 1e6, 1e6, false },
		{ "1000001", 0, 0, true },
		{ "0", 0, 0, true },
		{ "", 0, 0, true },
		{ "5:", 0, 0, true },
		{ "5:0", 0, 0, true },
		{ "fast", 0, 0, true },
		{ "5:6:7", 0, 0, true },
		{ "-1", 0, 0, true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct quota q = { 0 };
		struct error err = { 0 };
		int rc = quota_parse(&q, cases[i].text, &err);
		if (rc != (cases[i].wrong ? ERR_INVALID : 0) || q.rate != cases[i].rate || q.burst != cases[i].burst)
			fail_msg("case %zu: %d %g:%g", i, rc, q.rate, q.burst);
	}
}

static int taken(struct quota *q, int64_t now, int tries)
{
	int n = 0;
	for (int i = 0; i < tries; i++)
		n += quota_take(q, now);
	return n;
}

static void lets_a_burst_pass_and_then_the_rate(void **state)
{
	struct quota q;
	(void)state;
	quota_init(&q, 2, 5);
	assert_int_equal(taken(&q, SECOND, 20), 5);
	assert_int_equal(taken(&q, SECOND, 20), 0);
	assert_int_equal(taken(&q, SECOND + SECOND / 2, 20), 1);
	assert_int_equal(taken(&q, 3 * SECOND, 20), 3);
	assert_int_equal(taken(&q, 1000 * SECOND, 20), 5); /* never more than the bucket holds */
}

static void keeps_to_the_rate(void **state)
{
	struct quota q;
	int n = 0;
	(void)state;
	quota_init(&q, 3, 3);
	for (int64_t now = SECOND; now < 101 * SECOND; now += SECOND / 100)
		n += quota_take(&q, now);
	assert_in_range(n, 300, 303);
}

static void without_a_quota_all_pass(void **state)
{
	struct quota q = { 0 };
	(void)state;
	assert_int_equal(taken(&q, SECOND, 1000), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(lets_a_burst_pass_and_then_the_rate),
		cmocka_unit_test(keeps_to_the_rate),
		cmocka_unit_test(without_a_quota_all_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
