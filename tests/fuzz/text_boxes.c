/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows the networks, with hostile tensors: a detector's map, a recogniser's rows, and a model file.
 */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "text/boxes.h"
#include "text/ctc.h"
#include "text/onnx_fuse.h"
#include "text/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void find_boxes(const float *map, size_t count)
{
	static const struct box_settings settings = { .threshold = 0.3f, .min_score = 0.6f, .unclip = 1.8f, .min_side = 3 };
	int width = 1 + (int)(count % 61);
	int height = (int)(count / (size_t)width);
	struct text_box *boxes;
	struct text_polygon *polygons;
	size_t *order;
	size_t found;

	if (boxes_find(map, width, height, &settings, &boxes, &found, NULL) < 0)
		return;
	polygons = calloc(found + 1, sizeof(*polygons));
	order = calloc(found + 1, sizeof(*order));
	for (size_t i = 0; polygons && i < found; i++)
		polygons[i] = box_polygon(&boxes[i].box);
	if (polygons && order && order_lines(polygons, found, sizeof(*polygons), order) == 0)
		for (size_t i = 0; i < found; i++)
			if (order[i] >= found)
				abort();
	free(order);
	free(polygons);
	free(boxes);
}

static void read_rows(const float *rows, size_t count)
{
	struct charset charset;
	struct ctc_character *characters;
	struct ctc_word *words;
	int steps;

	if (charset_init(&charset, STR("a\nb\nA\n1\n.\n,\n-\n"), NULL) < 0)
		return;
	steps = (int)(count / (size_t)charset.class_count);
	characters = calloc((size_t)steps + 1, sizeof(*characters));
	words = calloc((size_t)steps + 1, sizeof(*words));
	if (characters && words) {
		size_t n = ctc_read(rows, steps, &charset, characters);

		if (n > (size_t)steps || ctc_words(characters, n, steps, &charset, words) > n)
			abort();
	}
	free(words);
	free(characters);
	charset_release(&charset);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	size_t count = n / sizeof(float);
	float *floats = calloc(count + 1, sizeof(*floats));
	struct arena arena;
	struct str fused;

	if (!floats)
		return 0;
	memcpy(floats, bytes, count * sizeof(*floats));
	find_boxes(floats, count);
	read_rows(floats, count);
	free(floats);
	arena_init(&arena, 64 * 1024 * 1024);
	if (onnx_fuse(&arena, str_of((const char *)bytes, n), &fused, NULL, NULL) == 0 && !fused.p && n > 0)
		abort();
	arena_release(&arena);
	return 0;
}
