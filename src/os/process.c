/* SPDX-License-Identifier: Apache-2.0 */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/sandbox.h"

enum { CHILD_STACK = 128 * 1024, READ_SIZE = 16 * 1024, READS_AT_ONCE = 128, REPORT_FD = 3 };

enum source_kind { SOURCE_STDOUT, SOURCE_STDERR, SOURCE_EXIT };

struct source {
	struct process *process;
	int fd;
	enum source_kind kind;
};

struct process {
	struct process_watcher *watcher;
	struct process_handlers handlers;
	void *context;
	pthread_mutex_t lock; /* pid and reaped: a number is only signalled while it is surely ours */
	pid_t pid;
	bool reaped;
	pthread_mutex_t read_lock; /* sources and partial */
	struct source sources[3];
	struct buf partial[2]; /* of each stream: a line whose end has not come */
	struct process_exit end;
	struct process *next, **link; /* in watcher->live */
	struct process *next_ended;
};

struct process_watcher {
	pthread_t thread;
	pthread_mutex_t lock; /* live, stopping */
	pthread_cond_t idle;
	struct process *live;
	struct process *ended; /* of this round; the thread's own */
	bool stopping;
	int epoll, wake;
};

/* ---- the watcher's thread ---- */

static void deliver(struct process *p, enum process_stream stream, struct str line)
{
	if (p->handlers.on_line)
		p->handlers.on_line(p->context, stream, line);
}

static void flush_partial(struct process *p, enum process_stream stream)
{
	if (p->partial[stream].n > 0)
		deliver(p, stream, buf_str(&p->partial[stream]));
	buf_reset(&p->partial[stream]);
}

static void keep_partial(struct process *p, enum process_stream stream, struct str rest)
{
	if (p->partial[stream].n + rest.n > PROCESS_LINE_MAX)
		flush_partial(p, stream);
	buf_add_str(&p->partial[stream], rest);
}

static void take_output(struct process *p, enum process_stream stream, struct str text)
{
	while (text.n > 0) {
		ptrdiff_t end = str_find_char(text, '\n', 0);
		if (end < 0) {
			keep_partial(p, stream, text);
			return;
		}
		if (p->partial[stream].n > 0) {
			keep_partial(p, stream, str_sub(text, 0, (size_t)end));
			flush_partial(p, stream);
		} else {
			deliver(p, stream, str_sub(text, 0, (size_t)end));
		}
		text = str_from(text, (size_t)end + 1);
	}
}

static void close_source(struct source *source)
{
	if (source->fd < 0)
		return;
	/* Closing is not enough: a child being started may still hold a copy, which would keep it in the set. */
	epoll_ctl(source->process->watcher->epoll, EPOLL_CTL_DEL, source->fd, NULL);
	close(source->fd);
	source->fd = -1;
}

/* Reads what is there; one chunk for a live process, so that a chatty one does not starve the others; never without end, for
 * an orphan may still be writing. */
static void read_source(struct source *source, bool all)
{
	char chunk[READ_SIZE];

	for (int left = all ? READS_AT_ONCE : 1; source->fd >= 0 && left > 0; left--) {
		ssize_t n = read(source->fd, chunk, sizeof(chunk));
		if (n > 0)
			take_output(source->process, (enum process_stream)source->kind, str_of(chunk, (size_t)n));
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			close_source(source);
		if (n < 0 && errno == EAGAIN)
			return;
	}
}

static void read_output(struct source *source)
{
	pthread_mutex_lock(&source->process->read_lock);
	read_source(source, false);
	pthread_mutex_unlock(&source->process->read_lock);
}

static void reap(struct process *p)
{
	struct rusage usage = { 0 };
	int status = 0;

	pthread_mutex_lock(&p->lock);
	/* The zombie still holds the group's number. */
	kill(-p->pid, SIGKILL);
	while (wait4(p->pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	p->reaped = true;
	pthread_mutex_unlock(&p->lock);
	p->end = (struct process_exit){
		.signaled = WIFSIGNALED(status),
		.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		.cpu_us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec,
		.peak_kib = usage.ru_maxrss,
	};
}

static void end_process(struct process_watcher *w, struct process *p)
{
	if (p->reaped)
		return;
	reap(p);
	pthread_mutex_lock(&p->read_lock);
	for (int i = 0; i < 2; i++) {
		read_source(&p->sources[i], true);
		flush_partial(p, (enum process_stream)i);
		close_source(&p->sources[i]);
	}
	pthread_mutex_unlock(&p->read_lock);
	close_source(&p->sources[SOURCE_EXIT]);
	/* Later events of this round may still point here: on_exit, after which the owner may free it, waits. */
	p->next_ended = w->ended;
	w->ended = p;
}

static void deliver_ends(struct process_watcher *w)
{
	while (w->ended) {
		struct process *p = w->ended;
		w->ended = p->next_ended;
		p->handlers.on_exit(p->context, &p->end);
	}
}

static void unlink_process(struct process *p)
{
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
}

static void forget_ended(struct process_watcher *w)
{
	pthread_mutex_lock(&w->lock);
	for (struct process *p = w->ended; p; p = p->next_ended)
		unlink_process(p);
	pthread_mutex_unlock(&w->lock);
}

static bool must_stop(struct process_watcher *w)
{
	bool stop;

	pthread_mutex_lock(&w->lock);
	stop = w->stopping && !w->live;
	pthread_mutex_unlock(&w->lock);
	return stop;
}

static void *watch(void *argument)
{
	struct process_watcher *w = argument;
	struct epoll_event events[32];

	while (!must_stop(w)) {
		int n = epoll_wait(w->epoll, events, 32, -1);
		for (int i = 0; i < n; i++) {
			struct source *source = events[i].data.ptr;
			uint64_t count;
			if (!source)
				(void)!read(w->wake, &count, sizeof(count));
			else if (source->kind == SOURCE_EXIT)
				end_process(w, source->process);
			else
				read_output(source);
		}
		forget_ended(w);
		deliver_ends(w);
	}
	return NULL;
}

/* ---- life of the watcher ---- */

int process_watcher_new(struct process_watcher **out, struct error *err)
{
	struct process_watcher *w = calloc(1, sizeof(*w));
	struct epoll_event event = { .events = EPOLLIN };
	int result = 0;

	if (!w)
		return error_set(err, ERR_NO_MEMORY, "no memory for the process watcher");
	pthread_mutex_init(&w->lock, NULL);
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->epoll < 0 || w->wake < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake, &event) != 0)
		result = error_set_errno(err, "epoll");
	else if (pthread_create(&w->thread, NULL, watch, w) != 0)
		result = error_set(err, ERR_IO, "cannot start the process watcher's thread");
	if (result == 0) {
		pthread_setname_np(w->thread, "children");
		*out = w;
		return 0;
	}
	if (w->epoll >= 0)
		close(w->epoll);
	if (w->wake >= 0)
		close(w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return result;
}

void process_watcher_free(struct process_watcher *w)
{
	uint64_t one = 1;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	for (struct process *p = w->live; p; p = p->next)
		process_kill(p);
	pthread_mutex_unlock(&w->lock);
	(void)!write(w->wake, &one, sizeof(one));
	pthread_join(w->thread, NULL);
	close(w->epoll);
	close(w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

/* ---- starting ---- */

struct child_report {
	int error;
	const char *step;
};

struct launch {
	const struct process_options *options;
	int streams[3]; /* the child's ends */
	int report;
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

static int prepare_descriptors(const struct launch *l)
{
	for (int i = 0; i < 3; i++) {
		if (dup2(l->streams[i], i) < 0)
			return -1;
	}
	if (l->report != REPORT_FD && dup2(l->report, REPORT_FD) < 0)
		return -1;
	return fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC) == 0 ? (int)syscall(SYS_close_range, REPORT_FD + 1, ~0U, 0) : -1;
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
	/* The server may die by SIGKILL; its children must not stay. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	reset_signals();
	execve(o->program, (char *const *)(uintptr_t)o->arguments, (char *const *)(uintptr_t)o->environment);
	return "exec";
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
	int code = ERR_IO;

	if (strcmp(report->step, "exec") == 0)
		code = report->error == ENOENT || report->error == ENOTDIR ? ERR_NOT_FOUND :
		       report->error == EACCES || report->error == EPERM ? ERR_DENIED :
		       report->error == ENOEXEC || report->error == EINVAL ? ERR_INVALID : ERR_IO;
	error_set(err, code, "%s: %s: %s", o->program, report->step, strerror(report->error));
	if (err)
		snprintf(err->name, sizeof(err->name), "%s", report->step);
	return code;
}

static void close_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

/* fds: null, stdout read and write, stderr read and write, report read and write. */
static int open_descriptors(int fds[7], struct error *err)
{
	for (size_t i = 0; i < 7; i++)
		fds[i] = -1;
	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fds[0] < 0)
		return error_set_errno(err, "open /dev/null");
	for (size_t i = 1; i < 7; i += 2) {
		if (pipe2(fds + i, O_CLOEXEC) != 0)
			return error_set_errno(err, "pipe");
	}
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	fcntl(fds[3], F_SETFL, O_NONBLOCK);
	return 0;
}

static int run_child(const struct process_options *o, int fds[7], pid_t *pid, struct error *err)
{
	struct launch l = { .options = o, .streams = { fds[0], fds[2], fds[4] }, .report = fds[6] };
	struct child_report report;
	ssize_t n;

	*pid = clone_child(&l);
	if (*pid < 0) {
		report = (struct child_report){ errno, "clone" };
		return start_error(&report, o, err);
	}
	close(fds[6]);
	fds[6] = -1;
	do {
		n = read(fds[5], &report, sizeof(report));
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(report))
		return 0; /* closed by exec */
	while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
		;
	return start_error(&report, o, err);
}

static struct process *make_process(struct process_watcher *w, const struct process_options *o, const int fds[7], pid_t pid)
{
	struct process *p = calloc(1, sizeof(*p));
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (!p || pidfd < 0) {
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
	p->sources[0] = (struct source){ p, fds[1], SOURCE_STDOUT };
	p->sources[1] = (struct source){ p, fds[3], SOURCE_STDERR };
	p->sources[2] = (struct source){ p, pidfd, SOURCE_EXIT };
	buf_init(&p->partial[0], PROCESS_LINE_MAX);
	buf_init(&p->partial[1], PROCESS_LINE_MAX);
	return p;
}

/* From here on the watcher's thread may call the handlers. */
static int watch_process(struct process_watcher *w, struct process *p)
{
	int result = 0;

	pthread_mutex_lock(&w->lock);
	if (w->stopping) {
		pthread_mutex_unlock(&w->lock);
		return -1;
	}
	p->next = w->live;
	p->link = &w->live;
	if (p->next)
		p->next->link = &p->next;
	w->live = p;
	for (size_t i = 0; i < 3 && result == 0; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &p->sources[i] };
		result = epoll_ctl(w->epoll, EPOLL_CTL_ADD, p->sources[i].fd, &event);
	}
	if (result != 0)
		unlink_process(p);
	pthread_mutex_unlock(&w->lock);
	return result;
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
	int fds[7];
	pid_t pid;
	struct process *p;
	int result = open_descriptors(fds, err);

	if (result == 0)
		result = run_child(options, fds, &pid, err);
	if (result != 0) {
		close_all(fds, 7);
		return result;
	}
	p = make_process(w, options, fds, pid);
	if (p)
		fds[1] = fds[3] = -1; /* p's */
	close_all(fds, 7);
	if (!p)
		return give_up(NULL, pid, err);
	*out = p;
	return watch_process(w, p) == 0 ? 0 : give_up(p, pid, err);
}

void process_kill(struct process *p)
{
	pthread_mutex_lock(&p->lock);
	if (!p->reaped) {
		kill(p->pid, SIGKILL);
		kill(-p->pid, SIGKILL);
	}
	pthread_mutex_unlock(&p->lock);
}

void process_free(struct process *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < 3; i++)
		close_source(&p->sources[i]);
	buf_release(&p->partial[0]);
	buf_release(&p->partial[1]);
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->read_lock);
	free(p);
}

void process_drain(struct process *p)
{
	pthread_mutex_lock(&p->read_lock);
	for (int i = 0; i < 2; i++)
		read_source(&p->sources[i], true);
	pthread_mutex_unlock(&p->read_lock);
}

int64_t process_peak_kib(const struct process *p)
{
	char path[48], text[4096];
	ptrdiff_t at;
	struct str status;
	int64_t kib = 0;
	ssize_t n;
	int fd;

	if (p->reaped)
		return p->end.peak_kib;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)p->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text));
	close(fd);
	status = str_of(text, n > 0 ? (size_t)n : 0);
	at = str_find(status, STR("VmHWM:"), 0);
	if (at >= 0) {
		status = str_trim(str_from(status, (size_t)at + 6));
		if (str_to_i64(str_split(&status, ' '), &kib) != 0)
			return 0;
	}
	return kib;
}
