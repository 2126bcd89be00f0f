/* SPDX-License-Identifier: Apache-2.0 */
#include "text/detector.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "text/content.h"
#include "text/sampling.h"

enum {
	MULTIPLE = 32, /* the network halves its input five times */
	CELL = 4,      /* pixels a side that one value of the features stands for */
	/* The stem and the head look at bands of so many pixels, which fit into the caches … */
	BAND_PIXELS = 128 * 1024,
	/* … and at so many rows more above and below, in cells, that their results are those of the whole. */
	CONTEXT = 4,
	MARGIN = 8, /* cells around what is not blank */
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
	int whole_width, whole_height; /* in cells */
	int left, top, width, height;  /* the part that is looked at */
	int band_rows;
	float *features, *fused; /* planes of width x height */
	float *map;              /* CELL times as wide and high */
};

/* Takes a box from the map's pixels, whose centres have whole numbers, to the image's. The two scales differ by little. */
static void to_image(struct text_box *b, const struct look *l)
{
	struct text_polygon p = box_polygon(&b->box);
	float sx = (float)l->image->width / (float)(l->whole_width * CELL);
	float sy = (float)l->image->height / (float)(l->whole_height * CELL);

	for (int i = 0; i < 4; i++) {
		p.points[i].x = (p.points[i].x + (float)(l->left * CELL) + 0.5f) * sx;
		p.points[i].y = (p.points[i].y + (float)(l->top * CELL) + 0.5f) * sy;
	}
	b->box = (struct rotated_box){ polygon_centre(&p), polygon_axis(&p), polygon_width(&p), polygon_height(&p) };
}

/* Values that a plane of a band has. */
static size_t band_size(const struct look *l, const struct band *b)
{
	return (size_t)l->width * (size_t)(b->to - b->from);
}

static int check_result(const struct ort_tensor *t, int planes, int height, int width, struct error *err)
{
	if (t->dim_count != 4 || t->dims[0] != 1 || t->dims[1] != planes || t->dims[2] != height || t->dims[3] != width)
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
static void keep_features(struct look *l, const struct band *b, const struct ort_tensor *t)
{
	size_t row = (size_t)l->width;

	for (size_t i = 0; i < (size_t)l->d->features; i++)
		memcpy(l->features + (i * (size_t)l->height + (size_t)b->first) * row,
		       t->data + i * band_size(l, b) + (size_t)(b->first - b->from) * row, (size_t)b->rows * row * sizeof(float));
}

static int stem_band(struct look *l, const struct band *b, float *input, struct error *err)
{
	struct ort_tensor result = { 0 };
	const struct sampling_window window = { l->left * CELL, (l->top + b->from) * CELL, l->width * CELL,
						(b->to - b->from) * CELL };
	int rc = sample_window(l->image, l->whole_width * CELL, l->whole_height * CELL, &window, &norm, input, err);

	if (rc == 0)
		rc = run_part(l->d->stem, input, 3, window.height, window.width, &result, err);
	if (rc == 0)
		rc = check_result(&result, l->d->features, b->to - b->from, l->width, err);
	if (rc == 0)
		keep_features(l, b, &result);
	ort_tensor_release(l->d->stem, &result);
	return rc;
}

static int head_band(struct look *l, const struct band *b, float *input, struct error *err)
{
	struct ort_tensor result = { 0 };
	size_t size = band_size(l, b);
	size_t row = (size_t)l->width * CELL;
	int rc;

	for (size_t i = 0; i < (size_t)l->d->fused; i++)
		memcpy(input + i * size, l->fused + (i * (size_t)l->height + (size_t)b->from) * (size_t)l->width,
		       size * sizeof(float));
	rc = run_part(l->d->head, input, l->d->fused, b->to - b->from, l->width, &result, err);
	if (rc == 0)
		rc = check_result(&result, 1, (b->to - b->from) * CELL, l->width * CELL, err);
	if (rc == 0)
		memcpy(l->map + (size_t)b->first * CELL * row, result.data + (size_t)(b->first - b->from) * CELL * row,
		       (size_t)b->rows * CELL * row * sizeof(float));
	ort_tensor_release(l->d->head, &result);
	return rc;
}

typedef int (*band_fn)(struct look *l, const struct band *b, float *input, struct error *err);

/* All bands of an image going through one part of the model. */
struct passage {
	struct look *look;
	band_fn work;
	size_t values; /* that a cell has in the input */
	pthread_mutex_t lock;
	int result;
	struct error error;
};

static void run_band(void *argument, size_t index)
{
	struct passage *p = argument;
	struct look *l = p->look;
	struct band b = band_at((int)index * l->band_rows, l->band_rows, l->height);
	float *input = malloc(band_size(l, &b) * p->values * sizeof(float));
	struct error err = { 0 };
	int rc = input ? p->work(l, &b, input, &err) : error_set(&err, ERR_NO_MEMORY, "no memory to look for text");

	free(input);
	if (rc == 0)
		return;
	pthread_mutex_lock(&p->lock);
	p->result = rc;
	p->error = err;
	pthread_mutex_unlock(&p->lock);
}

static int for_bands(struct look *l, size_t values, band_fn work, struct error *err)
{
	struct passage p = { .look = l, .work = work, .values = values, .lock = PTHREAD_MUTEX_INITIALIZER };

	crew_run(l->d->crew, (size_t)((l->height + l->band_rows - 1) / l->band_rows), run_band, &p);
	pthread_mutex_destroy(&p.lock);
	if (p.result < 0 && err)
		*err = p.error;
	return p.result;
}

static float *allocate_planes(const struct look *l, int planes, struct error *err)
{
	float *p = malloc((size_t)l->width * (size_t)l->height * (size_t)planes * sizeof(*p));

	if (!p)
		error_set(err, ERR_NO_MEMORY, "no memory to look for text");
	return p;
}

static int run_neck(struct look *l, struct error *err)
{
	const int64_t dims[4] = { 1, l->d->features, l->height, l->width };
	const int64_t out_dims[4] = { 1, l->d->fused, l->height, l->width };

	return ort_run_into(l->d->neck, l->features, dims, l->fused, out_dims, err);
}

/* Fills the map. */
static int look(struct look *l, struct error *err)
{
	int rc;

	l->features = allocate_planes(l, l->d->features, err);
	l->fused = l->features ? allocate_planes(l, l->d->fused, err) : NULL;
	rc = l->fused ? for_bands(l, 3 * CELL * CELL, stem_band, err) : ERR_NO_MEMORY;
	if (rc == 0)
		rc = run_neck(l, err);
	free(l->features);
	if (rc == 0)
		rc = for_bands(l, (size_t)l->d->fused, head_band, err);
	free(l->fused);
	return rc;
}

/* A blank square shows what each part makes. */
int detector_init(struct detector *d, struct error *err)
{
	static const int side = MULTIPLE;
	struct ort_tensor features = { 0 }, fused = { 0 };
	float *blank = calloc(3 * (size_t)side * (size_t)side, sizeof(*blank));
	int rc = blank ? run_part(d->stem, blank, 3, side, side, &features, err)
		       : error_set(err, ERR_NO_MEMORY, "no memory to look for text");

	if (rc == 0 && (features.dim_count != 4 || features.dims[1] < 1 || features.dims[1] > PLANES_MAX))
		rc = error_set(err, ERR_CORRUPT, "the detection model's parts do not fit together");
	d->features = rc == 0 ? (int)features.dims[1] : 0;
	if (rc == 0)
		rc = check_result(&features, d->features, side / CELL, side / CELL, err);
	if (rc == 0)
		rc = run_part(d->neck, (float *)(uintptr_t)features.data, d->features, side / CELL, side / CELL, &fused, err);
	if (rc == 0 && (fused.dim_count != 4 || fused.dims[1] < 1 || fused.dims[1] > PLANES_MAX))
		rc = error_set(err, ERR_CORRUPT, "the detection model's parts do not fit together");
	d->fused = rc == 0 ? (int)fused.dims[1] : 0;
	ort_tensor_release(d->neck, &fused);
	ort_tensor_release(d->stem, &features);
	free(blank);
	return rc;
}

/* The cells from `low` to `high`, shares of all of them, with a margin, in whole multiples that the network wants. */
static void choose_cells(float low, float high, int whole, int *first, int *count)
{
	int unit = MULTIPLE / CELL;
	int from = (int)floorf((low * (float)whole - MARGIN) / (float)unit) * unit;
	int to = (int)ceilf((high * (float)whole + MARGIN) / (float)unit) * unit;

	from = from < 0 ? 0 : from;
	to = to > whole ? whole : to;
	*first = to > from ? from : 0;
	*count = to > from ? to - from : unit;
}

/* Blank margins hold no text, and the network judges a pixel by the whole that it sees: it sees the same without them. */
static void choose_part(struct look *l)
{
	struct content_area c = content_of(l->image);
	float width = (float)l->image->width;
	float height = (float)l->image->height;

	choose_cells((float)c.left / width, (float)c.right / width, l->whole_width, &l->left, &l->width);
	choose_cells((float)c.top / height, (float)c.bottom / height, l->whole_height, &l->top, &l->height);
}

int detector_find(const struct detector *d, const struct image *image, int side, struct text_box **out, size_t *count,
		  struct error *err)
{
	struct look l = { .d = d, .image = image };
	int width, height;
	int rc;

	detector_size(image->width, image->height, side, &width, &height);
	l.whole_width = width / CELL;
	l.whole_height = height / CELL;
	choose_part(&l);
	l.band_rows = BAND_PIXELS / (CELL * CELL * l.width) > 0 ? BAND_PIXELS / (CELL * CELL * l.width) : 1;
	l.map = malloc((size_t)(l.width * l.height) * CELL * CELL * sizeof(*l.map));
	rc = l.map ? look(&l, err) : error_set(err, ERR_NO_MEMORY, "no memory to look for text");
	if (rc == 0)
		rc = boxes_find(l.map, l.width * CELL, l.height * CELL, &d->boxes, out, count, err);
	free(l.map);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < *count; i++)
		to_image(&(*out)[i], &l);
	boxes_part(*out, *count);
	return 0;
}
