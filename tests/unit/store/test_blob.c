/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "store/blob.h"
#include "support.h"

static void write_blob(struct blob_writer *w, struct store *s, const char *text)
{
	struct error err;

	assert_int_equal(blob_begin(w, s, &err), 0);
	assert_int_equal(blob_write(w, text, strlen(text), &err), 0);
}

static bool blob_is(struct store *s, const char *id, const char *text)
{
	char bytes[64] = "";
	uint64_t size;
	struct error err;
	int fd;

	int rc = blob_open(s, str_c(id), &fd, &size, &err);
	if (rc == ERR_NOT_FOUND)
		return text == NULL;
	assert_int_equal(rc, 0);
	assert_int_equal(read(fd, bytes, sizeof(bytes) - 1), size);
	close(fd);
	return text && strcmp(bytes, text) == 0;
}

static void written_sealed_removed(void **state)
{
	char *folder = test_folder();
	struct store *s = test_open(folder);
	struct blob_writer w;
	struct error err;
	(void)state;

	write_blob(&w, s, "hello");
	assert_true(blob_is(s, w.id, NULL)); /* not before it is sealed */
	assert_int_equal(blob_write(&w, " there", 6, &err), 0);
	assert_int_equal(w.size, 11);
	assert_int_equal(blob_seal(&w, &err), 0);
	assert_int_equal(w.fd, -1);
	blob_abort(&w);
	assert_true(blob_is(s, w.id, "hello there"));
	assert_int_equal(blob_remove(s, str_c(w.id), &err), 0);
	assert_int_equal(blob_remove(s, str_c(w.id), &err), 0);
	assert_true(blob_is(s, w.id, NULL));
	store_close(s);
	test_folder_remove(folder);
}

static void what_was_left_half_written_goes(void **state)
{
	char *folder = test_folder();
	struct store *s = test_open(folder);
	struct blob_writer left, aborted, none = { .fd = -1 };
	char path[256];
	(void)state;

	write_blob(&left, s, "half");
	write_blob(&aborted, s, "half");
	blob_abort(&none);
	blob_abort(&aborted);
	snprintf(path, sizeof(path), "%s/tmp/%s", folder, aborted.id);
	assert_false(file_exists(path));
	snprintf(path, sizeof(path), "%s/tmp/%s", folder, left.id);
	assert_true(file_exists(path));
	close(left.fd);
	store_close(s);
	s = test_open(folder);
	assert_false(file_exists(path));
	store_close(s);
	test_folder_remove(folder);
}

static bool is_named(void *argument, struct str id)
{
	return str_eq_c(id, argument);
}

static void a_sweep_keeps_what_is_named(void **state)
{
	char *folder = test_folder();
	struct store *s = test_open(folder);
	struct blob_writer named, orphan;
	struct error err;
	(void)state;

	write_blob(&named, s, "named");
	write_blob(&orphan, s, "orphan");
	assert_int_equal(blob_seal(&named, &err), 0);
	assert_int_equal(blob_seal(&orphan, &err), 0);
	assert_int_equal(blob_sweep(s, is_named, named.id, &err), 0);
	assert_true(blob_is(s, orphan.id, "orphan")); /* its record may be on its way */
	store_close(s);
	s = test_open(folder);
	assert_int_equal(blob_sweep(s, is_named, named.id, &err), 0);
	assert_true(blob_is(s, named.id, "named"));
	assert_true(blob_is(s, orphan.id, NULL));
	store_close(s);
	test_folder_remove(folder);
}

static void ids_cannot_lead_out(void **state)
{
	static const char *const ids[] = {
		"", "ab", "../../lock", "ab/cd", "..", "a.b", "0123456789012345678901234567890123456789"
	};
	char *folder = test_folder();
	struct store *s = test_open(folder);
	struct error err;
	uint64_t size;
	int fd;
	(void)state;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert_int_equal(blob_open(s, str_c(ids[i]), &fd, &size, &err), ERR_CORRUPT);
		assert_int_equal(blob_remove(s, str_c(ids[i]), &err), ERR_CORRUPT);
	}
	store_close(s);
	test_folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_sealed_removed),
		cmocka_unit_test(what_was_left_half_written_goes),
		cmocka_unit_test(a_sweep_keeps_what_is_named),
		cmocka_unit_test(ids_cannot_lead_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
