/* SPDX-License-Identifier: Apache-2.0 */
#include "seam.h"

#include <stdlib.h>
#include <string.h>

/* A clean seam crosses at most this share of the ink that a row near it has on average. */
#define CLEAN_SHARE 0.06

/* What a step of the path costs: on ink, beside it, and for winding. It cannot be steep, or it would slip through between words.
 */
enum { ON_INK = 64, BESIDE_INK = 4, NEAR_INK = 2, WINDING = 4, STEP_MAX = 1, START_SHIFT = 3, LINE_END = 5 };

enum { BACKDROP_STEP = 7, SAMPLE_VALUES = 256 };

/* Cheapest paths to each offset from the wanted row, one place along after the other. */
struct search {
	const struct ink *ink;
	int64_t row;
	int reach;
	size_t width;    /* offsets: 2 * reach + 1 */
	uint32_t *costs; /* of the paths to this place, and behind them to the last */
	int8_t *steps;   /* along * width: how each path came there */
};

/* Behind the end of a line too, where a path that winds to its neighbour's height should not begin at once. */
static uint32_t ends_near(const struct ink *ink, uint32_t u, int64_t v)
{
	uint32_t before = u < LINE_END ? 0 : u - LINE_END;
	uint32_t behind = u + LINE_END < ink->along ? u + LINE_END : ink->along - 1;

	return (uint32_t)ink_at(ink, before, v) + ink_at(ink, behind, v);
}

static uint32_t cost_of(const struct ink *ink, uint32_t u, int64_t v)
{
	uint32_t cost = ink_at(ink, u, v) ? ON_INK : 0;

	cost += BESIDE_INK * ((uint32_t)ink_at(ink, u, v - 1) + ink_at(ink, u, v + 1) + ends_near(ink, u, v));
	return cost + NEAR_INK * ((uint32_t)ink_at(ink, u, v - 2) + ink_at(ink, u, v + 2));
}

static uint32_t best_step(const struct search *s, const uint32_t *last, size_t at, int8_t *step)
{
	uint32_t best = UINT32_MAX;

	for (int by = -STEP_MAX; by <= STEP_MAX; by++) {
		if ((by < 0 && at < (size_t)-by) || at + (size_t)(by > 0 ? by : 0) >= s->width)
			continue;
		uint32_t cost = last[at + (size_t)by] + WINDING * (uint32_t)abs(by);
		if (cost < best || (cost == best && by == 0)) {
			best = cost;
			*step = (int8_t)by;
		}
	}
	return best;
}

static void advance(struct search *s, uint32_t u)
{
	uint32_t *costs = s->costs, *last = s->costs + s->width;
	int64_t top = s->row + s->ink->falls[u] - s->reach;

	memcpy(last, costs, s->width * sizeof(*last));
	for (size_t i = 0; i < s->width; i++)
		costs[i] = best_step(s, last, i, &s->steps[u * s->width + i]) + cost_of(s->ink, u, top + (int64_t)i);
}

static size_t cheapest(const struct search *s)
{
	size_t best = 0;

	for (size_t i = 1; i < s->width; i++)
		if (s->costs[i] < s->costs[best])
			best = i;
	return best;
}

static uint32_t within(const struct ink *ink, int64_t v)
{
	return (uint32_t)(v < 0 ? 0 : v > ink->across ? ink->across : v);
}

/* From the end back to the start. Returns how often the path crosses ink. */
static size_t trace(const struct search *s, uint32_t *places)
{
	size_t crossed = 0;
	size_t at = cheapest(s);

	for (uint32_t u = s->ink->along; u-- > 0;) {
		int64_t v = s->row + s->ink->falls[u] - s->reach + (int64_t)at;
		places[u] = within(s->ink, v);
		crossed += ink_at(s->ink, u, v);
		at = (size_t)((int64_t)at + s->steps[u * s->width + at]);
	}
	return crossed;
}

static double usual_row(const struct search *s)
{
	size_t sum = 0;

	for (uint32_t u = 0; u < s->ink->along; u++) {
		int64_t top = s->row + s->ink->falls[u] - s->reach;
		for (size_t i = 0; i < s->width; i++)
			sum += ink_at(s->ink, u, top + (int64_t)i);
	}
	return (double)sum / (double)s->width;
}

int seam_find(struct arena *a, const struct ink *ink, int64_t row, uint32_t reach, struct seam *out, struct error *err)
{
	struct search s = { .ink = ink, .row = row, .reach = (int)reach, .width = 2 * (size_t)reach + 1 };
	uint32_t *places = arena_alloc_array(a, ink->along, sizeof(*places));
	int rc = 0;

	s.costs = calloc(2 * s.width, sizeof(*s.costs));
	s.steps = calloc(ink->along, s.width);
	if (places == NULL || s.costs == NULL || s.steps == NULL) {
		rc = error_set(err, ERR_NO_MEMORY, "no memory to look for a seam");
	} else {
		for (size_t i = 0; i < s.width; i++)
			s.costs[i] = (uint32_t)abs((int)i - s.reach) >> START_SHIFT;
		for (uint32_t u = 0; u < ink->along; u++)
			advance(&s, u);
		size_t crossed = trace(&s, places);
		*out = (struct seam){ places, (double)crossed <= CLEAN_SHARE * usual_row(&s) };
	}
	free(s.costs);
	free(s.steps);
	return rc;
}

int seam_shift(struct arena *a, const struct ink *ink, const struct seam *seam, int64_t by, struct seam *out, struct error *err)
{
	uint32_t *places = arena_alloc_array(a, ink->along, sizeof(*places));

	if (places == NULL)
		return error_set(err, ERR_NO_MEMORY, "no memory to look for a seam");
	for (uint32_t u = 0; u < ink->along; u++)
		places[u] = within(ink, seam->places[u] + by);
	*out = (struct seam){ places, seam->clean };
	return 0;
}

static uint8_t median_of(const struct image *image, uint32_t channel)
{
	size_t counts[SAMPLE_VALUES] = { 0 };
	size_t pixels = (size_t)image->width * image->height;
	size_t seen = 0, total = 0;

	for (size_t i = 0; i < pixels; i += BACKDROP_STEP, total++)
		counts[image->pixels[i * image->channels + channel]]++;
	for (int value = 0; value < SAMPLE_VALUES; value++) {
		seen += counts[value];
		if (2 * seen >= total)
			return (uint8_t)value;
	}
	return SAMPLE_VALUES - 1;
}

struct seam_backdrop seam_backdrop_of(const struct image *image)
{
	struct seam_backdrop backdrop = { { 0 } };

	for (uint32_t c = 0; c < image->channels; c++)
		backdrop.samples[c] = median_of(image, c);
	return backdrop;
}

static bool is_inside(const struct seam_area *area, uint32_t along, uint32_t across)
{
	return (area->above == NULL || across >= area->above[along]) && (area->below == NULL || across < area->below[along]);
}

/* What of the image's rows and columns a part may lie in. */
static struct text_area around(const struct image *image, const struct seam_area *area)
{
	uint32_t across = area->upright ? image->width : image->height;
	uint32_t first = area->above == NULL ? 0 : across, end = area->below == NULL ? across : 0;

	for (uint32_t u = area->from; u < area->to; u++) {
		if (area->above != NULL && area->above[u] < first)
			first = area->above[u];
		if (area->below != NULL && area->below[u] > end)
			end = area->below[u];
	}
	uint32_t length = area->to - area->from, depth = end > first ? end - first : 0;
	return area->upright ? (struct text_area){ first, area->from, depth, length }
			     : (struct text_area){ area->from, first, length, depth };
}

int seam_paint(const struct image *image, const struct seam_area *area, const struct seam_backdrop *backdrop, struct image *out,
	       struct error *err)
{
	struct text_area a = around(image, area);
	int rc = image_init(out, image->width, image->height, (enum image_layout)image->channels, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < image_stride(image); i++)
		out->pixels[i] = backdrop->samples[i % image->channels];
	for (uint32_t y = 1; y < image->height; y++)
		memcpy(image_at(out, 0, y), out->pixels, image_stride(image));
	for (uint32_t y = a.y; y < a.y + a.height; y++)
		for (uint32_t x = a.x; x < a.x + a.width; x++)
			if (is_inside(area, area->upright ? y : x, area->upright ? x : y))
				memcpy(image_at(out, x, y), image_at(image, x, y), image->channels);
	return 0;
}
