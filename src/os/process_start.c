/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting a process: clone into its namespaces, confine it, run the program, and learn whether that worked. The child shares our
 * memory until it runs the program (as vfork does), so that starting costs the same however large the server is.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/process_internal.h"
#include "os/sandbox.h"

/* The child's descriptors besides its streams, as init.c knows them; the first process's program goes last and closes when it
 * runs. */
enum { CHILD_STACK = 128 * 1024, REPORT_FD = 3, STATUS_FD = 4, INIT_FD = 5, ARGUMENTS_MAX = 62 };

static const unsigned char init_program[] = {
#include "os/init_bytes.h"
};

int process_make_init(void)
{
	int fd = memfd_create("init", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, init_program, sizeof(init_program)) == (ssize_t)sizeof(init_program))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

struct child_report {
	int error;
	const char *step; /* NULL: exec, told by init.c */
};

struct launch {
	const struct process_options *options;
	int streams[3]; /* the child's ends */
	int report;
	int status, init; /* -1: there is no first process between us and the program */
};

static void reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++) {
		if (i != SIGKILL && i != SIGSTOP)
			signal(i, SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* No source is below REPORT_FD, and none is overwritten before it is used: each is copied high first. */
static int prepare_descriptors(const struct launch *l)
{
	int wanted[] = { l->streams[0], l->streams[1], l->streams[2], l->report, l->status, l->init };
	int count = l->init >= 0 ? INIT_FD + 1 : REPORT_FD + 1;

	for (int i = REPORT_FD; i < count; i++) {
		wanted[i] = fcntl(wanted[i], F_DUPFD, 64);
		if (wanted[i] < 0)
			return -1;
	}
	for (int i = 0; i < count; i++) {
		if (dup2(wanted[i], i) < 0)
			return -1;
	}
	if (fcntl(count - 1, F_SETFD, FD_CLOEXEC) != 0) /* the report, or the first process's program */
		return -1;
	return (int)syscall(SYS_close_range, count, ~0U, 0);
}

static void run_program(const struct launch *l)
{
	const struct process_options *o = l->options;
	const char *arguments[ARGUMENTS_MAX + 2] = { o->program };

	if (l->init < 0) {
		execve(o->program, (char *const *)(uintptr_t)o->arguments, (char *const *)(uintptr_t)o->environment);
		return;
	}
	for (size_t i = 0; i < ARGUMENTS_MAX && o->arguments[i]; i++)
		arguments[i + 1] = o->arguments[i];
	syscall(SYS_execveat, INIT_FD, "", arguments, o->environment, AT_EMPTY_PATH);
	/* valgrind knows no empty path. */
	execve("/proc/self/fd/5", (char *const *)(uintptr_t)arguments, (char *const *)(uintptr_t)o->environment);
}

/* Whether the server has ended: nobody reads the report any more. Its id would not tell: a namespace of processes hides it. */
static bool is_orphan(void)
{
	struct pollfd report = { .fd = REPORT_FD };

	return poll(&report, 1, 0) > 0 && (report.revents & POLLERR);
}

/* In the child, which shares our memory until it runs the program: system calls only. Returns only on failure. */
static const char *enter_program(const struct launch *l)
{
	const struct process_options *o = l->options;
	const char *step = "descriptors";

	if (setsid() < 0 || prepare_descriptors(l) != 0)
		return step;
	if (o->sandbox && sandbox_enter(o->sandbox, &step) != 0)
		return step;
	if (chdir(o->folder ? o->folder : "/") != 0)
		return "folder";
	/* The server may die by SIGKILL, now or before this; its children must not stay. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (is_orphan())
		return "orphan";
	reset_signals();
	run_program(l);
	return l->init < 0 ? "exec" : "init";
}

static int child_main(void *argument)
{
	struct child_report report = { .step = enter_program(argument) };

	report.error = errno;
	(void)!write(REPORT_FD, &report, sizeof(report));
	return (int)syscall(SYS_exit_group, 127);
}

/* Signals stay blocked from before the clone until the child has reset their handlers, which are the parent's code. */
static pid_t clone_child(struct launch *l)
{
	int flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
	char *stack = malloc(CHILD_STACK);
	sigset_t all, before;
	pid_t pid;
	int error;

	if (!stack)
		return -1;
	if (l->options->sandbox)
		flags |= sandbox_clone_flags(l->options->sandbox);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = clone(child_main, stack + CHILD_STACK, flags, l);
	error = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	free(stack);
	errno = error;
	return pid;
}

static int start_error(const struct child_report *report, const struct process_options *o, struct error *err)
{
	const char *step = report->step ? report->step : "exec";
	int code = ERR_IO;

	if (strcmp(step, "exec") == 0)
		code = report->error == ENOENT || report->error == ENOTDIR   ? ERR_NOT_FOUND
		       : report->error == EACCES || report->error == EPERM   ? ERR_DENIED
		       : report->error == ENOEXEC || report->error == EINVAL ? ERR_INVALID
									     : ERR_IO;
	error_set(err, code, "%s: %s: %s", o->program, step, strerror(report->error));
	if (err)
		snprintf(err->name, sizeof(err->name), "%s", step);
	return code;
}

static void close_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

/* null, then read and write ends: stdout, stderr, report, status. */
enum { FD_NULL, FD_STDOUT, FD_STDERR = 3, FD_REPORT = 5, FD_STATUS = 7, FD_COUNT = 9 };

static int open_descriptors(int fds[FD_COUNT], struct error *err)
{
	for (size_t i = 0; i < FD_COUNT; i++)
		fds[i] = -1;
	fds[FD_NULL] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fds[FD_NULL] < 0)
		return error_set_errno(err, "open /dev/null");
	for (size_t i = FD_STDOUT; i < FD_COUNT; i += 2) {
		if (pipe2(fds + i, O_CLOEXEC) != 0)
			return error_set_errno(err, "pipe");
	}
	fcntl(fds[FD_STDOUT], F_SETFL, O_NONBLOCK);
	fcntl(fds[FD_STDERR], F_SETFL, O_NONBLOCK);
	fcntl(fds[FD_STATUS], F_SETFL, O_NONBLOCK);
	return 0;
}

/* A namespace of processes needs a first one that is not the program itself. */
static bool needs_init(const struct process_options *o)
{
	return o->sandbox && sandbox_has(o->sandbox, SANDBOX_PROCESSES);
}

static int run_child(const struct process_watcher *w, const struct process_options *o, int fds[FD_COUNT], pid_t *pid,
		     struct error *err)
{
	bool init = needs_init(o);
	struct launch l = {
		.options = o,
		.streams = { fds[FD_NULL], fds[FD_STDOUT + 1], fds[FD_STDERR + 1] },
		.report = fds[FD_REPORT + 1],
		.status = init ? fds[FD_STATUS + 1] : -1,
		.init = init ? w->init : -1,
	};
	struct child_report report;
	ssize_t n;

	*pid = clone_child(&l);
	if (*pid < 0) {
		report = (struct child_report){ errno, "clone" };
		return start_error(&report, o, err);
	}
	close(fds[FD_REPORT + 1]);
	fds[FD_REPORT + 1] = -1;
	do {
		n = read(fds[FD_REPORT], &report, sizeof(report));
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(report))
		return 0; /* closed by exec */
	while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
		;
	return start_error(&report, o, err);
}

static struct process *make_process(struct process_watcher *w, const struct process_options *o, int fds[FD_COUNT], pid_t pid)
{
	struct process *p = calloc(1, sizeof(*p));
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (!p || (pidfd < 0 && errno != ENOSYS)) {
		free(p);
		if (pidfd >= 0)
			close(pidfd);
		return NULL;
	}
	p->watcher = w;
	p->handlers = *o->handlers;
	p->context = o->context;
	p->pid = pid;
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->read_lock, NULL);
	p->sources[0] = (struct source){ p, fds[FD_STDOUT], SOURCE_STDOUT };
	p->sources[1] = (struct source){ p, fds[FD_STDERR], SOURCE_STDERR };
	p->sources[2] = (struct source){ p, pidfd, SOURCE_EXIT };
	buf_init(&p->partial[0], PROCESS_LINE_MAX);
	buf_init(&p->partial[1], PROCESS_LINE_MAX);
	p->status = needs_init(o) ? fds[FD_STATUS] : -1;
	fds[FD_STDOUT] = fds[FD_STDERR] = -1; /* p's */
	if (p->status >= 0)
		fds[FD_STATUS] = -1;
	return p;
}

static int give_up(struct process *p, pid_t pid, struct error *err)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (p) {
		p->reaped = true;
		process_free(p);
	}
	return error_set(err, ERR_UNAVAILABLE, "cannot watch the process");
}

int process_start(struct process **out, struct process_watcher *w, const struct process_options *options, struct error *err)
{
	int fds[FD_COUNT];
	pid_t pid;
	struct process *p;
	int result = open_descriptors(fds, err);

	if (result == 0)
		result = run_child(w, options, fds, &pid, err);
	if (result != 0) {
		close_all(fds, FD_COUNT);
		return result;
	}
	p = make_process(w, options, fds, pid);
	close_all(fds, FD_COUNT);
	if (!p)
		return give_up(NULL, pid, err);
	*out = p;
	return process_watch(w, p) == 0 ? 0 : give_up(p, pid, err);
}
