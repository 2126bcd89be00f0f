/* SPDX-License-Identifier: Apache-2.0 */
#include "text/pixels.h"

#include <math.h>
#include <stdlib.h>

enum {
	SKEW_SIDE = 700, /* lines stay apart at this size, and there are few edges */
	SKEW_EDGE = 40,  /* grey levels between neighbours that make an edge */
	SKEW_POINTS_MAX = 100000,
};

int pixels_grey(const struct image *image, struct image *out, struct error *err)
{
	size_t count = (size_t)image->width * image->height;
	uint32_t channels = image->channels;
	bool colour = channels >= IMAGE_RGB;
	bool alpha = channels == IMAGE_GREY_ALPHA || channels == IMAGE_RGBA;
	int rc = image_init(out, image->width, image->height, IMAGE_GREY, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *p = image->pixels + i * channels;
		unsigned value = colour ? (p[0] * 299u + p[1] * 587u + p[2] * 114u + 500u) / 1000u : p[0];

		if (alpha)
			value = (value * p[channels - 1] + 255u * (255u - p[channels - 1]) + 127u) / 255u;
		out->pixels[i] = (uint8_t)value;
	}
	return 0;
}

static uint8_t mean_of(const struct image *grey, uint32_t x0, uint32_t x1, uint32_t y0, uint32_t y1)
{
	uint64_t sum = 0;

	for (uint32_t y = y0; y < y1; y++)
		for (uint32_t x = x0; x < x1; x++)
			sum += *image_at(grey, x, y);
	return (uint8_t)(sum / ((uint64_t)(x1 - x0) * (y1 - y0)));
}

int pixels_shrink(const struct image *grey, uint32_t side, struct image *out, struct error *err)
{
	uint32_t longer = grey->width > grey->height ? grey->width : grey->height;
	uint64_t to = longer > side ? side : longer;
	uint32_t width = (uint32_t)(grey->width * to / longer);
	uint32_t height = (uint32_t)(grey->height * to / longer);
	int rc = image_init(out, width ? width : 1, height ? height : 1, IMAGE_GREY, err);

	if (rc < 0)
		return rc;
	for (uint32_t y = 0; y < out->height; y++)
		for (uint32_t x = 0; x < out->width; x++)
			*image_at(out, x, y) = mean_of(grey, (uint32_t)((uint64_t)x * grey->width / out->width),
						       (uint32_t)((uint64_t)(x + 1) * grey->width / out->width),
						       (uint32_t)((uint64_t)y * grey->height / out->height),
						       (uint32_t)((uint64_t)(y + 1) * grey->height / out->height));
	return 0;
}

static uint8_t border_mean(const struct image *grey)
{
	uint64_t sum = 0;

	for (uint32_t x = 0; x < grey->width; x++)
		sum += *image_at(grey, x, 0) + (uint64_t)*image_at(grey, x, grey->height - 1);
	for (uint32_t y = 0; y < grey->height; y++)
		sum += *image_at(grey, 0, y) + (uint64_t)*image_at(grey, grey->width - 1, y);
	return (uint8_t)(sum / (2 * ((uint64_t)grey->width + grey->height)));
}

/* Bilinear; `outside` beyond the edges. */
static uint8_t sample(const struct image *grey, struct image_point p, uint8_t outside)
{
	float x = p.x - 0.5f;
	float y = p.y - 0.5f;
	float fx = floorf(x);
	float fy = floorf(y);
	float wx = x - fx;
	float wy = y - fy;
	float sum = 0;

	if (fx < -1 || fy < -1 || fx >= (float)grey->width || fy >= (float)grey->height)
		return outside;
	for (int j = 0; j < 2; j++)
		for (int i = 0; i < 2; i++) {
			int64_t sx = (int64_t)fx + i;
			int64_t sy = (int64_t)fy + j;
			bool inside = sx >= 0 && sy >= 0 && sx < grey->width && sy < grey->height;
			float value = inside ? *image_at(grey, (uint32_t)sx, (uint32_t)sy) : outside;

			sum += value * (i ? wx : 1 - wx) * (j ? wy : 1 - wy);
		}
	return (uint8_t)(sum + 0.5f);
}

struct image_point pixels_turn_back(const struct pixels_turn *turn, struct image_point p)
{
	float x = p.x - turn->to_centre.x;
	float y = p.y - turn->to_centre.y;

	return (struct image_point){
		turn->from_centre.x + x * turn->cosine - y * turn->sine,
		turn->from_centre.y + x * turn->sine + y * turn->cosine,
	};
}

int pixels_turn(const struct image *grey, float degrees, struct image *out, struct pixels_turn *turn, struct error *err)
{
	float radians = degrees * (float)M_PI / 180;
	float width = (float)grey->width;
	float height = (float)grey->height;
	uint8_t outside = border_mean(grey);
	int rc;

	*turn = (struct pixels_turn){ .cosine = cosf(radians), .sine = sinf(radians), .from_centre = { width / 2, height / 2 } };
	rc = image_init(out, (uint32_t)ceilf(fabsf(width * turn->cosine) + fabsf(height * turn->sine) - 0.01f),
			(uint32_t)ceilf(fabsf(width * turn->sine) + fabsf(height * turn->cosine) - 0.01f), IMAGE_GREY, err);
	if (rc < 0)
		return rc;
	turn->to_centre = (struct image_point){ (float)out->width / 2, (float)out->height / 2 };
	for (uint32_t y = 0; y < out->height; y++)
		for (uint32_t x = 0; x < out->width; x++) {
			struct image_point p = pixels_turn_back(turn, (struct image_point){ (float)x + 0.5f, (float)y + 0.5f });

			*image_at(out, x, y) = sample(grey, p, outside);
		}
	return 0;
}

static size_t find_edges(const struct image *grey, struct image_point *points)
{
	size_t count = 0;

	for (uint32_t y = 0; y + 1 < grey->height; y++)
		for (uint32_t x = 0; x + 1 < grey->width; x++) {
			int here = *image_at(grey, x, y);
			int step = abs(here - *image_at(grey, x + 1, y)) + abs(here - *image_at(grey, x, y + 1));

			if (step > SKEW_EDGE && count < SKEW_POINTS_MAX)
				points[count++] = (struct image_point){ (float)x, (float)y };
		}
	return count;
}

/* Sum of squares of the histogram of the points' heights, once they are turned by `degrees`. */
static double unevenness(const struct image_point *points, size_t count, float degrees, uint32_t *bins)
{
	float sine = sinf(degrees * (float)M_PI / 180);
	float cosine = cosf(degrees * (float)M_PI / 180);
	double sum = 0;

	memset(bins, 0, sizeof(*bins) * 3 * SKEW_SIDE);
	for (size_t i = 0; i < count; i++)
		bins[(int)(points[i].y * cosine - points[i].x * sine) + SKEW_SIDE]++;
	for (int i = 0; i < 3 * SKEW_SIDE; i++)
		sum += (double)bins[i] * bins[i];
	return sum;
}

static float best_angle(const struct image_point *points, size_t count, float from, float to, float step, uint32_t *bins)
{
	double best = 0;
	float angle = 0;

	for (float a = from; a <= to; a += step) {
		double value = unevenness(points, count, a, bins);

		if (value > best) {
			best = value;
			angle = a;
		}
	}
	return angle;
}

int pixels_skew(const struct image *grey, float *degrees, struct error *err)
{
	struct image_point *points = calloc(SKEW_POINTS_MAX, sizeof(*points));
	uint32_t *bins = calloc((size_t)3 * SKEW_SIDE, sizeof(*bins));
	struct image small = { 0 };
	int rc = points && bins ? pixels_shrink(grey, SKEW_SIDE, &small, err)
				: error_set(err, ERR_NO_MEMORY, "no memory to find the skew");

	if (rc == 0) {
		size_t count = find_edges(&small, points);
		float coarse = best_angle(points, count, -45, 45, 1, bins);

		*degrees = count ? best_angle(points, count, coarse - 1, coarse + 1, 0.2f, bins) : 0;
	}
	image_release(&small);
	free(bins);
	free(points);
	return rc;
}
