/* SPDX-License-Identifier: Apache-2.0
 *
 * The PP-OCRv4 engine: detector, recogniser, and what lies between and after them.
 */
#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "image/convert.h"
#include "os/clock.h"
#include "os/file.h"
#include "text/compose.h"
#include "text/content.h"
#include "text/detector.h"
#include "text/engine.h"
#include "text/line.h"
#include "text/locate.h"
#include "text/models.h"
#include "text/onnx_fuse.h"
#include "text/onnx_split.h"
#include "text/ppocr_settings.h"
#include "text/print.h"
#include "text/recogniser.h"

const struct ppocr_settings ppocr_settings = {
	.boxes = { .threshold = 0.3f, .min_score = 0.6f, .unclip = 1.8f, .min_side = 3 },
	.photo_factor = 1.5f,
	.screen_factor = 1.25f,
	.photo_side = 1920,
	.screen_side = 1600,
	.page_side = 1280,
	.page_from = 1450,
	.even = 0.69f,
	.large = 160,
	.large_target = 64,
	.small = 13,
	.small_target = 26,
	.small_crowded = 20.5f,
	.crowded = 1.03f,
	.small_pixels = 5e6f,
	.strip = 5,
	.doubt = 0.7f,
	.tall = 1.5f,
	.short_aspect = 2.5f,
	.turn_gain = 0.05f,
	.alone = 5,
	.stretch = 0.92f,
};

struct ppocr {
	struct ort *ort;
	struct ort_model *stem, *neck, *head, *recognition;
	struct charset charset;
	struct crew *crew;
	pthread_mutex_t lock; /* of the two below */
	bool tried;
	void *tesseract; /* for clean print, loaded for the first page of it; NULL where it is not installed */
	struct detector detector;
	struct recogniser recogniser;
};

/* ---- loading ---- */

enum {
	LARGE_BLOCK = 4 << 20,
	LINE_COLUMNS = 2400, /* longer lines are read in pieces */
};

static int find(const struct text_options *options, struct error *err)
{
	char folder[PATH_MAX];

	if (models_find(options->folders, folder))
		return 0;
	return error_set(err, ERR_NOT_FOUND, MODELS_ADVICE);
}

/* Whatever is wrong with an installed file, installing it again mends it. */
static void add_advice(struct error *err)
{
	size_t n = strlen(err->message);

	if (!strstr(err->message, "fetch-models"))
		snprintf(err->message + n, sizeof(err->message) - n, ": remove the folder and run scripts/fetch-models.sh");
}

static int read_file(struct arena *a, const char *folder, const char *name, struct str *out, struct error *err)
{
	struct str path = arena_printf(a, "%s/%s", folder, name);

	if (!path.p)
		return error_set(err, ERR_NO_MEMORY, "no memory for %s", name);
	return file_read(a, path.p, MIB(64), out, err);
}

static int load_model(struct ppocr *p, struct arena *a, struct str bytes, int threads, struct ort_model **out, struct error *err)
{
	int rc = onnx_fuse(a, bytes, &bytes, NULL, err);

	return rc < 0 ? rc : ort_model_new(out, p->ort, bytes, threads, err);
}

static int load_detection(struct ppocr *p, struct arena *a, const char *folder, int threads, struct error *err)
{
	struct str bytes;
	struct onnx_parts parts;
	int rc = read_file(a, folder, MODELS_DETECTION, &bytes, err);

	if (rc == 0)
		rc = onnx_split(a, bytes, &parts, err);
	if (rc == 0)
		rc = load_model(p, a, parts.stem, 1, &p->stem, err);
	if (rc == 0)
		rc = load_model(p, a, parts.neck, threads, &p->neck, err);
	if (rc == 0)
		rc = load_model(p, a, parts.head, 1, &p->head, err);
	p->detector = (struct detector){
		.stem = p->stem, .neck = p->neck, .head = p->head, .crew = p->crew, .boxes = ppocr_settings.boxes
	};
	if (rc == 0)
		rc = detector_init(&p->detector, err);
	if (rc < 0 && err)
		error_prefix(err, "%s/" MODELS_DETECTION, folder);
	return rc;
}

static int load_recognition(struct ppocr *p, struct arena *a, const char *folder, struct error *err)
{
	struct str bytes;
	int rc = read_file(a, folder, MODELS_RECOGNITION, &bytes, err);

	if (rc == 0)
		rc = load_model(p, a, bytes, 1, &p->recognition, err);
	if (rc < 0 && err)
		error_prefix(err, "%s/" MODELS_RECOGNITION, folder);
	return rc;
}

static int load_files(struct ppocr *p, struct arena *a, const char *folder, int threads, struct error *err)
{
	struct str path = arena_printf(a, "%s/" MODELS_LIBRARY, folder);
	struct str keys;
	int rc = path.p ? models_verify(folder, err) : error_set(err, ERR_NO_MEMORY, "no memory for a path");

	if (rc == 0)
		rc = ort_new(&p->ort, path.p, err);
	if (rc == 0)
		rc = crew_new(&p->crew, threads, err);
	if (rc == 0)
		rc = load_detection(p, a, folder, threads, err);
	if (rc == 0)
		rc = load_recognition(p, a, folder, err);
	if (rc == 0)
		rc = read_file(a, folder, MODELS_CHARACTERS, &keys, err);
	if (rc == 0)
		rc = charset_init(&p->charset, keys, err);
	p->recogniser = (struct recogniser){ p->recognition, &p->charset, p->crew };
	if (rc == 0)
		rc = recogniser_check(&p->recogniser, err);
	return rc;
}

static void unload(void *state)
{
	struct ppocr *p = state;

	if (!p)
		return;
	text_engine_tesseract.unload(p->tesseract);
	pthread_mutex_destroy(&p->lock);
	crew_free(p->crew);
	charset_release(&p->charset);
	ort_model_free(p->recognition);
	ort_model_free(p->head);
	ort_model_free(p->neck);
	ort_model_free(p->stem);
	ort_free(p->ort);
	free(p);
}

static int load(void **state, const struct text_options *options, struct error *err)
{
	struct ppocr *p = calloc(1, sizeof(*p));
	char folder[PATH_MAX];
	struct arena arena;
	int rc;

	if (!p)
		return error_set(err, ERR_NO_MEMORY, "no memory for PP-OCRv4");
	pthread_mutex_init(&p->lock, NULL);
	arena_init(&arena, MIB(128));
	if (models_find(options->folders, folder))
		rc = load_files(p, &arena, folder, options->threads > 1 ? options->threads : 1, err);
	else
		rc = error_set(err, ERR_NOT_FOUND, MODELS_ADVICE);
	arena_release(&arena);
	if (rc < 0) {
		if (err && rc != ERR_NO_MEMORY)
			add_advice(err);
		unload(p);
		return rc;
	}
	malloc_trim(0);                         /* loading leaves tens of megabytes of free heap behind */
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK); /* large blocks go back at once, also after the first was freed */
	*state = p;
	return 0;
}

/* Without checksums only loading tells whether the files are what they should be. */
static int check(const struct text_options *options, struct error *err)
{
	char folder[PATH_MAX];
	void *state = NULL;
	int rc;

	if (!models_find(options->folders, folder))
		return error_set(err, ERR_NOT_FOUND, MODELS_ADVICE);
	if (!models_have_sums(folder)) {
		rc = load(&state, options, err);
		unload(state);
		return rc;
	}
	rc = models_verify(folder, err);
	if (rc < 0 && err)
		add_advice(err);
	return rc;
}

/* ---- reading ---- */

/* Everything between an image and its page. */
struct reading {
	struct ppocr *ppocr;
	const struct image *image;
	struct image_kind kind;
	int64_t deadline_ns;
	struct arena *arena;
	struct text_page print; /* what Tesseract is sure of; empty where the image is no clean print */
	float stretch;          /* of lines, as recogniser_read's */
	struct read_line *lines;
	size_t line_count;
};

/* The box in reading frame: its text runs along the longer side, from left to right. */
static struct text_polygon frame_of(const struct rotated_box *found, bool *tall)
{
	struct rotated_box box = *found;

	if (fabsf(box.axis.x) < fabsf(box.axis.y)) {
		box.axis = (struct image_point){ -found->axis.y, found->axis.x };
		box.width = found->height;
		box.height = found->width;
	}
	if (box.axis.x < 0)
		box.axis = (struct image_point){ -box.axis.x, -box.axis.y };
	*tall = box.height >= ppocr_settings.tall * box.width;
	return box_polygon(&box);
}

/* The same outline with the text running the other way: `quarters` quarter turns counter-clockwise. */
static struct text_polygon turned(const struct text_polygon *p, int quarters)
{
	struct text_polygon out;

	for (int i = 0; i < 4; i++)
		out.points[i] = p->points[(i + quarters) & 3];
	return out;
}

static void *tesseract_of(struct ppocr *p)
{
	void *tesseract;

	pthread_mutex_lock(&p->lock);
	if (!p->tried && text_engine_tesseract.load(&p->tesseract, &(struct text_options){ 0 }, NULL) < 0)
		p->tesseract = NULL;
	p->tried = true;
	tesseract = p->tesseract;
	pthread_mutex_unlock(&p->lock);
	return tesseract;
}

static int read_print(struct reading *g, struct error *err)
{
	void *tesseract = print_is_likely(g->image, content_flatness(g->image)) ? tesseract_of(g->ppocr) : NULL;

	if (!tesseract)
		return 0;
	return print_read(tesseract, g->ppocr->crew, g->image, g->deadline_ns, g->arena, &g->print, err);
}

/* Clean print is read while the networks look for text: both take the whole image. */
struct survey {
	struct reading *g;
	struct text_box *boxes;
	size_t count;
	struct error errors[2];
	int results[2];
};

static void survey_part(void *argument, size_t part)
{
	struct survey *s = argument;

	if (part == 0)
		s->results[part] = read_print(s->g, &s->errors[part]);
	else
		s->results[part] =
			locate_boxes(&s->g->ppocr->detector, s->g->image, s->g->kind, &s->boxes, &s->count, &s->errors[part]);
}

static int run_survey(struct survey *s, struct error *err)
{
	crew_run(s->g->ppocr->crew, 2, survey_part, s);
	for (int i = 0; i < 2; i++) {
		if (s->results[i] == 0)
			continue;
		if (err)
			*err = s->errors[i];
		return s->results[i];
	}
	return 0;
}

/* A line, in pieces where it is longer than the network reads well. */
static int add_frame(struct reading *g, const struct text_polygon *frame, struct error *err)
{
	const struct text_polygon line = line_trim(g->image, frame);
	float ends[LINE_PIECES];
	size_t count = line_cut(g->image, &line, LINE_COLUMNS, ends);
	struct read_line *lines = realloc(g->lines, (g->line_count + count) * sizeof(*lines));

	if (!lines)
		return error_set(err, ERR_NO_MEMORY, "no memory for the lines of an image");
	g->lines = lines;
	for (size_t i = 0; i < count; i++)
		lines[g->line_count++] = (struct read_line){ .polygon = polygon_part(&line, i > 0 ? ends[i - 1] : 0, ends[i]) };
	return 0;
}

static int find_lines(struct reading *g, struct error *err)
{
	struct survey s = { .g = g };
	int rc = run_survey(&s, err);

	for (size_t i = 0; rc == 0 && i < s.count; i++) {
		bool tall;
		struct text_polygon frame = frame_of(&s.boxes[i].box, &tall);

		if (print_covers(&g->print, &frame))
			continue;
		if (tall)
			frame = turned(&frame, 1);
		rc = add_frame(g, &frame, err);
	}
	free(s.boxes);
	return rc;
}

/* Short boxes may stand on any side; long ones only upside down. */
static bool may_turn(const struct read_line *line, int quarters)
{
	float aspect = polygon_width(&line->polygon) / fmaxf(polygon_height(&line->polygon), 1);

	return line->confidence < ppocr_settings.doubt && (quarters == 2 || aspect < ppocr_settings.short_aspect);
}

/* Reads doubtful lines in another direction too and keeps the better reading. */
static int read_again(struct reading *g, int quarters, struct error *err)
{
	struct read_line *again = calloc(g->line_count + 1, sizeof(*again));
	size_t *from = calloc(g->line_count + 1, sizeof(*from));
	size_t count = 0;
	int rc = again && from ? 0 : error_set(err, ERR_NO_MEMORY, "no memory for the lines of an image");

	for (size_t i = 0; rc == 0 && i < g->line_count; i++)
		if (may_turn(&g->lines[i], quarters)) {
			again[count].polygon = turned(&g->lines[i].polygon, quarters);
			from[count++] = i;
		}
	if (rc == 0)
		rc = recogniser_read(&g->ppocr->recogniser, g->image, g->stretch, again, count, g->deadline_ns, err);
	for (size_t i = 0; i < count; i++) {
		struct read_line *line = &g->lines[from[i]];

		if (rc == 0 && again[i].confidence > line->confidence + ppocr_settings.turn_gain) {
			struct read_line worse = *line;

			*line = again[i];
			again[i] = worse;
		}
		read_line_release(&again[i]);
	}
	free(from);
	free(again);
	return rc;
}

static int read_lines(struct reading *g, struct error *err)
{
	int rc = recogniser_read(&g->ppocr->recogniser, g->image, g->stretch, g->lines, g->line_count, g->deadline_ns, err);

	for (int quarters = 2; rc == 0 && quarters < 5; quarters++)
		rc = read_again(g, quarters == 4 ? 1 : quarters, err);
	return rc;
}

static int read_image(struct reading *g, struct page_builder *page, struct error *err)
{
	int rc;

	g->kind = locate_kind(g->image);
	g->stretch = g->kind.drawn && !g->kind.page ? ppocr_settings.stretch : 1; /* letters of screens are clean */
	if (!g->kind.page)
		page->alone = ppocr_settings.alone;
	rc = find_lines(g, err);
	if (rc == 0)
		rc = read_lines(g, err);
	if (rc == 0)
		rc = compose_page(page, &g->ppocr->charset, &g->print, g->lines, g->line_count, err);
	for (size_t i = 0; i < g->line_count; i++)
		read_line_release(&g->lines[i]);
	free(g->lines);
	return rc;
}

/* A copy on white, without alpha. */
static int flatten(const struct image *image, struct image *out, struct error *err)
{
	int rc = image_init(out, image->width, image->height, (enum image_layout)image->channels, err);

	if (rc < 0)
		return rc;
	memcpy(out->pixels, image->pixels, image_stride(image) * image->height);
	return image_convert(out, image->channels == IMAGE_RGBA ? IMAGE_RGB : IMAGE_GREY, err);
}

static int detect(void *state, const struct image *image, int64_t deadline_ns, struct page_builder *page, struct error *err)
{
	struct reading g = { .ppocr = state, .image = image, .deadline_ns = deadline_ns, .arena = page->arena };
	struct image flat = { 0 };
	int rc = 0;

	if (image->channels == IMAGE_RGBA || image->channels == IMAGE_GREY_ALPHA) {
		rc = flatten(image, &flat, err);
		g.image = &flat;
	}
	if (rc == 0)
		rc = read_image(&g, page, err);
	image_release(&flat);
	return rc;
}

const struct text_engine_class text_engine_ppocr = {
	.name = "ppocr",
	.find = find,
	.check = check,
	.load = load,
	.unload = unload,
	.detect = detect,
};
