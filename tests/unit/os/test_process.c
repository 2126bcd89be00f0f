/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/clock.h"
#include "os/process.h"

/* What a child said, and how it ended. */
struct record {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct buf lines[2]; /* joined by '|' */
	bool ended;
	struct process_exit end;
	int exits;
};

static void record_line(void *context, enum process_stream stream, struct str line)
{
	struct record *r = context;

	pthread_mutex_lock(&r->lock);
	buf_add_str(&r->lines[stream], line);
	buf_add_char(&r->lines[stream], '|');
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void record_exit(void *context, const struct process_exit *end)
{
	struct record *r = context;

	pthread_mutex_lock(&r->lock);
	r->ended = true;
	r->end = *end;
	r->exits++;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static const struct process_handlers handlers = { record_line, record_exit };

static void record_init(struct record *r)
{
	*r = (struct record){ .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
	buf_init(&r->lines[0], 1 << 24);
	buf_init(&r->lines[1], 1 << 24);
}

static void record_release(struct record *r)
{
	buf_release(&r->lines[0]);
	buf_release(&r->lines[1]);
}

static void wait_end(struct record *r)
{
	pthread_mutex_lock(&r->lock);
	while (!r->ended)
		pthread_cond_wait(&r->changed, &r->lock);
	pthread_mutex_unlock(&r->lock);
}

static int start_shell(struct process **p, struct process_watcher *w, struct record *r, const char *script, struct error *err)
{
	const char *const arguments[] = { "sh", "-c", script, NULL };
	const char *const environment[] = { "PATH=/usr/bin:/bin", "GREETING=hello", NULL };
	struct process_options o = {
		.program = "/bin/sh",
		.arguments = arguments,
		.environment = environment,
		.handlers = &handlers,
		.context = r,
	};

	record_init(r);
	return process_start(p, w, &o, err);
}

static void run_shell(struct process_watcher *w, struct record *r, const char *script)
{
	struct process *p;
	struct error err;

	assert_int_equal(start_shell(&p, w, r, script, &err), 0);
	wait_end(r);
	process_free(p);
}

static int set_up(void **state)
{
	struct error err;

	return process_watcher_new((struct process_watcher **)state, &err);
}

static int tear_down(void **state)
{
	process_watcher_free(*state);
	return 0;
}

static void test_output_and_status(void **state)
{
	static const struct {
		const char *script, *out, *err;
		bool signaled;
		int status;
	} cases[] = {
		{ "echo one; echo two >&2; printf three", "one|three|", "two|", false, 0 },
		{ "exit 7", "", "", false, 7 },
		{ "kill -SEGV $$", "", "", true, SIGSEGV },
		{ "printf 'a\\n\\nb\\n'", "a||b|", "", false, 0 },
		{ "echo $GREETING; echo ${HOME-none}", "hello|none|", "", false, 0 },
		{ "pwd; ls /proc/self/fd | tr '\\n' ' '", "/|0 1 2 3 |", "", false, 0 },
		{ "kill -PIPE $$", "", "", true, SIGPIPE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record r;
		run_shell(*state, &r, cases[i].script);
		assert_string_equal(buf_c(&r.lines[0]), cases[i].out);
		assert_string_equal(buf_c(&r.lines[1]), cases[i].err);
		assert_int_equal(r.end.signaled, cases[i].signaled);
		assert_int_equal(r.end.status, cases[i].status);
		assert_int_equal(r.exits, 1);
		record_release(&r);
	}
}

static void test_long_lines_come_in_pieces(void **state)
{
	struct record r;
	size_t pieces = 0;

	run_shell(*state, &r, "head -c 600000 /dev/zero | tr '\\0' x");
	for (size_t i = 0; i < r.lines[0].n; i++)
		pieces += r.lines[0].p[i] == '|';
	assert_int_equal(r.lines[0].n - pieces, 600000);
	assert_true(pieces >= 3 && pieces <= 16);
	record_release(&r);
}

static void test_much_output(void **state)
{
	struct record r;
	size_t lines = 0;

	run_shell(*state, &r, "seq 1 200000");
	for (size_t i = 0; i < r.lines[0].n; i++)
		lines += r.lines[0].p[i] == '|';
	assert_int_equal(lines, 200000);
	record_release(&r);
}

static void test_kill_takes_the_group(void **state)
{
	struct process *p;
	struct record r;
	struct error err;
	int64_t started = clock_mono_ns();
	int64_t child;

	assert_int_equal(start_shell(&p, *state, &r, "sleep 60 & echo $!; wait", &err), 0);
	pthread_mutex_lock(&r.lock);
	while (r.lines[0].n == 0)
		pthread_cond_wait(&r.changed, &r.lock);
	pthread_mutex_unlock(&r.lock);
	assert_int_equal(str_to_i64(str_of(r.lines[0].p, r.lines[0].n - 1), &child), 0);
	assert_true(process_peak_kib(p) > 0);
	process_kill(p);
	wait_end(&r);
	assert_true(r.end.signaled);
	assert_int_equal(r.end.status, SIGKILL);
	assert_true(clock_mono_ns() - started < 10000000000LL);
	for (int i = 0; i < 200 && kill((pid_t)child, 0) == 0; i++)
		clock_sleep_ms(10); /* init has to reap it */
	process_kill(p);            /* harmless when it has ended */
	process_free(p);
	record_release(&r);
}

static void test_start_errors(void **state)
{
	static const struct {
		const char *program;
		int code;
	} cases[] = { { "/nonexistent/program", ERR_NOT_FOUND }, { "/etc/passwd", ERR_DENIED } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const arguments[] = { "x", NULL };
		const char *const environment[] = { NULL };
		struct record r;
		struct process_options o = {
			.program = cases[i].program,
			.arguments = arguments,
			.environment = environment,
			.handlers = &handlers,
			.context = &r,
		};
		struct process *p;
		struct error err;
		record_init(&r);
		assert_int_equal(process_start(&p, *state, &o, &err), cases[i].code);
		assert_string_equal(err.name, "exec");
		assert_int_equal(r.exits, 0);
		record_release(&r);
	}
}

static void test_free_kills_what_runs(void **state)
{
	struct process_watcher *w;
	struct process *p;
	struct record r;
	struct error err;

	(void)state;
	assert_int_equal(process_watcher_new(&w, &err), 0);
	assert_int_equal(start_shell(&p, w, &r, "sleep 60", &err), 0);
	process_watcher_free(w);
	assert_true(r.ended);
	assert_int_equal(r.end.status, SIGKILL);
	process_free(p);
	record_release(&r);
}

/* How many processes were started with that argument. */
static size_t count_marked(const char *marker)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	size_t found = 0;

	assert_non_null(processes);
	while ((entry = readdir(processes))) {
		char path[300], line[256];
		ssize_t n;
		int fd;

		snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd >= 0 ? read(fd, line, sizeof(line)) : -1;
		found += n > 0 && memmem(line, (size_t)n, marker, strlen(marker));
		if (fd >= 0)
			close(fd);
	}
	closedir(processes);
	return found;
}

/* What the server is when it is killed: between any two of its instructions. */
static void start_for_ever(const char *marker)
{
	const char *const arguments[] = { "sleep", "60", marker, NULL };
	const char *const environment[] = { NULL };
	struct process_options o = {
		.program = "/bin/sleep", .arguments = arguments, .environment = environment, .handlers = &handlers
	};
	struct process_watcher *w;
	struct process *p;

	if (process_watcher_new(&w, NULL) != 0)
		_exit(1);
	while (process_start(&p, w, &o, NULL) == 0)
		;
	_exit(1);
}

static void test_none_outlives_a_killed_server(void **state)
{
	char marker[32];

	(void)state;
	snprintf(marker, sizeof(marker), "0.%d%lld", getpid(), (long long)clock_mono_ns());
	for (int i = 0; i < 50; i++) {
		pid_t server = fork();

		assert_true(server >= 0);
		if (server == 0)
			start_for_ever(marker);
		nanosleep(&(struct timespec){ .tv_nsec = 3000000 + 61000 * i }, NULL);
		kill(server, SIGKILL);
		assert_int_equal(waitpid(server, NULL, 0), server);
	}
	for (int i = 0; i < 500 && count_marked(marker) > 0; i++)
		clock_sleep_ms(10);
	assert_int_equal(count_marked(marker), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_output_and_status, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_lines_come_in_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_much_output, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kill_takes_the_group, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_start_errors, set_up, tear_down),
		cmocka_unit_test(test_free_kills_what_runs),
		cmocka_unit_test(test_none_outlives_a_killed_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
