/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules of composite alarms. In them "a" is in ALARM, "o" is OK, "i" has insufficient data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/monitoring/internal.h"

static const struct {
	const char *rule;
	bool holds;
} cases[] = {
	{ "TRUE", true },
	{ "FALSE", false },
	{ "ALARM(a)", true },
	{ "ALARM(\"a\")", true },
	{ "ALARM('a')", true },
	{ "ALARM(o)", false },
	{ "OK(o)", true },
	{ "INSUFFICIENT_DATA(i)", true },
	{ "ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:a)", true },
	{ "NOT ALARM(a)", false },
	{ "NOT NOT ALARM(a)", true },
	{ "ALARM(a) AND ALARM(o)", false },
	{ "ALARM(a) OR ALARM(o)", true },
	{ "ALARM(o) AND FALSE OR TRUE", true },
	{ "ALARM(o) AND (FALSE OR TRUE)", false },
	{ "alarm(a) and ok(o)", true },
	{ "ALARM(none)", false },
};

static const char *const invalid[] = {
	"",          "ALARM",     "ALARM(", "ALARM()",   "ALARM(a", "ALARM(a) ALARM(o)", "ALARM(a) AND",
	"(ALARM(a)", "BROKEN(a)", "NOT",    "ALARM(\"a)"
};

static const char *state_of(void *argument, struct str name)
{
	(void)argument;
	return str_eq_c(name, "a") ? "ALARM" : str_eq_c(name, "o") ? "OK" : str_eq_c(name, "i") ? "INSUFFICIENT_DATA" : NULL;
}

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { 0 };
		bool holds = false;

		if (rule_evaluate(str_c(cases[i].rule), state_of, NULL, &holds, &err) != 0)
			fail_msg("%s: %s", cases[i].rule, err.message);
		if (holds != cases[i].holds)
			fail_msg("%s is %s", cases[i].rule, holds ? "true" : "false");
	}
}

static void test_invalid(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		bool holds;

		if (rule_evaluate(str_c(invalid[i]), state_of, NULL, &holds, NULL) != ERR_INVALID)
			fail_msg("%s is accepted", invalid[i]);
	}
}

static void test_aggregates(void **state)
{
	struct aggregate sum = { 0 };

	(void)state;
	aggregate_add(&sum, &(struct aggregate){ 1, 5, 5, 5 });
	aggregate_add(&sum, &(struct aggregate){ 2, 4, 1, 3 });
	aggregate_add(&sum, &(struct aggregate){ 0 });
	assert_true(aggregate_statistic(&sum, STR("SampleCount")) == 3);
	assert_true(aggregate_statistic(&sum, STR("Sum")) == 9);
	assert_true(aggregate_statistic(&sum, STR("Average")) == 3);
	assert_true(aggregate_statistic(&sum, STR("Minimum")) == 1);
	assert_true(aggregate_statistic(&sum, STR("Maximum")) == 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_aggregates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
