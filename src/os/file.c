/* SPDX-License-Identifier: Apache-2.0 */
#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "os/random.h"

static int fail(struct error *err, const char *call, const char *path)
{
	int code = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;

	return error_set(err, code, "%s %s: %s", call, path, strerror(errno));
}

int fd_read_all(struct arena *a, int fd, const char *path, size_t max, struct str *out, struct error *err)
{
	struct buf bytes;
	ssize_t got = 1;
	int code = 0;

	buf_init(&bytes, max + 1);
	while (got != 0 && code == 0 && bytes.n <= max) {
		size_t want = max + 1 - bytes.n < 65536 ? max + 1 - bytes.n : 65536;
		char *room = buf_reserve(&bytes, want);

		got = room ? read(fd, room, want) : 0;
		if (got > 0)
			bytes.n += (size_t)got;
		else if (got < 0 && errno != EINTR)
			code = fail(err, "read", path);
	}
	if (code == 0 && bytes.n > max)
		code = error_set(err, ERR_LIMIT, "%s is larger than %zu bytes", path, max);
	if (code == 0) {
		struct str copy = arena_str(a, buf_str(&bytes));

		if (buf_failed(&bytes) || arena_failed(a))
			code = error_set(err, ERR_NO_MEMORY, "no memory to read %s", path);
		else
			*out = copy;
	}
	buf_release(&bytes);
	return code;
}

int file_read(struct arena *a, const char *path, size_t max, struct str *out, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int code;

	if (fd < 0)
		return fail(err, "open", path);
	code = fd_read_all(a, fd, path, max, out, err);
	close(fd);
	return code;
}

int fd_write_all(int fd, const void *bytes, size_t n, struct error *err)
{
	const char *at = bytes;

	while (n > 0) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno != EINTR)
			return error_set_errno(err, "write");
		if (done > 0) {
			at += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

/* Creates or empties `path`, writes, and syncs the content if asked. */
static int write_file(const char *path, struct str bytes, int flags, mode_t mode, bool sync, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
	int code;

	if (fd < 0)
		return fail(err, "open", path);
	code = fd_write_all(fd, bytes.p, bytes.n, err);
	if (code == 0 && sync && fsync(fd) < 0)
		code = fail(err, "fsync", path);
	if (close(fd) < 0 && code == 0)
		code = fail(err, "close", path);
	return code;
}

int file_write(const char *path, struct str bytes, mode_t mode, struct error *err)
{
	return write_file(path, bytes, O_TRUNC, mode, false, err);
}

/* The folder a path lies in: "." for a bare name. */
static int parent_of(const char *path, char out[PATH_MAX], struct error *err)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (n >= PATH_MAX)
		return error_set(err, ERR_LIMIT, "a path is longer than %d bytes", PATH_MAX - 1);
	if (!slash)
		path = ".";
	if (n == 0)
		n = 1; /* "." or "/" */
	memcpy(out, path, n);
	out[n] = '\0';
	return 0;
}

int file_write_durable(const char *path, struct str bytes, mode_t mode, struct error *err)
{
	char folder[PATH_MAX], temporary[PATH_MAX], tag[17] = "";
	uint8_t random[8];
	int code = parent_of(path, folder, err);

	if (code < 0)
		return code;
	random_bytes(random, sizeof(random));
	hex_encode(tag, random, sizeof(random));
	if (snprintf(temporary, sizeof(temporary), "%s.%s.tmp", path, tag) >= (int)sizeof(temporary))
		return error_set(err, ERR_LIMIT, "a path is longer than %d bytes", PATH_MAX - 1);

	code = write_file(temporary, bytes, O_EXCL, mode, true, err);
	if (code == 0 && rename(temporary, path) < 0)
		code = fail(err, "rename", path);
	if (code == 0)
		return file_sync_dir(folder, err);
	unlink(temporary);
	return code;
}

int file_sync_dir(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int code = 0;

	if (fd < 0)
		return fail(err, "open", path);
	if (fsync(fd) < 0)
		code = fail(err, "fsync", path);
	close(fd);
	return code;
}

static int make_dir(const char *path, mode_t mode, struct error *err)
{
	struct stat status;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return 0;
	if (errno == EEXIST)
		errno = ENOTDIR;
	return fail(err, "mkdir", path);
}

int file_make_dirs(const char *path, mode_t mode, struct error *err)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(part))
		return error_set(err, ERR_INVALID, "a folder's path is empty or too long");
	memcpy(part, path, n + 1);
	for (size_t i = 1; i < n; i++) {
		int code = 0;

		if (part[i] != '/')
			continue;
		part[i] = '\0';
		code = make_dir(part, mode, err);
		part[i] = '/';
		if (code < 0)
			return code;
	}
	return make_dir(part, mode, err);
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
