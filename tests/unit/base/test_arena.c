/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/arena.h"

static void allocates_zeroed_and_aligned(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t n = 0; n < 5000; n += 37) {
		unsigned char *p = arena_alloc(&a, n);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xFF, n);
	}
	arena_release(&a);
}

static void keeps_its_cap(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1024);
	assert_non_null(arena_alloc(&a, 1024));
	assert_false(arena_failed(&a));
	assert_null(arena_alloc(&a, 1));
	assert_true(arena_failed(&a));
	assert_null(arena_alloc_array(&a, SIZE_MAX / 2, 3));
	assert_false(str_is_set(arena_str(&a, STR("x"))));
	arena_release(&a);
}

static int order;

static void note(void *argument)
{
	order = order * 10 + *(int *)argument;
}

static void cleans_up_in_reverse(void **state)
{
	struct arena a;
	int one = 1, two = 2;

	(void)state;
	order = 0;
	arena_init(&a, 1024);
	assert_int_equal(arena_on_release(&a, note, &one), 0);
	assert_int_equal(arena_on_release(&a, note, &two), 0);
	arena_release(&a);
	assert_int_equal(order, 21);
}

static void makes_texts(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	assert_str(arena_printf(&a, "%s-%d", "x", 7), "x-7");
	assert_str(arena_concat(&a, STR("ab"), STR("cd")), "abcd");
	assert_false(str_is_set(arena_str(&a, STR_NULL)));
	struct str empty = arena_str(&a, STR(""));
	assert_true(str_is_set(empty));
	assert_int_equal(empty.p[0], 0);
	arena_release(&a);
}

static void makes_text_of_any_bytes(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	assert_str(arena_str_utf8(&a, STR("gr\xC3\xBC\xC3\x9F")), "gr\xC3\xBC\xC3\x9F");
	assert_str(arena_str_utf8(&a, STR("a\xFF"
					  "b\xC3")),
		   "a\xEF\xBF\xBD"
		   "b\xEF\xBF\xBD");
	assert_str(arena_str_utf8(&a, STR("\xE2\x82z")), "\xEF\xBF\xBD\xEF\xBF\xBDz");
	assert_false(str_is_set(arena_str_utf8(&a, STR_NULL)));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocates_zeroed_and_aligned), cmocka_unit_test(keeps_its_cap),
		cmocka_unit_test(cleans_up_in_reverse),         cmocka_unit_test(makes_texts),
		cmocka_unit_test(makes_text_of_any_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
