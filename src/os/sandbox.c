/* SPDX-License-Identifier: Apache-2.0 */
#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/sandbox_internal.h"

enum {
	/* A range that distributions leave alone (systemd's "Users, Groups, UIDs and GIDs": unused above 1879048192). */
	FIRST_USER = 1900000000,
	USER_COUNT = 1 << 20,
	/* What Lambda shows its functions: sbx_user1051. */
	INNER_UID = 993,
	INNER_GID = 990,
};

static const struct {
	enum sandbox_layer layer;
	const char *step, *text;
} layers[SANDBOX_LAYER_COUNT] = {
	{ SANDBOX_PRIVILEGES, "privileges", "privileges (no_new_privs, a user of its own)" },
	{ SANDBOX_LIMITS, "limits", "limits (rlimits)" },
	{ SANDBOX_VIEW, "view", "view (mount namespace)" },
	{ SANDBOX_PROCESSES, "processes", "processes (process namespace)" },
	{ SANDBOX_FILES, "files", "files (Landlock)" },
	{ SANDBOX_NETWORK, "network", "network (Landlock 4)" },
	{ SANDBOX_CALLS, "calls", "calls (seccomp)" },
};

bool sandbox_has(const struct sandbox *s, enum sandbox_layer layer)
{
	return (s->kit->layers & ~s->without & layer) != 0;
}

bool sandbox_has_view(const struct sandbox *s)
{
	return sandbox_has(s, SANDBOX_VIEW);
}

int sandbox_clone_flags(const struct sandbox *s)
{
	int flags = 0;

	if (sandbox_has(s, SANDBOX_VIEW))
		flags |= CLONE_NEWNS | CLONE_NEWIPC;
	if (sandbox_has(s, SANDBOX_PROCESSES))
		flags |= CLONE_NEWPID;
	return flags && !s->kit->root ? flags | CLONE_NEWUSER : flags;
}

/* ---- in the child ---- */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static int enter_user_namespace(const struct sandbox_kit *kit)
{
	return write_file("/proc/self/setgroups", "deny") == 0 && write_file("/proc/self/uid_map", kit->uid_map) == 0
		       ? write_file("/proc/self/gid_map", kit->gid_map)
		       : -1;
}

static int limit(int resource, uint64_t most)
{
	struct rlimit now, wanted = { most, most };

	/* Never above what we may set ourselves. */
	if (getrlimit(resource, &now) == 0 && now.rlim_max < wanted.rlim_max)
		wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
	return setrlimit(resource, &wanted);
}

/* Process counts are kept a user, or a user within a namespace: without either they would count the server's own. */
static bool has_own_user(const struct sandbox *s)
{
	return s->kit->root ? sandbox_has(s, SANDBOX_PRIVILEGES) && sandbox_has(s, SANDBOX_VIEW) : sandbox_clone_flags(s) != 0;
}

static int enter_limits(const struct sandbox *s)
{
	if (limit(RLIMIT_CORE, 0) != 0)
		return -1;
	if (s->files && limit(RLIMIT_NOFILE, s->files) != 0)
		return -1;
	/* Counts private writable memory, not the address space that runtimes reserve generously. */
	if (s->memory_bytes && limit(RLIMIT_DATA, s->memory_bytes) != 0)
		return -1;
	return s->processes && has_own_user(s) ? limit(RLIMIT_NPROC, s->processes) : 0;
}

uid_t sandbox_user(const struct sandbox *s)
{
	return s->kit->root && has_own_user(s) ? FIRST_USER + s->slot % USER_COUNT : geteuid();
}

/* Raw calls: the C library's would change every thread of a process that shares our memory. */
static int drop_user(const struct sandbox *s)
{
	unsigned id = sandbox_user(s);

	return syscall(SYS_setgroups, 0, NULL) == 0 && syscall(SYS_setresgid, id, id, id) == 0
		       ? (int)syscall(SYS_setresuid, id, id, id)
		       : -1;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	prctl(PR_SET_SECUREBITS,
	      1 << 0 | 1 << 1); /* NOROOT and its lock: user 0 is nobody special; refused without CAP_SETPCAP */
	return (int)syscall(SYS_capset, &header, none);
}

static int enter_privileges(const struct sandbox *s)
{
	if (s->kit->root && has_own_user(s) && drop_user(s) != 0)
		return -1;
	return s->kit->root ? drop_capabilities() : 0;
}

int sandbox_enter(const struct sandbox *s, const char **step)
{
	*step = "processes";
	if ((sandbox_clone_flags(s) & CLONE_NEWUSER) && enter_user_namespace(s->kit) != 0)
		return -1;
	*step = "view";
	if (sandbox_has(s, SANDBOX_VIEW) && sandbox_view_enter(s) != 0)
		return -1;
	*step = "limits";
	if (sandbox_has(s, SANDBOX_LIMITS) && enter_limits(s) != 0)
		return -1;
	*step = "privileges";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	*step = "files";
	if (s->kit->landlock && sandbox_landlock_enter(s) != 0)
		return -1;
	*step = "privileges";
	if (enter_privileges(s) != 0)
		return -1;
	*step = "calls";
	if (sandbox_has(s, SANDBOX_CALLS) &&
	    sandbox_filter_enter(s->network ? &s->kit->network_filter : &s->kit->function_filter) != 0)
		return -1;
	return 0;
}

/* ---- the kit ---- */

struct trial {
	const struct sandbox *sandbox;
	int report; /* write end */
};

struct trial_report {
	int error;        /* errno, 0: all layers work */
	const char *step; /* of this program's constants: the child is a copy */
};

static int try_layers(void *argument)
{
	const struct trial *t = argument;
	struct trial_report report = { 0 };

	if (sandbox_enter(t->sandbox, &report.step) != 0)
		report.error = errno;
	return (int)syscall(SYS_exit_group, write(t->report, &report, sizeof(report)) == sizeof(report) ? 0 : 1);
}

/* Runs the layers in a child once. The answer is 0 when all work; else errno, with the step ("clone" for the namespaces). */
static int trial_run(const struct sandbox *s, const char **step)
{
	static const size_t stack_size = 65536;
	struct trial t = { .sandbox = s };
	struct trial_report report = { .error = EIO, .step = "clone" };
	char *stack = mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	int ends[2], pid;

	*step = report.step;
	if (stack == MAP_FAILED)
		return ENOMEM;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		munmap(stack, stack_size);
		return ENOMEM;
	}
	t.report = ends[1];
	pid = clone(try_layers, stack + stack_size, sandbox_clone_flags(s) | SIGCHLD, &t);
	if (pid < 0)
		report.error = errno;
	close(ends[1]);
	if (pid > 0) {
		if (read(ends[0], &report, sizeof(report)) != sizeof(report))
			report = (struct trial_report){ .error = EIO, .step = "calls" };
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	munmap(stack, stack_size);
	*step = report.step;
	return report.error;
}

static void lose_layer(struct sandbox_kit *kit, const char *step, int error)
{
	bool clone_failed = strcmp(step, "clone") == 0;

	for (size_t i = 0; i < SANDBOX_LAYER_COUNT; i++) {
		bool hit =
			clone_failed ? layers[i].layer & (SANDBOX_VIEW | SANDBOX_PROCESSES) : strcmp(layers[i].step, step) == 0;
		/* Without a user namespace of its own nothing of it works; a view of another's processes is no view. */
		if (strcmp(step, "processes") == 0 && layers[i].layer == SANDBOX_VIEW)
			hit = true;
		if (!hit || !(kit->layers & layers[i].layer))
			continue;
		kit->layers &= ~(unsigned)layers[i].layer;
		snprintf(kit->reasons[i], SANDBOX_REASON_MAX, "%s: %s", layers[i].text, strerror(error));
	}
}

static void find_layers(struct sandbox_kit *kit)
{
	struct sandbox s = {
		.kit = kit,
		.scratch_bytes = 1 << 20,
		.memory_bytes = 64 << 20,
		.processes = 64,
		.files = 64,
		.ports = { 1 },
		.slot = USER_COUNT - 1,
	};

	kit->landlock = sandbox_landlock_version();
	if (kit->landlock < 1)
		lose_layer(kit, "files", ENOSYS);
	if (kit->landlock < 4)
		lose_layer(kit, "network", ENOSYS);
	for (size_t i = 0; i < SANDBOX_LAYER_COUNT; i++) {
		const char *step;
		int error = trial_run(&s, &step);
		if (error == 0)
			return;
		lose_layer(kit, step, error);
		/* Where Landlock's files fail, its ports do too. */
		if (strcmp(step, "files") == 0)
			lose_layer(kit, "network", error);
	}
}

static int compile_filters(struct sandbox_kit *kit, struct error *err)
{
	int result = sandbox_filter_compile(&kit->function_filter, false, err);

	return result ? result : sandbox_filter_compile(&kit->network_filter, true, err);
}

int sandbox_kit_new(struct sandbox_kit **out, const char *scratch, struct error *err)
{
	struct sandbox_kit *kit = calloc(1, sizeof(*kit));
	int result;

	if (!kit)
		return error_set(err, ERR_NO_MEMORY, "no memory for the sandbox");
	kit->layers = SANDBOX_ALL;
	kit->root = geteuid() == 0;
	snprintf(kit->uid_map, sizeof(kit->uid_map), "%d %u 1", INNER_UID, (unsigned)geteuid());
	snprintf(kit->gid_map, sizeof(kit->gid_map), "%d %u 1", INNER_GID, (unsigned)getegid());
	result = strlen(scratch) < sizeof(kit->scratch) ? 0 : error_set(err, ERR_LIMIT, "path too long: %s", scratch);
	if (result == 0) {
		snprintf(kit->scratch, sizeof(kit->scratch), "%s", scratch);
		result = compile_filters(kit, err);
	}
	if (result != 0) {
		sandbox_kit_free(kit);
		return result;
	}
	find_layers(kit);
	*out = kit;
	return 0;
}

void sandbox_kit_free(struct sandbox_kit *kit)
{
	if (!kit)
		return;
	free(kit->function_filter.filter);
	free(kit->network_filter.filter);
	free(kit);
}

unsigned sandbox_kit_layers(const struct sandbox_kit *kit)
{
	return kit->layers;
}

const char *sandbox_kit_missing(const struct sandbox_kit *kit, size_t index)
{
	for (size_t i = 0; i < SANDBOX_LAYER_COUNT; i++) {
		if (kit->reasons[i][0] && index-- == 0)
			return kit->reasons[i];
	}
	return NULL;
}

size_t sandbox_system_paths(struct sandbox_path *out, size_t max)
{
	static const char *const paths[] = {
		"/bin",
		"/sbin",
		"/lib",
		"/lib64",
		"/lib32",
		"/libx32",
		"/usr",
		"/etc/ld.so.cache",
		"/etc/ld.so.conf",
		"/etc/ld.so.conf.d",
		"/etc/alternatives",
		"/etc/ssl/certs",
		"/etc/ssl/openssl.cnf",
		"/etc/pki/tls",
		"/etc/pki/ca-trust",
		"/etc/ca-certificates",
		"/etc/hosts",
		"/etc/resolv.conf",
		"/etc/nsswitch.conf",
		"/etc/host.conf",
		"/etc/gai.conf",
		"/etc/localtime",
		"/etc/services",
		"/etc/protocols",
		"/etc/mime.types",
		"/etc/passwd",
		"/etc/group",
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && n < max; i++)
		out[n++] = (struct sandbox_path){ .source = paths[i] };
	return n;
}
