/* SPDX-License-Identifier: Apache-2.0
 *
 * A small blocking HTTP/1.1 client over sockets, with TLS by OpenSSL started at the first https request. It keeps
 * connections alive, resolves names itself (/etc/hosts, then DNS as /etc/resolv.conf says), so that a static
 * binary needs nothing from the C library's loadable modules, and verifies certificate and host name always.
 * One thread at a time.
 */
#ifndef GLEANER_HTTP_CLIENT_H
#define GLEANER_HTTP_CLIENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "http/message.h"

struct http_client;

struct http_client_options {
	int connect_timeout_ms; /* 0: 3,000 */
	int io_timeout_ms;      /* a silence of the peer; 0: 60,000 */
	const char *ca_file;    /* the caller passes SSL_CERT_FILE's value; NULL: the usual places */
};

struct http_client_request {
	struct str method;
	struct str url; /* http or https, absolute, already encoded */
	const struct http_header *headers;
	size_t header_count; /* Host, Content-Length and Connection are added */
	struct str body;
	int body_fd; /* with body absent and body_length > 0: sent from here */
	uint64_t body_length;
	int timeout_ms; /* whole exchange; 0: none but the silence limit */
};

struct http_client_response {
	int status;
	struct http_header *headers; /* in the arena passed */
	size_t header_count;
	struct str body; /* in the arena passed */
};

int http_client_new(struct http_client **out, const struct http_client_options *options, struct error *err) MUST_CHECK;
void http_client_free(struct http_client *c);

/* One exchange. A stale kept connection is retried once on a new one when nothing of the reply had come and the method is
 * idempotent or nothing was sent. ERR_IO (connect, reset), ERR_TIMEOUT, ERR_CORRUPT (not HTTP), ERR_LIMIT (body past `max_body`),
 * ERR_DENIED (certificate). HTTP statuses of any kind are success here. */
int http_client_send(struct http_client *c, struct arena *a, const struct http_client_request *request, size_t max_body,
		     struct http_client_response *response, struct error *err) MUST_CHECK;

struct str http_client_header(const struct http_client_response *r, struct str name);

#endif
