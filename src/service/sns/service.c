/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations of SNS.
 */
#include "service/sns/internal.h"

#define ROW(wire, fn, mode, where, ...)                                                                                          \
	{                                                                                                                        \
		.name = wire, .kind = OPERATION_##mode, .run = sns_##fn, .input = sns_##fn##_fields,                             \
		.input_size = sizeof(struct sns_input), .resource = where, ##__VA_ARGS__                                         \
	}

static const struct operation operations[] = {
	ROW("CreateTopic", create_topic, WRITE, sns_topic_resource),
	ROW("DeleteTopic", delete_topic, WRITE, sns_topic_resource),
	ROW("ListTopics", list_topics, READ, NULL),
	ROW("GetTopicAttributes", get_topic_attributes, READ, sns_topic_resource),
	ROW("SetTopicAttributes", set_topic_attributes, WRITE, sns_topic_resource),
	ROW("TagResource", tag_resource, WRITE, sns_topic_resource),
	ROW("UntagResource", untag_resource, WRITE, sns_topic_resource),
	ROW("ListTagsForResource", list_tags_for_resource, READ, sns_topic_resource),
	ROW("Subscribe", subscribe, WRITE, sns_topic_resource),
	ROW("Unsubscribe", unsubscribe, WRITE, sns_subscription_resource),
	ROW("ListSubscriptions", list_subscriptions, READ, NULL),
	ROW("ListSubscriptionsByTopic", list_subscriptions_by_topic, READ, sns_topic_resource),
	ROW("GetSubscriptionAttributes", get_subscription_attributes, READ, sns_subscription_resource),
	ROW("SetSubscriptionAttributes", set_subscription_attributes, WRITE, sns_subscription_resource),
	ROW("Publish", publish, ASYNC, sns_topic_resource),
	ROW("PublishBatch", publish_batch, ASYNC, sns_topic_resource, .action = "sns:Publish"),
	{ 0 },
};

static int sns_open(struct host *host, void **state, struct error *err)
{
	struct sns *s = calloc(1, sizeof(*s));

	if (!s)
		return error_set(err, ERR_NO_MEMORY, "out of memory for the topics");
	s->host = host;
	*state = s;
	return 0;
}

static struct str resource_policy(struct call *call, struct store_txn *txn, struct str arn)
{
	struct str name = sns_topic_name(arn);
	const struct json *topic;
	struct error err;
	struct key key;

	record_key(&key, STR("topic"), name.n ? name : STR(""));
	if (record_get(txn, SPACE_SNS, &key, &call->arena, &topic, &err) < 0)
		return STR_NULL;
	return json_get_text(json_get_c(topic, "Attributes"), STR("Policy"));
}

const struct service service_sns = {
	.name = "sns",
	.protocol = PROTOCOL_QUERY,
	.api_version = "2010-03-31",
	.xml_namespace = "http://sns.amazonaws.com/doc/2010-03-31/",
	.validation = &sns_InvalidParameter,
	.operations = operations,
	.resource_policy = resource_policy,
	.open = sns_open,
	.close = free,
};
