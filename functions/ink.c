/* SPDX-License-Identifier: Apache-2.0 */
#include "ink.h"

#include <math.h>
#include <stdlib.h>

/* Tones change sharply where they change by this share of what lies between a word's darkest and its lightest. */
#define SHARP_SHARE 0.25
/* Paper's grain is no ink, pale text is. */
#define SHARP_MIN 12
#define SHARP_MAX 64
/* Words of one line this many heights apart tell how it slants. */
#define SLANT_HEIGHTS 4
/* By how much the line's slope may differ from its words'. */
#define SLANT_SLACK 0.08
/* A steeper slope than this was misread. */
#define SLOPE_MAX 1.0

enum { MARK_WEIGHT = 64, LETTERS_A_WORD = 5 };

static struct text_point middle_of(const struct text_item *word)
{
	return (struct text_point){ (word->box.left + word->box.right) / 2, (word->box.top + word->box.bottom) / 2 };
}

static double distance(struct text_point a, struct text_point b)
{
	return hypot(b.x - a.x, b.y - a.y);
}

static double height_of(const struct text_item *word)
{
	return distance(word->polygon[0], word->polygon[3]);
}

static bool runs_upright(const struct text_page *seen)
{
	double level = 0, upright = 0;

	for (size_t i = 0; i < seen->word_count; i++) {
		const struct text_point *p = seen->words[i].polygon;

		level += fabs(p[1].x - p[0].x);
		upright += fabs(p[1].y - p[0].y);
	}
	return upright > level;
}

/* How far `to` lies below `from` for each pixel along, whichever way the text runs. */
static bool slope_between(struct text_point from, struct text_point to, double *run, double *fall)
{
	*run = fabs(to.x - from.x);
	*fall = to.x < from.x ? from.y - to.y : to.y - from.y;
	return fabs(*fall) <= SLOPE_MAX * *run;
}

static double slope_of_words(const struct ink *ink, const struct text_page *seen)
{
	double falls = 0, runs = 0, fall, run;

	for (size_t i = 0; i < seen->word_count; i++) {
		const struct text_point *p = seen->words[i].polygon;
		if (!slope_between(ink_place(ink, p[0]), ink_place(ink, p[1]), &run, &fall))
			continue;
		falls += fall;
		runs += run;
	}
	return runs > 0 ? falls / runs : 0;
}

/* Words' own outlines may be level where their line is not quite: the line they make tells more. */
static double slope_of(const struct ink *ink, const struct text_page *seen)
{
	double rough = slope_of_words(ink, seen);
	double falls = 0, runs = 0, fall, run;

	for (size_t i = 0, first = 0; i < seen->word_count; i++) {
		if (seen->words[i].line != seen->words[first].line)
			first = i;
		struct text_point from = ink_place(ink, middle_of(&seen->words[first]));
		if (!slope_between(from, ink_place(ink, middle_of(&seen->words[i])), &run, &fall) ||
		    run < SLANT_HEIGHTS * ink->line_height || fabs(fall - rough * run) > SLANT_SLACK * run)
			continue;
		falls += fall;
		runs += run;
	}
	return runs > 0 ? falls / runs : rough;
}

static int compare_numbers(const void *left, const void *right)
{
	double l = *(const double *)left, r = *(const double *)right;
	return (l > r) - (l < r);
}

static double usual_height(const struct text_page *seen)
{
	double heights[DETECT_TEXT_WORDS_MAX];
	size_t n = 0;

	for (; n < seen->word_count && n < DETECT_TEXT_WORDS_MAX; n++)
		heights[n] = height_of(&seen->words[n]);
	if (n == 0)
		return 0;
	qsort(heights, n, sizeof(heights[0]), compare_numbers);
	return heights[n / 2];
}

static uint32_t clamped(double value, uint32_t max)
{
	return (uint32_t)fmin(fmax(value, 0), max);
}

static int contrast_in(const struct image *image, const struct text_box *b)
{
	int darkest = UINT8_MAX, lightest = 0;

	for (uint32_t y = clamped(b->top, image->height); y < clamped(b->bottom, image->height); y++)
		for (uint32_t x = clamped(b->left, image->width); x < clamped(b->right, image->width); x++) {
			int tone = *image_at(image, x, y);
			darkest = tone < darkest ? tone : darkest;
			lightest = tone > lightest ? tone : lightest;
		}
	return lightest > darkest ? lightest - darkest : 0;
}

static int sharpness(const struct image *image, const struct text_page *seen)
{
	double sum = 0;

	for (size_t i = 0; i < seen->word_count; i++)
		sum += contrast_in(image, &seen->words[i].box);
	double usual = seen->word_count ? sum / (double)seen->word_count : 0;
	return (int)fmin(fmax(SHARP_SHARE * usual, SHARP_MIN), SHARP_MAX);
}

static bool differs(const uint8_t *a, const uint8_t *b, uint32_t channels, int sharp)
{
	for (uint32_t c = 0; c < channels; c++)
		if (abs(a[c] - b[c]) > sharp)
			return true;
	return false;
}

static void mark(struct ink *ink, const struct image *image, int sharp)
{
	for (uint32_t y = 1; y < image->height; y++)
		for (uint32_t x = 1; x < image->width; x++) {
			const uint8_t *p = image_at(image, x, y);
			bool is_ink = differs(p, p - image->channels, image->channels, sharp) ||
				      differs(p, image_at(image, x, y - 1), image->channels, sharp);

			if (is_ink)
				ink->marks[ink->upright ? (size_t)x * ink->along + y : (size_t)y * ink->along + x] = 1;
		}
}

/* sums[i + 1] first holds row i alone. */
static void add_up(struct ink *ink)
{
	size_t rows = (size_t)(ink->end - ink->first);

	for (uint32_t v = 0; v < ink->across; v++) {
		const uint8_t *marks = ink->marks + (size_t)v * ink->along;
		for (uint32_t u = 0; u < ink->along; u++)
			ink->sums[(int64_t)v - ink->falls[u] - ink->first + 1] += marks[u];
	}
	for (size_t i = 0; i < rows; i++)
		ink->sums[i + 1] = ink->sums[i] + ink->sums[i + 1] * MARK_WEIGHT + 1;
}

int ink_init(struct ink *out, const struct image *image, const struct text_page *seen, struct error *err)
{
	struct ink ink = { .upright = runs_upright(seen), .line_height = usual_height(seen) };

	ink.along = ink.upright ? image->height : image->width;
	ink.across = ink.upright ? image->width : image->height;
	ink.slope = slope_of(&ink, seen);
	int64_t most = (int64_t)ceil(fabs(ink.slope) * ink.along / 2) + 1;
	ink.first = -most;
	ink.end = ink.across + most;
	ink.marks = calloc(ink.along, ink.across);
	ink.sums = calloc((size_t)(ink.end - ink.first) + 1, sizeof(*ink.sums));
	ink.falls = calloc(ink.along, sizeof(*ink.falls));
	if (ink.marks == NULL || ink.sums == NULL || ink.falls == NULL) {
		ink_release(&ink);
		return error_set(err, ERR_NO_MEMORY, "no memory for an image's ink");
	}
	for (uint32_t u = 0; u < ink.along; u++)
		ink.falls[u] = (int32_t)lround(ink.slope * (u - ink.along / 2.0));
	mark(&ink, image, sharpness(image, seen));
	add_up(&ink);
	*out = ink;
	return 0;
}

void ink_release(struct ink *ink)
{
	free(ink->marks);
	free(ink->sums);
	free(ink->falls);
	*ink = (struct ink){ 0 };
}

static size_t row_index(const struct ink *ink, int64_t row)
{
	return (size_t)((row < ink->first ? ink->first : row > ink->end ? ink->end : row) - ink->first);
}

double ink_between(const struct ink *ink, int64_t from, int64_t to)
{
	return from < to ? (double)(ink->sums[row_index(ink, to)] - ink->sums[row_index(ink, from)]) : 0;
}

int64_t ink_reaches(const struct ink *ink, int64_t from, double amount)
{
	int64_t low = from, high = ink->end;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;
		if (ink_between(ink, from, middle) < amount)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Follows the slope, for a slanting word's upright box holds its neighbours' ink too. */
static size_t marks_in(const struct ink *ink, const struct text_item *word)
{
	struct text_point middle = ink_place(ink, middle_of(word));
	double width = distance(word->polygon[0], word->polygon[1]), height = height_of(word);
	uint32_t end = clamped(middle.x + width / 2, ink->along);
	size_t sum = 0;

	for (uint32_t u = clamped(middle.x - width / 2, ink->along); u < end; u++) {
		double v = middle.y + ink->slope * (u - middle.x);
		for (int64_t i = (int64_t)(v - height / 2); i < (int64_t)(v + height / 2); i++)
			sum += ink_at(ink, u, i);
	}
	return sum;
}

static size_t letters_in(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

/* The largest words are the longest: their letters tell, for a letter takes as much ink in any word. */
double ink_words_each(const struct ink *ink, const struct text_page *seen)
{
	size_t letters = 0;
	double amount = 0;

	for (size_t i = 0; i < seen->word_count; i++) {
		letters += letters_in(seen->words[i].text);
		amount += (double)marks_in(ink, &seen->words[i]) * MARK_WEIGHT + height_of(&seen->words[i]);
	}
	double each = seen->word_count ? (double)letters / (double)seen->word_count : 1;
	return amount > 0 ? (double)letters / fmin(each, LETTERS_A_WORD) / amount : 0;
}
