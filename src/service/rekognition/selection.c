/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rekognition/selection.h"

#include <math.h>
#include <stdlib.h>

#include "text/page.h"

/* DetectionFilter: "The default MinConfidence is 80." */
#define DEFAULT_MIN_CONFIDENCE 80.0

struct box {
	float left, top, right, bottom;
};

/* ---- parameters ---- */

static int read_number(const struct json *object, struct str name, double low, double high, double *out)
{
	const struct json *value = json_get(object, name);

	if (!value || value->type == JSON_NULL)
		return 0;
	if (json_to_double(value, out) < 0 || !(*out >= low && *out <= high))
		return ERR_INVALID;
	return 0;
}

static int parse_word_filter(const struct json *filter, struct selection *out)
{
	double percent = DEFAULT_MIN_CONFIDENCE;

	if (!filter || filter->type == JSON_NULL)
		return 0;
	if (read_number(filter, STR("MinConfidence"), 0, 100, &percent) < 0 ||
	    read_number(filter, STR("MinBoundingBoxWidth"), 0, 1, &out->min_width) < 0 ||
	    read_number(filter, STR("MinBoundingBoxHeight"), 0, 1, &out->min_height) < 0)
		return ERR_INVALID;
	out->min_confidence = percent / 100;
	return 0;
}

static int parse_box(const struct json *box, struct region *out)
{
	double left = 0, top = 0, width = NAN, height = NAN;
	const double slack = 1e-6; /* of clients' single precision */

	if (read_number(box, STR("Left"), 0, 1, &left) < 0 || read_number(box, STR("Top"), 0, 1, &top) < 0 ||
	    read_number(box, STR("Width"), 0, 1, &width) < 0 || read_number(box, STR("Height"), 0, 1, &height) < 0)
		return ERR_INVALID;
	if (!(width > 0) || !(height > 0) || left + width > 1 + slack || top + height > 1 + slack)
		return ERR_INVALID;
	out->count = 4;
	out->points[0] = (struct image_point){ (float)left, (float)top };
	out->points[1] = (struct image_point){ (float)(left + width), (float)top };
	out->points[2] = (struct image_point){ (float)(left + width), (float)(top + height) };
	out->points[3] = (struct image_point){ (float)left, (float)(top + height) };
	return 0;
}

static int parse_polygon(const struct json *polygon, struct region *out)
{
	if (!json_is(polygon, JSON_ARRAY) || polygon->count < REGION_POINTS_MIN || polygon->count > REGION_POINTS_MAX)
		return ERR_INVALID;
	for (size_t i = 0; i < polygon->count; i++) {
		double x = NAN, y = NAN;

		if (read_number(polygon->items[i], STR("X"), 0, 1, &x) < 0 ||
		    read_number(polygon->items[i], STR("Y"), 0, 1, &y) < 0 || isnan(x) || isnan(y))
			return ERR_INVALID;
		out->points[i] = (struct image_point){ (float)x, (float)y };
	}
	out->count = polygon->count;
	return 0;
}

static int parse_region(const struct json *region, struct region *out)
{
	const struct json *box = json_get_c(region, "BoundingBox");
	const struct json *polygon = json_get_c(region, "Polygon");

	if ((box != NULL) == (polygon != NULL))
		return ERR_INVALID;
	return box ? parse_box(box, out) : parse_polygon(polygon, out);
}

int selection_parse(const struct json *filters, struct selection *out)
{
	const struct json *regions = json_get_c(filters, "RegionsOfInterest");
	struct selection s = { 0 };

	if (parse_word_filter(json_get_c(filters, "WordFilter"), &s) < 0)
		return ERR_INVALID;
	if (json_is(regions, JSON_ARRAY)) {
		if (regions->count > REGIONS_MAX)
			return ERR_INVALID;
		for (size_t i = 0; i < regions->count; i++)
			if (parse_region(regions->items[i], &s.regions[i]) < 0)
				return ERR_INVALID;
		s.region_count = regions->count;
	}
	*out = s;
	return 0;
}

/* ---- geometry, in ratios ---- */

static struct text_polygon to_ratios(const struct text_polygon *p, uint32_t width, uint32_t height)
{
	struct text_polygon out;

	for (int i = 0; i < 4; i++) {
		out.points[i].x = fminf(fmaxf(p->points[i].x / (float)width, 0), 1);
		out.points[i].y = fminf(fmaxf(p->points[i].y / (float)height, 0), 1);
	}
	return out;
}

static struct box bounding_box(const struct text_polygon *p)
{
	struct box b = { p->points[0].x, p->points[0].y, p->points[0].x, p->points[0].y };

	for (int i = 1; i < 4; i++) {
		b.left = fminf(b.left, p->points[i].x);
		b.right = fmaxf(b.right, p->points[i].x);
		b.top = fminf(b.top, p->points[i].y);
		b.bottom = fmaxf(b.bottom, p->points[i].y);
	}
	return b;
}

/* Signed; positive when the points go clockwise on the screen. */
static double area_of(const struct image_point *points, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		const struct image_point *a = &points[i];
		const struct image_point *b = &points[(i + 1) % count];

		sum += (double)a->x * b->y - (double)b->x * a->y;
	}
	return sum / 2;
}

static double side_of(struct image_point a, struct image_point b, struct image_point p)
{
	return (double)(b.x - a.x) * (p.y - a.y) - (double)(b.y - a.y) * (p.x - a.x);
}

/* Keeps what of `in` lies right of the line a -> b (Sutherland and Hodgman). */
static size_t cut(const struct image_point *in, size_t count, struct image_point a, struct image_point b, struct image_point *out)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct image_point p = in[i];
		struct image_point q = in[(i + 1) % count];
		double dp = side_of(a, b, p);
		double dq = side_of(a, b, q);

		if (dp >= 0)
			out[n++] = p;
		if ((dp >= 0) != (dq >= 0)) {
			float t = (float)(dp / (dp - dq));

			out[n++] = (struct image_point){ p.x + (q.x - p.x) * t, p.y + (q.y - p.y) * t };
		}
	}
	return n;
}

/* The region, which may be concave, is cut by the word, which is convex. */
static double share_inside(const struct text_polygon *word, const struct region *region)
{
	struct image_point clip[4];
	struct image_point a[4 * REGION_POINTS_MAX + 32], b[4 * REGION_POINTS_MAX + 32];
	double area = area_of(word->points, 4);
	size_t n = region->count;

	for (int i = 0; i < 4; i++)
		clip[i] = word->points[area >= 0 ? i : 3 - i];
	memcpy(a, region->points, n * sizeof(*a));
	for (int i = 0; i < 4; i++) {
		n = cut(a, n, clip[i], clip[(i + 1) % 4], b);
		memcpy(a, b, n * sizeof(*a));
	}
	return fabs(area) > 1e-12 ? fabs(area_of(a, n)) / fabs(area) : 0;
}

/* ---- choosing ---- */

static bool lies_in_regions(const struct selection *s, const struct text_polygon *word)
{
	for (size_t i = 0; i < s->region_count; i++)
		if (share_inside(word, &s->regions[i]) > 0.5)
			return true;
	return s->region_count == 0;
}

static bool passes(const struct selection *s, const struct text_word *word, uint32_t width, uint32_t height)
{
	struct text_polygon ratios = to_ratios(&word->polygon, width, height);
	struct box box = bounding_box(&ratios);

	return word->confidence >= s->min_confidence && box.right - box.left >= s->min_width &&
	       box.bottom - box.top >= s->min_height && lies_in_regions(s, &ratios);
}

struct ranked {
	double weight;
	size_t index;
};

static int compare_ranked(const void *pa, const void *pb)
{
	const struct ranked *a = pa;
	const struct ranked *b = pb;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* Clears `kept` for all but the `limit` heaviest words: area times confidence. */
static int keep_heaviest(const struct text_page *page, bool *kept, size_t limit, struct arena *a)
{
	struct ranked *ranked = arena_alloc_array(a, page->word_count + 1, sizeof(*ranked));
	size_t count = 0;

	if (!ranked)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < page->word_count; i++)
		if (kept[i])
			ranked[count++] =
				(struct ranked){ fabs(area_of(page->words[i].polygon.points, 4)) * page->words[i].confidence, i };
	qsort(ranked, count, sizeof(*ranked), compare_ranked);
	for (size_t i = limit; i < count; i++)
		kept[ranked[i].index] = false;
	return 0;
}

int selection_apply(const struct selection *s, const struct text_page *page, uint32_t width, uint32_t height, struct arena *a,
		    struct text_page *out, struct error *err)
{
	bool *kept = arena_alloc_array(a, page->word_count + 1, sizeof(*kept));
	struct page_builder b;

	if (!kept)
		return error_set(err, ERR_NO_MEMORY, "no memory for the words of an image");
	for (size_t i = 0; i < page->word_count; i++)
		kept[i] = passes(s, &page->words[i], width, height);
	if (s->word_limit && keep_heaviest(page, kept, s->word_limit, a) < 0)
		return error_set(err, ERR_NO_MEMORY, "no memory for the words of an image");
	page_init(&b, a);
	for (size_t i = 0; i < page->line_count; i++) {
		const struct text_line *line = &page->lines[i];

		page_add_line(&b);
		for (size_t k = line->first_word; k < line->first_word + line->word_count; k++)
			if (kept[k])
				page_add_word(&b, page->words[k].text, page->words[k].confidence, &page->words[k].polygon);
	}
	return page_finish(&b, out, err);
}

/* ---- writing ---- */

static void write_geometry(struct writer *w, const struct text_polygon *polygon, uint32_t width, uint32_t height)
{
	struct text_polygon p = to_ratios(polygon, width, height);
	struct box box = bounding_box(&p);

	write_object(w, "Geometry");
	write_object(w, "BoundingBox");
	write_double(w, "Width", box.right - box.left);
	write_double(w, "Height", box.bottom - box.top);
	write_double(w, "Left", box.left);
	write_double(w, "Top", box.top);
	write_end(w);
	write_list(w, "Polygon", NULL);
	for (int i = 0; i < 4; i++) {
		write_object(w, NULL);
		write_double(w, "X", p.points[i].x);
		write_double(w, "Y", p.points[i].y);
		write_end(w);
	}
	write_end(w);
	write_end(w);
}

void selection_write(struct writer *w, const struct text_page *page, uint32_t width, uint32_t height)
{
	write_list(w, "TextDetections", NULL);
	for (size_t i = 0; i < page->line_count; i++) {
		write_object(w, NULL);
		write_str(w, "DetectedText", page->lines[i].text);
		write_c(w, "Type", "LINE");
		write_i64(w, "Id", (int64_t)i);
		write_double(w, "Confidence", 100.0 * page->lines[i].confidence);
		write_geometry(w, &page->lines[i].polygon, width, height);
		write_end(w);
	}
	for (size_t i = 0; i < page->word_count; i++) {
		write_object(w, NULL);
		write_str(w, "DetectedText", page->words[i].text);
		write_c(w, "Type", "WORD");
		write_i64(w, "Id", (int64_t)(page->line_count + i));
		write_i64(w, "ParentId", (int64_t)page->words[i].line);
		write_double(w, "Confidence", 100.0 * page->words[i].confidence);
		write_geometry(w, &page->words[i].polygon, width, height);
		write_end(w);
	}
	write_end(w);
}
