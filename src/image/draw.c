/* SPDX-License-Identifier: Apache-2.0 */
#include "image/draw.h"

#include <math.h>

struct brush {
	struct image *image;
	float radius;
	uint8_t pixel[4];
};

static float clampf(float value, float low, float high)
{
	return value < low ? low : value > high ? high : value;
}

/* Paints the pixels of row (or column) `line` whose centres lie in [from, to]. */
static void paint_run(const struct brush *b, bool along_x, int line, float from, float to)
{
	int last = (int)(along_x ? b->image->height : b->image->width) - 1;
	int first = (int)ceilf(clampf(from, 0, (float)last + 1));
	int end = (int)floorf(clampf(to, -1, (float)last));

	for (int i = first; i <= end; i++) {
		uint32_t x = (uint32_t)(along_x ? line : i);
		uint32_t y = (uint32_t)(along_x ? i : line);

		memcpy(image_at(b->image, x, y), b->pixel, b->image->channels);
	}
}

/* Walks the segment along its longer axis and paints across it: the cost is its length times its width. */
static void draw_segment(const struct brush *b, struct image_point p, struct image_point q)
{
	float dx = q.x - p.x;
	float dy = q.y - p.y;
	bool along_x = fabsf(dx) >= fabsf(dy);
	float length = hypotf(dx, dy);
	float major = along_x ? dx : dy;
	float from = along_x ? p.x : p.y;
	float across = along_x ? p.y : p.x;
	float slope = major == 0 ? 0 : (along_x ? dy : dx) / major;
	float half = major == 0 ? b->radius : b->radius * length / fabsf(major);
	float limit = (float)(along_x ? b->image->width : b->image->height) - 1;
	float low = fminf(from, from + major) - b->radius;
	float high = fmaxf(from, from + major) + b->radius;
	int first = (int)ceilf(clampf(low, 0, limit + 1));
	int last = (int)floorf(clampf(high, -1, limit));

	for (int i = first; i <= last; i++) {
		float centre = across + ((float)i - from) * slope;

		paint_run(b, along_x, i, centre - half, centre + half);
	}
}

static void set_pixel(struct brush *b, struct image_colour c)
{
	uint32_t channels = b->image->channels;

	if (channels >= IMAGE_RGB) {
		b->pixel[0] = c.red;
		b->pixel[1] = c.green;
		b->pixel[2] = c.blue;
	} else {
		b->pixel[0] = (uint8_t)((c.red * 299 + c.green * 587 + c.blue * 114 + 500) / 1000);
	}
	if (channels == IMAGE_GREY_ALPHA || channels == IMAGE_RGBA)
		b->pixel[channels - 1] = 255;
}

void image_draw_polygon(struct image *image, const struct image_point *points, size_t count, float thickness,
			struct image_colour colour)
{
	struct brush b = { .image = image, .radius = clampf(thickness, 1, 1000) / 2 };

	for (size_t i = 0; i < count; i++)
		if (!isfinite(points[i].x) || !isfinite(points[i].y))
			return;
	set_pixel(&b, colour);
	for (size_t i = 0; i < count; i++)
		draw_segment(&b, points[i], points[(i + 1) % count]);
}
