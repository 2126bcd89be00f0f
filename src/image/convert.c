/* SPDX-License-Identifier: Apache-2.0 */
#include "image/convert.h"

#include <stdlib.h>

struct rgba {
	uint8_t red, green, blue, alpha;
};

static bool has_alpha(uint32_t channels)
{
	return channels == IMAGE_GREY_ALPHA || channels == IMAGE_RGBA;
}

static bool has_colour(uint32_t channels)
{
	return channels >= IMAGE_RGB;
}

static struct rgba load(const uint8_t *p, uint32_t channels)
{
	switch (channels) {
	case IMAGE_GREY:
		return (struct rgba){ p[0], p[0], p[0], 255 };
	case IMAGE_GREY_ALPHA:
		return (struct rgba){ p[0], p[0], p[0], p[1] };
	case IMAGE_RGB:
		return (struct rgba){ p[0], p[1], p[2], 255 };
	default:
		return (struct rgba){ p[0], p[1], p[2], p[3] };
	}
}

static uint8_t on_white(uint8_t value, uint8_t alpha)
{
	return (uint8_t)((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

static uint8_t luma(struct rgba c)
{
	return (uint8_t)((c.red * 299 + c.green * 587 + c.blue * 114 + 500) / 1000);
}

static void store(uint8_t *p, uint32_t channels, struct rgba c)
{
	if (!has_alpha(channels) && c.alpha != 255)
		c = (struct rgba){ on_white(c.red, c.alpha), on_white(c.green, c.alpha), on_white(c.blue, c.alpha), 255 };
	if (has_colour(channels)) {
		p[0] = c.red;
		p[1] = c.green;
		p[2] = c.blue;
	} else {
		p[0] = luma(c);
	}
	if (has_alpha(channels))
		p[channels - 1] = c.alpha;
}

static void drop_profile(struct image *image)
{
	free(image->colour.profile);
	image->colour.profile = NULL;
	image->colour.profile_n = 0;
}

int image_convert(struct image *image, enum image_layout layout, struct error *err)
{
	size_t count = (size_t)image->width * image->height;
	uint32_t to = layout;
	uint8_t *target = image->pixels;
	uint8_t *shrunk;

	if (image->channels == to)
		return 0;
	/* Shrinking works in place: a pixel is read before anything behind it is written. */
	if (to > image->channels) {
		target = calloc(count, to);
		if (!target)
			return error_set(err, ERR_NO_MEMORY, "no memory for an image of %u x %u pixels", image->width,
					 image->height);
	}
	for (size_t i = 0; i < count; i++)
		store(target + i * to, to, load(image->pixels + i * image->channels, image->channels));
	if (has_colour(to) != has_colour(image->channels))
		drop_profile(image);
	image->channels = to;
	if (target != image->pixels) {
		free(image->pixels);
		image->pixels = target;
		return 0;
	}
	shrunk = realloc(target, count * to);
	if (shrunk)
		image->pixels = shrunk;
	return 0;
}

int image_make_colour(struct image *image, struct error *err)
{
	if (has_colour(image->channels) || image->colour.profile)
		return 0;
	return image_convert(image, has_alpha(image->channels) ? IMAGE_RGBA : IMAGE_RGB, err);
}

/* Where the pixel shown at (x, y) lies in the stored image. TIFF 6.0, tag 274. */
static void stored_position(const struct image *image, int orientation, uint32_t x, uint32_t y, uint32_t *sx, uint32_t *sy)
{
	uint32_t right = image->width - 1;
	uint32_t bottom = image->height - 1;

	*sx = x;
	*sy = y;
	switch (orientation) {
	case 2:
		*sx = right - x;
		break;
	case 3:
		*sx = right - x;
		*sy = bottom - y;
		break;
	case 4:
		*sy = bottom - y;
		break;
	case 5:
		*sx = y;
		*sy = x;
		break;
	case 6:
		*sx = y;
		*sy = bottom - x;
		break;
	case 7:
		*sx = right - y;
		*sy = bottom - x;
		break;
	case 8:
		*sx = right - y;
		*sy = x;
		break;
	}
}

int image_orient(struct image *image, int orientation, struct error *err)
{
	bool turned = orientation >= 5;
	struct image out;
	int rc;

	if (orientation < 2 || orientation > 8)
		return 0;
	rc = image_init(&out, turned ? image->height : image->width, turned ? image->width : image->height,
			(enum image_layout)image->channels, err);
	if (rc < 0)
		return rc;
	for (uint32_t y = 0; y < out.height; y++)
		for (uint32_t x = 0; x < out.width; x++) {
			uint32_t sx, sy;

			stored_position(image, orientation, x, y, &sx, &sy);
			memcpy(image_at(&out, x, y), image_at(image, sx, sy), image->channels);
		}
	out.colour = image->colour;
	image->colour = (struct image_colour_space){ 0 };
	image_release(image);
	*image = out;
	return 0;
}
