/* SPDX-License-Identifier: Apache-2.0
 *
 * Large bodies as files under the data directory: written to tmp/ while they arrive, sealed (fsync, rename, fsync of the
 * folder) before the record that names them is committed. A blob no record names is removed after the next start.
 */
#ifndef GLEANER_STORE_BLOB_H
#define GLEANER_STORE_BLOB_H

#include "store/store.h"

enum { BLOB_ID_MAX = 40 };

struct blob_writer {
	struct store *store;
	int fd;               /* -1: none */
	char id[BLOB_ID_MAX]; /* names the blob for good */
	uint64_t size;
};

int blob_begin(struct blob_writer *w, struct store *s, struct error *err) MUST_CHECK;
int blob_write(struct blob_writer *w, const void *bytes, size_t n, struct error *err) MUST_CHECK;
/* Makes it durable; blocks on fsync: call it from a pool. Afterwards the writer holds nothing. */
int blob_seal(struct blob_writer *w, struct error *err) MUST_CHECK;
void blob_abort(struct blob_writer *w); /* also fine after blob_seal, or when zeroed with fd -1 */

/* Adds a piece of a sealed blob to one being written, within the kernel. Blocks: call it from a pool. */
int blob_append(struct blob_writer *w, struct str id, uint64_t offset, uint64_t length, struct error *err) MUST_CHECK;
/* A second name for a sealed blob's bytes, at no cost in space; each name is removed by itself. Blocks on fsync. */
int blob_link(struct store *s, struct str id, char new_id[BLOB_ID_MAX], struct error *err) MUST_CHECK;
/* Hands a blob's bytes to `sink`, piece by piece. */
int blob_read(struct store *s, struct str id, void (*sink)(void *argument, const void *bytes, size_t n), void *argument,
	      struct error *err) MUST_CHECK;

int blob_open(struct store *s, struct str id, int *fd, uint64_t *size, struct error *err) MUST_CHECK;
/* After the commit that forgot it. Absent is success. */
int blob_remove(struct store *s, struct str id, struct error *err) MUST_CHECK;
/* Removes files of earlier runs for which `named` answers false; those made since the store was opened are left alone. */
int blob_sweep(struct store *s, bool (*named)(void *argument, struct str id), void *argument, struct error *err) MUST_CHECK;

#endif
