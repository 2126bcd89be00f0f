/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/str.h"
#include "base/uuid.h"

static void compares(void **state)
{
	(void)state;
	assert_true(str_eq(STR("a"), str_c("a")));
	assert_false(str_eq(STR("a"), STR("b")));
	assert_true(str_eq(STR_NULL, STR("")));
	assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
	assert_false(str_eq_nocase(STR("a["), STR("A{")));
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("b"), STR("ab")) > 0);
	assert_true(str_starts(STR("uploads/x"), STR("uploads/")));
	assert_false(str_starts(STR("up"), STR("uploads/")));
	assert_true(str_ends(STR("x.png"), STR(".png")));
	assert_true(str_eq_constant_time(STR("same"), STR("same")));
	assert_false(str_eq_constant_time(STR("same"), STR("sane")));
	assert_false(str_eq_constant_time(STR("same"), STR("sam")));
}

static void splits(void **state)
{
	struct str rest = STR("a,,b");

	(void)state;
	assert_str(str_split(&rest, ','), "a");
	assert_str(str_split(&rest, ','), "");
	assert_str(str_split(&rest, ','), "b");
	assert_false(str_is_set(rest));
	assert_false(str_is_set(str_split(&rest, ',')));
}

static void reads_integers(void **state)
{
	static const struct {
		const char *text;
		int result;
		int64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "-1", 0, -1 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "9223372036854775808", ERR_INVALID, 0 },
		{ "-9223372036854775809", ERR_INVALID, 0 },
		{ "", ERR_INVALID, 0 },
		{ "-", ERR_INVALID, 0 },
		{ "+1", ERR_INVALID, 0 },
		{ "1 ", ERR_INVALID, 0 },
		{ "0x1", ERR_INVALID, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t value = 0;
		assert_int_equal(str_to_i64(str_c(cases[i].text), &value), cases[i].result);
		assert_int_equal(value, cases[i].value);
	}
}

static void reads_numbers(void **state)
{
	static const char *const wrong[] = { "", "-", "01", "1.", ".5", "1e", "1e+", "0x10", "nan", "inf", "1 ", "1,5" };
	double value;

	(void)state;
	assert_int_equal(str_to_double(STR("-12.5e-1"), &value), 0);
	assert_true(value == -1.25);
	assert_int_equal(str_to_double(STR("0"), &value), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(str_to_double(str_c(wrong[i]), &value), ERR_INVALID);
}

static void knows_utf8(void **state)
{
	static const char *const good[] = { "", "abc", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBF" };
	static const char *const bad[] = {
		"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "a\xFF"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(str_is_utf8(str_c(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(str_is_utf8(str_c(bad[i])));
	assert_int_equal(str_utf8_length(STR("a\xE2\x82\xAC")), 2);
}

static void formats_uuids(void **state)
{
	const uint8_t bytes[16] = { 0, 1, 2, 3, 4, 5, 0xF6, 7, 0xFF, 9, 10, 11, 12, 13, 14, 15 };
	char text[UUID_LENGTH + 1];

	(void)state;
	uuid_format(bytes, text);
	assert_string_equal(text, "00010203-0405-4607-bf09-0a0b0c0d0e0f");
	assert_true(uuid_is_valid(str_c(text)));
	assert_false(uuid_is_valid(STR("00010203-0405-4607-bf09-0a0b0c0d0e0")));
	assert_false(uuid_is_valid(STR("00010203x0405-4607-bf09-0a0b0c0d0e0f")));
	assert_false(uuid_is_valid(STR("g0010203-0405-4607-bf09-0a0b0c0d0e0f")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),      cmocka_unit_test(splits),     cmocka_unit_test(reads_integers),
		cmocka_unit_test(reads_numbers), cmocka_unit_test(knows_utf8), cmocka_unit_test(formats_uuids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
