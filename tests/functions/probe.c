/* SPDX-License-Identifier: Apache-2.0
 *
 * A function for the tests: a bootstrap that does what its event asks for, attacks and accidents included. Static, without
 * libraries.
 *
 *   {"do": "<name>", "arg": "<text>"}     the answer is {"result": "<text>"}, or what the deed leaves of it
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EVENT_MAX = 7 * 1024 * 1024, ANSWER_MAX = 16384 };

static char event[EVENT_MAX], answer[ANSWER_MAX];
static char id[64], deadline[32], arn[256], trace[128], context[4096];

/* ---- Runtime API ---- */

static int connect_to(const char *host, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	inet_pton(AF_INET, host, &address.sin_addr);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int api(void)
{
	const char *where = getenv("AWS_LAMBDA_RUNTIME_API");
	char host[64];
	int port = 0, fd;

	if (!where || sscanf(where, "%63[^:]:%d", host, &port) != 2 || (fd = connect_to(host, port)) < 0)
		exit(97);
	return fd;
}

static void send_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		bytes += sent;
		n -= (size_t)sent;
	}
}

static void copy_header(const char *head, const char *name, char *out, size_t max)
{
	const char *at = strcasestr(head, name);
	size_t n;

	*out = '\0';
	if (!at)
		return;
	at += strlen(name);
	at += strspn(at, ": ");
	n = strcspn(at, "\r\n");
	snprintf(out, max, "%.*s", (int)n, at);
}

/* Reads one reply; its body to `body`. Returns the status. */
static int read_reply(int fd, char *head, size_t head_max, char *body, size_t body_max)
{
	size_t n = 0, have, length = 0;
	char *end = NULL, text[32];
	ssize_t got;

	while (!end && n + 1 < head_max && (got = recv(fd, head + n, head_max - 1 - n, 0)) > 0) {
		n += (size_t)got;
		head[n] = '\0';
		end = strstr(head, "\r\n\r\n");
	}
	if (!end)
		exit(98);
	*end = '\0';
	copy_header(head, "\r\nContent-Length", text, sizeof(text));
	length = strtoul(text, NULL, 10);
	have = n - (size_t)(end + 4 - head);
	if (length >= body_max)
		exit(99);
	memcpy(body, end + 4, have);
	while (have < length && (got = recv(fd, body + have, length - have, 0)) > 0)
		have += (size_t)got;
	body[have] = '\0';
	return (int)strtol(head + 9, NULL, 10);
}

static void next(int fd)
{
	static const char request[] = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n";
	static char head[16384];

	send_all(fd, request, sizeof(request) - 1);
	if (read_reply(fd, head, sizeof(head), event, sizeof(event)) != 200)
		exit(0);
	copy_header(head, "Lambda-Runtime-Aws-Request-Id", id, sizeof(id));
	copy_header(head, "Lambda-Runtime-Deadline-Ms", deadline, sizeof(deadline));
	copy_header(head, "Lambda-Runtime-Invoked-Function-Arn", arn, sizeof(arn));
	copy_header(head, "Lambda-Runtime-Trace-Id", trace, sizeof(trace));
	copy_header(head, "Lambda-Runtime-Client-Context", context, sizeof(context));
}

static int post(int fd, const char *path, const char *type, const char *body, size_t n)
{
	static char head[4096], reply[4096];
	int length = snprintf(head, sizeof(head),
			      "POST /2018-06-01/runtime/%s HTTP/1.1\r\nHost: runtime\r\nContent-Type: application/json\r\n"
			      "%s%s%sContent-Length: %zu\r\n\r\n",
			      path, type ? "Lambda-Runtime-Function-Error-Type: " : "", type ? type : "", type ? "\r\n" : "", n);

	send_all(fd, head, (size_t)length);
	send_all(fd, body, n);
	return read_reply(fd, head, sizeof(head), reply, sizeof(reply));
}

static int respond(int fd, const char *request_id, const char *kind, const char *type, const char *body, size_t n)
{
	char path[160];

	snprintf(path, sizeof(path), "invocation/%s/%s", request_id, kind);
	return post(fd, path, type, body, n);
}

/* ---- events ---- */

static void argument(const char *name, char *out, size_t max)
{
	char quoted[64];
	const char *at;
	size_t n;

	snprintf(quoted, sizeof(quoted), "\"%s\"", name);
	*out = '\0';
	at = strstr(event, quoted);
	if (!at)
		return;
	at += strlen(quoted);
	at += strspn(at, " :");
	if (*at == '"') {
		n = strcspn(++at, "\"");
	} else {
		n = strcspn(at, ",} ");
	}
	snprintf(out, max, "%.*s", (int)n, at);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	size_t n = strlen(answer);
	va_list args;

	va_start(args, format);
	vsnprintf(answer + n, sizeof(answer) - n, format, args);
	va_end(args);
}

static const char *error_of(bool failed)
{
	return failed ? strerrorname_np(errno) : "ok";
}

/* ---- attacks ---- */

static void try_read(const char *path)
{
	char bytes[64];
	int fd = open(path, O_RDONLY);

	say("%s", error_of(fd < 0 || read(fd, bytes, sizeof(bytes)) < 0));
	if (fd >= 0)
		close(fd);
}

static void try_list(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (!folder) {
		say("%s", error_of(true));
		return;
	}
	while ((entry = readdir(folder)) != NULL)
		say("%s ", entry->d_name);
	closedir(folder);
}

static void try_write_code(void)
{
	const char *root = getenv("LAMBDA_TASK_ROOT");
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/bootstrap", root ? root : "");
	fd = open(path, O_WRONLY);
	say("open %s", error_of(fd < 0));
	say(" chmod %s", error_of(chmod(path, 0777) != 0));
	snprintf(path, sizeof(path), "%s/new", root ? root : "");
	fd = open(path, O_WRONLY | O_CREAT, 0644);
	say(" create %s", error_of(fd < 0));
}

static void try_forks(void)
{
	int n = 0;

	for (;;) {
		pid_t pid = fork();
		if (pid == 0) {
			for (;;)
				pause();
		}
		if (pid < 0)
			break;
		n++;
	}
	/* They stay: ending the environment must end them. */
	say("%d %s", n, strerrorname_np(errno));
}

static void try_others(void)
{
	int seen = 0;

	for (int pid = 1; pid < 70000; pid++) {
		if (pid != getpid() && (kill(pid, 0) == 0 || errno == EPERM))
			seen++;
	}
	say("%d %s", seen, error_of(ptrace(PTRACE_ATTACH, getppid() > 0 ? getppid() : 1, 0, 0) != 0));
}

/* ---- deeds ---- */

static void echo(void)
{
	say("%s", context);
}

static void describe(void)
{
	say("id=%s arn=%s deadline=%s trace=%s handler=%s root=%s region=%s version=%s memory=%s endpoint=%s key=%s uid=%d", id,
	    arn, deadline, trace, getenv("_HANDLER"), getenv("LAMBDA_TASK_ROOT"), getenv("AWS_REGION"),
	    getenv("AWS_LAMBDA_FUNCTION_VERSION"), getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), getenv("AWS_ENDPOINT_URL"),
	    getenv("AWS_ACCESS_KEY_ID"), (int)getuid());
}

static void sleep_ms(const char *text)
{
	long ms = strtol(text, NULL, 10);
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void use_memory(const char *text)
{
	size_t n = strtoul(text, NULL, 10) << 20;
	char *bytes = malloc(n);

	if (bytes)
		memset(bytes, 1, n);
	say("%s", bytes ? "ok" : "ENOMEM");
	free(bytes);
}

static int calls;

static bool deed(const char *name, const char *arg)
{
	static const char *const known[] = {
		"echo", "describe",   "sleep", "print",  "count",   "memory", "read",
		"list", "write-code", "fork",  "others", "connect", "env",    "tmp",
	};
	bool found = false;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		found |= strcmp(name, known[i]) == 0;
	if (strcmp(name, "echo") == 0)
		echo();
	else if (strcmp(name, "describe") == 0)
		describe();
	else if (strcmp(name, "sleep") == 0)
		sleep_ms(arg);
	else if (strcmp(name, "print") == 0)
		printf("%s\n", arg), fflush(stdout), fprintf(stderr, "to stderr\n");
	else if (strcmp(name, "count") == 0)
		say("%d", calls);
	else if (strcmp(name, "memory") == 0)
		use_memory(arg);
	else if (strcmp(name, "read") == 0)
		try_read(arg);
	else if (strcmp(name, "list") == 0)
		try_list(arg);
	else if (strcmp(name, "write-code") == 0)
		try_write_code();
	else if (strcmp(name, "fork") == 0)
		try_forks();
	else if (strcmp(name, "others") == 0)
		try_others();
	else if (strcmp(name, "connect") == 0)
		say("%s", error_of(connect_to("127.0.0.1", (int)strtol(arg, NULL, 10)) < 0));
	else if (strcmp(name, "env") == 0)
		say("%s", getenv(arg) ? getenv(arg) : "(unset)");
	else if (strcmp(name, "tmp") == 0)
		say("%s", error_of(close(open("/tmp/file", O_CREAT | O_WRONLY, 0600)) != 0));
	return found;
}

/* Deeds that end the process or answer in their own way. */
static bool accident(int fd, const char *name, const char *arg)
{
	static char large[7 * 1024 * 1024];

	if (strcmp(name, "exit") == 0)
		exit((int)strtol(arg, NULL, 10));
	if (strcmp(name, "kill") == 0)
		kill(getpid(), (int)strtol(arg, NULL, 10)), sleep_ms("1000");
	if (strcmp(name, "crash") == 0)
		__builtin_trap();
	if (strcmp(name, "error") == 0) {
		static const char body[] = "{\"errorMessage\":\"it went wrong\",\"errorType\":\"Oops\",\"stackTrace\":[]}";
		respond(fd, id, "error", "Oops", body, sizeof(body) - 1);
	} else if (strcmp(name, "garbage") == 0) {
		respond(fd, id, "response", NULL, "\xff\xfe not json", 11);
	} else if (strcmp(name, "large") == 0) {
		memset(large, 'x', sizeof(large));
		large[0] = large[sizeof(large) - 1] = '"';
		int status = respond(fd, id, "response", NULL, large, sizeof(large));
		printf("large response: %d\n", status);
		fflush(stdout);
	} else if (strcmp(name, "wrong-id") == 0) {
		int status = respond(fd, "00000000-0000-0000-0000-000000000000", "response", NULL, "{}", 2);
		say("{\"result\":\"%d\"}", status);
		respond(fd, id, "response", NULL, answer, strlen(answer));
	} else if (strcmp(name, "twice") == 0) {
		int first = respond(fd, id, "response", NULL, "{\"result\":\"first\"}", 18);
		int second = respond(fd, id, "response", NULL, "{\"result\":\"second\"}", 19);
		printf("twice: %d %d\n", first, second);
		fflush(stdout);
	} else if (strcmp(name, "respond-then-exit") == 0) {
		respond(fd, id, "response", NULL, "{\"result\":\"last words\"}", 23);
		exit(3);
	} else {
		return false;
	}
	return true;
}

static void init(int fd)
{
	const char *how = getenv("PROBE_INIT");
	static const char body[] = "{\"errorMessage\":\"no init\",\"errorType\":\"InitFailed\"}";

	if (!how)
		return;
	if (strcmp(how, "hang") == 0)
		sleep_ms("100000");
	if (strcmp(how, "exit") == 0)
		exit(4);
	if (strcmp(how, "error") == 0) {
		post(fd, "init/error", "InitFailed", body, sizeof(body) - 1);
		exit(1);
	}
}

int main(void)
{
	char name[64], arg[4096];
	int fd = api();

	init(fd);
	for (;;) {
		next(fd);
		calls++;
		answer[0] = '\0';
		argument("do", name, sizeof(name));
		argument("arg", arg, sizeof(arg));
		if (accident(fd, name, arg))
			continue;
		say("{\"result\":\"");
		if (!deed(name, arg))
			say("unknown");
		say("\"}");
		respond(fd, id, "response", NULL, answer, strlen(answer));
	}
}
