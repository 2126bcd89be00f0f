/* SPDX-License-Identifier: Apache-2.0 */
#include "text/compose.h"

#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "text/geometry.h"
#include "text/order.h"

/* Two readings of one character are told this near each other, in heights of their boxes; so are two of these beside each other …
 */
#define SAME_PLACE 0.15f
#define NARROW "ijlI1.,:;'|!"
/* … but no two characters are seen so little behind each other. */
#define NO_FARTHER 0.12f

enum { TWICE_MAX = 3 }; /* characters that two boxes may share */

static void add_word(struct page_builder *page, const struct charset *charset, const struct read_line *line,
		     const struct ctc_word *word)
{
	struct text_polygon polygon =
		polygon_part(&line->polygon, word->from / (float)line->steps, word->to / (float)line->steps);
	struct buf text;

	buf_init(&text, KIB(64));
	for (size_t i = 0; i < word->count; i++)
		buf_add_str(&text, charset->texts[line->characters[word->first + i].class]);
	page->failed |= buf_failed(&text) != 0;
	page_add_word(page, buf_str(&text), word->confidence, &polygon);
	buf_release(&text);
}

/* The detector often takes the words of a line one by one: `next` goes on where `last` ends. */
static bool continues(const struct text_polygon *last, const struct text_polygon *next)
{
	struct image_point axis = polygon_axis(last);
	struct image_point other = polygon_axis(next);
	struct image_point from = point_between(last->points[1], last->points[2], 0.5f);
	struct image_point to = point_between(next->points[0], next->points[3], 0.5f);
	float height = fminf(polygon_height(last), polygon_height(next));
	float along = (to.x - from.x) * axis.x + (to.y - from.y) * axis.y;
	float across = (to.y - from.y) * axis.x - (to.x - from.x) * axis.y;

	return axis.x * other.x + axis.y * other.y > 0.97f && fabsf(across) < 0.35f * height && along > -0.5f * height &&
	       along < height;
}

/* Where a character was seen in the image. */
static struct image_point place_of(const struct read_line *line, size_t i)
{
	const struct ctc_character *c = &line->characters[i];
	float at = ((c->first + c->last) / 2 + 0.5f) / (float)line->steps;

	return point_between(point_between(line->polygon.points[0], line->polygon.points[1], at),
			     point_between(line->polygon.points[3], line->polygon.points[2], at), 0.5f);
}

/* How far the one was seen behind the other, in heights of the lower box. */
static float distance_behind(const struct read_line *last, size_t i, const struct read_line *next, size_t k)
{
	struct image_point axis = polygon_axis(&last->polygon);
	struct image_point from = place_of(last, i);
	struct image_point to = place_of(next, k);
	float height = fmaxf(fminf(polygon_height(&last->polygon), polygon_height(&next->polygon)), 1);

	return ((to.x - from.x) * axis.x + (to.y - from.y) * axis.y) / height;
}

/* How many characters at the beginning of `next` are the last ones of `last`, seen at the same places. */
static size_t equal_characters(const struct charset *charset, const struct read_line *last, const struct read_line *next)
{
	size_t most = last->character_count < next->character_count ? last->character_count : next->character_count;

	for (size_t count = most < TWICE_MAX ? most : TWICE_MAX; count > 0; count--) {
		size_t from = last->character_count - count;
		size_t same = 0;

		while (same < count && last->characters[from + same].class == next->characters[same].class &&
		       !strchr(NARROW, charset->texts[next->characters[same].class].p[0]) &&
		       fabsf(distance_behind(last, from + same, next, same)) < SAME_PLACE)
			same++;
		if (same == count)
			return count;
	}
	return 0;
}

/* Boxes beside each other may overlap: how many characters `next` begins with that `last` has told. What is seen no farther on
 * than the last character is that one, whatever it was read as. */
static size_t told_before(const struct charset *charset, const struct read_line *last, const struct read_line *next)
{
	size_t equal = equal_characters(charset, last, next);
	size_t end = last->character_count;

	if (equal > 0 || end == 0 || next->character_count < 2 || !continues(&last->polygon, &next->polygon))
		return equal;
	return distance_behind(last, end - 1, next, 0) < NO_FARTHER && distance_behind(last, end - 1, next, 1) > SAME_PLACE;
}

/* Without its first `skip` characters. */
static int add_line(struct page_builder *page, const struct charset *charset, const struct read_line *line, size_t skip)
{
	struct ctc_word *words = calloc(line->character_count + 1, sizeof(*words));
	size_t count;

	if (!words)
		return ERR_NO_MEMORY;
	count = ctc_words(line->characters + skip, line->character_count - skip, line->steps, charset, words);
	for (size_t i = 0; i < count; i++) {
		words[i].first += skip;
		add_word(page, charset, line, &words[i]);
	}
	free(words);
	return 0;
}

/* Both readings of an image. */
struct readings {
	const struct charset *charset;
	const struct text_page *print;
	const struct read_line *lines;
	size_t line_count;
};

/* The line of the networks at that place among all; NULL where it is one of print. */
static const struct read_line *line_at(const struct readings *r, size_t i)
{
	return i < r->print->line_count ? NULL : &r->lines[i - r->print->line_count];
}

static int add_ordered(struct page_builder *page, const struct readings *r, const struct text_polygon *outlines,
		       const size_t *order)
{
	size_t count = r->print->line_count + r->line_count;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct read_line *last = i > 0 ? line_at(r, order[i - 1]) : NULL;
		const struct read_line *line = line_at(r, order[i]);
		size_t skip = last && line ? told_before(r->charset, last, line) : 0;

		if (i == 0 || (skip == 0 && !continues(&outlines[order[i - 1]], &outlines[order[i]])))
			page_add_line(page);
		if (line)
			rc = add_line(page, r->charset, line, skip);
		else
			page_add_words(page, r->print, &r->print->lines[order[i]], 0);
	}
	return rc;
}

int compose_page(struct page_builder *page, const struct charset *charset, const struct text_page *print,
		 const struct read_line *lines, size_t line_count, struct error *err)
{
	const struct readings r = { charset, print, lines, line_count };
	size_t count = print->line_count + line_count;
	struct text_polygon *outlines = calloc(count + 1, sizeof(*outlines));
	size_t *order = calloc(count + 1, sizeof(*order));
	int rc = order && outlines ? 0 : ERR_NO_MEMORY;

	for (size_t i = 0; rc == 0 && i < count; i++)
		outlines[i] = line_at(&r, i) ? line_at(&r, i)->polygon : print->lines[i].polygon;
	if (rc == 0)
		rc = order_lines(outlines, count, sizeof(*outlines), order);
	if (rc == 0)
		rc = add_ordered(page, &r, outlines, order);
	free(order);
	free(outlines);
	if (rc == 0 && print->line_count > 0)
		page_join_print(page);
	return rc == 0 ? 0 : error_set(err, rc, "no memory for the text of an image");
}
