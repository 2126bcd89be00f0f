/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "os/file.h"

struct fixture {
	struct arena arena;
	char folder[64];
	char path[256];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	arena_init(&f->arena, 1 << 20);
	snprintf(f->folder, sizeof(f->folder), "/tmp/gleaner-test-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };
	int code = file_remove_tree(f->folder, &err);

	arena_release(&f->arena);
	if (code < 0)
		fprintf(stderr, "%s\n", err.message);
	code = code < 0 || file_exists(f->folder) ? -1 : 0;
	free(f);
	return code;
}

static const char *in(struct fixture *f, const char *name)
{
	snprintf(f->path, sizeof(f->path), "%s/%s", f->folder, name);
	return f->path;
}

static int entries_of(const char *path)
{
	DIR *folder = opendir(path);
	int count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count - 2;
}

static void writes_and_reads_back(void **state)
{
	struct fixture *f = *state;
	struct str out;
	struct stat status;

	assert_int_equal(file_write(in(f, "plain"), STR("one"), 0644, NULL), 0);
	assert_int_equal(file_write(in(f, "plain"), STR("2"), 0644, NULL), 0);
	assert_int_equal(file_read(&f->arena, f->path, 1, &out, NULL), 0);
	assert_true(str_eq_c(out, "2"));
	assert_int_equal(file_read(&f->arena, f->path, 0, &out, NULL), ERR_LIMIT);

	assert_int_equal(file_write(in(f, "empty"), STR(""), 0644, NULL), 0);
	assert_int_equal(file_read(&f->arena, f->path, 0, &out, NULL), 0);
	assert_true(str_is_set(out));
	assert_int_equal(out.n, 0);

	assert_int_equal(file_write_durable(in(f, "secret"), STR("key"), 0600, NULL), 0);
	assert_int_equal(stat(f->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void reads_what_grows_past_one_piece(void **state)
{
	struct fixture *f = *state;
	char *bytes = malloc(200000);
	struct str out;

	for (int i = 0; i < 200000; i++)
		bytes[i] = (char)(i * 7);
	assert_int_equal(file_write(in(f, "large"), str_of(bytes, 200000), 0644, NULL), 0);
	assert_int_equal(file_read(&f->arena, f->path, 200000, &out, NULL), 0);
	assert_true(str_eq(out, str_of(bytes, 200000)));
	assert_int_equal(file_read(&f->arena, f->path, 199999, &out, NULL), ERR_LIMIT);
	free(bytes);
}

static void durable_write_replaces_or_leaves_alone(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };
	struct str out;

	assert_int_equal(file_write_durable(in(f, "file"), STR("first"), 0644, NULL), 0);
	assert_int_equal(file_write_durable(in(f, "file"), STR("second"), 0644, NULL), 0);
	assert_int_equal(file_read(&f->arena, f->path, 100, &out, NULL), 0);
	assert_true(str_eq_c(out, "second"));
	assert_int_equal(entries_of(f->folder), 1); /* no temporary file is left */

	assert_int_equal(mkdir(in(f, "dir"), 0755), 0);
	assert_int_equal(file_write(in(f, "dir/x"), STR(""), 0644, NULL), 0);
	assert_int_equal(file_write_durable(in(f, "dir"), STR("no"), 0644, &err), ERR_IO);
	assert_non_null(strstr(err.message, "rename"));
	assert_int_equal(entries_of(f->folder), 2);
	assert_int_equal(file_write_durable(in(f, "absent/file"), STR("no"), 0644, NULL), ERR_NOT_FOUND);
}

static void absent_files_are_told_apart(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };
	struct str out = STR("untouched");

	assert_int_equal(file_read(&f->arena, in(f, "none"), 10, &out, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.message, "none"));
	assert_true(str_eq_c(out, "untouched"));
	assert_int_equal(file_read(&f->arena, f->folder, 10, &out, NULL), ERR_IO);
	assert_false(file_exists(in(f, "none")));
	assert_int_equal(file_sync_dir(in(f, "none"), NULL), ERR_NOT_FOUND);
	assert_int_equal(file_sync_dir(f->folder, NULL), 0);
}

static void makes_folders_on_the_way(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_make_dirs(in(f, "a/b//c/"), 0755, NULL), 0);
	assert_true(file_exists(in(f, "a/b/c")));
	assert_int_equal(file_make_dirs(in(f, "a/b/c"), 0755, NULL), 0);
	assert_int_equal(file_write(in(f, "a/file"), STR(""), 0644, NULL), 0);
	assert_int_equal(file_make_dirs(in(f, "a/file"), 0755, NULL), ERR_IO);
	assert_int_equal(file_make_dirs(in(f, "a/file/under"), 0755, NULL), ERR_IO);
	assert_int_equal(file_make_dirs("", 0755, NULL), ERR_INVALID);
}

static void removing_never_follows_links(void **state)
{
	struct fixture *f = *state;
	char outside[64] = "/tmp/gleaner-test-XXXXXX";
	char kept[128];

	assert_non_null(mkdtemp(outside));
	snprintf(kept, sizeof(kept), "%s/kept", outside);
	assert_int_equal(file_write(kept, STR("x"), 0644, NULL), 0);
	assert_int_equal(file_make_dirs(in(f, "t/a/b"), 0755, NULL), 0);
	assert_int_equal(symlink(outside, in(f, "t/a/b/link")), 0);
	assert_int_equal(symlink(outside, in(f, "direct")), 0);
	assert_int_equal(file_remove_tree(in(f, "direct"), NULL), 0);
	assert_int_equal(file_remove_tree(in(f, "t"), NULL), 0);
	assert_false(file_exists(f->path));
	assert_true(file_exists(kept));
	assert_int_equal(file_remove_tree(in(f, "t"), NULL), 0); /* absent is success */
	assert_int_equal(unlink(kept), 0);
	assert_int_equal(rmdir(outside), 0);
}

static void removes_trees_deeper_than_descriptors(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->folder, O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < 3000; i++) {
		int next;

		assert_int_equal(mkdirat(fd, "d", 0755), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		assert_true(next >= 0);
		close(fd);
		fd = next;
	}
	close(fd);
	assert_int_equal(file_remove_tree(in(f, "d"), NULL), 0);
	assert_int_equal(entries_of(f->folder), 0);
}

static void removes_folders_without_permissions(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_make_dirs(in(f, "t/closed/inner"), 0755, NULL), 0);
	assert_int_equal(chmod(in(f, "t/closed/inner"), 0), 0);
	assert_int_equal(file_write(in(f, "t/closed/file"), STR(""), 0, NULL), 0);
	assert_int_equal(chmod(in(f, "t/closed"), 0500), 0);
	assert_int_equal(chmod(in(f, "t"), 0), 0);
	assert_int_equal(file_remove_tree(in(f, "t"), NULL), 0);
	assert_int_equal(entries_of(f->folder), 0);
}

static void write_all_reports_a_broken_descriptor(void **state)
{
	struct error err = { 0 };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fd_write_all(ends[1], "abc", 3, NULL), 0);
	assert_int_equal(fd_write_all(ends[0], "abc", 3, &err), ERR_IO);
	assert_non_null(strstr(err.message, "write"));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_and_reads_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_what_grows_past_one_piece, set_up, tear_down),
		cmocka_unit_test_setup_teardown(durable_write_replaces_or_leaves_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(absent_files_are_told_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(makes_folders_on_the_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(removing_never_follows_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(removes_trees_deeper_than_descriptors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(removes_folders_without_permissions, set_up, tear_down),
		cmocka_unit_test(write_all_reports_a_broken_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
