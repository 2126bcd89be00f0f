/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading order: columns from left to right, in each the rows from top to bottom, in each the lines from left to right. *Pure.*
 */
#ifndef GLEANER_TEXT_ORDER_H
#define GLEANER_TEXT_ORDER_H

#include "text/text.h"

/* Writes the indices of `count` outlines, `stride` bytes apart, in reading order. ERR_NO_MEMORY. */
int order_lines(const struct text_polygon *first, size_t count, size_t stride, size_t *order) MUST_CHECK;

#endif
