/* SPDX-License-Identifier: Apache-2.0
 *
 * A server killed at any moment: what it had acknowledged is there, and no write is there by half.
 *
 * A child writes from several threads; each write puts two keys with one number, and the number is reported through a pipe
 * once `done` is called. The parent kills it with SIGKILL after a random while, opens the folder itself, and compares.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/random.h"
#include "support.h"

enum { ROUNDS = 12, THREADS = 8, PER_ROUND_MAX = 1 << 20 };

struct child {
	struct store *store;
	uint32_t base, thread;
	int pipe;
};

struct pair {
	uint32_t number;
};

static void number_key(struct key *k, const char *half, uint32_t number)
{
	key_init(k);
	key_add_str(k, str_c(half));
	key_add_u64(k, number);
}

static int put_pair(struct store_txn *txn, void *argument, struct error *err)
{
	struct pair *pair = argument;
	static char value[700];
	struct key left, right;

	number_key(&left, "left", pair->number);
	number_key(&right, "right", pair->number);
	if (store_put(txn, SPACE_DYNAMODB_ITEMS, key_str(&left), str_of(value, sizeof(value)), err) < 0)
		return ERR_IO;
	return store_put(txn, SPACE_DYNAMODB_INDEX, key_str(&right), STR("r"), err);
}

/* Every seventh write fails after its first put: it must leave nothing. */
static int put_half(struct store_txn *txn, void *argument, struct error *err)
{
	struct pair *pair = argument;
	struct key left;

	number_key(&left, "left", pair->number);
	if (store_put(txn, SPACE_DYNAMODB_ITEMS, key_str(&left), STR("half"), err) < 0)
		return ERR_IO;
	return error_set(err, ERR_EXISTS, "on purpose");
}

static void *child_thread(void *argument)
{
	struct child *c = argument;

	for (uint32_t i = 0; i < PER_ROUND_MAX; i++) {
		struct pair pair = { .number = c->base + i * THREADS + c->thread };
		int rc = store_write_wait(c->store, i % 7 == 6 ? put_half : put_pair, &pair, NULL);

		if (rc == 0 && write(c->pipe, &pair.number, sizeof(pair.number)) != sizeof(pair.number))
			break;
	}
	return NULL;
}

static void child_main(const char *folder, uint32_t base, int pipe)
{
	struct store_options options = { .folder = folder, .durability = STORE_FULL };
	struct child children[THREADS];
	pthread_t threads[THREADS];
	struct store *s;

	if (store_open(&s, &options, NULL) < 0)
		_exit(1);
	for (uint32_t i = 0; i < THREADS; i++) {
		children[i] = (struct child){ s, base, i, pipe };
		if (pthread_create(&threads[i], NULL, child_thread, &children[i]) != 0)
			_exit(1);
	}
	for (uint32_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

static bool has_half(struct store_txn *txn, enum store_space space, const char *half, uint32_t number)
{
	struct key k;

	number_key(&k, half, number);
	return store_has(txn, space, key_str(&k));
}

/* Reads what the child acknowledged until its end of the pipe is gone; counts what is missing. */
static void check_acknowledged(struct store *s, int pipe, uint32_t *count)
{
	struct store_txn *txn;
	struct error err;
	uint32_t number;

	assert_int_equal(store_read_begin(s, &txn, &err), 0);
	while (read(pipe, &number, sizeof(number)) == sizeof(number)) {
		assert_true(has_half(txn, SPACE_DYNAMODB_ITEMS, "left", number));
		assert_true(has_half(txn, SPACE_DYNAMODB_INDEX, "right", number));
		(*count)++;
	}
	store_read_end(txn);
}

static void check_no_halves(struct store *s)
{
	struct store_txn *txn;
	struct store_cursor c;
	struct error err;
	struct str key, value;
	struct arena a;

	arena_init(&a, MIB(16));
	assert_int_equal(store_read_begin(s, &txn, &err), 0);
	assert_int_equal(store_scan(&c, txn, SPACE_DYNAMODB_ITEMS, STR(""), STR_NULL, false, &err), 0);
	while (store_next(&c, &key, &value, &err) == 1) {
		struct str half;
		uint64_t number;

		assert_int_equal(key_read_str(&a, &key, &half), 0);
		assert_int_equal(key_read_u64(&key, &number), 0);
		assert_true(has_half(txn, SPACE_DYNAMODB_INDEX, "right", (uint32_t)number));
	}
	store_scan_end(&c);
	store_read_end(txn);
	arena_release(&a);
}

static uint32_t one_round(const char *folder, uint32_t base)
{
	uint32_t count = 0;
	int pipes[2], status;

	assert_int_equal(pipe(pipes), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(pipes[0]);
		child_main(folder, base, pipes[1]);
	}
	close(pipes[1]);
	clock_sleep_ms(20 + random_below(150));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	struct store *s = test_open(folder);
	check_acknowledged(s, pipes[0], &count);
	check_no_halves(s);
	store_close(s);
	close(pipes[0]);
	return count;
}

static void acknowledged_survives(void **state)
{
	char *folder = test_folder();
	uint32_t acknowledged = 0;
	(void)state;

	for (uint32_t round = 0; round < ROUNDS; round++)
		acknowledged += one_round(folder, round * PER_ROUND_MAX);
	assert_true(acknowledged > 0); /* otherwise nothing was tested */
	test_folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(acknowledged_survives) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
