/* SPDX-License-Identifier: Apache-2.0 */
#include "service/package.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "os/file.h"

struct unpack {
	zip_t *zip;
	const char *folder;
	uint64_t left, max; /* bytes that may still come out, and may in all */
	struct error *err;
};

/* Relative, and every part a real name. */
static bool is_safe_path(struct str path)
{
	if (path.n == 0 || path.n > 4000 || path.p[0] == '/' || str_find_char(path, '\\', 0) >= 0 || memchr(path.p, '\0', path.n))
		return false;
	if (path.p[path.n - 1] == '/')
		path.n--;
	while (path.p) {
		struct str part = str_split(&path, '/');
		if (part.n == 0 || part.n > 255 || str_eq(part, STR(".")) || str_eq(part, STR("..")))
			return false;
	}
	return true;
}

/* Permission bits as packed on Unix; others get what executables need. Everything can be read: the process is another user. */
static int mode_of(const struct unpack *u, uint64_t index, mode_t *mode)
{
	zip_uint8_t system;
	zip_uint32_t attributes;

	*mode = 0755;
	if (zip_file_get_external_attributes(u->zip, index, 0, &system, &attributes) != 0 || system != ZIP_OPSYS_UNIX ||
	    attributes >> 16 == 0)
		return 0;
	*mode = (attributes >> 16 & 0777) | 0444;
	switch (attributes >> 16 & S_IFMT) {
	case 0:
	case S_IFREG:
	case S_IFDIR:
		return 0;
	default:
		return error_set(u->err, ERR_INVALID, "the package has a link or a special file");
	}
}

static int copy_out(struct unpack *u, zip_file_t *file, int fd)
{
	char chunk[65536];
	zip_int64_t n;

	while ((n = zip_fread(file, chunk, sizeof(chunk))) > 0) {
		int result;
		if ((uint64_t)n > u->left)
			return error_set(u->err, ERR_LIMIT, "Unzipped size must be smaller than %llu bytes",
					 (unsigned long long)u->max);
		u->left -= (uint64_t)n;
		result = fd_write_all(fd, chunk, (size_t)n, u->err);
		if (result != 0)
			return result;
	}
	return n == 0 ? 0 : error_set(u->err, ERR_INVALID, "an entry of the package is damaged");
}

static int unpack_file(struct unpack *u, uint64_t index, const char *path, mode_t mode)
{
	zip_file_t *file = zip_fopen_index(u->zip, index, 0);
	int fd, result;

	if (!file)
		return error_set(u->err, ERR_INVALID, "an entry of the package cannot be read");
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	result = fd < 0 ? error_set_errno(u->err, "open") : copy_out(u, file, fd);
	if (result == 0 && fchmod(fd, mode) != 0)
		result = error_set_errno(u->err, "chmod");
	if (fd >= 0)
		close(fd);
	zip_fclose(file);
	return result;
}

static int make_parent(struct unpack *u, char *path)
{
	char *slash = strrchr(path, '/');
	int result;

	*slash = '\0';
	result = file_make_dirs(path, 0755, u->err);
	*slash = '/';
	return result;
}

static int unpack_entry(struct unpack *u, uint64_t index)
{
	const char *name = zip_get_name(u->zip, index, 0);
	char path[8192];
	mode_t mode;
	int n, result;

	if (!name || !is_safe_path(str_c(name)))
		return error_set(u->err, ERR_INVALID, "the package has a path that leads out of it");
	result = mode_of(u, index, &mode);
	if (result != 0)
		return result;
	n = snprintf(path, sizeof(path), "%s/%s", u->folder, name);
	if (n <= 0 || (size_t)n >= sizeof(path))
		return error_set(u->err, ERR_INVALID, "the package has a path that is too long");
	if (path[n - 1] == '/') {
		path[n - 1] = '\0';
		return file_make_dirs(path, 0755, u->err);
	}
	result = make_parent(u, path);
	return result ? result : unpack_file(u, index, path, mode);
}

static int unpack_all(struct unpack *u)
{
	zip_int64_t count = zip_get_num_entries(u->zip, 0);
	int result;

	if (count == 0)
		return error_set(u->err, ERR_INVALID, "Uploaded file must be a non-empty zip");
	if (count > PACKAGE_ENTRIES_MAX)
		return error_set(u->err, ERR_LIMIT, "the package has more than %d entries", PACKAGE_ENTRIES_MAX);
	result = file_make_dirs(u->folder, 0755, u->err);
	for (zip_int64_t i = 0; i < count && result == 0; i++)
		result = unpack_entry(u, (uint64_t)i);
	return result;
}

/* One flush of the file system for all files of the package. */
static int make_durable(const char *folder, struct error *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;

	if (fd < 0)
		return error_set_errno(err, "open");
	result = syncfs(fd) == 0 ? 0 : error_set_errno(err, "syncfs");
	close(fd);
	return result;
}

int package_unpack(struct str bytes, const char *target, uint64_t max_bytes, struct error *err)
{
	struct unpack u = { .folder = target, .left = max_bytes, .max = max_bytes, .err = err };
	zip_error_t why;
	zip_source_t *source;
	int result;

	zip_error_init(&why);
	source = zip_source_buffer_create(bytes.p, bytes.n, 0, &why);
	u.zip = source ? zip_open_from_source(source, ZIP_RDONLY, &why) : NULL;
	zip_error_fini(&why);
	if (!u.zip) {
		if (source)
			zip_source_free(source);
		return error_set(err, ERR_INVALID,
				 "Could not unzip uploaded file. Please check your file, then try to upload again.");
	}
	result = unpack_all(&u);
	zip_discard(u.zip);
	if (result == 0)
		result = make_durable(target, err);
	if (result != 0)
		(void)!file_remove_tree(target, NULL);
	return result;
}

/* ---- packing ---- */

static int add_file(zip_t *zip, const char *folder, struct str name, struct error *err)
{
	char path[8192], entry[4096];
	zip_source_t *source;
	zip_int64_t index;
	struct stat st;

	if ((size_t)snprintf(path, sizeof(path), "%s/" STR_FMT, folder, STR_ARG(name)) >= sizeof(path) ||
	    (size_t)snprintf(entry, sizeof(entry), STR_FMT, STR_ARG(name)) >= sizeof(entry))
		return error_set(err, ERR_LIMIT, "a path is too long: " STR_FMT, STR_ARG(name));
	if (stat(path, &st) != 0)
		return error_set_errno(err, "stat");
	source = zip_source_file(zip, path, 0, -1);
	index = source ? zip_file_add(zip, entry, source, ZIP_FL_ENC_UTF_8) : -1;
	if (index < 0) {
		if (source)
			zip_source_free(source);
		return error_set(err, ERR_IO, "cannot pack " STR_FMT ": %s", STR_ARG(name), zip_strerror(zip));
	}
	zip_file_set_external_attributes(zip, (zip_uint64_t)index, 0, ZIP_OPSYS_UNIX, (zip_uint32_t)st.st_mode << 16);
	return 0;
}

int package_pack(const char *target, const char *folder, const struct str *names, size_t count, struct error *err)
{
	int why = 0, result = 0;
	zip_t *zip = zip_open(target, ZIP_CREATE | ZIP_TRUNCATE, &why);

	if (!zip)
		return error_set(err, ERR_IO, "cannot make a zip file (%d)", why);
	for (size_t i = 0; i < count && result == 0; i++)
		result = add_file(zip, folder, names[i], err);
	if (result != 0) {
		zip_discard(zip);
		return result;
	}
	if (zip_close(zip) == 0)
		return 0;
	error_set(err, ERR_IO, "cannot write a zip file: %s", zip_strerror(zip));
	zip_discard(zip);
	return ERR_IO;
}
