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
#include "text/content.h"
#include "text/detector.h"
#include "text/engine.h"
#include "text/line.h"
#include "text/locate.h"
#include "text/models.h"
#include "text/onnx_fuse.h"
#include "text/onnx_split.h"
#include "text/order.h"
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
	TWICE_MAX = 3, /* characters that two boxes may share */
	LINE_COLUMNS = 2400,
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

/* Letters of screens are clean enough to be read narrower. */
static float stretch_for(const struct image *image)
{
	return locate_is_screen(image) ? ppocr_settings.stretch : 1;
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
		s->results[part] = locate_boxes(&s->g->ppocr->detector, s->g->image, &s->boxes, &s->count, &s->errors[part]);
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

/* ---- the page ---- */

/* Two readings of one character are told this near each other, in heights of their boxes; so are two of these beside each other.
 */
#define SAME_PLACE 0.15f
#define NO_FARTHER 0.12f
#define NARROW "ijlI1.,:;'|!"

static void add_word(struct page_builder *page, const struct charset *charset, const struct read_line *line,
		     const struct ctc_word *word)
{
	struct text_polygon polygon =
		polygon_part(&line->polygon, word->from / (float)line->steps, word->to / (float)line->steps);
	struct buf text;

	buf_init(&text, KIB(64));
	for (size_t i = 0; i < word->count; i++)
		buf_add_str(&text, charset->texts[line->characters[word->first + i].class]);
	page->failed |= buf_failed(&text) != 0;
	page_add_word(page, buf_str(&text), word->confidence, &polygon);
	buf_release(&text);
}

/* The detector often takes the words of a line one by one: `next` goes on where `last` ends. */
static bool continues(const struct text_polygon *last, const struct text_polygon *next)
{
	struct image_point axis = polygon_axis(last);
	struct image_point other = polygon_axis(next);
	struct image_point from = point_between(last->points[1], last->points[2], 0.5f);
	struct image_point to = point_between(next->points[0], next->points[3], 0.5f);
	float height = fminf(polygon_height(last), polygon_height(next));
	float along = (to.x - from.x) * axis.x + (to.y - from.y) * axis.y;
	float across = (to.y - from.y) * axis.x - (to.x - from.x) * axis.y;

	return axis.x * other.x + axis.y * other.y > 0.97f && fabsf(across) < 0.35f * height && along > -0.5f * height &&
	       along < height;
}

/* Where a character was seen in the image. */
static struct image_point place_of(const struct read_line *line, size_t i)
{
	const struct ctc_character *c = &line->characters[i];
	float at = ((c->first + c->last) / 2 + 0.5f) / (float)line->steps;

	return point_between(point_between(line->polygon.points[0], line->polygon.points[1], at),
			     point_between(line->polygon.points[3], line->polygon.points[2], at), 0.5f);
}

/* How far the one was seen behind the other, in heights of the lower box. */
static float distance_behind(const struct read_line *last, size_t i, const struct read_line *next, size_t k)
{
	struct image_point axis = polygon_axis(&last->polygon);
	struct image_point from = place_of(last, i);
	struct image_point to = place_of(next, k);
	float height = fmaxf(fminf(polygon_height(&last->polygon), polygon_height(&next->polygon)), 1);

	return ((to.x - from.x) * axis.x + (to.y - from.y) * axis.y) / height;
}

/* How many characters at the beginning of `next` are the last ones of `last`, seen at the same places. */
static size_t equal_characters(const struct charset *charset, const struct read_line *last, const struct read_line *next)
{
	size_t most = last->character_count < next->character_count ? last->character_count : next->character_count;

	for (size_t count = most < TWICE_MAX ? most : TWICE_MAX; count > 0; count--) {
		size_t from = last->character_count - count;
		size_t same = 0;

		while (same < count && last->characters[from + same].class == next->characters[same].class &&
		       !strchr(NARROW, charset->texts[next->characters[same].class].p[0]) &&
		       fabsf(distance_behind(last, from + same, next, same)) < SAME_PLACE)
			same++;
		if (same == count)
			return count;
	}
	return 0;
}

/* Boxes beside each other may overlap: how many characters `next` begins with that `last` has told. What is seen no farther on
 * than the last character is that one, whatever it was read as. */
static size_t told_before(const struct charset *charset, const struct read_line *last, const struct read_line *next)
{
	size_t equal = equal_characters(charset, last, next);
	size_t end = last->character_count;

	if (equal > 0 || end == 0 || next->character_count < 2 || !continues(&last->polygon, &next->polygon))
		return equal;
	return distance_behind(last, end - 1, next, 0) < NO_FARTHER && distance_behind(last, end - 1, next, 1) > SAME_PLACE;
}

/* Without its first `skip` characters. */
static int add_line(struct page_builder *page, const struct charset *charset, const struct read_line *line, size_t skip,
		    bool begin)
{
	struct ctc_word *words = calloc(line->character_count + 1, sizeof(*words));
	size_t count;

	if (!words)
		return ERR_NO_MEMORY;
	if (begin)
		page_add_line(page);
	count = ctc_words(line->characters + skip, line->character_count - skip, line->steps, charset, words);
	for (size_t i = 0; i < count; i++) {
		words[i].first += skip;
		add_word(page, charset, line, &words[i]);
	}
	free(words);
	return 0;
}

static void add_print_line(struct page_builder *page, const struct text_page *print, const struct text_line *line, bool begin)
{
	if (begin)
		page_add_line(page);
	for (size_t i = line->first_word; i < line->first_word + line->word_count; i++)
		page_add_word(page, print->words[i].text, print->words[i].confidence, &print->words[i].polygon);
}

/* The line of the networks at that place among all; NULL where it is one of print. */
static const struct read_line *line_at(const struct reading *g, size_t i)
{
	return i < g->print.line_count ? NULL : &g->lines[i - g->print.line_count];
}

/* The lines of both readings in one order. */
static int add_lines(struct reading *g, struct page_builder *page, struct error *err)
{
	size_t count = g->print.line_count + g->line_count;
	struct text_polygon *outlines = calloc(count + 1, sizeof(*outlines));
	size_t *order = calloc(count + 1, sizeof(*order));
	int rc = order && outlines ? 0 : ERR_NO_MEMORY;

	for (size_t i = 0; rc == 0 && i < count; i++)
		outlines[i] = i < g->print.line_count ? g->print.lines[i].polygon : g->lines[i - g->print.line_count].polygon;
	if (rc == 0)
		rc = order_lines(outlines, count, sizeof(*outlines), order);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct read_line *last = i > 0 ? line_at(g, order[i - 1]) : NULL;
		const struct read_line *line = line_at(g, order[i]);
		size_t skip = last && line ? told_before(&g->ppocr->charset, last, line) : 0;
		bool begin = i == 0 || (skip == 0 && !continues(&outlines[order[i - 1]], &outlines[order[i]]));

		if (line)
			rc = add_line(page, &g->ppocr->charset, line, skip, begin);
		else
			add_print_line(page, &g->print, &g->print.lines[order[i]], begin);
	}
	free(order);
	free(outlines);
	if (rc == 0 && g->print.line_count > 0)
		page_join_print(page);
	return rc == 0 ? 0 : error_set(err, rc, "no memory for the text of an image");
}

static int read_image(struct reading *g, struct page_builder *page, struct error *err)
{
	int rc;

	g->stretch = stretch_for(g->image);
	if (!locate_is_page(g->image))
		page->alone = ppocr_settings.alone;
	rc = find_lines(g, err);
	if (rc == 0)
		rc = read_lines(g, err);
	if (rc == 0)
		rc = add_lines(g, page, err);
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
