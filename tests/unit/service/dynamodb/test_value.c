/* SPDX-License-Identifier: Apache-2.0
 *
 * Attribute values: what clients may send, how it reads back, sizes and equality. Quotes in cases are single for legibility.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "service/dynamodb/value.h"

static struct str json_quotes(struct arena *a, const char *text)
{
	char *copy = arena_c(a, str_c(text));

	for (char *p = copy; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	return str_c(copy);
}

static int read(struct arena *a, const char *text, const struct value **out, struct error *err)
{
	const struct json *json;

	assert_int_equal(json_parse(a, json_quotes(a, text), &json, NULL), 0);
	return value_read(a, json, out, err);
}

#define INVALID "One or more parameter values were invalid: "

static const struct {
	const char *json, *written; /* NULL: as read */
	size_t size;
	const char *error, *name;
} cases[] = {
	{ "{'S':'abc'}", NULL, 3 },
	{ "{'S':''}", NULL, 0 },
	{ "{'S':'äß'}", NULL, 4 },
	{ "{'N':'1.50'}", "{'N':'1.5'}", 2 },
	{ "{'N':'-12'}", NULL, 3 },
	{ "{'B':'AAEC'}", NULL, 3 },
	{ "{'B':''}", NULL, 0 },
	{ "{'BOOL':false}", NULL, 1 },
	{ "{'NULL':true}", NULL, 1 },
	{ "{'SS':['b','a']}", "{'SS':['a','b']}", 2 },
	{ "{'SS':['a','bc']}", NULL, 3 },
	{ "{'NS':['1','2.0']}", "{'NS':['1','2']}", 4 },
	{ "{'BS':['AA==','AQ==']}", NULL, 2 },
	{ "{'L':[]}", NULL, 3 },
	{ "{'M':{}}", NULL, 3 },
	{ "{'L':[{'S':'a'},{'N':'1'}]}", NULL, 3 + 2 + 3 },
	{ "{'M':{'k':{'S':'v'}}}", NULL, 3 + 1 + 2 },
	{ "{}", NULL, 0, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes" },
	{ "{'X':'a'}", NULL, 0, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes" },
	{ "{'S':'a','N':'1'}", NULL, 0,
	  "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes" },
	{ "{'S':5}", NULL, 0, "NUMBER_VALUE cannot be converted to String", "SerializationException" },
	{ "{'S':true}", NULL, 0, "TRUE_VALUE cannot be converted to String", "SerializationException" },
	{ "{'S':{}}", NULL, 0, "Start of structure or map found where not expected", "SerializationException" },
	{ "{'BOOL':'true'}", NULL, 0, "STRING_VALUE cannot be converted to Boolean", "SerializationException" },
	{ "{'B':'***'}", NULL, 0, NULL, "SerializationException" },
	{ "{'NULL':false}", NULL, 0, INVALID "Null attribute value types must have the value of true" },
	{ "{'N':'x'}", NULL, 0, "The parameter cannot be converted to a numeric value: x" },
	{ "{'SS':[]}", NULL, 0, INVALID "An string set  may not be empty" },
	{ "{'NS':[]}", NULL, 0, INVALID "An number set  may not be empty" },
	{ "{'BS':[]}", NULL, 0, INVALID "Binary sets should not be empty" },
	{ "{'SS':['']}", NULL, 0, INVALID "An string set may not have a empty string as a member" },
	{ "{'SS':['a','b','a']}", NULL, 0, INVALID "Input collection [a, b, a] contains duplicates." },
	{ "{'NS':['1','1.0']}", NULL, 0, "Input collection contains duplicates" },
	{ "{'BS':['AQ==','AQ==']}", NULL, 0, INVALID "Input collection [AQ==, AQ==]of type BS contains duplicates." },
};

static void test_read(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, MIB(1));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct value *v = NULL;
		struct error err = { 0 };
		struct buf b;
		int rc = read(&a, cases[i].json, &v, &err);
		if (cases[i].error || cases[i].name) {
			assert_int_equal(rc, ERR_INVALID);
			assert_string_equal(err.name, cases[i].name ? cases[i].name : "");
			if (cases[i].error)
				assert_string_equal(err.message, cases[i].error);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(value_size(v), cases[i].size);
		buf_init(&b, KIB(4));
		value_write(&b, v);
		assert_string_equal(buf_c(&b), json_quotes(&a, cases[i].written ? cases[i].written : cases[i].json).p);
		buf_release(&b);
	}
	arena_release(&a);
}

static const struct {
	const char *a, *b;
	bool equal;
} pairs[] = {
	{ "{'S':'a'}", "{'S':'a'}", true },
	{ "{'S':'1'}", "{'N':'1'}", false },
	{ "{'N':'1'}", "{'N':'1.0'}", true },
	{ "{'SS':['a','b']}", "{'SS':['b','a']}", true },
	{ "{'SS':['a']}", "{'SS':['b']}", false },
	{ "{'L':[{'S':'a'},{'S':'b'}]}", "{'L':[{'S':'b'},{'S':'a'}]}", false },
	{ "{'M':{'a':{'N':'1'},'b':{'NULL':true}}}", "{'M':{'b':{'NULL':true},'a':{'N':'1e0'}}}", true },
	{ "{'M':{'a':{'N':'1'}}}", "{'M':{'b':{'N':'1'}}}", false },
	{ "{'BOOL':true}", "{'BOOL':false}", false },
};

static void test_equal(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, MIB(1));
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct value *x, *y;
		assert_int_equal(read(&a, pairs[i].a, &x, NULL), 0);
		assert_int_equal(read(&a, pairs[i].b, &y, NULL), 0);
		assert_int_equal(value_equal(x, y), pairs[i].equal);
		assert_int_equal(value_equal(y, x), pairs[i].equal);
	}
	arena_release(&a);
}

static void test_stored(void **state)
{
	static const char text[] =
		"{'k':{'S':'x'},'n':{'N':'12'},'b':{'B':'AAEC'},'s':{'NS':['1','3']},'m':{'M':{'l':{'L':[{'BOOL':true}]}}},"
		"'z':{'NULL':true},'e':{'BS':['AA==']}}";
	const struct value *item, *again;
	const struct json *json;
	struct str stored;
	struct arena a;

	(void)state;
	arena_init(&a, MIB(1));
	assert_int_equal(json_parse(&a, json_quotes(&a, text), &json, NULL), 0);
	assert_int_equal(item_read(&a, json, &item, NULL), 0);
	assert_int_equal(item_encode(&a, item, &stored), 0);
	assert_int_equal(item_stored_size(stored), item_size(item));
	assert_true(str_eq(item_stored_text(stored), json_quotes(&a, text)));
	assert_int_equal(item_decode(&a, stored, &again, NULL), 0);
	assert_true(value_equal(item, again));
	arena_release(&a);
}

/* 32 levels are allowed, 33 are not. */
static void test_depth(void **state)
{
	for (int levels = VALUE_DEPTH_MAX; levels <= VALUE_DEPTH_MAX + 1; levels++) {
		const struct value *v;
		struct error err = { 0 };
		struct arena a;
		struct buf b;
		(void)state;
		arena_init(&a, MIB(1));
		buf_init(&b, KIB(4));
		for (int i = 0; i < levels; i++)
			buf_add_c(&b, "{'L':[");
		buf_add_c(&b, "{'S':'x'}");
		for (int i = 0; i < levels; i++)
			buf_add_c(&b, "]}");
		assert_int_equal(read(&a, buf_c(&b), &v, &err), levels <= VALUE_DEPTH_MAX ? 0 : ERR_INVALID);
		buf_release(&b);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_stored),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
