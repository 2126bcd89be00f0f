/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jpeglib.h>

#include "base/limits.h"
#include "image/jpeg.h"

enum { SIDE = 904 }; /* progressive, its coefficients take more than a megabyte */

static const struct image_limits limits = { .bytes = MIB(16), .side_min = 4, .side_max = 1000, .pixels = 1000000 };

/* Bands of noise and of one tone; `progressive` in ten scans. Of four channels, a cyan without black. */
static void write_rows(struct jpeg_compress_struct *jpeg)
{
	JSAMPROW row = malloc((size_t)SIDE * 4);
	unsigned seed = 1;

	for (JDIMENSION y = 0; y < SIDE; y++) {
		for (size_t x = 0; x < (size_t)SIDE * (size_t)jpeg->input_components; x++) {
			seed = seed * 1103515245u + 12345u;
			if (jpeg->input_components == 4)
				row[x] = x % 4 == 0 ? 200 : 0;
			else
				row[x] = y % 64 < 32 ? 90 : (JSAMPLE)(seed >> 24);
		}
		jpeg_write_scanlines(jpeg, &row, 1);
	}
	free(row);
}

static struct str make_jpeg(int channels, bool progressive, bool adobe)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	unsigned char *bytes = NULL;
	unsigned long n = 0;

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &bytes, &n);
	jpeg.image_width = SIDE;
	jpeg.image_height = SIDE;
	jpeg.input_components = channels;
	jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
	jpeg_set_defaults(&jpeg);
	jpeg.write_Adobe_marker = adobe;
	if (progressive)
		jpeg_simple_progression(&jpeg);
	jpeg_start_compress(&jpeg, TRUE);
	write_rows(&jpeg);
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	return str_of((const char *)bytes, n);
}

/* The same file as libjpeg reads it by itself. */
static void check_pixels(struct str file, const struct image *image)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	JSAMPROW row = malloc((size_t)SIDE * 3);

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, (const unsigned char *)file.p, file.n);
	jpeg_read_header(&jpeg, TRUE);
	jpeg_start_decompress(&jpeg);
	for (uint32_t y = 0; y < SIDE; y++) {
		jpeg_read_scanlines(&jpeg, &row, 1);
		assert_memory_equal(row, image_at(image, 0, y), image_stride(image));
	}
	jpeg_finish_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
	free(row);
}

static void test_progressive(void **state)
{
	(void)state;
	for (int channels = 1; channels <= 3; channels += 2) {
		struct str file = make_jpeg(channels, true, false);
		struct image image;

		assert_int_equal(jpeg_decode(file, &limits, IMAGE_AUTO, &image, NULL), 0);
		assert_int_equal(image.channels, channels);
		check_pixels(file, &image);
		image_release(&image);
		for (size_t cut = file.n - 2; cut > 3; cut /= 2)
			assert_true(jpeg_decode(str_sub(file, 0, cut), &limits, IMAGE_AUTO, &image, NULL) < 0);
		free((char *)(uintptr_t)file.p);
	}
}

/* Adobe's programs store how much light is left, all others how much ink there is. */
static void test_ink(void **state)
{
	(void)state;
	for (int adobe = 0; adobe <= 1; adobe++) {
		struct str file = make_jpeg(4, false, adobe);
		struct image image;

		assert_int_equal(jpeg_decode(file, &limits, IMAGE_RGB, &image, NULL), 0);
		assert_in_range(image_at(&image, 9, 4)[0], adobe ? 0 : 50, adobe ? 5 : 60);
		assert_in_range(image_at(&image, 9, 4)[1], adobe ? 0 : 250, adobe ? 5 : 255);
		image_release(&image);
		free((char *)(uintptr_t)file.p);
	}
}

/* Cameras leave bytes between segments: no damage. A marker that nobody announced among the pixels is. */
static void test_stray_bytes(void **state)
{
	struct str file = make_jpeg(3, false, false);
	char *copy = calloc(1, file.n + 4);
	struct image image;

	(void)state;
	memcpy(copy, file.p, file.n - 2);
	memcpy(copy + file.n + 2, file.p + file.n - 2, 2);
	assert_int_equal(jpeg_decode(str_of(copy, file.n + 4), &limits, IMAGE_RGB, &image, NULL), 0);
	check_pixels(file, &image);
	image_release(&image);
	memcpy(copy, file.p, file.n);
	memcpy(copy + file.n / 2, "\xff\xd0", 2);
	assert_int_equal(jpeg_decode(str_of(copy, file.n), &limits, IMAGE_RGB, &image, NULL), ERR_CORRUPT);
	free(copy);
	free((char *)(uintptr_t)file.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_progressive),
		cmocka_unit_test(test_ink),
		cmocka_unit_test(test_stray_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
