/* SPDX-License-Identifier: Apache-2.0 */
#include "text/detector.h"

#include <math.h>
#include <stdlib.h>

#include "text/sampling.h"

enum { MULTIPLE = 32 }; /* the network halves its input five times */

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

static int find_in_map(const struct detector *d, const struct image *image, const struct ort_tensor *map, int width, int height,
		       struct text_box **out, size_t *count, struct error *err)
{
	int rc;

	if (map->dim_count != 4 || map->dims[0] != 1 || map->dims[1] != 1 || map->dims[2] != height || map->dims[3] != width)
		return error_set(err, ERR_CORRUPT, "the detection model's result has an unexpected shape");
	rc = boxes_find(map->data, width, height, &d->boxes, out, count, err);
	for (size_t i = 0; rc == 0 && i < *count; i++)
		to_image(&(*out)[i], (float)image->width / (float)width, (float)image->height / (float)height);
	if (rc == 0)
		boxes_part(*out, *count);
	return rc;
}

int detector_find(const struct detector *d, const struct image *image, int side, struct text_box **out, size_t *count,
		  struct error *err)
{
	int width, height;
	struct ort_tensor map = { 0 };
	float *input;
	int rc;

	detector_size(image->width, image->height, side, &width, &height);
	input = malloc(sizeof(*input) * 3 * (size_t)width * (size_t)height);
	if (!input)
		return error_set(err, ERR_NO_MEMORY, "no memory to look for text");
	rc = sample_image(image, width, height, &norm, input, err);
	if (rc == 0)
		rc = ort_run(d->model, input, (const int64_t[]){ 1, 3, height, width }, &map, err);
	free(input);
	if (rc == 0)
		rc = find_in_map(d, image, &map, width, height, out, count, err);
	ort_tensor_release(d->model, &map);
	return rc;
}
