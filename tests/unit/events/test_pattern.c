/* SPDX-License-Identifier: Apache-2.0
 *
 * Event patterns, one line a case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "events/pattern.h"

struct match_case {
	const char *pattern, *event;
	bool matches;
};

static const struct match_case match_cases[] = {
	/* exact values */
	{ "{'a':['x']}", "{'a':'x'}", true },
	{ "{'a':['x']}", "{'a':'X'}", false },
	{ "{'a':['x','y']}", "{'a':'y'}", true },
	{ "{'a':['x']}", "{}", false },
	{ "{'a':[null]}", "{'a':null}", true },
	{ "{'a':[null]}", "{}", false },
	{ "{'a':[null]}", "{'a':''}", false },
	{ "{'a':['']}", "{'a':''}", true },
	{ "{'a':[true]}", "{'a':true}", true },
	{ "{'a':[true]}", "{'a':'true'}", false },
	{ "{'a':[300]}", "{'a':300}", true },
	{ "{'a':[300]}", "{'a':3.0e2}", true },
	{ "{'a':[300]}", "{'a':'300'}", false },
	/* nesting, all fields, one of a list */
	{ "{'a':{'b':['x']}}", "{'a':{'b':'x'}}", true },
	{ "{'a':{'b':['x']}}", "{'a':'x'}", false },
	{ "{'a':['x'],'b':['y']}", "{'a':'x','b':'z'}", false },
	{ "{'a':['x'],'b':['y']}", "{'b':'y','a':'x','c':1}", true },
	/* arrays in the event */
	{ "{'a':['x']}", "{'a':['z','x']}", true },
	{ "{'a':['x']}", "{'a':[]}", false },
	{ "{'a':['x']}", "{'a':[['x']]}", true },
	{ "{'a':['x']}", "{'a':{'x':1}}", false },
	{ "{'a':{'b':['x'],'c':['y']}}", "{'a':[{'b':'x','c':'n'},{'b':'n','c':'y'}]}", false },
	{ "{'a':{'b':['x'],'c':['y']}}", "{'a':[{'b':'n','c':'n'},{'b':'x','c':'y'}]}", true },
	/* prefix, suffix, equals-ignore-case */
	{ "{'a':[{'prefix':'up'}]}", "{'a':'uploads/x'}", true },
	{ "{'a':[{'prefix':'up'}]}", "{'a':'u'}", false },
	{ "{'a':[{'prefix':'up'}]}", "{'a':5}", false },
	{ "{'a':[{'prefix':{'equals-ignore-case':'UP'}}]}", "{'a':'uploads'}", true },
	{ "{'a':[{'suffix':'.png'}]}", "{'a':'x.png'}", true },
	{ "{'a':[{'suffix':'.png'}]}", "{'a':'x.PNG'}", false },
	{ "{'a':[{'suffix':{'equals-ignore-case':'.png'}}]}", "{'a':'x.PNG'}", true },
	{ "{'a':[{'equals-ignore-case':'alpha'}]}", "{'a':'ALPHA'}", true },
	{ "{'a':[{'equals-ignore-case':'alpha'}]}", "{'a':'ALPHAS'}", false },
	/* wildcard */
	{ "{'a':[{'wildcard':'*.png'}]}", "{'a':'x.png'}", true },
	{ "{'a':[{'wildcard':'up*/*.png'}]}", "{'a':'uploads/a/b.png'}", true },
	{ "{'a':[{'wildcard':'up*/*.png'}]}", "{'a':'uploads/a/b.pngx'}", false },
	{ "{'a':[{'wildcard':'a\\\\*b'}]}", "{'a':'a*b'}", true },
	{ "{'a':[{'wildcard':'a\\\\*b'}]}", "{'a':'axb'}", false },
	{ "{'a':[{'wildcard':'a*'}]}", "{'a':'a'}", true },
	/* anything-but */
	{ "{'a':[{'anything-but':'x'}]}", "{'a':'y'}", true },
	{ "{'a':[{'anything-but':'x'}]}", "{'a':'x'}", false },
	{ "{'a':[{'anything-but':'x'}]}", "{}", false },
	{ "{'a':[{'anything-but':['x','y']}]}", "{'a':'y'}", false },
	{ "{'a':[{'anything-but':['x','y']}]}", "{'a':['x','z']}", true },
	{ "{'a':[{'anything-but':[1,2]}]}", "{'a':2}", false },
	{ "{'a':[{'anything-but':[1,2]}]}", "{'a':null}", true },
	{ "{'a':[{'anything-but':{'prefix':'in'}}]}", "{'a':'init'}", false },
	{ "{'a':[{'anything-but':{'prefix':['in','ex']}}]}", "{'a':'exit'}", false },
	{ "{'a':[{'anything-but':{'suffix':'.txt'}}]}", "{'a':'x.png'}", true },
	{ "{'a':[{'anything-but':{'equals-ignore-case':['A']}}]}", "{'a':'a'}", false },
	{ "{'a':[{'anything-but':{'wildcard':'*/lib/*'}}]}", "{'a':'/usr/lib/x'}", false },
	{ "{'a':[{'anything-but':{'wildcard':'*/lib/*'}}]}", "{'a':'/usr/bin/x'}", true },
	/* numeric */
	{ "{'a':[{'numeric':['=',5]}]}", "{'a':5.0}", true },
	{ "{'a':[{'numeric':['>',0,'<=',5]}]}", "{'a':5}", true },
	{ "{'a':[{'numeric':['>',0,'<=',5]}]}", "{'a':0}", false },
	{ "{'a':[{'numeric':['<',10]}]}", "{'a':-3.018e2}", true },
	{ "{'a':[{'numeric':['>=',1]}]}", "{'a':'2'}", false },
	/* exists */
	{ "{'a':[{'exists':true}]}", "{'a':null}", true },
	{ "{'a':[{'exists':true}]}", "{}", false },
	{ "{'a':[{'exists':true}]}", "{'a':{'b':1}}", false },
	{ "{'a':[{'exists':false}]}", "{'b':1}", true },
	{ "{'a':[{'exists':false}]}", "{'a':1}", false },
	{ "{'a':{'b':[{'exists':false}]}}", "{}", true },
	{ "{'a':{'b':[{'exists':false}]}}", "{'a':[{'b':1},{'c':1}]}", false },
	{ "{'a':['x',{'exists':false}]}", "{}", true },
	/* cidr */
	{ "{'a':[{'cidr':'10.0.0.0/24'}]}", "{'a':'10.0.0.255'}", true },
	{ "{'a':[{'cidr':'10.0.0.0/24'}]}", "{'a':'10.0.1.0'}", false },
	{ "{'a':[{'cidr':'10.0.0.128/25'}]}", "{'a':'10.0.0.127'}", false },
	{ "{'a':[{'cidr':'10.0.0.128/25'}]}", "{'a':'10.0.0.200'}", true },
	{ "{'a':[{'cidr':'10.0.0.0/8'}]}", "{'a':'text'}", false },
	{ "{'a':[{'cidr':'2001:db8::/32'}]}", "{'a':'2001:db8::1'}", true },
	{ "{'a':[{'cidr':'2001:db8::/32'}]}", "{'a':'10.0.0.1'}", false },
	/* $or */
	{ "{'$or':[{'a':['x']},{'b':['y']}]}", "{'b':'y'}", true },
	{ "{'$or':[{'a':['x']},{'b':['y']}]}", "{'b':'z'}", false },
	{ "{'c':[1],'$or':[{'a':['x']},{'b':['y']}]}", "{'a':'x','c':2}", false },
	{ "{'d':{'$or':[{'a':['x']},{'b':[{'numeric':['>',1]}]}]}}", "{'d':{'b':2}}", true },
	{ "{'$or':['x','y']}", "{'$or':'y'}", true },
	/* an object-created event of S3 */
	{ "{'source':['aws.s3'],'detail-type':['Object Created'],'detail':{'bucket':{'name':['b']},'object':{'key':"
	  "[{'prefix':'uploads/'}]}}}",
	  "{'source':'aws.s3','detail-type':'Object Created','detail':{'bucket':{'name':'b'},'object':{'key':'uploads/1.png',"
	  "'size':5}}}",
	  true },
};

struct refusal {
	const char *pattern, *reason;
};

static const struct refusal refusals[] = {
	{ "[]", "Filter is not an object" },
	{ "{}", "Empty objects are not allowed" },
	{ "{'a':{}}", "Empty objects are not allowed" },
	{ "{'a':[]}", "Empty arrays are not allowed" },
	{ "{'a':'x'}", "\"a\" must be an object or an array" },
	{ "{'a':[['x']]}", "Match value must be String, number, true, false, or null" },
	{ "{'a':[{'like':'x'}]}", "Unrecognized match type like" },
	{ "{'a':[{'prefix':1}]}", "prefix match pattern must be a string" },
	{ "{'a':[{'exists':1}]}", "exists match pattern must be either true or false." },
	{ "{'a':[{'prefix':'x','suffix':'y'}]}", "Only one key allowed in match expression" },
	{ "{'a':[{'numeric':5}]}", "Value of numeric must be an array." },
	{ "{'a':[{'numeric':['>',5,'<',1]}]}", "Bottom must be less than top" },
	{ "{'a':[{'numeric':['~',5]}]}", "Unrecognized numeric range operator: ~" },
	{ "{'a':[{'numeric':['>','5']}]}", "Value of > must be numeric" },
	{ "{'a':[{'numeric':['>',1,'<',5,'=',3]}]}", "Too many elements in numeric expression" },
	{ "{'a':[{'cidr':'10.0.0.0'}]}", "Malformed CIDR, one '/' required" },
	{ "{'a':[{'cidr':'10.0.0.0/33'}]}", "IPv4 mask bits must be <= 32" },
	{ "{'a':[{'wildcard':'a**b'}]}", "Consecutive wildcard characters at pos 1" },
	{ "{'a':[{'wildcard':'a\\\\b'}]}", "Invalid escape character at pos 1" },
	{ "{'a':[{'anything-but':[]}]}", "Empty arrays are not allowed" },
	{ "{'a':[{'anything-but':null}]}", "Value of anything-but must be an array or single string/number value." },
	{ "{'a':[{'anything-but':{'exists':true}}]}", "Unsupported anything-but pattern: exists" },
};

/* Cases are written with ' for ". */
static struct str quoted(struct arena *a, const char *text)
{
	char *copy = arena_c(a, str_c(text));

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return str_c(copy);
}

static const struct json *parsed(struct arena *a, const char *text)
{
	const struct json *v;

	assert_int_equal(json_parse(a, quoted(a, text), &v, NULL), 0);
	return v;
}

static void test_matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(match_cases) / sizeof(match_cases[0]); i++) {
		const struct match_case *c = &match_cases[i];
		const struct event_pattern *pattern;
		struct error err = { 0 };
		struct arena a;

		arena_init(&a, 1 << 20);
		if (event_pattern_compile(&a, quoted(&a, c->pattern), &pattern, &err) != 0)
			fail_msg("%s: %s", c->pattern, err.message);
		if (event_pattern_matches(pattern, parsed(&a, c->event)) != c->matches)
			fail_msg("%s on %s should %smatch", c->pattern, c->event, c->matches ? "" : "not ");
		arena_release(&a);
	}
}

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct event_pattern *pattern;
		struct error err = { 0 };
		struct arena a;

		arena_init(&a, 1 << 20);
		assert_int_equal(event_pattern_compile(&a, quoted(&a, refusals[i].pattern), &pattern, &err), ERR_INVALID);
		struct str wanted = arena_printf(&a, "Event pattern is not valid. Reason: %s", refusals[i].reason);
		assert_string_equal(err.message, wanted.p);
		arena_release(&a);
	}
}

static void test_broken_json(void **state)
{
	const struct event_pattern *pattern;
	struct error err = { 0 };
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(event_pattern_compile(&a, STR("{\"a\":[1]"), &pattern, &err), ERR_INVALID);
	assert_true(str_starts(str_c(err.message), STR("Event pattern is not valid. Reason: ")));
	arena_release(&a);
}

static void test_tests_alone(void **state)
{
	const struct event_tests *tests;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(event_tests_compile(&a, parsed(&a, "['red',{'prefix':'bl'},{'exists':false}]"), &tests, NULL), 0);
	assert_true(event_tests_match(tests, parsed(&a, "'red'")));
	assert_true(event_tests_match(tests, parsed(&a, "['green','blue']")));
	assert_true(event_tests_match(tests, NULL));
	assert_false(event_tests_match(tests, parsed(&a, "'green'")));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_broken_json),
		cmocka_unit_test(test_tests_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
