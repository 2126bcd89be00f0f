/* SPDX-License-Identifier: Apache-2.0
 *
 * A small table for people: columns as wide as their longest cell, the last one cut to the terminal.
 */
#ifndef GLEANER_CLI_TABLE_H
#define GLEANER_CLI_TABLE_H

#include <stdio.h>

#include "base/arena.h"

enum { TABLE_COLUMNS_MAX = 12 };

struct table {
	struct arena *arena;
	size_t columns, rows, capacity;
	struct str *cells; /* row by row; the first row is the heading */
};

/* `headings` ends with NULL. */
void table_init(struct table *t, struct arena *a, const char *const *headings);
/* One cell after the other, row by row; texts are borrowed. */
void table_add(struct table *t, struct str cell);
/* `width`: of the terminal, 0 for unlimited. */
void table_print(const struct table *t, FILE *out, size_t width);

#endif
