/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/map.h"
#include "base/uuid.h"
#include "os/clock.h"
#include "os/random.h"

static void uuids_are_version_4_and_differ(void **state)
{
	struct map seen;

	(void)state;
	map_init(&seen);
	for (int i = 0; i < 5000; i++) {
		char text[37];
		void *old = NULL;

		random_uuid(text);
		assert_int_equal(strlen(text), UUID_LENGTH);
		assert_true(uuid_is_valid(str_c(text)));
		assert_int_equal(text[14], '4');
		assert_non_null(strchr("89ab", text[19]));
		assert_int_equal(map_put(&seen, str_c(text), text, &old), 0);
		assert_null(old);
	}
	map_release(&seen);
}

/* Every byte position of every size gets filled, across the edge of the per-thread stock and past it. */
static void fills_all_that_is_asked(void **state)
{
	static const size_t sizes[] = { 1, 2, 16, 17, 255, 256, 257, 1024, 5000 };

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		uint8_t seen[5001] = { 0 }, bytes[5001];

		for (int round = 0; round < 40; round++) {
			memset(bytes, 0, sizeof(bytes));
			random_bytes(bytes, sizes[s]);
			for (size_t i = 0; i < sizeof(bytes); i++)
				seen[i] |= bytes[i];
		}
		for (size_t i = 0; i < sizeof(seen); i++)
			assert_int_equal(seen[i] != 0, i < sizes[s]);
	}
}

static void below_stays_below_and_reaches_all(void **state)
{
	unsigned counts[7] = { 0 };

	(void)state;
	for (int i = 0; i < 14000; i++)
		counts[random_below(7)]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(counts[i], 1600, 2400);
	assert_int_equal(random_below(1), 0);
}

static void clocks_move_forward(void **state)
{
	int64_t mono = clock_mono_ns(), wall = clock_wall_ms(), cpu = clock_thread_cpu_ns();

	(void)state;
	clock_sleep_ms(20);
	assert_true(clock_mono_ns() - mono >= 20000000);
	assert_true(clock_wall_ms() - wall >= 19);
	assert_true(clock_thread_cpu_ns() - cpu < 15000000); /* it slept, it did not spin */
	assert_true(clock_process_cpu_ns() >= cpu);
	assert_true(wall > 1700000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uuids_are_version_4_and_differ),
		cmocka_unit_test(fills_all_that_is_asked),
		cmocka_unit_test(below_stays_below_and_reaches_all),
		cmocka_unit_test(clocks_move_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
