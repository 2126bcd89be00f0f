/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "format/json.h"

static struct arena arena;

static int start(void **state)
{
	(void)state;
	arena_init(&arena, MIB(64));
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static const struct json *parse(const char *text)
{
	const struct json *v = NULL;
	struct error err;

	if (json_parse(&arena, str_c(text), &v, &err))
		fail_msg("%s: %s", text, err.message);
	return v;
}

static void reads_and_writes(void **state)
{
	static const char *const same[] = {
		"null",
		"true",
		"false",
		"0",
		"-0",
		"1.50",
		"123456789012345678901234567890",
		"1e-7",
		"\"\"",
		"\"a\\\"b\\\\c\"",
		"\"\\b\\f\\n\\r\\t\\u0001\"",
		"[]",
		"{}",
		"[1,[2,[]],{}]",
		"{\"a\":1,\"b\":[true,null]}",
		"\"\xE2\x82\xAC\"",
	};
	static const char *const changed[][2] = {
		{ " [ 1 , 2 ] ", "[1,2]" },
		{ "\"\\u0041\\/\\u20ac\"", "\"A/\xE2\x82\xAC\"" },
		{ "\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\"" },
		{ "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		assert_str(json_to_str(&arena, parse(same[i])), same[i]);
	for (size_t i = 0; i < sizeof(changed) / sizeof(*changed); i++)
		assert_str(json_to_str(&arena, parse(changed[i][0])), changed[i][1]);
}

static void refuses(void **state)
{
	static const char *const wrong[] = {
		"",
		" ",
		"nul",
		"tru",
		"01",
		"1.",
		"+1",
		"-",
		".5",
		"1e",
		"\"",
		"\"a",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\\ud800\"",
		"\"\\udc00\"",
		"\"\\ud800\\u0041\"",
		"\"\t\"",
		"[",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"{",
		"{\"a\"",
		"{\"a\":",
		"{\"a\":1",
		"{\"a\":1,}",
		"{a:1}",
		"{\"a\" 1}",
		"1 2",
		"[] []",
		"'a'",
		"\xFF",
		"\"\xC3\"",
		"nullx",
		"[1 2]",
		"//",
		"\"\\",
		"NaN",
		"Infinity",
	};
	const struct json *v;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct error err = { 0 };
		if (json_parse(&arena, str_c(wrong[i]), &v, &err) != ERR_INVALID)
			fail_msg("accepted: %s", wrong[i]);
		assert_int_not_equal(err.message[0], 0);
	}
}

static void bounds_its_depth(void **state)
{
	char text[2 * LIMIT_JSON_DEPTH + 2];
	const struct json *v;

	(void)state;
	for (int depth = LIMIT_JSON_DEPTH - 1; depth <= LIMIT_JSON_DEPTH; depth++) {
		memset(text, '[', (size_t)depth);
		text[depth] = '1';
		memset(text + depth + 1, ']', (size_t)depth);
		int result = json_parse(&arena, str_of(text, 2 * (size_t)depth + 1), &v, NULL);
		assert_int_equal(result, depth < LIMIT_JSON_DEPTH ? 0 : ERR_LIMIT);
	}
}

/* Cut anywhere, a text is refused and nothing beyond it is read. */
static void refuses_every_cut(void **state)
{
	static const char whole[] = "{\"a\":[1,-2.5e3,\"x\\u20ac\\n\"],\"b\":{\"c\":null,\"d\":false}}";
	const struct json *v;

	(void)state;
	for (size_t n = 0; n + 1 < sizeof(whole) - 1; n++) {
		char *piece = test_malloc(n + 1);
		memcpy(piece, whole, n);
		assert_int_equal(json_parse(&arena, str_of(piece, n), &v, NULL), ERR_INVALID);
		test_free(piece);
	}
}

static void keeps_the_last_of_many_duplicates(void **state)
{
	struct buf text;
	struct arena a;
	const struct json *v;
	int64_t n;

	(void)state;
	arena_init(&a, MIB(8));
	buf_init(&text, MIB(1));
	buf_add_char(&text, '{');
	for (int i = 0; i < 1000; i++)
		buf_addf(&text, "%s\"k%d\":%d", i ? "," : "", i % 100, i);
	buf_add_char(&text, '}');
	assert_int_equal(json_parse(&a, buf_str(&text), &v, NULL), 0);
	assert_int_equal(v->count, 100);
	assert_int_equal(json_to_i64(json_get_c(v, "k7"), &n), 0);
	assert_int_equal(n, 907);
	buf_release(&text);
	arena_release(&a);
}

static void reads_numbers(void **state)
{
	int64_t n;
	double d;

	(void)state;
	assert_int_equal(json_to_i64(parse("9223372036854775807"), &n), 0);
	assert_true(n == INT64_MAX);
	assert_int_equal(json_to_i64(parse("1e3"), &n), 0);
	assert_int_equal(n, 1000);
	assert_int_equal(json_to_i64(parse("1.5"), &n), ERR_INVALID);
	assert_int_equal(json_to_i64(parse("\"1\""), &n), ERR_INVALID);
	assert_int_equal(json_to_i64(NULL, &n), ERR_INVALID);
	assert_int_equal(json_to_double(parse("0.1"), &d), 0);
	assert_str(json_new_double(&arena, d)->text, "0.1");
	assert_str(json_new_double(&arena, 1e300)->text, "1e+300");
	assert_str(json_new_double(&arena, 3)->text, "3");
}

static void compares_deeply(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{ "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true },
		{ "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
		{ "1", "1.0", true },
		{ "10", "1e1", true },
		{ "9007199254740993", "9007199254740992", false },
		{ "[1,2]", "[2,1]", false },
		{ "\"1\"", "1", false },
		{ "null", "false", false },
		{ "[[],{}]", "[[],{}]", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(json_equal(parse(cases[i].a), parse(cases[i].b)), cases[i].equal);
}

static void builds(void **state)
{
	struct json *object = json_new_object(&arena), *array = json_new_array(&arena);

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_true(json_add(&arena, array, json_new_i64(&arena, i)));
	assert_true(json_put(&arena, object, STR("x"), array));
	assert_true(json_put(&arena, object, STR("x"), &json_bool_true));
	assert_false(json_put(&arena, object, STR("y"), NULL));
	struct json *copy = json_copy_object(&arena, object);
	assert_true(json_put(&arena, copy, STR("z"), array));
	assert_str(json_to_str(&arena, object), "{\"x\":true}");
	assert_str(json_to_str(&arena, json_clone(&arena, copy)), "{\"x\":true,\"z\":[0,1,2,3,4,5,6,7,8,9]}");
	assert_null(json_get_c(array, "x"));
	assert_null(json_at(array, 10));
	assert_false(str_is_set(json_get_text(object, STR("x"))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes),
		cmocka_unit_test(refuses),
		cmocka_unit_test(bounds_its_depth),
		cmocka_unit_test(refuses_every_cut),
		cmocka_unit_test(keeps_the_last_of_many_duplicates),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(compares_deeply),
		cmocka_unit_test(builds),
	};
	return cmocka_run_group_tests(tests, start, finish);
}
