/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "image/convert.h"
#include "image/png.h"
#include "png_builder.h"

static const struct image_limits small = { .bytes = 4096, .side_min = 4, .side_max = 100, .pixels = 5000 };

static void expect_failure(struct str file, const char *name)
{
	struct png_header header = { .width = 77 };
	struct error err = { 0 };

	assert_true(png_inspect(file, &small, &header, &err) < 0);
	assert_string_equal(err.name, name);
	assert_int_equal(header.width, 77);
}

/* Bytes of rows, filter bytes included, that each header promises. */
static void test_row_arithmetic(void **state)
{
	static const struct {
		uint32_t width, height;
		int depth, colour_type, interlace;
		size_t rows;
	} cases[] = {
		{ 8, 8, 1, 0, 0, 8 * 2 },
		{ 9, 8, 1, 0, 0, 8 * 3 },
		{ 8, 8, 8, 2, 0, 8 * 25 },
		{ 8, 8, 16, 6, 0, 8 * 65 },
		{ 8, 8, 16, 4, 0, 8 * 33 },
		{ 5, 7, 4, 0, 0, 7 * 4 },
		/* Adam7 of 8 x 8: passes of 1x1, 1x1, 2x1, 2x2, 4x2, 4x4, 8x4 pixels. */
		{ 8, 8, 8, 0, 1, 2 + 2 + 3 + 2 * 3 + 2 * 5 + 4 * 5 + 4 * 9 },
		/* Adam7 of 4 x 4: the second pass (from column 4) is empty. */
		{ 4, 4, 8, 0, 1, 2 + 2 + 3 + 2 * 3 + 2 * 5 },
	};
	struct buf b;
	struct png_header header;

	(void)state;
	buf_init(&b, MIB(1));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int delta = -1; delta <= 1; delta++) {
			int rc;

			buf_reset(&b);
			png_build(&b, cases[i].width, cases[i].height, cases[i].depth, cases[i].colour_type, cases[i].interlace,
				  cases[i].rows + (size_t)delta);
			rc = png_inspect(buf_str(&b), &small, &header, NULL);
			if ((rc == 0) != (delta == 0))
				fail_msg("case %zu, %+d bytes: %d", i, delta, rc);
		}
		assert_int_equal(header.width, cases[i].width);
		assert_int_equal(header.bit_depth, cases[i].depth);
	}
	buf_release(&b);
}

static void test_limits(void **state)
{
	static const struct {
		uint32_t width, height;
		const char *name; /* NULL: accepted */
	} cases[] = {
		{ 4, 4, NULL },
		{ 3, 4, "ImageTooSmall" },
		{ 4, 3, "ImageTooSmall" },
		{ 100, 50, NULL },
		{ 101, 4, "ImageTooLarge" },
		{ 4, 101, "ImageTooLarge" },
		{ 100, 51, "ImageTooLarge" },
		{ 0x7fffffff, 0x7fffffff, "ImageTooLarge" },
		{ 0, 4, "CorruptImage" },
		{ 0x80000000, 4, "CorruptImage" },
	};
	struct buf b;
	struct png_header header;
	struct error err;

	(void)state;
	buf_init(&b, MIB(1));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc;

		buf_reset(&b);
		png_add_signature(&b);
		png_add_header(&b, cases[i].width, cases[i].height, 8, 0, 0);
		err = (struct error){ 0 };
		rc = png_inspect_prefix(buf_str(&b), b.n, &small, &header, &err);
		assert_int_equal(rc == 0, cases[i].name == NULL);
		assert_string_equal(err.name, cases[i].name ? cases[i].name : "");
	}
	assert_int_equal(png_inspect_prefix(str_sub(buf_str(&b), 0, 32), b.n, &small, &header, &err), ERR_CORRUPT);
	buf_reset(&b);
	png_build(&b, 8, 8, 8, 0, 0, 72);
	assert_int_equal(png_inspect_prefix(buf_str(&b), 4096, &small, &header, &err), 0);
	assert_int_equal(png_inspect_prefix(buf_str(&b), 4097, &small, &header, &err), ERR_LIMIT);
	assert_string_equal(err.name, "ImageTooLarge");
	buf_release(&b);
}

static void test_not_png(void **state)
{
	(void)state;
	expect_failure(STR(""), "NotPng");
	expect_failure(STR("\x89PNG"), "NotPng");
	expect_failure(STR("\xff\xd8\xff\xe0 a JPEG by another name, long enough"), "NotPng");
	expect_failure(STR("\x89PNG\r\n\x1a\n"), "CorruptImage");
}

/* Every single damaged byte of a sound file is found, and so is every cut. */
static void test_damage(void **state)
{
	struct buf b;
	struct png_header header;

	(void)state;
	buf_init(&b, MIB(1));
	png_build(&b, 8, 8, 8, 0, 0, 72);
	for (size_t i = 0; i < b.n; i++) {
		b.p[i] ^= 0x20;
		assert_true(png_inspect(buf_str(&b), &small, &header, NULL) < 0);
		b.p[i] ^= 0x20;
		assert_true(png_inspect(str_of(b.p, i), &small, &header, NULL) < 0);
	}
	assert_int_equal(png_inspect(buf_str(&b), &small, &header, NULL), 0);
	buf_add_c(&b, "left by another program");
	assert_int_equal(png_inspect(buf_str(&b), &small, &header, NULL), 0);
	buf_release(&b);
}

static void test_structure(void **state)
{
	static const uint8_t rows[72];
	struct buf b;

	(void)state;
	buf_init(&b, MIB(1));
	/* A palette image without its palette. */
	png_build(&b, 8, 8, 8, 3, 0, 72);
	expect_failure(buf_str(&b), "CorruptImage");
	/* No image data at all. */
	buf_reset(&b);
	png_add_signature(&b);
	png_add_header(&b, 8, 8, 8, 0, 0);
	png_add_chunk(&b, "IEND", NULL, 0);
	expect_failure(buf_str(&b), "CorruptImage");
	/* IDAT chunks apart. */
	buf_reset(&b);
	png_add_signature(&b);
	png_add_header(&b, 8, 8, 8, 0, 0);
	png_add_rows(&b, rows, sizeof(rows));
	png_add_chunk(&b, "tEXt", "a\0b", 3);
	png_add_chunk(&b, "IDAT", NULL, 0);
	png_add_chunk(&b, "IEND", NULL, 0);
	expect_failure(buf_str(&b), "CorruptImage");
	/* A critical chunk nobody knows. */
	buf_reset(&b);
	png_add_signature(&b);
	png_add_header(&b, 8, 8, 8, 0, 0);
	png_add_chunk(&b, "GLNR", NULL, 0);
	png_add_rows(&b, rows, sizeof(rows));
	png_add_chunk(&b, "IEND", NULL, 0);
	expect_failure(buf_str(&b), "CorruptImage");
	buf_release(&b);
}

/* A bomb: megabytes of zeros behind a header that promises 72 bytes; refused after the first step. */
static void test_bomb(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, MIB(1));
	png_build(&b, 8, 8, 8, 0, 0, MIB(3));
	assert_true(b.n < 4096);
	expect_failure(buf_str(&b), "CorruptImage");
	buf_release(&b);
}

static bool contains(const struct buf *b, const char *text)
{
	return str_find(buf_str(b), str_c(text), 0) >= 0;
}

static void test_encode_keeps_what_matters(void **state)
{
	static const uint8_t rows[] = { 0, 10, 20, 30, 40, 0, 50, 60, 70, 80, 0, 90, 100, 110, 120, 0, 1, 2, 3, 4 };
	struct buf in, out;
	struct image image;
	struct image again;

	(void)state;
	buf_init(&in, MIB(1));
	buf_init(&out, MIB(1));
	png_add_signature(&in);
	png_add_header(&in, 4, 4, 8, 0, 0);
	png_add_chunk(&in, "gAMA", "\0\0\xb1\x8f", 4);
	png_add_chunk(&in, "tRNS", "\0\x0a", 2);
	png_add_chunk(&in, "tEXt", "Author\0someone", 14);
	png_add_chunk(&in, "eXIf", "MM\0\x2a\0\0\0\x08", 8);
	png_add_rows(&in, rows, sizeof(rows));
	png_add_chunk(&in, "tIME", "\x07\xe0\1\1\1\1\1", 7);
	png_add_chunk(&in, "IEND", NULL, 0);
	assert_int_equal(png_decode(buf_str(&in), &small, IMAGE_AUTO, &image, NULL), 0);
	assert_int_equal(image.channels, IMAGE_GREY_ALPHA);
	assert_int_equal(image_at(&image, 0, 0)[1], 0); /* the transparent grey */
	assert_int_equal(image_at(&image, 1, 0)[1], 255);
	assert_int_equal(image_make_colour(&image, NULL), 0);
	assert_int_equal(png_encode(&image, &out, NULL), 0);
	assert_true(contains(&out, "gAMA"));
	assert_false(contains(&out, "tEXt") || contains(&out, "eXIf") || contains(&out, "tIME"));
	assert_int_equal(png_decode(buf_str(&out), &small, IMAGE_AUTO, &again, NULL), 0);
	assert_int_equal(again.channels, IMAGE_RGBA);
	assert_memory_equal(again.pixels, image.pixels, image_stride(&image) * image.height);
	image_release(&image);
	image_release(&again);
	buf_release(&in);
	buf_release(&out);
}

static void test_transparent_on_white(void **state)
{
	static const uint8_t rows[4 * 17] = { [1] = 200, 0, 0, 128 };
	struct buf in;
	struct image image;

	(void)state;
	buf_init(&in, MIB(1));
	png_add_signature(&in);
	png_add_header(&in, 4, 4, 8, 6, 0);
	png_add_rows(&in, rows, sizeof(rows));
	png_add_chunk(&in, "IEND", NULL, 0);
	assert_int_equal(png_decode(buf_str(&in), &small, IMAGE_RGB, &image, NULL), 0);
	assert_int_equal(image_at(&image, 0, 0)[0], 227); /* (200 * 128 + 255 * 127) / 255 */
	assert_int_equal(image_at(&image, 0, 0)[1], 127);
	assert_int_equal(image_at(&image, 1, 1)[2], 255);
	image_release(&image);
	buf_release(&in);
}

static void test_encode_stops_at_the_maximum(void **state)
{
	struct image image;
	struct buf out;
	struct error err;

	(void)state;
	assert_int_equal(image_init(&image, 100, 100, IMAGE_RGB, &err), 0);
	for (size_t i = 0; i < image_stride(&image) * image.height; i++)
		image.pixels[i] = (uint8_t)(i * 2654435761u >> 13);
	buf_init(&out, 1000);
	assert_int_equal(png_encode(&image, &out, &err), ERR_LIMIT);
	buf_release(&out);
	image_release(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_row_arithmetic),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_not_png),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_encode_keeps_what_matters),
		cmocka_unit_test(test_transparent_on_white),
		cmocka_unit_test(test_encode_stops_at_the_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
