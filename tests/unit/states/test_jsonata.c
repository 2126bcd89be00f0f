/* SPDX-License-Identifier: Apache-2.0
 *
 * JSONata, one line a case. `$i` stands for $states.input.
 */
#include "helper.h"

#include <stdio.h>

#include "states/jsonata.h"

#define INPUT "{'a':{'b':[{'c':1,'n':'x'},{'c':2,'n':'y'},{'c':3,'n':'x'}]},'s':'Hello World','one':[7],'z':[]}"

static const struct {
	const char *text, *expected; /* NULL: nothing, or an error */
} cases[] = {
	/* literals, operators */
	{ "1 + 2 * 3", "7" },
	{ "(1 + 2) * 3", "9" },
	{ "7 % 4", "3" },
	{ "-2 + 1", "-1" },
	{ "10 / 4", "2.5" },
	{ "\"a\" & 'b' & 1", "'ab1'" },
	{ "1 = 1.0", "true" },
	{ "'a' != 'b'", "true" },
	{ "2 in [1,2]", "true" },
	{ "1 < 2 and 'a' < 'b'", "true" },
	{ "false or true", "true" },
	{ "1 > 2 ? 'y' : 'n'", "'n'" },
	{ "1 > 2 ? 'y'", NULL },
	{ "null", "null" },
	{ "[1..3]", "[1,2,3]" },
	{ "[1, [2, 3], 4]", "[1,[2,3],4]" },
	{ "{'k': 1 + 1}", "{'k':2}" },
	{ "'\\u00e9\\n'", "'\xc3\xa9\\n'" },
	{ "1 /* note */ + 1", "2" },
	{ "$nope ?? 5", "5" },
	{ "0 ?: 6", "6" },
	/* paths */
	{ "$i.s", "'Hello World'" },
	{ "$i.a.b.c", "[1,2,3]" },
	{ "$i.a.b[0].c", "1" },
	{ "$i.a.b[-1].n", "'x'" },
	{ "$i.a.b[c > 1].n", "['y','x']" },
	{ "$i.a.b[n = 'y'].c", "2" },
	{ "$i.a.b[n='y'].c[]", "[2]" },
	{ "$i.nope", NULL },
	{ "$i.one", "[7]" },
	{ "$i.one[0]", "7" },
	{ "$i.z", "[]" },
	{ "$i.*.b[1].c", "2" },
	{ "$i.**.c", "[1,2,3]" },
	{ "$i.\"s\"", "'Hello World'" },
	{ "$i.`s`", "'Hello World'" },
	{ "$i.a.b.{n: c}", "[{'x':1},{'y':2},{'x':3}]" },
	{ "$i.a.b{n: c}", "{'x':[1,3],'y':2}" },
	{ "$i.a.b^(>c).c", "[3,2,1]" },
	{ "$i.a.b^(n, >c).c", "[3,1,2]" },
	{ "$i.a.b.(c * 2)", "[2,4,6]" },
	{ "$states.context.Execution.Id", "'x'" },
	{ "$v.k", "[1,2]" },
	/* variables and functions */
	{ "($x := 2; $x * $x)", "4" },
	{ "$x := 3", "3" },
	{ "($f := function($n) { $n <= 1 ? 1 : $n * $f($n - 1) }; $f(5))", "120" },
	{ "$map([1,2,3], function($v, $i) { $v * $i })", "[0,2,6]" },
	{ "$filter([1,2,3,4], function($v) { $v % 2 = 0 })", "[2,4]" },
	{ "$reduce([1,2,3], function($a, $b) { $a + $b })", "6" },
	{ "[1,2,3] ~> $sum()", "6" },
	{ "' x ' ~> $trim ~> $uppercase", "'X'" },
	{ "$single([1,2,3], function($v) { $v = 2 })", "2" },
	{ "$single([1,2])", NULL },
	{ "$sift({'a':1,'b':2}, function($v, $k) { $k = 'b' })", "{'b':2}" },
	{ "$each({'a':1}, function($v, $k) { $k & $v })", "'a1'" },
	{ "$sort([3,1,2])", "[1,2,3]" },
	{ "$sort(['b','a'], function($l, $r) { $l > $r })", "['a','b']" },
	/* text */
	{ "$length('h\xc3\xa9')", "2" },
	{ "$substring('hello', 1, 3)", "'ell'" },
	{ "$substring('hello', -2)", "'lo'" },
	{ "$substringBefore('a-b', '-')", "'a'" },
	{ "$substringAfter('a-b', '-')", "'b'" },
	{ "$pad('x', -3, '0')", "'00x'" },
	{ "$contains('abc', 'b')", "true" },
	{ "$contains('hello$world', /^hello\\$/)", "true" },
	{ "$contains('a1', /\\d/)", "true" },
	{ "$split('a, b', ', ')", "['a','b']" },
	{ "$split('a1b22c', /[0-9]+/)", "['a','b','c']" },
	{ "$join(['a','b'], '-')", "'a-b'" },
	{ "$replace('John Smith', /(\\w+)\\s(\\w+)/, '$2, $1')", "'Smith, John'" },
	{ "$match('ab', /b/).index", "1" },
	{ "$base64encode('hi')", "'aGk='" },
	{ "$base64decode('aGk=')", "'hi'" },
	{ "$encodeUrlComponent('a b')", "'a%20b'" },
	{ "$string({'a':1}) = '{\"a\":1}'", "true" },
	{ "$string(5)", "'5'" },
	{ "$lowercase('AB')", "'ab'" },
	/* numbers */
	{ "$number('1.5')", "1.5" },
	{ "$number('x')", NULL },
	{ "$round(2.5)", "2" },
	{ "$round(123.456, 2)", "123.46" },
	{ "$floor(-1.5)", "-2" },
	{ "$ceil(1.2)", "2" },
	{ "$abs(-3)", "3" },
	{ "$power(2, 10)", "1024" },
	{ "$sqrt(9)", "3" },
	{ "$sum([1,2,3])", "6" },
	{ "$max([1,9,3])", "9" },
	{ "$average([1,2])", "1.5" },
	{ "$sum(['a'])", NULL },
	{ "1/0", NULL },
	/* arrays and objects */
	{ "$count([1,2])", "2" },
	{ "$count($nope)", "0" },
	{ "$append([1], 2)", "[1,2]" },
	{ "$reverse([1,2])", "[2,1]" },
	{ "$distinct([1,1,2])", "[1,2]" },
	{ "$zip([1,2],[3,4])", "[[1,3],[2,4]]" },
	{ "$keys({'a':1,'b':2})", "['a','b']" },
	{ "$lookup({'a':1}, 'a')", "1" },
	{ "$merge([{'a':1},{'a':2,'b':3}])", "{'a':2,'b':3}" },
	{ "$spread({'a':1,'b':2})", "[{'a':1},{'b':2}]" },
	{ "$type([])", "'array'" },
	{ "$exists($nope)", "false" },
	{ "$not(0)", "true" },
	{ "$boolean('x')", "true" },
	{ "$error('bad')", NULL },
	{ "$assert(true)", NULL },
	/* Step Functions' own */
	{ "$partition([1,2,3], 2)", "[[1,2],[3]]" },
	{ "$range(0, 9, 3)", "[0,3,6,9]" },
	{ "$range(1, 9, 9)", "1" },
	{ "$parse('{\"a\":[1]}')", "{'a':[1]}" },
	{ "$hash('', 'MD5')", "'d41d8cd98f00b204e9800998ecf8427e'" },
	{ "$uuid()", "'01020304-0506-4708-890a-0b0c0d0e0f10'" },
	{ "$millis()", "1700000000000" },
	{ "$toMillis('2023-11-14T22:13:20Z')", "1700000000000" },
	{ "$fromMillis(0)", "'1970-01-01T00:00:00.000Z'" },
	{ "$now()", "'2023-11-14T22:13:20.000Z'" },
	/* endless ones end */
	{ "($f := function($n) { $f($n + 1) }; $f(1))", NULL },
	{ "nothing.here", NULL },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a;
		const struct jsonata *j;
		struct error err = { 0 };
		struct fault fault = { 0 };
		arena_init(&a, MIB(64));
		struct str text = str_c(cases[i].text);
		ptrdiff_t at = str_find(text, STR("$i."), 0);
		if (at >= 0)
			text = arena_printf(&a, STR_FMT "$states.input." STR_FMT, STR_ARG(str_sub(text, 0, (size_t)at)),
					    STR_ARG(str_from(text, (size_t)at + 3)));
		if (jsonata_compile(&a, text, &j, &err) < 0)
			fail_msg("refused: %s: %s", cases[i].text, err.message);
		struct scope scope = test_scope(&a, read_json(&a, INPUT));
		check_json(cases[i].text, jsonata_read(j, &scope, STR("Output"), &fault), read_json(&a, cases[i].expected));
		assert_int_equal(fault_is_set(&fault), cases[i].expected == NULL);
		arena_release(&a);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} refused[] = {
		{ "", "Unexpected end of expression" },
		{ "1 +", "Unexpected end of expression" },
		{ "\"open", "String literal must be terminated by a matching quote" },
		{ "a[1,2)", "Expected \"]\", got \",\"" },
		{ "{\"a\":}", "The symbol \"}\" cannot be used as a unary operator" },
		{ "$match(\"a\", /abc", "No terminating / in regular expression" },
		{ "$$", "The root of the input, \"$$\", is not available: use $states.input" },
		{ "1 := 2", "The left side of := must be a variable name (start with $)" },
		{ "(1", "Expected \")\" before end of expression" },
		{ "1 2", "Syntax error: \"2\"" },
		{ "a.1", "The literal value 1 cannot be used as a step within a path expression" },
		{ "a \x01", "Unknown operator: \"\x01\"" },
		{ "/* open", "Comment has no closing tag" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct arena a;
		const struct jsonata *j;
		struct error err = { 0 };
		arena_init(&a, MIB(1));
		if (jsonata_compile(&a, str_c(refused[i].text), &j, &err) == 0)
			fail_msg("accepted: %s", refused[i].text);
		assert_string_equal(err.message, refused[i].message);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases), cmocka_unit_test(test_refused) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
