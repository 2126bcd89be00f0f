/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "base/arena.h"
#include "os/file.h"
#include "service/package.h"

struct entry {
	const char *name, *text;
	unsigned mode; /* with the type's bits */
};

/* A zip file of the entries, as bytes in the arena. */
static struct str make_zip(struct arena *a, const char *folder, const struct entry *entries, size_t count)
{
	char path[256];
	int why;
	zip_t *zip;
	struct str bytes;

	snprintf(path, sizeof(path), "%s/made.zip", folder);
	zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &why);
	assert_non_null(zip);
	for (size_t i = 0; i < count; i++) {
		zip_source_t *source = zip_source_buffer(zip, entries[i].text, strlen(entries[i].text), 0);
		zip_int64_t index = zip_file_add(zip, entries[i].name, source, ZIP_FL_ENC_UTF_8);
		assert_true(index >= 0);
		zip_file_set_external_attributes(zip, (zip_uint64_t)index, 0, ZIP_OPSYS_UNIX, entries[i].mode << 16);
	}
	assert_int_equal(zip_close(zip), 0);
	assert_int_equal(file_read(a, path, 1 << 20, &bytes, NULL), 0);
	unlink(path);
	return bytes;
}

struct fixture {
	char folder[32], target[64];
	struct arena arena;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->folder, sizeof(f->folder), "/tmp/package-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->target, sizeof(f->target), "%s/out", f->folder);
	arena_init(&f->arena, 16 << 20);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_remove_tree(f->folder, NULL), 0);
	arena_release(&f->arena);
	free(f);
	return 0;
}

static void test_unpacks_with_modes(void **state)
{
	static const struct entry entries[] = {
		{ "bootstrap", "#!/bin/sh\n", 0100755 },
		{ "lib/deep/x.txt", "text", 0100600 },
		{ "plain", "p", 0 },
	};
	static const unsigned modes[] = { 0755, 0644, 0755 };
	struct fixture *f = *state;
	struct error err = { 0 };

	if (package_unpack(make_zip(&f->arena, f->folder, entries, 3), f->target, 1000, &err) != 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < 3; i++) {
		char path[128];
		struct stat st;
		struct str text;
		snprintf(path, sizeof(path), "%s/%s", f->target, entries[i].name);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, modes[i]);
		assert_int_equal(file_read(&f->arena, path, 100, &text, NULL), 0);
		assert_true(str_eq_c(text, entries[i].text));
	}
}

static void test_refuses_what_leads_out(void **state)
{
	static const struct entry cases[] = {
		{ "../x", "", 0100644 },   { "/x", "", 0100644 },   { "a/../../x", "", 0100644 },       { "a/./x", "", 0100644 },
		{ "a//x", "", 0100644 },   { "a\\x", "", 0100644 }, { "link", "/etc/passwd", 0120777 }, { "fifo", "", 0010644 },
		{ "device", "", 0020644 }, { "..", "", 0100644 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { 0 };
		if (package_unpack(make_zip(&f->arena, f->folder, &cases[i], 1), f->target, 1000, &err) != ERR_INVALID)
			fail_msg("%s is taken", cases[i].name);
		assert_false(file_exists(f->target));
	}
}

static void test_size_is_counted_as_it_comes_out(void **state)
{
	static char zeros[1001];
	struct entry entry = { "zeros", zeros, 0100644 };
	struct fixture *f = *state;
	struct error err = { 0 };

	memset(zeros, 'x', sizeof(zeros) - 1);
	assert_int_equal(package_unpack(make_zip(&f->arena, f->folder, &entry, 1), f->target, 999, &err), ERR_LIMIT);
	assert_false(file_exists(f->target));
	assert_int_equal(package_unpack(make_zip(&f->arena, f->folder, &entry, 1), f->target, 1000, &err), 0);
}

static void test_refuses_what_is_no_zip(void **state)
{
	static const struct entry entry = { "a", "text text text text", 0100644 };
	struct fixture *f = *state;
	struct str zip = make_zip(&f->arena, f->folder, &entry, 1);
	struct error err;

	assert_int_equal(package_unpack(STR("no zip"), f->target, 1000, &err), ERR_INVALID);
	assert_int_equal(package_unpack(STR(""), f->target, 1000, &err), ERR_INVALID);
	for (size_t n = 0; n < zip.n; n++) /* every way of being cut short */
		assert_int_not_equal(package_unpack(str_sub(zip, 0, n), f->target, 1000, &err), 0);
}

static void test_packs_what_it_unpacks(void **state)
{
	static const struct entry entries[] = { { "a", "one", 0100755 }, { "b/c", "two", 0100644 } };
	const struct str names[] = { STR("a"), STR("b/c") };
	struct fixture *f = *state;
	char packed[64], again[64], path[128];
	struct error err = { 0 };
	struct str text;

	assert_int_equal(package_unpack(make_zip(&f->arena, f->folder, entries, 2), f->target, 1000, &err), 0);
	snprintf(packed, sizeof(packed), "%s/packed.zip", f->folder);
	snprintf(again, sizeof(again), "%s/again", f->folder);
	assert_int_equal(package_pack(packed, f->target, names, 2, &err), 0);
	assert_int_equal(file_read(&f->arena, packed, 1 << 20, &text, NULL), 0);
	assert_int_equal(package_unpack(text, again, 1000, &err), 0);
	snprintf(path, sizeof(path), "%s/b/c", again);
	assert_int_equal(file_read(&f->arena, path, 100, &text, NULL), 0);
	assert_true(str_eq_c(text, "two"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unpacks_with_modes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refuses_what_leads_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_size_is_counted_as_it_comes_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refuses_what_is_no_zip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_packs_what_it_unpacks, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
