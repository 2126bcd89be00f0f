/* SPDX-License-Identifier: Apache-2.0 */
#include "http/connection.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "http/socket.h"
#include "os/clock.h"

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The first address that takes the connection; the last one's error otherwise. A silent address must not use up the time of
 * the others: each but the last gets half of what is left. */
static int connect_any(const struct addresses *all, int64_t deadline_ns, int *out, struct error *err)
{
	int code = ERR_TIMEOUT;

	for (size_t i = 0; i < all->count; i++) {
		int64_t now = clock_mono_ns();
		int64_t left = deadline_ns - now;

		code = socket_connect(&all->list[i], i + 1 < all->count ? now + left / 2 : deadline_ns, out, err);
		if (code == 0)
			break;
	}
	return code;
}

static int shake_hands(struct connection *c, struct tls_context *tls, struct str host, int64_t deadline_ns, struct error *err)
{
	int code = tls_new(&c->tls, tls, c->fd, host, err);

	while (code == 0) {
		ssize_t done = tls_handshake(c->tls, err);

		if (done > 0)
			return 0;
		if (done == 0)
			return error_set(err, ERR_IO, "TLS: the peer closed during the handshake");
		if (done != ERR_UNAVAILABLE)
			return (int)done;
		code = socket_wait(c->fd, tls_events(c->tls), deadline_ns);
		if (code < 0)
			return error_set(err, code, "TLS: no answer in time");
	}
	return code;
}

int connection_open(struct connection *c, const struct resolver *r, struct tls_context *tls, struct str host, uint16_t port,
		    int64_t connect_ns, const struct patience *patience, struct error *err)
{
	int64_t deadline_ns = earlier(clock_mono_ns() + connect_ns, patience->deadline_ns);
	struct addresses addresses;
	int code;

	*c = (struct connection){ .fd = -1, .secure = tls != NULL, .port = port };
	if (host.n >= sizeof(c->host))
		return error_set(err, ERR_INVALID, "a host name of %zu bytes", host.n);
	memcpy(c->host, host.p, host.n);
	code = resolve_name(r, host, port, deadline_ns, &addresses, err);
	if (code == 0) {
		code = connect_any(&addresses, deadline_ns, &c->fd, err);
		if (code < 0)
			return error_prefix(err, STR_FMT " port %u", STR_ARG(host), port);
	}
	if (code == 0 && tls)
		code = shake_hands(c, tls, host, deadline_ns, err);
	if (code < 0)
		connection_close(c);
	return code;
}

void connection_close(struct connection *c)
{
	if (c->tls)
		tls_free(c->tls);
	if (c->fd >= 0)
		close(c->fd);
	c->tls = NULL;
	c->fd = -1;
}

bool connection_is_stale(struct connection *c)
{
	char byte;

	/* A TLS peer may have sent tickets: reading tells those from an end. */
	if (c->tls)
		return tls_read(c->tls, &byte, 1, NULL) != ERR_UNAVAILABLE;
	return recv(c->fd, &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN;
}

ssize_t connection_read(struct connection *c, void *out, size_t n, struct error *err)
{
	ssize_t got;

	if (c->tls)
		return tls_read(c->tls, out, n, err);
	got = recv(c->fd, out, n, 0);
	if (got >= 0)
		return got;
	return errno == EAGAIN || errno == EINTR ? ERR_UNAVAILABLE : error_set_errno(err, "recv");
}

ssize_t connection_write(struct connection *c, const void *bytes, size_t n, struct error *err)
{
	ssize_t sent;

	if (c->tls)
		return tls_write(c->tls, bytes, n, err);
	sent = send(c->fd, bytes, n, MSG_NOSIGNAL);
	if (sent >= 0)
		return sent;
	return errno == EAGAIN || errno == EINTR ? ERR_UNAVAILABLE : error_set_errno(err, "send");
}

int connection_wait(struct connection *c, short events, const struct patience *patience, struct error *err)
{
	int64_t silence_ns = clock_mono_ns() + patience->silence_ns;
	short wanted = c->tls ? (short)(tls_events(c->tls) | (events & POLLIN)) : events;
	int code = socket_wait(c->fd, wanted, earlier(silence_ns, patience->deadline_ns));

	if (code == ERR_TIMEOUT)
		return error_set(err, code, "%s", silence_ns < patience->deadline_ns ? "the peer is silent" : "out of time");
	return code < 0 ? error_set(err, code, "poll failed") : 0;
}
