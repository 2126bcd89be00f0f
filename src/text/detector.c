/* SPDX-License-Identifier: Apache-2.0 */
#include "text/detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text/sampling.h"

enum {
	MULTIPLE = 32, /* the network halves its input five times */
	CELL = 4,      /* pixels a side that one value of the features stands for */
	/* The stem and the head look at bands of so many pixels, which fit into the caches … */
	BAND_PIXELS = 128 * 1024,
	/* … and at so many rows more above and below, in cells, that their results are those of the whole. */
	CONTEXT = 4,
	PLANES_MAX = 1024,
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

/* Rows [first, first + rows) of the cells, made from rows [from, to). */
struct band {
	int from, to;
	int first, rows;
};

static struct band band_at(int first, int rows, int height)
{
	int end = first + rows < height ? first + rows : height;

	return (struct band){
		.from = first > CONTEXT ? first - CONTEXT : 0,
		.to = end + CONTEXT < height ? end + CONTEXT : height,
		.first = first,
		.rows = end - first,
	};
}

/* Cells of the scaled image, and what is known of them. */
struct look {
	const struct detector *d;
	const struct image *image;
	int width, height; /* in cells */
	int band_rows;
	float *features; /* planes of width x height */
	int planes;
	float *map; /* CELL times as wide and high */
};

/* Values a plane of a band has, `scale` a cell. */
static size_t band_size(const struct look *l, const struct band *b, int scale)
{
	return (size_t)l->width * (size_t)(b->to - b->from) * (size_t)(scale * scale);
}

static int check_result(const struct ort_tensor *t, int height, int width, struct error *err)
{
	if (t->dim_count != 4 || t->dims[0] != 1 || t->dims[1] < 1 || t->dims[1] > PLANES_MAX || t->dims[2] != height ||
	    t->dims[3] != width)
		return error_set(err, ERR_CORRUPT, "the detection model's result has an unexpected shape");
	return 0;
}

/* Runs a part of the model on `planes` planes of height x width values. */
static int run_part(struct ort_model *part, float *input, int planes, int height, int width, struct ort_tensor *out,
		    struct error *err)
{
	const int64_t dims[4] = { 1, planes, height, width };

	return ort_run(part, input, dims, out, err);
}

/* Keeps the band's own rows of the stem's result. */
static int keep_features(struct look *l, const struct band *b, const struct ort_tensor *t, struct error *err)
{
	size_t plane = (size_t)l->width * (size_t)l->height;
	size_t row = (size_t)l->width;

	if (!l->features) {
		l->planes = (int)t->dims[1];
		l->features = malloc(plane * (size_t)l->planes * sizeof(float));
	}
	if (!l->features)
		return error_set(err, ERR_NO_MEMORY, "no memory to look for text");
	if (t->dims[1] != l->planes)
		return error_set(err, ERR_CORRUPT, "the detection model's result has an unexpected shape");
	for (size_t i = 0; i < (size_t)l->planes; i++)
		memcpy(l->features + i * plane + (size_t)b->first * row,
		       t->data + i * band_size(l, b, 1) + (size_t)(b->first - b->from) * row,
		       (size_t)b->rows * row * sizeof(float));
	return 0;
}

static int stem_band(struct look *l, const struct band *b, float *input, struct error *err)
{
	struct ort_tensor result = { 0 };
	int height = (b->to - b->from) * CELL;
	int rc = sample_rows(l->image, l->width * CELL, l->height * CELL, b->from * CELL, height, &norm, input, err);

	if (rc == 0)
		rc = run_part(l->d->stem, input, 3, height, l->width * CELL, &result, err);
	if (rc == 0)
		rc = check_result(&result, b->to - b->from, l->width, err);
	if (rc == 0)
		rc = keep_features(l, b, &result, err);
	ort_tensor_release(l->d->stem, &result);
	return rc;
}

static int head_band(struct look *l, const struct band *b, const struct ort_tensor *fused, float *input, struct error *err)
{
	struct ort_tensor result = { 0 };
	size_t size = band_size(l, b, 1);
	size_t row = (size_t)l->width * CELL;
	int rc;

	for (size_t i = 0; i < (size_t)fused->dims[1]; i++)
		memcpy(input + i * size, fused->data + (i * (size_t)l->height + (size_t)b->from) * (size_t)l->width,
		       size * sizeof(float));
	rc = run_part(l->d->head, input, (int)fused->dims[1], b->to - b->from, l->width, &result, err);
	if (rc == 0)
		rc = check_result(&result, (b->to - b->from) * CELL, l->width * CELL, err);
	if (rc == 0)
		memcpy(l->map + (size_t)b->first * CELL * row, result.data + (size_t)(b->first - b->from) * CELL * row,
		       (size_t)b->rows * CELL * row * sizeof(float));
	ort_tensor_release(l->d->head, &result);
	return rc;
}

static float *band_input(const struct look *l, int planes, int scale, struct error *err)
{
	size_t rows = (size_t)(l->band_rows + 2 * CONTEXT);
	float *input = malloc(rows * (size_t)(l->width * scale * scale * planes) * sizeof(float));

	if (!input)
		error_set(err, ERR_NO_MEMORY, "no memory to look for text");
	return input;
}

static int run_stem(struct look *l, struct error *err)
{
	float *input = band_input(l, 3, CELL, err);
	int rc = input ? 0 : ERR_NO_MEMORY;

	for (int first = 0; rc == 0 && first < l->height; first += l->band_rows) {
		struct band b = band_at(first, l->band_rows, l->height);

		rc = stem_band(l, &b, input, err);
	}
	free(input);
	return rc;
}

static int run_head(struct look *l, const struct ort_tensor *fused, struct error *err)
{
	float *input = band_input(l, (int)fused->dims[1], 1, err);
	int rc = input ? 0 : ERR_NO_MEMORY;

	for (int first = 0; rc == 0 && first < l->height; first += l->band_rows) {
		struct band b = band_at(first, l->band_rows, l->height);

		rc = head_band(l, &b, fused, input, err);
	}
	free(input);
	return rc;
}

/* Fills the map. */
static int look(struct look *l, struct error *err)
{
	struct ort_tensor fused = { 0 };
	int rc = run_stem(l, err);

	if (rc == 0)
		rc = run_part(l->d->neck, l->features, l->planes, l->height, l->width, &fused, err);
	free(l->features);
	l->features = NULL;
	if (rc == 0)
		rc = check_result(&fused, l->height, l->width, err);
	if (rc == 0)
		rc = run_head(l, &fused, err);
	ort_tensor_release(l->d->neck, &fused);
	return rc;
}

int detector_find(const struct detector *d, const struct image *image, int side, struct text_box **out, size_t *count,
		  struct error *err)
{
	struct look l = { .d = d, .image = image };
	int width, height;
	int rc;

	detector_size(image->width, image->height, side, &width, &height);
	l.width = width / CELL;
	l.height = height / CELL;
	l.band_rows = BAND_PIXELS / (CELL * width) > 0 ? BAND_PIXELS / (CELL * width) : 1;
	l.map = malloc((size_t)width * (size_t)height * sizeof(*l.map));
	rc = l.map ? look(&l, err) : error_set(err, ERR_NO_MEMORY, "no memory to look for text");
	if (rc == 0)
		rc = boxes_find(l.map, width, height, &d->boxes, out, count, err);
	free(l.map);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < *count; i++)
		to_image(&(*out)[i], (float)image->width / (float)width, (float)image->height / (float)height);
	boxes_part(*out, *count);
	return 0;
}
