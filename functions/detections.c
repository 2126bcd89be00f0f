/* SPDX-License-Identifier: Apache-2.0 */
#include "detections.h"

#include <math.h>

#include "item.h"

enum { TEXT_MAX = 8 << 20 };

struct text_box text_box_of(const struct text_point polygon[4])
{
	struct text_box box = { polygon[0].x, polygon[0].y, polygon[0].x, polygon[0].y };

	for (int i = 1; i < 4; i++) {
		box.left = fmin(box.left, polygon[i].x);
		box.top = fmin(box.top, polygon[i].y);
		box.right = fmax(box.right, polygon[i].x);
		box.bottom = fmax(box.bottom, polygon[i].y);
	}
	return box;
}

static int corrupt(struct error *err)
{
	return error_set(err, ERR_CORRUPT, "the detections do not have the expected form");
}

static int read_point(const struct json *value, const char *x, const char *y, struct text_point *out)
{
	int rc = json_to_double(json_get(value, str_c(x)), &out->x);
	return rc ? rc : json_to_double(json_get(value, str_c(y)), &out->y);
}

/* Four points as ratios of the area, in pixels of the whole image. */
static int read_polygon(const struct json *value, const struct text_area *area, struct text_point out[4])
{
	if (!json_is(value, JSON_ARRAY) || value->count < 4)
		return ERR_CORRUPT;
	for (size_t i = 0; i < 4; i++) {
		if (read_point(value->items[i], "X", "Y", &out[i]))
			return ERR_CORRUPT;
		out[i].x = area->x + out[i].x * area->width;
		out[i].y = area->y + out[i].y * area->height;
	}
	return 0;
}

static int read_item(const struct json *value, const struct text_area *area, struct text_item *out)
{
	out->text = json_get_text(value, STR("DetectedText"));
	out->line = -1;
	if (!str_is_set(out->text) || json_to_double(json_get_c(value, "Confidence"), &out->confidence) ||
	    read_polygon(json_get_c(json_get_c(value, "Geometry"), "Polygon"), area, out->polygon))
		return ERR_CORRUPT;
	out->box = text_box_of(out->polygon);
	return 0;
}

/* Words name their line by its Id; `ids` holds the Ids of the lines read so far. */
static int line_index(const struct json *word, const int64_t *ids, size_t count)
{
	int64_t parent;

	if (json_to_i64(json_get_c(word, "ParentId"), &parent))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (ids[i] == parent)
			return (int)i;
	return -1;
}

static bool is_type(const struct json *value, const char *type)
{
	return str_eq_c(json_get_text(value, STR("Type")), type);
}

int detections_read(struct arena *a, const struct json *answer, const struct text_area *area, struct text_page *out,
		    struct error *err)
{
	const struct json *list = json_get_c(answer, "TextDetections");
	struct text_page page = { .model = json_get_text(answer, STR("TextModelVersion")), .calls = 1 };

	if (!json_is(list, JSON_ARRAY))
		return corrupt(err);
	page.lines = arena_alloc_array(a, list->count + 1, sizeof(*page.lines));
	page.words = arena_alloc_array(a, list->count + 1, sizeof(*page.words));
	int64_t *ids = arena_alloc_array(a, list->count + 1, sizeof(*ids));
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory for the detections");
	for (size_t i = 0; i < list->count; i++) {
		if (!is_type(list->items[i], "LINE"))
			continue;
		if (json_to_i64(json_get_c(list->items[i], "Id"), &ids[page.line_count]) ||
		    read_item(list->items[i], area, &page.lines[page.line_count++]))
			return corrupt(err);
	}
	for (size_t i = 0; i < list->count; i++) {
		if (!is_type(list->items[i], "WORD"))
			continue;
		struct text_item *word = &page.words[page.word_count++];
		if (read_item(list->items[i], area, word))
			return corrupt(err);
		word->line = line_index(list->items[i], ids, page.line_count);
	}
	*out = page;
	return 0;
}

static struct text_item *copy_items(struct arena *a, const struct text_item *items, size_t count)
{
	struct text_item *copy = arena_alloc_array(a, count + 1, sizeof(*copy));

	for (size_t i = 0; copy && i < count; i++) {
		copy[i] = items[i];
		copy[i].text = arena_str(a, items[i].text);
	}
	return copy;
}

int detections_copy(struct arena *a, const struct text_page *page, struct text_page *out, struct error *err)
{
	struct text_page copy = *page;

	copy.lines = copy_items(a, page->lines, page->line_count);
	copy.words = copy_items(a, page->words, page->word_count);
	copy.model = arena_str(a, page->model);
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory for the detections");
	*out = copy;
	return 0;
}

static double two_decimals(double value)
{
	return round(value * 100) / 100;
}

double text_mean_confidence(const struct text_page *page)
{
	double sum = 0;

	for (size_t i = 0; i < page->word_count; i++)
		sum += page->words[i].confidence;
	return page->word_count ? two_decimals(sum / (double)page->word_count) : 0;
}

static const struct json *polygon_json(struct arena *a, const struct text_point polygon[4])
{
	struct json *points = json_new_array(a);

	for (int i = 0; i < 4; i++)
		json_add(a, points,
			 object_of(a, { "x", json_new_double(a, two_decimals(polygon[i].x)) },
				   { "y", json_new_double(a, two_decimals(polygon[i].y)) }));
	return points;
}

static const struct json *items_json(struct arena *a, const struct text_item *items, size_t count, bool words)
{
	struct json *list = json_new_array(a);

	for (size_t i = 0; i < count; i++)
		json_add(a, list,
			 object_of(a, { "id", json_new_i64(a, (int64_t)i) }, { "text", json_new_string(a, items[i].text) },
				   { "confidence", json_new_double(a, two_decimals(items[i].confidence)) },
				   { "polygon", polygon_json(a, items[i].polygon) },
				   { "line", words && items[i].line >= 0 ? json_new_i64(a, items[i].line) : NULL }));
	return list;
}

const struct json *detections_json(struct arena *a, const struct text_page *page, int64_t width, int64_t height)
{
	return object_of(a, { "image", object_of(a, { "width", json_new_i64(a, width) }, { "height", json_new_i64(a, height) }) },
			 { "model", str_is_set(page->model) ? json_new_string(a, page->model) : NULL },
			 { "calls", json_new_i64(a, page->calls) },
			 { "lines", items_json(a, page->lines, page->line_count, false) },
			 { "words", items_json(a, page->words, page->word_count, true) });
}

struct str detections_text(struct arena *a, const struct text_page *page)
{
	struct buf b;

	buf_init(&b, TEXT_MAX);
	for (size_t i = 0; i < page->line_count; i++) {
		buf_add_str(&b, page->lines[i].text);
		buf_add_char(&b, '\n');
	}
	struct str text = buf_failed(&b) ? STR_NULL : arena_str(a, buf_str(&b));
	buf_release(&b);
	return text;
}

struct str text_cut(struct str text, size_t max)
{
	if (text.n <= max)
		return text;
	/* Bytes 10xxxxxx continue a character. */
	while (max > 0 && ((unsigned char)text.p[max] & 0xc0) == 0x80)
		max--;
	return str_sub(text, 0, max);
}

int detections_polygons(struct arena *a, const struct json *document, struct text_point (**out)[4], size_t *count,
			struct error *err)
{
	const struct json *lines = json_get_c(document, "lines");

	if (!json_is(lines, JSON_ARRAY))
		return corrupt(err);
	struct text_point(*polygons)[4] = arena_alloc_array(a, lines->count + 1, sizeof(*polygons));
	if (polygons == NULL)
		return error_set(err, ERR_NO_MEMORY, "no memory for the detections");
	for (size_t i = 0; i < lines->count; i++) {
		const struct json *points = json_get_c(lines->items[i], "polygon");
		for (size_t j = 0; j < 4; j++)
			if (read_point(json_at(points, j), "x", "y", &polygons[i][j]))
				return corrupt(err);
	}
	*out = polygons;
	*count = lines->count;
	return 0;
}
