/* SPDX-License-Identifier: Apache-2.0 */
#include "text/detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text/content.h"
#include "text/sampling.h"

enum {
	MULTIPLE = 32, /* the network halves its input five times */
	/* Its layers take 130 bytes a pixel at once: larger images are looked at in bands, each with this many rows more above
	 * and below, so that text on a seam is seen whole. */
	BAND_PIXELS = 1050000,
	CONTEXT = 64,
};

/* ImageNet's, in the order blue, green, red as the model was trained: the published numbers are red's first, applied to BGR. */
static const struct sampling_norm norm = { { 0.485f, 0.456f, 0.406f }, { 0.229f, 0.224f, 0.225f } };

static int round_to_multiple(double side)
{
	int rounded = (int)(side / MULTIPLE + 0.5) * MULTIPLE;

	return rounded < MULTIPLE ? MULTIPLE : rounded;
}

void detector_size(uint32_t width, uint32_t height, int side, int *scaled_width, int *scaled_height)
{
	double longer = width > height ? width : height;

	*scaled_width = round_to_multiple(width * (side / longer));
	*scaled_height = round_to_multiple(height * (side / longer));
}

/* Takes a box from the map's pixels, whose centres have whole numbers, to the image's. The two scales differ by little. */
static void to_image(struct text_box *b, float sx, float sy)
{
	struct text_polygon p = box_polygon(&b->box);

	for (int i = 0; i < 4; i++) {
		p.points[i].x = (p.points[i].x + 0.5f) * sx;
		p.points[i].y = (p.points[i].y + 0.5f) * sy;
	}
	b->box = (struct rotated_box){ polygon_centre(&p), polygon_axis(&p), polygon_width(&p), polygon_height(&p) };
}

/* The probabilities of rows [first, first + rows) of the scaled image, from rows [from, to) that are looked at. */
struct band {
	int from, to;
	int first, rows;
};

static struct band band_at(int first, int height, int rows)
{
	int from = first - CONTEXT > 0 ? first - CONTEXT : 0;
	int to = first + rows + CONTEXT < height ? first + rows + CONTEXT : height;

	return (struct band){ .from = from, .to = to, .first = first, .rows = first + rows < height ? rows : height - first };
}

static int copy_probabilities(const struct ort_tensor *t, const struct band *b, int width, float *map, struct error *err)
{
	size_t row = (size_t)width;

	if (t->dim_count != 4 || t->dims[0] != 1 || t->dims[1] != 1 || t->dims[2] != b->to - b->from || t->dims[3] != width)
		return error_set(err, ERR_CORRUPT, "the detection model's result has an unexpected shape");
	memcpy(map + (size_t)b->first * row, t->data + (size_t)(b->first - b->from) * row, (size_t)b->rows * row * sizeof(*map));
	return 0;
}

static int look_at_band(const struct detector *d, const struct image *image, int width, int height, const struct band *b,
			float *planes, float *map, struct error *err)
{
	const int64_t dims[4] = { 1, 3, b->to - b->from, width };
	struct ort_tensor result = { 0 };
	int rc = sample_rows(image, width, height, b->from, b->to - b->from, &norm, planes, err);

	if (rc == 0)
		rc = ort_run(d->model, planes, dims, &result, err);
	if (rc == 0)
		rc = copy_probabilities(&result, b, width, map, err);
	ort_tensor_release(d->model, &result);
	return rc;
}

/* Rows of a band: all, or as few as its pixels may be. */
static int band_rows(int width, int height, bool in_bands)
{
	int bands = (int)(((int64_t)width * height + BAND_PIXELS - 1) / BAND_PIXELS);
	int rows = (height + bands - 1) / bands;

	return in_bands ? (rows + MULTIPLE - 1) / MULTIPLE * MULTIPLE : height;
}

/* Without the rows that have nothing on or near them; false when none is left. */
static bool clip_band(struct band *b, const struct content_area *content, double scale)
{
	int top = ((int)(content->top / scale) - CONTEXT) / MULTIPLE * MULTIPLE;
	int bottom = ((int)(content->bottom / scale) + CONTEXT + MULTIPLE - 1) / MULTIPLE * MULTIPLE;
	int end = b->first + b->rows;

	b->from = b->from > top ? b->from : top;
	b->to = b->to < bottom ? b->to : bottom;
	b->first = b->first > b->from ? b->first : b->from;
	b->rows = (end < b->to ? end : b->to) - b->first;
	return b->rows > 0;
}

static int look(const struct detector *d, const struct image *image, int width, int height, bool in_bands, float *map,
		struct error *err)
{
	struct content_area content = content_of(image);
	int rows = band_rows(width, height, in_bands);
	int most = rows + 2 * CONTEXT < height ? rows + 2 * CONTEXT : height;
	float *planes = malloc(sizeof(*planes) * 3 * (size_t)width * (size_t)most);
	int rc = planes ? 0 : error_set(err, ERR_NO_MEMORY, "no memory to look for text");

	for (int first = 0; rc == 0 && first < height; first += rows) {
		struct band b = band_at(first, height, rows);

		if (!in_bands || clip_band(&b, &content, (double)image->height / height))
			rc = look_at_band(d, image, width, height, &b, planes, map, err);
	}
	free(planes);
	return rc;
}

int detector_find(const struct detector *d, const struct image *image, int side, bool in_bands, struct text_box **out,
		  size_t *count, struct error *err)
{
	int width, height;
	float *map;
	int rc;

	detector_size(image->width, image->height, side, &width, &height);
	map = calloc((size_t)width * (size_t)height, sizeof(*map));
	rc = map ? look(d, image, width, height, in_bands, map, err)
		 : error_set(err, ERR_NO_MEMORY, "no memory to look for text");
	if (rc == 0)
		rc = boxes_find(map, width, height, &d->boxes, out, count, err);
	free(map);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < *count; i++)
		to_image(&(*out)[i], (float)image->width / (float)width, (float)image->height / (float)height);
	boxes_part(*out, *count);
	return 0;
}
