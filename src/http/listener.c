/* SPDX-License-Identifier: Apache-2.0
 *
 * The acceptor: one thread that waits on every listening socket and hands connections to libmicrohttpd. Opening or closing
 * a listener is a few system calls and wakes nobody.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http/server_private.h"
#include "os/clock.h"
#include "os/thread.h"

enum {
	BACKLOG = 1024,
	ACCEPTS_AT_ONCE = 64, /* before other listeners have their turn */
	EVENTS_AT_ONCE = 64,
};

static uint64_t pack(struct listener_name name)
{
	return (uint64_t)name.generation << 32 | name.place;
}

static const struct listener_name stop_name = { UINT32_MAX, 0 };

static struct http_listener *find(struct http_server *s, struct listener_name name)
{
	struct acceptor *a = &s->acceptor;

	return name.place < a->used && a->generations[name.place] == name.generation ? a->listeners[name.place] : NULL;
}

bool listener_tag(struct http_server *s, struct listener_name name, void **tag)
{
	struct http_listener *l = find(s, name);

	if (l)
		*tag = l->tag;
	return l != NULL;
}

static void remote_text(struct peer *peer)
{
	const struct sockaddr_in *v4 = (const void *)&peer->address;
	const struct sockaddr_in6 *v6 = (const void *)&peer->address;
	const void *bytes = v4->sin_family == AF_INET6 ? (const void *)&v6->sin6_addr : (const void *)&v4->sin_addr;

	if (!inet_ntop(v4->sin_family, bytes, peer->remote, sizeof(peer->remote)))
		peer->remote[0] = '\0';
}

/* Takes one connection; false when there is none, or none can be had. The lock keeps the socket from being closed and its
 * number reused meanwhile. */
static bool accept_one(struct http_server *s, struct listener_name name)
{
	struct peer peer = { .listener = name };
	socklen_t n = sizeof(peer.address);
	struct http_listener *l;
	int fd = -1, reason = 0;

	pthread_mutex_lock(&s->lock);
	l = find(s, name);
	if (l) {
		fd = accept4(l->fd, (struct sockaddr *)&peer.address, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		reason = errno;
	}
	pthread_mutex_unlock(&s->lock);

	if (fd < 0) {
		/* Out of descriptors or memory: the connection stays in the queue; do not spin on it. */
		if (l && (reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM))
			clock_sleep_ms(10);
		return l && reason == ECONNABORTED;
	}
	remote_text(&peer);
	/* Refused past the limit of connections: libmicrohttpd has closed it then. */
	(void)MHD_add_connection(s->daemon, fd, (struct sockaddr *)&peer, sizeof(peer));
	return true;
}

static void acceptor_work(void *argument)
{
	struct http_server *s = argument;
	struct epoll_event events[EVENTS_AT_ONCE];

	for (;;) {
		int count = epoll_wait(s->acceptor.epoll_fd, events, EVENTS_AT_ONCE, -1);

		for (int i = 0; i < count; i++) {
			uint64_t packed = events[i].data.u64;
			struct listener_name name = { (uint32_t)packed, (uint32_t)(packed >> 32) };

			if (packed == pack(stop_name))
				return;
			for (int n = 0; n < ACCEPTS_AT_ONCE && accept_one(s, name); n++)
				;
		}
	}
}

int acceptor_start(struct http_server *s, struct error *err)
{
	struct acceptor *a = &s->acceptor;
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = pack(stop_name) };
	int code;

	a->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	a->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->epoll_fd < 0 || a->stop_fd < 0 || epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, a->stop_fd, &event) < 0)
		return error_set_errno(err, "epoll");
	code = thread_start(&a->thread, "http-accept", acceptor_work, s, err);
	a->started = code == 0;
	return code;
}

void acceptor_stop(struct http_server *s)
{
	struct acceptor *a = &s->acceptor;

	if (a->started) {
		eventfd_write(a->stop_fd, 1);
		pthread_join(a->thread, NULL);
		a->started = false;
	}
	for (uint32_t i = 0; i < a->used; i++)
		http_listener_close(a->listeners[i]);
	if (a->epoll_fd >= 0)
		close(a->epoll_fd);
	if (a->stop_fd >= 0)
		close(a->stop_fd);
	a->epoll_fd = a->stop_fd = -1;
}

/* Numeric addresses only: nothing here asks a resolver. */
static int parse_address(const char *text, uint16_t port, struct sockaddr_storage *out, socklen_t *n, struct error *err)
{
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;

	*out = (struct sockaddr_storage){ 0 };
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*n = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		*n = sizeof(*v6);
		return 0;
	}
	return error_set(err, ERR_INVALID, "%s is not a numeric address", text);
}

static int open_socket(const char *address, uint16_t *port, int *out, struct error *err)
{
	struct sockaddr_storage at;
	socklen_t n = 0;
	int on = 1, fd, code = parse_address(address, *port, &at, &n, err);

	if (code < 0)
		return code;
	fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set_errno(err, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (at.ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0) {
		code = error_set(err, ERR_IO, "listen on %s port %u: %s", address, *port, strerror(errno));
		close(fd);
		return code;
	}
	/* The port stands at the same place in both kinds of address. */
	*port = ntohs(((struct sockaddr_in *)&at)->sin_port);
	*out = fd;
	return 0;
}

/* A free place for the listener; the name tells it from the place's earlier owners. */
static bool take_place(struct http_server *s, struct http_listener *l)
{
	struct acceptor *a = &s->acceptor;
	uint32_t place = 0;

	while (place < a->used && a->listeners[place])
		place++;
	if (place == LISTENERS_MAX)
		return false;
	if (place == a->used)
		a->used++;
	a->listeners[place] = l;
	l->name = (struct listener_name){ place, a->generations[place] };
	return true;
}

int http_listen(struct http_server *s, const char *address, uint16_t *port, void *tag, struct http_listener **out,
		struct error *err)
{
	struct http_listener *l = calloc(1, sizeof(*l));
	struct epoll_event event = { .events = EPOLLIN };
	bool placed;
	int code;

	if (!l)
		return error_set(err, ERR_NO_MEMORY, "no memory for a listener");
	code = open_socket(address, port, &l->fd, err);
	if (code < 0) {
		free(l);
		return code;
	}
	l->server = s;
	l->tag = tag;
	pthread_mutex_lock(&s->lock);
	placed = take_place(s, l);
	pthread_mutex_unlock(&s->lock);
	event.data.u64 = pack(l->name);
	if (placed && epoll_ctl(s->acceptor.epoll_fd, EPOLL_CTL_ADD, l->fd, &event) == 0) {
		*out = l;
		return 0;
	}
	code = placed ? error_set_errno(err, "epoll_ctl") : error_set(err, ERR_LIMIT, "more than %d listeners", LISTENERS_MAX);
	if (placed) {
		http_listener_close(l);
	} else {
		close(l->fd);
		free(l);
	}
	return code;
}

void http_listener_close(struct http_listener *l)
{
	struct acceptor *a;

	if (!l)
		return;
	a = &l->server->acceptor;
	pthread_mutex_lock(&l->server->lock);
	a->listeners[l->name.place] = NULL;
	a->generations[l->name.place]++;
	close(l->fd); /* which also takes it out of the epoll set */
	pthread_mutex_unlock(&l->server->lock);
	free(l);
}
