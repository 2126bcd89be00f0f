/* SPDX-License-Identifier: Apache-2.0 */
#include "image/jpeg.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "image/convert.h"

/* Of the decoder's own, for progressive files: two bytes a coefficient. */
enum { DECODER_MEMORY_MAX = 640 * 1000 * 1000 };

struct decoder {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	jmp_buf out;
	bool no_memory;
	char reason[JMSG_LENGTH_MAX];
	struct image image;
};

bool jpeg_has_signature(struct str bytes)
{
	return bytes.n >= 3 && memcmp(bytes.p, "\xff\xd8\xff", 3) == 0;
}

static void on_error(j_common_ptr jpeg)
{
	struct decoder *d = jpeg->client_data;

	d->errors.format_message(jpeg, d->reason);
	longjmp(d->out, 1);
}

/* libjpeg goes on after damage and fills in grey; a service must say so instead. Level -1 is a warning. */
static void on_message(j_common_ptr jpeg, int level)
{
	if (level < 0)
		on_error(jpeg);
}

static void on_progress(j_common_ptr jpeg)
{
	struct decoder *d = jpeg->client_data;

	if (d->jpeg.input_scan_number > JPEG_SCANS_MAX) {
		snprintf(d->reason, sizeof(d->reason), "more than %d scans", JPEG_SCANS_MAX);
		longjmp(d->out, 1);
	}
}

static void read_pixels(struct decoder *d, enum image_layout layout)
{
	struct jpeg_decompress_struct *jpeg = &d->jpeg;
	struct error err;

	if (layout == IMAGE_AUTO)
		layout = jpeg->num_components == 1 ? IMAGE_GREY : IMAGE_RGB;
	jpeg->out_color_space = layout == IMAGE_GREY ? JCS_GRAYSCALE : JCS_RGB;
	if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK)
		jpeg->out_color_space = JCS_CMYK;
	jpeg_start_decompress(jpeg);
	if (image_init(&d->image, jpeg->output_width, jpeg->output_height, (enum image_layout)jpeg->output_components, &err) <
	    0) {
		d->no_memory = true;
		longjmp(d->out, 1);
	}
	while (jpeg->output_scanline < jpeg->output_height) {
		JSAMPROW row = image_at(&d->image, 0, jpeg->output_scanline);

		jpeg_read_scanlines(jpeg, &row, 1);
	}
	jpeg_finish_decompress(jpeg);
}

/* Adobe stores CMYK inverted, so that a product with black is the light that is left. */
static void cmyk_to_rgb(struct image *image)
{
	size_t count = (size_t)image->width * image->height;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *p = image->pixels + 4 * i;
		unsigned black = p[3];
		uint8_t red = (uint8_t)(p[0] * black / 255);
		uint8_t green = (uint8_t)(p[1] * black / 255);
		uint8_t blue = (uint8_t)(p[2] * black / 255);

		image->pixels[3 * i] = red;
		image->pixels[3 * i + 1] = green;
		image->pixels[3 * i + 2] = blue;
	}
	image->channels = IMAGE_RGB;
}

static int run_decoder(struct decoder *d, struct str file, const struct image_limits *limits, enum image_layout layout,
		       struct error *err)
{
	int rc;

	if (setjmp(d->out)) {
		if (d->no_memory)
			return error_set(err, ERR_NO_MEMORY, "no memory to decode a JPEG");
		return image_fail(err, ERR_CORRUPT, "CorruptImage", "the JPEG is damaged: %s", d->reason);
	}
	jpeg_create_decompress(&d->jpeg);
	d->jpeg.mem->max_memory_to_use = DECODER_MEMORY_MAX;
	d->jpeg.progress = &d->progress;
	jpeg_mem_src(&d->jpeg, (const unsigned char *)file.p, file.n);
	jpeg_read_header(&d->jpeg, TRUE);
	rc = image_check_size(limits, file.n, d->jpeg.image_width, d->jpeg.image_height, err);
	if (rc == 0)
		read_pixels(d, layout);
	return rc;
}

int jpeg_decode(struct str file, const struct image_limits *limits, enum image_layout layout, struct image *out,
		struct error *err)
{
	struct decoder d = { .progress.progress_monitor = on_progress };
	int rc;

	if (!jpeg_has_signature(file))
		return image_fail(err, ERR_INVALID, "NotJpeg", "the file does not begin with the JPEG signature");
	d.jpeg.err = jpeg_std_error(&d.errors);
	d.jpeg.client_data = &d;
	d.errors.error_exit = on_error;
	d.errors.emit_message = on_message;
	rc = run_decoder(&d, file, limits, layout, err);
	jpeg_destroy_decompress(&d.jpeg);
	if (rc == 0 && d.image.channels == IMAGE_RGBA)
		cmyk_to_rgb(&d.image);
	if (rc == 0)
		rc = image_orient(&d.image, jpeg_orientation(file), err);
	if (rc == 0 && layout != IMAGE_AUTO)
		rc = image_convert(&d.image, layout, err);
	if (rc == 0)
		*out = d.image;
	else
		image_release(&d.image);
	return rc;
}
