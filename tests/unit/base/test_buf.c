/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>

#include "base/buf.h"

static void grows_and_drops(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%d,", i % 10);
	assert_int_equal(buf_failed(&b), 0);
	assert_int_equal(b.n, 2000);
	buf_drop(&b, 1998);
	assert_str(buf_str(&b), "9,");
	buf_reset(&b);
	buf_add_i64(&b, INT64_MIN);
	assert_string_equal(buf_c(&b), "-9223372036854775808");
	buf_release(&b);
}

static void keeps_its_maximum(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_add(&b, "1234", 4);
	assert_int_equal(buf_failed(&b), 0);
	buf_add_char(&b, '5');
	assert_int_equal(buf_failed(&b), ERR_LIMIT);
	buf_reset(&b);
	buf_addf(&b, "%d", 12345);
	assert_int_equal(buf_failed(&b), ERR_LIMIT);
	buf_add_c(&b, "1"); /* sticky */
	assert_int_equal(b.n, 0);
	assert_null(buf_take(&b, NULL));
	buf_release(&b);
}

static void hands_over(void **state)
{
	struct buf b;
	size_t n = 99;

	(void)state;
	buf_init(&b, 100);
	char *empty = buf_take(&b, &n);
	assert_string_equal(empty, "");
	assert_int_equal(n, 0);
	free(empty);
	buf_add_c(&b, "text");
	char *text = buf_take(&b, &n);
	assert_string_equal(text, "text");
	assert_int_equal(n, 4);
	assert_int_equal(b.n, 0);
	free(text);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_drops),
		cmocka_unit_test(keeps_its_maximum),
		cmocka_unit_test(hands_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
