/* SPDX-License-Identifier: Apache-2.0 */
#include "image/png.h"

#include <png.h>
#include <setjmp.h>

/* zlib's level 4 with one filter: a page costs a third of the default's time for a few per cent more bytes. */
enum { COMPRESSION_LEVEL = 4 };

static const int colour_types[] = { 0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
				    PNG_COLOR_TYPE_RGB_ALPHA };

struct encoder {
	png_structp png;
	png_infop info;
	struct buf *out;
};

static void on_error(png_structp png, png_const_charp text)
{
	(void)text;
	png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void write_bytes(png_structp png, png_bytep bytes, size_t n)
{
	struct encoder *e = png_get_io_ptr(png);

	buf_add(e->out, bytes, n);
	if (buf_failed(e->out))
		png_error(png, "no room");
}

static void flush(png_structp png)
{
	(void)png;
}

static void set_colour_space(struct encoder *e, const struct image_colour_space *c)
{
	const png_fixed_point *p = c->chromaticities;

	if (c->has_gamma)
		png_set_gAMA_fixed(e->png, e->info, c->gamma);
	if (c->has_chromaticities)
		png_set_cHRM_fixed(e->png, e->info, p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]);
	if (c->profile)
		png_set_iCCP(e->png, e->info, "icc", PNG_COMPRESSION_TYPE_BASE, c->profile, c->profile_n);
	else if (c->has_srgb)
		png_set_sRGB(e->png, e->info, c->srgb_intent);
}

static int run_encoder(struct encoder *e, const struct image *image, struct error *err)
{
	if (setjmp(png_jmpbuf(e->png)))
		return error_set(err, buf_failed(e->out) ? buf_failed(e->out) : ERR_NO_MEMORY, "the PNG could not be written");
	png_set_write_fn(e->png, e, write_bytes, flush);
	png_set_compression_level(e->png, COMPRESSION_LEVEL);
	png_set_filter(e->png, 0, image->channels >= IMAGE_RGB ? PNG_FILTER_PAETH : PNG_FILTER_UP);
	png_set_IHDR(e->png, e->info, image->width, image->height, 8, colour_types[image->channels], PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
	set_colour_space(e, &image->colour);
	png_write_info(e->png, e->info);
	for (uint32_t y = 0; y < image->height; y++)
		png_write_row(e->png, image_at(image, 0, y));
	png_write_end(e->png, NULL);
	return 0;
}

int png_encode(const struct image *image, struct buf *out, struct error *err)
{
	struct encoder e = { .out = out };
	int rc;

	e.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
	e.info = e.png ? png_create_info_struct(e.png) : NULL;
	rc = e.info ? run_encoder(&e, image, err) : error_set(err, ERR_NO_MEMORY, "no memory to encode a PNG");
	png_destroy_write_struct(&e.png, &e.info);
	return rc;
}
