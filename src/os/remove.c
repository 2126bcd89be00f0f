/* SPDX-License-Identifier: Apache-2.0
 *
 * Removing a tree that somebody else filled (a function's /tmp): links are never followed, folders without permissions are
 * opened up, and a tree deeper than the descriptors we would hold is taken apart by moving its deep folders to its top.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "os/file.h"
#include "os/random.h"

enum { DEPTH_MAX = 32 };

static int fail(struct error *err, const char *call, const char *name)
{
	return error_set(err, ERR_IO, "%s %s: %s", call, name, strerror(errno));
}

static int open_folder(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == EACCES && fchmodat(at, name, 0700, 0) == 0)
		fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		(void)!fchmod(fd, 0700); /* if it is not ours, removing what is in it will say so */
	return fd;
}

static int empty_folder(int root, int fd, int depth, struct error *err);

/* The folder `name` in `at`: moved to the root's top when too deep (its turn comes there), else emptied and removed. */
static int remove_folder(int root, int at, const char *name, int depth, struct error *err)
{
	int fd, code;

	if (depth > DEPTH_MAX) {
		char top[17] = "";
		uint8_t random[8];

		random_bytes(random, sizeof(random));
		hex_encode(top, random, sizeof(random));
		return renameat(at, name, root, top) < 0 ? fail(err, "rename", name) : 0;
	}
	fd = open_folder(at, name);
	if (fd < 0)
		return fail(err, "open", name);
	code = empty_folder(root, fd, depth, err);
	if (code == 0 && unlinkat(at, name, AT_REMOVEDIR) < 0)
		code = fail(err, "rmdir", name);
	return code;
}

static int remove_entry(int root, int at, const char *name, int depth, struct error *err)
{
	if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return fail(err, "unlink", name);
	if (unlinkat(at, name, AT_REMOVEDIR) == 0)
		return 0;
	return remove_folder(root, at, name, depth + 1, err);
}

/* One pass over a folder's entries; takes `fd`. */
static int empty_folder(int root, int fd, int depth, struct error *err)
{
	DIR *folder = fdopendir(fd);
	struct dirent *entry;
	int code = 0;

	if (!folder) {
		code = fail(err, "fdopendir", "");
		close(fd);
		return code;
	}
	while (code == 0 && (entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			code = remove_entry(root, fd, entry->d_name, depth, err);
	}
	closedir(folder);
	return code;
}

int file_remove_tree(const char *path, struct error *err)
{
	int root, code = 0;

	if ((unlink(path) == 0 || rmdir(path) == 0) || errno == ENOENT)
		return 0;
	root = open_folder(AT_FDCWD, path);
	if (root < 0)
		return fail(err, "open", path);
	/* Each pass takes at least DEPTH_MAX levels off the deepest branch. */
	while (code == 0 && rmdir(path) < 0) {
		int fd;

		if (errno != ENOTEMPTY && errno != EEXIST) {
			code = fail(err, "rmdir", path);
			break;
		}
		fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		code = fd < 0 ? fail(err, "open", path) : empty_folder(root, fd, 0, err);
	}
	close(root);
	return code;
}
