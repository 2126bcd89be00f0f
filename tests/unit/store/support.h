/* SPDX-License-Identifier: Apache-2.0
 *
 * What the store's tests share: cmocka with its prerequisites, a data folder of one's own, checked shorthands.
 */
#ifndef GLEANER_TESTS_STORE_SUPPORT_H
#define GLEANER_TESTS_STORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "os/file.h"
#include "store/key.h"
#include "store/store.h"

static inline char *test_folder(void)
{
	char *folder = strdup("/tmp/gleaner-store-XXXXXX");

	assert_non_null(folder);
	assert_non_null(mkdtemp(folder));
	return folder;
}

static inline void test_folder_remove(char *folder)
{
	struct error err;

	assert_int_equal(file_remove_tree(folder, &err), 0);
	free(folder);
}

static inline struct store *test_open(const char *folder)
{
	struct store_options options = { .folder = folder, .durability = STORE_FULL };
	struct store *s = NULL;
	struct error err = { 0 };

	if (store_open(&s, &options, &err) < 0)
		fail_msg("store_open: %s", err.message);
	return s;
}

/* The value, copied with malloc, or NULL. */
static inline char *test_read(struct store *s, enum store_space space, const char *key)
{
	struct store_txn *txn;
	struct error err;
	struct arena a;
	struct str value;
	char *copy = NULL;

	arena_init(&a, MIB(128));
	assert_int_equal(store_read_begin(s, &txn, &err), 0);
	if (store_get(txn, space, str_c(key), &a, &value, &err) == 0)
		copy = strndup(value.p, value.n);
	store_read_end(txn);
	arena_release(&a);
	return copy;
}

#endif
