/* SPDX-License-Identifier: Apache-2.0 */
#include "http/socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "os/clock.h"

/* Rounded up, so that poll does not return just before the deadline. */
static int ms_until(int64_t deadline_ns)
{
	int64_t left = (deadline_ns - clock_mono_ns() + 999999) / 1000000;

	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

int socket_wait(int fd, short events, int64_t deadline_ns)
{
	struct pollfd wait = { .fd = fd, .events = events };

	for (;;) {
		int ready = poll(&wait, 1, ms_until(deadline_ns));

		if (ready > 0)
			return 0;
		if (ready == 0 && clock_mono_ns() >= deadline_ns)
			return ERR_TIMEOUT;
		if (ready < 0 && errno != EINTR)
			return ERR_IO;
	}
}

/* What became of a connect that was under way; -1 with errno. */
static int connect_result(int fd)
{
	int reason = 0;
	socklen_t n = sizeof(reason);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &n) < 0)
		return -1;
	errno = reason;
	return reason ? -1 : 0;
}

int socket_connect(const struct address *to, int64_t deadline_ns, int *out, struct error *err)
{
	int fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, code = 0;

	if (fd < 0)
		return error_set_errno(err, "socket");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, &to->any, to->n) < 0) {
		code = errno == EINPROGRESS || errno == EINTR ? socket_wait(fd, POLLOUT, deadline_ns) : ERR_IO;
		if (code == 0 && connect_result(fd) < 0)
			code = ERR_IO;
		if (code == ERR_TIMEOUT)
			code = error_set(err, ERR_TIMEOUT, "connect: no answer in time");
		else if (code < 0)
			code = error_set_errno(err, "connect");
	}
	if (code < 0) {
		close(fd);
		return code;
	}
	*out = fd;
	return 0;
}
