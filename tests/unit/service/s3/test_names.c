/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "service/s3/state.h"

static void bucket_names(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} rows[] = {
		{ "abc", true },
		{ "a1-b.c", true },
		{ "123", true },
		{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk", true },
		{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl", false },
		{ "ab", false },
		{ "", false },
		{ "Abc", false },
		{ "a_b", false },
		{ "-abc", false },
		{ "abc-", false },
		{ ".abc", false },
		{ "a..b", false },
		{ "a.-b", true },
		{ "1.2.3.4", false },
		{ "192.168.5.400", false },
		{ "1.2.3", true },
		{ "1.2.3.4.5", true },
		{ "xn--abc", false },
		{ "sthree-abc", false },
		{ "abc-s3alias", false },
		{ "abc--x-s3", false },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (s3_bucket_name_is_valid(str_c(rows[i].name)) != rows[i].valid)
			fail_msg("\"%s\" should%s be valid", rows[i].name, rows[i].valid ? "" : " not");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bucket_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
