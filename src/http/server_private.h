/* SPDX-License-Identifier: Apache-2.0
 *
 * What the server's files share.
 *
 * Three kinds of threads meet here: libmicrohttpd's workers (epoll, handlers), the acceptor (listener.c), and whoever calls
 * http_respond. The server's lock guards the list of exchanges, each exchange's `progress`, and the table of listeners; no
 * handler runs under it, nor anything of libmicrohttpd's that takes a lock of its own.
 */
#ifndef GLEANER_HTTP_SERVER_PRIVATE_H
#define GLEANER_HTTP_SERVER_PRIVATE_H

#include <pthread.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <microhttpd.h>

#include "http/server.h"

enum {
	REMOTE_TEXT_MAX = 48,
	LISTENERS_MAX = 4096,
	DRAIN_MAX = 64 << 20, /* a refused body up to this length is read and dropped, so that the client sees the answer */
};

/* A listener is named by its place and how often the place was used, so that connections outlive it safely. */
struct listener_name {
	uint32_t place, generation;
};

/* What libmicrohttpd keeps as a connection's address. It copies the bytes and looks at the family only, which lets every
 * connection carry its own facts without an allocation. */
struct peer {
	struct sockaddr_storage address;
	struct listener_name listener;
	char remote[REMOTE_TEXT_MAX];
};

struct http_listener {
	struct http_server *server;
	struct listener_name name;
	int fd;
	void *tag;
};

struct acceptor {
	pthread_t thread;
	bool started;
	int epoll_fd, stop_fd;
	struct http_listener *listeners[LISTENERS_MAX];
	uint32_t generations[LISTENERS_MAX];
	uint32_t used; /* places ever used */
};

struct http_server {
	struct http_handlers handlers;
	struct MHD_Daemon *daemon;
	struct acceptor acceptor;
	pthread_mutex_t lock;
	pthread_cond_t ended;       /* an exchange left the list */
	struct exchange *exchanges; /* those libmicrohttpd or a handler still holds */
	bool stopping;
};

/* An exchange and where it stands:
 *
 *   HEADERS    request line read; the handlers do not know it yet          -> BODY by exchange_headers (or ANSWERED: refused)
 *   BODY       on_headers has run; pieces of the body come                 -> HANDLING by exchange_end
 *   HANDLING   on_end runs or has run                                      -> SUSPENDED by exchange_wait
 *   SUSPENDED  the connection sleeps until somebody answers
 *   ANSWERED   `response` is there, or was handed to libmicrohttpd; what is left of the body is read and dropped. From any of
 *              the above by http_respond, from SUSPENDED also by exchange_refuse_suspended
 *   ENDED      libmicrohttpd is done with it, by exchange_completed; kept only while the handler owes its http_respond
 */
enum progress {
	EXCHANGE_HEADERS,
	EXCHANGE_BODY,
	EXCHANGE_HANDLING,
	EXCHANGE_SUSPENDED,
	EXCHANGE_ANSWERED,
	EXCHANGE_ENDED,
};

struct exchange {
	struct http_exchange x; /* what the handlers see; x.priv points back here */
	struct http_server *server;
	struct MHD_Connection *connection;
	struct exchange *next, *previous;

	enum progress progress; /* under the server's lock, like `owed` */
	bool owed;              /* on_end was called, http_respond was not yet */
	bool headers_seen;
	bool known;                    /* on_headers was called: on_free is due */
	uint64_t dropped;              /* bytes of the body after an early answer */
	struct MHD_Response *response; /* once answered, until handed over */
	int status;
};

/* exchange.c: libmicrohttpd's callbacks (`context` is the server), and the answer to whatever is still open. */
void *exchange_begin(void *context, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
				const char *version, const char *bytes, size_t *n, void **held);
void exchange_completed(void *context, struct MHD_Connection *connection, void **held, enum MHD_RequestTerminationCode how);
/* Answers every suspended exchange with 503. */
void exchange_refuse_suspended(struct http_server *s);

/* request.c: what the exchange says of the request. */
int request_target(struct exchange *e, const char *uri);
/* Copies the headers and checks the framing. 0, or the status to refuse it with. */
int request_headers(struct exchange *e, const char *method);

/* reply.c. Takes the body and the descriptor. NULL when memory is out. */
struct MHD_Response *reply_build(struct http_reply *r);
struct MHD_Response *reply_plain(const char *text); /* closes the connection after it */

/* listener.c */
int acceptor_start(struct http_server *s, struct error *err) MUST_CHECK;
void acceptor_stop(struct http_server *s); /* closes the listeners too */
/* With the server's lock held: the tag of a listener that is still open. */
bool listener_tag(struct http_server *s, struct listener_name name, void **tag);

#endif
