/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "format/uri.h"

static void encodes_and_decodes(void **state)
{
	struct arena a;
	struct str out;

	(void)state;
	arena_init(&a, KIB(64));
	assert_str(uri_encode_str(&a, STR("a b/c~-_.\xC3\xA9+%"), true), "a%20b/c~-_.%C3%A9%2B%25");
	assert_str(uri_encode_str(&a, STR("a/b"), false), "a%2Fb");
	assert_int_equal(uri_decode(&a, STR("a%20b%2fc+d"), false, &out), 0);
	assert_str(out, "a b/c+d");
	assert_int_equal(uri_decode(&a, STR("a+b"), true, &out), 0);
	assert_str(out, "a b");
	assert_int_equal(uri_decode(&a, STR("%4"), false, &out), ERR_INVALID);
	assert_int_equal(uri_decode(&a, STR("%4g"), false, &out), ERR_INVALID);
	assert_int_equal(uri_decode(&a, STR("%"), false, &out), ERR_INVALID);
	arena_release(&a);
}

static void reads_queries(void **state)
{
	struct arena a;
	struct uri_query q;

	(void)state;
	arena_init(&a, KIB(64));
	assert_int_equal(uri_query_parse(&a, STR("list-type=2&prefix=a%2Fb&acl&x=&x=2&&"), false, &q), 0);
	assert_int_equal(q.count, 5);
	assert_str(uri_query_get(&q, STR("prefix")), "a/b");
	assert_str(q.pairs[1].raw_value, "a%2Fb");
	assert_true(uri_query_has(&q, STR("acl")));
	assert_false(str_is_set(q.pairs[2].value));
	assert_true(str_is_set(uri_query_get(&q, STR("acl"))));
	assert_false(str_is_set(uri_query_get(&q, STR("none"))));
	assert_str(uri_query_get(&q, STR("x")), "");
	arena_release(&a);
}

static void parses_urls(void **state)
{
	static const char *const wrong[] = { "",
					     "localhost",
					     "ftp://x/",
					     "http://",
					     "http:///x",
					     "http://h:0/",
					     "http://h:65536/",
					     "http://h:x/",
					     "http://[::1/",
					     "http://user@h/" };
	struct uri u;

	(void)state;
	assert_int_equal(uri_parse(STR("http://127.0.0.1:4566/a/b?c=d#e"), &u, NULL), 0);
	assert_str(u.host, "127.0.0.1");
	assert_int_equal(u.port, 4566);
	assert_str(u.path, "/a/b");
	assert_str(u.query, "c=d");
	assert_int_equal(uri_parse(STR("https://[::1]:8443"), &u, NULL), 0);
	assert_str(u.host, "::1");
	assert_int_equal(u.port, 8443);
	assert_str(u.path, "/");
	assert_false(str_is_set(u.query));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(uri_parse(str_c(wrong[i]), &u, NULL), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(encodes_and_decodes), cmocka_unit_test(reads_queries),
					    cmocka_unit_test(parses_urls) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
