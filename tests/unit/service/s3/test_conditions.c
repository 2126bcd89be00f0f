/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "service/s3/object.h"

#define BEFORE "Sun, 22 Nov 2026 09:29:59 GMT"
#define AT "Sun, 22 Nov 2026 09:30:00 GMT"
#define AFTER "Sun, 22 Nov 2026 09:30:01 GMT"

/* Of an object with the ETag abc, modified at AT and 400 ms. */
static void reads(void **state)
{
	static const struct {
		const char *match, *none_match, *modified, *unmodified;
		enum s3_condition result;
	} rows[] = {
		{ NULL, NULL, NULL, NULL, CONDITION_HOLDS },
		{ "\"abc\"", NULL, NULL, NULL, CONDITION_HOLDS },
		{ "abc", NULL, NULL, NULL, CONDITION_HOLDS },
		{ "*", NULL, NULL, NULL, CONDITION_HOLDS },
		{ "\"x\", \"abc\"", NULL, NULL, NULL, CONDITION_HOLDS },
		{ "\"x\"", NULL, NULL, NULL, CONDITION_FAILED },
		{ NULL, "\"abc\"", NULL, NULL, CONDITION_NOT_MODIFIED },
		{ NULL, "W/\"abc\"", NULL, NULL, CONDITION_NOT_MODIFIED },
		{ NULL, "\"x\"", NULL, NULL, CONDITION_HOLDS },
		{ NULL, NULL, BEFORE, NULL, CONDITION_HOLDS },
		{ NULL, NULL, AT, NULL, CONDITION_NOT_MODIFIED },
		{ NULL, NULL, AFTER, NULL, CONDITION_NOT_MODIFIED },
		{ NULL, NULL, "not a date", NULL, CONDITION_HOLDS },
		{ NULL, NULL, NULL, BEFORE, CONDITION_FAILED },
		{ NULL, NULL, NULL, AT, CONDITION_HOLDS },
		{ NULL, NULL, NULL, "not a date", CONDITION_HOLDS },
		/* An ETag decides over a date. */
		{ "\"abc\"", NULL, NULL, BEFORE, CONDITION_HOLDS },
		{ NULL, "\"x\"", AFTER, NULL, CONDITION_HOLDS },
		{ NULL, "\"abc\"", BEFORE, NULL, CONDITION_NOT_MODIFIED },
		{ "\"x\"", "\"abc\"", NULL, NULL, CONDITION_FAILED },
	};
	struct object o = { .etag = STR("abc"), .modified_ms = 1795339800400 };
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct s3_conditions c = { str_c(rows[i].match), str_c(rows[i].none_match), str_c(rows[i].modified),
					   str_c(rows[i].unmodified) };
		const char *failed = NULL;

		if (s3_read_condition(&c, &o, &failed) != rows[i].result)
			fail_msg("row %zu", i);
		assert_true(rows[i].result == CONDITION_HOLDS || failed != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reads) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
