/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/map.h"

static struct str name(char text[16], int i)
{
	return str_of(text, (size_t)snprintf(text, 16, "key%d", i));
}

static void puts_and_removes_many(void **state)
{
	struct map m;
	static int values[5000];
	char text[16];
	void *old = &m;

	(void)state;
	map_init(&m);
	assert_null(map_get(&m, STR("none")));
	for (int i = 0; i < 5000; i++)
		assert_int_equal(map_put(&m, name(text, i), &values[i], &old), 0);
	assert_null(old);
	for (int i = 0; i < 5000; i += 2)
		assert_ptr_equal(map_remove(&m, name(text, i)), &values[i]);
	assert_int_equal(m.count, 2500);
	for (int i = 0; i < 5000; i++)
		assert_ptr_equal(map_get(&m, name(text, i)), i % 2 ? &values[i] : NULL);
	for (int i = 0; i < 5000; i += 2)
		assert_int_equal(map_put(&m, name(text, i), &values[i], NULL), 0);
	assert_int_equal(map_put(&m, name(text, 7), &values[8], &old), 0);
	assert_ptr_equal(old, &values[7]);
	assert_int_equal(m.count, 5000);
	map_release(&m);
}

static void walks_in_order(void **state)
{
	struct map m;
	char text[16];
	int n = 0;

	(void)state;
	map_init(&m);
	for (int i = 0; i < 100; i++)
		assert_int_equal(map_put(&m, name(text, i), &n, NULL), 0);
	for (struct map_entry *e = map_next(&m, NULL); e; e = map_next(&m, e))
		assert_str(str_of(e->key, e->key_n), name(text, n++).p);
	assert_int_equal(n, 100);
	map_release(&m);
}

/* A map that is filled and emptied again and again does not grow. */
static void does_not_grow_with_churn(void **state)
{
	struct map m;
	char text[16];

	(void)state;
	map_init(&m);
	for (int i = 0; i < 100000; i++) {
		assert_int_equal(map_put(&m, name(text, i), &m, NULL), 0);
		map_remove(&m, name(text, i));
	}
	assert_true(m.slot_count <= 64);
	map_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_and_removes_many),
		cmocka_unit_test(walks_in_order),
		cmocka_unit_test(does_not_grow_with_churn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
