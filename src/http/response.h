/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads one HTTP/1.1 reply from bytes that come however they were cut (RFC 9112). *Pure:* no sockets, no clock. Interim
 * replies (1xx) are skipped. Line ends may be CRLF or LF; everything else is read strictly, because a reply whose end two
 * readers could see at two places must not be trusted.
 *
 *   HEAD        status line and fields, up to the empty line     -> BODY_* or DONE; HEAD again after an interim reply
 *   BODY_LENGTH `left` bytes                                     -> DONE
 *   BODY_CLOSE  until the peer closes                            -> DONE by response_end
 *   CHUNK_SIZE  a chunk's size line                              -> CHUNK_DATA, or TRAILER after the last
 *   CHUNK_DATA  `left` bytes                                     -> CHUNK_END
 *   CHUNK_END   the line end after a chunk                       -> CHUNK_SIZE
 *   TRAILER     lines up to the empty one, dropped               -> DONE
 */
#ifndef GLEANER_HTTP_RESPONSE_H
#define GLEANER_HTTP_RESPONSE_H

#include "base/arena.h"
#include "base/buf.h"
#include "http/message.h"

enum { RESPONSE_HEAD_MAX = 64 * 1024, RESPONSE_HEADERS_MAX = 200 };

enum response_state {
	RESPONSE_HEAD,
	RESPONSE_BODY_LENGTH,
	RESPONSE_BODY_CLOSE,
	RESPONSE_CHUNK_SIZE,
	RESPONSE_CHUNK_DATA,
	RESPONSE_CHUNK_END,
	RESPONSE_TRAILER,
	RESPONSE_DONE,
};

struct response_reader {
	struct arena *arena; /* for the headers */
	bool no_body;        /* the reply to a HEAD request */
	enum response_state state;
	struct buf line; /* the head, or a line, as far as it came */
	struct buf body;
	uint64_t left;
	size_t scanned; /* of `line`: no end of the head before it */
	size_t trailer; /* bytes of trailer lines so far */

	/* The reply; headers are complete once the state has left HEAD. */
	int status;
	struct http_header *headers;
	size_t header_count;
	bool keep;    /* the connection may carry another exchange */
	bool started; /* a byte of it has come */
};

void response_init(struct response_reader *r, struct arena *a, size_t max_body, bool no_body);
void response_release(struct response_reader *r);
/* Takes bytes up to the reply's end; `used` tells how many. ERR_CORRUPT, ERR_LIMIT (head or body too long),
 * ERR_UNSUPPORTED (a transfer coding besides chunked), ERR_NO_MEMORY. */
int response_feed(struct response_reader *r, const char *bytes, size_t n, size_t *used, struct error *err) MUST_CHECK;
/* The peer has closed. ERR_IO when that cuts the reply off. */
int response_end(struct response_reader *r, struct error *err) MUST_CHECK;

#endif
