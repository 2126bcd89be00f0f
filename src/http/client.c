/* SPDX-License-Identifier: Apache-2.0
 *
 * The client: a few kept connections, and one exchange at a time over one of them. How an exchange runs is in transfer.c.
 */
#include "http/client.h"

#include <stdlib.h>

#include "format/uri.h"
#include "http/transfer.h"
#include "os/clock.h"

enum {
	KEPT_MAX = 8,
	KEPT_IDLE_SECONDS = 50, /* load balancers drop a silent connection after 60 */
	CONNECT_TIMEOUT_MS = 3000,
	IO_TIMEOUT_MS = 60000,
};

struct http_client {
	struct http_client_options options;
	char *ca_file;
	struct tls_context *tls; /* NULL until the first https request */
	struct resolver resolver;
	struct connection kept[KEPT_MAX];
	size_t kept_count;
};

int http_client_new(struct http_client **out, const struct http_client_options *options, struct error *err)
{
	struct http_client *c = calloc(1, sizeof(*c));

	if (!c)
		return error_set(err, ERR_NO_MEMORY, "no memory for an HTTP client");
	c->options = *options;
	if (c->options.connect_timeout_ms <= 0)
		c->options.connect_timeout_ms = CONNECT_TIMEOUT_MS;
	if (c->options.io_timeout_ms <= 0)
		c->options.io_timeout_ms = IO_TIMEOUT_MS;
	c->resolver = (struct resolver){ "/etc/hosts", "/etc/resolv.conf", 53 };
	if (options->ca_file) {
		c->ca_file = strdup(options->ca_file);
		if (!c->ca_file) {
			free(c);
			return error_set(err, ERR_NO_MEMORY, "no memory for an HTTP client");
		}
	}
	*out = c;
	return 0;
}

static void say_goodbye(struct connection *connection)
{
	if (connection->tls)
		tls_goodbye(connection->tls);
	connection_close(connection);
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->kept_count; i++)
		say_goodbye(&c->kept[i]);
	tls_context_free(c->tls);
	free(c->ca_file);
	free(c);
}

static struct connection take_kept_at(struct http_client *c, size_t i)
{
	struct connection connection = c->kept[i];

	c->kept[i] = c->kept[--c->kept_count];
	return connection;
}

/* A kept connection to the same place that still looks alive. Dead ones met on the way are closed. */
static bool take_kept(struct http_client *c, const struct uri *uri, bool secure, struct connection *out)
{
	int64_t oldest_ns = clock_mono_ns() - KEPT_IDLE_SECONDS * INT64_C(1000000000);

	for (size_t i = c->kept_count; i-- > 0;) {
		struct connection *k = &c->kept[i];

		if (k->secure != secure || k->port != uri->port || !str_eq_nocase(str_c(k->host), uri->host))
			continue;
		*out = take_kept_at(c, i);
		if (out->last_ns >= oldest_ns && !connection_is_stale(out))
			return true;
		connection_close(out);
	}
	return false;
}

/* Keeps a connection for later; the one unused for the longest time makes room. */
static void keep(struct http_client *c, struct connection connection)
{
	size_t oldest = 0;

	connection.last_ns = clock_mono_ns();
	if (c->kept_count == KEPT_MAX) {
		struct connection gone;

		for (size_t i = 1; i < c->kept_count; i++) {
			if (c->kept[i].last_ns < c->kept[oldest].last_ns)
				oldest = i;
		}
		gone = take_kept_at(c, oldest);
		say_goodbye(&gone);
	}
	c->kept[c->kept_count++] = connection;
}

static int open_new(struct http_client *c, const struct uri *uri, bool secure, const struct patience *patience,
		    struct connection *out, struct error *err)
{
	int code = 0;

	if (secure && !c->tls)
		code = tls_context_new(&c->tls, c->ca_file, err);
	if (code == 0)
		code = connection_open(out, &c->resolver, secure ? c->tls : NULL, uri->host, uri->port,
				       c->options.connect_timeout_ms * INT64_C(1000000), patience, err);
	return code;
}

/* RFC 9110 §9.2.2 */
static bool is_idempotent(struct str method)
{
	static const char *const methods[] = { "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE" };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (str_eq_c(method, methods[i]))
			return true;
	}
	return false;
}

/* Runs the exchange over `connection`, which it keeps or closes. */
static int run(struct http_client *c, struct transfer *t, struct connection connection, struct error *err)
{
	int code = transfer_run(t, &connection, err);

	if (code == 0 && t->reader.keep)
		keep(c, connection);
	else
		connection_close(&connection);
	return code;
}

/* Over a kept connection first, if there is one; over a new one when that turns out to have died and nothing can have been
 * done twice. */
static int run_anywhere(struct http_client *c, struct transfer *t, const struct uri *uri, struct error *err)
{
	bool secure = str_eq(uri->scheme, STR("https"));
	struct connection connection;
	int code;

	if (take_kept(c, uri, secure, &connection)) {
		struct error first = { 0 };

		code = run(c, t, connection, &first);
		if (code != ERR_IO || t->reader.started || (t->sent > 0 && !is_idempotent(t->request->method))) {
			if (code < 0 && err)
				*err = first;
			return code;
		}
		transfer_restart(t);
	}
	code = open_new(c, uri, secure, t->patience, &connection, err);
	return code < 0 ? code : run(c, t, connection, err);
}

int http_client_send(struct http_client *c, struct arena *a, const struct http_client_request *request, size_t max_body,
		     struct http_client_response *response, struct error *err)
{
	struct patience patience = {
		.deadline_ns = request->timeout_ms > 0 ? clock_mono_ns() + request->timeout_ms * INT64_C(1000000) : INT64_MAX,
		.silence_ns = c->options.io_timeout_ms * INT64_C(1000000),
	};
	struct transfer t;
	struct uri uri;
	int code = uri_parse(request->url, &uri, err);

	if (code == 0)
		code = transfer_init(&t, a, request, &uri, &patience, max_body, err);
	if (code < 0)
		return code;
	code = run_anywhere(c, &t, &uri, err);
	if (code == 0)
		code = transfer_finish(&t, response, err);
	transfer_release(&t);
	return code;
}

struct str http_client_header(const struct http_client_response *r, struct str name)
{
	return http_headers_get(r->headers, r->header_count, name);
}
