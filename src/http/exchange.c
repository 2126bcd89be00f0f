/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of an exchange, from libmicrohttpd's callbacks to the handlers' and back. libmicrohttpd calls exchange_begin with the
 * request line, exchange_handle once with the headers, once for each piece of the body, and (again and again) when the body is
 * complete, then exchange_completed. An answer that comes while on_headers, on_body or on_end runs is sent without the
 * connection ever being suspended, which saves a wake-up.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "http/server_private.h"

static void link_exchange(struct exchange *e)
{
	struct http_server *s = e->server;

	pthread_mutex_lock(&s->lock);
	e->next = s->exchanges;
	if (e->next)
		e->next->previous = e;
	s->exchanges = e;
	pthread_mutex_unlock(&s->lock);
}

static void unlink_exchange(struct exchange *e)
{
	struct http_server *s = e->server;

	pthread_mutex_lock(&s->lock);
	if (e->previous)
		e->previous->next = e->next;
	else
		s->exchanges = e->next;
	if (e->next)
		e->next->previous = e->previous;
	if (s->stopping)
		pthread_cond_broadcast(&s->ended);
	pthread_mutex_unlock(&s->lock);
}

static void exchange_free(struct exchange *e)
{
	if (e->known)
		e->server->handlers.on_free(e->server->handlers.context, &e->x);
	if (e->response)
		MHD_destroy_response(e->response);
	arena_release(&e->x.arena);
	unlink_exchange(e);
	free(e);
}

static const struct peer *peer_of(struct MHD_Connection *connection)
{
	return (const void *)MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
}

void *exchange_begin(void *context, const char *uri, struct MHD_Connection *connection)
{
	struct exchange *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->server = context;
	e->connection = connection;
	e->x.priv = e;
	arena_init(&e->x.arena, LIMIT_REQUEST_ARENA);
	if (request_target(e, uri) < 0) {
		arena_release(&e->x.arena);
		free(e);
		return NULL;
	}
	link_exchange(e);
	return e;
}

static enum progress progress_of(struct exchange *e)
{
	enum progress progress;

	pthread_mutex_lock(&e->server->lock);
	progress = e->progress;
	pthread_mutex_unlock(&e->server->lock);
	return progress;
}

/* Hands the answer to libmicrohttpd; on its thread only. */
static enum MHD_Result exchange_answer(struct exchange *e)
{
	struct MHD_Response *response = e->response;
	enum MHD_Result queued;

	if (!response) { /* there was no memory for the answer itself */
		e->status = 503;
		response = reply_plain("out of memory\n");
	}
	if (!response)
		return MHD_NO;
	e->response = NULL;
	queued = MHD_queue_response(e->connection, (unsigned)e->status, response);
	MHD_destroy_response(response);
	return queued;
}

/* Refuses a request that the handlers do not get to see, and closes the connection. */
static enum MHD_Result refuse(struct exchange *e, int status)
{
	pthread_mutex_lock(&e->server->lock);
	e->progress = EXCHANGE_ANSWERED;
	pthread_mutex_unlock(&e->server->lock);
	e->status = status;
	e->response = reply_plain(http_reason(status));
	return exchange_answer(e);
}

/* May it come in? 0, or the status to refuse it with: the server stops, or its listener has been closed. */
static int admit(struct exchange *e)
{
	const struct peer *peer = peer_of(e->connection);
	struct http_server *s = e->server;
	bool open;

	pthread_mutex_lock(&s->lock);
	open = !s->stopping && listener_tag(s, peer->listener, &e->x.listener_tag);
	if (open)
		e->progress = EXCHANGE_BODY;
	pthread_mutex_unlock(&s->lock);
	e->x.remote = arena_str(&e->x.arena, str_c(peer->remote));
	return open ? 0 : 503;
}

/* An answer before the body: send it at once (libmicrohttpd then closes the connection), or read and drop the body first?
 * A client that waits for 100 Continue must not get it; others would be cut off while sending and never see the answer. */
static bool answer_before_body(struct exchange *e)
{
	struct str expect = http_header(&e->x, STR("expect"));

	return str_eq_nocase(expect, STR("100-continue")) || e->x.content_length > DRAIN_MAX;
}

static enum MHD_Result exchange_headers(struct exchange *e, const char *method)
{
	const struct http_handlers *h = &e->server->handlers;
	int refused = request_headers(e, method);

	if (refused == 0)
		refused = admit(e);
	if (refused != 0)
		return refuse(e, refused);
	e->known = true;
	h->on_headers(h->context, &e->x);
	if (progress_of(e) == EXCHANGE_ANSWERED && answer_before_body(e))
		return exchange_answer(e);
	return MHD_YES;
}

/* An answer that comes now waits until the rest of the body is read: libmicrohttpd takes none in between. */
static enum MHD_Result exchange_body(struct exchange *e, const char *bytes, size_t n)
{
	const struct http_handlers *h = &e->server->handlers;

	if (progress_of(e) == EXCHANGE_BODY) {
		h->on_body(h->context, &e->x, bytes, n);
		return MHD_YES;
	}
	e->dropped += n;
	return e->dropped <= DRAIN_MAX ? MHD_YES : MHD_NO;
}

/* Claims the answer for the server; with its lock held. */
static void answer_stopping(struct exchange *e)
{
	e->progress = EXCHANGE_ANSWERED;
	e->status = 503;
	e->response = reply_plain("the server stops\n");
}

/* After on_end: sends the answer, or puts the connection to sleep until there is one. It must sleep before anybody may wake
 * it; an answer that came in between is woken for right here. */
static enum MHD_Result exchange_wait(struct exchange *e)
{
	struct http_server *s = e->server;
	bool wake;

	if (progress_of(e) == EXCHANGE_ANSWERED)
		return exchange_answer(e);
	MHD_suspend_connection(e->connection);
	pthread_mutex_lock(&s->lock);
	if (s->stopping && e->progress == EXCHANGE_HANDLING)
		answer_stopping(e);
	wake = e->progress == EXCHANGE_ANSWERED;
	if (!wake)
		e->progress = EXCHANGE_SUSPENDED;
	pthread_mutex_unlock(&s->lock);
	if (wake)
		MHD_resume_connection(e->connection);
	return MHD_YES;
}

static enum MHD_Result exchange_end(struct exchange *e)
{
	const struct http_handlers *h = &e->server->handlers;
	bool first;

	pthread_mutex_lock(&e->server->lock);
	first = e->progress == EXCHANGE_BODY;
	if (first) {
		e->progress = EXCHANGE_HANDLING;
		e->owed = true;
	}
	pthread_mutex_unlock(&e->server->lock);
	if (first)
		h->on_end(h->context, &e->x);
	return exchange_wait(e);
}

enum MHD_Result exchange_handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
				const char *version, const char *bytes, size_t *n, void **held)
{
	struct exchange *e = *held;
	size_t given = *n;

	(void)context;
	(void)connection;
	(void)url;
	(void)version;
	if (!e)
		return MHD_NO;
	if (!e->headers_seen) {
		e->headers_seen = true;
		return exchange_headers(e, method);
	}
	if (given == 0)
		return exchange_end(e);
	*n = 0;
	return exchange_body(e, bytes, given);
}

void exchange_completed(void *context, struct MHD_Connection *connection, void **held, enum MHD_RequestTerminationCode how)
{
	struct exchange *e = *held;
	bool last;

	(void)context;
	(void)connection;
	(void)how;
	if (!e)
		return;
	*held = NULL;
	pthread_mutex_lock(&e->server->lock);
	e->progress = EXCHANGE_ENDED;
	last = !e->owed;
	pthread_mutex_unlock(&e->server->lock);
	if (last)
		exchange_free(e);
}

/* Stores an answer unless there is one. Tells where the exchange stood. Afterwards only SUSPENDED and ENDED leave it in the
 * caller's hands. Takes `response`. */
static enum progress give_answer(struct exchange *e, int status, struct MHD_Response *response, bool from_handler)
{
	enum progress before;

	pthread_mutex_lock(&e->server->lock);
	before = e->progress;
	if (from_handler)
		e->owed = false;
	if (before < EXCHANGE_ANSWERED) {
		e->progress = EXCHANGE_ANSWERED;
		e->status = status;
		e->response = response;
		response = NULL;
	}
	pthread_mutex_unlock(&e->server->lock);
	if (response)
		MHD_destroy_response(response);
	return before;
}

void http_respond(struct http_exchange *x, struct http_reply *r)
{
	struct exchange *e = x->priv;
	struct MHD_Connection *connection = e->connection;
	enum progress before = give_answer(e, r->status, reply_build(r), true);

	if (before == EXCHANGE_SUSPENDED)
		MHD_resume_connection(connection);
	else if (before == EXCHANGE_ENDED)
		exchange_free(e);
}

/* Claims one suspended exchange's answer for the server. */
static struct MHD_Connection *refuse_one(struct http_server *s)
{
	struct MHD_Connection *connection = NULL;
	struct exchange *e;

	pthread_mutex_lock(&s->lock);
	for (e = s->exchanges; e && e->progress != EXCHANGE_SUSPENDED; e = e->next)
		;
	if (e) {
		answer_stopping(e);
		connection = e->connection;
	}
	pthread_mutex_unlock(&s->lock);
	return connection;
}

void exchange_refuse_suspended(struct http_server *s)
{
	struct MHD_Connection *connection;

	while ((connection = refuse_one(s)) != NULL)
		MHD_resume_connection(connection);
}
