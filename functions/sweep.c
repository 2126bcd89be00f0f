/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep.h"

#include <math.h>

/* A full tile has at least this many times the words that are told: the next is planned by that. */
#define FULL_EXCESS 1.2
/* How far one tile's answer moves the guess for the next, and at most how many times. */
#define TRUST 0.6
#define MOVE_MAX 2.0
/* How much tiles overlap, in line heights: by a line, as a rule. But not by more than this part of a tile, where lines are long.
 */
#define OVERLAP 2.0
#define OVERLAP_SHARE 0.2
/* In line heights: a tile that is lower is not made shorter; how far from the planned row a seam is looked for. */
#define LOWEST 2.0
#define REACH 1.3

/* Of the largest word near: where a cut is not clean, so far beyond it a tile goes. */
#define WORD_SHARE 0.75

enum { REACH_MIN = 10, WORD_MARGIN = 4 };

/* As high as the largest word at that row: the largest of a page are known. */
static double word_at(const struct sweep *s, int64_t row)
{
	const struct ink *ink = s->ink;
	double largest = ink->line_height;

	for (size_t i = 0; i < s->seen->word_count; i++) {
		const struct text_box *b = &s->seen->words[i].box;
		struct text_point from = ink_place(ink, (struct text_point){ b->left, b->top });
		struct text_point to = ink_place(ink, (struct text_point){ b->right, b->bottom });
		double fall = ink->slope * ((from.x + to.x) / 2 - ink->along / 2.0);
		if (from.y - fall <= (double)row && to.y - fall >= (double)row)
			largest = fmax(largest, to.y - from.y);
	}
	return fmin(largest * WORD_SHARE + WORD_MARGIN, ink->across / 3.0);
}

void sweep_init(struct sweep *s, struct arena *a, const struct ink *ink, const struct text_page *seen)
{
	double all = ink_between(ink, ink->first, ink->end);

	*s = (struct sweep){ .arena = a, .ink = ink, .seen = seen, .row = ink->first };
	s->overlap = OVERLAP * ink->line_height;
	s->words_each = fmax(ink_words_each(ink, seen), FULL_EXCESS * (double)seen->word_count / all);
}

bool sweep_is_done(const struct sweep *s)
{
	return s->row >= s->ink->end;
}

static int plan_rest(struct sweep *s, struct seam_area *out)
{
	s->row_end = s->row_next = s->ink->end;
	s->next_above = NULL;
	out->below = NULL;
	return 0;
}

/* A seam near that row; where it is not clean, the best there is, moved by a word's height: on (1) or back (-1). */
static int find_seam(struct sweep *s, int64_t row, int to, struct seam *out, struct error *err)
{
	uint32_t reach = (uint32_t)fmax(REACH_MIN, REACH * s->ink->line_height);
	struct seam seam;

	int rc = seam_find(s->arena, s->ink, row, reach, &seam, err);
	if (rc == 0 && !seam.clean)
		rc = seam_shift(s->arena, s->ink, &seam, (int64_t)(to * word_at(s, row)), &seam, err);
	if (rc == 0)
		*out = seam;
	return rc;
}

/* The tile ends near `row`, the next begins above that. */
static int plan_seams(struct sweep *s, int64_t row, int64_t overlap, struct seam_area *out, struct error *err)
{
	struct seam end, next;

	int rc = find_seam(s, row, 1, &end, err);
	if (rc == 0)
		rc = find_seam(s, row - overlap, -1, &next, err);
	if (rc)
		return rc;
	for (uint32_t u = 0; u < s->ink->along; u++)
		next.places[u] = next.places[u] < end.places[u] ? next.places[u] : end.places[u];
	s->row_end = row;
	s->row_next = row - overlap;
	s->next_above = next.places;
	out->below = end.places;
	return 0;
}

int sweep_next(struct sweep *s, int64_t looks_left, struct seam_area *out, struct error *err)
{
	const struct ink *ink = s->ink;
	double rest = ink_between(ink, s->row, ink->end), words = rest * s->words_each;
	double twice =
		fmin(s->overlap * words / (double)(ink->end - s->row), OVERLAP_SHARE * SWEEP_WORDS); /* told by two tiles */
	double tiles = fmin(ceil((words - twice) / (SWEEP_WORDS - twice)), (double)looks_left);
	double lowest = LOWEST * ink->line_height;
	struct seam_area area = { .upright = ink->upright, .to = ink->along, .end = ink->along, .above = s->above };
	int rc;

	int64_t row = tiles > 1 ? ink_reaches(ink, s->row, (words + (tiles - 1) * twice) / tiles / s->words_each) : ink->end;
	row = (int64_t)fmax((double)row, (double)s->row + lowest);
	if (words <= SWEEP_WORDS_END || tiles <= 1 || row + (int64_t)lowest / 2 >= ink->end)
		rc = plan_rest(s, &area);
	else
		rc = plan_seams(s, row, (int64_t)fmin(s->overlap, OVERLAP_SHARE * (double)(row - s->row)), &area, err);
	if (rc == 0)
		*out = area;
	return rc;
}

void sweep_accept(struct sweep *s, size_t words)
{
	double amount = ink_between(s->ink, s->row, s->row_end);
	double told = amount > 0 ? (double)words / amount : s->words_each;
	double guess = (1 - TRUST) * s->words_each + TRUST * told;

	s->words_each = fmin(fmax(guess, s->words_each / MOVE_MAX), s->words_each * MOVE_MAX);
	s->row = s->row_next;
	s->above = s->next_above;
}

bool sweep_shorten(struct sweep *s)
{
	double amount = ink_between(s->ink, s->row, s->row_end);

	if ((double)(s->row_end - s->row) <= LOWEST * s->ink->line_height || s->row_end - s->row <= REACH_MIN || amount <= 0)
		return false;
	s->words_each = fmax(s->words_each, DETECT_TEXT_WORDS_MAX / amount) * FULL_EXCESS;
	return true;
}
