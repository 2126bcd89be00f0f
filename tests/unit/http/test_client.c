/* SPDX-License-Identifier: Apache-2.0
 *
 * The client against a peer that follows a script: what it sends, and what it makes of good, late, cut and absent replies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "http/client.h"
#include "os/clock.h"
#include "os/thread.h"
#include "peer.h"

enum then { STAY, CLOSE, RESET };

/* One request of the client's, and what the peer does. */
struct step {
	bool accept;       /* on a new connection */
	const char *reply; /* NULL: none */
	size_t n;          /* bytes of it; 0: all */
	enum then then;
	int pause_ms;   /* before the reply */
	bool head_only; /* answers without reading the body */
	bool dribble;   /* one byte each 20 ms */
};

enum { STEPS_MAX = 8 };

struct fixture {
	struct http_client *client;
	struct arena arena;
	int listener;
	uint16_t port;
	char url[64];
	pthread_t thread;
	bool running;
	struct step steps[STEPS_MAX];
	size_t step_count;
	struct buf in, requests[STEPS_MAX];
	struct http_client_response response;
	struct error err;
};

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok";

static void send_reply(int fd, const struct step *step)
{
	size_t n = step->n ? step->n : strlen(step->reply);

	if (!step->dribble) {
		peer_send_bytes(fd, step->reply, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		peer_send_bytes(fd, step->reply + i, 1);
		clock_sleep_ms(20);
	}
}

static void play(void *argument)
{
	struct fixture *f = argument;
	int fd = -1;

	for (size_t i = 0; i < f->step_count; i++) {
		const struct step *step = &f->steps[i];

		if (step->accept) {
			if (fd >= 0)
				close(fd);
			fd = peer_accept(f->listener);
			buf_reset(&f->in);
		}
		peer_read_reply(fd, &f->in, &f->requests[i], step->head_only);
		clock_sleep_ms(step->pause_ms);
		if (step->reply)
			send_reply(fd, step);
		if (step->then == CLOSE)
			close(fd);
		if (step->then == RESET)
			peer_reset(fd);
		if (step->then != STAY)
			fd = -1;
	}
	/* Keeps the last connection open until the client is done. */
	if (fd >= 0) {
		peer_closed(fd, &f->in);
		close(fd);
	}
}

static int set_up(void **state)
{
	const struct http_client_options options = { .connect_timeout_ms = 1000, .io_timeout_ms = 300 };
	struct fixture *f = calloc(1, sizeof(*f));

	arena_init(&f->arena, 1 << 24);
	buf_init(&f->in, 1 << 24);
	for (size_t i = 0; i < STEPS_MAX; i++)
		buf_init(&f->requests[i], 1 << 24);
	f->listener = peer_listen("127.0.0.1", &f->port);
	snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u/a%%20b?c=%%2F", f->port);
	assert_int_equal(http_client_new(&f->client, &options, NULL), 0);
	*state = f;
	return 0;
}

/* The peer ends when the client's connections are closed. */
static void finish(struct fixture *f)
{
	http_client_free(f->client);
	f->client = NULL;
	if (f->running)
		pthread_join(f->thread, NULL);
	f->running = false;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	finish(f);
	arena_release(&f->arena);
	buf_release(&f->in);
	for (size_t i = 0; i < STEPS_MAX; i++)
		buf_release(&f->requests[i]);
	close(f->listener);
	free(f);
	return 0;
}

static void script(struct fixture *f, const struct step *steps, size_t count)
{
	memcpy(f->steps, steps, count * sizeof(steps[0]));
	f->step_count = count;
	f->running = true;
	assert_int_equal(thread_start(&f->thread, "peer", play, f, NULL), 0);
}

#define SCRIPT(f, ...) script((f), (struct step[]){ __VA_ARGS__ }, sizeof((struct step[]){ __VA_ARGS__ }) / sizeof(struct step))

static int ask(struct fixture *f, const char *method, const char *body)
{
	struct http_header headers[] = { { STR("X-One"), STR("1") }, { STR("connection"), STR("close") } };
	struct http_client_request q = {
		.method = str_c(method), .url = str_c(f->url), .headers = headers, .header_count = 2, .body = str_c(body)
	};

	return http_client_send(f->client, &f->arena, &q, 1000, &f->response, &f->err);
}

static void requests_are_whole(void **state)
{
	struct fixture *f = *state;
	char expected[300];

	SCRIPT(f, { .accept = true, .reply = ok }, { .reply = ok }, { .reply = ok });
	assert_int_equal(ask(f, "GET", NULL), 0);
	assert_int_equal(f->response.status, 200);
	assert_true(str_eq_c(f->response.body, "ok"));
	assert_true(str_eq_c(http_client_header(&f->response, STR("x-a")), "b"));
	assert_int_equal(ask(f, "POST", "{}"), 0);
	assert_int_equal(ask(f, "POST", ""), 0);
	finish(f);
	snprintf(expected, sizeof(expected),
		 "GET /a%%20b?c=%%2F HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nX-One: 1\r\nConnection: keep-alive\r\n\r\n", f->port);
	assert_string_equal(buf_c(&f->requests[0]), expected);
	assert_non_null(strstr(buf_c(&f->requests[1]), "Content-Length: 2\r\n"));
	assert_non_null(strstr(buf_c(&f->requests[1]), "\r\n\r\n{}"));
	assert_non_null(strstr(buf_c(&f->requests[2]), "Content-Length: 0\r\n"));
}

static void bad_requests_are_not_sent(void **state)
{
	static const struct http_header evil[] = { { STR("X"), STR("a\r\nY: b") } };
	struct fixture *f = *state;
	struct http_client_request q = { .method = STR("GET"), .url = str_c(f->url), .headers = evil, .header_count = 1 };

	assert_int_equal(http_client_send(f->client, &f->arena, &q, 10, &f->response, NULL), ERR_INVALID);
	q = (struct http_client_request){ .method = STR("GET"), .url = STR("ftp://x/") };
	assert_int_equal(http_client_send(f->client, &f->arena, &q, 10, &f->response, NULL), ERR_INVALID);
	q = (struct http_client_request){ .method = STR("GET"), .url = STR("http://127.0.0.1/a b") };
	assert_int_equal(http_client_send(f->client, &f->arena, &q, 10, &f->response, NULL), ERR_INVALID);
}

static void kinds_of_replies(void **state)
{
	struct fixture *f = *state;

	SCRIPT(f, { .accept = true, .reply = "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" },
	       { .reply = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nTransfer-Encoding: "
			  "chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" },
	       { .reply = "HTTP/1.1 204 No Content\r\n\r\n" }, { .reply = "HTTP/1.1 200 OK\r\n\r\nto the end", .then = CLOSE },
	       { .accept = true, .reply = "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" });
	assert_int_equal(ask(f, "HEAD", NULL), 0);
	assert_true(str_eq_c(http_client_header(&f->response, STR("Content-Length")), "999999"));
	assert_int_equal(ask(f, "PUT", "x"), 0);
	assert_int_equal(f->response.status, 404);
	assert_true(str_eq_c(f->response.body, "x"));
	assert_int_equal(ask(f, "DELETE", NULL), 0);
	assert_int_equal(f->response.status, 204);
	assert_int_equal(f->response.body.n, 0);
	assert_int_equal(ask(f, "GET", NULL), 0);
	assert_true(str_eq_c(f->response.body, "to the end"));
	assert_int_equal(ask(f, "GET", NULL), ERR_LIMIT);
}

static void a_connection_the_peer_closed_is_not_used(void **state)
{
	struct fixture *f = *state;

	SCRIPT(f, { .accept = true, .reply = ok, .then = CLOSE }, { .accept = true, .reply = ok });
	assert_int_equal(ask(f, "POST", "a"), 0);
	clock_sleep_ms(20);
	assert_int_equal(ask(f, "POST", "b"), 0); /* seen before anything is sent: no retry is needed */
}

/* The peer closes a kept connection just when the request arrives. */
static void only_safe_requests_are_sent_twice(void **state)
{
	struct fixture *f = *state;

	SCRIPT(f, { .accept = true, .reply = ok }, { .then = CLOSE }, { .accept = true, .reply = ok }, { .then = RESET });
	assert_int_equal(ask(f, "GET", NULL), 0);
	assert_int_equal(ask(f, "PUT", "again"), 0);
	assert_int_equal(ask(f, "POST", "once"), ERR_IO);
	finish(f);
	assert_non_null(strstr(buf_c(&f->requests[1]), "again"));
	assert_non_null(strstr(buf_c(&f->requests[2]), "again"));
}

static void a_new_connection_is_not_tried_twice(void **state)
{
	struct fixture *f = *state;

	SCRIPT(f, { .accept = true, .then = CLOSE });
	assert_int_equal(ask(f, "GET", NULL), ERR_IO);
	assert_non_null(strstr(f->err.message, "without a reply"));
}

static void a_reply_cut_anywhere_is_an_error(void **state)
{
	struct fixture *f = *state;

	for (size_t n = 1; n < sizeof(ok) - 1; n++) {
		SCRIPT(f, { .accept = true, .reply = ok, .n = n, .then = n % 2 ? CLOSE : RESET });
		assert_int_equal(ask(f, "GET", NULL), ERR_IO);
		pthread_join(f->thread, NULL);
		f->running = false;
	}
}

static void what_is_not_http_is_refused(void **state)
{
	struct fixture *f = *state;

	SCRIPT(f, { .accept = true, .reply = "220 mail.example ESMTP\r\n\r\n" });
	assert_int_equal(ask(f, "GET", NULL), ERR_CORRUPT);
}

/* Bytes behind a reply could be taken for the next one's. */
static void extra_bytes_end_a_connection(void **state)
{
	struct fixture *f = *state;

	SCRIPT(f, { .accept = true, .reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 Evil\r\n\r\n" },
	       { .accept = true, .reply = ok });
	assert_int_equal(ask(f, "GET", NULL), 0);
	assert_int_equal(ask(f, "GET", NULL), 0);
	assert_int_equal(f->response.status, 200);
}

static void waiting_has_limits(void **state)
{
	struct fixture *f = *state;
	struct http_client_request q = { .method = STR("GET"), .url = str_c(f->url), .timeout_ms = 400 };
	int64_t start = clock_mono_ns();

	SCRIPT(f, { .accept = true, .reply = ok, .pause_ms = 450 }, { .accept = true, .reply = ok, .dribble = true });
	assert_int_equal(ask(f, "GET", NULL), ERR_TIMEOUT); /* silence */
	assert_in_range((clock_mono_ns() - start) / 1000000, 250, 550);
	start = clock_mono_ns();
	/* Never silent for long, but too slow as a whole. */
	assert_int_equal(http_client_send(f->client, &f->arena, &q, 1000, &f->response, &f->err), ERR_TIMEOUT);
	assert_in_range((clock_mono_ns() - start) / 1000000, 350, 700);
	assert_non_null(strstr(f->err.message, "out of time"));
}

static void nobody_listens(void **state)
{
	struct fixture *f = *state;

	close(f->listener);
	assert_int_equal(ask(f, "GET", NULL), ERR_IO);
	assert_non_null(strstr(f->err.message, "127.0.0.1"));
	f->listener = peer_listen("127.0.0.1", &f->port);
}

enum { LARGE = 3000000 };

static int large_file(void)
{
	char name[] = "/tmp/gleaner-test-XXXXXX";
	int fd = mkostemp(name, 0);
	char block[1000];

	unlink(name);
	for (int i = 0; i < LARGE / 1000; i++) {
		memset(block, 'a' + i % 26, sizeof(block));
		assert_int_equal(write(fd, block, sizeof(block)), sizeof(block));
	}
	return fd;
}

static void bodies_are_sent_from_files_and_memory(void **state)
{
	struct fixture *f = *state;
	int fd = large_file();
	char *bytes = malloc(LARGE);
	struct http_client_request q = { .method = STR("PUT"), .url = str_c(f->url), .body_fd = fd, .body_length = LARGE - 500 };
	const char *got;

	assert_int_equal(pread(fd, bytes, LARGE, 0), LARGE);
	SCRIPT(f, { .accept = true, .reply = ok }, { .then = CLOSE }, { .accept = true, .reply = ok }, { .reply = ok });
	assert_int_equal(ask(f, "GET", NULL), 0);
	lseek(fd, 500, SEEK_SET); /* from where it stands; sent twice, the first connection being stale */
	assert_int_equal(http_client_send(f->client, &f->arena, &q, 1000, &f->response, &f->err), 0);
	q = (struct http_client_request){ .method = STR("PUT"), .url = str_c(f->url), .body = str_of(bytes, LARGE) };
	assert_int_equal(http_client_send(f->client, &f->arena, &q, 1000, &f->response, &f->err), 0);
	finish(f);
	got = strstr(buf_c(&f->requests[2]), "\r\n\r\n") + 4;
	assert_memory_equal(got, bytes + 500, LARGE - 500);
	got = strstr(buf_c(&f->requests[3]), "\r\n\r\n") + 4;
	assert_memory_equal(got, bytes, LARGE);
	free(bytes);
	close(fd);
}

static void a_short_file_is_noticed(void **state)
{
	struct fixture *f = *state;
	int fd = large_file();
	struct http_client_request q = { .method = STR("PUT"), .url = str_c(f->url), .body_fd = fd, .body_length = LARGE + 1 };

	SCRIPT(f, { .accept = true, .head_only = true });
	lseek(fd, 0, SEEK_SET);
	/* The peer reads nothing, so the end of the file may be out of reach: then it is the peer's silence. */
	int code = http_client_send(f->client, &f->arena, &q, 1000, &f->response, &f->err);
	assert_true(code == ERR_CORRUPT || code == ERR_TIMEOUT);
	close(fd);
}

static void an_early_answer_to_a_long_body_is_read(void **state)
{
	struct fixture *f = *state;
	char *bytes = calloc(1, 16 << 20);
	struct http_client_request q = { .method = STR("PUT"), .url = str_c(f->url), .body = str_of(bytes, 16 << 20) };

	SCRIPT(f,
	       { .accept = true,
		 .head_only = true,
		 .reply = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig" },
	       { .accept = true, .reply = ok });
	assert_int_equal(http_client_send(f->client, &f->arena, &q, 1000, &f->response, &f->err), 0);
	assert_int_equal(f->response.status, 413);
	assert_true(str_eq_c(f->response.body, "big"));
	assert_int_equal(ask(f, "GET", NULL), 0); /* on a new connection */
	free(bytes);
}

#define WITH_PEER(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PEER(requests_are_whole),
		WITH_PEER(bad_requests_are_not_sent),
		WITH_PEER(kinds_of_replies),
		WITH_PEER(a_connection_the_peer_closed_is_not_used),
		WITH_PEER(only_safe_requests_are_sent_twice),
		WITH_PEER(a_new_connection_is_not_tried_twice),
		WITH_PEER(a_reply_cut_anywhere_is_an_error),
		WITH_PEER(what_is_not_http_is_refused),
		WITH_PEER(extra_bytes_end_a_connection),
		WITH_PEER(waiting_has_limits),
		WITH_PEER(nobody_listens),
		WITH_PEER(bodies_are_sent_from_files_and_memory),
		WITH_PEER(a_short_file_is_noticed),
		WITH_PEER(an_early_answer_to_a_long_body_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
