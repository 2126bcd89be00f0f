/* SPDX-License-Identifier: Apache-2.0 */
#include "text/sampling.h"

#include <math.h>
#include <stdlib.h>

#include "text/geometry.h"

enum { SUPERSAMPLES_MAX = 6 };

/* Which source pixels make one target pixel, and with which weights (a triangle, as wide as one target pixel when shrinking). */
struct taps {
	int first, count;
	float *weights;
};

struct axis {
	struct taps *taps;
	float *weights;
};

/* For the pixels [first, first + count) of `to` that are made from `from`. */
static int axis_init(struct axis *a, int from, int to, int first_target, int count)
{
	float scale = (float)from / (float)to;
	float support = scale > 1 ? scale : 1;
	int room = (int)ceilf(support) * 2 + 2;

	a->taps = calloc((size_t)count, sizeof(*a->taps));
	a->weights = calloc((size_t)count * (size_t)room, sizeof(*a->weights));
	if (!a->taps || !a->weights)
		return ERR_NO_MEMORY;
	for (int i = 0; i < count; i++) {
		float centre = ((float)(first_target + i) + 0.5f) * scale - 0.5f;
		int first = (int)fmaxf(0, ceilf(centre - support));
		int last = (int)fminf((float)from - 1, floorf(centre + support));
		float *weights = a->weights + (size_t)i * (size_t)room;
		float sum = 0;

		for (int k = first; k <= last; k++) {
			weights[k - first] = fmaxf(0, 1 - fabsf((float)k - centre) / support);
			sum += weights[k - first];
		}
		for (int k = 0; k <= last - first; k++)
			weights[k] /= sum;
		a->taps[i] = (struct taps){ first, last - first + 1, weights };
	}
	return 0;
}

static void axis_release(struct axis *a)
{
	free(a->taps);
	free(a->weights);
}

/* One source row, scaled along x, into `out`: `width` pixels of `channels` floats. */
static void scale_row(const struct image *image, uint32_t y, const struct axis *x_axis, int width, float *out)
{
	const uint8_t *row = image_at(image, 0, y);
	uint32_t channels = image->channels;

	for (int x = 0; x < width; x++) {
		const struct taps *t = &x_axis->taps[x];
		const uint8_t *p = row + (size_t)t->first * channels;
		float sum[3] = { 0, 0, 0 };

		for (int k = 0; k < t->count; k++, p += channels)
			for (uint32_t c = 0; c < channels; c++)
				sum[c] += t->weights[k] * p[c];
		for (uint32_t c = 0; c < channels; c++)
			out[(size_t)x * channels + c] = sum[c];
	}
}

static void put_row(const float *row, uint32_t channels, int width, const struct sampling_norm *norm, float *out, size_t plane)
{
	for (int c = 0; c < 3; c++) {
		uint32_t from = channels == 1 ? 0 : (uint32_t)(2 - c);
		float factor = 1 / (255 * norm->deviation[c]);
		float offset = norm->mean[c] / norm->deviation[c];
		float *to = out + (size_t)c * plane;

		for (int x = 0; x < width; x++)
			to[x] = row[(size_t)x * channels + from] * factor - offset;
	}
}

/* Rows scaled along x wait in a ring until all target rows that need them are made. */
static int scale_rows(const struct image *image, int width, int height, const struct axis *xs, const struct axis *ys,
		      const struct sampling_norm *norm, float *out)
{
	size_t row_floats = (size_t)width * image->channels;
	int ring = 1;
	int ready = 0; /* source rows scaled so far */
	float *rows, *sum;

	for (int y = 0; y < height; y++)
		ring = ys->taps[y].count > ring ? ys->taps[y].count : ring;
	rows = malloc(((size_t)ring + 1) * row_floats * sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	sum = rows + (size_t)ring * row_floats;
	for (int y = 0; y < height; y++) {
		const struct taps *t = &ys->taps[y];

		if (ready < t->first)
			ready = t->first;
		for (; ready < t->first + t->count; ready++)
			scale_row(image, (uint32_t)ready, xs, width, rows + (size_t)(ready % ring) * row_floats);
		memset(sum, 0, row_floats * sizeof(*sum));
		for (int k = 0; k < t->count; k++) {
			const float *row = rows + (size_t)((t->first + k) % ring) * row_floats;
			float weight = t->weights[k];

			for (size_t i = 0; i < row_floats; i++)
				sum[i] += weight * row[i];
		}
		put_row(sum, image->channels, width, norm, out + (size_t)y * (size_t)width, (size_t)width * (size_t)height);
	}
	free(rows);
	return 0;
}

int sample_window(const struct image *image, int width, int height, const struct sampling_window *window,
		  const struct sampling_norm *norm, float *out, struct error *err)
{
	struct axis xs = { 0 }, ys = { 0 };
	int rc = axis_init(&xs, (int)image->width, width, window->left, window->width);

	if (rc == 0)
		rc = axis_init(&ys, (int)image->height, height, window->top, window->height);
	if (rc == 0)
		rc = scale_rows(image, window->width, window->height, &xs, &ys, norm, out);
	axis_release(&xs);
	axis_release(&ys);
	return rc == 0 ? 0 : error_set(err, rc, "no memory to scale an image");
}

static float clampf(float v, float high)
{
	return v < 0 ? 0 : v > high ? high : v;
}

/* Adds the bilinear sample at (x, y), in pixels whose centres have whole numbers. */
static void add_sample(const struct image *image, float x, float y, float sum[3])
{
	float cx = clampf(x, (float)image->width - 1);
	float cy = clampf(y, (float)image->height - 1);
	uint32_t x0 = (uint32_t)cx;
	uint32_t y0 = (uint32_t)cy;
	size_t right = x0 + 1 < image->width ? image->channels : 0;
	size_t below = y0 + 1 < image->height ? image_stride(image) : 0;
	float wx = cx - (float)x0;
	float wy = cy - (float)y0;
	const uint8_t *p = image_at(image, x0, y0);

	for (uint32_t c = 0; c < image->channels; c++) {
		float top = (float)p[c] + wx * ((float)p[right + c] - (float)p[c]);
		float bottom = (float)p[below + c] + wx * ((float)p[below + right + c] - (float)p[below + c]);

		sum[c] += top + wy * (bottom - top);
	}
}

static int supersamples(float source, int target)
{
	int n = (int)ceilf(source / (float)target - 0.25f);

	return n < 1 ? 1 : n > SUPERSAMPLES_MAX ? SUPERSAMPLES_MAX : n;
}

void sample_polygon(const struct image *image, const struct text_polygon *p, int width, int height,
		    const struct sampling_norm *norm, float *out, size_t stride, size_t plane)
{
	const struct image_point *q = p->points;
	struct image_point dx = { (q[1].x - q[0].x) / (float)width, (q[1].y - q[0].y) / (float)width };
	struct image_point dy = { (q[3].x - q[0].x) / (float)height, (q[3].y - q[0].y) / (float)height };
	int nx = supersamples(point_distance(q[0], q[1]), width);
	int ny = supersamples(point_distance(q[0], q[3]), height);

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			float sum[3] = { 0, 0, 0 };

			for (int j = 0; j < ny; j++)
				for (int i = 0; i < nx; i++) {
					float u = (float)x + ((float)i + 0.5f) / (float)nx;
					float v = (float)y + ((float)j + 0.5f) / (float)ny;

					add_sample(image, q[0].x + u * dx.x + v * dy.x - 0.5f,
						   q[0].y + u * dx.y + v * dy.y - 0.5f, sum);
				}
			for (int c = 0; c < 3; c++) {
				float value = sum[image->channels == 1 ? 0 : 2 - c] / (float)(nx * ny * 255);

				out[(size_t)c * plane + (size_t)y * stride + (size_t)x] =
					(value - norm->mean[c]) / norm->deviation[c];
			}
		}
}
