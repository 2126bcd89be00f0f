/* SPDX-License-Identifier: Apache-2.0 */
#include "text/locate.h"

#include <math.h>
#include <stdlib.h>

#include "text/content.h"
#include "text/crowding.h"
#include "text/geometry.h"
#include "text/ppocr_settings.h"
#include "text/skew.h"

/* In a photograph so many boxes must agree before all of it is turned. */
enum { TELLING_BOXES = 3 };

static int longer_side(const struct image *image)
{
	return (int)(image->width > image->height ? image->width : image->height);
}

struct image_kind locate_kind(const struct image *image)
{
	return (struct image_kind){
		.page = longer_side(image) >= ppocr_settings.page_from,
		.drawn = content_evenness(image) >= ppocr_settings.even,
	};
}

/* A photograph: pages are not, whatever their tones. */
static bool is_photo(struct image_kind kind)
{
	return !kind.page && !kind.drawn;
}

static float aspect_of(const struct image *image)
{
	float width = (float)image->width, height = (float)image->height;

	return fmaxf(width, height) / fminf(width, height);
}

static bool is_strip(const struct image *image)
{
	return aspect_of(image) > ppocr_settings.strip;
}

/* Strips have few pixels for their length, and the network wants some around the text. */
static int side_of_strip(const struct image *image)
{
	const struct ppocr_settings *s = &ppocr_settings;

	return (int)fminf((float)s->page_side * sqrtf(aspect_of(image) / s->strip), 2 * (float)longer_side(image));
}

/* Small text is found at a larger scale than the image has; on pages, which are scanned at more than reading needs, a smaller one
 * does. */
static int side_for(const struct image *image, struct image_kind kind)
{
	const struct ppocr_settings *s = &ppocr_settings;
	float longer = (float)longer_side(image);

	if (kind.page && is_strip(image))
		return side_of_strip(image);
	if (kind.page)
		return (int)fminf(longer, (float)s->page_side);
	if (is_photo(kind))
		return (int)fminf(longer * s->photo_factor, (float)s->photo_side);
	return (int)fminf(longer * s->screen_factor, (float)s->screen_side);
}

/* The median height of what was found, 0 without boxes or memory. */
static float usual_height(const struct text_box *boxes, size_t count)
{
	float *heights = count ? calloc(count, sizeof(*heights)) : NULL;
	float usual;

	if (!heights)
		return 0;
	for (size_t i = 0; i < count; i++)
		heights[i] = fminf(boxes[i].box.width, boxes[i].box.height);
	usual = float_median(heights, count);
	free(heights);
	return usual;
}

static bool covers(const struct rotated_box *b, struct image_point p)
{
	float dx = p.x - b->centre.x, dy = p.y - b->centre.y;

	return fabsf(dx * b->axis.x + dy * b->axis.y) <= b->width / 2 && fabsf(dy * b->axis.x - dx * b->axis.y) <= b->height / 2;
}

/* Adds what is lower than `limit` among `first` and lies in none of the boxes: small text beside large. */
static int add_small(const struct text_box *first, size_t first_count, float limit, struct text_box **boxes, size_t *count,
		     struct error *err)
{
	struct text_box *all = realloc(*boxes, (*count + first_count + 1) * sizeof(*all));
	size_t found = *count;

	if (!all)
		return error_set(err, ERR_NO_MEMORY, "no memory for the boxes of an image");
	*boxes = all;
	for (size_t i = 0; i < first_count; i++) {
		bool fits = fminf(first[i].box.width, first[i].box.height) < limit;

		for (size_t k = 0; fits && k < found; k++)
			fits = !covers(&all[k].box, first[i].box.centre);
		if (fits)
			all[(*count)++] = first[i];
	}
	return 0;
}

/* 0 where the image is blank. */
static float content_pixels(const struct image *image)
{
	struct content_area c = content_of(image);

	return (float)(c.right - c.left) * (float)(c.bottom - c.top);
}

/* `height`: the usual one of the boxes, as scaled. */
static bool is_small(struct image_kind kind, const struct text_box *boxes, size_t count, float height)
{
	const struct ppocr_settings *s = &ppocr_settings;

	if (height == 0 || is_photo(kind))
		return false;
	return height < s->small || (height < s->small_crowded && !kind.page && crowding_of(boxes, count) > s->crowded);
}

/* Large text falls apart at a scale that is right for small text, and small text is lost at one that is right for large: where
 * most of what was found is either, looks again at a better one. */
static int find_level_boxes(const struct detector *d, const struct image *image, struct image_kind kind, struct text_box **boxes,
			    size_t *count, struct error *err)
{
	const struct ppocr_settings *s = &ppocr_settings;
	float longer = (float)longer_side(image);
	int side = side_for(image, kind);
	struct text_box *first;
	size_t first_count;
	float height, scale;
	int rc = detector_find(d, image, side, boxes, count, err);

	if (rc < 0)
		return rc;
	scale = (float)side / longer;
	height = usual_height(*boxes, *count) * scale;
	if (height <= s->large && !is_small(kind, *boxes, *count, height))
		return 0;
	first = *boxes;
	first_count = *count;
	*boxes = NULL;
	*count = 0;
	if (height > s->large)
		side = (int)((float)side * s->large_target / height);
	else
		side = (int)fminf((float)side * s->small_target / height,
				  longer * sqrtf(s->small_pixels / content_pixels(image)));
	rc = detector_find(d, image, side, boxes, count, err);
	if (rc == 0 && height > s->large)
		rc = add_small(first, first_count, s->large / 2 / scale, boxes, count, err);
	free(first);
	return rc;
}

/* Finds text that runs along `axis`. */
static int find_along(const struct detector *d, const struct image *image, struct image_kind kind, struct image_point axis,
		      struct text_box **boxes, size_t *count, struct error *err)
{
	struct skew_view view;
	int rc = skew_turn(image, axis, side_for(image, kind), &view, err);

	if (rc < 0)
		return rc;
	free(*boxes);
	*boxes = NULL;
	*count = 0;
	rc = detector_find(d, &view.image, longer_side(&view.image), boxes, count, err);
	if (rc == 0)
		skew_turn_back(&view, *boxes, *count);
	image_release(&view.image);
	return rc;
}

/* Letters that are very small at the usual scale are not found at all; nor are the lines of a page of few words that lies askew.
 */
static int find_hidden(const struct detector *d, const struct image *image, struct image_kind kind, struct text_box **boxes,
		       size_t *count, struct error *err)
{
	static const struct image_point axes[] = { { (float)M_SQRT1_2, (float)M_SQRT1_2 },
						   { (float)M_SQRT1_2, -(float)M_SQRT1_2 } };
	float pixels = content_pixels(image);
	int rc = 0;

	if (pixels == 0)
		return 0;
	int side = (int)((float)longer_side(image) * fminf(1, sqrtf(ppocr_settings.small_pixels / pixels)));
	if (side > side_for(image, kind)) {
		free(*boxes);
		*boxes = NULL;
		rc = detector_find(d, image, side, boxes, count, err);
	}
	for (size_t i = 0; rc == 0 && *count == 0 && i < sizeof(axes) / sizeof(axes[0]); i++)
		rc = find_along(d, image, kind, axes[i], boxes, count, err);
	return rc;
}

int locate_boxes(const struct detector *d, const struct image *image, struct image_kind kind, struct text_box **boxes,
		 size_t *count, struct error *err)
{
	struct image_point axis;
	int rc = find_level_boxes(d, image, kind, boxes, count, err);

	if (rc == 0 && *count == 0 && kind.drawn)
		rc = find_hidden(d, image, kind, boxes, count, err);
	if (rc == 0 && skew_axis(*boxes, *count, is_photo(kind) ? TELLING_BOXES : 1, &axis))
		rc = find_along(d, image, kind, axis, boxes, count, err);
	return rc;
}
