/* SPDX-License-Identifier: Apache-2.0
 *
 * A table's definition as stored (see table.h): built from requests, checked as the service checks, shown as TableDescription.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_DEFINITION_H
#define GLEANER_SERVICE_DYNAMODB_DEFINITION_H

#include "service/dynamodb/table.h"

enum { LOCAL_INDEXES_MAX = 5, GLOBAL_INDEXES_MAX = 20 };

/* Nested members are checked by bind tables over this struct and then read by name: what is bound into it means nothing. */
struct shape {
	struct str text;
	const struct json *json;
	struct opt_i64 number;
	struct opt_bool flag;
};

/* Bind tables of nested shapes, and enums. */
extern const struct bind attribute_definition_shape[], key_schema_shape[], local_index_shape[], global_index_shape[],
	throughput_shape[], sse_shape[], stream_shape[], tag_shape[], on_demand_shape[];
extern const char *const billing_modes[], *const table_classes[];

/* Whether a whole definition holds together: keys, attributes, indexes, throughput. ERR_INVALID with the service's sentence. */
int definition_check(struct arena *a, const struct json *definition, struct error *err) MUST_CHECK;
/* A key schema, its attributes among those defined (NULL: none). ERR_INVALID. */
int definition_check_keys(struct arena *a, const struct json *schema, const struct json *attributes,
			  struct error *err) MUST_CHECK;
/* Turns the stream on (with a new label and ARN) or off, as a StreamSpecification says; NULL: leaves it. The records of a
 * stream are not kept: there is no service that reads them. */
int definition_put_stream(struct host *host, struct arena *a, struct json *definition, const struct json *stream, int64_t now_ms,
			  struct error *err) MUST_CHECK;

/* A member of the call's parameters; NULL when it is absent or null. */
const struct json *definition_member(const struct call *call, struct str name);
/* Those of `attributes` that some key schema of the definition uses. */
const struct json *definition_used_attributes(struct arena *a, const struct json *definition, const struct json *attributes);
/* Texts made durable with the definition. */
struct json *definition_index(struct arena *a, const struct json *request, uint64_t id, bool backfilling);
const struct json *definition_sse(struct arena *a, const struct json *specification, struct str key_arn);

/* Writes the TableDescription as an object of that name. `txn` to count rows; `status` as it is to appear. */
void definition_describe(struct call *call, const char *name, struct table *t, const char *status);
/* DeleteTable's: nothing of the schema any more. */
void definition_describe_deleting(struct call *call, const struct table *t);

#endif
