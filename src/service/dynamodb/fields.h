/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows and rules that many operations' bind tables share.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_FIELDS_H
#define GLEANER_SERVICE_DYNAMODB_FIELDS_H

#include "service/dynamodb/capacity.h"

enum { TABLE_NAME_MIN = 3, TABLE_NAME_MAX = 255 };

/* [a-zA-Z0-9_.-]+, or a table's ARN. */
bool table_name_is_valid(struct str text);

#define TABLE_NAME_PATTERN "[a-zA-Z0-9_.-]+"
#define FIELD_TABLE_NAME(type, minimum)                                                                                          \
	BIND_STR(type, table_name, "TableName", .required = true, .min = minimum, .max = TABLE_NAME_MAX,                         \
		 .valid = table_name_is_valid, .pattern = TABLE_NAME_PATTERN)
/* Data operations look the name up; only those that make tables check its length. */
#define FIELD_TABLE(type) FIELD_TABLE_NAME(type, 1)
#define FIELD_INDEX_NAME(type)                                                                                                   \
	BIND_STR(type, index_name, "IndexName", .min = TABLE_NAME_MIN, .max = TABLE_NAME_MAX, .valid = table_name_is_valid,      \
		 .pattern = TABLE_NAME_PATTERN)
#define FIELD_CAPACITY(type) BIND_STR(type, capacity, "ReturnConsumedCapacity", .values = capacity_levels)
#define FIELD_METRICS(type) BIND_STR(type, metrics, "ReturnItemCollectionMetrics", .values = metrics_values)

extern const char *const metrics_values[];

/* The ARN of the table that the parameters' TableName names: the resource of most operations. */
struct str resource_of_table(struct call *call);

#endif
