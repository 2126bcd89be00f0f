/* SPDX-License-Identifier: Apache-2.0
 *
 * The first process of a namespace of processes: starts the program as the second, takes in orphans, and leaves with the program,
 * which ends all that is left. The kernel shields the first process from its own signals; a program that was it could not abort
 * or be killed from inside. Freestanding, so that it starts at once and shares nothing with the server.
 *
 * Arguments: the file to run, then its argv. Descriptor 3 takes why it could not be run (process.c reads it), 4 its wait status.
 */
#include <asm/unistd.h>
#include <signal.h>
#include <stddef.h>

enum { REPORT = 3, STATUS = 4, SET_FLAGS = 2 /* F_SETFD */, CLOSE_ON_EXEC = 1, EXEC_FAILED = 127 };

#if defined(__x86_64__)
static long call(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return result;
}
__asm__(".global _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall init\n");
#elif defined(__aarch64__)
static long call(long number, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}
__asm__(".global _start\n_start:\n\tmov x0, sp\n\tbl init\n");
#else
#error "a processor that src/os/init.c does not know"
#endif

struct report {
	int error;
	const char *step; /* NULL: exec */
};

static void leave(int status)
{
	for (;;)
		call(__NR_exit_group, status, 0, 0, 0);
}

static void tell(long error)
{
	struct report report = { (int)-error, NULL };

	call(__NR_write, REPORT, (long)&report, sizeof(report), 0);
	leave(EXEC_FAILED);
}

static void run(char **argv, char **envp)
{
	call(__NR_close, STATUS, 0, 0, 0);
	call(__NR_fcntl, REPORT, SET_FLAGS, CLOSE_ON_EXEC, 0);
	call(__NR_setsid, 0, 0, 0, 0);
	tell(call(__NR_execve, (long)argv[0], (long)(argv + 1), (long)envp, 0));
}

void init(long *stack);
void init(long *stack)
{
	char **argv = (char **)(stack + 1);
	long program = call(__NR_clone, SIGCHLD, 0, 0, 0), ended;
	int status = 0;

	if (program == 0)
		run(argv, argv + stack[0] + 1);
	if (program < 0)
		tell(program);
	for (int fd = 0; fd <= REPORT; fd++)
		call(__NR_close, fd, 0, 0, 0);
	do {
		ended = call(__NR_wait4, -1, (long)&status, 0, 0);
	} while (ended != program);
	call(__NR_write, STATUS, (long)&status, sizeof(status), 0);
	leave(0);
}
