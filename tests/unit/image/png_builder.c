/* SPDX-License-Identifier: Apache-2.0 */
#include "png_builder.h"

#include <stdlib.h>

#include <zlib.h>

static void add_u32(struct buf *b, uint32_t v)
{
	uint8_t bytes[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	buf_add(b, bytes, 4);
}

void png_add_signature(struct buf *b)
{
	buf_add(b, "\x89PNG\r\n\x1a\n", 8);
}

void png_add_chunk(struct buf *b, const char *type, const void *data, size_t n)
{
	uint32_t crc = (uint32_t)crc32(0, (const Bytef *)type, 4);

	if (n > 0)
		crc = (uint32_t)crc32(crc, data, (uInt)n);
	add_u32(b, (uint32_t)n);
	buf_add(b, type, 4);
	buf_add(b, data, n);
	add_u32(b, crc);
}

void png_add_header(struct buf *b, uint32_t width, uint32_t height, int depth, int colour_type, int interlace)
{
	struct buf data;

	buf_init(&data, 64);
	add_u32(&data, width);
	add_u32(&data, height);
	buf_add_char(&data, (char)depth);
	buf_add_char(&data, (char)colour_type);
	buf_add_char(&data, 0);
	buf_add_char(&data, 0);
	buf_add_char(&data, (char)interlace);
	png_add_chunk(b, "IHDR", data.p, data.n);
	buf_release(&data);
}

void png_add_rows(struct buf *b, const void *rows, size_t n)
{
	uLongf packed_n = compressBound((uLong)n);
	Bytef *packed = malloc(packed_n);

	compress(packed, &packed_n, rows, (uLong)n);
	png_add_chunk(b, "IDAT", packed, packed_n);
	free(packed);
}

void png_build(struct buf *b, uint32_t width, uint32_t height, int depth, int colour_type, int interlace, size_t n)
{
	void *rows = calloc(1, n + 1);

	png_add_signature(b);
	png_add_header(b, width, height, depth, colour_type, interlace);
	png_add_rows(b, rows, n);
	png_add_chunk(b, "IEND", NULL, 0);
	free(rows);
}
