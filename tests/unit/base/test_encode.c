/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/encode.h"

static void base64_both_ways(void **state)
{
	/* RFC 4648 §10 */
	static const char *const cases[][2] = { { "", "" },
						{ "f", "Zg==" },
						{ "fo", "Zm8=" },
						{ "foo", "Zm9v" },
						{ "foob", "Zm9vYg==" },
						{ "fooba", "Zm9vYmE=" },
						{ "foobar", "Zm9vYmFy" } };
	struct arena a;
	struct str bytes;

	(void)state;
	arena_init(&a, 4096);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_str(base64_encode(&a, cases[i][0], strlen(cases[i][0])), cases[i][1]);
		assert_int_equal(base64_decode(&a, str_c(cases[i][1]), &bytes), 0);
		assert_str(bytes, cases[i][0]);
	}
	assert_str(base64url_encode(&a, "\xFB\xFF", 2), "-_8");
	assert_int_equal(base64url_decode(&a, STR("-_8"), &bytes), 0);
	arena_release(&a);
}

static void base64_refuses(void **state)
{
	static const char *const wrong[] = { "Z",    "Zg",   "Zg=",  "Zg===",  "=Zg=", "Z===",
					     "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "-_==", "Zg==Zg==" };
	struct arena a;
	struct str bytes;

	(void)state;
	arena_init(&a, 4096);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(base64_decode(&a, str_c(wrong[i]), &bytes), ERR_INVALID);
	arena_release(&a);
}

static void hex_both_ways(void **state)
{
	unsigned char bytes[3];
	char text[6];

	(void)state;
	assert_int_equal(hex_decode(bytes, 3, STR("00aBff")), 0);
	hex_encode(text, bytes, 3);
	assert_str(str_of(text, 6), "00abff");
	assert_int_equal(hex_decode(bytes, 3, STR("00abf")), ERR_INVALID);
	assert_int_equal(hex_decode(bytes, 3, STR("00abfg")), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(base64_both_ways), cmocka_unit_test(base64_refuses),
					    cmocka_unit_test(hex_both_ways) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
