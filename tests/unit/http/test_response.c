/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies, cut at every byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "http/response.h"

enum { MAX_BODY = 1000 };

struct outcome {
	int code; /* of feeding, or of the end */
	int status;
	bool done, keep;
	size_t used, headers;
	char body[MAX_BODY + 1];
	char last_value[64]; /* of the last header */
};

/* Feeds pieces of at most `step` bytes (the first `first` long), then the end if it is not done. Each piece is an allocation
 * of its own, so that reads past it are seen. */
static struct outcome run(const char *text, size_t n, size_t first, size_t step, bool no_body)
{
	struct outcome o = { 0 };
	struct response_reader r;
	struct arena a;

	arena_init(&a, 1 << 20);
	response_init(&r, &a, MAX_BODY, no_body);
	for (size_t at = 0, size = first; at < n && o.code == 0 && r.state != RESPONSE_DONE; size = step) {
		size_t piece = n - at < size ? n - at : size, used = 0;
		char *copy = malloc(piece ? piece : 1);

		memcpy(copy, text + at, piece);
		o.code = response_feed(&r, copy, piece, &used, NULL);
		free(copy);
		o.used += used;
		at += used;
		if (used < piece)
			break;
	}
	if (o.code == 0 && r.state != RESPONSE_DONE)
		o.code = response_end(&r, NULL);
	o.done = r.state == RESPONSE_DONE;
	o.keep = r.keep;
	o.status = r.status;
	o.headers = r.header_count;
	if (o.code == 0 && r.header_count > 0 && r.headers[r.header_count - 1].value.n < sizeof(o.last_value))
		memcpy(o.last_value, r.headers[r.header_count - 1].value.p, r.headers[r.header_count - 1].value.n);
	if (r.body.n <= MAX_BODY)
		memcpy(o.body, buf_c(&r.body), r.body.n);
	response_release(&r);
	arena_release(&a);
	return o;
}

static const struct {
	const char *text;
	int code, status;
	const char *body;
	bool keep;
	size_t rest; /* bytes behind the reply */
	bool no_body;
} cases[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, 200, "hello", true },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP", 0, 200, "hello", true, 4 },
	{ "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", 0, 200, "hi", true },
	{ "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 0, 200, "", true },
	{ "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n", 0, 404, "", true },
	{ "HTTP/1.1 204 No Content\r\n\r\n", 0, 204, "", true },
	{ "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", 0, 304, "", true },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", 0, 200, "", true, 0, true },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive, Close\r\n\r\nx", 0, 200, "x", false },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 0, 200, "x", false },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nconnection: keep-alive\r\n\r\nx", 0, 200, "x", true },
	{ "HTTP/1.1 200 OK\r\n\r\nuntil the end", 0, 200, "until the end", false },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\ny",
	  0, 201, "y", true },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\n", 0, 200,
	  "abc0123456789", true },
	{ "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n00\r\nTrailer: x\r\n\r\nGET", 0, 200, "", true, 3 },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nhi\n0\n\n", 0, 200, "hi", true },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 0, 200, "x", true },

	{ "", ERR_IO },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", ERR_IO },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", ERR_IO },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", ERR_IO },
	{ "HTTP/1.1 100 Continue\r\n\r\n", ERR_IO },
	{ "HTTP/2 200 OK\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 20 OK\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 099 OK\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 600 OK\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 2000 OK\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 101 Switching\r\n\r\n", ERR_CORRUPT },
	{ "\r\n\r\n", ERR_CORRUPT },
	{ "SSH-2.0-OpenSSH\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\n: v\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", ERR_UNSUPPORTED },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", ERR_CORRUPT },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", ERR_LIMIT },
};

static void check(size_t i, struct outcome o, size_t n)
{
	if (o.code != cases[i].code)
		fail_msg("%s: code %d, not %d", cases[i].text, o.code, cases[i].code);
	if (o.code < 0)
		return;
	assert_true(o.done);
	assert_int_equal(o.status, cases[i].status);
	assert_string_equal(o.body, cases[i].body);
	assert_int_equal(o.keep, cases[i].keep);
	assert_int_equal(n - o.used, cases[i].rest);
}

static void replies_are_read_however_they_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = strlen(cases[i].text);

		check(i, run(cases[i].text, n, n, n, cases[i].no_body), n);
		check(i, run(cases[i].text, n, 1, 1, cases[i].no_body), n);
		for (size_t cut = 1; cut < n; cut++)
			check(i, run(cases[i].text, n, cut, n, cases[i].no_body), n);
	}
}

/* A reply that ends too early is an error at every length, but for a body that only the end of the connection ends. */
static void cut_replies_are_noticed(void **state)
{
	static const char *const texts[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t n = 0; n < strlen(texts[i]); n++)
			assert_int_equal(run(texts[i], n, n, n, false).code, ERR_IO);
	}
}

static void headers_are_kept_and_trimmed(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nA:  b \t\r\nA: c\r\nEmpty:\r\nContent-Length: 0\r\nLast:x: y\r\n\r\n";
	struct outcome o = run(text, sizeof(text) - 1, 7, 3, false);

	(void)state;
	assert_int_equal(o.code, 0);
	assert_int_equal(o.headers, 5);
	assert_string_equal(o.last_value, "x: y");
}

static struct outcome run_long(const char *before, size_t filler, const char *after)
{
	size_t n = strlen(before) + filler + strlen(after);
	char *text = malloc(n);
	struct outcome o;

	memcpy(text, before, strlen(before));
	memset(text + strlen(before), 'a', filler);
	memcpy(text + strlen(before) + filler, after, strlen(after));
	o = run(text, n, 1000, 1000, false);
	free(text);
	return o;
}

static void lengths_have_limits(void **state)
{
	static const char head[] = "HTTP/1.1 204 OK\r\nA: ";
	size_t room = RESPONSE_HEAD_MAX - strlen(head) - 4;
	char text[8000] = "HTTP/1.1 200 OK\r\n";

	(void)state;
	assert_int_equal(run_long(head, room, "\r\n\r\n").code, 0);
	assert_int_equal(run_long(head, room + 1, "\r\n\r\n").code, ERR_LIMIT);
	assert_int_equal(run_long("HTTP/1.1 200 OK\r\n\r\n", MAX_BODY, "").code, 0);
	assert_int_equal(run_long("HTTP/1.1 200 OK\r\n\r\n", MAX_BODY + 1, "").code, ERR_LIMIT);
	assert_int_equal(run_long("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3E8\r\n", 1000, "\r\n0\r\n\r\n").code, 0);
	assert_int_equal(run_long("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3E9\r\n", 1001, "\r\n0\r\n\r\n").code,
			 ERR_LIMIT);
	assert_int_equal(run_long("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", 9000, "\r\n").code, ERR_LIMIT);

	for (int i = 0; i < RESPONSE_HEADERS_MAX; i++)
		memcpy(text + strlen(text), "A: b\r\n", 7);
	assert_int_equal(run_long(text, 0, "\r\n").code, 0);
	assert_int_equal(run_long(text, 0, "A: b\r\n\r\n").code, ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_read_however_they_are_cut),
		cmocka_unit_test(cut_replies_are_noticed),
		cmocka_unit_test(headers_are_kept_and_trimmed),
		cmocka_unit_test(lengths_have_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
