/* SPDX-License-Identifier: Apache-2.0
 *
 * JSONPath, one line a case.
 */
#include "helper.h"

#include "states/path.h"

#define STORE "{'store':{'book':[{'t':'A','p':8,'c':'x'},{'t':'B','p':12},{'t':'C','p':9,'c':'x'}],'bike':{'p':20}},'n':null}"

static const struct {
	const char *path, *input, *expected; /* NULL: no result */
} reads[] = {
	{ "$", "[1]", "[1]" },
	{ "$.a", "{'a':1}", "1" },
	{ "$.a.b", "{'a':{'b':[1]}}", "[1]" },
	{ "$['a']['b']", "{'a':{'b':2}}", "2" },
	{ "$.a-b.c_d", "{'a-b':{'c_d':3}}", "3" },
	{ "$['it\\'s']", "{}", NULL },
	{ "$.a", "{'a':null}", "null" },
	{ "$.a", "{}", NULL },
	{ "$.a.b", "{'a':'text'}", NULL },
	{ "$[0]", "[7,8]", "7" },
	{ "$[-1]", "[7,8]", "8" },
	{ "$[2]", "[7,8]", NULL },
	{ "$[-3]", "[7,8]", NULL },
	{ "$.a[1].b", "{'a':[0,{'b':5}]}", "5" },
	{ "$[*]", "[1,2]", "[1,2]" },
	{ "$.*", "{'a':1,'b':2}", "[1,2]" },
	{ "$.a[*]", "{}", "[]" },
	{ "$.a[*].b", "{'a':[{'b':1},{},{'b':2}]}", "[1,2]" },
	{ "$[1:3]", "[0,1,2,3]", "[1,2]" },
	{ "$[:2]", "[0,1,2,3]", "[0,1]" },
	{ "$[-2:]", "[0,1,2,3]", "[2,3]" },
	{ "$[0:4:2]", "[0,1,2,3]", "[0,2]" },
	{ "$[3:1]", "[0,1,2,3]", "[]" },
	{ "$[0,2]", "[5,6,7]", "[5,7]" },
	{ "$['a','c']", "{'a':1,'b':2,'c':3}", "[1,3]" },
	{ "$..p", STORE, "[8,12,9,20]" },
	{ "$.store.book[?(@.p < 10)].t", STORE, "['A','C']" },
	{ "$.store.book[?(@.c)].t", STORE, "['A','C']" },
	{ "$.store.book[?(!@.c)].t", STORE, "['B']" },
	{ "$.store.book[?(@.c == 'x' && @.p > 8)].t", STORE, "['C']" },
	{ "$.store.book[?(@.p == 12 || @.t == 'A')].t", STORE, "['A','B']" },
	{ "$.store.book[?(@.t in ['A','C'])].p", STORE, "[8,9]" },
	{ "$.store.book[?(@.t nin ['A'])].p", STORE, "[12,9]" },
	{ "$.store.book[?(@.p >= $.store.bike.p)]", STORE, "[]" },
	{ "$.store.book.length()", STORE, "3" },
	{ "$.x.sum()", "{'x':[1,2,3.5]}", "6.5" },
	{ "$.x.max()", "{'x':[1,7,3]}", "7" },
	{ "$.x.min()", "{'x':[4,2]}", "2" },
	{ "$.x.avg()", "{'x':[1,2]}", "1.5" },
	{ "$$.Execution.Id", "{}", "'x'" },
	{ "$v.k[1]", "{}", "2" },
	{ "$v", "{}", "{'k':[1,2]}" },
	{ "$unknown", "{}", NULL },
};

static void test_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		struct arena a;
		const struct path *p;
		arena_init(&a, MIB(1));
		if (path_compile(&a, str_c(reads[i].path), &p, NULL) < 0)
			fail_msg("refused: %s", reads[i].path);
		struct scope scope = test_scope(&a, read_json(&a, reads[i].input));
		check_json(reads[i].path, path_read(p, &scope, NULL), read_json(&a, reads[i].expected));
		arena_release(&a);
	}
}

static void test_refused(void **state)
{
	static const char *const texts[] = { "",
					     "a",
					     "$.",
					     "$..",
					     "$[",
					     "$[]",
					     "$['a'",
					     "$['a]",
					     "$.a b",
					     "$[1",
					     "$[1:2:0]",
					     "$[?(@.a == )]",
					     "$[?(@.a",
					     "$.a.nofunction()",
					     "$[a]",
					     "$.a[?()]",
					     "$[99999999999999999999]" };
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena a;
		const struct path *p;
		arena_init(&a, MIB(1));
		if (path_compile(&a, str_c(texts[i]), &p, NULL) == 0)
			fail_msg("accepted: %s", texts[i]);
		arena_release(&a);
	}
}

static void test_kinds(void **state)
{
	static const struct {
		const char *path;
		bool reference, definite;
	} kinds[] = {
		{ "$", true, true },           { "$.a[0]", true, true },   { "$.a[*]", false, false },
		{ "$..a", false, false },      { "$[0,1]", false, false }, { "$.a.length()", false, true },
		{ "$[?(@.a)]", false, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct arena a;
		const struct path *p;
		arena_init(&a, MIB(1));
		assert_int_equal(path_compile(&a, str_c(kinds[i].path), &p, NULL), 0);
		assert_int_equal(path_is_reference(p), kinds[i].reference);
		assert_int_equal(path_is_definite(p), kinds[i].definite);
		arena_release(&a);
	}
}

static const struct {
	const char *path, *root, *value, *expected;
} writes[] = {
	{ "$", "{'a':1}", "2", "2" },
	{ "$.a", "{}", "2", "{'a':2}" },
	{ "$.a", "{'a':1,'b':3}", "2", "{'a':2,'b':3}" },
	{ "$.a.b.c", "{}", "2", "{'a':{'b':{'c':2}}}" },
	{ "$.a.b", "{'a':{'x':1}}", "2", "{'a':{'x':1,'b':2}}" },
	{ "$.a[1]", "{'a':[0,1]}", "9", "{'a':[0,9]}" },
	{ "$.a[5]", "{'a':[0]}", "9", NULL },
	{ "$.a.b", "{'a':1}", "9", NULL },
	{ "$.a", "[1]", "9", NULL },
};

static void test_writes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		struct arena a;
		const struct path *p;
		arena_init(&a, MIB(1));
		const struct json *root = read_json(&a, writes[i].root);
		assert_int_equal(path_compile(&a, str_c(writes[i].path), &p, NULL), 0);
		check_json(writes[i].path, path_write(p, &a, root, read_json(&a, writes[i].value)),
			   read_json(&a, writes[i].expected));
		check_json("the root is not changed", root, read_json(&a, writes[i].root));
		arena_release(&a);
	}
}

static void test_reasons(void **state)
{
	static const struct {
		const char *path, *input, *why;
	} reasons[] = {
		{ "$.a", "{}", "No results for path: $['a']" },
		{ "$.a.b", "{'a':{}}", "No results for path: $['a']['b']" },
		{ "$.a.b", "{}", "Missing property in path $['a']" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct arena a;
		const struct path *p;
		struct str why = STR_NULL;
		arena_init(&a, MIB(1));
		assert_int_equal(path_compile(&a, str_c(reasons[i].path), &p, NULL), 0);
		assert_null(path_read_in(p, &a, read_json(&a, reasons[i].input), &why));
		assert_string_equal(arena_c(&a, why), reasons[i].why);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),  cmocka_unit_test(test_refused), cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_writes), cmocka_unit_test(test_reasons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
