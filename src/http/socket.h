/* SPDX-License-Identifier: Apache-2.0
 *
 * Non-blocking TCP for the client and the resolver: every wait has a deadline on clock_mono_ns.
 */
#ifndef GLEANER_HTTP_SOCKET_H
#define GLEANER_HTTP_SOCKET_H

#include "http/resolve.h"

/* Waits for any of `events` (POLLIN, POLLOUT) or an error on the socket. ERR_TIMEOUT, ERR_IO. */
int socket_wait(int fd, short events, int64_t deadline_ns) MUST_CHECK;
/* A connected socket, without Nagle's delay. ERR_TIMEOUT, ERR_IO. */
int socket_connect(const struct address *to, int64_t deadline_ns, int *out, struct error *err) MUST_CHECK;

#endif
