/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT_MS = 5000 };

static void die(const char *what)
{
	perror(what);
	abort();
}

int peer_listen(const char *address, uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, address, &at.sin_addr);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		die("listen");
	*port = ntohs(at.sin_port);
	return fd;
}

static bool readable(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	return poll(&wait, 1, LIMIT_MS) == 1;
}

int peer_accept(int listener)
{
	return readable(listener) ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
}

int peer_connect(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		die("connect");
	return fd;
}

void peer_send_bytes(int fd, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0) {
		ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* the other side has closed: what it answered tells the test why */
		at += sent;
		n -= (size_t)sent;
	}
}

void peer_send(int fd, const char *text)
{
	peer_send_bytes(fd, text, strlen(text));
}

/* False at the end of the stream, on errors and when time is up. */
static bool read_more(int fd, struct buf *in)
{
	char *room = buf_reserve(in, 65536);
	ssize_t got = room && readable(fd) ? recv(fd, room, 65536, 0) : -1;

	if (got <= 0)
		return false;
	in->n += (size_t)got;
	in->p[in->n] = '\0';
	return true;
}

bool peer_read_until(int fd, struct buf *in, const char *text)
{
	while (str_find(buf_str(in), str_c(text), 0) < 0) {
		if (!read_more(fd, in))
			return false;
	}
	return true;
}

bool peer_read_reply(int fd, struct buf *in, struct buf *reply, bool head)
{
	size_t whole;
	const char *field;

	buf_reset(reply);
	if (!peer_read_until(fd, in, "\r\n\r\n"))
		return false;
	whole = (size_t)(strstr(in->p, "\r\n\r\n") - in->p) + 4;
	field = strcasestr(in->p, "\r\nContent-Length:");
	if (!head && field && field < in->p + whole)
		whole += strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
	while (in->n < whole) {
		if (!read_more(fd, in))
			return false;
	}
	buf_add(reply, in->p, whole);
	buf_drop(in, whole);
	return true;
}

bool peer_closed(int fd, struct buf *in)
{
	char byte;

	while (read_more(fd, in))
		;
	return readable(fd) && recv(fd, &byte, 1, 0) <= 0;
}

void peer_close(int fd)
{
	close(fd);
}

void peer_reset(int fd)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}
