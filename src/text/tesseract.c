/* SPDX-License-Identifier: Apache-2.0
 *
 * Tesseract 5 through its C API. Its library is loaded with dlopen: it brings curl, archive and ICU along, which a server that
 * reads no text should not pay for. Its objects are not thread-safe, so each detection has one to itself; idle ones are kept.
 */
#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <tesseract/capi.h>

#include "os/clock.h"
#include "text/engine.h"
#include "text/pixels.h"

#define LIBRARY "libtesseract.so.5"
#define ADVICE "Tesseract is not installed: apt-get install libtesseract5 tesseract-ocr-eng"

/* Every function used, by its own prototype. (clang-format indents a list of macro calls anew each time.) */
/* clang-format off */
#define TESSERACT_CALLS(X) \
	X(TessBaseAPICreate) X(TessBaseAPIDelete) X(TessBaseAPIInit3) X(TessBaseAPISetVariable) \
	X(TessBaseAPISetPageSegMode) X(TessBaseAPISetImage) X(TessBaseAPISetSourceResolution) \
	X(TessBaseAPIRecognize) X(TessBaseAPIGetIterator) X(TessBaseAPIClear) X(TessResultIteratorGetUTF8Text) \
	X(TessResultIteratorConfidence) X(TessResultIteratorNext) X(TessResultIteratorDelete) \
	X(TessResultIteratorGetPageIterator) X(TessPageIteratorBoundingBox) X(TessPageIteratorIsAtBeginningOf) \
	X(TessDeleteText) X(TessMonitorCreate) X(TessMonitorDelete) X(TessMonitorSetCancelFunc) \
	X(TessMonitorSetCancelThis)
/* clang-format on */

enum { IDLE_MAX = 4 };

/* A reading is doubted, and other directions are tried, below this many confident letters or this mean confidence. */
#define DOUBT_LETTERS 8
#define DOUBT_CONFIDENCE 0.6f
/* Lines this level are read as they are. */
#define LEVEL_DEGREES 2.0f

struct tesseract {
	void *library;
#define CALL(name) typeof(&name) name;
	TESSERACT_CALLS(CALL)
#undef CALL
	void (*omp_set_max_active_levels)(int);
	pthread_mutex_t lock;
	TessBaseAPI *idle[IDLE_MAX];
	int idle_count;
};

/* One recognition of a grey image. */
struct reading {
	const struct tesseract *t;
	TessBaseAPI *api;
	int64_t deadline_ns;
	struct page_builder *page;      /* where words go; NULL: only judged */
	const struct pixels_turn *turn; /* NULL: as it is */
	float letters, weight;          /* confident letters; sum of confidences by letters */
	float all_letters;
};

static int find(const struct text_options *options, struct error *err)
{
	static const char *const folders[] = { "/usr/lib/x86_64-linux-gnu/", "/usr/lib/aarch64-linux-gnu/", "/usr/lib/",
					       "/usr/local/lib/" };
	char path[PATH_MAX];

	(void)options;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", folders[i], LIBRARY);
		if (access(path, R_OK) == 0)
			return 0;
	}
	return error_set(err, ERR_NOT_FOUND, ADVICE);
}

static int resolve(struct tesseract *t, struct error *err)
{
#define CALL(name)                                                                                                               \
	t->name = (typeof(&name))dlsym(t->library, #name);                                                                       \
	if (!t->name)                                                                                                            \
		return error_set(err, ERR_UNSUPPORTED, LIBRARY " is of another version: it has no " #name);
	TESSERACT_CALLS(CALL)
#undef CALL
	t->omp_set_max_active_levels = (void (*)(int))dlsym(t->library, "omp_set_max_active_levels");
	return 0;
}

/* An idle recogniser or a new one. */
static int acquire(struct tesseract *t, TessBaseAPI **out, struct error *err)
{
	TessBaseAPI *api = NULL;

	pthread_mutex_lock(&t->lock);
	if (t->idle_count > 0)
		api = t->idle[--t->idle_count];
	pthread_mutex_unlock(&t->lock);
	if (!api) {
		api = t->TessBaseAPICreate();
		if (!api)
			return error_set(err, ERR_NO_MEMORY, "Tesseract could not be started");
		if (t->TessBaseAPIInit3(api, NULL, "eng") != 0) {
			t->TessBaseAPIDelete(api);
			return error_set(err, ERR_NOT_FOUND, "Tesseract has no English model: apt-get install tesseract-ocr-eng");
		}
		t->TessBaseAPISetVariable(api, "debug_file", "/dev/null");
	}
	*out = api;
	return 0;
}

static void hand_back(struct tesseract *t, TessBaseAPI *api)
{
	t->TessBaseAPIClear(api);
	pthread_mutex_lock(&t->lock);
	if (t->idle_count < IDLE_MAX) {
		t->idle[t->idle_count++] = api;
		api = NULL;
	}
	pthread_mutex_unlock(&t->lock);
	if (api)
		t->TessBaseAPIDelete(api);
}

static void unload(void *state)
{
	struct tesseract *t = state;

	if (!t)
		return;
	while (t->idle_count > 0)
		t->TessBaseAPIDelete(t->idle[--t->idle_count]);
	pthread_mutex_destroy(&t->lock);
	/* The library stays: its OpenMP threads would not survive dlclose. */
	free(t);
}

static int load(void **state, const struct text_options *options, struct error *err)
{
	struct tesseract *t = calloc(1, sizeof(*t));
	TessBaseAPI *api = NULL;
	int rc;

	(void)options;
	if (!t)
		return error_set(err, ERR_NO_MEMORY, "no memory for Tesseract");
	pthread_mutex_init(&t->lock, NULL);
	t->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	rc = t->library ? resolve(t, err) : error_set(err, ERR_NOT_FOUND, ADVICE " (%s)", dlerror());
	if (rc == 0)
		rc = acquire(t, &api, err);
	if (rc < 0) {
		unload(t);
		return rc;
	}
	hand_back(t, api);
	*state = t;
	return 0;
}

static bool is_late(void *argument, int words)
{
	const struct reading *r = argument;

	(void)words;
	return r->deadline_ns != 0 && clock_mono_ns() > r->deadline_ns;
}

static void take_word(struct reading *r, TessResultIterator *it)
{
	const struct tesseract *t = r->t;
	const TessPageIterator *place = t->TessResultIteratorGetPageIterator(it);
	char *text = t->TessResultIteratorGetUTF8Text(it, RIL_WORD);
	float confidence = t->TessResultIteratorConfidence(it, RIL_WORD) / 100;
	int x0, y0, x1, y1;

	if (text && t->TessPageIteratorBoundingBox(place, RIL_WORD, &x0, &y0, &x1, &y1)) {
		struct text_polygon p = {
			{ { (float)x0, (float)y0 }, { (float)x1, (float)y0 }, { (float)x1, (float)y1 }, { (float)x0, (float)y1 } }
		};
		float letters = (float)strlen(text);

		r->all_letters += letters;
		r->weight += letters * confidence;
		if (confidence > DOUBT_CONFIDENCE)
			r->letters += letters;
		for (int i = 0; r->turn && i < 4; i++)
			p.points[i] = pixels_turn_back(r->turn, p.points[i]);
		if (r->page && t->TessPageIteratorIsAtBeginningOf(place, RIL_TEXTLINE))
			page_add_line(r->page);
		if (r->page)
			page_add_word(r->page, str_c(text), confidence, &p);
	}
	if (text)
		t->TessDeleteText(text);
}

static void take_words(struct reading *r)
{
	const struct tesseract *t = r->t;
	TessResultIterator *it = t->TessBaseAPIGetIterator(r->api);

	if (!it)
		return;
	do
		take_word(r, it);
	while (t->TessResultIteratorNext(it, RIL_WORD));
	t->TessResultIteratorDelete(it);
}

static int recognise(struct reading *r, const struct image *grey, struct error *err)
{
	const struct tesseract *t = r->t;
	ETEXT_DESC *monitor = t->TessMonitorCreate();
	int failed;

	/* Its four OpenMP threads mostly wait for each other, burning processor time: three times as much on a page. It asks for
	 * four by name, so only the number of levels stops it. */
	if (t->omp_set_max_active_levels)
		t->omp_set_max_active_levels(0);
	t->TessMonitorSetCancelFunc(monitor, is_late);
	t->TessMonitorSetCancelThis(monitor, r);
	t->TessBaseAPISetPageSegMode(r->api, PSM_AUTO);
	t->TessBaseAPISetImage(r->api, grey->pixels, (int)grey->width, (int)grey->height, 1, (int)grey->width);
	t->TessBaseAPISetSourceResolution(r->api, 150);
	failed = t->TessBaseAPIRecognize(r->api, monitor);
	t->TessMonitorDelete(monitor);
	if (is_late(r, 0))
		return error_set(err, ERR_TIMEOUT, "reading the image took too long");
	if (failed)
		return error_set(err, ERR_UNAVAILABLE, "Tesseract failed on this image");
	take_words(r);
	return 0;
}

static bool is_doubtful(const struct reading *r)
{
	return r->letters < DOUBT_LETTERS || r->weight < DOUBT_CONFIDENCE * r->all_letters;
}

/* Reads the image turned by `degrees`; with `page` NULL only to see how well that goes. */
static int read_turned(struct reading *r, const struct image *grey, float degrees, struct page_builder *page, struct error *err)
{
	struct image turned;
	struct pixels_turn turn;
	int rc = pixels_turn(grey, degrees, &turned, &turn, err);

	if (rc < 0)
		return rc;
	*r = (struct reading){ .t = r->t, .api = r->api, .deadline_ns = r->deadline_ns, .page = page, .turn = &turn };
	rc = recognise(r, &turned, err);
	r->turn = NULL;
	image_release(&turned);
	return rc;
}

/* The text is not level: tries the angle its lines have, then that angle turned by quarters. When one of them reads better, that
 * reading replaces the one in `page`. */
static int read_other_ways(struct reading *r, const struct image *grey, struct page_builder *page, struct error *err)
{
	float best_letters = r->letters;
	float best_angle = 0;
	float skew = 0;
	int rc = pixels_skew(grey, &skew, err);

	for (int quarter = 0; rc == 0 && quarter < 4; quarter++) {
		if (quarter == 0 && fabsf(skew) < LEVEL_DEGREES)
			continue;
		rc = read_turned(r, grey, skew + 90.0f * (float)quarter, NULL, err);
		if (rc < 0 || r->letters <= best_letters)
			continue;
		best_letters = r->letters;
		best_angle = skew + 90.0f * (float)quarter;
		if (!is_doubtful(r))
			break;
	}
	if (rc < 0 || best_angle == 0)
		return rc;
	page_init(page, page->arena);
	return read_turned(r, grey, best_angle, page, err);
}

static int detect(void *state, const struct image *image, int64_t deadline_ns, struct page_builder *page, struct error *err)
{
	struct tesseract *t = state;
	struct reading r = { .t = t, .deadline_ns = deadline_ns, .page = page };
	struct image grey;
	int rc = pixels_grey(image, &grey, err);

	if (rc < 0)
		return rc;
	rc = acquire(t, &r.api, err);
	if (rc == 0) {
		rc = recognise(&r, &grey, err);
		if (rc == 0 && is_doubtful(&r))
			rc = read_other_ways(&r, &grey, page, err);
		hand_back(t, r.api);
	}
	image_release(&grey);
	return rc;
}

const struct text_engine_class text_engine_tesseract = {
	.name = "tesseract",
	.find = find,
	.load = load,
	.unload = unload,
	.detect = detect,
};
