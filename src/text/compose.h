/* SPDX-License-Identifier: Apache-2.0
 *
 * From lines as they were read to the page: brings what Tesseract and what the networks read into one order, joins the boxes of
 * one line, tells once what two boxes beside each other both show, and parts the lines into words. *Pure.*
 */
#ifndef GLEANER_TEXT_COMPOSE_H
#define GLEANER_TEXT_COMPOSE_H

#include "text/page.h"
#include "text/recogniser.h"

/* Adds the lines of `print` and `lines` to the page, which is not finished yet. ERR_NO_MEMORY. */
int compose_page(struct page_builder *page, const struct charset *charset, const struct text_page *print,
		 const struct read_line *lines, size_t line_count, struct error *err) MUST_CHECK;

#endif
