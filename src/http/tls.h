/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's side of TLS, by OpenSSL, over a non-blocking socket. TLS 1.2 or later; the peer's certificate and host name are
 * always verified. A context is shared by a client's connections; one thread at a time.
 */
#ifndef GLEANER_HTTP_TLS_H
#define GLEANER_HTTP_TLS_H

#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"

struct tls_context;
struct tls;

/* `ca_file` NULL: the usual places. ERR_NOT_FOUND when there are no trusted certificates, ERR_CORRUPT, ERR_NO_MEMORY. */
int tls_context_new(struct tls_context **out, const char *ca_file, struct error *err) MUST_CHECK;
void tls_context_free(struct tls_context *c);

/* `host` is a name or a numeric address. The socket stays the caller's. */
int tls_new(struct tls **out, struct tls_context *c, int fd, struct str host, struct error *err) MUST_CHECK;
void tls_free(struct tls *t);

/* The three calls below return bytes moved (tls_handshake: 1 when done), 0 at the peer's orderly end, or a negative code:
 * ERR_UNAVAILABLE when the socket must first become ready for tls_events(), ERR_DENIED (certificate), ERR_IO. */
ssize_t tls_handshake(struct tls *t, struct error *err);
ssize_t tls_read(struct tls *t, void *out, size_t n, struct error *err);
ssize_t tls_write(struct tls *t, const void *bytes, size_t n, struct error *err);
short tls_events(const struct tls *t);
/* Tells the peer, without waiting for it. */
void tls_goodbye(struct tls *t);

#endif
