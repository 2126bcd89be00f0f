/* SPDX-License-Identifier: Apache-2.0
 *
 * One exchange of the client: a request's bytes out, a reply's bytes in, over an open connection. The reply is read while the
 * request still goes out, so that a server may refuse a long body early.
 */
#ifndef GLEANER_HTTP_TRANSFER_H
#define GLEANER_HTTP_TRANSFER_H

#include "base/buf.h"
#include "format/uri.h"
#include "http/client.h"
#include "http/connection.h"
#include "http/response.h"

struct transfer {
	const struct http_client_request *request;
	const struct patience *patience;
	struct arena *arena;
	size_t max_body;
	struct buf head;      /* request line and headers; a short body too */
	struct str body;      /* what follows it from memory */
	uint64_t body_length; /* what follows it, from memory or the descriptor */
	off_t body_start;     /* in the descriptor */
	uint64_t sent;        /* of head and body */
	char *window;         /* a piece of the descriptor's bytes */
	size_t window_n;
	uint64_t window_at; /* in the body */
	struct response_reader reader;
};

int transfer_init(struct transfer *t, struct arena *a, const struct http_client_request *request, const struct uri *uri,
		  const struct patience *patience, size_t max_body, struct error *err) MUST_CHECK;
void transfer_restart(struct transfer *t); /* on another connection */
void transfer_release(struct transfer *t);
/* ERR_IO, ERR_TIMEOUT, ERR_CORRUPT, ERR_LIMIT … as http_client_send has them. */
int transfer_run(struct transfer *t, struct connection *c, struct error *err) MUST_CHECK;
/* Hands the reply over, its body to the arena. */
int transfer_finish(struct transfer *t, struct http_client_response *out, struct error *err) MUST_CHECK;

#endif
