/* SPDX-License-Identifier: Apache-2.0
 *
 * Child processes, and one thread that watches them all: it reads what they print, line by line, and reaps them.
 *
 * A child leads a session of its own, inherits no descriptor but its three streams (stdin is /dev/null), and starts with default
 * signal dispositions. When it ends, whatever is left of its process group is killed; with a sandbox that has its own process
 * numbers (os/sandbox.h) that is everything it ever started.
 *
 * The handlers run on the watcher's thread (on_line also in process_drain) and must be short. on_exit is the last call for a
 * process and comes once; the owner frees the process then or later with process_free, never before it. process_start may be
 * called from any thread that outlives the process (the kernel ends the child when the thread that started it ends, so that
 * nothing survives a killed server); it blocks until the program runs or could not be started (about a millisecond).
 */
#ifndef GLEANER_OS_PROCESS_H
#define GLEANER_OS_PROCESS_H

#include "base/str.h"

struct process;
struct process_watcher;
struct sandbox;

enum process_stream { PROCESS_STDOUT, PROCESS_STDERR };

enum { PROCESS_LINE_MAX = 256 * 1024 }; /* longer lines are delivered in pieces */

struct process_exit {
	bool signaled;
	int status;       /* exit status, or the signal's number */
	int64_t cpu_us;   /* user and system time of the process and its reaped children */
	int64_t peak_kib; /* largest resident set */
};

struct process_handlers {
	/* A line without its newline; what a process printed without one at its end comes as a line too. */
	void (*on_line)(void *context, enum process_stream stream, struct str line);
	void (*on_exit)(void *context, const struct process_exit *end);
};

struct process_options {
	const char *program;            /* as the child sees it, inside the sandbox's view */
	const char *const *arguments;   /* argv, ends with NULL */
	const char *const *environment; /* "NAME=value", ends with NULL; the whole of it */
	const char *folder;             /* to start in, as the child sees it; NULL: the root */
	const struct sandbox *sandbox;  /* NULL: none */
	const struct process_handlers *handlers;
	void *context;
};

int process_watcher_new(struct process_watcher **out, struct error *err) MUST_CHECK;
/* Kills what still runs, delivers its on_exit, stops. NULL is allowed. */
void process_watcher_free(struct process_watcher *w);

/* ERR_NOT_FOUND, ERR_DENIED, ERR_INVALID (not a program) for what execve says about the program; ERR_IO for the rest. err->name
 * is the step that failed ("exec", "mount", "landlock" …). No handler is called when it fails. A handler may run before it
 * returns. */
int process_start(struct process **out, struct process_watcher *w, const struct process_options *options,
		  struct error *err) MUST_CHECK;
/* SIGKILL to the process and its group; from any thread, until process_free. */
void process_kill(struct process *p);
void process_free(struct process *p); /* after on_exit, or in it; NULL is allowed */

/* Reads what the process has printed until now and delivers it on the calling thread: what it wrote before it told us something
 * another way is then known. Not from a handler, and not after process_free. */
void process_drain(struct process *p);

/* Largest resident set so far in KiB, 0 when it is not known (any more). */
int64_t process_peak_kib(const struct process *p);

#endif
