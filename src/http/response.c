/* SPDX-License-Identifier: Apache-2.0 */
#include "http/response.h"

enum { LINE_MAX_SIZE = 8 * 1024 }; /* chunk sizes with extensions, trailer lines */

static int corrupt(struct error *err, const char *what)
{
	return error_set(err, ERR_CORRUPT, "not an HTTP reply: %s", what);
}

void response_init(struct response_reader *r, struct arena *a, size_t max_body, bool no_body)
{
	*r = (struct response_reader){ .arena = a, .no_body = no_body };
	buf_init(&r->line, RESPONSE_HEAD_MAX);
	buf_init(&r->body, max_body);
}

void response_release(struct response_reader *r)
{
	buf_release(&r->line);
	buf_release(&r->body);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : -1;
}

/* "HTTP/1.1 200 OK": the reason may be missing, with or without its blank. */
static int parse_status_line(struct response_reader *r, struct str line, struct error *err)
{
	int status = 0;

	if (!str_starts(line, STR("HTTP/1.")) || line.n < 12 || digit(line.p[7]) < 0 || line.p[8] != ' ')
		return corrupt(err, "bad status line");
	for (int i = 9; i < 12; i++) {
		if (digit(line.p[i]) < 0)
			return corrupt(err, "bad status");
		status = status * 10 + digit(line.p[i]);
	}
	if (status < 100 || status > 599 || (line.n > 12 && line.p[12] != ' '))
		return corrupt(err, "bad status");
	r->status = status;
	r->keep = line.p[7] != '0'; /* HTTP/1.0 closes unless it says otherwise */
	return 0;
}

static bool is_name_char(char c)
{
	unsigned char u = (unsigned char)c;

	return u > ' ' && u < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

static int parse_field(struct response_reader *r, struct str line, struct error *err)
{
	ptrdiff_t colon = str_find_char(line, ':', 0);
	struct http_header header;

	if (colon <= 0)
		return corrupt(err, "a header without a name");
	for (ptrdiff_t i = 0; i < colon; i++) {
		if (!is_name_char(line.p[i]))
			return corrupt(err, "a bad header name");
	}
	if (memchr(line.p, '\0', line.n) || memchr(line.p, '\r', line.n))
		return corrupt(err, "a control character in a header");
	if (r->header_count == RESPONSE_HEADERS_MAX)
		return error_set(err, ERR_LIMIT, "more than %d headers", RESPONSE_HEADERS_MAX);
	header.name = arena_str(r->arena, str_sub(line, 0, (size_t)colon));
	header.value = arena_str(r->arena, str_trim(str_from(line, (size_t)colon + 1)));
	r->headers[r->header_count++] = header;
	return 0;
}

/* The next line without its end; `rest` must hold one. */
static struct str take_line(struct str *rest)
{
	struct str line = str_split(rest, '\n');

	return str_ends(line, STR("\r")) ? str_sub(line, 0, line.n - 1) : line;
}

static size_t count_lines(struct str text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.n; i++)
		count += text.p[i] == '\n';
	return count;
}

static int parse_fields(struct response_reader *r, struct str rest, struct error *err)
{
	size_t lines = count_lines(rest);
	int code = 0;

	r->header_count = 0;
	r->headers =
		arena_alloc_array(r->arena, lines < RESPONSE_HEADERS_MAX ? lines : RESPONSE_HEADERS_MAX, sizeof(r->headers[0]));
	if (!r->headers)
		return error_set(err, ERR_NO_MEMORY, "no memory for a reply's headers");
	while (code == 0 && rest.p) {
		struct str line = take_line(&rest);

		if (line.n == 0)
			break;
		code = parse_field(r, line, err);
	}
	if (code == 0 && arena_failed(r->arena))
		code = error_set(err, ERR_NO_MEMORY, "no memory for a reply's headers");
	return code;
}

static bool has_token(struct str list, struct str token)
{
	while (list.p) {
		if (str_eq_nocase(str_trim(str_split(&list, ',')), token))
			return true;
	}
	return false;
}

struct framing {
	bool chunked, sized;
	uint64_t length;
};

static int parse_framing(struct response_reader *r, struct framing *out, struct error *err)
{
	struct str length = STR_NULL;

	for (size_t i = 0; i < r->header_count; i++) {
		struct http_header h = r->headers[i];

		if (str_eq_nocase(h.name, STR("transfer-encoding"))) {
			if (out->chunked || !str_eq_nocase(h.value, STR("chunked")))
				return error_set(err, ERR_UNSUPPORTED, "a transfer coding besides chunked");
			out->chunked = true;
		} else if (str_eq_nocase(h.name, STR("content-length"))) {
			if (str_is_set(length) && !str_eq(length, h.value))
				return corrupt(err, "two lengths");
			length = h.value;
		} else if (str_eq_nocase(h.name, STR("connection"))) {
			if (has_token(h.value, STR("close")))
				r->keep = false;
			else if (has_token(h.value, STR("keep-alive")))
				r->keep = true;
		}
	}
	out->sized = str_is_set(length);
	if (out->sized && (digit(length.n > 0 ? length.p[0] : ' ') < 0 || str_to_u64(length, &out->length) < 0))
		return corrupt(err, "a bad length");
	if (out->sized && out->chunked)
		return corrupt(err, "a length and a transfer coding");
	return 0;
}

/* Makes room at once for a body of known size, but trusts no claim for more than this. */
static void reserve_body(struct response_reader *r)
{
	enum { TRUSTED = 1 << 20 };

	if (r->left > 0 && r->left <= r->body.max)
		(void)buf_reserve(&r->body, r->left < TRUSTED ? (size_t)r->left : TRUSTED);
}

/* RFC 9112 §6.3: how the body ends. */
static int begin_body(struct response_reader *r, struct error *err)
{
	struct framing f = { 0 };
	int code = parse_framing(r, &f, err);

	if (code < 0)
		return code;
	if (r->no_body || r->status == 204 || r->status == 304) {
		r->state = RESPONSE_DONE;
	} else if (f.chunked) {
		r->state = RESPONSE_CHUNK_SIZE;
	} else if (f.sized) {
		if (f.length > r->body.max)
			return error_set(err, ERR_LIMIT, "a reply's body is longer than %zu bytes", r->body.max);
		r->left = f.length;
		r->state = r->left > 0 ? RESPONSE_BODY_LENGTH : RESPONSE_DONE;
		reserve_body(r);
	} else {
		r->state = RESPONSE_BODY_CLOSE;
		r->keep = false;
	}
	return 0;
}

static int parse_head(struct response_reader *r, struct error *err)
{
	struct str rest = buf_str(&r->line);
	int code = parse_status_line(r, take_line(&rest), err);

	if (code == 0)
		code = parse_fields(r, rest, err);
	if (code < 0)
		return code;
	buf_reset(&r->line);
	r->scanned = 0;
	if (r->status == 101)
		return corrupt(err, "an upgrade nobody asked for");
	if (r->status < 200) {
		r->status = 0;
		return 0;
	}
	return begin_body(r, err);
}

/* The length of the head, its empty line included; 0 while that has not come. */
static size_t head_length(struct response_reader *r)
{
	struct str text = buf_str(&r->line);
	ptrdiff_t at = (ptrdiff_t)r->scanned;

	while ((at = str_find_char(text, '\n', (size_t)at)) >= 0) {
		size_t next = (size_t)at + 1;

		if (next < text.n && text.p[next] == '\n')
			return next + 1;
		if (next + 1 < text.n && text.p[next] == '\r' && text.p[next + 1] == '\n')
			return next + 2;
		if (next + 1 >= text.n)
			break; /* look at this line end again when more has come */
		at++;
	}
	r->scanned = at < 0 ? text.n : (size_t)at;
	return 0;
}

static int feed_head(struct response_reader *r, const char *bytes, size_t n, size_t *used, struct error *err)
{
	size_t before = r->line.n, length;
	size_t room = r->line.max - before;

	buf_add(&r->line, bytes, n < room ? n : room);
	if (buf_failed(&r->line))
		return error_set(err, ERR_NO_MEMORY, "no memory for a reply's head");
	length = head_length(r);
	if (length == 0) {
		*used = n;
		return n < room ? 0 : error_set(err, ERR_LIMIT, "a reply's head is longer than %d bytes", RESPONSE_HEAD_MAX);
	}
	*used = length - before;
	r->line.n = length;
	return parse_head(r, err);
}

static int feed_body(struct response_reader *r, const char *bytes, size_t n, size_t *used, struct error *err)
{
	bool sized = r->state != RESPONSE_BODY_CLOSE;

	if (sized && n > r->left)
		n = (size_t)r->left;
	buf_add(&r->body, bytes, n);
	if (buf_failed(&r->body) == ERR_LIMIT)
		return error_set(err, ERR_LIMIT, "a reply's body is longer than %zu bytes", r->body.max);
	if (buf_failed(&r->body))
		return error_set(err, ERR_NO_MEMORY, "no memory for a reply's body");
	*used = n;
	if (sized) {
		r->left -= n;
		if (r->left == 0)
			r->state = r->state == RESPONSE_BODY_LENGTH ? RESPONSE_DONE : RESPONSE_CHUNK_END;
	}
	return 0;
}

/* RFC 9112 §7.1: hexadecimal digits, then an extension nobody needs. */
static int parse_chunk_size(struct response_reader *r, struct str line, struct error *err)
{
	uint64_t size = 0;
	size_t i = 0;

	for (; i < line.n; i++) {
		char c = line.p[i];
		int value = digit(c) >= 0          ? digit(c)
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (value < 0)
			break;
		if (size >> 60)
			return corrupt(err, "a chunk too large");
		size = size << 4 | (unsigned)value;
	}
	if (i == 0 || (i < line.n && !strchr("; \t", line.p[i])))
		return corrupt(err, "a bad chunk size");
	r->left = size;
	r->state = size > 0 ? RESPONSE_CHUNK_DATA : RESPONSE_TRAILER;
	return 0;
}

static int parse_line(struct response_reader *r, struct str line, struct error *err)
{
	switch (r->state) {
	case RESPONSE_CHUNK_SIZE:
		return parse_chunk_size(r, line, err);
	case RESPONSE_CHUNK_END:
		if (line.n > 0)
			return corrupt(err, "a chunk longer than its size");
		r->state = RESPONSE_CHUNK_SIZE;
		return 0;
	default: /* RESPONSE_TRAILER */
		r->trailer += line.n;
		if (r->trailer > RESPONSE_HEAD_MAX)
			return error_set(err, ERR_LIMIT, "a reply's trailer is too long");
		if (line.n == 0)
			r->state = RESPONSE_DONE;
		return 0;
	}
}

static int feed_line(struct response_reader *r, const char *bytes, size_t n, size_t *used, struct error *err)
{
	const char *end = memchr(bytes, '\n', n);
	struct str rest;
	int code;

	*used = end ? (size_t)(end - bytes) + 1 : n;
	buf_add(&r->line, bytes, *used);
	if (r->line.n > LINE_MAX_SIZE || buf_failed(&r->line))
		return error_set(err, ERR_LIMIT, "a line of a reply is longer than %d bytes", LINE_MAX_SIZE);
	if (!end)
		return 0;
	rest = buf_str(&r->line);
	code = parse_line(r, take_line(&rest), err);
	buf_reset(&r->line);
	return code;
}

static int feed_some(struct response_reader *r, const char *bytes, size_t n, size_t *used, struct error *err)
{
	switch (r->state) {
	case RESPONSE_HEAD:
		return feed_head(r, bytes, n, used, err);
	case RESPONSE_BODY_LENGTH:
	case RESPONSE_BODY_CLOSE:
	case RESPONSE_CHUNK_DATA:
		return feed_body(r, bytes, n, used, err);
	default:
		return feed_line(r, bytes, n, used, err);
	}
}

int response_feed(struct response_reader *r, const char *bytes, size_t n, size_t *used, struct error *err)
{
	size_t total = 0;

	if (n > 0)
		r->started = true;
	while (total < n && r->state != RESPONSE_DONE) {
		size_t some = 0;
		int code = feed_some(r, bytes + total, n - total, &some, err);

		if (code < 0)
			return code;
		total += some;
	}
	*used = total;
	return 0;
}

int response_end(struct response_reader *r, struct error *err)
{
	r->keep = false;
	if (r->state == RESPONSE_BODY_CLOSE)
		r->state = RESPONSE_DONE;
	if (r->state != RESPONSE_DONE)
		return error_set(err, ERR_IO,
				 r->started ? "the peer closed in the middle of its reply" : "the peer closed without a reply");
	return 0;
}
