/* SPDX-License-Identifier: Apache-2.0
 *
 * What a child process is confined by, in layers, each used where the kernel offers it:
 *
 *   privileges    no_new_privs, no capabilities; as root a user id of its own, else a user namespace
 *   limits        memory, files, processes, no core dumps
 *   view          a mount namespace: a tmpfs root that holds only the folders named here, read-only, and a private /tmp
 *   processes     a process-number namespace: it sees only its own, and all die with the first
 *   files         Landlock: the same allow-list of paths once more, and the only one where there is no view
 *   network       Landlock: TCP connections to the ports named only; seccomp: no sockets but TCP and local ones
 *   calls         seccomp: what a function never needs and an attacker does (ptrace, mount, bpf, userfaultfd, keyctl, io_uring …)
 *
 * A kit is made once: it finds out by trying which layers work here and compiles the filter. It is immutable and shared by all
 * threads. A struct sandbox is the caller's, one a process, borrowed by process_start for its duration.
 *
 * Sources: landlock(7), seccomp(2), mount_namespaces(7), user_namespaces(7), pid_namespaces(7), getrlimit(2).
 */
#ifndef GLEANER_OS_SANDBOX_H
#define GLEANER_OS_SANDBOX_H

#include <sys/types.h>

#include "base/str.h"

enum sandbox_layer {
	SANDBOX_PRIVILEGES = 1 << 0,
	SANDBOX_LIMITS = 1 << 1,
	SANDBOX_VIEW = 1 << 2,
	SANDBOX_PROCESSES = 1 << 3,
	SANDBOX_FILES = 1 << 4,
	SANDBOX_NETWORK = 1 << 5,
	SANDBOX_CALLS = 1 << 6,
	SANDBOX_ALL = (1 << 7) - 1,
};

struct sandbox_kit;

/* Tries every layer in a child of its own. `scratch` is an existing folder to mount on (in the child's namespace only). */
int sandbox_kit_new(struct sandbox_kit **out, const char *scratch, struct error *err) MUST_CHECK;
void sandbox_kit_free(struct sandbox_kit *kit);             /* NULL is allowed */
unsigned sandbox_kit_layers(const struct sandbox_kit *kit); /* of enum sandbox_layer */
/* "view (mount namespace): Operation not permitted" for each layer that is missing, one after the other; NULL at the end. */
const char *sandbox_kit_missing(const struct sandbox_kit *kit, size_t index);

/* A folder or file that the process may see. Absent sources are skipped. */
struct sandbox_path {
	const char *source;
	const char *target; /* in the view, absolute; NULL: as source */
	bool writable;      /* its owner must be sandbox_user */
};

enum { SANDBOX_PORTS_MAX = 4 };

struct sandbox {
	const struct sandbox_kit *kit;
	const struct sandbox_path
		*paths;      /* readable and executable; a symbolic link is made again in the view; ends with source NULL */
	const char *scratch; /* writable folder where there is no view; NULL: none. In the view it is /tmp, a fresh tmpfs */
	uint64_t scratch_bytes;
	uint64_t memory_bytes;             /* private writable memory a process; 0: unlimited */
	unsigned processes, files;         /* the environment's processes and threads; open files */
	uint16_t ports[SANDBOX_PORTS_MAX]; /* TCP ports it may connect to; all 0: not limited */
	unsigned slot;                     /* as root: which user id of ours; unique among those that run */
	bool network;                      /* any socket but raw ones: builds need it, functions do not */
	unsigned without;                  /* layers left out although they are offered */
};

/* For process_start: the namespaces to clone into, and what the child does between clone and exec (only system calls). The answer
 * is 0, or -1 with errno set and `step` naming the layer. */
int sandbox_clone_flags(const struct sandbox *s);
int sandbox_enter(const struct sandbox *s, const char **step);
/* The user that the process is, as the file system sees it: who must own what it is to write. */
uid_t sandbox_user(const struct sandbox *s);
bool sandbox_has(const struct sandbox *s, enum sandbox_layer layer);
/* True when the child sees the paths by their targets. */
bool sandbox_has_view(const struct sandbox *s);

/* The paths every program of a Linux system needs (/usr, /lib, CA certificates, resolver files), to copy into `paths`. */
size_t sandbox_system_paths(struct sandbox_path *out, size_t max);

#endif
