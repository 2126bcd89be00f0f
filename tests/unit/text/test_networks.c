/* SPDX-License-Identifier: Apache-2.0
 *
 * The networks as they are rewritten and cut (onnx_fuse.h, onnx_pyramid.h, onnx_split.h) against the networks as they are
 * published. GLEANER_TEST_MODELS names the folder with ONNX Runtime and the models; without it there is nothing to compare.
 */
#include "../unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "os/file.h"
#include "text/models.h"
#include "text/onnx_fuse.h"
#include "text/onnx_split.h"
#include "text/ort.h"

enum { WIDTH = 256, HEIGHT = 192, CELL = 4, CONTEXT = 4, BAND = 12, LINE_HEIGHT = 48, THREADS = 2 };

#define DIFFERENCE_MAX 1e-3f

struct networks {
	struct arena arena;
	struct ort *ort;
	struct str detection, recognition;
};

static struct str read_model(struct networks *n, const char *folder, const char *name)
{
	struct error err = { 0 };
	struct str path = arena_printf(&n->arena, "%s/%s", folder, name);
	struct str bytes = STR_NULL;

	if (file_read(&n->arena, path.p, MIB(64), &bytes, &err) < 0)
		fail_msg("%s", err.message);
	return bytes;
}

static int set_up(void **state)
{
	const char *folder = getenv("GLEANER_TEST_MODELS");
	struct networks *n = calloc(1, sizeof(*n));
	struct error err = { 0 };

	*state = n;
	arena_init(&n->arena, MIB(256));
	if (!folder)
		return 0;
	if (ort_new(&n->ort, arena_printf(&n->arena, "%s/" MODELS_LIBRARY, folder).p, &err) < 0)
		fail_msg("%s", err.message);
	n->detection = read_model(n, folder, MODELS_DETECTION);
	n->recognition = read_model(n, folder, MODELS_RECOGNITION);
	return 0;
}

static int tear_down(void **state)
{
	struct networks *n = *state;

	ort_free(n->ort);
	arena_release(&n->arena);
	free(n);
	return 0;
}

static struct networks *installed(void **state)
{
	struct networks *n = *state;

	if (!n->ort) {
		print_message("GLEANER_TEST_MODELS is not set: scripts/fetch-models.sh FOLDER installs the models\n");
		skip();
	}
	return n;
}

static struct ort_model *load(struct networks *n, struct str bytes, bool fused)
{
	struct error err = { 0 };
	struct ort_model *model = NULL;

	if (fused)
		assert_int_equal(onnx_fuse(&n->arena, bytes, &bytes, NULL, NULL), 0);
	if (ort_model_new(&model, n->ort, bytes, THREADS, &err) < 0)
		fail_msg("%s", err.message);
	return model;
}

/* Dark strokes on light ground, of several widths. */
static float *strokes(int width, int height)
{
	float *planes = malloc(sizeof(*planes) * 3 * (size_t)width * (size_t)height);

	for (int c = 0; c < 3; c++)
		for (int y = 0; y < height; y++)
			for (int x = 0; x < width; x++) {
				int line = y / 24;
				bool ink = y % 24 > 6 && y % 24 < 20 && (x * (3 + line % 4) / 16 + y / 5) % 3 == 0 && x > 20 &&
					   x < width - 20;

				planes[(c * height + y) * width + x] =
					(ink ? -1.5f : 1.5f) + 0.1f * (float)((x * 7 + y * 3 + c) % 5);
			}
	return planes;
}

static struct ort_tensor run(struct ort_model *model, float *data, int planes, int height, int width)
{
	const int64_t dims[4] = { 1, planes, height, width };
	struct ort_tensor out = { 0 };
	struct error err = { 0 };

	if (ort_run(model, data, dims, &out, &err) < 0)
		fail_msg("%s", err.message);
	return out;
}

static void assert_close(const float *a, const float *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!(fabsf(a[i] - b[i]) <= DIFFERENCE_MAX))
			fail_msg("value %zu: %g is not %g", i, (double)a[i], (double)b[i]);
}

static size_t above(const float *values, size_t count, float limit)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += values[i] > limit;
	return n;
}

/* All of the image at once, through the three parts. */
static void test_parts_make_the_same_map(void **state)
{
	struct networks *n = installed(state);
	struct onnx_parts parts;
	float *image = strokes(WIDTH, HEIGHT);
	struct ort_tensor map, features, fused, same;
	struct ort_model *whole, *stem, *neck, *head;

	assert_int_equal(onnx_split(&n->arena, n->detection, &parts, NULL), 0);
	whole = load(n, n->detection, false);
	stem = load(n, parts.stem, true);
	neck = load(n, parts.neck, true);
	head = load(n, parts.head, true);
	map = run(whole, image, 3, HEIGHT, WIDTH);
	features = run(stem, image, 3, HEIGHT, WIDTH);
	assert_int_equal(features.dims[2], HEIGHT / CELL);
	fused = run(neck, (float *)(uintptr_t)features.data, (int)features.dims[1], HEIGHT / CELL, WIDTH / CELL);
	same = run(head, (float *)(uintptr_t)fused.data, (int)fused.dims[1], HEIGHT / CELL, WIDTH / CELL);
	assert_int_equal(same.dims[2], HEIGHT);
	assert_int_equal(same.dims[3], WIDTH);
	assert_true(above(map.data, (size_t)HEIGHT * WIDTH, 0.3f) > 100); /* else the two would agree on nothing */
	assert_close(same.data, map.data, (size_t)HEIGHT * WIDTH);
	ort_tensor_release(head, &same);
	ort_tensor_release(neck, &fused);
	ort_tensor_release(stem, &features);
	ort_tensor_release(whole, &map);
	ort_model_free(head);
	ort_model_free(neck);
	ort_model_free(stem);
	ort_model_free(whole);
	free(image);
}

/* A band with CONTEXT cells around it has the features that the whole image has there. */
static void test_bands_have_the_same_features(void **state)
{
	struct networks *n = installed(state);
	struct onnx_parts parts;
	float *image = strokes(WIDTH, HEIGHT);
	int rows = (BAND + 2 * CONTEXT) * CELL;
	int first = 16 * CELL;
	float *band = malloc(sizeof(*band) * 3 * (size_t)rows * WIDTH);
	struct ort_tensor all, some;
	struct ort_model *stem;

	assert_int_equal(onnx_split(&n->arena, n->detection, &parts, NULL), 0);
	stem = load(n, parts.stem, true);
	for (int c = 0; c < 3; c++)
		memcpy(band + (size_t)(c * rows) * WIDTH, image + (size_t)(c * HEIGHT + first) * WIDTH,
		       sizeof(*band) * (size_t)rows * WIDTH);
	all = run(stem, image, 3, HEIGHT, WIDTH);
	some = run(stem, band, 3, rows, WIDTH);
	for (int64_t c = 0; c < all.dims[1]; c++)
		assert_close(some.data + (c * some.dims[2] + CONTEXT) * (WIDTH / CELL),
			     all.data + (c * all.dims[2] + first / CELL + CONTEXT) * (WIDTH / CELL), (size_t)BAND * WIDTH / CELL);
	ort_tensor_release(stem, &some);
	ort_tensor_release(stem, &all);
	ort_model_free(stem);
	free(band);
	free(image);
}

/* Files that were swapped. */
static void test_another_model_is_refused(void **state)
{
	struct networks *n = installed(state);
	struct onnx_parts parts;

	assert_int_equal(onnx_split(&n->arena, n->recognition, &parts, NULL), ERR_CORRUPT);
}

static void test_recognition_is_the_same(void **state)
{
	struct networks *n = installed(state);
	struct ort_model *published = load(n, n->recognition, false);
	struct ort_model *fused = load(n, n->recognition, true);
	float *line = strokes(WIDTH, LINE_HEIGHT);
	struct ort_tensor a = run(published, line, 3, LINE_HEIGHT, WIDTH);
	struct ort_tensor b = run(fused, line, 3, LINE_HEIGHT, WIDTH);

	assert_int_equal(a.dims[1], b.dims[1]);
	assert_int_equal(a.dims[2], b.dims[2]);
	assert_close(b.data, a.data, (size_t)(a.dims[1] * a.dims[2]));
	ort_tensor_release(fused, &b);
	ort_tensor_release(published, &a);
	ort_model_free(fused);
	ort_model_free(published);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts_make_the_same_map),
		cmocka_unit_test(test_bands_have_the_same_features),
		cmocka_unit_test(test_another_model_is_refused),
		cmocka_unit_test(test_recognition_is_the_same),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
