/* SPDX-License-Identifier: Apache-2.0
 *
 * Filter patterns, one line a case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/logs/filter.h"

static const struct {
	const char *pattern, *line;
	bool matches;
} cases[] = {
	{ "", "anything", true },
	{ "ERROR", "an ERROR here", true },
	{ "ERROR", "an error here", false },
	{ "ERROR Exception", "ERROR in Exception", true },
	{ "ERROR Exception", "ERROR only", false },
	{ "\"INTERNAL SERVER ERROR\"", "500 INTERNAL SERVER ERROR", true },
	{ "\"INTERNAL SERVER ERROR\"", "INTERNAL ERROR", false },
	{ "?ERROR ?WARN", "a WARN", true },
	{ "?ERROR ?WARN", "an INFO", false },
	{ "ERROR -Exiting", "ERROR but no exit", true },
	{ "ERROR -Exiting", "ERROR Exiting", false },
	{ "\"say \\\"hi\\\"\"", "they say \"hi\"", true },
	{ "{ $.level = \"ERROR\" }", "{\"level\":\"ERROR\"}", true },
	{ "{ $.level = \"ERROR\" }", "{\"level\":\"INFO\"}", false },
	{ "{ $.level = \"ERROR\" }", "level ERROR", false },
	{ "{ $.level = ERR* }", "{\"level\":\"ERROR\"}", true },
	{ "{ $.a.b >= 400 }", "{\"a\":{\"b\":404}}", true },
	{ "{ $.a.b >= 400 }", "{\"a\":{\"b\":200}}", false },
	{ "{ $.a[1] = 2 }", "{\"a\":[1,2]}", true },
	{ "{ ($.a = 1) && ($.b != 2) }", "{\"a\":1,\"b\":3}", true },
	{ "{ ($.a = 1) && ($.b != 2) }", "{\"a\":1,\"b\":2}", false },
	{ "{ $.a = 1 || $.b = 2 }", "{\"b\":2}", true },
	{ "{ $.a IS NULL }", "{\"a\":null}", true },
	{ "{ $.a NOT EXISTS }", "{\"b\":1}", true },
	{ "{ $.a IS TRUE }", "{\"a\":true}", true },
	{ "{ $.a IS FALSE }", "{\"a\":true}", false },
	{ "{ $.a = true }", "{\"a\":true}", true },
	{ "{$.msg=\"a b\"}", "{\"msg\":\"a b\"}", true },
};

static const struct {
	const char *pattern;
	int code;
} refusals[] = {
	{ "{ $.a }", ERR_INVALID },      { "{ $.a = }", ERR_INVALID }, { "{ $.a > \"x\" }", ERR_INVALID },
	{ "{ ($.a = 1 }", ERR_INVALID }, { "\"open", ERR_INVALID },    { "[ip, user, code]", ERR_UNSUPPORTED },
	{ "%AUTH%", ERR_UNSUPPORTED },   { "{ a = 1 }", ERR_INVALID }, { "?", ERR_INVALID },
};

static void test_matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct log_filter *filter;
		struct error err = { 0 };
		struct arena a;

		arena_init(&a, 1 << 20);
		if (log_filter_compile(&a, str_c(cases[i].pattern), &filter, &err) != 0)
			fail_msg("%s: %s", cases[i].pattern, err.message);
		if (log_filter_matches(filter, &a, str_c(cases[i].line)) != cases[i].matches)
			fail_msg("%s on %s", cases[i].pattern, cases[i].line);
		arena_release(&a);
	}
}

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct log_filter *filter;
		struct arena a;

		arena_init(&a, 1 << 20);
		if (log_filter_compile(&a, str_c(refusals[i].pattern), &filter, NULL) != refusals[i].code)
			fail_msg("%s", refusals[i].pattern);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_matches), cmocka_unit_test(test_refusals) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
