/* SPDX-License-Identifier: Apache-2.0 */
#include "text/lookalike.h"

#include <math.h>

/* How probable the other character must have been, as a share of the one read. */
#define POSSIBLE 0.02f
/* Characters with a space between them that is more probable than this are of two words. */
#define APART 0.03f

/* What stands beside a character in its word. */
enum side { SIDE_NOTHING, SIDE_LOWER, SIDE_UPPER, SIDE_DIGIT, SIDE_UNSURE, SIDE_SIGN };

struct settling {
	const float *rows;
	const struct charset *charset;
	struct ctc_character *characters;
	size_t count;
};

static enum lookalike lookalike_of(const struct charset *c, int class)
{
	for (int i = 0; i < LOOKALIKE_COUNT; i++)
		if (class != 0 && c->lookalikes[i] == class)
			return (enum lookalike)i;
	return LOOKALIKE_COUNT;
}

static enum side side_of(const struct settling *s, size_t i)
{
	struct str text = s->charset->texts[s->characters[i].class];
	char c = text.n == 1 ? text.p[0] : '\0';

	if (lookalike_of(s->charset, s->characters[i].class) < LOOKALIKE_COUNT)
		return SIDE_UNSURE;
	if (c >= 'a' && c <= 'z')
		return SIDE_LOWER;
	if (c >= 'A' && c <= 'Z')
		return SIDE_UPPER;
	return c >= '0' && c <= '9' ? SIDE_DIGIT : SIDE_SIGN;
}

static bool are_together(const struct settling *s, size_t i)
{
	return s->characters[i].space_after <= APART;
}

/* The nearest character before (step -1) or behind (1) in the word that tells something. */
static enum side look(const struct settling *s, size_t i, int step)
{
	while (step < 0 ? i > 0 && are_together(s, i - 1) : i + 1 < s->count && are_together(s, i)) {
		enum side side;

		i = step < 0 ? i - 1 : i + 1;
		side = side_of(s, i);
		if (side != SIDE_UNSURE)
			return side;
	}
	return SIDE_NOTHING;
}

static bool is_letter(enum side side)
{
	return side == SIDE_LOWER || side == SIDE_UPPER;
}

/* The word around has a digit that is surely one. */
static bool has_digit(const struct settling *s, size_t i)
{
	size_t first = i;

	while (first > 0 && are_together(s, first - 1))
		first--;
	for (size_t k = first; k < s->count; k++) {
		if (side_of(s, k) == SIDE_DIGIT)
			return true;
		if (!are_together(s, k))
			break;
	}
	return false;
}

static bool may_be(const struct settling *s, size_t i, int class)
{
	const struct ctc_character *c = &s->characters[i];
	float most = 0;

	for (int step = (int)c->first; class != 0 && step <= (int)c->last; step++)
		most = fmaxf(most, s->rows[(size_t)step * (size_t)s->charset->class_count + (size_t) class]);
	return most > POSSIBLE * c->confidence;
}

static enum lookalike settled(const struct settling *s, size_t i, enum lookalike is)
{
	enum side left = look(s, i, -1);
	enum side right = look(s, i, 1);
	bool round = is == LOOKALIKE_ZERO || is == LOOKALIKE_LOWER_O || is == LOOKALIKE_UPPER_O;
	bool digit = is == LOOKALIKE_ZERO || is == LOOKALIKE_ONE;

	if (digit && !has_digit(s, i) && (is_letter(left) || is_letter(right)) && left != SIDE_DIGIT && right != SIDE_DIGIT) {
		bool upper = left != SIDE_LOWER && right != SIDE_LOWER;

		if (round)
			return upper ? LOOKALIKE_UPPER_O : LOOKALIKE_LOWER_O;
		return upper ? LOOKALIKE_UPPER_I : LOOKALIKE_LOWER_L;
	}
	if (!digit && (left == SIDE_DIGIT || right == SIDE_DIGIT) && !is_letter(left) && !is_letter(right))
		return round ? LOOKALIKE_ZERO : LOOKALIKE_ONE;
	return is;
}

void lookalike_settle(const float *rows, const struct charset *charset, struct ctc_character *characters, size_t count)
{
	struct settling s = { rows, charset, characters, count };

	for (size_t i = 0; i < count; i++) {
		enum lookalike is = lookalike_of(charset, characters[i].class);
		enum lookalike should = is < LOOKALIKE_COUNT ? settled(&s, i, is) : is;

		if (should != is && may_be(&s, i, charset->lookalikes[should]))
			characters[i].class = charset->lookalikes[should];
	}
}
