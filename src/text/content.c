/* SPDX-License-Identifier: Apache-2.0 */
#include "text/content.h"

#include <string.h>

enum {
	FLATNESS_ROWS = 4, /* every fourth row tells enough */
	NEAR = 4,          /* neighbours that differ by more stand at an edge */
};

static bool row_has_one_tone(const struct image *image, uint32_t y)
{
	const uint8_t *row = image_at(image, 0, y);

	return memcmp(row, row + image->channels, image_stride(image) - image->channels) == 0;
}

static bool column_has_one_tone(const struct image *image, uint32_t x, uint32_t top, uint32_t bottom)
{
	const uint8_t *first = image_at(image, x, top);

	for (uint32_t y = top + 1; y < bottom; y++)
		if (memcmp(first, image_at(image, x, y), image->channels) != 0)
			return false;
	return true;
}

struct content_area content_of(const struct image *image)
{
	struct content_area c = { 0, 0, image->width, image->height };

	while (c.top < c.bottom && row_has_one_tone(image, c.top))
		c.top++;
	while (c.bottom > c.top && row_has_one_tone(image, c.bottom - 1))
		c.bottom--;
	while (c.left < c.right && column_has_one_tone(image, c.left, c.top, c.bottom))
		c.left++;
	while (c.right > c.left && column_has_one_tone(image, c.right - 1, c.top, c.bottom))
		c.right--;
	return c;
}

float content_flatness(const struct image *image)
{
	struct content_area c = content_of(image);
	size_t equal = 0;
	size_t count = 0;

	for (uint32_t y = c.top; y < c.bottom; y += FLATNESS_ROWS)
		for (uint32_t x = c.left + 1; x < c.right; x++, count++)
			equal += memcmp(image_at(image, x, y), image_at(image, x - 1, y), image->channels) == 0;
	return count ? (float)equal / (float)count : 1;
}

static bool are_near(const uint8_t *a, const uint8_t *b, uint32_t channels)
{
	for (uint32_t c = 0; c < channels; c++)
		if (a[c] > b[c] + NEAR || b[c] > a[c] + NEAR)
			return false;
	return true;
}

float content_evenness(const struct image *image)
{
	struct content_area c = content_of(image);
	size_t equal = 0;
	size_t near = 0;

	for (uint32_t y = c.top; y < c.bottom; y += FLATNESS_ROWS)
		for (uint32_t x = c.left + 1; x < c.right; x++) {
			const uint8_t *p = image_at(image, x, y);

			near += are_near(p, p - image->channels, image->channels);
			equal += memcmp(p, p - image->channels, image->channels) == 0;
		}
	return near ? (float)equal / (float)near : 1;
}
