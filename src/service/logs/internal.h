/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share.
 *
 * SPACE_LOGS:       ("group", name)           {logGroupName, creationTime, retentionInDays?, kmsKeyId?, logGroupClass, Tags}
 *                   ("stream", group, name)   {logStreamName, creationTime, firstEventTimestamp?, lastEventTimestamp?, …}
 *                   ("filter", group, name)   the metric filter as it is shown
 *                   ("subscription", group, name)  the subscription filter as it is shown
 *                   ("query", id)             the query definition as it is shown
 *                   ("policy", name)          the resource policy as it is shown
 * SPACE_LOG_EVENTS: (group, timestamp, number) -> ingestion time (8 bytes), length of the stream's name (2 bytes), both
 *                   big-endian, the name, the message. One order for a whole group: reading across streams and dropping what
 *                   is past its retention are ranges.
 */
#ifndef GLEANER_SERVICE_LOGS_INTERNAL_H
#define GLEANER_SERVICE_LOGS_INTERNAL_H

#include <pthread.h>

#include "service/logs/logs.h"
#include "service/record.h"
#include "service/tags.h"

#define LOGS_ERRORS(E, prefix)                                                                                                   \
	E(prefix, InvalidParameterException, 400, "A parameter is specified incorrectly.")                                       \
	E(prefix, ResourceNotFoundException, 400, "The specified resource does not exist.")                                      \
	E(prefix, ResourceAlreadyExistsException, 400, "The specified resource already exists.")                                 \
	E(prefix, LimitExceededException, 400, "Resource limit exceeded.")

LOGS_ERRORS(SERVICE_ERROR_EXTERN, logs)

enum {
	LOGS_EVENTS_MAX = 10000,    /* of a request or a page */
	LOGS_BATCH_BYTES = 1048576, /* messages and 26 bytes each */
	LOGS_EVENT_OVERHEAD = 26,
	LOGS_EVENT_BYTES = 1024 * 1024,
	LOGS_PAGE_BYTES = 1024 * 1024,
};

struct log_queue;

struct logs {
	struct host *host;
	struct log_queue *queue;
	uint64_t next_number; /* the writer thread's */
	_Atomic timer_id retention_timer;
	_Atomic bool stopping;
};

/* ---- events in the store (event.c) ---- */

struct log_event {
	int64_t timestamp_ms, ingestion_ms;
	uint64_t number;
	struct str stream, message;
};

void log_event_key(struct key *key, struct str group, int64_t timestamp_ms, uint64_t number);
int log_event_read(struct str key, struct str value, struct log_event *out) MUST_CHECK;
/* Stores events of one stream, in any order; makes group and stream when `make`. ERR_NOT_FOUND when there is no stream. */
struct log_batch {
	struct str group, stream;
	const struct log_event *events;
	size_t count;
};
int logs_store(struct logs *l, struct store_txn *txn, const struct log_batch *batch, bool make, struct error *err) MUST_CHECK;

/* ---- our own lines (queue.c) ---- */

int log_queue_new(struct log_queue **out, struct logs *l, struct error *err) MUST_CHECK;
void log_queue_add(struct log_queue *q, struct str group, struct str stream, int64_t timestamp_ms, struct str line);
bool log_queue_try(struct log_queue *q, struct str group, struct str stream, int64_t timestamp_ms, struct str line);
void log_queue_stop(struct log_queue *q); /* writes what is left */
void log_queue_free(struct log_queue *q);

/* ---- retention (retention.c) ---- */

void retention_plan(struct logs *l, int64_t in_ms);

/* ---- metric filters (metric_filters.c) ---- */

void metric_filters_apply(struct logs *l, struct store_txn *txn, const struct log_batch *batch);
/* subscriptions.c: what fits goes to the functions that subscribed, after the commit. */
void subscriptions_apply(struct logs *l, struct store_txn *txn, const struct log_batch *batch);
/* embedded.c: what a line in the embedded metric format measures. */
void embedded_metrics_apply(struct logs *l, struct str line);

/* ---- shared by the operations (groups.c) ---- */

struct logs_input {
	struct str group, group_identifier, stream, prefix, token, arn, kms_key, group_class, order_by, filter_name,
		filter_pattern, destination, role, distribution, query_name, query_text, query_id, query_prefix, policy_name,
		policy_document, metric_name, metric_namespace, pattern;
	const struct json *tags, *keys, *events, *names, *transformations;
	struct opt_i64 limit, start, end, days;
	struct opt_bool descending, from_head;
};

/* The group named by name or ARN. */
struct str logs_group_name(const struct logs_input *in);
int logs_need_group(struct call *call, struct str name, const struct json **out) MUST_CHECK;
/* metric_filters.c: deletes the filter that the call names, stored under "filter" or "subscription"; `what` is its kind in the
 * error. */
int logs_delete_filter(struct call *call, struct str space, const char *what) MUST_CHECK;
int logs_need_stream(struct call *call, struct str group, struct str stream, const struct json **out) MUST_CHECK;
int logs_put(struct call *call, const struct key *key, const struct json *record) MUST_CHECK;
int logs_page_fault(struct call *call, const struct error *err);
struct str logs_group_arn(struct call *call, struct str group);
struct str logs_group_resource(struct call *call);
struct str logs_arn_resource(struct call *call);
struct str logs_any_group_resource(struct call *call);
/* All resource policies of the account as one. */
struct str logs_resource_policy(struct call *call, struct store_txn *txn, struct str arn);

#define LOGS_OPERATION(name)                                                                                                     \
	int logs_##name(struct call *call);                                                                                      \
	extern const struct bind logs_##name##_fields[];
LOGS_OPERATION(create_log_group)
LOGS_OPERATION(delete_log_group)
LOGS_OPERATION(describe_log_groups)
LOGS_OPERATION(put_retention_policy)
LOGS_OPERATION(delete_retention_policy)
LOGS_OPERATION(associate_kms_key)
LOGS_OPERATION(disassociate_kms_key)
LOGS_OPERATION(tag_resource)
LOGS_OPERATION(untag_resource)
LOGS_OPERATION(list_tags_for_resource)
LOGS_OPERATION(put_subscription_filter)
LOGS_OPERATION(delete_subscription_filter)
LOGS_OPERATION(describe_subscription_filters)
LOGS_OPERATION(put_query_definition)
LOGS_OPERATION(delete_query_definition)
LOGS_OPERATION(describe_query_definitions)
LOGS_OPERATION(tag_log_group)
LOGS_OPERATION(untag_log_group)
LOGS_OPERATION(list_tags_log_group)
LOGS_OPERATION(create_log_stream)
LOGS_OPERATION(delete_log_stream)
LOGS_OPERATION(describe_log_streams)
LOGS_OPERATION(put_log_events)
LOGS_OPERATION(get_log_events)
LOGS_OPERATION(filter_log_events)
LOGS_OPERATION(put_metric_filter)
LOGS_OPERATION(delete_metric_filter)
LOGS_OPERATION(describe_metric_filters)
LOGS_OPERATION(test_metric_filter)
LOGS_OPERATION(put_resource_policy)
LOGS_OPERATION(delete_resource_policy)
LOGS_OPERATION(describe_resource_policies)

bool logs_valid_name(struct str text);

#endif
