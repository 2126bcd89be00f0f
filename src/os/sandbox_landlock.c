/* SPDX-License-Identifier: Apache-2.0
 *
 * Landlock by its system calls: Debian 12's headers and C library do not know the newer versions. The numbers are those of the
 * kernel's stable interface (Documentation/userspace-api/landlock.rst).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/sandbox_internal.h"

enum { RULE_PATH_BENEATH = 1, RULE_NET_PORT = 2, CREATE_VERSION = 1 };

#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

#define READ_ONLY (FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)
#define FILE_RIGHTS (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

struct ruleset {
	uint64_t fs, net, scoped;
};
struct path_rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));
struct port_rule {
	uint64_t allowed, port;
};

int sandbox_landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	return version < 0 ? 0 : (int)version;
}

/* What each version of the interface can decide about files. */
static uint64_t handled_files(int version)
{
	if (version >= 5)
		return (1ULL << 16) - 1;
	if (version >= 3)
		return (1ULL << 15) - 1;
	return version == 2 ? (1ULL << 14) - 1 : (1ULL << 13) - 1;
}

static bool limits_ports(const struct sandbox *s)
{
	return sandbox_has(s, SANDBOX_NETWORK) && s->ports[0] != 0;
}

/* Absent paths are skipped. */
static int allow_path(int ruleset, const char *path, uint64_t allowed)
{
	struct path_rule rule = { .allowed = allowed, .parent = open(path, O_PATH | O_CLOEXEC) };
	struct stat st;
	int result;

	if (rule.parent < 0)
		return 0;
	if (fstat(rule.parent, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed &= FILE_RIGHTS;
	result = (int)syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent);
	return result;
}

static int allow_devices(int ruleset, uint64_t handled)
{
	static const char *const paths[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", NULL };

	for (size_t i = 0; paths[i]; i++) {
		if (allow_path(ruleset, paths[i], (FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV) & handled) != 0)
			return -1;
	}
	return 0;
}

static int allow_view(int ruleset, const struct sandbox *s, uint64_t handled)
{
	for (size_t i = 0; s->paths && s->paths[i].source; i++) {
		const char *target = s->paths[i].target ? s->paths[i].target : s->paths[i].source;
		if (s->paths[i].writable && allow_path(ruleset, target, handled) != 0)
			return -1;
	}
	return allow_path(ruleset, "/", READ_ONLY) == 0 && allow_path(ruleset, "/tmp", handled) == 0 ? 0 : -1;
}

static int allow_real_paths(int ruleset, const struct sandbox *s, uint64_t handled)
{
	static const char *const proc[] = { "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", NULL };

	for (size_t i = 0; s->paths && s->paths[i].source; i++) {
		if (allow_path(ruleset, s->paths[i].source, s->paths[i].writable ? handled : READ_ONLY) != 0)
			return -1;
	}
	for (size_t i = 0; proc[i]; i++) {
		if (allow_path(ruleset, proc[i], READ_ONLY) != 0)
			return -1;
	}
	return s->scratch ? allow_path(ruleset, s->scratch, handled) : 0;
}

static int allow_ports(int ruleset, const struct sandbox *s)
{
	for (size_t i = 0; i < SANDBOX_PORTS_MAX && s->ports[i]; i++) {
		struct port_rule rule = { .allowed = NET_CONNECT_TCP, .port = s->ports[i] };
		if (syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) != 0)
			return -1;
	}
	return 0;
}

int sandbox_landlock_enter(const struct sandbox *s)
{
	int version = s->kit->landlock;
	struct ruleset rules = {
		.fs = sandbox_has(s, SANDBOX_FILES) ? handled_files(version) : 0,
		.net = limits_ports(s) ? NET_CONNECT_TCP : 0,
		.scoped = version >= 6 ? SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL : 0,
	};
	int ruleset, result;

	if (!rules.fs && !rules.net)
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
	if (ruleset < 0)
		return -1;
	result = allow_devices(ruleset, rules.fs);
	if (result == 0)
		result = sandbox_has_view(s) ? allow_view(ruleset, s, rules.fs) : allow_real_paths(ruleset, s, rules.fs);
	if (result == 0 && rules.net)
		result = allow_ports(ruleset, s);
	if (result == 0)
		result = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
	return result;
}
