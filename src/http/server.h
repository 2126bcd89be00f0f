/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP/1.1 server, over libmicrohttpd: a small pool of epoll threads. A handler never blocks one of them: it answers
 * at once, or keeps the exchange and answers later from any thread; until then the connection is suspended.
 *
 * Life of an exchange, all on one server thread unless said otherwise:
 *   on_headers   request line and headers are known; may answer now (then the body is not read) or set x->user
 *   on_body      each piece of the body, as it arrives, however it was cut; may answer now to refuse the rest
 *   on_end       the body is complete; answer here or later
 *   http_respond once, from any thread; owed for every exchange whose on_end was called
 *   on_free      the reply is sent or the client is gone; the last call, and without on_end if the client left before. Once
 *                on_end was called, on_free never comes before http_respond: a handler may answer late, when the client has
 *                left or the server stops; the reply is dropped then, and on_free comes on the answering thread.
 */
#ifndef GLEANER_HTTP_SERVER_H
#define GLEANER_HTTP_SERVER_H

#include "base/arena.h"
#include "base/buf.h"
#include "http/message.h"

struct http_server;

struct http_exchange {
	struct arena arena; /* for the request's own life; only touch it from the thread that handles the exchange */
	struct str method;  /* "GET" */
	struct str path;    /* raw, without query */
	struct str query;   /* raw, without '?'; absent when none */
	struct http_header *headers;
	size_t header_count;
	int64_t content_length; /* -1: chunked or none */
	struct str remote;      /* "127.0.0.1" */
	void *listener_tag;     /* of the listener it came in by */
	void *user;             /* the handler's */
	void *priv;             /* the server's */
};

enum { HTTP_REPLY_HEADERS_MAX = 64 };

/* A reply. Names and values are copied by http_respond; together they must fit into 16 KiB. Bytes may be handed over or
 * copied; a file is sent from `fd` (closed by the server) without passing through memory. A Content-Length among the headers
 * is left out: the server says it. */
struct http_reply {
	int status;
	struct http_header headers[HTTP_REPLY_HEADERS_MAX];
	size_t header_count;
	struct str body; /* copied unless body_owned */
	bool body_owned; /* `body.p` is malloc'd and becomes the server's */
	int fd;          /* -1: none */
	uint64_t fd_offset, fd_length;
	bool head;            /* announce the body's length, send none (HEAD) */
	uint64_t head_length; /* with `head`: the length to announce */
	bool close;           /* close the connection after it */
};

void http_reply_init(struct http_reply *r, int status);
void http_reply_add(struct http_reply *r, struct str name, struct str value); /* past the maximum: dropped */

struct http_handlers {
	void (*on_headers)(void *context, struct http_exchange *x);
	void (*on_body)(void *context, struct http_exchange *x, const void *bytes, size_t n);
	void (*on_end)(void *context, struct http_exchange *x);
	void (*on_free)(void *context, struct http_exchange *x);
	void *context;
};

struct http_server_options {
	int threads; /* epoll threads, at least 1 */
	int max_connections;
	int idle_timeout_seconds; /* between requests; suspended exchanges do not time out */
};

int http_server_new(struct http_server **out, const struct http_server_options *options, const struct http_handlers *handlers,
		    struct error *err) MUST_CHECK;
/* Stops accepting, answers suspended exchanges with 503, then waits for handlers to call the http_respond they owe and for
 * on_free of each; after 5 seconds it gives up on those, and leaves their memory. NULL is allowed. */
void http_server_free(struct http_server *s);

/* Listens on a numeric address ("127.0.0.1", "::1"); port 0 lets the kernel choose. Writes the port used. Many listeners
 * may share a server: the Lambda Runtime API has one for each execution environment, told apart by `tag` (a number, or
 * something that outlives the exchanges under way). Once it is closed, its kept connections bring no new requests either.
 * Connection-level errors never reach the handlers. ERR_IO. */
struct http_listener;
int http_listen(struct http_server *s, const char *address, uint16_t *port, void *tag, struct http_listener **out,
		struct error *err) MUST_CHECK;
void http_listener_close(struct http_listener *l); /* exchanges under way go on; NULL is allowed */

struct str http_header(const struct http_exchange *x, struct str name); /* first; absent when none */

/* Answers; exactly once an exchange; from any thread. Takes the body and fd whatever happens. */
void http_respond(struct http_exchange *x, struct http_reply *r);

#endif
