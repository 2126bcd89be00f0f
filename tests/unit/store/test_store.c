/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "store/internal.h"
#include "support.h"

/* A write made of data: puts `key` = `value`, then fails if asked to. */
struct put {
	struct store *store;
	const char *key;
	struct str value;
	int fail;
	int calls, result, hooks, hooks_at_done;
	char message[64];
};

static void count_hook(void *argument)
{
	struct put *p = argument;

	p->hooks++;
}

static int put_write(struct store_txn *txn, void *argument, struct error *err)
{
	struct put *p = argument;

	if (store_put(txn, SPACE_META, str_c(p->key), p->value, err) < 0 || store_after_commit(txn, count_hook, p) < 0)
		return ERR_IO;
	return p->fail ? error_set(err, p->fail, "asked to fail") : 0;
}

static void put_done(void *argument, int result, const struct error *err)
{
	struct put *p = argument;

	p->result = result;
	p->calls++;
	p->hooks_at_done = p->hooks;
	if (err)
		snprintf(p->message, sizeof(p->message), "%.63s", err->message);
}

static int hold_write(struct store_txn *txn, void *argument, struct error *err)
{
	(void)txn, (void)err;
	pthread_mutex_lock(argument);
	pthread_mutex_unlock(argument);
	return 0;
}

static int nothing(struct store_txn *txn, void *argument, struct error *err)
{
	(void)txn, (void)argument, (void)err;
	return 0;
}

static void expect(struct store *s, const char *key, const char *value)
{
	char *found = test_read(s, SPACE_META, key);

	if (value)
		assert_string_equal(found ? found : "(absent)", value);
	else
		assert_null(found);
	free(found);
}

/* The writer is held while the jobs queue up, so that they make one group. */
static void failures_stand_alone(void **state)
{
	char *folder = test_folder();
	struct store *s = test_open(folder);
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	struct put puts[] = {
		{ .key = "a", .value = STR("1") },
		{ .key = "b", .value = STR("2"), .fail = ERR_EXISTS },
		{ .key = "c", .value = STR("3") },
		{ .key = "a", .value = STR("4"), .fail = ERR_INVALID },
	};
	struct error err;
	(void)state;

	pthread_mutex_lock(&gate);
	assert_int_equal(store_write(s, hold_write, NULL, &gate), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(store_write(s, put_write, put_done, &puts[i]), 0);
	pthread_mutex_unlock(&gate);
	assert_int_equal(store_write_wait(s, nothing, NULL, &err), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(puts[i].calls, 1);
		assert_int_equal(puts[i].result, puts[i].fail);
		assert_int_equal(puts[i].hooks, puts[i].fail ? 0 : 1);
		assert_int_equal(puts[i].hooks_at_done, puts[i].hooks);
		assert_string_equal(puts[i].message, puts[i].fail ? "asked to fail" : "");
	}
	expect(s, "a", "1");
	expect(s, "b", NULL);
	expect(s, "c", "3");
	store_close(s);
	s = test_open(folder);
	expect(s, "a", "1");
	expect(s, "c", "3");
	store_close(s);
	test_folder_remove(folder);
}

static void the_queue_is_bounded(void **state)
{
	char *folder = test_folder();
	struct store *s = test_open(folder);
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	struct put p = { .key = "k", .value = STR("v") };
	int accepted = 0;
	(void)state;

	pthread_mutex_lock(&gate);
	assert_int_equal(store_write(s, hold_write, NULL, &gate), 0);
	clock_sleep_ms(50); /* the writer has taken it */
	while (accepted <= LIMIT_STORE_QUEUE && store_write(s, put_write, put_done, &p) == 0)
		accepted++;
	assert_int_equal(accepted, LIMIT_STORE_QUEUE);
	assert_int_equal(p.calls, 0);
	pthread_mutex_unlock(&gate);
	store_close(s); /* finishes what is queued */
	assert_int_equal(p.calls, accepted);
	assert_int_equal(p.result, 0);
	test_folder_remove(folder);
}

static int fill(struct store_txn *txn, void *argument, struct error *err)
{
	static const char *const keys[] = { "a", "b", "ba", "bb", "c", "\xff\xff", "\xff\xff\xff" };
	(void)argument;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (store_put(txn, SPACE_IAM, str_c(keys[i]), str_c(keys[i]), err) < 0)
			return ERR_IO;
	return 0;
}

static void scan_into(struct store_txn *txn, struct str from, struct str to, bool reverse, struct buf *out)
{
	struct store_cursor c;
	struct error err;
	struct str key, value;

	assert_int_equal(store_scan(&c, txn, SPACE_IAM, from, to, reverse, &err), 0);
	while (store_next(&c, &key, &value, &err) == 1) {
		assert_true(str_eq(key, value));
		buf_add_str(out, key);
		buf_add_char(out, ' ');
	}
	store_scan_end(&c);
}

static void scans_keep_order_and_bounds(void **state)
{
	static const struct {
		struct str from, to;
		bool reverse;
		const char *keys;
	} rows[] = {
		{ { "", 0 }, { NULL, 0 }, false, "a b ba bb c \xff\xff \xff\xff\xff " },
		{ { NULL, 0 }, { NULL, 0 }, true, "\xff\xff\xff \xff\xff c bb ba b a " },
		{ { "b", 1 }, { "c", 1 }, false, "b ba bb " },
		{ { "b", 1 }, { "c", 1 }, true, "bb ba b " },
		{ { "ba", 2 }, { NULL, 0 }, false, "ba bb c \xff\xff \xff\xff\xff " },
		{ { "x", 1 }, { "b", 1 }, false, "" },
		{ { "", 0 }, { "", 0 }, false, "" },
	};
	char *folder = test_folder();
	struct store *s = test_open(folder);
	struct store_txn *txn;
	struct error err;
	struct buf keys;
	(void)state;

	assert_int_equal(store_write_wait(s, fill, NULL, &err), 0);
	assert_int_equal(store_read_begin(s, &txn, &err), 0);
	buf_init(&keys, KIB(4));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_reset(&keys);
		scan_into(txn, rows[i].from, rows[i].to, rows[i].reverse, &keys);
		assert_string_equal(buf_c(&keys), rows[i].keys);
	}
	store_read_end(txn);
	buf_release(&keys);
	store_close(s);
	test_folder_remove(folder);
}

/* Two scans of one space and direction at once: each has a statement of its own. */
static void scans_overlap(void **state)
{
	char *folder = test_folder();
	struct store *s = test_open(folder);
	struct store_cursor one, two;
	struct store_txn *txn;
	struct error err;
	struct str key, value;
	(void)state;

	assert_int_equal(store_write_wait(s, fill, NULL, &err), 0);
	assert_int_equal(store_read_begin(s, &txn, &err), 0);
	assert_int_equal(store_scan(&one, txn, SPACE_IAM, STR("a"), STR_NULL, false, &err), 0);
	assert_int_equal(store_next(&one, &key, &value, &err), 1);
	assert_int_equal(store_scan(&two, txn, SPACE_IAM, STR("c"), STR_NULL, false, &err), 0);
	assert_int_equal(store_next(&two, &key, &value, &err), 1);
	assert_true(str_eq_c(key, "c"));
	assert_int_equal(store_next(&one, &key, &value, &err), 1);
	assert_true(str_eq_c(key, "b"));
	store_scan_end(&one);
	store_scan_end(&two);
	store_scan_end(&two);
	store_read_end(txn);
	store_close(s);
	test_folder_remove(folder);
}

static int delete_b(struct store_txn *txn, void *argument, struct error *err)
{
	(void)argument;
	assert_true(store_has(txn, SPACE_IAM, STR("ba")));
	assert_int_equal(store_delete_range(txn, SPACE_IAM, STR("b"), STR("c"), err), 0);
	assert_false(store_has(txn, SPACE_IAM, STR("ba")));
	assert_int_equal(store_delete(txn, SPACE_IAM, STR("never"), err), 0);
	assert_int_equal(store_delete_range(txn, SPACE_IAM, STR("\xff"), STR_NULL, err), 0);
	return store_delete(txn, SPACE_IAM, STR("a"), err);
}

static void a_snapshot_does_not_move(void **state)
{
	char *folder = test_folder();
	struct store *s = test_open(folder);
	struct store_txn *txn, *second;
	struct error err;
	struct buf keys;
	(void)state;

	buf_init(&keys, KIB(4));
	assert_int_equal(store_write_wait(s, fill, NULL, &err), 0);
	assert_int_equal(store_read_begin(s, &txn, &err), 0);
	assert_true(store_has(txn, SPACE_IAM, STR("ba")));
	assert_int_equal(store_write_wait(s, delete_b, NULL, &err), 0);
	scan_into(txn, STR("a"), STR("d"), false, &keys);
	assert_string_equal(buf_c(&keys), "a b ba bb c ");
	assert_int_equal(store_read_begin(s, &second, &err), ERR_INVALID);
	store_read_end(txn);
	assert_int_equal(store_read_begin(s, &txn, &err), 0);
	buf_reset(&keys);
	scan_into(txn, STR(""), STR_NULL, false, &keys);
	assert_string_equal(buf_c(&keys), "c ");
	assert_int_equal(store_after_commit(txn, count_hook, NULL), ERR_INVALID);
	store_read_end(txn);
	buf_release(&keys);
	store_close(s);
	test_folder_remove(folder);
}

struct sized {
	size_t key, value;
};

static int put_sized(struct store_txn *txn, void *argument, struct error *err)
{
	struct sized *size = argument;
	char *bytes = calloc(1, size->key + size->value + 1);

	assert_non_null(bytes);
	int rc = store_put(txn, SPACE_LOGS, str_of(bytes, size->key), str_of(bytes, size->value), err);
	free(bytes);
	return rc;
}

static void limits(void **state)
{
	static const struct {
		struct sized size;
		int result;
	} rows[] = {
		{ { 0, 1 }, ERR_LIMIT },         { { 1, 0 }, 0 },
		{ { KEY_MAX, 1 }, 0 },           { { KEY_MAX + 1, 1 }, ERR_LIMIT },
		{ { 2, LIMIT_STORE_VALUE }, 0 }, { { 3, LIMIT_STORE_VALUE + 1 }, ERR_LIMIT },
	};
	char *folder = test_folder();
	struct store *s = test_open(folder);
	struct error err;
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(store_write_wait(s, put_sized, (void *)&rows[i].size, &err), rows[i].result);
	store_close(s);
	test_folder_remove(folder);
}

/* Sixty-four callers, each with one write under way. */
enum { CALLERS = 64, WRITES = 40 };

struct caller {
	struct store *store;
	int number, failures;
};

static void *caller_main(void *argument)
{
	struct caller *c = argument;
	char key[32];
	struct error err;

	for (int i = 0; i < WRITES; i++) {
		snprintf(key, sizeof(key), "%d/%d", c->number, i);
		struct put p = { .key = key, .value = str_c(key) };
		char *found = store_write_wait(c->store, put_write, &p, &err) == 0 ? test_read(c->store, SPACE_META, key) : NULL;
		if (!found || strcmp(found, key) != 0)
			c->failures++;
		free(found);
	}
	return NULL;
}

static void reported_is_readable(void **state)
{
	char *folder = test_folder();
	struct store *s = test_open(folder);
	struct caller callers[CALLERS];
	pthread_t threads[CALLERS];
	(void)state;

	for (int i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){ s, i, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, caller_main, &callers[i]), 0);
	}
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(callers[i].failures, 0);
	}
	store_close(s);
	test_folder_remove(folder);
}

static void change_database(const char *folder, const char *sql)
{
	char path[256];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/gleaner.db", folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void refuse(const char *folder, int code, const char *words)
{
	struct store_options options = { .folder = folder };
	struct store *s = NULL;
	struct error err = { 0 };

	assert_int_equal(store_open(&s, &options, &err), code);
	assert_null(s);
	if (!strstr(err.message, words))
		fail_msg("\"%s\" does not say \"%s\"", err.message, words);
}

static void versions(void **state)
{
	char *folder = test_folder();
	struct put p = { .key = "k", .value = STR("v") };
	struct store *s = test_open(folder);
	struct error err;
	(void)state;

	assert_int_equal(store_write_wait(s, put_write, &p, &err), 0);
	refuse(folder, ERR_UNAVAILABLE, "in use by another gleaner server");
	store_close(s);
	/* A space that came with a later build is made; what was there stays. */
	change_database(folder, "DROP TABLE s5");
	s = test_open(folder);
	expect(s, "k", "v");
	store_close(s);
	change_database(folder, "PRAGMA user_version = 99");
	refuse(folder, ERR_UNSUPPORTED, "newer gleaner");
	change_database(folder, "PRAGMA user_version = 1; PRAGMA application_id = 7");
	refuse(folder, ERR_CORRUPT, "not one of gleaner's");
	test_folder_remove(folder);
	refuse("/dev/null/nowhere", ERR_IO, "/dev/null");
}

static int refuse_commit(void *argument)
{
	(void)argument;
	return 1;
}

/* A commit that fails: each of the group is told, nothing of it stays, no hook runs, the next group works. */
static void a_lost_group(void **state)
{
	char *folder = test_folder();
	struct store *s = test_open(folder);
	struct put puts[] = { { .key = "a", .value = STR("1") }, { .key = "b", .value = STR("2") } };
	struct error err;
	(void)state;

	assert_int_equal(store_write_wait(s, nothing, NULL, &err), 0);
	sqlite3_commit_hook(s->writer.connection.db, refuse_commit, NULL);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(store_write(s, put_write, put_done, &puts[i]), 0);
	assert_int_equal(store_write_wait(s, put_write, &puts[0], &err), ERR_IO);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(puts[i].result, ERR_IO);
		assert_int_equal(puts[i].hooks, 0);
	}
	expect(s, "a", NULL);
	sqlite3_commit_hook(s->writer.connection.db, NULL, NULL);
	assert_int_equal(store_write_wait(s, put_write, &puts[1], &err), 0);
	expect(s, "b", "2");
	store_close(s);
	test_folder_remove(folder);
}

/* A full disk, by way of SQLite's own bound: the large write is refused, the store stays usable. */
static void a_full_disk(void **state)
{
	static char large[MIB(2)];
	char *folder = test_folder();
	struct store *s = test_open(folder);
	struct put huge = { .key = "huge", .value = { large, sizeof(large) } };
	struct put small = { .key = "small", .value = STR("1") };
	struct error err;
	(void)state;

	assert_int_equal(store_write_wait(s, nothing, NULL, &err), 0);
	sqlite3_exec(s->writer.connection.db, "PRAGMA max_page_count = 200", NULL, NULL, NULL);
	assert_int_equal(store_write_wait(s, put_write, &huge, &err), ERR_IO);
	assert_non_null(strstr(err.message, "full"));
	assert_int_equal(huge.hooks, 0);
	assert_int_equal(store_write_wait(s, put_write, &small, &err), 0);
	expect(s, "huge", NULL);
	expect(s, "small", "1");
	store_close(s);
	test_folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_stand_alone),
		cmocka_unit_test(the_queue_is_bounded),
		cmocka_unit_test(scans_keep_order_and_bounds),
		cmocka_unit_test(scans_overlap),
		cmocka_unit_test(a_snapshot_does_not_move),
		cmocka_unit_test(limits),
		cmocka_unit_test(reported_is_readable),
		cmocka_unit_test(versions),
		cmocka_unit_test(a_lost_group),
		cmocka_unit_test(a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
