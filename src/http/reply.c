/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "http/server_private.h"

void http_reply_init(struct http_reply *r, int status)
{
	r->status = status;
	r->header_count = 0;
	r->body = STR_NULL;
	r->body_owned = false;
	r->fd = -1;
	r->fd_offset = r->fd_length = 0;
	r->head = false;
	r->head_length = 0;
	r->close = false;
}

void http_reply_add(struct http_reply *r, struct str name, struct str value)
{
	if (r->header_count < HTTP_REPLY_HEADERS_MAX)
		r->headers[r->header_count++] = (struct http_header){ name, value };
}

/* Only asked when a handler announces a length to a method that has a body: there is none. */
static ssize_t no_body(void *context, uint64_t at, char *out, size_t max)
{
	(void)context;
	(void)at;
	(void)out;
	(void)max;
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *build_body(struct http_reply *r)
{
	static char nothing[1];
	struct MHD_Response *response;
	char *bytes = (char *)r->body.p;

	if (r->head)
		return MHD_create_response_from_callback(r->head_length, 1, no_body, NULL, NULL);
	if (r->fd >= 0 && r->fd_length > 0) {
		response = MHD_create_response_from_fd_at_offset64(r->fd_length, r->fd, r->fd_offset);
		if (response)
			r->fd = -1;
		return response;
	}
	if (r->body.n == 0)
		return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
	if (!r->body_owned)
		return MHD_create_response_from_buffer(r->body.n, bytes, MHD_RESPMEM_MUST_COPY);
	response = MHD_create_response_from_buffer_with_free_callback(r->body.n, bytes, free);
	if (response)
		r->body_owned = false;
	return response;
}

/* Copies a text with a NUL; line ends and NULs, which must not get into a header, become blanks. */
static void header_text(char *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		out[i] = text.p[i] == '\r' || text.p[i] == '\n' || text.p[i] == '\0' ? ' ' : text.p[i];
	out[text.n] = '\0';
}

static bool add_header(struct MHD_Response *response, struct http_header header)
{
	char small[512], *text = small;
	size_t need = header.name.n + header.value.n + 3;
	bool added;

	/* Its length is libmicrohttpd's to say: body, fd_length or head_length. */
	if (str_eq_nocase(header.name, STR("content-length")))
		return true;
	if (need > sizeof(small))
		text = malloc(need);
	if (!text)
		return false;
	/* libmicrohttpd refuses empty values; a blank is the same on the wire (RFC 9110 §5.5). */
	if (header.value.n == 0)
		header.value = STR(" ");
	header_text(text, header.name);
	header_text(text + header.name.n + 1, header.value);
	added = MHD_add_response_header(response, text, text + header.name.n + 1) == MHD_YES;
	if (text != small)
		free(text);
	return added;
}

struct MHD_Response *reply_build(struct http_reply *r)
{
	struct MHD_Response *response = build_body(r);
	bool whole = response != NULL;

	for (size_t i = 0; whole && i < r->header_count; i++)
		whole = add_header(response, r->headers[i]);
	if (whole && r->close)
		whole = MHD_add_response_header(response, "Connection", "close") == MHD_YES;
	if (!whole && response) {
		MHD_destroy_response(response);
		response = NULL;
	}
	if (r->body_owned)
		free((char *)r->body.p);
	if (r->fd >= 0)
		close(r->fd);
	r->body_owned = false;
	r->fd = -1;
	return response;
}

struct MHD_Response *reply_plain(const char *text)
{
	struct http_reply r;

	http_reply_init(&r, 0);
	r.body = str_c(text);
	r.close = true;
	http_reply_add(&r, STR("Content-Type"), STR("text/plain"));
	return reply_build(&r);
}
