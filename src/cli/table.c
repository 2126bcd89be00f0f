/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

enum { GAP = 2 };

void table_add(struct table *t, struct str cell)
{
	if (t->rows == t->capacity) {
		size_t capacity = t->capacity ? t->capacity * 2 : 64;
		struct str *cells = arena_alloc_array(t->arena, capacity, sizeof(*cells));
		if (!cells)
			return;
		if (t->rows)
			memcpy(cells, t->cells, t->rows * sizeof(*cells));
		t->cells = cells;
		t->capacity = capacity;
	}
	t->cells[t->rows++] = cell;
}

void table_init(struct table *t, struct arena *a, const char *const *headings)
{
	*t = (struct table){ .arena = a };
	while (headings[t->columns]) {
		table_add(t, str_c(headings[t->columns]));
		t->columns++;
	}
}

/* The longest beginning of at most `width` characters. */
static struct str cut(struct str s, size_t width)
{
	size_t n = 0, characters = 0;

	while (n < s.n) {
		characters += ((unsigned char)s.p[n] & 0xC0) != 0x80;
		if (characters > width)
			break;
		n++;
	}
	return str_sub(s, 0, n);
}

static void print_cell(FILE *out, struct str cell, size_t width)
{
	cell = cut(cell, width);
	for (size_t i = 0; i < cell.n; i++)
		putc((unsigned char)cell.p[i] < ' ' ? ' ' : cell.p[i], out);
	for (size_t n = str_utf8_length(cell); n < width; n++)
		putc(' ', out);
}

void table_print(const struct table *t, FILE *out, size_t width)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 }, used = 0;

	for (size_t i = 0; i < t->rows; i++) {
		size_t n = str_utf8_length(t->cells[i]), column = i % t->columns;
		widths[column] = n > widths[column] ? n : widths[column];
	}
	for (size_t c = 0; c + 1 < t->columns; c++)
		used += widths[c] + GAP;
	for (size_t i = 0; i + t->columns <= t->rows; i += t->columns) {
		for (size_t c = 0; c + 1 < t->columns; c++) {
			print_cell(out, t->cells[i + c], widths[c]);
			fprintf(out, "%*s", GAP, "");
		}
		struct str last = t->cells[i + t->columns - 1];
		if (width > used)
			last = cut(last, width - used);
		print_cell(out, last, str_utf8_length(last));
		putc('\n', out);
	}
}
