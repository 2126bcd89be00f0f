/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jpeglib.h>

#include "base/limits.h"
#include "image/convert.h"
#include "image/decode.h"
#include "image/draw.h"
#include "image/jpeg.h"

static const struct image_limits small = { .bytes = 65536, .side_min = 4, .side_max = 100, .pixels = 5000 };

static size_t count_set(const struct image *image)
{
	size_t count = 0;

	for (size_t i = 0; i < (size_t)image->width * image->height; i++)
		count += image->pixels[i * image->channels] != 0;
	return count;
}

static void test_draw(void **state)
{
	const struct image_point box[] = { { 2, 2 }, { 7, 2 }, { 7, 7 }, { 2, 7 } };
	const struct image_point diagonal[] = { { 1, 1 }, { 8, 8 } };
	const struct image_point outside[] = { { -1e9f, -50 }, { 1e9f, -50 }, { 1e9f, 5 }, { -1e9f, 5 } };
	const struct image_point broken[] = { { 1, 1 }, { NAN, 3 } };
	const struct image_colour white = { 255, 255, 255 };
	struct image image;

	(void)state;
	assert_int_equal(image_init(&image, 10, 10, IMAGE_RGB, NULL), 0);
	image_draw_polygon(&image, broken, 2, 1, white);
	assert_int_equal(count_set(&image), 0);
	image_draw_polygon(&image, box, 4, 1, white);
	assert_int_equal(count_set(&image), 20);
	assert_int_equal(image_at(&image, 2, 5)[1], 255);
	assert_int_equal(image_at(&image, 5, 5)[1], 0);
	memset(image.pixels, 0, 300);
	image_draw_polygon(&image, diagonal, 2, 1, white);
	for (uint32_t i = 1; i <= 8; i++)
		assert_int_equal(image_at(&image, i, i)[0], 255);
	memset(image.pixels, 0, 300);
	image_draw_polygon(&image, outside, 4, 2, white); /* only the edge along y = 5 crosses the image */
	assert_int_equal(count_set(&image), 30);
	image_release(&image);
}

static void test_draw_on_grey(void **state)
{
	const struct image_point box[] = { { 0, 0 }, { 3, 0 }, { 3, 3 }, { 0, 3 } };
	struct image image;

	(void)state;
	assert_int_equal(image_init(&image, 4, 4, IMAGE_GREY_ALPHA, NULL), 0);
	image_draw_polygon(&image, box, 4, 1, (struct image_colour){ 255, 0, 0 });
	assert_int_equal(image_at(&image, 0, 0)[0], 76);
	assert_int_equal(image_at(&image, 0, 0)[1], 255);
	assert_int_equal(image_at(&image, 1, 1)[1], 0);
	image_release(&image);
}

/* Layouts there and back: grey values survive every way through colour and alpha. */
static void test_convert(void **state)
{
	static const enum image_layout path[] = { IMAGE_RGB,  IMAGE_RGBA, IMAGE_GREY_ALPHA, IMAGE_RGB,
						  IMAGE_GREY, IMAGE_RGBA, IMAGE_GREY };
	struct image image;

	(void)state;
	assert_int_equal(image_init(&image, 16, 16, IMAGE_GREY, NULL), 0);
	for (int i = 0; i < 256; i++)
		image.pixels[i] = (uint8_t)i;
	for (size_t k = 0; k < sizeof(path) / sizeof(path[0]); k++) {
		assert_int_equal(image_convert(&image, path[k], NULL), 0);
		assert_int_equal(image.channels, path[k]);
	}
	for (int i = 0; i < 256; i++)
		assert_int_equal(image.pixels[i], i);
	image_release(&image);
}

static void test_profile_leaves_with_its_colours(void **state)
{
	struct image image;

	(void)state;
	assert_int_equal(image_init(&image, 4, 4, IMAGE_GREY, NULL), 0);
	image.colour.profile = calloc(1, 8);
	image.colour.profile_n = 8;
	assert_int_equal(image_make_colour(&image, NULL), 0);
	assert_int_equal(image.channels, IMAGE_GREY);
	assert_int_equal(image_convert(&image, IMAGE_RGB, NULL), 0);
	assert_null(image.colour.profile);
	image_release(&image);
}

/* A 3 x 2 image of a b c / d e f, as each orientation shows it (TIFF 6.0, tag 274). */
static void test_orientations(void **state)
{
	static const char *const shown[] = { "abcdef", "abcdef", "cbafed", "fedcba", "defabc",
					     "adbecf", "daebfc", "fcebda", "cfbead", "abcdef" };
	struct image image;

	(void)state;
	for (int orientation = 0; orientation <= 9; orientation++) {
		bool turned = orientation >= 5 && orientation <= 8;

		assert_int_equal(image_init(&image, 3, 2, IMAGE_GREY, NULL), 0);
		memcpy(image.pixels, "abcdef", 6);
		assert_int_equal(image_orient(&image, orientation, NULL), 0);
		assert_int_equal(image.width, turned ? 2 : 3);
		assert_memory_equal(image.pixels, shown[orientation], 6);
		image_release(&image);
	}
}

static unsigned char *make_jpeg(int width, int height, unsigned long *n)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	unsigned char *bytes = NULL;
	JSAMPLE row[3 * 200];
	JSAMPROW rows = row;

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &bytes, n);
	jpeg.image_width = (JDIMENSION)width;
	jpeg.image_height = (JDIMENSION)height;
	jpeg.input_components = 3;
	jpeg.in_color_space = JCS_RGB;
	jpeg_set_defaults(&jpeg);
	jpeg_start_compress(&jpeg, TRUE);
	for (int x = 0; x < width; x++)
		memcpy(row + (size_t)3 * x, "\xc8\x64\x32", 3);
	for (int y = 0; y < height; y++)
		jpeg_write_scanlines(&jpeg, &rows, 1);
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	return bytes;
}

static void test_jpeg(void **state)
{
	unsigned long n = 0;
	unsigned char *bytes = make_jpeg(40, 20, &n);
	struct str file = str_of((const char *)bytes, n);
	struct image image;
	struct error err = { 0 };
	uint32_t width, height;

	(void)state;
	assert_int_equal(image_decode(file, &small, IMAGE_RGB, &image, NULL), 0);
	assert_int_equal(image.width, 40);
	assert_in_range(image_at(&image, 20, 10)[0], 195, 205);
	image_release(&image);
	assert_int_equal(image_size(file, &width, &height), 0);
	assert_int_equal(width, 40);
	assert_int_equal(height, 20);
	for (size_t cut = 3; cut < n; cut++)
		assert_true(jpeg_decode(str_of(file.p, cut), &small, IMAGE_RGB, &image, &err) < 0);
	assert_string_equal(err.name, "CorruptImage");
	assert_int_equal(image_decode(STR("GIF89a"), &small, IMAGE_RGB, &image, &err), ERR_INVALID);
	assert_string_equal(err.name, "NotImage");
	free(bytes);
	bytes = make_jpeg(101, 20, &n);
	assert_int_equal(jpeg_decode(str_of((const char *)bytes, n), &small, IMAGE_RGB, &image, &err), ERR_LIMIT);
	assert_string_equal(err.name, "ImageTooLarge");
	free(bytes);
}

static void test_exif_orientation(void **state)
{
	static const char big[] = "\xff\xd8\xff\xe1\0\x22"
				  "Exif\0\0MM\0\x2a\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0\xff\xda\0\2";
	static const char little[] = "\xff\xd8\xff\xe0\0\4ab\xff\xe1\0\x22"
				     "Exif\0\0II\x2a\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\3\0\0\0\0\0\0\0";

	(void)state;
	assert_int_equal(jpeg_orientation(str_of(big, sizeof(big) - 1)), 6);
	assert_int_equal(jpeg_orientation(str_of(little, sizeof(little) - 1)), 3);
	for (size_t cut = 0; cut < 31; cut++)
		assert_int_equal(jpeg_orientation(str_of(big, cut)), 1);
	assert_int_equal(jpeg_orientation(STR("")), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draw),
		cmocka_unit_test(test_draw_on_grey),
		cmocka_unit_test(test_convert),
		cmocka_unit_test(test_profile_leaves_with_its_colours),
		cmocka_unit_test(test_orientations),
		cmocka_unit_test(test_jpeg),
		cmocka_unit_test(test_exif_orientation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
