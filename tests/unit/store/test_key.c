/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static struct key text_key(struct str first, struct str second)
{
	struct key k;

	key_init(&k);
	key_add_str(&k, first);
	if (str_is_set(second))
		key_add_str(&k, second);
	return k;
}

/* In ascending order of (first, second). */
static void order_of_texts(void **state)
{
	static const struct {
		struct str first, second;
	} rows[] = {
		{ { "", 0 }, { NULL, 0 } },    { { "", 0 }, { "a", 1 } },     { { "\0", 1 }, { "a", 1 } },
		{ { "\0\0", 2 }, { "", 0 } },  { { "\0\1", 2 }, { "", 0 } },  { { "\0\xff", 2 }, { "", 0 } },
		{ { "\1", 1 }, { "", 0 } },    { { "a", 1 }, { NULL, 0 } },   { { "a", 1 }, { "", 0 } },
		{ { "a", 1 }, { "b", 1 } },    { { "a", 1 }, { "\xff", 1 } }, { { "a\0", 2 }, { "a", 1 } },
		{ { "a\0b", 3 }, { "a", 1 } }, { { "a\1", 2 }, { "a", 1 } },  { { "ab", 2 }, { "", 0 } },
		{ { "b", 1 }, { "", 0 } },     { { "\xff", 1 }, { "", 0 } },  { { "\xff\xff", 2 }, { "", 0 } },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
			struct key left = text_key(rows[i].first, rows[i].second);
			struct key right = text_key(rows[j].first, rows[j].second);
			int order = str_cmp(key_str(&left), key_str(&right));

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}

static void order_of_numbers(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 255, 256, 65535, 1ull << 32, UINT64_MAX - 1, UINT64_MAX };
	(void)state;

	for (size_t i = 1; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct key low, high;

		key_init(&low);
		key_init(&high);
		key_add_u64(&low, numbers[i - 1]);
		key_add_u64(&high, numbers[i]);
		assert_true(str_cmp(key_str(&low), key_str(&high)) < 0);
	}
}

static void parts_come_back(void **state)
{
	struct arena a;
	struct key k;
	struct str part;
	uint64_t number;
	(void)state;

	arena_init(&a, KIB(64));
	key_init(&k);
	key_add_str(&k, str_of("a\0\0b", 4));
	key_add_u64(&k, 0x0102030405060708);
	key_add_str(&k, STR(""));
	key_add_str(&k, STR("end"));
	struct str rest = key_str(&k);
	assert_int_equal(key_read_str(&a, &rest, &part), 0);
	assert_true(str_eq(part, str_of("a\0\0b", 4)));
	assert_int_equal(key_read_u64(&rest, &number), 0);
	assert_true(number == 0x0102030405060708);
	assert_int_equal(key_read_str(&a, &rest, &part), 0);
	assert_int_equal(part.n, 0);
	assert_int_equal(key_read_str(&a, &rest, &part), 0);
	assert_true(str_eq_c(part, "end"));
	assert_int_equal(rest.n, 0);
	assert_int_equal(key_read_str(&a, &rest, &part), ERR_CORRUPT);
	assert_int_equal(key_read_u64(&rest, &number), ERR_CORRUPT);
	rest = str_of("a\0\2b\0\1", 6);
	assert_int_equal(key_read_str(&a, &rest, &part), ERR_CORRUPT);
	arena_release(&a);
}

static void prefix_ends(void **state)
{
	struct arena a;
	(void)state;

	arena_init(&a, KIB(64));
	assert_true(str_eq_c(key_prefix_end(&a, STR("ab")), "ac"));
	assert_true(str_eq_c(key_prefix_end(&a, STR("a\xff\xff")), "b"));
	assert_false(str_is_set(key_prefix_end(&a, STR("\xff"))));
	assert_false(str_is_set(key_prefix_end(&a, STR(""))));
	arena_release(&a);
}

static void the_limit(void **state)
{
	static char bytes[KEY_MAX + 1];
	struct key k;
	(void)state;

	key_init(&k);
	key_add_raw(&k, str_of(bytes, KEY_MAX));
	assert_false(k.failed);
	assert_int_equal(key_str(&k).n, KEY_MAX);
	key_add_raw(&k, str_of(bytes, 1));
	assert_true(k.failed);
	assert_true(key_str(&k).n > KEY_MAX);
	key_add_u64(&k, 1);
	assert_int_equal(key_str(&k).n, KEY_MAX + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_texts), cmocka_unit_test(order_of_numbers), cmocka_unit_test(parts_come_back),
		cmocka_unit_test(prefix_ends),    cmocka_unit_test(the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
