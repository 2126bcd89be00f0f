/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paper.h"

enum { STROKE = 2, STROKE_PITCH = 8, ROOM = 200, TEXT_ROOM = 24 };

void paper_init(struct paper *p, uint32_t along, uint32_t across, bool upright, double slope)
{
	*p = (struct paper){ .upright = upright, .slope = slope, .along = along, .across = across };
	assert_int_equal(image_init(&p->image, upright ? across : along, upright ? along : across, IMAGE_GREY, NULL), 0);
	memset(p->image.pixels, PAPER_TONE, (size_t)along * across);
}

void paper_release(struct paper *p)
{
	image_release(&p->image);
	for (size_t i = 0; i < p->word_count; i++)
		free((void *)(uintptr_t)p->words[i].text.p);
}

static struct text_point place(const struct paper *p, double u, double v)
{
	double fallen = v + p->slope * (u - p->along / 2.0);
	return p->upright ? (struct text_point){ p->across - fallen, u } : (struct text_point){ u, fallen };
}

static void dot(struct paper *p, double u, double v)
{
	struct text_point at = place(p, u, v);
	if (at.x >= 0 && at.y >= 0 && at.x < p->image.width && at.y < p->image.height)
		*image_at(&p->image, (uint32_t)at.x, (uint32_t)at.y) = PAPER_INK;
}

void paper_word(struct paper *p, int row, int column, double u, double v, double w, double h)
{
	struct text_item *word = &p->words[p->word_count++];
	char *text = calloc(1, TEXT_ROOM);

	assert_true(p->word_count <= PAPER_WORDS && text != NULL);
	snprintf(text, TEXT_ROOM, "r%dc%dx", row, column);
	*word = (struct text_item){ .text = str_c(text), .confidence = 90, .line = row };
	for (double x = 0; x < w; x += STROKE_PITCH)
		for (int i = 0; i < STROKE * (int)h; i++)
			dot(p, u + x + i % STROKE, v + i / STROKE);
	word->polygon[0] = place(p, u, v);
	word->polygon[1] = place(p, u + w, v);
	word->polygon[2] = place(p, u + w, v + h);
	word->polygon[3] = place(p, u, v + h);
	word->box = text_box_of(word->polygon);
}

void paper_rows(struct paper *p, int rows, int columns, double u, double v, double pitch_u, double pitch_v)
{
	for (int row = 0; row < rows; row++)
		for (int column = 0; column < columns; column++)
			paper_word(p, row, column, u + column * pitch_u, v + row * pitch_v, pitch_u * 0.8, pitch_v / 2);
}

void paper_set_box(struct text_item *item, struct text_box box)
{
	item->box = box;
	item->polygon[0] = (struct text_point){ box.left, box.top };
	item->polygon[1] = (struct text_point){ box.right, box.top };
	item->polygon[2] = (struct text_point){ box.right, box.bottom };
	item->polygon[3] = (struct text_point){ box.left, box.bottom };
}

struct seam_area paper_whole(const struct paper *p)
{
	return (struct seam_area){ .upright = p->upright, .to = p->along, .end = p->along };
}

static bool contains(const struct seam_area *area, struct text_point at)
{
	double u = area->upright ? at.y : at.x, v = area->upright ? at.x : at.y;
	uint32_t i = (uint32_t)fmin(fmax(u, 0), area->end - 1);

	return u >= area->from && u <= area->to && (!area->above || v >= area->above[i]) && (!area->below || v <= area->below[i]);
}

static int corners_inside(const struct seam_area *area, const struct text_item *word)
{
	int n = 0;

	for (int i = 0; i < 4; i++)
		n += contains(area, word->polygon[i]);
	return n;
}

struct text_page paper_look(struct arena *a, const struct paper *p, const struct seam_area *area)
{
	struct text_page page = { .lines = arena_alloc_array(a, ROOM, sizeof(struct text_item)),
				  .words = arena_alloc_array(a, ROOM, sizeof(struct text_item)) };
	int row = -1;

	for (size_t i = 0; i < p->word_count && page.word_count < DETECT_TEXT_WORDS_MAX; i++) {
		struct text_item word = p->words[i];
		int inside = corners_inside(area, &word);
		if (inside < 2)
			continue;
		if (word.line != row)
			page.lines[page.line_count++] = word;
		else
			page.lines[page.line_count - 1].text = arena_printf(
				a, STR_FMT " " STR_FMT, STR_ARG(page.lines[page.line_count - 1].text), STR_ARG(word.text));
		row = word.line;
		if (inside < 4)
			word.text = str_sub(word.text, 0, word.text.n - 1);
		struct text_item *line = &page.lines[page.line_count - 1];
		line->polygon[1] = word.polygon[1];
		line->polygon[2] = word.polygon[2];
		line->box = text_box_of(line->polygon);
		word.line = (int)page.line_count - 1;
		page.words[page.word_count++] = word;
	}
	return page;
}
