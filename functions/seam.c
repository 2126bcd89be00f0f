/* SPDX-License-Identifier: Apache-2.0 */
#include "seam.h"

#include <stdlib.h>
#include <string.h>

/* A seam has at most this share of the ink that a row near it has on average. */
#define EMPTY_SHARE 0.25

enum { BACKDROP_STEP = 7, SAMPLE_VALUES = 256 };

static uint64_t difference(const uint8_t *a, const uint8_t *b, uint32_t channels)
{
	uint64_t sum = 0;

	for (uint32_t c = 0; c < channels; c++)
		sum += (uint64_t)abs(a[c] - b[c]);
	return sum;
}

/* How much a row (column) of the area changes along it: nothing where it is blank, on paper of any colour. */
static uint64_t ink_at(const struct image *image, const struct text_area *area, bool row, uint32_t place)
{
	uint64_t ink = 0;

	if (row)
		for (uint32_t x = area->x + 1; x < area->x + area->width; x++)
			ink += difference(image_at(image, x, place), image_at(image, x - 1, place), image->channels);
	else
		for (uint32_t y = area->y + 1; y < area->y + area->height; y++)
			ink += difference(image_at(image, place, y), image_at(image, place, y - 1), image->channels);
	return ink;
}

/* The emptiest row within [from, to), the nearest to `wanted` of those alike; `wanted` where the rows are much alike. */
static uint32_t emptiest(const struct image *image, const struct text_area *area, bool row, uint32_t from, uint32_t to,
			 uint32_t wanted)
{
	uint64_t least = UINT64_MAX;
	uint64_t sum = 0;
	uint32_t best = wanted;

	for (uint32_t i = from; i < to; i++) {
		uint64_t ink = ink_at(image, area, row, i);

		sum += ink;
		if (ink < least || (ink == least && abs((int)i - (int)wanted) < abs((int)best - (int)wanted))) {
			least = ink;
			best = i;
		}
	}
	return from < to && (double)least <= EMPTY_SHARE * (double)sum / (to - from) ? best : wanted;
}

/* Each edge may move inwards to the middle of the overlap, and a little outwards. */
void seam_settle(const struct image *image, const struct text_area *tile, struct text_area halves[2])
{
	bool row = halves[1].y != tile->y;
	uint32_t start = row ? halves[1].y : halves[1].x;
	uint32_t end = row ? halves[0].y + halves[0].height : halves[0].x + halves[0].width;
	uint32_t middle = (start + end) / 2, outwards = (end - start) / 8;

	uint32_t first = emptiest(image, tile, row, middle + 1, end + outwards, end);
	uint32_t second = emptiest(image, tile, row, start - outwards, middle, start);
	if (row) {
		halves[0].height = first - tile->y;
		halves[1].y = second;
		halves[1].height = tile->y + tile->height - second;
	} else {
		halves[0].width = first - tile->x;
		halves[1].x = second;
		halves[1].width = tile->x + tile->width - second;
	}
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

int seam_paint(const struct image *image, const struct text_area *area, const struct seam_backdrop *backdrop, struct image *out,
	       struct error *err)
{
	size_t row = (size_t)area->width * image->channels;
	int rc = image_init(out, image->width, image->height, (enum image_layout)image->channels, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < image_stride(image); i++)
		out->pixels[i] = backdrop->samples[i % image->channels];
	for (uint32_t y = 1; y < image->height; y++)
		memcpy(image_at(out, 0, y), out->pixels, image_stride(image));
	for (uint32_t y = area->y; y < area->y + area->height; y++)
		memcpy(image_at(out, area->x, y), image_at(image, area->x, y), row);
	return 0;
}
