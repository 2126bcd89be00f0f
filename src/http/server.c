/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/limits.h"
#include "http/server_private.h"
#include "os/clock.h"

enum {
	/* The request's headers, then the reply's; what the headers leave is the window through which a body is read. */
	CONNECTION_MEMORY = LIMIT_REQUEST_HEADERS + KIB(16),
	STOP_SENDING_MS = 2000,  /* for answers to reach their clients when the server stops */
	STOP_HANDLERS_MS = 5000, /* for handlers to answer what they still owe */
};

/* Targets are passed on as they were sent. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

/* libmicrohttpd's threads inherit the mask: signals belong to the main thread. */
static struct MHD_Daemon *start_daemon(struct http_server *s, const struct http_server_options *options)
{
	struct MHD_OptionItem pool[] = {
		{ options->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, options->threads, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_Daemon *daemon;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
				  NULL, exchange_handle, s, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, s,
				  MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED,
				  exchange_completed, s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				  MHD_OPTION_CONNECTION_LIMIT, (unsigned)options->max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
				  (unsigned)options->idle_timeout_seconds, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
				  pool, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return daemon;
}

static void server_release(struct http_server *s)
{
	pthread_cond_destroy(&s->ended);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int http_server_new(struct http_server **out, const struct http_server_options *options, const struct http_handlers *handlers,
		    struct error *err)
{
	struct http_server *s;
	int code;

	if (options->threads < 1 || options->max_connections < options->threads || options->idle_timeout_seconds < 0)
		return error_set(err, ERR_INVALID, "a server needs a thread and room for a connection on each");
	s = calloc(1, sizeof(*s));
	if (!s)
		return error_set(err, ERR_NO_MEMORY, "no memory for a server");
	s->handlers = *handlers;
	s->acceptor.epoll_fd = s->acceptor.stop_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->ended, NULL);
	s->daemon = start_daemon(s, options);
	code = s->daemon ? acceptor_start(s, err) : error_set_errno(err, "MHD_start_daemon");
	if (code < 0) {
		http_server_free(s);
		return code;
	}
	*out = s;
	return 0;
}

/* True once no exchange is left. */
static bool wait_for_exchanges(struct http_server *s, int64_t limit_ms)
{
	int64_t until_ms = clock_wall_ms() + limit_ms;
	struct timespec until = { .tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000 };
	int waited = 0;
	bool none;

	pthread_mutex_lock(&s->lock);
	while (s->exchanges && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&s->ended, &s->lock, &until);
	none = !s->exchanges;
	pthread_mutex_unlock(&s->lock);
	return none;
}

/* Connections that sleep must all be awake before libmicrohttpd stops: with `stopping` set, exchange_wait lets none fall
 * asleep any more. */
void http_server_free(struct http_server *s)
{
	bool none;

	if (!s)
		return;
	acceptor_stop(s);
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_mutex_unlock(&s->lock);
	exchange_refuse_suspended(s);
	(void)wait_for_exchanges(s, STOP_SENDING_MS);
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	none = wait_for_exchanges(s, STOP_HANDLERS_MS);
	/* A handler that never answered may still try: then the memory it would touch is left. */
	if (none)
		server_release(s);
}
