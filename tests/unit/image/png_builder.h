/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes PNG files by hand, right or wrong, for tests.
 */
#ifndef GLEANER_TEST_PNG_BUILDER_H
#define GLEANER_TEST_PNG_BUILDER_H

#include "base/buf.h"

void png_add_signature(struct buf *b);
void png_add_chunk(struct buf *b, const char *type, const void *data, size_t n);
void png_add_header(struct buf *b, uint32_t width, uint32_t height, int depth, int colour_type, int interlace);
/* One IDAT with `n` bytes of rows, filter bytes included, compressed. */
void png_add_rows(struct buf *b, const void *rows, size_t n);
/* Signature, header, `n` zero bytes of rows, IEND. */
void png_build(struct buf *b, uint32_t width, uint32_t height, int depth, int colour_type, int interlace, size_t n);

#endif
