/* SPDX-License-Identifier: Apache-2.0 */
#include "text/line.h"

#include <math.h>
#include <stdlib.h>

#include "text/geometry.h"
#include "text/ink.h"
#include "text/recogniser.h"
#include "text/sampling.h"

enum {
	TRIM_HEIGHT = 24, /* enough to see a point */
	TRIM_WIDTH_MAX = 3000,
	HEIGHT = RECOGNISER_HEIGHT,
	REACH = 160, /* columns to look at for a blank on either side */
	WIDTH = 2 * REACH,
	BLANK_MIN = 8, /* columns, of a blank between words */
};

static const struct sampling_norm norm = { { 0.5f, 0.5f, 0.5f }, { 0.5f, 0.5f, 0.5f } };

/* ---- trimming ---- */

/* The blanks of the line, TRIM_HEIGHT high and `width` wide. free() it; NULL without memory. */
static struct ink_blank *blanks_of(const struct image *image, const struct text_polygon *line, int width, size_t *count)
{
	size_t plane = (size_t)TRIM_HEIGHT * (size_t)width;
	float *rows = malloc((3 * plane + (size_t)width) * sizeof(*rows));
	struct ink_blank *blanks = malloc(((size_t)width / 2 + 1) * sizeof(*blanks));

	if (rows && blanks) {
		sample_polygon(image, line, width, TRIM_HEIGHT, &norm, rows, (size_t)width, plane);
		*count = ink_blanks(rows, width, TRIM_HEIGHT, rows + 3 * plane, blanks);
	} else {
		free(blanks);
		blanks = NULL;
	}
	free(rows);
	return blanks;
}

struct text_polygon line_trim(const struct image *image, const struct text_polygon *line)
{
	float columns = polygon_width(line) * TRIM_HEIGHT / fmaxf(polygon_height(line), 1);
	int width = columns >= TRIM_HEIGHT && columns < TRIM_WIDTH_MAX ? (int)columns : 0;
	size_t count = 0;
	struct ink_blank *blanks = width ? blanks_of(image, line, width, &count) : NULL;
	float from = 0, to = (float)width;

	if (count > 0 && blanks[0].from == 0)
		from = fmaxf(from, (float)blanks[0].to - LINE_MARGIN * TRIM_HEIGHT);
	if (count > 0 && blanks[count - 1].to == width)
		to = fminf(to, (float)blanks[count - 1].from + LINE_MARGIN * TRIM_HEIGHT);
	free(blanks);
	return to - from > TRIM_HEIGHT / 2 ? polygon_part(line, from / (float)width, to / (float)width) : *line;
}

/* ---- cutting ---- */

/* What is needed to look at one place of a line. */
struct place {
	float rows[3 * HEIGHT * WIDTH];
	float scratch[WIDTH];
	struct ink_blank blanks[WIDTH / 2 + 1];
};

/* The middle of the widest blank within REACH of `at`; both in columns, of `columns`. Negative: there is none. */
static float find_blank(const struct image *image, const struct text_polygon *line, float at, float columns, struct place *p)
{
	struct text_polygon window = polygon_part(line, (at - REACH) / columns, (at + REACH) / columns);
	const struct ink_blank *widest = p->blanks;
	size_t count;

	sample_polygon(image, &window, WIDTH, HEIGHT, &norm, p->rows, WIDTH, (size_t)HEIGHT * WIDTH);
	count = ink_blanks(p->rows, WIDTH, HEIGHT, p->scratch, p->blanks);
	for (size_t i = 1; i < count; i++)
		if (p->blanks[i].to - p->blanks[i].from > widest->to - widest->from)
			widest = &p->blanks[i];
	if (count == 0 || widest->to - widest->from < BLANK_MIN)
		return -1;
	return at - REACH + (float)(widest->from + widest->to) / 2;
}

size_t line_cut(const struct image *image, const struct text_polygon *line, int limit, float ends[LINE_PIECES])
{
	float columns = polygon_width(line) * HEIGHT / fmaxf(polygon_height(line), 1);
	int pieces = (int)fminf(ceilf(columns / (float)limit), LINE_PIECES);
	struct place *place = pieces > 1 ? malloc(sizeof(*place)) : NULL;
	size_t count = 0;

	for (int i = 1; place && i < pieces; i++) {
		float cut = find_blank(image, line, columns * (float)i / (float)pieces, columns, place);

		if (cut > 0)
			ends[count++] = cut / columns;
	}
	free(place);
	ends[count++] = 1;
	return count;
}
