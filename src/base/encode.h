/* SPDX-License-Identifier: Apache-2.0
 *
 * Text forms of bytes: base64 (RFC 4648 §4, padded, strict) and lower-case hexadecimal.
 */
#ifndef GLEANER_BASE_ENCODE_H
#define GLEANER_BASE_ENCODE_H

#include "base/arena.h"
#include "base/buf.h"

void buf_add_base64(struct buf *b, const void *bytes, size_t n);
struct str base64_encode(struct arena *a, const void *bytes, size_t n);
/* ERR_INVALID for anything but canonical padded base64. */
int base64_decode(struct arena *a, struct str text, struct str *bytes) MUST_CHECK;
/* URL and filename safe alphabet without padding (JWT). */
struct str base64url_encode(struct arena *a, const void *bytes, size_t n);
int base64url_decode(struct arena *a, struct str text, struct str *bytes) MUST_CHECK;

/* Writes 2 * n characters and no NUL. */
void hex_encode(char *out, const void *bytes, size_t n);
struct str hex_str(struct arena *a, const void *bytes, size_t n);
/* `text.n` must be 2 * n; either case. */
int hex_decode(void *out, size_t n, struct str text) MUST_CHECK;

#endif
