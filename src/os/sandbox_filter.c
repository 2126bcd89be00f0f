/* SPDX-License-Identifier: Apache-2.0
 *
 * The seccomp filter: calls that a function never needs and that widen the kernel's face, or lead out of the other layers.
 * Refused calls answer EPERM, so that programs which only try go on; clone3 and io_uring answer ENOSYS, so that libraries fall
 * back to what the filter can judge.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/sandbox_internal.h"

static const char *const refused[] = {
	/* other processes */
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"process_madvise",
	"kcmp",
	"pidfd_getfd",
	"migrate_pages",
	"move_pages",
	/* mounts and namespaces */
	"mount",
	"umount2",
	"pivot_root",
	"chroot",
	"move_mount",
	"open_tree",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"mount_setattr",
	"setns",
	"unshare",
	"open_by_handle_at",
	"name_to_handle_at",
	"fanotify_init",
	"quotactl",
	"quotactl_fd",
	/* the kernel itself */
	"bpf",
	"perf_event_open",
	"userfaultfd",
	"kexec_load",
	"kexec_file_load",
	"init_module",
	"finit_module",
	"delete_module",
	"reboot",
	"syslog",
	"acct",
	"swapon",
	"swapoff",
	"iopl",
	"ioperm",
	"modify_ldt",
	"lookup_dcookie",
	"nfsservctl",
	"vhangup",
	"vm86",
	"vm86old",
	"uselib",
	"personality",
	/* keys, clocks, names */
	"keyctl",
	"add_key",
	"request_key",
	"settimeofday",
	"clock_settime",
	"clock_adjtime",
	"adjtimex",
	"sethostname",
	"setdomainname",
	NULL,
};

static const char *const absent[] = { "clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", NULL };

/* Names this libseccomp or processor does not know need no rule. */
static int refuse_names(scmp_filter_ctx filter, const char *const *names, uint32_t action)
{
	for (size_t i = 0; names[i]; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);
		int result = number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, action, number, 0);
		if (result != 0)
			return result;
	}
	return 0;
}

/* New namespaces through clone would give capabilities back. */
static int refuse_namespaces(scmp_filter_ctx filter)
{
	static const int flags[] = { CLONE_NEWNS,  CLONE_NEWUSER, CLONE_NEWPID,   CLONE_NEWNET,
				     CLONE_NEWIPC, CLONE_NEWUTS,  CLONE_NEWCGROUP };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
					      SCMP_A0(SCMP_CMP_MASKED_EQ, (scmp_datum_t)flags[i], (scmp_datum_t)flags[i]));
		if (result != 0)
			return result;
	}
	return 0;
}

/* Of socket(): domains past AF_INET6 but netlink (getaddrinfo asks it), and in the internet domains every type but streams:
 * Landlock judges TCP only, so anything else would be a way around it. */
static int refuse_sockets(scmp_filter_ctx filter, bool network)
{
	static const int inet[] = { AF_INET, AF_INET6 };
	const uint32_t no = SCMP_ACT_ERRNO(EACCES);
	int result = 0;

	for (int domain = AF_INET + 1; domain < AF_MAX + 8 && result == 0; domain++) {
		if (domain != AF_INET6 && domain != AF_NETLINK)
			result = seccomp_rule_add(filter, no, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)domain));
	}
	if (result == 0)
		result = seccomp_rule_add(filter, no, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GE, AF_MAX + 8));
	for (int type = SOCK_DGRAM; type <= SOCK_PACKET && result == 0; type++) {
		if (network && type == SOCK_DGRAM)
			continue;
		for (size_t i = 0; i < 2 && result == 0; i++)
			result = seccomp_rule_add(filter, no, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)inet[i]),
						  SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, (scmp_datum_t)type));
	}
	/* MPTCP (262) and SCTP are streams too, and not what Landlock means by TCP. */
	for (size_t i = 0; i < 2 && result == 0; i++)
		result = seccomp_rule_add(filter, no, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)inet[i]),
					  SCMP_A2(SCMP_CMP_GT, 17));
	return result;
}

/* Typing into the terminal the server was started from. */
static int refuse_terminal(scmp_filter_ctx filter)
{
	enum { IOCTL_TIOCSTI = 0x5412, IOCTL_TIOCLINUX = 0x541c };
	int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
				      SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, IOCTL_TIOCSTI));

	return result ? result
		      : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
					 SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, IOCTL_TIOCLINUX));
}

/* libseccomp 2.5 exports to a descriptor only. */
static int export_program(scmp_filter_ctx filter, struct sock_fprog *out, struct error *err)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat st;
	struct sock_filter *code = NULL;
	int result = ERR_IO;

	if (fd >= 0 && seccomp_export_bpf(filter, fd) == 0 && fstat(fd, &st) == 0 && st.st_size > 0) {
		code = malloc((size_t)st.st_size);
		if (code && pread(fd, code, (size_t)st.st_size, 0) == st.st_size)
			result = 0;
	}
	if (result == 0)
		*out = (struct sock_fprog){ (unsigned short)((size_t)st.st_size / sizeof(*code)), code };
	else
		free(code);
	if (fd >= 0)
		close(fd);
	return result ? error_set(err, ERR_IO, "cannot export the seccomp filter") : 0;
}

int sandbox_filter_compile(struct sock_fprog *out, bool network, struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int result;

	if (!filter)
		return error_set(err, ERR_NO_MEMORY, "cannot make a seccomp filter");
	result = refuse_names(filter, refused, SCMP_ACT_ERRNO(EPERM));
	if (result == 0)
		result = refuse_names(filter, absent, SCMP_ACT_ERRNO(ENOSYS));
	if (result == 0)
		result = refuse_namespaces(filter);
	if (result == 0)
		result = refuse_sockets(filter, network);
	if (result == 0)
		result = refuse_terminal(filter);
	if (result != 0)
		result = error_set(err, ERR_UNSUPPORTED, "cannot compile the seccomp filter: %s", strerror(-result));
	else
		result = export_program(filter, out, err);
	seccomp_release(filter);
	return result;
}

int sandbox_filter_enter(const struct sock_fprog *program)
{
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program);
}
