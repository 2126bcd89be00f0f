/* SPDX-License-Identifier: Apache-2.0
 *
 * Consumed capacity: 1 KB a write unit, 4 KB a read unit (half of one when eventually consistent), twice that in transactions.
 * Source: "DynamoDB read and write operations", Amazon DynamoDB Developer Guide.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_CAPACITY_H
#define GLEANER_SERVICE_DYNAMODB_CAPACITY_H

#include "service/dynamodb/table.h"

enum capacity_level { CAPACITY_NONE, CAPACITY_TOTAL, CAPACITY_INDEXES };

enum capacity_kind { CAPACITY_READ, CAPACITY_WRITE };

/* What one table used in one request. */
struct capacity {
	const struct table *table;
	enum capacity_kind kind;
	double factor; /* 2 in transactions, else 1 */
	bool split;    /* transactions also tell read or write units */
	double table_units;
	double *index_units; /* beside table->indexes; NULL until one is used */
};

extern const char *const capacity_levels[]; /* for bind tables */
enum capacity_level capacity_level_of(struct str text);

double capacity_write_units(size_t size);
double capacity_read_units(size_t size, bool consistent); /* of at least one unit's size */

/* `units` before the factor; `index` NULL for the table itself. False when memory is out. */
bool capacity_add(struct arena *a, struct capacity *c, const struct table_index *index, double units);
/* One object; nothing for CAPACITY_NONE. `name` NULL inside a list. */
void capacity_write(struct writer *w, const char *name, const struct capacity *c, enum capacity_level level);

#endif
