/* SPDX-License-Identifier: Apache-2.0
 *
 * An owned, growable run of bytes with a maximum from the start.
 *
 * Failure (maximum passed, out of memory) is sticky: further additions do nothing, and the caller checks
 * buf_failed() once at the end. Content is always followed by a NUL that is not counted.
 * One thread at a time. Freed by buf_release, or handed over by buf_take.
 */
#ifndef GLEANER_BASE_BUF_H
#define GLEANER_BASE_BUF_H

#include <stdarg.h>

#include "base/str.h"

struct buf {
	char *p;    /* NULL while empty */
	size_t n;   /* bytes in use */
	size_t cap; /* bytes allocated */
	size_t max; /* bytes allowed */
	int failed; /* 0, ERR_LIMIT or ERR_NO_MEMORY */
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);
/* Empties it and forgets a failure, keeps the memory. */
void buf_reset(struct buf *b);

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_add_str(struct buf *b, struct str s);
void buf_add_c(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
void buf_add_i64(struct buf *b, int64_t value);

/* Room for at least `n` more bytes; NULL on failure. Write there, then add to b->n. */
char *buf_reserve(struct buf *b, size_t n);
/* Removes the first `n` bytes. */
void buf_drop(struct buf *b, size_t n);

static inline int buf_failed(const struct buf *b)
{
	return b->failed;
}

/* Borrowed; valid until the next change. Present even when empty. */
struct str buf_str(const struct buf *b);
/* NUL-terminated view, "" when empty. */
const char *buf_c(const struct buf *b);
/* Hands over the allocation (free with free()); the buffer is empty afterwards. NULL after a failure. */
char *buf_take(struct buf *b, size_t *n);

#endif
