/* SPDX-License-Identifier: Apache-2.0
 *
 * The server against raw bytes: what arrives at the handlers, what leaves, and who frees what when things go wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <fcntl.h>
#include <cmocka.h>

#include "base/limits.h"
#include "http/server.h"
#include "os/clock.h"
#include "os/thread.h"
#include "peer.h"

/* The handlers' side. What they do is in the path: the first piece names the moment of the answer, the rest the answer. */
struct fixture {
	struct http_server *server;
	struct http_listener *listener;
	uint16_t port;
	struct pool *pool;
	int fd;
	struct buf in, reply;

	atomic_int headers, ends, frees;
	atomic_size_t body_bytes;
	pthread_mutex_t lock;
	struct http_exchange *held; /* "/hold": the test answers */
	pthread_cond_t change;
};

static void fill_reply(struct fixture *f, struct http_exchange *x, struct http_reply *r)
{
	if (str_ends(x->path, STR("/204"))) {
		r->status = 204;
	} else if (str_ends(x->path, STR("/304"))) {
		r->status = 304;
		http_reply_add(r, STR("ETag"), STR("\"e\""));
	} else if (str_ends(x->path, STR("/head"))) {
		r->head = true;
		r->head_length = 5368709120;
	} else if (str_ends(x->path, STR("/file"))) {
		r->fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
		r->fd_offset = 1;
		r->fd_length = 3;
	} else if (str_ends(x->path, STR("/owned"))) {
		r->body = str_of(strdup("owned"), 5);
		r->body_owned = true;
	} else if (str_ends(x->path, STR("/headers"))) {
		http_reply_add(r, STR("Content-Length"), STR("99"));
		http_reply_add(r, STR("x-empty"), STR(""));
		http_reply_add(r, STR("x-two"), STR("1"));
		http_reply_add(r, STR("x-two"), STR("2\r\nx-evil: 3"));
		http_reply_add(r, STR("x-tab"), STR("a\tb"));
	} else if (str_ends(x->path, STR("/close"))) {
		r->close = true;
	} else {
		r->body = arena_printf(&x->arena, STR_FMT " " STR_FMT "|" STR_FMT "|%s|%zu|%lld|" STR_FMT, STR_ARG(x->method),
				       STR_ARG(x->path), STR_ARG(x->query), str_is_set(x->query) ? "?" : "-", f->body_bytes,
				       (long long)x->content_length, STR_ARG(x->remote));
		for (size_t i = 0; i < x->header_count; i++) {
			if (x->headers[i].name.n == 3)
				http_reply_add(r, arena_concat(&x->arena, STR("got-"), x->headers[i].name), x->headers[i].value);
		}
	}
}

static void respond(struct fixture *f, struct http_exchange *x, int status)
{
	struct http_reply r;

	http_reply_init(&r, status);
	fill_reply(f, x, &r);
	http_respond(x, &r);
}

static void on_headers(void *context, struct http_exchange *x)
{
	struct fixture *f = context;

	f->headers++;
	f->body_bytes = 0;
	if (str_starts(x->path, STR("/refuse")))
		respond(f, x, 403);
}

static void on_body(void *context, struct http_exchange *x, const void *bytes, size_t n)
{
	struct fixture *f = context;

	assert_non_null(bytes);
	f->body_bytes += n;
	if (str_starts(x->path, STR("/midway")) && !x->user) {
		x->user = f;
		respond(f, x, 413);
	}
}

struct late {
	struct fixture *fixture;
	struct http_exchange *x;
};

static void respond_late(void *argument)
{
	struct late late = *(struct late *)argument;

	free(argument);
	respond(late.fixture, late.x, 200);
}

static void on_end(void *context, struct http_exchange *x)
{
	struct fixture *f = context;

	f->ends++;
	if (str_starts(x->path, STR("/later"))) {
		struct late *late = malloc(sizeof(*late));

		*late = (struct late){ f, x };
		assert_int_equal(pool_run(f->pool, respond_late, late), 0);
	} else if (str_starts(x->path, STR("/hold"))) {
		pthread_mutex_lock(&f->lock);
		f->held = x;
		pthread_cond_broadcast(&f->change);
		pthread_mutex_unlock(&f->lock);
	} else if (str_starts(x->path, STR("/now"))) {
		respond(f, x, 200);
	}
}

static void on_free(void *context, struct http_exchange *x)
{
	struct fixture *f = context;

	(void)x;
	f->frees++;
}

static struct http_exchange *wait_held(struct fixture *f)
{
	struct http_exchange *x;

	pthread_mutex_lock(&f->lock);
	while (!f->held)
		pthread_cond_wait(&f->change, &f->lock);
	x = f->held;
	f->held = NULL;
	pthread_mutex_unlock(&f->lock);
	return x;
}

static void wait_frees(struct fixture *f, int count)
{
	for (int i = 0; i < 5000 && f->frees < count; i++)
		clock_sleep_ms(1);
	assert_int_equal(f->frees, count);
}

static int set_up(void **state)
{
	const struct http_server_options options = { .threads = 2, .max_connections = 100, .idle_timeout_seconds = 30 };
	struct fixture *f = calloc(1, sizeof(*f));
	const struct http_handlers handlers = { on_headers, on_body, on_end, on_free, f };

	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->change, NULL);
	buf_init(&f->in, 1 << 24);
	buf_init(&f->reply, 1 << 24);
	assert_int_equal(pool_new(&f->pool, "late", 2, 1000, NULL), 0);
	assert_int_equal(http_server_new(&f->server, &options, &handlers, NULL), 0);
	assert_int_equal(http_listen(f->server, "127.0.0.1", &f->port, f, &f->listener, NULL), 0);
	f->fd = peer_connect(f->port);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	peer_close(f->fd);
	pool_free(f->pool);
	http_server_free(f->server);
	buf_release(&f->in);
	buf_release(&f->reply);
	if (f->frees != f->headers)
		fprintf(stderr, "%d exchanges, %d freed\n", f->headers, f->frees);
	int code = f->frees == f->headers ? 0 : -1;
	free(f);
	return code;
}

static const char *ask(struct fixture *f, const char *request)
{
	peer_send(f->fd, request);
	if (!peer_read_reply(f->fd, &f->in, &f->reply, strncmp(request, "HEAD", 4) == 0))
		fail_msg("no whole reply to %.60s: %s", request, buf_c(&f->in));
	return buf_c(&f->reply);
}

#define assert_has(text, part) assert_non_null(strstr((text), (part)))
#define assert_lacks(text, part) assert_null(strstr((text), (part)))

static void the_target_arrives_as_sent(void **state)
{
	static const char *const cases[][2] = {
		{ "/now", "GET /now|"
			  "|-|" },
		{ "/now?", "GET /now|"
			   "|?|" },
		{ "/now/a%2Fb%20c/%zz%/..//x+y", "GET /now/a%2Fb%20c/%zz%/..//x+y|"
						 "|-|" },
		{ "/now?a=1&a=%26&b+c=d%2Bé&e", "GET /now|a=1&a=%26&b+c=d%2Bé&e|?|" },
		{ "/now?x=?&y=/%3F#f", "GET /now|x=?&y=/%3F#f|?|" },
		{ "http://s3.localhost:4566/now/k?q=1", "GET /now/k|q=1|?|" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char request[256];

		snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", cases[i][0]);
		assert_has(ask(f, request), cases[i][1]);
	}
	assert_has(buf_c(&f->reply), "|127.0.0.1");
}

static void headers_keep_order_and_duplicates(void **state)
{
	struct fixture *f = *state;
	const char *reply = ask(f, "GET /now HTTP/1.1\r\nHost: x\r\nX-B:  one \t\r\nx-a: 2\r\nX-B: three\r\nX-E:\r\n\r\n");

	assert_has(reply, "got-X-B: one\r\ngot-x-a: 2\r\ngot-X-B: three\r\ngot-X-E: ");
	assert_has(reply, "|-1|"); /* no length */
}

static void replies_hold_what_was_added(void **state)
{
	struct fixture *f = *state;
	const char *reply = ask(f, "GET /now/headers HTTP/1.1\r\nHost: x\r\n\r\n");

	assert_has(reply, "HTTP/1.1 200 OK\r\n");
	assert_has(reply, "Content-Length: 0\r\n");
	assert_lacks(reply, "99");
	assert_has(reply, "x-empty:");
	assert_has(reply, "x-two: 1\r\nx-two: 2  x-evil: 3\r\n");
	assert_has(reply, "x-tab: a\tb\r\n");
	assert_has(reply, "Date: ");
}

static void bodies_come_in_pieces(void **state)
{
	struct fixture *f = *state;
	const char *reply;

	reply = ask(f, "PUT /now HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
	assert_has(reply, "|5|5|");
	reply = ask(f, "PUT /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nT: "
		       "1\r\n\r\n");
	assert_has(reply, "|7|-1|");
	reply = ask(f, "PUT /now HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	assert_has(reply, "|0|0|");
	assert_int_equal(f->ends, 3);
}

static void large_bodies_stream_through(void **state)
{
	struct fixture *f = *state;
	char *bytes = calloc(1, 1 << 20);

	peer_send(f->fd, "PUT /later HTTP/1.1\r\nHost: x\r\nContent-Length: 20971520\r\n\r\n");
	for (int i = 0; i < 20; i++)
		peer_send_bytes(f->fd, bytes, 1 << 20);
	free(bytes);
	assert_true(peer_read_reply(f->fd, &f->in, &f->reply, false));
	assert_has(buf_c(&f->reply), "|20971520|20971520|");
}

static void an_accepted_body_is_asked_for(void **state)
{
	struct fixture *f = *state;

	peer_send(f->fd, "PUT /now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	assert_true(peer_read_reply(f->fd, &f->in, &f->reply, false));
	assert_string_equal(buf_c(&f->reply), "HTTP/1.1 100 Continue\r\n\r\n");
	assert_has(ask(f, "abc"), "|3|3|");
}

static void a_refused_body_is_not_asked_for(void **state)
{
	struct fixture *f = *state;

	peer_send(f->fd, "PUT /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	assert_true(peer_read_reply(f->fd, &f->in, &f->reply, false));
	assert_has(buf_c(&f->reply), "HTTP/1.1 403 ");
	assert_true(peer_closed(f->fd, &f->in));
	assert_int_equal(f->in.n, 0);
	wait_frees(f, 1);
	assert_int_equal(f->ends, 0);
}

/* Without Expect the client is sending already: it must be able to finish and then see the answer. */
static void a_refused_body_on_its_way_is_dropped(void **state)
{
	struct fixture *f = *state;
	char *bytes = calloc(1, 1 << 20);

	peer_send(f->fd, "PUT /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 8388608\r\n\r\n");
	for (int i = 0; i < 8; i++)
		peer_send_bytes(f->fd, bytes, 1 << 20);
	free(bytes);
	assert_true(peer_read_reply(f->fd, &f->in, &f->reply, false));
	assert_has(buf_c(&f->reply), "HTTP/1.1 403 ");
	assert_has(ask(f, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), "200 OK");
	assert_int_equal(f->ends, 1);
}

static void a_refusal_without_a_body_keeps_the_connection(void **state)
{
	struct fixture *f = *state;

	assert_has(ask(f, "GET /refuse HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 403 ");
	assert_has(ask(f, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), "200 OK");
}

static void an_answer_midway_drops_the_rest(void **state)
{
	struct fixture *f = *state;

	peer_send(f->fd, "PUT /midway HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
	for (int i = 0; i < 5000 && f->body_bytes < 3; i++)
		clock_sleep_ms(1);
	assert_has(ask(f, "4\r\ndefg\r\n0\r\n\r\n"), "HTTP/1.1 413 ");
	assert_int_equal(f->body_bytes, 3);
	assert_has(ask(f, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), "200 OK");
	assert_int_equal(f->ends, 1);
}

static void replies_without_a_body(void **state)
{
	struct fixture *f = *state;
	const char *reply;

	reply = ask(f, "HEAD /now/head HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_has(reply, "Content-Length: 5368709120\r\n");
	reply = ask(f, "DELETE /now/204 HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_has(reply, "HTTP/1.1 204 No Content\r\n");
	assert_lacks(reply, "Content-Length");
	reply = ask(f, "GET /now/304 HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_has(reply, "HTTP/1.1 304 Not Modified\r\n");
	assert_has(reply, "ETag: \"e\"\r\n");
	reply = ask(f, "HEAD /now HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_has(reply, "HTTP/1.1 200 OK\r\n");
	assert_has(ask(f, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), "GET /now");
}

static void files_and_owned_bodies_are_sent(void **state)
{
	struct fixture *f = *state;
	int before, after;

	ask(f, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	before = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(before);
	for (int i = 0; i < 3; i++)
		assert_has(ask(f, "GET /now/file HTTP/1.1\r\nHost: x\r\n\r\n"), "\r\n\r\nELF");
	assert_has(ask(f, "GET /later/owned HTTP/1.1\r\nHost: x\r\n\r\n"), "\r\n\r\nowned");
	wait_frees(f, 5);
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(after);
	assert_int_equal(before, after); /* no descriptor is left open */
}

static void answers_come_from_any_thread(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 300; i++)
		assert_has(ask(f, "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"), "|2|2|");
	wait_frees(f, 300);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct fixture *f = *state;

	peer_send(f->fd, "GET /later?1 HTTP/1.1\r\nHost: x\r\n\r\nPUT /now?2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"
			 "GET /later?3 HTTP/1.1\r\nHost: x\r\n\r\n");
	for (int i = 1; i <= 3; i++) {
		char mark[4] = { '|', (char)('0' + i), '|', '\0' };

		assert_true(peer_read_reply(f->fd, &f->in, &f->reply, false));
		assert_has(buf_c(&f->reply), mark);
	}
}

static void the_connection_closes_when_asked(void **state)
{
	struct fixture *f = *state;

	assert_has(ask(f, "GET /now/close HTTP/1.1\r\nHost: x\r\n\r\n"), "Connection: close\r\n");
	assert_true(peer_closed(f->fd, &f->in));
	peer_close(f->fd);
	f->fd = peer_connect(f->port);
	assert_has(ask(f, "GET /now HTTP/1.0\r\n\r\n"), "200 OK");
	assert_true(peer_closed(f->fd, &f->in));
}

static void a_client_that_left_costs_nothing(void **state)
{
	struct fixture *f = *state;
	int gone = peer_connect(f->port);
	struct http_exchange *x;

	peer_send(gone, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
	x = wait_held(f);
	peer_reset(gone);
	clock_sleep_ms(20);
	assert_int_equal(f->frees, 0); /* the handler still holds it */
	respond(f, x, 200);
	wait_frees(f, 1);
}

static void a_client_that_leaves_in_its_body_ends_the_exchange(void **state)
{
	struct fixture *f = *state;
	int gone = peer_connect(f->port);

	peer_send(gone, "PUT /now HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
	for (int i = 0; i < 5000 && f->body_bytes < 3; i++)
		clock_sleep_ms(1);
	peer_close(gone);
	wait_frees(f, 1);
	assert_int_equal(f->ends, 0);
}

/* Requests that two parsers could read in two ways, or that are no HTTP, never reach the handlers. */
static void ambiguous_requests_are_refused(void **state)
{
	static const struct {
		const char *request, *status;
	} cases[] = {
		{ "PUT /now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", " 400 " },
		{ "PUT /now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", " 400 " },
		{ "PUT /now HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\n", " 400 " },
		{ "PUT /now HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", " 413 " },
		{ "PUT /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", " 501 " },
		{ "PUT /now HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc", " 400 " },
		{ "GET /now HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", " 400 " },
		{ "GET /now HTTP/1.1\r\n\r\n", " 400 " },
		{ "GET /now HTTP/3.0\r\nHost: x\r\n\r\n", " 505 " },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		peer_close(f->fd);
		f->fd = peer_connect(f->port);
		buf_reset(&f->in);
		assert_has(ask(f, cases[i].request), cases[i].status);
		assert_true(peer_closed(f->fd, &f->in));
	}
	assert_int_equal(f->headers, 0);
}

/* A request with `n` bytes of header fields, line ends included, on a connection of its own. */
static const char *ask_with_headers_of(struct fixture *f, size_t n)
{
	static const char before[] = "Host: x\r\nLarge: ";
	struct buf request;

	peer_close(f->fd);
	f->fd = peer_connect(f->port);
	buf_init(&request, n + 100);
	buf_add_c(&request, "GET /now HTTP/1.1\r\n");
	buf_add_c(&request, before);
	for (size_t i = sizeof(before) - 1 + 2; i < n; i++)
		buf_add_char(&request, 'a');
	buf_add_c(&request, "\r\n\r\n");
	buf_reset(&f->in);
	ask(f, buf_c(&request));
	buf_release(&request);
	return buf_c(&f->reply);
}

static void headers_have_a_limit(void **state)
{
	struct fixture *f = *state;

	assert_has(ask_with_headers_of(f, LIMIT_REQUEST_HEADERS), " 200 ");
	assert_has(ask_with_headers_of(f, LIMIT_REQUEST_HEADERS + 1), " 431 ");
	assert_has(ask_with_headers_of(f, LIMIT_REQUEST_HEADERS * 2), " 431 ");
	assert_int_equal(f->headers, 1);
}

static void listeners_come_and_go(void **state)
{
	struct fixture *f = *state;
	struct http_listener *second, *third = NULL;
	struct error err = { 0 };
	uint16_t port = 0;
	int fd;

	assert_int_equal(http_listen(f->server, "127.0.0.1", &port, NULL, &second, NULL), 0);
	assert_int_not_equal(port, 0);
	assert_int_not_equal(port, f->port);
	assert_int_equal(http_listen(f->server, "127.0.0.1", &port, NULL, &third, &err), ERR_IO);
	assert_int_equal(http_listen(f->server, "localhost", &port, NULL, &third, &err), ERR_INVALID);
	assert_null(third);

	fd = f->fd;
	f->fd = peer_connect(port);
	assert_has(ask(f, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), "200 OK");
	http_listener_close(second);
	/* The kept connection of a closed listener brings nothing new. */
	assert_has(ask(f, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), " 503 ");
	peer_close(f->fd);
	f->fd = fd;
	assert_has(ask(f, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), "200 OK");
	assert_int_equal(f->headers, 2);

	for (int i = 0; i < 300; i++) {
		port = 0;
		assert_int_equal(http_listen(f->server, "127.0.0.1", &port, NULL, &third, NULL), 0);
		http_listener_close(third);
	}
	port = 0;
	if (http_listen(f->server, "::1", &port, NULL, &third, NULL) == 0)
		http_listener_close(third);
	http_listener_close(NULL);
}

static void a_stopping_server_answers_for_the_handlers(void **state)
{
	struct fixture *f = *state;
	struct late *late = malloc(sizeof(*late));

	*late = (struct late){ f, NULL };
	peer_send(f->fd, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
	late->x = wait_held(f);
	clock_sleep_ms(10);
	/* The handler answers after the server has: a thread that sleeps first, then calls respond. */
	struct timer *timer;
	assert_int_equal(timer_new(&timer, NULL), 0);
	assert_int_not_equal(timer_at(timer, clock_wall_ms() + 300, respond_late, late), 0);
	http_server_free(f->server);
	f->server = NULL;
	timer_free(timer);
	assert_int_equal(f->frees, 1);
	assert_true(peer_read_reply(f->fd, &f->in, &f->reply, false));
	assert_has(buf_c(&f->reply), " 503 ");
	assert_true(peer_closed(f->fd, &f->in));
}

static void options_are_checked(void **state)
{
	const struct http_handlers handlers = { on_headers, on_body, on_end, on_free, NULL };
	struct http_server_options options = { .threads = 0, .max_connections = 10 };
	struct http_server *s = NULL;

	(void)state;
	assert_int_equal(http_server_new(&s, &options, &handlers, NULL), ERR_INVALID);
	options = (struct http_server_options){ .threads = 1, .max_connections = 10 };
	assert_int_equal(http_server_new(&s, &options, &handlers, NULL), 0);
	http_server_free(s);
	http_server_free(NULL);
}

#define WITH_SERVER(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(the_target_arrives_as_sent),
		WITH_SERVER(headers_keep_order_and_duplicates),
		WITH_SERVER(replies_hold_what_was_added),
		WITH_SERVER(bodies_come_in_pieces),
		WITH_SERVER(large_bodies_stream_through),
		WITH_SERVER(an_accepted_body_is_asked_for),
		WITH_SERVER(a_refused_body_is_not_asked_for),
		WITH_SERVER(a_refused_body_on_its_way_is_dropped),
		WITH_SERVER(a_refusal_without_a_body_keeps_the_connection),
		WITH_SERVER(an_answer_midway_drops_the_rest),
		WITH_SERVER(replies_without_a_body),
		WITH_SERVER(files_and_owned_bodies_are_sent),
		WITH_SERVER(answers_come_from_any_thread),
		WITH_SERVER(pipelined_requests_are_answered_in_order),
		WITH_SERVER(the_connection_closes_when_asked),
		WITH_SERVER(a_client_that_left_costs_nothing),
		WITH_SERVER(a_client_that_leaves_in_its_body_ends_the_exchange),
		WITH_SERVER(ambiguous_requests_are_refused),
		WITH_SERVER(headers_have_a_limit),
		WITH_SERVER(listeners_come_and_go),
		WITH_SERVER(a_stopping_server_answers_for_the_handlers),
		cmocka_unit_test(options_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
