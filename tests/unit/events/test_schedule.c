/* SPDX-License-Identifier: Apache-2.0
 *
 * Schedule expressions: which are valid, and when they come next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "events/schedule.h"
#include "format/date.h"

struct next_case {
	const char *expression, *after, *next; /* next NULL: never */
};

/* The rates count from 2026-01-01T00:00:30Z. */
static const struct next_case next_cases[] = {
	{ "rate(1 minute)", "2026-01-01T00:00:30Z", "2026-01-01T00:01:30Z" },
	{ "rate(5 minutes)", "2026-01-01T00:05:30Z", "2026-01-01T00:10:30Z" },
	{ "rate(2 hours)", "2026-01-01T05:00:00Z", "2026-01-01T06:00:30Z" },
	{ "rate(1 day)", "2026-02-01T00:00:00Z", "2026-02-01T00:00:30Z" },
	{ "cron(0 10 * * ? *)", "2026-11-22T09:59:59Z", "2026-11-22T10:00:00Z" },
	{ "cron(0 10 * * ? *)", "2026-11-22T10:00:00Z", "2026-11-23T10:00:00Z" },
	{ "cron(15 12 * * ? *)", "2026-12-31T13:00:00Z", "2027-01-01T12:15:00Z" },
	{ "cron(0 18 ? * MON-FRI *)", "2026-11-20T18:00:00Z", "2026-11-23T18:00:00Z" },
	{ "cron(0 8 1 * ? *)", "2026-11-01T08:00:00Z", "2026-12-01T08:00:00Z" },
	{ "cron(0/15 * * * ? *)", "2026-11-22T09:15:00Z", "2026-11-22T09:30:00Z" },
	{ "cron(0/5 8-17 ? * MON-FRI *)", "2026-11-20T17:55:00Z", "2026-11-23T08:00:00Z" },
	{ "cron(0 9 ? * 2#1 *)", "2026-11-02T09:00:00Z", "2026-12-07T09:00:00Z" },
	{ "cron(0 0 L * ? *)", "2026-02-01T00:00:00Z", "2026-02-28T00:00:00Z" },
	{ "cron(0 0 LW * ? *)", "2026-02-01T00:00:00Z", "2026-02-27T00:00:00Z" },
	{ "cron(0 0 15W * ? *)", "2026-11-01T00:00:00Z", "2026-11-16T00:00:00Z" },
	{ "cron(0 0 1W 8 ? *)", "2026-01-01T00:00:00Z", "2026-08-03T00:00:00Z" },
	{ "cron(0 0 ? * 6L *)", "2026-11-01T00:00:00Z", "2026-11-27T00:00:00Z" },
	{ "cron(0 0 ? * L *)", "2026-11-22T00:00:00Z", "2026-11-28T00:00:00Z" },
	{ "cron(0 0 29 FEB ? *)", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z" },
	{ "cron(0 0 ? * FRI-MON *)", "2026-11-23T00:00:00Z", "2026-11-27T00:00:00Z" },
	{ "cron(0 0 1,15 JAN,JUL ? 2027)", "2026-11-23T00:00:00Z", "2027-01-01T00:00:00Z" },
	{ "cron(0 0 30 2 ? *)", "2026-01-01T00:00:00Z", NULL },
	{ "cron(0 0 1 1 ? 2020)", "2026-01-01T00:00:00Z", NULL },
};

static const char *const invalid[] = {
	"",
	"rate(0 minutes)",
	"rate(1 minutes)",
	"rate(5 minute)",
	"rate(5 seconds)",
	"rate(5minutes)",
	"cron(0 10 * * ? )",
	"cron(0 10 * * * *)",
	"cron(0 10 ? * ? *)",
	"cron(60 10 * * ? *)",
	"cron(0 24 * * ? *)",
	"cron(0 0 32 * ? *)",
	"cron(0 0 * 13 ? *)",
	"cron(0 0 ? * 8 *)",
	"cron(0 0 ? * 2#6 *)",
	"cron(5-1 0 * * ? *)",
	"cron(0/0 0 * * ? *)",
	"cron(0 0 * * ? 1969)",
	"rate(5 minutes",
	"at(2026-01-01T00:00:00)",
	"rate()",
	"cron()",
	"rate(99999999999999 days)",
};

static int64_t at(const char *text)
{
	int64_t ms;

	assert_int_equal(date_parse_iso(str_c(text), &ms), 0);
	return ms;
}

static void test_next(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(next_cases) / sizeof(next_cases[0]); i++) {
		const struct next_case *c = &next_cases[i];
		char text[DATE_TEXT_MAX];
		struct schedule s;

		if (schedule_parse(str_c(c->expression), &s, NULL) != 0)
			fail_msg("%s is refused", c->expression);
		int64_t next = schedule_next(&s, at("2026-01-01T00:00:30Z"), at(c->after));
		if (next != (c->next ? at(c->next) : -1))
			fail_msg("%s after %s: %s", c->expression, c->after, date_iso(text, next).p);
	}
}

static void test_invalid(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		struct error err = { 0 };
		struct schedule s;

		if (schedule_parse(str_c(invalid[i]), &s, &err) != ERR_INVALID)
			fail_msg("%s is accepted", invalid[i]);
		assert_string_equal(err.message, "Parameter ScheduleExpression is not valid.");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_next), cmocka_unit_test(test_invalid) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
