/* SPDX-License-Identifier: Apache-2.0 */
#include "text/ctc.h"

#include <math.h>
#include <stdlib.h>

/* The best class that is read, the blank and the space. */
static int best_class(const float *row, const struct charset *charset)
{
	int best = 0;
	int space = charset_space(charset);

	for (int i = 0; i < charset->read_count; i++)
		if (row[charset->read[i]] > row[best])
			best = charset->read[i];
	return row[space] > row[best] ? space : best;
}

size_t ctc_read(const float *rows, int steps, const struct charset *charset, struct ctc_character *out)
{
	int space = charset_space(charset);
	int previous = 0;
	size_t count = 0;

	for (int step = 0; step < steps; step++) {
		const float *row = rows + (size_t)step * (size_t)charset->class_count;
		int class = best_class(row, charset);
		struct ctc_character *last = count > 0 ? &out[count - 1] : NULL;

		if (last && row[space] > last->space_after)
			last->space_after = row[space];
		if (class != 0 && class != space && class == previous) {
			last->last = (float)step;
			last->confidence = fmaxf(last->confidence, row[class]);
		} else if (class != 0 && class != space) {
			out[count++] = (struct ctc_character){ class, row[class], (float)step, (float)step, 0 };
		}
		previous = class;
	}
	return count;
}

static float centre_of(const struct ctc_character *c)
{
	return (c->first + c->last) / 2;
}

static int compare_floats(const void *pa, const void *pb)
{
	float a = *(const float *)pa;
	float b = *(const float *)pb;

	return a < b ? -1 : a > b;
}

/* The median distance between neighbouring characters, over at most 256 of them. */
static float usual_distance(const struct ctc_character *c, size_t count, float fallback)
{
	float distances[256];
	size_t n = 0;

	for (size_t i = 0; i + 1 < count && n < 256; i++)
		distances[n++] = centre_of(&c[i + 1]) - centre_of(&c[i]);
	if (n == 0)
		return fallback;
	qsort(distances, n, sizeof(*distances), compare_floats);
	return distances[n / 2];
}

static bool ends_word(const struct ctc_character *c, const struct ctc_settings *s, float usual)
{
	float distance = centre_of(&c[1]) - centre_of(&c[0]);

	return c->space_after > s->space || (c->space_after > s->space_wide && distance > s->wide * usual);
}

static struct ctc_word make_word(const struct ctc_character *c, size_t first, size_t count, float usual, int steps)
{
	struct ctc_word w = { .first = first, .count = count };
	float from = c[first].first + 0.5f;
	float to = c[first + count - 1].last + 0.5f;
	float half = count > 1 ? (to - from) / (float)(count - 1) : usual;

	for (size_t i = 0; i < count; i++)
		w.confidence += c[first + i].confidence / (float)count;
	w.from = fmaxf(0, from - 0.5f * half);
	w.to = fminf((float)steps, to + 0.5f * half);
	return w;
}

size_t ctc_words(const struct ctc_character *characters, size_t count, const struct ctc_settings *settings, int steps,
		 const struct charset *charset, struct ctc_word *out)
{
	float usual = usual_distance(characters, count, count ? (float)steps / (float)count : 1);
	size_t words = 0;
	size_t first = 0;

	(void)charset;
	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count && !ends_word(&characters[i], settings, usual))
			continue;
		out[words++] = make_word(characters, first, i + 1 - first, usual, steps);
		first = i + 1;
	}
	return words;
}
