/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks from inside the sandbox, by a shell and (for calls no shell makes) by this program run again as the child.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/clock.h"
#include "os/process.h"
#include "os/sandbox.h"

/* ---- the child's side: prints the errno of each call that an attacker would try, 0 where it worked ---- */

static int connect_to(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int error = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;

	close(fd);
	return error;
}

static int error_of(long result)
{
	return result < 0 ? errno : 0;
}

static int attack(int argc, char **argv)
{
	int allowed = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0, refused = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;

	printf("ptrace %d\n", error_of(ptrace(PTRACE_TRACEME, 0, 0, 0)));
	printf("mount %d\n", error_of(mount("none", "/tmp", "tmpfs", 0, NULL)));
	printf("unshare %d\n", error_of(unshare(CLONE_NEWUSER)));
	printf("bpf %d\n", error_of(syscall(SYS_bpf, 0, NULL, 0)));
	printf("userfaultfd %d\n", error_of(syscall(SYS_userfaultfd, 0)));
	printf("keyctl %d\n", error_of(syscall(SYS_keyctl, 0, 0, 0, 0, 0)));
	printf("io_uring %d\n", error_of(syscall(SYS_io_uring_setup, 1, NULL)));
	printf("udp %d\n", error_of(socket(AF_INET, SOCK_DGRAM, 0)));
	printf("raw %d\n", error_of(socket(AF_INET6, SOCK_RAW, 1)));
	printf("packet %d\n", error_of(socket(AF_PACKET, SOCK_DGRAM, 0)));
	printf("vsock %d\n", error_of(socket(AF_VSOCK, SOCK_STREAM, 0)));
	printf("allowed %d\n", connect_to(allowed));
	printf("refused %d\n", connect_to(refused));
	printf("root %d\n", geteuid() == 0);
	printf("setuid %d\n", error_of(setuid(0)));
	printf("end 0\n");
	return 0;
}

/* ---- the test's side ---- */

struct record {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct buf text;
	bool ended;
	struct process_exit end;
};

static void record_line(void *context, enum process_stream stream, struct str line)
{
	struct record *r = context;

	(void)stream;
	buf_add_str(&r->text, line);
	buf_add_char(&r->text, '\n');
}

static void record_exit(void *context, const struct process_exit *end)
{
	struct record *r = context;

	pthread_mutex_lock(&r->lock);
	r->end = *end;
	r->ended = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static const struct process_handlers handlers = { record_line, record_exit };

struct fixture {
	char folder[64], view[80], code[80], tmp[80], secret[80];
	char self[512];
	struct sandbox_kit *kit;
	struct process_watcher *watcher;
	struct sandbox_path paths[40];
};

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct error err;
	size_t n;

	snprintf(f->folder, sizeof(f->folder), "/var/tmp/sandbox-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->view, sizeof(f->view), "%s/view", f->folder);
	snprintf(f->code, sizeof(f->code), "%s/code", f->folder);
	snprintf(f->tmp, sizeof(f->tmp), "%s/tmp", f->folder);
	snprintf(f->secret, sizeof(f->secret), "%s/secret", f->folder);
	mkdir(f->view, 0700);
	mkdir(f->code, 0755);
	mkdir(f->tmp, 0777);
	write_text(f->secret, "the secret\n");
	assert_true(readlink("/proc/self/exe", f->self, sizeof(f->self) - 1) > 0);
	assert_int_equal(sandbox_kit_new(&f->kit, f->view, &err), 0);
	assert_int_equal(process_watcher_new(&f->watcher, &err), 0);
	n = sandbox_system_paths(f->paths, 30);
	f->paths[n++] = (struct sandbox_path){ f->code, "/var/task" };
	f->paths[n] = (struct sandbox_path){ f->self, "/var/attack" };
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	process_watcher_free(f->watcher);
	sandbox_kit_free(f->kit);
	unlink(f->secret);
	rmdir(f->view);
	rmdir(f->code);
	rmdir(f->tmp);
	rmdir(f->folder);
	free(f);
	return 0;
}

static struct sandbox rules(const struct fixture *f)
{
	return (struct sandbox){
		.kit = f->kit,
		.paths = f->paths,
		.scratch = f->tmp,
		.scratch_bytes = 4 << 20,
		.memory_bytes = 64 << 20,
		.processes = 20,
		.files = 64,
		.slot = 7,
	};
}

static void run(struct fixture *f, const struct sandbox *s, struct record *r, const char *const *arguments)
{
	/* In a sanitized build the child is this program too; the leak check needs ptrace, which the sandbox denies. */
	const char *const environment[] = { "PATH=/usr/bin:/bin", "ASAN_OPTIONS=detect_leaks=0", NULL };
	struct process_options o = {
		.program = arguments[0],
		.arguments = arguments,
		.environment = environment,
		.sandbox = s,
		.handlers = &handlers,
		.context = r,
	};
	struct process *p;
	struct error err = { 0 };

	*r = (struct record){ .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
	buf_init(&r->text, 1 << 20);
	if (process_start(&p, f->watcher, &o, &err) != 0)
		fail_msg("%s", err.message);
	pthread_mutex_lock(&r->lock);
	while (!r->ended)
		pthread_cond_wait(&r->changed, &r->lock);
	pthread_mutex_unlock(&r->lock);
	process_free(p);
}

static void run_shell(struct fixture *f, const struct sandbox *s, struct record *r, const char *script)
{
	const char *const arguments[] = { "/bin/sh", "-c", script, NULL };

	run(f, s, r, arguments);
}

static bool said(const struct record *r, const char *text)
{
	return str_find(buf_str(&r->text), str_c(text), 0) >= 0;
}

static void require(const struct fixture *f, unsigned layers)
{
	if ((sandbox_kit_layers(f->kit) & layers) != layers) {
		print_message("not offered here: %s\n", sandbox_kit_missing(f->kit, 0));
		skip();
	}
}

static void test_kit_names_what_is_missing(void **state)
{
	struct fixture *f = *state;
	bool all = sandbox_kit_layers(f->kit) == SANDBOX_ALL;

	for (size_t i = 0; sandbox_kit_missing(f->kit, i); i++)
		print_message("missing: %s\n", sandbox_kit_missing(f->kit, i));
	assert_int_equal(sandbox_kit_missing(f->kit, 0) == NULL, all);
	/* Whatever the kernel, these need nobody's leave. */
	assert_true(sandbox_kit_layers(f->kit) & SANDBOX_LIMITS);
}

static void test_sees_only_its_own(void **state)
{
	struct fixture *f = *state;
	struct sandbox s = rules(f);
	struct record r;
	char script[512];

	require(f, SANDBOX_VIEW);
	snprintf(script, sizeof(script), "cat %s; ls -d %s /root /home /var/lib; echo * $PWD; cd /var && echo *", f->secret,
		 f->folder);
	run_shell(f, &s, &r, script);
	assert_false(said(&r, "the secret"));
	assert_false(said(&r, "\n/root\n"));
	assert_true(said(&r, "attack task"));
	buf_release(&r.text);
}

static void test_landlock_alone_hides_the_data(void **state)
{
	struct fixture *f = *state;
	struct sandbox s = rules(f);
	struct record r;
	char script[1024];

	require(f, SANDBOX_FILES);
	s.without = SANDBOX_VIEW | SANDBOX_PROCESSES;
	snprintf(script, sizeof(script), "cat %s; echo x > %s/new; ls %s; echo y > %s/file && cat %s/file && rm %s/file",
		 f->secret, f->code, f->folder, f->tmp, f->tmp, f->tmp);
	run_shell(f, &s, &r, script);
	assert_false(said(&r, "the secret"));
	assert_false(said(&r, "secret\n"));
	assert_true(said(&r, "y\n"));
	snprintf(script, sizeof(script), "%s/new", f->code);
	assert_int_not_equal(access(script, F_OK), 0);
	buf_release(&r.text);
}

static void test_scratch_is_private_and_bounded(void **state)
{
	struct fixture *f = *state;
	struct sandbox s = rules(f);
	struct record r;

	require(f, SANDBOX_VIEW);
	run_shell(f, &s, &r, "echo 1 > /tmp/mine && ls /tmp; head -c 5000000 /dev/zero > /tmp/big; echo status $?");
	assert_true(said(&r, "mine\n"));
	assert_false(said(&r, "status 0"));
	buf_release(&r.text);
	run_shell(f, &s, &r, "ls /tmp | wc -l");
	assert_true(said(&r, "0\n"));
	buf_release(&r.text);
}

static void test_endless_forks_end(void **state)
{
	struct fixture *f = *state;
	struct sandbox s = rules(f);
	struct record r;
	int64_t started = clock_mono_ns();

	require(f, SANDBOX_VIEW | SANDBOX_PROCESSES | SANDBOX_LIMITS | SANDBOX_PRIVILEGES);
	run_shell(f, &s, &r, "for i in $(seq 1 100); do sleep 30 & done; echo unlimited");
	assert_false(said(&r, "unlimited"));
	assert_true(clock_mono_ns() - started < 15000000000LL);
	buf_release(&r.text);
}

static void test_orphans_die_with_the_first(void **state)
{
	struct fixture *f = *state;
	struct sandbox s = rules(f);
	struct record r;

	require(f, SANDBOX_PROCESSES);
	run_shell(f, &s, &r, "(setsid sleep 4321 &) ; exit 3");
	assert_int_equal(r.end.status, 3);
	buf_release(&r.text);
	const char *const arguments[] = { "/bin/sh", "-c",
					  "for d in /proc/[0-9]*; do tr '\\0' ' ' < $d/cmdline 2>/dev/null; echo; done", NULL };
	run(f, NULL, &r, arguments);
	assert_false(said(&r, "sleep 4321"));
	buf_release(&r.text);
}

static void test_ends_are_told_truly(void **state)
{
	static const struct {
		const char *script;
		bool signaled;
		int status;
	} cases[] = {
		{ "exit 0", false, 0 },
		{ "exit 5", false, 5 },
		{ "kill -KILL $$; sleep 5", true, SIGKILL },
		{ "kill -ABRT $$; sleep 5", true, SIGABRT },
		{ "kill -TERM $$; sleep 5", true, SIGTERM },
		{ "(sleep 0.05; exit 9) & (sleep 0.01; exit 8) & sleep 0.1; exit 7", false, 7 },
	};
	struct fixture *f = *state;
	struct sandbox s = rules(f);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record r;
		run_shell(f, &s, &r, cases[i].script);
		assert_int_equal(r.end.signaled, cases[i].signaled);
		assert_int_equal(r.end.status, cases[i].status);
		buf_release(&r.text);
	}
}

static void test_a_missing_program_is_told(void **state)
{
	static const char *const arguments[] = { "/usr/bin/no-such-program", NULL };
	struct fixture *f = *state;
	struct sandbox s = rules(f);
	struct record r = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct process_options o = {
		.program = arguments[0],
		.arguments = arguments,
		.environment = arguments + 1,
		.sandbox = &s,
		.handlers = &handlers,
		.context = &r,
	};
	struct process *p;
	struct error err;

	assert_int_equal(process_start(&p, f->watcher, &o, &err), ERR_NOT_FOUND);
	assert_string_equal(err.name, "exec");
}

static void test_memory_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct sandbox s = rules(f);
	struct record r;

	run_shell(f, &s, &r, "x=$(head -c 90000000 /dev/zero | tr '\\0' a); echo got ${#x}");
	assert_false(said(&r, "got 90000000"));
	buf_release(&r.text);
}

static int listen_any(int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static void expect(const struct record *r, const char *call, bool works)
{
	char line[64];

	snprintf(line, sizeof(line), "%s 0\n", call);
	if (said(r, line) != works)
		fail_msg("%s should %s:\n%s", call, works ? "work" : "fail", buf_c(&r->text));
}

static void test_dangerous_calls_are_refused(void **state)
{
	static const char *const calls[] = {
		"ptrace", "mount", "unshare", "bpf", "userfaultfd", "keyctl", "io_uring", "udp", "raw", "packet", "vsock", NULL,
	};
	struct fixture *f = *state;
	struct sandbox s = rules(f);
	struct record r;
	char text[2][16];
	int allowed_port, refused_port, allowed = listen_any(&allowed_port), refused = listen_any(&refused_port);

	require(f, SANDBOX_CALLS);
	s.ports[0] = (uint16_t)allowed_port;
	s.memory_bytes = 0; /* a sanitizer's shadow memory is large */
	snprintf(text[0], sizeof(text[0]), "%d", allowed_port);
	snprintf(text[1], sizeof(text[1]), "%d", refused_port);
	const char *const arguments[] = { sandbox_has_view(&s) ? "/var/attack" : f->self, "attack", text[0], text[1], NULL };
	run(f, &s, &r, arguments);
	expect(&r, "end", true);
	for (size_t i = 0; calls[i]; i++)
		expect(&r, calls[i], false);
	expect(&r, "allowed", true);
	if (sandbox_kit_layers(f->kit) & SANDBOX_NETWORK)
		expect(&r, "refused", false);
	if (sandbox_kit_layers(f->kit) & SANDBOX_PRIVILEGES) {
		expect(&r, "root", true); /* that is: not root */
		expect(&r, "setuid", false);
	}
	buf_release(&r.text);
	close(allowed);
	close(refused);
}

static void test_sandbox_is_quick(void **state)
{
	struct fixture *f = *state;
	struct sandbox s = rules(f);
	struct record r;
	int64_t started = clock_mono_ns();

	for (int i = 0; i < 20; i++) {
		run_shell(f, &s, &r, "exit 0");
		assert_int_equal(r.end.status, 0);
		buf_release(&r.text);
	}
	print_message("a sandboxed shell: %.2f ms\n", (double)(clock_mono_ns() - started) / 20e6);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kit_names_what_is_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sees_only_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_landlock_alone_hides_the_data, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_scratch_is_private_and_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_endless_forks_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_orphans_die_with_the_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ends_are_told_truly, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_missing_program_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_memory_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dangerous_calls_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sandbox_is_quick, set_up, tear_down),
	};

	if (argc > 1 && strcmp(argv[1], "attack") == 0)
		return attack(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
