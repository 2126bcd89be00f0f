/* SPDX-License-Identifier: Apache-2.0
 *
 * Files and folders. "Durable" means written, fsynced, renamed into place, and the folder fsynced.
 */
#ifndef GLEANER_OS_FILE_H
#define GLEANER_OS_FILE_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"

/* Whole file; ERR_NOT_FOUND, ERR_LIMIT past `max`, ERR_IO. */
int file_read(struct arena *a, const char *path, size_t max, struct str *out, struct error *err) MUST_CHECK;
int file_write_durable(const char *path, struct str bytes, mode_t mode, struct error *err) MUST_CHECK;
/* Plain write: exports, demo results. */
int file_write(const char *path, struct str bytes, mode_t mode, struct error *err) MUST_CHECK;
int file_make_dirs(const char *path, mode_t mode, struct error *err) MUST_CHECK; /* as mkdir -p */
int file_remove_tree(const char *path, struct error *err) MUST_CHECK;            /* absent is success */
bool file_exists(const char *path);
int file_sync_dir(const char *path, struct error *err) MUST_CHECK;
/* To its end; `path` names it in errors, which are file_read's. */
int fd_read_all(struct arena *a, int fd, const char *path, size_t max, struct str *out, struct error *err) MUST_CHECK;
/* Writes all of it, whatever the kernel takes at once. */
int fd_write_all(int fd, const void *bytes, size_t n, struct error *err) MUST_CHECK;

#endif
