/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection of the client: a socket, with TLS or without. Reads and writes wait with time limits.
 */
#ifndef GLEANER_HTTP_CONNECTION_H
#define GLEANER_HTTP_CONNECTION_H

#include "http/resolve.h"
#include "http/tls.h"

struct connection {
	int fd;          /* -1: none */
	struct tls *tls; /* NULL without */
	bool secure;
	uint16_t port;
	char host[256];
	int64_t last_ns; /* when its last exchange ended */
};

/* How long things may take, on clock_mono_ns. */
struct patience {
	int64_t deadline_ns; /* of the whole exchange; INT64_MAX: none */
	int64_t silence_ns;  /* longest wait for the peer */
};

struct tls_context;

/* Resolves, connects to the first address that answers, and shakes hands (tls: NULL for plain). */
int connection_open(struct connection *c, const struct resolver *r, struct tls_context *tls, struct str host, uint16_t port,
		    int64_t connect_ns, const struct patience *patience, struct error *err) MUST_CHECK;
void connection_close(struct connection *c);
/* A kept connection that the peer has closed, or on which bytes came that nobody asked for. */
bool connection_is_stale(struct connection *c);

/* Moves what is possible at once: bytes moved, 0 when the peer has closed (read), ERR_UNAVAILABLE when it must be waited
 * for, ERR_IO. */
ssize_t connection_read(struct connection *c, void *out, size_t n, struct error *err);
ssize_t connection_write(struct connection *c, const void *bytes, size_t n, struct error *err);
/* Waits after ERR_UNAVAILABLE: for what was wanted, or also for bytes to read. ERR_TIMEOUT, ERR_IO. */
int connection_wait(struct connection *c, short events, const struct patience *patience, struct error *err) MUST_CHECK;

#endif
