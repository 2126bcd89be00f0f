/* SPDX-License-Identifier: Apache-2.0 */
#include "service/dynamodb/capacity.h"

enum { WRITE_UNIT = 1024, READ_UNIT = 4096 };

const char *const capacity_levels[] = { "INDEXES", "TOTAL", "NONE", NULL };

enum capacity_level capacity_level_of(struct str text)
{
	if (str_eq(text, STR("INDEXES")))
		return CAPACITY_INDEXES;
	return str_eq(text, STR("TOTAL")) ? CAPACITY_TOTAL : CAPACITY_NONE;
}

static double units(size_t size, size_t unit)
{
	return size == 0 ? 1 : (double)((size + unit - 1) / unit);
}

double capacity_write_units(size_t size)
{
	return units(size, WRITE_UNIT);
}

double capacity_read_units(size_t size, bool consistent)
{
	return units(size, READ_UNIT) * (consistent ? 1 : 0.5);
}

bool capacity_add(struct arena *a, struct capacity *c, const struct table_index *index, double amount)
{
	if (c->factor == 0)
		c->factor = 1;
	amount *= c->factor;
	if (!index) {
		c->table_units += amount;
		return true;
	}
	if (!c->index_units)
		c->index_units = arena_alloc_array(a, c->table->index_count, sizeof(*c->index_units));
	if (!c->index_units)
		return false;
	c->index_units[index - c->table->indexes] += amount;
	return true;
}

static void write_units(struct writer *w, const char *name, const struct capacity *c, double amount)
{
	write_object(w, name);
	write_double(w, "CapacityUnits", amount);
	if (c->split)
		write_double(w, c->kind == CAPACITY_READ ? "ReadCapacityUnits" : "WriteCapacityUnits", amount);
	write_end(w);
}

static void write_indexes(struct writer *w, const char *name, const struct capacity *c, bool global)
{
	bool open = false;

	for (size_t i = 0; i < c->table->index_count; i++) {
		const struct table_index *index = &c->table->indexes[i];
		if (index->global != global || c->index_units[i] == 0)
			continue;
		if (!open)
			write_object(w, name);
		open = true;
		char *index_name = strndup(index->name.p, index->name.n);
		write_units(w, index_name ? index_name : "", c, c->index_units[i]);
		free(index_name);
	}
	if (open)
		write_end(w);
}

void capacity_write(struct writer *w, const char *name, const struct capacity *c, enum capacity_level level)
{
	double total = c->table_units;

	if (level == CAPACITY_NONE)
		return;
	for (size_t i = 0; c->index_units && i < c->table->index_count; i++)
		total += c->index_units[i];
	write_object(w, name);
	write_str(w, "TableName", c->table->name);
	write_double(w, "CapacityUnits", total);
	if (c->split)
		write_double(w, c->kind == CAPACITY_READ ? "ReadCapacityUnits" : "WriteCapacityUnits", total);
	if (level == CAPACITY_INDEXES) {
		write_units(w, "Table", c, c->table_units);
		if (c->index_units) {
			write_indexes(w, "LocalSecondaryIndexes", c, false);
			write_indexes(w, "GlobalSecondaryIndexes", c, true);
		}
	}
	write_end(w);
}
