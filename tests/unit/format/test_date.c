/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "format/date.h"

static void formats(void **state)
{
	static const struct {
		int64_t ms;
		const char *iso, *iso_ms, *amz, *http, *epoch;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z", "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT",
		  "0" },
		{ 1795339800123, "2026-11-22T09:30:00Z", "2026-11-22T09:30:00.123Z", "20261122T093000Z",
		  "Sun, 22 Nov 2026 09:30:00 GMT", "1795339800.123" },
		{ 951782399000, "2000-02-28T23:59:59Z", "2000-02-28T23:59:59.000Z", "20000228T235959Z",
		  "Mon, 28 Feb 2000 23:59:59 GMT", "951782399" },
		{ 951782400000, "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z", "20000229T000000Z",
		  "Tue, 29 Feb 2000 00:00:00 GMT", "951782400" },
		{ -1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999Z", "19691231T235959Z", "Wed, 31 Dec 1969 23:59:59 GMT",
		  "-0.001" },
	};
	char text[DATE_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t ms, whole = cases[i].ms - (cases[i].ms % 1000 + 1000) % 1000;
		assert_str(date_iso(text, cases[i].ms), cases[i].iso);
		assert_str(date_iso_ms(text, cases[i].ms), cases[i].iso_ms);
		assert_int_equal(date_parse_iso(str_c(cases[i].iso_ms), &ms), 0);
		assert_true(ms == cases[i].ms);
		assert_str(date_amz(text, cases[i].ms), cases[i].amz);
		assert_int_equal(date_parse_amz(str_c(cases[i].amz), &ms), 0);
		assert_true(ms == whole);
		assert_str(date_http(text, cases[i].ms), cases[i].http);
		assert_int_equal(date_parse_http(str_c(cases[i].http), &ms), 0);
		assert_true(ms == whole);
		assert_str(date_epoch(text, cases[i].ms), cases[i].epoch);
	}
}

static void parses_variants(void **state)
{
	int64_t ms;

	(void)state;
	assert_int_equal(date_parse_iso(STR("2026-11-22T10:30:00+01:00"), &ms), 0);
	assert_true(ms == 1795339800000);
	assert_int_equal(date_parse_iso(STR("2026-11-22T09:30:00.1239Z"), &ms), 0);
	assert_true(ms == 1795339800123);
	assert_int_equal(date_parse_http(STR("Sunday, 22-Nov-26 09:30:00 GMT"), &ms), 0);
	assert_true(ms == 1795339800000);
	assert_int_equal(date_parse_http(STR("Sun Nov 22 09:30:00 2026"), &ms), 0);
	assert_true(ms == 1795339800000);
}

static void refuses(void **state)
{
	static const char *const wrong[] = { "",
					     "2026-11-22",
					     "2026-11-22T09:30:00",
					     "2026-13-01T00:00:00Z",
					     "2026-02-29T00:00:00Z",
					     "2026-11-22T24:00:00Z",
					     "2026-11-22T09:30:00.Z",
					     "2026-11-22T09:30:00Zx",
					     "2026-11-22 09:30:00Z",
					     "2026-11-22T09:30:00+0100" };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(date_parse_iso(str_c(wrong[i]), &ms), ERR_INVALID);
	assert_int_equal(date_parse_amz(STR("20261122T093000"), &ms), ERR_INVALID);
	assert_int_equal(date_parse_http(STR("Sun, 22 Foo 2026 09:30:00 GMT"), &ms), ERR_INVALID);
	assert_int_equal(date_parse_http(STR(","), &ms), ERR_INVALID);
}

/* Every day of four centuries there and back. */
static void days_there_and_back(void **state)
{
	(void)state;
	for (int64_t day = -80000; day < 80000; day++) {
		struct date_parts p;
		date_split(day * 86400000, &p);
		assert_true(date_join(&p) == day * 86400000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(formats), cmocka_unit_test(parses_variants),
					    cmocka_unit_test(refuses), cmocka_unit_test(days_there_and_back) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
