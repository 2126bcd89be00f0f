/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules of Choice states, one line a case.
 */
#include "helper.h"

#include "states/choice.h"

enum outcome { NO, YES, FAULT };

static const struct {
	const char *rule, *input;
	enum outcome outcome;
} rules[] = {
	{ "{'Variable':'$.a','StringEquals':'x'}", "{'a':'x'}", YES },
	{ "{'Variable':'$.a','StringEquals':'x'}", "{'a':1}", NO },
	{ "{'Variable':'$.a','StringEquals':'x'}", "{}", FAULT },
	{ "{'Variable':'$.a','StringEqualsPath':'$.b'}", "{'a':'x','b':'x'}", YES },
	{ "{'Variable':'$.a','StringEqualsPath':'$.b'}", "{'a':'x'}", FAULT },
	{ "{'Variable':'$.a','StringLessThan':'b'}", "{'a':'a'}", YES },
	{ "{'Variable':'$.a','StringGreaterThanEquals':'b'}", "{'a':'b'}", YES },
	{ "{'Variable':'$.a','StringLessThanEqualsPath':'$.b'}", "{'a':'c','b':'b'}", NO },
	{ "{'Variable':'$.a','NumericEquals':1}", "{'a':1.0}", YES },
	{ "{'Variable':'$.a','NumericEquals':1}", "{'a':'1'}", NO },
	{ "{'Variable':'$.a','NumericLessThan':1.5}", "{'a':1}", YES },
	{ "{'Variable':'$.a','NumericGreaterThanPath':'$.b'}", "{'a':9223372036854775807,'b':9223372036854775806}", YES },
	{ "{'Variable':'$.a','BooleanEquals':false}", "{'a':false}", YES },
	{ "{'Variable':'$.a','BooleanEquals':false}", "{'a':null}", NO },
	{ "{'Variable':'$.a','TimestampEquals':'2016-03-14T01:59:00Z'}", "{'a':'2016-03-14T03:59:00+02:00'}", YES },
	{ "{'Variable':'$.a','TimestampLessThan':'2016-03-14T01:59:00Z'}", "{'a':'yesterday'}", NO },
	{ "{'Variable':'$.a','StringMatches':'log-*.txt'}", "{'a':'log-zebra.txt'}", YES },
	{ "{'Variable':'$.a','StringMatches':'a*b*c'}", "{'a':'aXXbYYbZc'}", YES },
	{ "{'Variable':'$.a','StringMatches':'a*b*c'}", "{'a':'abcd'}", NO },
	{ "{'Variable':'$.a','StringMatches':'*'}", "{'a':''}", YES },
	{ "{'Variable':'$.a','IsPresent':true}", "{'a':null}", YES },
	{ "{'Variable':'$.a','IsPresent':false}", "{}", YES },
	{ "{'Variable':'$.a','IsNull':true}", "{'a':null}", YES },
	{ "{'Variable':'$.a','IsNumeric':false}", "{'a':'1'}", YES },
	{ "{'Variable':'$.a','IsString':true}", "{'a':1}", NO },
	{ "{'Variable':'$.a','IsBoolean':true}", "{'a':true}", YES },
	{ "{'Variable':'$.a','IsTimestamp':true}", "{'a':'2016-03-14T01:59:00Z'}", YES },
	{ "{'And':[{'Variable':'$.a','NumericGreaterThan':0},{'Variable':'$.a','NumericLessThan':9}]}", "{'a':5}", YES },
	{ "{'And':[{'Variable':'$.a','IsPresent':true},{'Variable':'$.a.b','IsPresent':true}]}", "{}", NO },
	{ "{'Or':[{'Variable':'$.a','NumericEquals':1},{'Variable':'$.a','NumericEquals':2}]}", "{'a':2}", YES },
	{ "{'Or':[{'Variable':'$.b','NumericEquals':1},{'Variable':'$.a','NumericEquals':2}]}", "{'a':2}", FAULT },
	{ "{'Not':{'Variable':'$.a','NumericEquals':1}}", "{'a':2}", YES },
	{ "{'Not':{'Variable':'$.b','NumericEquals':1}}", "{'a':2}", FAULT },
	{ "{'Variable':'$v.k[0]','NumericEquals':1}", "{}", YES },
	{ "{'Variable':'$$.Execution.Id','StringEquals':'x'}", "{}", YES },
};

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct arena a;
		struct fault fault = { 0 };
		arena_init(&a, MIB(4));
		struct diagnostics *d = ARENA_NEW(&a, struct diagnostics);
		diagnostics_init(d, &a);
		const struct choice_rule *rule =
			choice_compile(&a, read_json(&a, rules[i].rule), LANGUAGE_JSONPATH, STR("/x"), d);
		assert_int_equal(d->errors, 0);
		struct scope scope = test_scope(&a, read_json(&a, rules[i].input));
		bool yes = choice_test(rule, &scope, &fault);
		enum outcome got = fault_is_set(&fault) ? FAULT : yes ? YES : NO;
		if (got != rules[i].outcome)
			fail_msg("%s on %s: %d", rules[i].rule, rules[i].input, got);
		arena_release(&a);
	}
}

static void test_escaped_star(void **state)
{
	struct arena a;
	struct fault fault = { 0 };
	const struct json *rule;
	(void)state;
	arena_init(&a, MIB(4));
	struct diagnostics *d = ARENA_NEW(&a, struct diagnostics);
	diagnostics_init(d, &a);
	assert_int_equal(json_parse(&a, STR("{\"Variable\":\"$.a\",\"StringMatches\":\"a\\\\*c\"}"), &rule, NULL), 0);
	const struct choice_rule *r = choice_compile(&a, rule, LANGUAGE_JSONPATH, STR("/x"), d);
	struct scope star = test_scope(&a, read_json(&a, "{'a':'a*c'}")), other = test_scope(&a, read_json(&a, "{'a':'abc'}"));
	assert_true(choice_test(r, &star, &fault));
	assert_false(choice_test(r, &other, &fault));
	arena_release(&a);
}

static void test_refused(void **state)
{
	static const char *const texts[] = { "1",
					     "{}",
					     "{'Variable':'$.a'}",
					     "{'StringEquals':'x'}",
					     "{'Variable':'$.a','Nope':1}",
					     "{'Variable':'$.a','StringEquals':1}",
					     "{'Variable':'$.a','NumericEquals':1,'IsNull':true}",
					     "{'And':[]}",
					     "{'Not':[]}",
					     "{'Variable':'a','IsNull':true}",
					     "{'Variable':'$.a','TimestampEquals':'soon'}",
					     "{'Variable':'$.a','StringEqualsPath':'b'}" };
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena a;
		arena_init(&a, MIB(4));
		struct diagnostics *d = ARENA_NEW(&a, struct diagnostics);
		diagnostics_init(d, &a);
		(void)choice_compile(&a, read_json(&a, texts[i]), LANGUAGE_JSONPATH, STR("/x"), d);
		if (d->errors == 0)
			fail_msg("accepted: %s", texts[i]);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_escaped_star),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
