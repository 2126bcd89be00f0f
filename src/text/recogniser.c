/* SPDX-License-Identifier: Apache-2.0 */
#include "text/recogniser.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "os/clock.h"
#include "text/geometry.h"
#include "text/lookalike.h"
#include "text/sampling.h"

enum {
	BUNDLE_COLUMNS = 256, /* of all lines in a bundle together: larger ones leave the caches */
	BUNDLE_LINES = 16,
	GREEN = 1, /* plane */
	BLANK_WIDTH = 4 * RECOGNISER_STEP,
};

static const struct sampling_norm norm = { { 0.5f, 0.5f, 0.5f }, { 0.5f, 0.5f, 0.5f } };

/* Lines of one width, by their places in `order`. */
struct bundle {
	size_t first, count;
	int width;
};

struct reading {
	const struct recogniser *recogniser;
	const struct image *image;
	float stretch;
	struct read_line *lines;
	size_t *order;
	struct bundle *bundles;
	size_t bundle_count;
	int64_t deadline_ns;
	pthread_mutex_t lock; /* of the two below */
	int result;
	struct error error;
};

int recogniser_width(const struct text_polygon *polygon, float stretch)
{
	float height = fmaxf(polygon_height(polygon), 1);
	float width = fminf(polygon_width(polygon) * stretch * RECOGNISER_HEIGHT / height, RECOGNISER_WIDTH_MAX);
	int unit = width <= 256 ? 16 : width <= 768 ? 32 : 64;
	int rounded = ((int)width + unit / 2) / unit * unit;

	return rounded < 2 * RECOGNISER_STEP ? 2 * RECOGNISER_STEP : rounded;
}

void read_line_release(struct read_line *line)
{
	free(line->characters);
	line->characters = NULL;
	line->character_count = 0;
}

/* `rows`: the line as the network saw it, of one colour. Without memory the line does without. */
static void measure_blanks(const float *rows, int width, struct read_line *line)
{
	float *columns = calloc((size_t)width, sizeof(*columns));
	struct ink_blank *blanks = calloc((size_t)width / 2 + 1, sizeof(*blanks));

	if (columns && blanks) {
		size_t count = ink_blanks(rows, width, RECOGNISER_HEIGHT, columns, blanks);

		ctc_place_blanks(line->characters, line->character_count, line->steps, blanks, count, width);
	}
	free(blanks);
	free(columns);
}

/* The line's part of the output to characters. */
static int decode(const struct recogniser *r, const float *rows, int steps, struct read_line *line)
{
	struct ctc_character *characters = calloc((size_t)steps, sizeof(*characters));
	float sum = 0;

	if (!characters)
		return ERR_NO_MEMORY;
	read_line_release(line);
	line->characters = characters;
	line->character_count = ctc_read(rows, steps, r->charset, characters);
	lookalike_settle(rows, r->charset, characters, line->character_count);
	line->steps = steps;
	for (size_t i = 0; i < line->character_count; i++)
		sum += characters[i].confidence;
	line->confidence = line->character_count ? sum / (float)line->character_count : 0;
	return 0;
}

static int check_shape(const struct recogniser *r, const struct ort_tensor *t, size_t count, struct error *err)
{
	if (t->dim_count != 3 || t->dims[0] != (int64_t)count || t->dims[1] < 1 || t->dims[1] > RECOGNISER_WIDTH_MAX ||
	    t->dims[2] != r->charset->class_count)
		return error_set(err, ERR_CORRUPT, "the recognition model and the character list do not belong together");
	return 0;
}

int recogniser_check(const struct recogniser *r, struct error *err)
{
	static const int64_t dims[4] = { 1, 3, RECOGNISER_HEIGHT, BLANK_WIDTH };
	float blank[3 * RECOGNISER_HEIGHT * BLANK_WIDTH] = { 0 };
	struct ort_tensor output = { 0 };
	int rc = ort_run(r->model, blank, dims, &output, err);

	if (rc == 0)
		rc = check_shape(r, &output, 1, err);
	ort_tensor_release(r->model, &output);
	return rc;
}

static int read_bundle(struct reading *g, const struct bundle *b, float *input, struct error *err)
{
	const struct recogniser *r = g->recogniser;
	size_t plane = (size_t)RECOGNISER_HEIGHT * (size_t)b->width;
	const int64_t dims[4] = { (int64_t)b->count, 3, RECOGNISER_HEIGHT, b->width };
	struct ort_tensor output = { 0 };
	int rc;

	for (size_t i = 0; i < b->count; i++)
		sample_polygon(g->image, &g->lines[g->order[b->first + i]].polygon, b->width, RECOGNISER_HEIGHT, &norm,
			       input + i * 3 * plane, (size_t)b->width, plane);
	rc = ort_run(r->model, input, dims, &output, err);
	if (rc == 0)
		rc = check_shape(r, &output, b->count, err);
	for (size_t i = 0; rc == 0 && i < b->count; i++) {
		int steps = (int)output.dims[1];

		rc = decode(r, output.data + i * (size_t)steps * (size_t)r->charset->class_count, steps,
			    &g->lines[g->order[b->first + i]]);
		if (rc == 0)
			measure_blanks(input + (i * 3 + GREEN) * plane, b->width, &g->lines[g->order[b->first + i]]);
		if (rc < 0)
			error_set(err, rc, "no memory for a line of text");
	}
	ort_tensor_release(r->model, &output);
	return rc;
}

static bool is_over(struct reading *g)
{
	bool over;

	pthread_mutex_lock(&g->lock);
	if (g->result == 0 && g->deadline_ns != 0 && clock_mono_ns() > g->deadline_ns)
		g->result = error_set(&g->error, ERR_TIMEOUT, "reading the image took too long");
	over = g->result < 0;
	pthread_mutex_unlock(&g->lock);
	return over;
}

/* One piece of work for the crew. */
static void run_bundle(void *argument, size_t index)
{
	struct reading *g = argument;
	const struct bundle *b = &g->bundles[index];
	struct error err = { 0 };
	float *input;
	int rc;

	if (is_over(g))
		return;
	input = malloc(sizeof(*input) * 3 * RECOGNISER_HEIGHT * (size_t)b->width * b->count);
	rc = input ? read_bundle(g, b, input, &err) : error_set(&err, ERR_NO_MEMORY, "no memory for lines of text");
	free(input);
	if (rc == 0)
		return;
	pthread_mutex_lock(&g->lock);
	if (g->result == 0) {
		g->result = rc;
		g->error = err;
	}
	pthread_mutex_unlock(&g->lock);
}

static int compare_widths(const void *pa, const void *pb, void *lines)
{
	size_t a = *(const size_t *)pa;
	size_t b = *(const size_t *)pb;
	int wa = ((const struct read_line *)lines)[a].width;
	int wb = ((const struct read_line *)lines)[b].width;

	if (wa != wb)
		return wa > wb ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* Widest first: the long pieces of work begin early. */
static void make_bundles(struct reading *g, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		g->lines[i].width = recogniser_width(&g->lines[i].polygon, g->stretch);
		g->order[i] = i;
	}
	qsort_r(g->order, count, sizeof(*g->order), compare_widths, g->lines);
	for (size_t i = 0; i < count;) {
		int width = g->lines[g->order[i]].width;
		struct bundle b = { .first = i, .width = width };

		while (i < count && g->lines[g->order[i]].width == width && b.count < BUNDLE_LINES &&
		       (b.count == 0 || (int)(b.count + 1) * width <= BUNDLE_COLUMNS)) {
			b.count++;
			i++;
		}
		g->bundles[g->bundle_count++] = b;
	}
}

int recogniser_read(const struct recogniser *r, const struct image *image, float stretch, struct read_line *lines, size_t count,
		    int64_t deadline_ns, struct error *err)
{
	struct reading g = { .recogniser = r, .image = image, .stretch = stretch, .lines = lines, .deadline_ns = deadline_ns };

	if (count == 0)
		return 0;
	g.order = calloc(count, sizeof(*g.order));
	g.bundles = calloc(count, sizeof(*g.bundles));
	if (g.order && g.bundles) {
		pthread_mutex_init(&g.lock, NULL);
		make_bundles(&g, count);
		crew_run(r->crew, g.bundle_count, run_bundle, &g);
		pthread_mutex_destroy(&g.lock);
	} else {
		g.result = error_set(&g.error, ERR_NO_MEMORY, "no memory for lines of text");
	}
	free(g.order);
	free(g.bundles);
	if (g.result < 0 && err)
		*err = g.error;
	return g.result;
}
