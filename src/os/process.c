/* SPDX-License-Identifier: Apache-2.0 */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/process_internal.h"

enum { READ_SIZE = 16 * 1024, READS_AT_ONCE = 128, POLL_MS = 10 };

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
	int status = 0, inner;

	pthread_mutex_lock(&p->lock);
	/* The zombie still holds the group's number. */
	kill(-p->pid, SIGKILL);
	while (wait4(p->pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	/* Behind a first process the program's own end counts; there is none when the first was killed. */
	if (p->status >= 0 && read(p->status, &inner, sizeof(inner)) == sizeof(inner))
		status = inner;
	p->reaped = true;
	pthread_mutex_unlock(&p->lock);
	p->end = (struct process_exit){
		.signaled = WIFSIGNALED(status),
		.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		.cpu_us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
			  usage.ru_stime.tv_usec,
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

/* Finds ended ones among those without a descriptor. Answers how long the next wait may be. */
static int look_after_polled(struct process_watcher *w)
{
	struct process *ended = NULL;
	bool polled;

	pthread_mutex_lock(&w->lock);
	polled = w->polled > 0;
	for (struct process *p = w->live; p && polled && !ended; p = p->next) {
		siginfo_t info = { 0 };
		if (p->sources[SOURCE_EXIT].fd < 0 && !p->reaped &&
		    waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == p->pid) {
			ended = p;
			w->polled--;
		}
	}
	pthread_mutex_unlock(&w->lock);
	if (ended)
		end_process(w, ended);
	return !polled ? -1 : ended ? 0 : POLL_MS;
}

static void *watch(void *argument)
{
	struct process_watcher *w = argument;
	struct epoll_event events[32];
	int timeout = -1;

	while (!must_stop(w)) {
		int n = epoll_wait(w->epoll, events, 32, timeout);
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
		timeout = look_after_polled(w);
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
	w->init = process_make_init();
	if (w->epoll < 0 || w->wake < 0 || w->init < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake, &event) != 0)
		result = error_set_errno(err, "the process watcher");
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
	if (w->init >= 0)
		close(w->init);
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
	close(w->init);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

int process_watch(struct process_watcher *w, struct process *p)
{
	uint64_t one = 1;
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
		if (p->sources[i].fd < 0)
			w->polled++;
		else
			result = epoll_ctl(w->epoll, EPOLL_CTL_ADD, p->sources[i].fd, &event);
	}
	if (result != 0)
		unlink_process(p);
	if (w->polled > 0)
		(void)!write(w->wake, &one, sizeof(one)); /* so that the thread starts taking turns */
	pthread_mutex_unlock(&w->lock);
	return result;
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
	if (p->status >= 0)
		close(p->status);
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

static ssize_t read_proc(const char *path, char *text, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, max);

	if (fd >= 0)
		close(fd);
	return n;
}

/* The program's number: the first child of a namespace's first process, else our own child's. 0 when it is not known. */
static int64_t program_pid(const struct process *p)
{
	char path[64], text[32];
	struct str children;
	int64_t pid = 0;
	ssize_t n;

	if (p->status < 0)
		return p->pid;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)p->pid, (int)p->pid);
	n = read_proc(path, text, sizeof(text));
	children = str_of(text, n > 0 ? (size_t)n : 0);
	return str_to_i64(str_split(&children, ' '), &pid) == 0 ? pid : 0;
}

int64_t process_peak_kib(const struct process *p)
{
	char path[48], text[4096];
	struct str status;
	int64_t kib = 0;
	ptrdiff_t at;
	ssize_t n;

	if (p->reaped)
		return p->end.peak_kib;
	snprintf(path, sizeof(path), "/proc/%lld/status", (long long)program_pid(p));
	n = read_proc(path, text, sizeof(text));
	status = str_of(text, n > 0 ? (size_t)n : 0);
	at = str_find(status, STR("VmHWM:"), 0);
	if (at < 0)
		return 0;
	status = str_trim(str_from(status, (size_t)at + 6));
	return str_to_i64(str_split(&status, ' '), &kib) == 0 ? kib : 0;
}
