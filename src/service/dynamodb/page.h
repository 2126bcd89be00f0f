/* SPDX-License-Identifier: Apache-2.0
 *
 * One page of a Query or Scan: rows of a range in order, up to a limit of rows and 1 MB, filtered and projected.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_PAGE_H
#define GLEANER_SERVICE_DYNAMODB_PAGE_H

#include "service/dynamodb/capacity.h"
#include "service/dynamodb/keys.h"

enum { PAGE_SIZE_MAX = 1024 * 1024 };

/* What Query and Scan have in common, by the API's names. */
struct page_input {
	struct str table_name, index_name, select, projection, filter, capacity;
	const struct json *names, *values, *start_key;
	struct opt_i64 limit;
	struct opt_bool consistent;
};

extern const char *const page_selects[];

#define PAGE_FIELDS(type, member)                                                                                                \
	BIND_STR(type, member.table_name, "TableName", .required = true, .min = 1, .max = TABLE_NAME_MAX,                        \
		 .valid = table_name_is_valid, .pattern = TABLE_NAME_PATTERN),                                                   \
		BIND_STR(type, member.index_name, "IndexName", .min = TABLE_NAME_MIN, .max = TABLE_NAME_MAX,                     \
			 .valid = table_name_is_valid, .pattern = TABLE_NAME_PATTERN),                                           \
		BIND_STR(type, member.select, "Select", .values = page_selects),                                                 \
		BIND_STR(type, member.projection, "ProjectionExpression"), BIND_STR(type, member.filter, "FilterExpression"),    \
		BIND_MAP(type, member.names, "ExpressionAttributeNames"),                                                        \
		BIND_MAP(type, member.values, "ExpressionAttributeValues"),                                                      \
		BIND_MAP(type, member.start_key, "ExclusiveStartKey"),                                                           \
		BIND_I64(type, member.limit, "Limit", .min = 1, .max = INT32_MAX),                                               \
		BIND_BOOL(type, member.consistent, "ConsistentRead"),                                                            \
		BIND_STR(type, member.capacity, "ReturnConsumedCapacity", .values = capacity_levels),                            \
		BIND_REFUSED("AttributesToGet"), BIND_REFUSED("ConditionalOperator")

struct page {
	const struct page_input *in;
	const struct table *table;
	const struct table_index *index; /* NULL: the table itself */
	const struct condition *filter;
	const struct projection *projection;
	const struct value *start_key;
	struct str from, to;
	bool reverse, segmented;
	bool fetch; /* rows of a local index lack attributes that are wanted: the items are read */
};

/* Parameters that do not need the table. `p` has been read; finishes it. */
int page_prepare(struct call *call, struct placeholders *p, const struct page_input *in, struct page *out) MUST_CHECK;
/* Finds table and index, checks what depends on them. */
int page_resolve(struct call *call, struct page *page) MUST_CHECK;
/* Reads the page and writes the reply. page->from and ->to are set. */
int page_run(struct call *call, struct page *page) MUST_CHECK;

#endif
