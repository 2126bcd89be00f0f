/* SPDX-License-Identifier: Apache-2.0 */
#include "text/long_line.h"

#include <math.h>
#include <stdlib.h>

#include "text/geometry.h"
#include "text/ink.h"
#include "text/sampling.h"

enum {
	HEIGHT = 48,
	REACH = 160, /* columns to look at for a blank on either side */
	WIDTH = 2 * REACH,
	BLANK_MIN = 8, /* columns, of a blank between words */
};

/* What is needed to look at one place of a line. */
struct place {
	float rows[3 * HEIGHT * WIDTH];
	float scratch[WIDTH];
	struct ink_blank blanks[WIDTH / 2 + 1];
};

/* The middle of the widest blank within REACH of `at`; both in columns, of `columns`. Negative: there is none. */
static float find_blank(const struct image *image, const struct text_polygon *line, float at, float columns, struct place *p)
{
	static const struct sampling_norm norm = { { 0.5f, 0.5f, 0.5f }, { 0.5f, 0.5f, 0.5f } };
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

size_t long_line_cut(const struct image *image, const struct text_polygon *line, int limit, float ends[LONG_LINE_PIECES])
{
	float columns = polygon_width(line) * HEIGHT / fmaxf(polygon_height(line), 1);
	int pieces = (int)fminf(ceilf(columns / (float)limit), LONG_LINE_PIECES);
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
