/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share.
 *
 * SPACE_SQS:          ("queue", name)                     {Name, Created, Modified, Attributes: {…as given}, Tags}
 *                     ("dedup", queue, id)                {Until, MessageId, Sequence}: FIFO, five minutes
 * SPACE_SQS_MESSAGES: ("m", queue, sequence)              the message, with Available: when it can be received (again)
 *                     ("v", queue, available, sequence)   nothing: the order in which messages become visible
 *
 * All changes of messages happen on the writer thread, which so is the lock of every queue.
 */
#ifndef GLEANER_SERVICE_SQS_INTERNAL_H
#define GLEANER_SERVICE_SQS_INTERNAL_H

#include <pthread.h>

#include "service/record.h"
#include "service/sqs/sqs.h"
#include "service/tags.h"

#define SQS_ERRORS(E, prefix)                                                                                                    \
	E(prefix, QueueDoesNotExist, 400, "The specified queue does not exist.")                                                 \
	E(prefix, QueueNameExists, 400, "A queue already exists with the same name and a different value for an attribute.")     \
	E(prefix, InvalidAttributeName, 400, "The specified attribute doesn't exist.")                                           \
	E(prefix, InvalidAttributeValue, 400, "A queue attribute value is invalid.")                                             \
	E(prefix, InvalidParameterValue, 400, "A parameter value is invalid.")                                                   \
	E(prefix, MissingParameter, 400, "A required parameter is missing.")                                                     \
	E(prefix, ReceiptHandleIsInvalid, 400, "The specified receipt handle isn't valid.")                                      \
	E(prefix, InvalidMessageContents, 400, "The message contains characters outside the allowed set.")                       \
	E(prefix, EmptyBatchRequest, 400, "The batch request doesn't contain any entries.")                                      \
	E(prefix, TooManyEntriesInBatchRequest, 400, "Maximum number of entries per request are 10.")                            \
	E(prefix, BatchEntryIdsNotDistinct, 400, "Two or more batch entries in the request have the same Id.")                   \
	E(prefix, InvalidBatchEntryId, 400, "The Id of a batch entry in a batch request doesn't abide by the specification.")    \
	E(prefix, BatchRequestTooLong, 400, "The length of all the messages put together is more than the limit.")               \
	E(prefix, PurgeQueueInProgress, 403, "Only one PurgeQueue operation is allowed every 60 seconds.")                       \
	E(prefix, OverLimit, 403, "The maximum number of in flight messages is reached.")                                        \
	E(prefix, UnsupportedOperation, 400, "The operation is not supported.")

SQS_ERRORS(SERVICE_ERROR_EXTERN, sqs)

enum {
	SQS_MESSAGE_MAX = 1024 * 1024,
	SQS_BATCH_MAX = 10,
	SQS_IN_FLIGHT_MAX = 120000,
	SQS_WAIT_MAX_S = 20,
	SQS_VISIBILITY_MAX_S = 43200,
	SQS_DELAY_MAX_S = 900,
	SQS_DEDUP_MS = 5 * 60 * 1000,
};

struct waiters;

struct sqs {
	struct host *host;
	struct waiters *waiters;
	uint64_t next_sequence; /* the writer thread's */
	_Atomic bool stopping;
};

/* As call_fail / call_failf, with the name that clients of the older protocol know in a header. */
int sqs_fail(struct call *call, const struct service_error *error);
int sqs_failf(struct call *call, const struct service_error *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- queues ---- */

struct queue {
	struct str name;
	const struct json *record, *attributes;
	bool fifo;
	int64_t visibility_s, delay_s, retention_s, wait_s, size_max; /* in effect */
};

struct str sqs_queue_name(struct str url_or_arn);
struct str sqs_queue_arn(struct call *call, struct str name);
struct str sqs_queue_resource(struct call *call);
int sqs_need_queue(struct call *call, struct str url, struct queue *out) MUST_CHECK;
/* ERR_NOT_FOUND without touching the call. */
int sqs_read_queue(struct store_txn *txn, struct arena *a, struct str name, struct queue *out, struct error *err) MUST_CHECK;

/* ---- attributes (attributes.c) ---- */

/* Checks names and values; negative: sqs_fail was called. */
int sqs_check_attributes(struct call *call, const struct json *attributes, bool creating) MUST_CHECK;
/* Everything GetQueueAttributes can tell of a queue, as texts. */
const struct json *sqs_all_attributes(struct call *call, const struct queue *q) MUST_CHECK;
bool sqs_is_attribute(struct str name);

/* ---- messages (message.c) ---- */

struct message {
	uint64_t sequence;
	int64_t available_ms, sent_ms, first_ms, count; /* count: how often received */
	struct str id, body, sender, group, dedup, source;
	const struct json *attributes, *system; /* MessageAttributes and the trace header, NULL: none */
};

int message_put(struct store_txn *txn, struct arena *a, struct str queue, const struct message *m, struct error *err) MUST_CHECK;
int message_get(struct store_txn *txn, struct arena *a, struct str queue, uint64_t sequence, struct message *out,
		struct error *err) MUST_CHECK;
int message_remove(struct store_txn *txn, struct str queue, const struct message *m, struct error *err) MUST_CHECK;
int message_move(struct store_txn *txn, struct arena *a, struct str queue, struct message *m, int64_t available_ms,
		 struct error *err) MUST_CHECK;
int messages_remove_all(struct store_txn *txn, struct arena *a, struct str queue, struct error *err) MUST_CHECK;
struct message_counts {
	int64_t visible, delayed, in_flight, oldest_ms; /* oldest_ms: when the oldest was sent, 0: none */
};
int messages_count(struct store_txn *txn, struct arena *a, struct str queue, int64_t now_ms, struct message_counts *out,
		   struct error *err) MUST_CHECK;
struct str message_md5(struct arena *a, struct str body);
/* Of MessageAttributes; absent when there are none. */
struct str message_attributes_md5(struct arena *a, const struct json *attributes);
struct str message_handle(struct arena *a, struct str queue, const struct message *m);
/* The message a handle names; ERR_INVALID when it is no handle of this queue. `current` is false when it was received since. */
int message_of_handle(struct call *call, struct str queue, struct str handle, struct message *out, bool *current,
		      struct error *err) MUST_CHECK;

/* ---- receiving and waiting (receive.c, waiters.c) ---- */

int waiters_new(struct waiters **out, struct sqs *s, struct error *err) MUST_CHECK;
void waiters_stop(struct waiters *w);
void waiters_free(struct waiters *w);
/* From the writer thread: `call` is asked again (with `run`) when the queue changes, or at `at_ms`. */
int waiters_add(struct waiters *w, struct call *call, struct str queue, int64_t at_ms, operation_fn run) MUST_CHECK;
/* Wakes those who wait for the queue, once this transaction is committed. */
int waiters_wake(struct waiters *w, struct store_txn *txn, struct str queue) MUST_CHECK;

/* ---- operations ---- */

struct sqs_input {
	struct str queue_url, queue_name, body, handle, group, dedup, prefix, token, owner;
	const struct json *attributes, *tags, *keys, *names, *system_names, *message_names, *message_attributes,
		*system_attributes, *entries;
	struct opt_i64 delay, visibility, wait, limit;
	int64_t until_ms; /* of a long poll; set by receive.c */
};

#define SQS_OPERATION(name)                                                                                                      \
	int sqs_##name(struct call *call);                                                                                       \
	extern const struct bind sqs_##name##_fields[];
SQS_OPERATION(create_queue)
SQS_OPERATION(delete_queue)
SQS_OPERATION(get_queue_url)
SQS_OPERATION(list_queues)
SQS_OPERATION(get_queue_attributes)
SQS_OPERATION(set_queue_attributes)
SQS_OPERATION(list_queue_tags)
SQS_OPERATION(tag_queue)
SQS_OPERATION(untag_queue)
SQS_OPERATION(purge_queue)
SQS_OPERATION(list_dead_letter_source_queues)
SQS_OPERATION(send_message)
SQS_OPERATION(send_message_batch)
SQS_OPERATION(receive_message)
SQS_OPERATION(delete_message)
SQS_OPERATION(delete_message_batch)
SQS_OPERATION(change_message_visibility)
SQS_OPERATION(change_message_visibility_batch)
/* Ids, and how many (send.c); negative: sqs_fail was called. */
int sqs_check_batch(struct call *call, const struct json *entries) MUST_CHECK;
/* gauges.c: how full the queues are, once a minute. */
void gauges_plan(struct sqs *s);

const char *sqs_legacy_name(const char *name); /* "AWS.SimpleQueueService.NonExistentQueue" … */
extern const struct query_dialect sqs_dialect;

#endif
