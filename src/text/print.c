/* SPDX-License-Identifier: Apache-2.0 */
#include "text/print.h"

#include <malloc.h>
#include <math.h>

#include "base/limits.h"
#include "text/content.h"
#include "text/geometry.h"

/* A line is taken when its words are this sure on average, and none is less sure than that. */
#define SURE_LINE 0.90f
#define SURE_WORD 0.70f
/* A page with fewer sure lines than this share is not clean print: nothing is taken. */
#define SURE_SHARE 0.35f

/* Larger scans, of newspapers and letters, the networks read better. */
enum { PRINT_SIDE_MIN = 1000, PRINT_SIDE_MAX = 2400, SHORT_LINE = 4 };

#define PRINT_FLATNESS 0.9f

/* A page is cut where CUT_ROWS rows have hardly a pixel darker than DARK: at most this share of them, so that specks and the
 * rules between columns do not count. */
enum { DARK = 160, CUT_ROWS = 7, PIECE_BYTES = MIB(32) };
#define CUT_INK 0.003f

/* In a scan of two tones this share of the pixels is as good as black or white; BLACK and WHITE are how good. */
#define TWO_TONES_SHARE 0.995f
enum { BLACK = 12, WHITE = 243, TONE_ROWS = 8 };

static bool has_two_tones(const struct image *image)
{
	struct content_area c = content_of(image);
	size_t samples = (size_t)(c.right - c.left) * image->channels;
	size_t extreme = 0;
	size_t count = 0;

	for (uint32_t y = c.top; y < c.bottom; y += TONE_ROWS) {
		const uint8_t *row = image_at(image, c.left, y);

		for (size_t i = 0; i < samples; i++)
			extreme += row[i] <= BLACK || row[i] >= WHITE;
		count += samples;
	}
	return (float)extreme >= TWO_TONES_SHARE * (float)count;
}

bool print_is_likely(const struct image *image, float flatness)
{
	return flatness >= PRINT_FLATNESS && image->width >= PRINT_SIDE_MIN && image->width <= PRINT_SIDE_MAX &&
	       (image->height > image->width || has_two_tones(image));
}

static bool is_sure(const struct text_page *page, const struct text_line *line)
{
	if (line->confidence < SURE_LINE || line->text.n < SHORT_LINE)
		return false;
	for (size_t i = 0; i < line->word_count; i++)
		if (page->words[line->first_word + i].confidence < SURE_WORD)
			return false;
	return true;
}

static int keep_sure_lines(const struct text_page *page, struct arena *arena, struct text_page *out, struct error *err)
{
	struct page_builder sure;
	size_t words = 0;

	page_init(&sure, arena);
	for (size_t i = 0; i < page->line_count; i++) {
		const struct text_line *line = &page->lines[i];

		if (!is_sure(page, line))
			continue;
		page_add_line(&sure);
		words += line->word_count;
		page_add_words(&sure, page, line, 0);
	}
	if ((float)words < SURE_SHARE * (float)page->word_count)
		page_init(&sure, arena);
	return page_finish(&sure, out, err);
}

static uint32_t dark_in_row(const struct image *image, uint32_t y)
{
	const uint8_t *row = image_at(image, 0, y);
	uint32_t dark = 0;

	for (uint32_t x = 0; x < image->width; x++)
		dark += row[(size_t)x * image->channels] < DARK;
	return dark;
}

/* The middle of the blankest CUT_ROWS within `reach` rows of `row`; 0 where all have too much ink. */
static uint32_t find_cut(const struct image *image, uint32_t row, uint32_t reach)
{
	uint32_t rows[CUT_ROWS] = { 0 };
	uint32_t sum = 0;
	uint32_t best = (uint32_t)(CUT_INK * CUT_ROWS * (float)image->width) + 1;
	uint32_t cut = 0;

	for (uint32_t i = 0; i < 2 * reach; i++) {
		uint32_t *oldest = &rows[i % CUT_ROWS];

		sum -= *oldest;
		*oldest = dark_in_row(image, row - reach + i);
		sum += *oldest;
		if (i + 1 >= CUT_ROWS && sum < best) {
			best = sum;
			cut = row - reach + i - CUT_ROWS / 2;
		}
	}
	return cut;
}

size_t print_pieces(const struct image *image, uint32_t ends[PRINT_PIECES])
{
	uint32_t usual = image->height / PRINT_PIECES;
	size_t count = 0;

	for (uint32_t i = 1; i < PRINT_PIECES; i++) {
		uint32_t cut = find_cut(image, i * usual, usual / 3);

		if (cut > 0)
			ends[count++] = cut;
	}
	ends[count++] = image->height;
	return count;
}

struct piece {
	uint32_t top, bottom;
	struct arena arena;
	struct text_page page;
	struct error error;
	int result;
};

struct pieces {
	void *tesseract;
	const struct image *image;
	int64_t deadline_ns;
	struct piece list[PRINT_PIECES];
};

static void read_piece(void *argument, size_t index)
{
	struct pieces *all = argument;
	struct piece *p = &all->list[index];
	struct image rows = *all->image;
	struct page_builder builder;

	rows.pixels = image_at(all->image, 0, p->top);
	rows.height = p->bottom - p->top;
	page_init(&builder, &p->arena);
	p->result = text_engine_tesseract.detect(all->tesseract, &rows, all->deadline_ns, &builder, &p->error);
	if (p->result == 0)
		p->result = page_finish(&builder, &p->page, &p->error);
}

static void add_piece(struct page_builder *whole, const struct piece *p)
{
	for (size_t i = 0; i < p->page.line_count; i++) {
		page_add_line(whole);
		page_add_words(whole, &p->page, &p->page.lines[i], (float)p->top);
	}
}

/* Tesseract has one thread: several of them read a page that is cut between its lines. */
static int read_pieces(struct pieces *all, struct crew *crew, struct page_builder *whole, struct error *err)
{
	uint32_t ends[PRINT_PIECES];
	size_t count = print_pieces(all->image, ends);
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		all->list[i] = (struct piece){ .top = i > 0 ? ends[i - 1] : 0, .bottom = ends[i] };
		arena_init(&all->list[i].arena, PIECE_BYTES);
	}
	crew_run(crew, count, read_piece, all);
	malloc_trim(0); /* its pixels and blobs are many small pieces: the networks would come on top of them */
	for (size_t i = 0; i < count; i++) {
		struct piece *p = &all->list[i];

		if (p->result < 0 && rc == 0 && err)
			*err = p->error;
		if (rc == 0)
			rc = p->result;
		if (rc == 0)
			add_piece(whole, p);
		arena_release(&p->arena);
	}
	return rc;
}

int print_read(void *tesseract, struct crew *crew, const struct image *image, int64_t deadline_ns, struct arena *arena,
	       struct text_page *out, struct error *err)
{
	struct pieces all = { .tesseract = tesseract, .image = image, .deadline_ns = deadline_ns };
	struct page_builder whole;
	struct text_page page;
	int rc;

	page_init(&whole, arena);
	rc = read_pieces(&all, crew, &whole, err);
	if (rc == 0)
		rc = page_finish(&whole, &page, err);
	return rc < 0 ? rc : keep_sure_lines(&page, arena, out, err);
}

static bool is_inside(const struct text_polygon *p, struct image_point at)
{
	struct image_point axis = polygon_axis(p);
	struct image_point centre = polygon_centre(p);
	float u = (at.x - centre.x) * axis.x + (at.y - centre.y) * axis.y;
	float v = (at.y - centre.y) * axis.x - (at.x - centre.x) * axis.y;

	return fabsf(u) <= polygon_width(p) / 2 + polygon_height(p) / 2 && fabsf(v) <= polygon_height(p) * 0.75f;
}

/* Points along the middle of `found`, ends left out: all but one must lie in lines that were read. */
bool print_covers(const struct text_page *page, const struct text_polygon *found)
{
	static const float places[] = { 0.1f, 0.3f, 0.5f, 0.7f, 0.9f };
	struct image_point left = point_between(found->points[0], found->points[3], 0.5f);
	struct image_point right = point_between(found->points[1], found->points[2], 0.5f);
	size_t covered = 0;

	for (size_t k = 0; k < sizeof(places) / sizeof(places[0]); k++)
		for (size_t i = 0; i < page->line_count; i++)
			if (is_inside(&page->lines[i].polygon, point_between(left, right, places[k]))) {
				covered++;
				break;
			}
	return covered + 1 >= sizeof(places) / sizeof(places[0]);
}
