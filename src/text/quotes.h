/* SPDX-License-Identifier: Apache-2.0
 *
 * Quotation marks of print: readers take “ and ” for pairs of single marks, straight ones, or one of each. *Pure.*
 */
#ifndef GLEANER_TEXT_QUOTES_H
#define GLEANER_TEXT_QUOTES_H

#include "base/arena.h"

/* The word with each double mark at its beginning as “ and at its end as ”, single marks beside them taken as part of them; lone
 * single marks, and words of nothing but marks, as they are. Absent without memory; else `word` itself or a copy in `a`. */
struct str quotes_of_print(struct arena *a, struct str word);

#endif
