/* SPDX-License-Identifier: Apache-2.0
 *
 * Intrinsic functions, one line a case.
 */
#include "helper.h"

#include "states/intrinsic.h"

static const struct {
	const char *call, *input, *expected; /* NULL: States.IntrinsicFailure */
} calls[] = {
	{ "States.Format('Hello, {}.', $.name)", "{'name':'Ann'}", "'Hello, Ann.'" },
	{ "States.Format('{}-{}-{}', 1, true, null)", "{}", "'1-true-null'" },
	{ "States.Format('\\{{}\\}', 'x')", "{}", "'{x}'" },
	{ "States.Format('it\\'s')", "{}", "\"it's\"" },
	{ "States.Format($.t, 'x')", "{'t':'a{}b'}", "'axb'" },
	{ "States.Format('{} {}', 1)", "{}", NULL },
	{ "States.Format('{}', 1, 2)", "{}", NULL },
	{ "States.Format('{}', $.o)", "{'o':[1]}", "'[1]'" },
	{ "States.StringToJson('[1,true]')", "{}", "[1,true]" },
	{ "States.StringToJson('nope')", "{}", NULL },
	{ "States.StringToJson($.s)", "{'s':''}", "null" },
	{ "States.JsonToString($.a)", "{'a':[1,null]}", "'[1,null]'" },
	{ "States.Array()", "{}", "[]" },
	{ "States.Array(1, 'a', $.x, States.Array(2))", "{'x':{}}", "[1,'a',{},[2]]" },
	{ "States.ArrayPartition($.a, 4)", "{'a':[1,2,3,4,5,6]}", "[[1,2,3,4],[5,6]]" },
	{ "States.ArrayPartition($.a, 0)", "{'a':[1]}", NULL },
	{ "States.ArrayPartition('x', 1)", "{}", NULL },
	{ "States.ArrayContains($.a, 3)", "{'a':[1,3]}", "true" },
	{ "States.ArrayContains($.a, '3')", "{'a':[1,3]}", "false" },
	{ "States.ArrayRange(1, 9, 2)", "{}", "[1,3,5,7,9]" },
	{ "States.ArrayRange(3, 1, -1)", "{}", "[3,2,1]" },
	{ "States.ArrayRange(1, 2, 0)", "{}", NULL },
	{ "States.ArrayRange(1, 1001, 1)", "{}", NULL },
	{ "States.ArrayLength(States.ArrayRange(1, 1000, 1))", "{}", "1000" },
	{ "States.ArrayGetItem($.a, 2)", "{'a':[1,2,3]}", "3" },
	{ "States.ArrayGetItem($.a, 3)", "{'a':[1,2,3]}", NULL },
	{ "States.ArrayLength($.a)", "{'a':[1,2,3]}", "3" },
	{ "States.ArrayUnique($.a)", "{'a':[1,2,1.0,'1',[2],[2]]}", "[1,2,'1',[2]]" },
	{ "States.Base64Encode('Data to encode')", "{}", "'RGF0YSB0byBlbmNvZGU='" },
	{ "States.Base64Decode('RGF0YQ==')", "{}", "'Data'" },
	{ "States.Base64Decode('%%')", "{}", NULL },
	{ "States.Hash('input data', 'SHA-1')", "{}", "'aaff4a450a104cd177d28d18d74485e8cae074b7'" },
	{ "States.Hash('', 'MD5')", "{}", "'d41d8cd98f00b204e9800998ecf8427e'" },
	{ "States.Hash('x', 'CRC')", "{}", NULL },
	{ "States.JsonMerge($.a, $.b, false)", "{'a':{'x':{'y':1},'z':2},'b':{'x':{'w':3}}}", "{'x':{'w':3},'z':2}" },
	{ "States.JsonMerge($.a, $.a, true)", "{'a':{}}", NULL },
	{ "States.MathAdd(111, -1)", "{}", "110" },
	{ "States.MathAdd(9223372036854775807, 1)", "{}", NULL },
	{ "States.MathAdd('1', 1)", "{}", NULL },
	{ "States.MathRandom(5, 6)", "{}", "5" },
	{ "States.MathRandom(6, 5)", "{}", NULL },
	{ "States.StringSplit('1,2,,3', ',')", "{}", "['1','2','3']" },
	{ "States.StringSplit('This.is+a,test=string', '.+,=')", "{}", "['This','is','a','test','string']" },
	{ "States.UUID()", "{}", "'01020304-0506-4708-890a-0b0c0d0e0f10'" },
	{ "States.Format('{}', $.missing)", "{}", NULL },
	{ "States.Format('{}', $['a,b'])", "{'a,b':1}", "'1'" },
	{ "States.Format('{}', $$.Execution.Id)", "{}", "'x'" },
	{ "States.Format('{}', $v.k[0])", "{}", "'1'" },
};

static void test_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct arena a;
		const struct intrinsic *f;
		struct fault fault = { 0 };
		arena_init(&a, MIB(4));
		if (intrinsic_compile(&a, str_c(calls[i].call), &f, NULL) < 0)
			fail_msg("refused: %s", calls[i].call);
		struct scope scope = test_scope(&a, read_json(&a, calls[i].input));
		const struct json *expected = NULL;
		if (calls[i].expected && calls[i].expected[0] == '"')
			assert_int_equal(json_parse(&a, str_c(calls[i].expected), &expected, NULL), 0);
		else
			expected = read_json(&a, calls[i].expected);
		check_json(calls[i].call, intrinsic_call(f, &scope, &fault), expected);
		assert_int_equal(fault_is_set(&fault), expected == NULL);
		if (!expected)
			assert_string_equal(fault.error, "States.IntrinsicFailure");
		arena_release(&a);
	}
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"States.Nope()",
		"States.UUID(1)",
		"States.MathAdd(1)",
		"States.Format('x'",
		"Format('x')",
		"States.Format(x)",
		"States.Format('x') y",
		"States.Array(1,)",
		"States.Array('x)",
		("States.Array(States.Array(States.Array(States.Array(States.Array(States.Array(States.Array("
		 "States.Array(States.Array(States.Array(States.Array()))))))))))"),
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena a;
		const struct intrinsic *f;
		arena_init(&a, MIB(1));
		if (intrinsic_compile(&a, str_c(texts[i]), &f, NULL) == 0)
			fail_msg("accepted: %s", texts[i]);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_calls), cmocka_unit_test(test_refused) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
