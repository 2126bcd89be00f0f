/* SPDX-License-Identifier: Apache-2.0
 *
 * Letters and digits that look alike, 0 and O, 1 and l or I: their neighbours tell which one it is. *Pure.*
 *
 * A digit among letters becomes the letter, a letter among digits the digit, but only where the network took the other one for
 * possible too. Codes, which mix both ("B01", "log1p"), stay as they were read.
 */
#ifndef GLEANER_TEXT_LOOKALIKE_H
#define GLEANER_TEXT_LOOKALIKE_H

#include "text/ctc.h"

/* `rows`: what the characters were read from, as ctc_read's. */
void lookalike_settle(const float *rows, const struct charset *charset, struct ctc_character *characters, size_t count);

#endif
