/* SPDX-License-Identifier: Apache-2.0
 *
 * The recogniser's alphabet: what each class of its output means, and which classes are read at all.
 *
 * The model knows 6,623 characters, most of them Chinese. Only Latin letters, digits, punctuation and signs are read here: a
 * class outside of them can never win, and full-width punctuation becomes ASCII. Class 0 is CTC's blank, the last class is a
 * space.
 */
#ifndef GLEANER_TEXT_CHARSET_H
#define GLEANER_TEXT_CHARSET_H

#include "base/str.h"

/* Letters and digits that are taken for each other (lookalike.h). */
enum lookalike {
	LOOKALIKE_ZERO,
	LOOKALIKE_LOWER_O,
	LOOKALIKE_UPPER_O,
	LOOKALIKE_ONE,
	LOOKALIKE_LOWER_L,
	LOOKALIKE_UPPER_I,
	LOOKALIKE_COUNT,
};

struct charset {
	struct str *texts; /* by class; point into `keys` or constants */
	int *read;         /* the classes that are read, without blank and space */
	int class_count;   /* blank and space included */
	int read_count;
	int lookalikes[LOOKALIKE_COUNT]; /* their classes; 0: not in the alphabet */
	char *keys;                      /* owned copy of the file */
};

/* `keys`: one character a line, class 1 first. ERR_CORRUPT, ERR_NO_MEMORY. */
int charset_init(struct charset *c, struct str keys, struct error *err) MUST_CHECK;
void charset_release(struct charset *c);

static inline int charset_space(const struct charset *c)
{
	return c->class_count - 1;
}

#endif
