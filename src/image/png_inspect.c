/* SPDX-License-Identifier: Apache-2.0 */
#include "image/png.h"

#include <zlib.h>

/* PNG 3rd edition (W3C), 5.2: signature; 5.3: chunk layout; 11.2.1: IHDR; 7.2 and 8: rows, filters and interlacing. */
static const uint8_t signature[PNG_SIGNATURE_SIZE] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

enum {
	CHUNK_OVERHEAD = 12, /* length, type, CRC */
	CHUNK_LENGTH_MAX = 0x7fffffff,
	IHDR_SIZE = 13,
	PALETTE_MAX = 256 * 3,
	INFLATE_STEP = 16384,
};

enum png_colour_type { COLOUR_GREY = 0, COLOUR_RGB = 2, COLOUR_PALETTE = 3, COLOUR_GREY_ALPHA = 4, COLOUR_RGB_ALPHA = 6 };

/* Adam7: first column and row, and distance between columns and rows, of each pass. */
static const uint8_t adam7[7][4] = {
	{ 0, 0, 8, 8 }, { 4, 0, 8, 8 }, { 0, 4, 4, 8 }, { 2, 0, 4, 4 }, { 0, 2, 2, 4 }, { 1, 0, 2, 2 }, { 0, 1, 1, 2 },
};

struct chunk {
	struct str type;
	struct str data;
};

/* Walks the rows the header promises while the inflated bytes come by, in pieces of any size. */
struct row_walk {
	const struct png_header *header;
	int pass;           /* 0 to 6 when interlaced, else 0 */
	uint32_t rows_left; /* in this pass, the current one included */
	uint64_t row_bytes; /* of one row in this pass, without its filter byte */
	uint64_t left;      /* of the current row; 0: a filter byte is next */
	bool done;
};

struct inspection {
	struct str rest; /* what follows the current chunk */
	struct png_header header;
	struct row_walk rows;
	z_stream inflater;
	bool inflated; /* the zlib stream has ended */
	bool has_palette, has_data, data_ended;
};

static int corrupt(struct error *err, const char *what)
{
	return image_fail(err, ERR_CORRUPT, "CorruptImage", "the PNG is damaged: %s", what);
}

static uint32_t read_u32(const char *p)
{
	const uint8_t *b = (const uint8_t *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

bool png_has_signature(struct str bytes)
{
	return bytes.n >= sizeof(signature) && memcmp(bytes.p, signature, sizeof(signature)) == 0;
}

static bool is_chunk_type(struct str type)
{
	for (size_t i = 0; i < type.n; i++)
		if (!((type.p[i] >= 'A' && type.p[i] <= 'Z') || (type.p[i] >= 'a' && type.p[i] <= 'z')))
			return false;
	return true;
}

static bool is_critical(struct str type)
{
	return type.p[0] >= 'A' && type.p[0] <= 'Z';
}

/* Cuts the next chunk from `rest` and checks its length, name and CRC. */
static int next_chunk(struct str *rest, struct chunk *out, struct error *err)
{
	uint32_t length;
	uint32_t crc;

	if (rest->n < CHUNK_OVERHEAD)
		return corrupt(err, "it ends before its IEND chunk");
	length = read_u32(rest->p);
	if (length > CHUNK_LENGTH_MAX || length > rest->n - CHUNK_OVERHEAD)
		return corrupt(err, "a chunk is longer than the rest of the file");
	out->type = str_of(rest->p + 4, 4);
	out->data = str_of(rest->p + 8, length);
	if (!is_chunk_type(out->type))
		return corrupt(err, "a chunk's type is not four letters");
	crc = (uint32_t)crc32_z(0, (const Bytef *)out->type.p, 4 + (size_t)length);
	if (crc != read_u32(out->data.p + length))
		return corrupt(err, "a chunk's checksum is wrong");
	*rest = str_of(rest->p + CHUNK_OVERHEAD + length, rest->n - CHUNK_OVERHEAD - length);
	return 0;
}

/* Table 11.1: which depths go with which colour type. */
static bool is_depth_allowed(uint8_t colour_type, uint8_t depth)
{
	switch (colour_type) {
	case COLOUR_GREY:
		return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
	case COLOUR_PALETTE:
		return depth == 1 || depth == 2 || depth == 4 || depth == 8;
	case COLOUR_RGB:
	case COLOUR_GREY_ALPHA:
	case COLOUR_RGB_ALPHA:
		return depth == 8 || depth == 16;
	default:
		return false;
	}
}

static int read_header(const struct chunk *chunk, struct png_header *out, struct error *err)
{
	const char *p = chunk->data.p;

	if (!str_eq_c(chunk->type, "IHDR") || chunk->data.n != IHDR_SIZE)
		return corrupt(err, "it does not begin with an IHDR chunk");
	*out = (struct png_header){
		.width = read_u32(p),
		.height = read_u32(p + 4),
		.bit_depth = (uint8_t)p[8],
		.colour_type = (uint8_t)p[9],
		.interlaced = p[12] == 1,
	};
	if (out->width == 0 || out->height == 0 || out->width > CHUNK_LENGTH_MAX || out->height > CHUNK_LENGTH_MAX)
		return corrupt(err, "its header has an impossible size");
	if (!is_depth_allowed(out->colour_type, out->bit_depth))
		return corrupt(err, "its header has an impossible bit depth or colour type");
	if (p[10] != 0 || p[11] != 0 || (uint8_t)p[12] > 1)
		return corrupt(err, "its header has an unknown compression, filter or interlace method");
	return 0;
}

int png_inspect_prefix(struct str prefix, uint64_t file_size, const struct image_limits *limits, struct png_header *out,
		       struct error *err)
{
	struct png_header header;
	struct chunk chunk;
	struct str rest;
	int rc;

	if (!png_has_signature(prefix))
		return image_fail(err, ERR_INVALID, "NotPng", "the file does not begin with the PNG signature");
	rest = str_from(prefix, PNG_SIGNATURE_SIZE);
	rc = next_chunk(&rest, &chunk, err);
	if (rc == 0)
		rc = read_header(&chunk, &header, err);
	if (rc == 0)
		rc = image_check_size(limits, file_size, header.width, header.height, err);
	if (rc == 0)
		*out = header;
	return rc;
}

static uint32_t samples_per_pixel(uint8_t colour_type)
{
	switch (colour_type) {
	case COLOUR_RGB:
		return 3;
	case COLOUR_GREY_ALPHA:
		return 2;
	case COLOUR_RGB_ALPHA:
		return 4;
	default:
		return 1;
	}
}

static uint32_t pass_count(uint32_t size, uint32_t first, uint32_t step)
{
	return size > first ? (size - first + step - 1) / step : 0;
}

/* Goes to pass `pass` or the first later one that has pixels. */
static void enter_pass(struct row_walk *w, int pass)
{
	int passes = w->header->interlaced ? 7 : 1;

	for (; pass < passes; pass++) {
		const uint8_t *p = adam7[pass];
		uint32_t columns = w->header->interlaced ? pass_count(w->header->width, p[0], p[2]) : w->header->width;
		uint32_t rows = w->header->interlaced ? pass_count(w->header->height, p[1], p[3]) : w->header->height;
		uint64_t bits = (uint64_t)columns * samples_per_pixel(w->header->colour_type) * w->header->bit_depth;

		if (columns == 0 || rows == 0)
			continue;
		w->pass = pass;
		w->rows_left = rows;
		w->row_bytes = (bits + 7) / 8;
		return;
	}
	w->done = true;
}

static int walk_rows(struct row_walk *w, const uint8_t *bytes, size_t n, struct error *err)
{
	while (n > 0) {
		size_t step;

		if (w->done)
			return corrupt(err, "it holds more pixels than its header says");
		if (w->left == 0) {
			if (*bytes > 4)
				return corrupt(err, "a row has an unknown filter");
			bytes++;
			n--;
			w->left = w->row_bytes;
			continue;
		}
		step = n < w->left ? n : (size_t)w->left;
		bytes += step;
		n -= step;
		w->left -= step;
		if (w->left == 0 && --w->rows_left == 0)
			enter_pass(w, w->pass + 1);
	}
	return 0;
}

/* Inflates one IDAT chunk into a fixed buffer and walks what comes out: a bomb costs its rows and not a byte more. */
static int inflate_data(struct inspection *in, struct str data, struct error *err)
{
	uint8_t out[INFLATE_STEP];

	if (in->inflated)
		return 0;
	in->inflater.next_in = (Bytef *)(uintptr_t)data.p;
	in->inflater.avail_in = (uInt)data.n;
	do {
		int rc;
		int z;

		in->inflater.next_out = out;
		in->inflater.avail_out = sizeof(out);
		z = inflate(&in->inflater, Z_NO_FLUSH);
		if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
			return corrupt(err, "its compressed data is malformed");
		rc = walk_rows(&in->rows, out, sizeof(out) - in->inflater.avail_out, err);
		if (rc < 0)
			return rc;
		in->inflated = z == Z_STREAM_END;
	} while (!in->inflated && (in->inflater.avail_in > 0 || in->inflater.avail_out == 0));
	return 0;
}

static int check_palette(struct inspection *in, struct str data, struct error *err)
{
	if (in->has_palette || in->has_data || data.n == 0 || data.n % 3 != 0 || data.n > PALETTE_MAX)
		return corrupt(err, "its palette is out of place or has a wrong length");
	if (in->header.colour_type == COLOUR_GREY || in->header.colour_type == COLOUR_GREY_ALPHA)
		return corrupt(err, "a grey image has a palette");
	in->has_palette = true;
	return 0;
}

static int check_data(struct inspection *in, struct str data, struct error *err)
{
	if (in->data_ended)
		return corrupt(err, "its IDAT chunks are not together");
	if (in->header.colour_type == COLOUR_PALETTE && !in->has_palette)
		return corrupt(err, "its palette is missing");
	in->has_data = true;
	return inflate_data(in, data, err);
}

static int check_chunk(struct inspection *in, const struct chunk *chunk, struct error *err)
{
	if (str_eq_c(chunk->type, "IDAT"))
		return check_data(in, chunk->data, err);
	in->data_ended = in->has_data;
	if (str_eq_c(chunk->type, "PLTE"))
		return check_palette(in, chunk->data, err);
	if (str_eq_c(chunk->type, "IHDR"))
		return corrupt(err, "it has a second header");
	if (is_critical(chunk->type))
		return corrupt(err, "it has an unknown critical chunk");
	return 0;
}

static int check_end(const struct inspection *in, struct error *err)
{
	if (!in->has_data)
		return corrupt(err, "it has no image data");
	if (!in->inflated || !in->rows.done)
		return corrupt(err, "it holds fewer pixels than its header says");
	return 0;
}

static int check_chunks(struct inspection *in, struct error *err)
{
	struct chunk chunk;
	int rc;

	while ((rc = next_chunk(&in->rest, &chunk, err)) == 0) {
		if (str_eq_c(chunk.type, "IEND"))
			return check_end(in, err);
		rc = check_chunk(in, &chunk, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int png_inspect(struct str file, const struct image_limits *limits, struct png_header *out, struct error *err)
{
	struct inspection in = { .rest = str_from(file, PNG_HEADER_SIZE) };
	int rc;

	rc = png_inspect_prefix(file, file.n, limits, &in.header, err);
	if (rc < 0)
		return rc;
	in.rows.header = &in.header;
	enter_pass(&in.rows, 0);
	if (inflateInit(&in.inflater) != Z_OK)
		return error_set(err, ERR_NO_MEMORY, "no memory to inflate an image");
	rc = check_chunks(&in, err);
	inflateEnd(&in.inflater);
	if (rc == 0)
		*out = in.header;
	return rc;
}
