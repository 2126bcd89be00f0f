/* SPDX-License-Identifier: Apache-2.0 */
#include "image/jpeg.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "image/convert.h"
#include "image/jpeg_messages.h"
#include "image/jpeg_store.h"

/* Scans times pixels: about ten seconds' work. Files that people make have fewer scans than JPEG_SCANS_SOME. */
#define SCANNED_PIXELS_MAX 4000000000u

struct decoder {
	struct jpeg_store store; /* first: it finds itself by the decoder's client_data */
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	jmp_buf out;
	int scans_max;
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

	d->no_memory = d->no_memory || jpeg->err->msg_code == JERR_OUT_OF_MEMORY;
	d->errors.format_message(jpeg, d->reason);
	longjmp(d->out, 1);
}

/* Cameras leave bytes between segments, and editors headers of other versions: no pixel is lost by them. */
static bool is_harmless(int code)
{
	return code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR;
}

/* libjpeg goes on after damage and fills in grey; a service must say so instead. Level -1 is a warning. */
static void on_message(j_common_ptr jpeg, int level)
{
	if (level < 0 && !is_harmless(jpeg->err->msg_code))
		on_error(jpeg);
}

static int scans_allowed(const struct jpeg_decompress_struct *jpeg)
{
	uint64_t count = SCANNED_PIXELS_MAX / ((uint64_t)jpeg->image_width * jpeg->image_height);

	return count > JPEG_SCANS_MAX ? JPEG_SCANS_MAX : count < JPEG_SCANS_SOME ? JPEG_SCANS_SOME : (int)count;
}

static void on_progress(j_common_ptr jpeg)
{
	struct decoder *d = jpeg->client_data;

	if (d->jpeg.input_scan_number > d->scans_max) {
		snprintf(d->reason, sizeof(d->reason), "more than %d scans", d->scans_max);
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

/* Adobe stores CMYK inverted, so that a product with black is the light that is left; `invert`: the others do not. */
static void cmyk_to_rgb(struct image *image, bool invert)
{
	size_t count = (size_t)image->width * image->height;
	unsigned flip = invert ? 255 : 0;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *p = image->pixels + 4 * i;
		unsigned black = p[3] ^ flip;
		uint8_t red = (uint8_t)((p[0] ^ flip) * black / 255);
		uint8_t green = (uint8_t)((p[1] ^ flip) * black / 255);
		uint8_t blue = (uint8_t)((p[2] ^ flip) * black / 255);

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
	jpeg_store_init(&d->store, &d->jpeg);
	d->jpeg.progress = &d->progress;
	jpeg_mem_src(&d->jpeg, (const unsigned char *)file.p, file.n);
	jpeg_read_header(&d->jpeg, TRUE);
	rc = image_check_size(limits, file.n, d->jpeg.image_width, d->jpeg.image_height, err);
	d->scans_max = scans_allowed(&d->jpeg);
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
	jpeg_store_release(&d.store);
	if (rc == 0 && d.image.channels == IMAGE_RGBA)
		cmyk_to_rgb(&d.image, !d.jpeg.saw_Adobe_marker);
	/* Before it is turned, which takes a second image. */
	if (rc == 0 && layout != IMAGE_AUTO)
		rc = image_convert(&d.image, layout, err);
	if (rc == 0)
		rc = image_orient(&d.image, jpeg_orientation(file), err);
	if (rc == 0)
		*out = d.image;
	else
		image_release(&d.image);
	return rc;
}
