/* SPDX-License-Identifier: Apache-2.0 */
#include "image/png.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "image/convert.h"

enum {
	PROFILE_MAX = 4 * 1024 * 1024, /* of an ICC profile; real ones have a few KiB */
	CHUNK_CACHE_MAX = 16,
};

/* Ancillary chunks libpng would otherwise read and keep: five bytes each, as it wants them. */
static const png_byte unread_chunks[] = "bKGD\0eXIf\0hIST\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0tEXt\0tIME\0zTXt";

struct decoder {
	png_structp png;
	png_infop info;
	struct str rest;
	struct image image;
	png_bytepp rows;
	bool no_memory;
	char reason[128];
};

static void on_error(png_structp png, png_const_charp text)
{
	struct decoder *d = png_get_error_ptr(png);

	snprintf(d->reason, sizeof(d->reason), "%s", text);
	png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static png_voidp allocate(png_structp png, png_alloc_size_t n)
{
	struct decoder *d = png_get_mem_ptr(png);
	void *p = malloc(n);

	if (!p)
		d->no_memory = true;
	return p;
}

static void deallocate(png_structp png, png_voidp p)
{
	(void)png;
	free(p);
}

static void read_bytes(png_structp png, png_bytep out, size_t n)
{
	struct decoder *d = png_get_io_ptr(png);

	if (n > d->rest.n)
		png_error(png, "the file ends early");
	memcpy(out, d->rest.p, n);
	d->rest = str_from(d->rest, n);
}

static void prepare(struct decoder *d, const struct image_limits *limits)
{
	png_set_user_limits(d->png, limits->side_max, limits->side_max);
	png_set_chunk_malloc_max(d->png, PROFILE_MAX);
	png_set_chunk_cache_max(d->png, CHUNK_CACHE_MAX);
	png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
	png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, unread_chunks, (int)(sizeof(unread_chunks) / 5));
	png_set_read_fn(d->png, d, read_bytes);
}

static void copy_profile(struct decoder *d, struct image_colour_space *c)
{
	png_charp name;
	png_bytep profile;
	png_uint_32 n;
	int compression;

	if (!png_get_iCCP(d->png, d->info, &name, &compression, &profile, &n) || n == 0)
		return;
	c->profile = malloc(n);
	if (!c->profile) {
		d->no_memory = true;
		png_error(d->png, "no memory for the colour profile");
	}
	memcpy(c->profile, profile, n);
	c->profile_n = n;
}

static void read_colour_space(struct decoder *d)
{
	struct image_colour_space *c = &d->image.colour;
	png_fixed_point *p = c->chromaticities;

	c->has_gamma = png_get_gAMA_fixed(d->png, d->info, &c->gamma) != 0;
	c->has_chromaticities = png_get_cHRM_fixed(d->png, d->info, &p[0], &p[1], &p[2], &p[3], &p[4], &p[5], &p[6], &p[7]) != 0;
	c->has_srgb = png_get_sRGB(d->png, d->info, &c->srgb_intent) != 0;
	copy_profile(d, c);
}

/* Everything that libpng may end by a jump. */
static void read_pixels(struct decoder *d)
{
	uint32_t height;
	struct error err;

	png_read_info(d->png, d->info);
	png_set_expand(d->png);
	png_set_scale_16(d->png);
	png_set_interlace_handling(d->png);
	png_read_update_info(d->png, d->info);
	height = png_get_image_height(d->png, d->info);
	if (image_init(&d->image, png_get_image_width(d->png, d->info), height,
		       (enum image_layout)png_get_channels(d->png, d->info), &err) < 0) {
		d->no_memory = true;
		png_error(d->png, "no memory for the pixels");
	}
	d->rows = calloc(height, sizeof(*d->rows));
	if (!d->rows) {
		d->no_memory = true;
		png_error(d->png, "no memory for the rows");
	}
	for (uint32_t y = 0; y < height; y++)
		d->rows[y] = image_at(&d->image, 0, y);
	read_colour_space(d);
	png_read_image(d->png, d->rows);
}

static int run_decoder(struct decoder *d, const struct image_limits *limits, struct error *err)
{
	if (setjmp(png_jmpbuf(d->png))) {
		if (d->no_memory)
			return error_set(err, ERR_NO_MEMORY, "no memory to decode a PNG");
		return image_fail(err, ERR_CORRUPT, "CorruptImage", "the PNG is damaged: %s", d->reason);
	}
	prepare(d, limits);
	read_pixels(d);
	return 0;
}

int png_decode(struct str file, const struct image_limits *limits, enum image_layout layout, struct image *out, struct error *err)
{
	struct decoder d = { .rest = file };
	struct png_header header;
	int rc;

	rc = png_inspect_prefix(file, file.n, limits, &header, err);
	if (rc < 0)
		return rc;
	d.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning, &d, allocate, deallocate);
	d.info = d.png ? png_create_info_struct(d.png) : NULL;
	rc = d.info ? run_decoder(&d, limits, err) : error_set(err, ERR_NO_MEMORY, "no memory to decode a PNG");
	png_destroy_read_struct(&d.png, &d.info, NULL);
	free(d.rows);
	if (rc == 0 && layout != IMAGE_AUTO)
		rc = image_convert(&d.image, layout, err);
	if (rc == 0)
		*out = d.image;
	else
		image_release(&d.image);
	return rc;
}
