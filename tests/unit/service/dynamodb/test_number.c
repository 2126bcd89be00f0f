/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers: reading, writing, arithmetic, order; one line a case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/dynamodb/number.h"

#define NINES_38 "99999999999999999999999999999999999999"
#define OVERFLOW "Number overflow. Attempting to store a number with magnitude larger than supported range"
#define UNDERFLOW "Number underflow. Attempting to store a number with magnitude smaller than supported range"
#define PRECISE "Attempting to store more than 38 significant digits in a Number"
#define NO_NUMBER(text) "The parameter cannot be converted to a numeric value: " text

struct text_case {
	const char *text, *canonical, *error;
};

static const struct text_case text_cases[] = {
	{ "0", "0" },
	{ "-0", "0" },
	{ "+0.00", "0" },
	{ "0e5000", "0" },
	{ "000", "0" },
	{ "1", "1" },
	{ "+1", "1" },
	{ "-1", "-1" },
	{ "007", "7" },
	{ "1.50", "1.5" },
	{ "100", "100" },
	{ "-100.0", "-100" },
	{ ".5", "0.5" },
	{ "5.", "5" },
	{ "0.0012", "0.0012" },
	{ "12.0034", "12.0034" },
	{ "1e3", "1000" },
	{ "1E+3", "1000" },
	{ "1.5e2", "150" },
	{ "15e-1", "1.5" },
	{ "1e-5", "0.00001" },
	{ NINES_38, NINES_38 },
	{ "0." NINES_38, "0." NINES_38 },
	{ NINES_38 "000", NINES_38 "000" },
	{ "1"
	  "00000000000000000000000000000000000001",
	  NULL, PRECISE },
	{ NINES_38 "9", NULL, PRECISE },
	{ "1."
	  "00000000000000000000000000000000000001",
	  NULL, PRECISE },
	{ "9.99e125",
	  "99900000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000" },
	{ "1e126", NULL, OVERFLOW },
	{ "-1e126", NULL, OVERFLOW },
	{ "1e999999999999999999999", NULL, OVERFLOW },
	{ "1e-131", NULL, UNDERFLOW },
	{ "1e-99999999999", NULL, UNDERFLOW },
	{ "", NULL, "The parameter cannot be converted to a numeric value" },
	{ "a", NULL, NO_NUMBER("a") },
	{ "1a", NULL, NO_NUMBER("1a") },
	{ "--1", NULL, NO_NUMBER("--1") },
	{ "1e", NULL, NO_NUMBER("1e") },
	{ "1e+", NULL, NO_NUMBER("1e+") },
	{ ".", NULL, NO_NUMBER(".") },
	{ "1.2.3", NULL, NO_NUMBER("1.2.3") },
	{ " 1", NULL, NO_NUMBER(" 1") },
	{ "e5", NULL, NO_NUMBER("e5") },
	{ "NaN", NULL, NO_NUMBER("NaN") },
};

static void test_text(void **state)
{
	char out[NUMBER_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(text_cases) / sizeof(text_cases[0]); i++) {
		const struct text_case *c = &text_cases[i];
		struct number n;
		struct error err = { 0 };
		int rc = number_parse(str_c(c->text), &n, &err);
		if (c->error) {
			assert_int_equal(rc, ERR_INVALID);
			assert_string_equal(err.message, c->error);
			continue;
		}
		assert_int_equal(rc, 0);
		struct str text = number_text(out, &n);
		if (!str_eq_c(text, c->canonical))
			fail_msg("%s became " STR_FMT, c->text, STR_ARG(text));
	}
}

static struct number number(const char *text)
{
	struct number n;

	assert_int_equal(number_parse(str_c(text), &n, NULL), 0);
	return n;
}

/* The text of the smallest number reads back. */
static void test_smallest(void **state)
{
	char out[NUMBER_TEXT_MAX];
	struct number n = number("-1.2345678901234567890123456789012345678e-130");

	(void)state;
	struct number again;
	assert_int_equal(number_parse(number_text(out, &n), &again, NULL), 0);
	assert_int_equal(number_compare(&n, &again), 0);
}

static const struct {
	const char *a, *b, *sum, *error;
} sums[] = {
	{ "1", "2", "3" },
	{ "0", "0", "0" },
	{ "0", "-5", "-5" },
	{ "-5", "0", "-5" },
	{ "1", "-1", "0" },
	{ "-1", "1", "0" },
	{ "9", "1", "10" },
	{ "99999", "1", "100000" },
	{ "1000", "-1", "999" },
	{ "-1000", "1", "-999" },
	{ "1", "-1000", "-999" },
	{ "0.1", "0.2", "0.3" },
	{ "1.5", "2.5", "4" },
	{ "1e10", "1e-10", "10000000000.0000000001" },
	{ "-3", "-4", "-7" },
	{ "5e125", "4e125", NULL, NULL },
	{ "9e125", "9e125", NULL, OVERFLOW },
	{ "1e125", "1", NULL, OVERFLOW },
	{ NINES_38, "1",
	  "1"
	  "00000000000000000000000000000000000000" },
	{ "1e-130", "-1.1e-130", NULL, UNDERFLOW },
};

static void test_sums(void **state)
{
	char out[NUMBER_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		struct number a = number(sums[i].a), b = number(sums[i].b), sum;
		struct error err = { 0 };
		int rc = number_add(&a, &b, &sum, &err);
		if (sums[i].error) {
			assert_int_equal(rc, ERR_INVALID);
			assert_string_equal(err.message, sums[i].error);
		} else {
			assert_int_equal(rc, 0);
			if (sums[i].sum && !str_eq_c(number_text(out, &sum), sums[i].sum))
				fail_msg("%s + %s became " STR_FMT, sums[i].a, sums[i].b, STR_ARG(number_text(out, &sum)));
		}
	}
}

static const char *const ordered[] = {
	"-9.99e125", "-1e125",  "-100.5", "-100",   "-99", "-1.01", "-1.001", "-1",       "-0.99",
	"-0.1",      "-1e-130", "0",      "1e-130", "0.1", "0.99",  "1",      "1.001",    "1.01",
	"2",         "9.9",     "10",     "99",     "100", "100.5", "1e125",  "9.99e125",
};

static void test_order(void **state)
{
	size_t count = sizeof(ordered) / sizeof(ordered[0]);
	uint8_t x[NUMBER_KEY_MAX], y[NUMBER_KEY_MAX];

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			struct number a = number(ordered[i]), b = number(ordered[j]);
			struct str p = str_of((char *)x, number_order_key(&a, x)), q = str_of((char *)y, number_order_key(&b, y));
			int wanted = (i > j) - (i < j), keys = str_cmp(p, q);
			assert_int_equal(number_compare(&a, &b), wanted);
			assert_int_equal((keys > 0) - (keys < 0), wanted);
		}
	}
}

static void test_size(void **state)
{
	struct number one = number("1"), three = number("-123"), zero = number("0"), full = number(NINES_38);

	(void)state;
	assert_int_equal(number_size(&zero), 1);
	assert_int_equal(number_size(&one), 2);
	assert_int_equal(number_size(&three), 4);
	assert_int_equal(number_size(&full), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),  cmocka_unit_test(test_smallest), cmocka_unit_test(test_sums),
		cmocka_unit_test(test_order), cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
