/* SPDX-License-Identifier: Apache-2.0
 *
 * The mount view: a small tmpfs as root, into which the named folders are bound read-only.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/sandbox_internal.h"

static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", NULL };

static int add_attributes(const char *path, unsigned flags, uint64_t attributes)
{
	/* Unlike a remount it only adds flags, so it cannot trip over those a user namespace has locked. */
	struct mount_attr change = { .attr_set = attributes };

	return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &change, sizeof(change));
}

/* Makes the folders above the last part of a relative path. */
static int make_parents(const char *path)
{
	char copy[PATH_MAX];
	size_t n = strlen(path);

	if (n >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (size_t i = 0; i <= n; i++) {
		copy[i] = '\0';
		if (i > 0 && path[i] == '/' && mkdir(copy, 0755) != 0 && errno != EEXIST)
			return -1;
		copy[i] = path[i];
	}
	return 0;
}

static int make_mount_point(const char *path, bool folder)
{
	int fd;

	if (make_parents(path) != 0)
		return -1;
	if (folder)
		return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -1;
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : close(fd);
}

static int copy_link(const char *source, const char *target)
{
	char text[PATH_MAX];
	ssize_t n = readlink(source, text, sizeof(text) - 1);

	if (n < 0 || make_parents(target) != 0)
		return -1;
	text[n] = '\0';
	return symlink(text, target) == 0 || errno == EEXIST ? 0 : -1;
}

/* `target` is relative to the new root. */
static int bind_path(const char *source, const char *target, uint64_t attributes)
{
	struct stat st;

	if (lstat(source, &st) != 0)
		return 0;
	if (S_ISLNK(st.st_mode))
		return copy_link(source, target);
	if (make_mount_point(target, S_ISDIR(st.st_mode)) != 0)
		return -1;
	/* Recursive: a mount whose submounts are locked may not be bound alone. */
	if (mount(source, target, "none", MS_BIND | MS_REC, NULL) != 0)
		return -1;
	return add_attributes(target, AT_RECURSIVE, attributes);
}

static int mount_scratch(const struct sandbox *s)
{
	char options[80];

	snprintf(options, sizeof(options), "mode=1777,size=%llu,nr_inodes=65536", (unsigned long long)s->scratch_bytes);
	if (mkdir("tmp", 01777) != 0)
		return -1;
	return mount("tmpfs", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, options);
}

static int fill_root(const struct sandbox *s)
{
	/* First, so that a folder to be shown may lie in /tmp. */
	if (mount_scratch(s) != 0)
		return -1;
	for (size_t i = 0; s->paths && s->paths[i].source; i++) {
		const char *target = s->paths[i].target ? s->paths[i].target : s->paths[i].source;
		uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (s->paths[i].writable ? 0 : MOUNT_ATTR_RDONLY);
		if (bind_path(s->paths[i].source, target + 1, attributes) != 0)
			return -1;
	}
	for (size_t i = 0; devices[i]; i++) {
		if (bind_path(devices[i], devices[i] + 1, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC) != 0)
			return -1;
	}
	if (symlink("/proc/self/fd", "dev/fd") != 0 || symlink("/proc/self/fd/0", "dev/stdin") != 0 ||
	    symlink("/proc/self/fd/1", "dev/stdout") != 0 || symlink("/proc/self/fd/2", "dev/stderr") != 0)
		return -1;
	if (mkdir("proc", 0555) != 0)
		return -1;
	/* A container may hide parts of /proc; then the kernel refuses a fresh one, and there is none in the view. */
	if (sandbox_has(s, SANDBOX_PROCESSES))
		(void)!mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	return 0;
}

int sandbox_view_enter(const struct sandbox *s)
{
	mode_t mask = umask(0);
	int result = -1;

	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("tmpfs", s->kit->scratch, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m") == 0 &&
	    chdir(s->kit->scratch) == 0 && fill_root(s) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
	    umount2(".", MNT_DETACH) == 0 && add_attributes("/", 0, MOUNT_ATTR_RDONLY) == 0)
		result = chdir("/");
	umask(mask);
	return result;
}
