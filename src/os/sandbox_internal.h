/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the sandbox. Everything called in the child makes system calls only: it runs between clone and exec, in a process
 * with threads, and shares the parent's memory.
 */
#ifndef GLEANER_OS_SANDBOX_INTERNAL_H
#define GLEANER_OS_SANDBOX_INTERNAL_H

#include <linux/filter.h>

#include "os/sandbox.h"

enum { SANDBOX_LAYER_COUNT = 7, SANDBOX_REASON_MAX = 160 };

struct sandbox_kit {
	char scratch[512];
	unsigned layers;
	bool root;                                         /* we are root: users of our own; else a user namespace */
	int landlock;                                      /* ABI version, 0: none */
	struct sock_fprog function_filter, network_filter; /* compiled seccomp programs, ours to free */
	char uid_map[48], gid_map[48];
	char reasons[SANDBOX_LAYER_COUNT][SANDBOX_REASON_MAX]; /* "" where the layer is there */
};

/* sandbox_view.c: makes the mount view and goes to its root. -1 and errno. */
int sandbox_view_enter(const struct sandbox *s);

/* sandbox_landlock.c */
int sandbox_landlock_version(void);
int sandbox_landlock_enter(const struct sandbox *s);

/* sandbox_filter.c: compiles in the parent; loads in the child. */
int sandbox_filter_compile(struct sock_fprog *out, bool network, struct error *err) MUST_CHECK;
int sandbox_filter_enter(const struct sock_fprog *program);

#endif
