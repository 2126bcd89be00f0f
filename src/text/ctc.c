/* SPDX-License-Identifier: Apache-2.0 */
#include "text/ctc.h"

#include <math.h>

#include "text/geometry.h"

/* Probabilities of a space. */
#define SPACE_HINTED 0.003f
#define SPACE_USUAL 0.03f
#define SPACE_LIKELY 0.2f
#define SPACE_CERTAIN 0.8f
#define SPACE_IN_NUMBER 0.99f /* dot-matrix printers leave wide blanks around points and colons */
#define SPACE_NEVER 2.0f

/* What a blank tells: nothing when it is this many columns wide, in a line 48 high, and a quarter of log odds
 * for and against a space with each column more and less (logistic regression over half of the images). */
#define BLANK_NEUTRAL 10.4f
#define BLANK_WEIGHT 0.25f
#define BLANK_MAX 30.0f
/* Without a blank as wide as this the line's characters touch, or it has no plain background: blanks tell nothing. */
#define BLANK_MEASURED 4.0f

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
			out[count++] = (struct ctc_character){
				.class = class, .confidence = row[class], .first = (float)step, .last = (float)step
			};
		}
		previous = class;
	}
	return count;
}

static float centre_of(const struct ctc_character *c)
{
	return (c->first + c->last) / 2;
}

void ctc_place_blanks(struct ctc_character *characters, size_t count, int steps, const struct ink_blank *blanks,
		      size_t blank_count, int width)
{
	float scale = (float)steps / (float)width;
	size_t i = 0;

	for (size_t k = 0; k < blank_count; k++) {
		float from = (float)blanks[k].from * scale;
		float to = (float)blanks[k].to * scale;
		float middle = (from + to) / 2 - 0.5f; /* characters are seen in the middle of a step */

		while (i + 1 < count && centre_of(&characters[i + 1]) <= middle)
			i++;
		if (i + 1 < count && centre_of(&characters[i]) <= middle &&
		    to - from > characters[i].blank_to - characters[i].blank_from) {
			characters[i].blank_from = from;
			characters[i].blank_to = to;
		}
	}
}

/* The median distance between neighbouring characters, over at most 256 of them. */
static float usual_distance(const struct ctc_character *c, size_t count, float fallback)
{
	float distances[256];
	size_t n = 0;

	for (size_t i = 0; i + 1 < count && n < 256; i++)
		distances[n++] = centre_of(&c[i + 1]) - centre_of(&c[i]);
	return n > 0 ? float_median(distances, n) : fallback;
}

enum kind { KIND_LOWER, KIND_UPPER, KIND_DIGIT, KIND_OTHER };

static enum kind kind_of(struct str c)
{
	if (c.n == 1 && c.p[0] >= 'a' && c.p[0] <= 'z')
		return KIND_LOWER;
	if (c.n == 1 && c.p[0] >= 'A' && c.p[0] <= 'Z')
		return KIND_UPPER;
	return c.n == 1 && c.p[0] >= '0' && c.p[0] <= '9' ? KIND_DIGIT : KIND_OTHER;
}

static bool is_one_of(struct str c, const char *set)
{
	return c.n == 1 && strchr(set, c.p[0]) != NULL;
}

/* Counted on the tuning half of the images: the threshold with the fewest wrong breaks for each pair. */
float ctc_space_needed(struct str before, struct str after)
{
	enum kind b = kind_of(after);

	if (is_one_of(after, ";!?"))
		return SPACE_NEVER;
	if (is_one_of(after, "_") || is_one_of(before, "_@"))
		return SPACE_CERTAIN;
	if (is_one_of(before, ".") && (b == KIND_LOWER || b == KIND_DIGIT))
		return SPACE_CERTAIN;
	if (is_one_of(after, ".,)]}%"))
		return SPACE_LIKELY;
	if (is_one_of(before, "-/(["))
		return SPACE_LIKELY;
	if (is_one_of(before, ",;|") && b != KIND_DIGIT)
		return SPACE_HINTED;
	return SPACE_USUAL;
}

static float blank_columns(const struct ctc_character *c)
{
	return (c->blank_to - c->blank_from) * CTC_STEP_COLUMNS;
}

static float log_odds(float probability)
{
	float p = fminf(fmaxf(probability, 1e-4f), 1 - 1e-4f);

	return logf(p / (1 - p));
}

static bool is_digit(struct str c)
{
	return kind_of(c) == KIND_DIGIT;
}

/* Character `i` of `count` and the next one; numbers and empty brackets show in what stands around them. */
static float space_needed(const struct ctc_character *c, size_t i, size_t count, const struct charset *charset)
{
	struct str earlier = i > 0 ? charset->texts[c[i - 1].class] : STR("");
	struct str before = charset->texts[c[i].class];
	struct str after = charset->texts[c[i + 1].class];
	struct str later = i + 2 < count ? charset->texts[c[i + 2].class] : STR("");

	if (is_digit(earlier) && is_one_of(before, ".:") && is_digit(after))
		return SPACE_IN_NUMBER;
	if (is_one_of(after, "(") && is_one_of(later, ")"))
		return SPACE_CERTAIN;
	return ctc_space_needed(before, after);
}

/* `measured`: the line's blanks tell something. */
static bool ends_word(const struct ctc_character *c, float needed, bool measured)
{
	float evidence = measured ? BLANK_WEIGHT * (fminf(blank_columns(c), BLANK_MAX) - BLANK_NEUTRAL) : 0;

	return needed < SPACE_NEVER && log_odds(c->space_after) + evidence > log_odds(needed);
}

static bool has_blanks(const struct ctc_character *c, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++)
		if (blank_columns(&c[i]) >= BLANK_MEASURED)
			return true;
	return false;
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
	if (first > 0 && blank_columns(&c[first - 1]) >= BLANK_MEASURED)
		w.from = fminf(c[first - 1].blank_to, from);
	if (blank_columns(&c[first + count - 1]) >= BLANK_MEASURED)
		w.to = fmaxf(c[first + count - 1].blank_from, to);
	return w;
}

size_t ctc_words(const struct ctc_character *characters, size_t count, int steps, const struct charset *charset,
		 struct ctc_word *out)
{
	float usual = usual_distance(characters, count, count ? (float)steps / (float)count : 1);
	bool measured = has_blanks(characters, count);
	size_t words = 0;
	size_t first = 0;

	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count && !ends_word(&characters[i], space_needed(characters, i, count, charset), measured))
			continue;
		out[words++] = make_word(characters, first, i + 1 - first, usual, steps);
		first = i + 1;
	}
	return words;
}
