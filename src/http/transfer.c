/* SPDX-License-Identifier: Apache-2.0 */
#include "http/transfer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	WINDOW_SIZE = 64 * 1024,
	INLINE_BODY_MAX = 16 * 1024, /* sent in one piece with the head */
	HEAD_MAX = 128 * 1024,
};

static bool is_clean(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\r' || text.p[i] == '\n' || text.p[i] == '\0')
			return false;
	}
	return true;
}

static bool is_ours(struct str name)
{
	return str_eq_nocase(name, STR("content-length")) || str_eq_nocase(name, STR("connection"));
}

/* Methods whose request says its length even when it is nothing (RFC 9110 §8.6). */
static bool has_body_method(struct str method)
{
	return str_eq_c(method, "POST") || str_eq_c(method, "PUT") || str_eq_c(method, "PATCH");
}

static void add_host(struct buf *head, const struct uri *uri)
{
	bool v6 = str_find_char(uri->host, ':', 0) >= 0;
	uint16_t usual = str_eq(uri->scheme, STR("https")) ? 443 : 80;

	buf_add_c(head, v6 ? "Host: [" : "Host: ");
	buf_add_str(head, uri->host);
	buf_add_c(head, v6 ? "]" : "");
	if (uri->port != usual)
		buf_addf(head, ":%u", uri->port);
	buf_add_c(head, "\r\n");
}

static int write_head(struct transfer *t, const struct uri *uri, uint64_t length, struct error *err)
{
	const struct http_client_request *q = t->request;
	struct buf *head = &t->head;
	bool clean = is_clean(q->method) && is_clean(q->url) && str_find_char(q->url, ' ', 0) < 0 && q->method.n > 0;

	buf_add_str(head, q->method);
	buf_add_char(head, ' ');
	buf_add_str(head, uri->path);
	if (str_is_set(uri->query)) {
		buf_add_char(head, '?');
		buf_add_str(head, uri->query);
	}
	buf_add_c(head, " HTTP/1.1\r\n");
	if (!str_is_set(http_headers_get(q->headers, q->header_count, STR("host"))))
		add_host(head, uri);
	for (size_t i = 0; i < q->header_count; i++) {
		clean = clean && is_clean(q->headers[i].name) && is_clean(q->headers[i].value);
		if (is_ours(q->headers[i].name))
			continue;
		buf_add_str(head, q->headers[i].name);
		buf_add_c(head, ": ");
		buf_add_str(head, q->headers[i].value);
		buf_add_c(head, "\r\n");
	}
	if (length > 0 || has_body_method(q->method))
		buf_addf(head, "Content-Length: %llu\r\n", (unsigned long long)length);
	buf_add_c(head, "Connection: keep-alive\r\n\r\n");
	return clean ? 0 : error_set(err, ERR_INVALID, "a line end or blank in the request line or a header");
}

int transfer_init(struct transfer *t, struct arena *a, const struct http_client_request *request, const struct uri *uri,
		  const struct patience *patience, size_t max_body, struct error *err)
{
	bool from_fd = !str_is_set(request->body) && request->body_length > 0;
	int code;

	*t = (struct transfer){ .request = request, .patience = patience, .arena = a, .max_body = max_body };
	buf_init(&t->head, HEAD_MAX + INLINE_BODY_MAX);
	t->body_length = from_fd ? request->body_length : request->body.n;
	code = write_head(t, uri, t->body_length, err);
	if (code == 0 && !from_fd && request->body.n <= INLINE_BODY_MAX) {
		buf_add_str(&t->head, request->body);
		t->body_length = 0;
	} else {
		t->body = request->body;
	}
	if (code == 0 && from_fd) {
		t->body_start = lseek(request->body_fd, 0, SEEK_CUR);
		t->window = malloc(WINDOW_SIZE);
		if (t->body_start < 0)
			code = error_set_errno(err, "lseek in a request's body");
		else if (!t->window)
			code = error_set(err, ERR_NO_MEMORY, "no memory to send a file");
	}
	if (code == 0 && buf_failed(&t->head))
		code = error_set(err, buf_failed(&t->head), "a request's headers are too long");
	response_init(&t->reader, a, max_body, str_eq_c(request->method, "HEAD"));
	if (code < 0)
		transfer_release(t);
	return code;
}

void transfer_restart(struct transfer *t)
{
	t->sent = 0;
	t->window_n = 0;
	response_release(&t->reader);
	response_init(&t->reader, t->arena, t->max_body, str_eq_c(t->request->method, "HEAD"));
}

void transfer_release(struct transfer *t)
{
	buf_release(&t->head);
	response_release(&t->reader);
	free(t->window);
}

/* The next bytes of the body at `at`, from memory or through the window. */
static int body_at(struct transfer *t, uint64_t at, struct str *out, struct error *err)
{
	if (!t->window) {
		*out = str_from(t->body, (size_t)at);
		return 0;
	}
	if (at < t->window_at || at >= t->window_at + t->window_n) {
		uint64_t left = t->body_length - at;
		ssize_t got;

		do
			got = pread(t->request->body_fd, t->window, left < WINDOW_SIZE ? (size_t)left : WINDOW_SIZE,
				    t->body_start + (off_t)at);
		while (got < 0 && errno == EINTR);
		if (got < 0)
			return error_set_errno(err, "read of a request's body");
		if (got == 0)
			return error_set(err, ERR_CORRUPT, "a request's body is shorter than it was said to be");
		t->window_at = at;
		t->window_n = (size_t)got;
	}
	*out = str_of(t->window + (at - t->window_at), t->window_n - (size_t)(at - t->window_at));
	return 0;
}

/* Sends what goes at once; ERR_UNAVAILABLE when the connection takes no more now. */
static int send_some(struct transfer *t, struct connection *c, struct error *err)
{
	struct str piece = buf_str(&t->head);
	ssize_t moved;
	int code = 0;

	if (t->sent < piece.n)
		piece = str_from(piece, (size_t)t->sent);
	else
		code = body_at(t, t->sent - piece.n, &piece, err);
	if (code < 0)
		return code;
	moved = connection_write(c, piece.p, piece.n, err);
	if (moved <= 0)
		return moved < 0 ? (int)moved : error_set(err, ERR_IO, "the peer closed");
	t->sent += (uint64_t)moved;
	return 0;
}

/* Reads what is there; ERR_UNAVAILABLE when nothing is. */
static int receive_some(struct transfer *t, struct connection *c, struct error *err)
{
	char bytes[WINDOW_SIZE];
	ssize_t got = connection_read(c, bytes, sizeof(bytes), err);
	size_t used = 0;
	int code;

	if (got < 0)
		return (int)got;
	if (got == 0)
		return response_end(&t->reader, err);
	code = response_feed(&t->reader, bytes, (size_t)got, &used, err);
	/* What follows the reply was not asked for: such a connection is not used again. */
	if (code == 0 && used < (size_t)got)
		t->reader.keep = false;
	return code;
}

static bool is_done(const struct transfer *t)
{
	return t->reader.state == RESPONSE_DONE;
}

/* Until the request is out or the reply is in. A peer that stops reading may have answered: what it said is still read. */
static int send_request(struct transfer *t, struct connection *c, struct error *err)
{
	uint64_t whole = t->head.n + t->body_length;
	int code = 0;

	while (code == 0 && t->sent < whole && !is_done(t)) {
		code = send_some(t, c, err);
		if (code != ERR_UNAVAILABLE)
			continue;
		code = connection_wait(c, POLLIN | POLLOUT, t->patience, err);
		if (code == 0)
			code = receive_some(t, c, err);
		if (code == ERR_UNAVAILABLE)
			code = 0;
	}
	return code;
}

static int receive_reply(struct transfer *t, struct connection *c, struct error *err)
{
	int code = 0;

	while (code == 0 && !is_done(t)) {
		code = receive_some(t, c, err);
		if (code == ERR_UNAVAILABLE)
			code = connection_wait(c, POLLIN, t->patience, err);
	}
	return code;
}

int transfer_run(struct transfer *t, struct connection *c, struct error *err)
{
	struct error sending = { 0 }, receiving = { 0 };
	int code = send_request(t, c, &sending), received = 0;

	if (code == 0 || code == ERR_IO)
		received = receive_reply(t, c, &receiving);
	if (code == ERR_IO && received == 0)
		t->reader.keep = false;
	else if (code == 0 && t->sent < t->head.n + t->body_length)
		t->reader.keep = false; /* answered early: the rest of the body was not sent */
	if (code < 0 && (code != ERR_IO || received < 0)) {
		if (err)
			*err = sending;
		return code;
	}
	if (received < 0 && err)
		*err = receiving;
	return received;
}

int transfer_finish(struct transfer *t, struct http_client_response *out, struct error *err)
{
	struct str body = STR("");

	if (t->reader.body.n > 0) {
		size_t n;
		char *bytes = buf_take(&t->reader.body, &n);

		if (arena_on_release(t->arena, free, bytes) < 0) {
			free(bytes);
			return error_set(err, ERR_NO_MEMORY, "no memory for a reply");
		}
		body = str_of(bytes, n);
	}
	out->status = t->reader.status;
	out->headers = t->reader.headers;
	out->header_count = t->reader.header_count;
	out->body = body;
	return 0;
}
