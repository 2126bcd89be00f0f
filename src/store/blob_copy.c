/* SPDX-License-Identifier: Apache-2.0
 *
 * Blobs made of other blobs.
 */
#include <errno.h>
#include <unistd.h>

#include "os/file.h"
#include "store/blob_internal.h"
#include "store/internal.h"

enum { PIECE = 256 * 1024, KERNEL_PIECE = 64 * 1024 * 1024 };

/* For file systems between which the kernel does not copy. */
static int append_by_hand(struct blob_writer *w, int from, off_t offset, uint64_t length, struct error *err)
{
	char *piece = malloc(PIECE);
	int rc = piece ? 0 : error_set(err, ERR_NO_MEMORY, "blob: out of memory");

	while (rc == 0 && length > 0) {
		ssize_t n = pread(from, piece, length < PIECE ? length : PIECE, offset);
		if (n < 0)
			rc = error_set_errno(err, "blob: pread");
		else if (n == 0)
			rc = error_set(err, ERR_CORRUPT, "blob: shorter than its record says");
		else
			rc = blob_write(w, piece, (size_t)n, err);
		offset += n;
		length -= rc == 0 ? (uint64_t)n : 0;
	}
	free(piece);
	return rc;
}

static int append(struct blob_writer *w, int from, off_t offset, uint64_t length, struct error *err)
{
	while (length > 0) {
		ssize_t n = copy_file_range(from, &offset, w->fd, NULL, length < KERNEL_PIECE ? length : KERNEL_PIECE, 0);
		if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
			return append_by_hand(w, from, offset, length, err);
		if (n < 0)
			return error_set_errno(err, "blob: copy_file_range");
		if (n == 0)
			return error_set(err, ERR_CORRUPT, "blob: shorter than its record says");
		w->size += (uint64_t)n;
		length -= (uint64_t)n;
	}
	return 0;
}

int blob_append(struct blob_writer *w, struct str id, uint64_t offset, uint64_t length, struct error *err)
{
	uint64_t size;
	int from;
	int rc = blob_open(w->store, id, &from, &size, err);

	if (rc < 0)
		return rc;
	rc = append(w, from, (off_t)offset, length, err);
	close(from);
	return rc;
}

int blob_link(struct store *s, struct str id, char new_id[BLOB_ID_MAX], struct error *err)
{
	char from[BLOB_PATH_MAX], to[BLOB_PATH_MAX], folder[BLOB_PATH_MAX], name[BLOB_ID_MAX];
	int rc = blob_path(s, id, from, err);

	blob_name(s, name);
	if (rc == 0)
		rc = blob_path(s, str_c(name), to, err);
	if (rc == 0)
		rc = blob_make_folder(s, str_c(name), folder, err);
	if (rc == 0 && link(from, to) < 0)
		rc = errno == ENOENT ? error_set(err, ERR_NOT_FOUND, "blob: " STR_FMT " does not exist", STR_ARG(id))
				     : error_set_errno(err, "blob: link");
	if (rc == 0 && s->durability == STORE_FULL)
		rc = file_sync_dir(folder, err);
	if (rc == 0)
		memcpy(new_id, name, sizeof(name));
	return rc;
}

int blob_read(struct store *s, struct str id, void (*sink)(void *argument, const void *bytes, size_t n), void *argument,
	      struct error *err)
{
	char *piece = malloc(PIECE);
	uint64_t size;
	int fd, rc = piece ? blob_open(s, id, &fd, &size, err) : error_set(err, ERR_NO_MEMORY, "blob: out of memory");
	ssize_t n = 0;

	if (rc < 0) {
		free(piece);
		return rc;
	}
	while ((n = read(fd, piece, PIECE)) > 0)
		sink(argument, piece, (size_t)n);
	if (n < 0)
		rc = error_set_errno(err, "blob: read");
	close(fd);
	free(piece);
	return rc;
}
