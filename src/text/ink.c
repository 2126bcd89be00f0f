/* SPDX-License-Identifier: Apache-2.0 */
#include "text/ink.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LEVELS = 64 };

/* A plain background: this share of the pixels has less ink than PLAIN_INK of what strong columns have. Scans and screens have
 * one; photographs seldom do, and what looks blank there is none. */
#define PLAIN_SHARE 0.58f
#define PLAIN_INK 0.15f

/* A column is blank below this share of the ink that strong columns have. */
#define BLANK_SHARE 0.25f
/* A strong column: only this share of the columns has more ink. */
#define STRONG_RANK 0.1f
/* A row with ink in more of its columns than this is a rule. */
#define RULE_SHARE 0.85f
/* Differences from here on are ink when rules are looked for. */
#define RULE_INK 0.3f

static int level_of(float value)
{
	int level = (int)((value + 1) * (LEVELS / 2));

	return level < 0 ? 0 : level >= LEVELS ? LEVELS - 1 : level;
}

static float value_of(int level)
{
	return ((float)level + 0.5f) / (LEVELS / 2) - 1;
}

/* What most pixels are: the background. */
static float usual_value(const float *values, size_t count)
{
	size_t counts[LEVELS] = { 0 };
	int best = 0;

	for (size_t i = 0; i < count; i++)
		counts[level_of(values[i])]++;
	for (int level = 1; level < LEVELS; level++)
		if (counts[level] > counts[best])
			best = level;
	return value_of(best);
}

static bool is_rule(const float *row, int width, float usual)
{
	int inked = 0;

	for (int x = 0; x < width; x++)
		inked += fabsf(row[x] - usual) > RULE_INK;
	return (float)inked > RULE_SHARE * (float)width;
}

static bool is_plain(const float *rows, size_t count, float usual, float limit)
{
	size_t blank = 0;

	for (size_t i = 0; i < count; i++)
		blank += fabsf(rows[i] - usual) < limit;
	return (float)blank >= PLAIN_SHARE * (float)count;
}

/* Each column's strongest difference from the background. */
static void measure_columns(const float *rows, int width, int height, float usual, float *columns)
{
	memset(columns, 0, (size_t)width * sizeof(*columns));
	for (int y = 0; y < height; y++) {
		const float *row = rows + (size_t)y * (size_t)width;

		if (is_rule(row, width, usual))
			continue;
		for (int x = 0; x < width; x++)
			columns[x] = fmaxf(columns[x], fabsf(row[x] - usual));
	}
}

/* The ink that only the strongest columns have more of. */
static float strong_ink(const float *columns, int width)
{
	int counts[LEVELS] = { 0 };
	int above = 0;
	int level = LEVELS - 1;

	for (int x = 0; x < width; x++)
		counts[level_of(columns[x] - 1)]++;
	while (level > 0 && (float)(above + counts[level]) < STRONG_RANK * (float)width)
		above += counts[level--];
	return value_of(level) + 1;
}

size_t ink_blanks(const float *rows, int width, int height, float *columns, struct ink_blank *out)
{
	size_t pixels = (size_t)width * (size_t)height;
	float usual = usual_value(rows, pixels);
	float strong, limit;
	size_t count = 0;

	measure_columns(rows, width, height, usual, columns);
	strong = strong_ink(columns, width);
	if (!is_plain(rows, pixels, usual, PLAIN_INK * strong))
		return 0;
	limit = BLANK_SHARE * strong;
	for (int x = 0; x < width; x++) {
		int from = x;

		while (x < width && columns[x] < limit)
			x++;
		if (x > from)
			out[count++] = (struct ink_blank){ from, x };
	}
	return count;
}
