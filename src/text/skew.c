/* SPDX-License-Identifier: Apache-2.0 */
#include "text/skew.h"

#include <math.h>

enum { BINS = 36, BIN_DEGREES = 180 / BINS };

/* Boxes that are shorter for their height have no direction. */
#define CLEAR_ASPECT 2.0f
/* Text within this angle of level is found as it is. */
#define LEVEL_DEGREES 17.0f
/* This share of all text, by length, must run along the axis or within a bin of it. */
#define MAIN_SHARE 0.7f

static struct image_point text_axis(const struct rotated_box *b)
{
	return box_lengthwise(b).axis;
}

static int bin_of(struct image_point axis)
{
	int bin = (int)((atan2f(axis.y, axis.x) * (float)(180 / M_PI) + 90) / BIN_DEGREES);

	return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
}

static bool is_near(int bin, int other)
{
	int distance = bin > other ? bin - other : other - bin;

	return distance <= 1 || distance == BINS - 1;
}

static float longer_side(const struct rotated_box *b)
{
	return fmaxf(b->width, b->height);
}

static bool is_clear(const struct rotated_box *b)
{
	return longer_side(b) >= CLEAR_ASPECT * fminf(b->width, b->height);
}

static int fullest_bin(const float lengths[BINS])
{
	float most = -1;
	int best = 0;

	for (int i = 0; i < BINS; i++) {
		float sum = lengths[(i + BINS - 1) % BINS] + 2 * lengths[i] + lengths[(i + 1) % BINS];

		if (sum > most) {
			most = sum;
			best = i;
		}
	}
	return best;
}

bool skew_axis(const struct text_box *boxes, size_t count, size_t least, struct image_point *axis)
{
	float lengths[BINS] = { 0 };
	float all = 0, along = 0;
	struct image_point sum = { 0, 0 }, first = { 0, 0 };
	size_t clear = 0;
	int best;

	for (size_t i = 0; i < count; i++) {
		if (is_clear(&boxes[i].box))
			lengths[bin_of(text_axis(&boxes[i].box))] += longer_side(&boxes[i].box);
		all += longer_side(&boxes[i].box);
	}
	best = fullest_bin(lengths);
	for (size_t i = 0; i < count; i++) {
		struct image_point a = text_axis(&boxes[i].box);
		float length = longer_side(&boxes[i].box);

		if (!is_clear(&boxes[i].box) || !is_near(bin_of(a), best))
			continue;
		first = clear++ ? first : a;
		/* Upright boxes lean to either side; all point the way of the first. */
		length = a.x * first.x + a.y * first.y < 0 ? -length : length;
		sum.x += a.x * length;
		sum.y += a.y * length;
		along += fabsf(length);
	}
	if (clear < least || along < MAIN_SHARE * all)
		return false;
	*axis = (struct image_point){ sum.x / hypotf(sum.x, sum.y), sum.y / hypotf(sum.x, sum.y) };
	if (axis->x < 0)
		*axis = (struct image_point){ -axis->x, -axis->y };
	return fabsf(axis->y) > sinf(LEVEL_DEGREES * (float)(M_PI / 180));
}

static struct image_point to_image(const struct skew_view *v, float x, float y)
{
	float u = (x - v->to.x) * v->scale;
	float w = (y - v->to.y) * v->scale;

	return (struct image_point){ v->from.x + u * v->axis.x - w * v->axis.y, v->from.y + u * v->axis.y + w * v->axis.x };
}

/* Between the four pixels around; outside of the image its nearest ones. */
static float sample(const struct image *image, struct image_point at, uint32_t channel)
{
	float x = fminf(fmaxf(at.x - 0.5f, 0), (float)image->width - 1);
	float y = fminf(fmaxf(at.y - 0.5f, 0), (float)image->height - 1);
	uint32_t x0 = (uint32_t)x, y0 = (uint32_t)y;
	uint32_t x1 = x0 + 1 < image->width ? x0 + 1 : x0, y1 = y0 + 1 < image->height ? y0 + 1 : y0;
	float fx = x - (float)x0, fy = y - (float)y0;
	float top = (float)image_at(image, x0, y0)[channel] * (1 - fx) + (float)image_at(image, x1, y0)[channel] * fx;
	float bottom = (float)image_at(image, x0, y1)[channel] * (1 - fx) + (float)image_at(image, x1, y1)[channel] * fx;

	return top * (1 - fy) + bottom * fy;
}

/* The mean of `n` x `n` samples in the pixel, so that nothing falls between them. */
static uint8_t sample_pixel(const struct skew_view *v, const struct image *image, uint32_t x, uint32_t y, uint32_t channel, int n)
{
	float sum = 0;

	for (int i = 0; i < n * n; i++) {
		float dx = ((float)(i % n) + 0.5f) / (float)n, dy = ((float)(i / n) + 0.5f) / (float)n;

		sum += sample(image, to_image(v, (float)x + dx, (float)y + dy), channel);
	}
	return (uint8_t)(sum / (float)(n * n) + 0.5f);
}

int skew_turn(const struct image *image, struct image_point axis, int longer, struct skew_view *view, struct error *err)
{
	float width = (float)image->width, height = (float)image->height;
	float scale = fmaxf(width, height) / (float)longer;
	int n = (int)ceilf(scale - 0.25f);
	uint32_t w = (uint32_t)((width * fabsf(axis.x) + height * fabsf(axis.y)) / scale) + 1;
	uint32_t h = (uint32_t)((width * fabsf(axis.y) + height * fabsf(axis.x)) / scale) + 1;
	int rc = image_init(&view->image, w, h, (enum image_layout)image->channels, err);

	if (rc < 0)
		return rc;
	view->axis = axis;
	view->scale = scale;
	view->from = (struct image_point){ width / 2, height / 2 };
	view->to = (struct image_point){ (float)w / 2, (float)h / 2 };
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			for (uint32_t c = 0; c < image->channels; c++)
				image_at(&view->image, x, y)[c] = sample_pixel(view, image, x, y, c, n < 1 ? 1 : n);
	return 0;
}

void skew_turn_back(const struct skew_view *view, struct text_box *boxes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct rotated_box *b = &boxes[i].box;
		struct image_point a = b->axis;

		b->centre = to_image(view, b->centre.x, b->centre.y);
		b->axis =
			(struct image_point){ a.x * view->axis.x - a.y * view->axis.y, a.x * view->axis.y + a.y * view->axis.x };
		b->width *= view->scale;
		b->height *= view->scale;
	}
}
