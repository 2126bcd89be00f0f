/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations, by file; the table of them is in dynamodb.c.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_OPERATIONS_H
#define GLEANER_SERVICE_DYNAMODB_OPERATIONS_H

#include "service/dynamodb/errors.h"

#define OPERATION_DECLARE(name)                                                                                                  \
	int name##_prepare(struct call *call);                                                                                   \
	int name##_run(struct call *call);                                                                                       \
	extern const struct bind name##_fields[];

/* Room for any operation's bound parameters: one size, so that the table of operations need not know their structs. */
enum { INPUT_SIZE = 320 };
#define INPUT_FITS(type) _Static_assert(sizeof(type) <= INPUT_SIZE, "INPUT_SIZE is too small")

/* op_item.c, op_update.c */
OPERATION_DECLARE(get_item)
OPERATION_DECLARE(put_item)
OPERATION_DECLARE(delete_item)
OPERATION_DECLARE(update_item)
/* op_query.c, op_scan.c */
OPERATION_DECLARE(query)
OPERATION_DECLARE(scan)
/* op_batch.c */
OPERATION_DECLARE(batch_get_item)
OPERATION_DECLARE(batch_write_item)
/* op_transact.c */
OPERATION_DECLARE(transact_write_items)
OPERATION_DECLARE(transact_get_items)
/* op_table.c, op_update_table.c */
OPERATION_DECLARE(create_table)
OPERATION_DECLARE(describe_table)
OPERATION_DECLARE(delete_table)
OPERATION_DECLARE(list_tables)
OPERATION_DECLARE(update_table)
/* op_settings.c */
OPERATION_DECLARE(update_time_to_live)
OPERATION_DECLARE(describe_time_to_live)
OPERATION_DECLARE(update_continuous_backups)
OPERATION_DECLARE(describe_continuous_backups)
OPERATION_DECLARE(update_contributor_insights)
OPERATION_DECLARE(describe_contributor_insights)
OPERATION_DECLARE(tag_resource)
OPERATION_DECLARE(untag_resource)
OPERATION_DECLARE(list_tags_of_resource)
OPERATION_DECLARE(describe_limits)
OPERATION_DECLARE(describe_endpoints)

/* The resources that permission is asked for. */
struct str resource_of_index(struct call *call); /* Query and Scan: the index when one is named */
struct str resource_of_arn(struct call *call);   /* ResourceArn */

/* condition_keys.c: for struct service. */
bool dynamodb_condition_list(struct call *call, struct str key, const struct str **values, size_t *count);
/* legacy_update.c: AttributeUpdates as an UpdateExpression with its names and values. */
int legacy_update(struct call *call, const struct json *updates, struct str *expression, const struct json **names,
		  const struct json **values) MUST_CHECK;

#endif
