/* SPDX-License-Identifier: Apache-2.0
 *
 * The request as the handlers see it: its target exactly as it was sent, its headers copied and in order.
 */
#include "base/limits.h"
#include "http/server_private.h"

/* "/path?query"; also the absolute form that clients send to proxies (RFC 9112 §3.2.2). */
int request_target(struct exchange *e, const char *uri)
{
	struct str text = arena_str(&e->x.arena, str_c(uri ? uri : ""));
	ptrdiff_t mark;

	if (!str_is_set(text))
		return ERR_NO_MEMORY;
	if (str_starts(text, STR("http://"))) {
		ptrdiff_t slash = str_find_char(text, '/', sizeof("http://") - 1);

		text = slash < 0 ? STR("/") : str_from(text, (size_t)slash);
	}
	mark = str_find_char(text, '?', 0);
	e->x.path = mark < 0 ? text : str_sub(text, 0, (size_t)mark);
	e->x.query = mark < 0 ? STR_NULL : str_from(text, (size_t)mark + 1);
	return 0;
}

struct header_copy {
	struct http_exchange *x;
	size_t room;
	size_t bytes; /* of the fields, as RFC 9112 would write them */
	bool bad_name;
};

/* A name is a token (RFC 9110 §5.6.2). A blank before the colon would let two parsers see two different headers. */
static bool is_token(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c))
			return false;
	}
	return n > 0;
}

static enum MHD_Result copy_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value,
				   size_t value_n)
{
	struct header_copy *copy = context;
	struct http_exchange *x = copy->x;

	(void)kind;
	if (x->header_count == copy->room)
		return MHD_NO;
	if (!is_token(name, name_n))
		copy->bad_name = true;
	copy->bytes += name_n + value_n + sizeof(": \r\n") - 1;
	x->headers[x->header_count++] = (struct http_header){
		.name = arena_str(&x->arena, str_of(name, name_n)),
		.value = arena_str(&x->arena, str_trim(str_of(value ? value : "", value ? value_n : 0))),
	};
	return MHD_YES;
}

/* How long the body is must have one answer (RFC 9112 §6.3). 0, or the status to refuse it with. */
static int check_framing(struct http_exchange *x)
{
	struct str length = STR_NULL;
	bool chunked = false;
	uint64_t value = 0;

	for (size_t i = 0; i < x->header_count; i++) {
		struct http_header header = x->headers[i];

		if (str_eq_nocase(header.name, STR("transfer-encoding"))) {
			if (chunked || !str_eq_nocase(header.value, STR("chunked")))
				return 501;
			chunked = true;
		} else if (str_eq_nocase(header.name, STR("content-length"))) {
			if (str_is_set(length) && !str_eq(length, header.value))
				return 400;
			length = header.value;
		}
	}
	if (str_is_set(length) && (chunked || str_to_u64(length, &value) < 0 || value > INT64_MAX))
		return 400;
	x->content_length = str_is_set(length) ? (int64_t)value : -1;
	return 0;
}

int request_headers(struct exchange *e, const char *method)
{
	struct http_exchange *x = &e->x;
	struct header_copy copy = { .x = x };
	int count = MHD_get_connection_values(e->connection, MHD_HEADER_KIND, NULL, NULL);

	copy.room = count > 0 ? (size_t)count : 0;
	x->headers = arena_alloc_array(&x->arena, copy.room + 1, sizeof(x->headers[0]));
	x->method = arena_str(&x->arena, str_c(method));
	if (x->headers)
		MHD_get_connection_values_n(e->connection, MHD_HEADER_KIND, copy_header, &copy);
	if (arena_failed(&x->arena))
		return 503;
	if (copy.bytes > LIMIT_REQUEST_HEADERS)
		return 431;
	return copy.bad_name ? 400 : check_framing(x);
}

struct str http_header(const struct http_exchange *x, struct str name)
{
	return http_headers_get(x->headers, x->header_count, name);
}
