/* SPDX-License-Identifier: Apache-2.0
 *
 * Collects what an engine reads, and makes the page of it. *Pure.*
 *
 * Engines add lines in reading order and words into the line added last. A failure (memory) is sticky and told by page_finish.
 */
#ifndef GLEANER_TEXT_PAGE_H
#define GLEANER_TEXT_PAGE_H

#include "text/text.h"

struct page_builder {
	struct arena *arena;
	struct text_page page;
	size_t line_capacity, word_capacity;
	float alone; /* a word of one or two characters that stands alone is so many times as likely to be wrong; 0: as likely */
	bool failed;
};

void page_init(struct page_builder *b, struct arena *arena);
void page_add_line(struct page_builder *b);
/* `text` is copied. Words without text are dropped; before any line, one is begun. */
void page_add_word(struct page_builder *b, struct str text, float confidence, const struct text_polygon *polygon);

/* The words of another page's line, moved down by so many pixels, into the line added last. */
void page_add_words(struct page_builder *b, const struct text_page *page, const struct text_line *line, float down);

/* Old print sets punctuation and dashes apart, and readers take them for words: puts them to the words they belong to. Gives
 * words the quotation marks of print. */
void page_join_print(struct page_builder *b);

/* Breaks lines at large gaps, drops empty ones, gives each its text, confidence and polygon. ERR_NO_MEMORY. */
int page_finish(struct page_builder *b, struct text_page *out, struct error *err) MUST_CHECK;

/* A line ends where the next word is further away than this many heights of its text. */
#define PAGE_GAP_HEIGHTS 2.5f

#endif
