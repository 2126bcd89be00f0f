/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share.
 *
 * SPACE_SNS: ("topic", name)             {Name, Attributes: {Policy, …as set}, Tags}
 *            ("sub", topic name, id)     {Id, Topic, Protocol, Endpoint, Pending, Attributes}
 */
#ifndef GLEANER_SERVICE_SNS_INTERNAL_H
#define GLEANER_SERVICE_SNS_INTERNAL_H

#include "service/record.h"
#include "service/sns/sns.h"
#include "service/tags.h"

#define SNS_ERRORS(E, prefix)                                                                                                    \
	E(prefix, InvalidParameter, 400, "Invalid parameter")                                                                    \
	E(prefix, NotFound, 404, "Topic does not exist")                                                                         \
	E(prefix, ResourceNotFound, 404, "Resource does not exist")                                                              \
	E(prefix, TagLimitExceeded, 400, "Could not complete request: tag quota of per resource exceeded")                       \
	E(prefix, EmptyBatchRequest, 400, "The batch request doesn't contain any entries.")                                      \
	E(prefix, TooManyEntriesInBatchRequest, 400, "The batch request contains more entries than permissible.")                \
	E(prefix, BatchEntryIdsNotDistinct, 400, "Two or more batch entries in the request have the same Id.")

SNS_ERRORS(SERVICE_ERROR_EXTERN, sns)

enum { SNS_MESSAGE_MAX = 256 * 1024, SNS_SUBJECT_MAX = 100, SNS_BATCH_MAX = 10, SNS_PAGE = 100 };

struct sns {
	struct host *host;
};

struct sns_input {
	struct str name, topic_arn, target_arn, subscription_arn, resource_arn, protocol, endpoint, attribute, value, token,
		message, subject, structure, group, dedup;
	const struct json *attributes, *tags, *keys, *message_attributes, *entries;
	struct opt_bool return_arn;
};

/* ---- topics (topics.c) ---- */

struct str sns_topic_name(struct str arn);
struct str sns_topic_arn(struct call *call, struct str name);
struct str sns_topic_resource(struct call *call);
struct str sns_subscription_resource(struct call *call);
int sns_need_topic(struct call *call, struct str arn, const struct json **out) MUST_CHECK;
void sns_write_attributes(struct call *call, const struct json *attributes);
int sns_page_fault(struct call *call, const struct error *err);

/* ---- messages (message.c), pure ---- */

struct sns_message {
	struct str id, topic_arn, subscription_arn, subject, text, endpoint_url;
	const struct json *attributes; /* name -> {DataType, StringValue | BinaryValue}, NULL: none */
	int64_t at_ms;
};

/* The notification as queues get it without raw delivery. */
struct str sns_envelope(struct arena *a, const struct sns_message *m);
/* The event a function gets. */
struct str sns_lambda_event(struct arena *a, const struct sns_message *m);
/* Whether a subscription's filter policy lets the message through. `policy` NULL: all pass. */
bool sns_filter_passes(struct arena *a, const struct json *policy, bool by_body, const struct sns_message *m);

#define SNS_OPERATION(name)                                                                                                      \
	int sns_##name(struct call *call);                                                                                       \
	extern const struct bind sns_##name##_fields[];
SNS_OPERATION(create_topic)
SNS_OPERATION(delete_topic)
SNS_OPERATION(list_topics)
SNS_OPERATION(get_topic_attributes)
SNS_OPERATION(set_topic_attributes)
SNS_OPERATION(tag_resource)
SNS_OPERATION(untag_resource)
SNS_OPERATION(list_tags_for_resource)
SNS_OPERATION(subscribe)
SNS_OPERATION(unsubscribe)
SNS_OPERATION(list_subscriptions)
SNS_OPERATION(list_subscriptions_by_topic)
SNS_OPERATION(get_subscription_attributes)
SNS_OPERATION(set_subscription_attributes)
SNS_OPERATION(publish)
SNS_OPERATION(publish_batch)

#endif
