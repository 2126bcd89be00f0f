/* SPDX-License-Identifier: Apache-2.0
 *
 * Topics: create, delete, list, attributes, tags.
 */
#include "service/sns/internal.h"

#include "aws/arn.h"

SNS_ERRORS(SERVICE_ERROR_ROW, sns)

/* ---- names ---- */

/* The fifth part of "arn:aws:sns:region:account:topic[:subscription]". */
struct str sns_topic_name(struct str arn_text)
{
	struct arn arn;

	if (arn_parse(arn_text, &arn) < 0 || !str_eq_c(arn.service, "sns"))
		return STR_NULL;
	return str_split(&arn.resource, ':');
}

struct str sns_topic_arn(struct call *call, struct str name)
{
	return arn_format(&call->arena, "sns", host_region(call->host), host_account(call->host), STR_FMT, STR_ARG(name));
}

struct str sns_topic_resource(struct call *call)
{
	const struct sns_input *in = call->input;

	if (str_is_set(in->name))
		return sns_topic_arn(call, in->name);
	return str_is_set(in->topic_arn) ? in->topic_arn : str_is_set(in->target_arn) ? in->target_arn : in->resource_arn;
}

struct str sns_subscription_resource(struct call *call)
{
	const struct sns_input *in = call->input;

	return sns_topic_arn(call, sns_topic_name(in->subscription_arn));
}

int sns_need_topic(struct call *call, struct str arn, const struct json **out)
{
	struct str name = sns_topic_name(arn);
	struct error err = { 0 };
	struct key key;

	if (name.n == 0)
		return call_failf(call, &sns_InvalidParameter, "Invalid parameter: TopicArn");
	record_key(&key, STR("topic"), name);
	int rc = record_get(call->txn, SPACE_SNS, &key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return call_fail(call, &sns_NotFound);
	return rc < 0 ? call_fault(call, &err) : 0;
}

static int put_topic(struct call *call, const struct json *topic)
{
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("topic"), json_get_text(topic, STR("Name")));
	return record_put(call->txn, SPACE_SNS, &key, &call->arena, topic, &err) < 0 ? call_fault(call, &err) : 0;
}

int sns_page_fault(struct call *call, const struct error *err)
{
	if (err->code == ERR_INVALID)
		return call_failf(call, &sns_InvalidParameter, "Invalid parameter: NextToken");
	return call_fault(call, err);
}

/* ---- attributes ---- */

static const char *const settable[] = { "DisplayName",
					"Policy",
					"DeliveryPolicy",
					"KmsMasterKeyId",
					"SignatureVersion",
					"TracingConfig",
					"ContentBasedDeduplication",
					"ArchivePolicy",
					"FifoThroughputScope",
					"ApplicationSuccessFeedbackRoleArn",
					"ApplicationSuccessFeedbackSampleRate",
					"ApplicationFailureFeedbackRoleArn",
					"FirehoseSuccessFeedbackRoleArn",
					"FirehoseSuccessFeedbackSampleRate",
					"FirehoseFailureFeedbackRoleArn",
					"HTTPSuccessFeedbackRoleArn",
					"HTTPSuccessFeedbackSampleRate",
					"HTTPFailureFeedbackRoleArn",
					"LambdaSuccessFeedbackRoleArn",
					"LambdaSuccessFeedbackSampleRate",
					"LambdaFailureFeedbackRoleArn",
					"SQSSuccessFeedbackRoleArn",
					"SQSSuccessFeedbackSampleRate",
					"SQSFailureFeedbackRoleArn" };

static bool is_settable(struct str name)
{
	for (size_t i = 0; i < sizeof(settable) / sizeof(settable[0]); i++)
		if (str_eq_c(name, settable[i]))
			return true;
	return false;
}

static int check_attribute(struct call *call, struct str name, struct str value, bool creating)
{
	const struct json *document;

	if (!is_settable(name) && !(creating && str_eq_c(name, "FifoTopic")))
		return call_failf(call, &sns_InvalidParameter, "Invalid parameter: AttributeName");
	if ((str_eq_c(name, "Policy") || str_eq_c(name, "DeliveryPolicy")) && value.n &&
	    (json_parse(&call->arena, value, &document, NULL) < 0 || !json_is(document, JSON_OBJECT)))
		return call_failf(call, &sns_InvalidParameter, "Invalid parameter: Policy Error: null");
	return 0;
}

static struct str default_policy(struct call *call, struct str arn)
{
	return arena_printf(
		&call->arena,
		"{\"Version\":\"2008-10-17\",\"Id\":\"__default_policy_ID\",\"Statement\":[{\"Sid\":\"__default_statement_ID\","
		"\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"SNS:GetTopicAttributes\","
		"\"SNS:SetTopicAttributes\",\"SNS:AddPermission\",\"SNS:RemovePermission\",\"SNS:DeleteTopic\","
		"\"SNS:Subscribe\",\"SNS:ListSubscriptionsByTopic\",\"SNS:Publish\"],\"Resource\":\"" STR_FMT
		"\",\"Condition\":{\"StringEquals\":{\"AWS:SourceOwner\":\"" STR_FMT "\"}}}]}",
		STR_ARG(arn), STR_ARG(host_account(call->host)));
}

void sns_write_attributes(struct call *call, const struct json *attributes)
{
	write_list(&call->out, "Attributes", "entry");
	for (size_t i = 0; attributes && i < attributes->count; i++) {
		write_object(&call->out, NULL);
		write_str(&call->out, "key", attributes->members[i].name);
		write_str(&call->out, "value", json_text(attributes->members[i].value));
		write_end(&call->out);
	}
	write_end(&call->out);
}

/* ---- create, delete, list ---- */

static bool valid_topic_name(struct str text)
{
	struct str name = str_ends(text, STR(".fifo")) ? str_sub(text, 0, text.n - 5) : text;

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return name.n > 0 && text.n <= 256;
}

const struct bind sns_create_topic_fields[] = {
	BIND_STR(struct sns_input, name, "Name", .required = true),
	BIND_MAP(struct sns_input, attributes, "Attributes"),
	BIND_LIST(struct sns_input, tags, "Tags"),
	BIND_REFUSED("DataProtectionPolicy"),
	BIND_DONE,
};

static int check_new_topic(struct call *call)
{
	const struct sns_input *in = call->input;
	bool fifo = str_eq_c(json_get_text(in->attributes, STR("FifoTopic")), "true");

	if (!valid_topic_name(in->name) || fifo != str_ends(in->name, STR(".fifo")))
		return call_failf(call, &sns_InvalidParameter, "Invalid parameter: Topic Name");
	for (size_t i = 0; in->attributes && i < in->attributes->count; i++) {
		const struct json_member *m = &in->attributes->members[i];

		if (check_attribute(call, m->name, json_text(m->value), true) < 0)
			return -1;
	}
	return 0;
}

/* Making a topic that is there finds it; with other attributes it is an error. */
static int recreate(struct call *call, const struct json *topic)
{
	const struct sns_input *in = call->input;
	const struct json *now = json_get_c(topic, "Attributes");

	for (size_t i = 0; in->attributes && i < in->attributes->count; i++)
		if (!str_eq(json_text(in->attributes->members[i].value), json_get_text(now, in->attributes->members[i].name)))
			return call_failf(call, &sns_InvalidParameter,
					  "Invalid parameter: Attributes Reason: Topic already exists with different attributes");
	write_str(&call->out, "TopicArn", sns_topic_arn(call, in->name));
	return 0;
}

int sns_create_topic(struct call *call)
{
	const struct sns_input *in = call->input;
	struct arena *a = &call->arena;
	struct str arn = sns_topic_arn(call, in->name);
	struct json *topic = json_new_object(a), *attributes;
	const struct json *before;
	struct error err = { 0 };
	struct key key;

	if (check_new_topic(call) < 0)
		return -1;
	record_key(&key, STR("topic"), in->name);
	int rc = record_get(call->txn, SPACE_SNS, &key, a, &before, &err);
	if (rc == 0)
		return recreate(call, before);
	if (rc != ERR_NOT_FOUND)
		return call_fault(call, &err);
	attributes = in->attributes ? json_copy_object(a, in->attributes) : json_new_object(a);
	if (json_get_text(attributes, STR("Policy")).n == 0)
		json_put(a, attributes, STR("Policy"), json_new_string(a, default_policy(call, arn)));
	json_put(a, topic, STR("Name"), json_new_string(a, in->name));
	json_put(a, topic, STR("Attributes"), attributes);
	json_put(a, topic, STR("Tags"), tags_merge(a, NULL, in->tags));
	if (put_topic(call, topic) < 0)
		return -1;
	write_str(&call->out, "TopicArn", arn);
	return 0;
}

#define TOPIC_ARN BIND_STR(struct sns_input, topic_arn, "TopicArn", .required = true)

const struct bind sns_delete_topic_fields[] = { TOPIC_ARN, BIND_DONE };

/* Deleting a topic that is not there is success; its subscriptions go with it. */
int sns_delete_topic(struct call *call)
{
	struct str name = sns_topic_name(((const struct sns_input *)call->input)->topic_arn);
	struct error err = { 0 };
	struct key key;

	if (name.n == 0)
		return call_failf(call, &sns_InvalidParameter, "Invalid parameter: TopicArn");
	record_key(&key, STR("sub"), name);
	if (record_delete_all(call->txn, SPACE_SNS, &key, &call->arena, &err) < 0)
		return call_fault(call, &err);
	record_key(&key, STR("topic"), name);
	return store_delete(call->txn, SPACE_SNS, key_str(&key), &err) < 0 ? call_fault(call, &err) : 0;
}

const struct bind sns_list_topics_fields[] = { BIND_STR(struct sns_input, token, "NextToken"), BIND_DONE };

static int write_topic(void *argument, const struct json *topic)
{
	struct call *call = argument;

	write_object(&call->out, NULL);
	write_str(&call->out, "TopicArn", sns_topic_arn(call, json_get_text(topic, STR("Name"))));
	write_end(&call->out);
	return 1;
}

int sns_list_topics(struct call *call)
{
	const struct sns_input *in = call->input;
	struct record_window window = { .limit = SNS_PAGE, .token = in->token };
	struct error err = { 0 };
	struct str next;
	struct key key;

	record_key(&key, STR("topic"));
	write_list(&call->out, "Topics", "member");
	if (record_page(call->txn, SPACE_SNS, &key, &window, &call->arena, write_topic, call, &next, &err) < 0)
		return sns_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextToken", next);
	return 0;
}

/* ---- get and set attributes ---- */

const struct bind sns_get_topic_attributes_fields[] = { TOPIC_ARN, BIND_DONE };

struct subscription_counts {
	int confirmed, pending;
};

static int count_subscription(void *argument, const struct json *subscription)
{
	struct subscription_counts *counts = argument;
	bool pending = json_true(json_get_c(subscription, "Pending"));

	counts->pending += pending;
	counts->confirmed += !pending;
	return 1;
}

static void put_text(struct arena *a, struct json *out, const char *name, struct str text)
{
	json_put(a, out, str_c(name), json_new_string(a, text));
}

int sns_get_topic_attributes(struct call *call)
{
	static const char retry[] =
		"{\"http\":{\"defaultHealthyRetryPolicy\":{\"minDelayTarget\":20,\"maxDelayTarget\":20,\"numRetries\":3,"
		"\"numMaxDelayRetries\":0,\"numNoDelayRetries\":0,\"numMinDelayRetries\":0,\"backoffFunction\":\"linear\"},"
		"\"disableSubscriptionOverrides\":false}}";
	struct arena *a = &call->arena;
	struct subscription_counts counts = { 0 };
	const struct json *topic;
	struct error err = { 0 };
	struct key key;

	if (sns_need_topic(call, ((const struct sns_input *)call->input)->topic_arn, &topic) < 0)
		return -1;
	struct str name = json_get_text(topic, STR("Name"));
	record_key(&key, STR("sub"), name);
	if (record_page(call->txn, SPACE_SNS, &key, &(struct record_window){ 0 }, a, count_subscription, &counts, NULL, &err) < 0)
		return call_fault(call, &err);
	struct json *out = json_copy_object(a, json_get_c(topic, "Attributes"));
	put_text(a, out, "TopicArn", sns_topic_arn(call, name));
	put_text(a, out, "Owner", host_account(call->host));
	if (!json_get_c(out, "DisplayName"))
		put_text(a, out, "DisplayName", STR(""));
	put_text(a, out, "SubscriptionsConfirmed", arena_printf(a, "%d", counts.confirmed));
	put_text(a, out, "SubscriptionsPending", arena_printf(a, "%d", counts.pending));
	put_text(a, out, "SubscriptionsDeleted", STR("0"));
	put_text(a, out, "EffectiveDeliveryPolicy", str_c(retry));
	sns_write_attributes(call, out);
	return 0;
}

const struct bind sns_set_topic_attributes_fields[] = {
	TOPIC_ARN,
	BIND_STR(struct sns_input, attribute, "AttributeName", .required = true),
	BIND_STR(struct sns_input, value, "AttributeValue"),
	BIND_DONE,
};

int sns_set_topic_attributes(struct call *call)
{
	const struct sns_input *in = call->input;
	struct arena *a = &call->arena;
	struct str value = str_is_set(in->value) ? in->value : STR("");
	const struct json *topic;

	if (check_attribute(call, in->attribute, value, false) < 0 || sns_need_topic(call, in->topic_arn, &topic) < 0)
		return -1;
	if (str_eq_c(in->attribute, "Policy") && value.n == 0)
		value = default_policy(call, in->topic_arn);
	struct json *changed = json_copy_object(a, topic);
	struct json *attributes = json_copy_object(a, json_get_c(topic, "Attributes"));
	json_put(a, attributes, in->attribute, json_new_string(a, value));
	json_put(a, changed, STR("Attributes"), attributes);
	return put_topic(call, changed);
}

/* ---- tags ---- */

#define RESOURCE_ARN BIND_STR(struct sns_input, resource_arn, "ResourceArn", .required = true, .min = 1, .max = 1011)

const struct bind sns_tag_resource_fields[] = {
	RESOURCE_ARN,
	BIND_LIST(struct sns_input, tags, "Tags", .required = true),
	BIND_DONE,
};
const struct bind sns_untag_resource_fields[] = {
	RESOURCE_ARN,
	BIND_LIST(struct sns_input, keys, "TagKeys", .required = true),
	BIND_DONE,
};
const struct bind sns_list_tags_for_resource_fields[] = { RESOURCE_ARN, BIND_DONE };

static int need_tagged(struct call *call, const struct json **out)
{
	struct str name = sns_topic_name(((const struct sns_input *)call->input)->resource_arn);
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("topic"), name.n ? name : STR(""));
	int rc = record_get(call->txn, SPACE_SNS, &key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return call_fail(call, &sns_ResourceNotFound);
	return rc < 0 ? call_fault(call, &err) : 0;
}

static int put_tags(struct call *call, const struct json *topic, const struct json *tags)
{
	struct json *changed = json_copy_object(&call->arena, topic);

	if (tags && tags->count > TAGS_MAX)
		return call_fail(call, &sns_TagLimitExceeded);
	json_put(&call->arena, changed, STR("Tags"), tags);
	return put_topic(call, changed);
}

int sns_tag_resource(struct call *call)
{
	const struct sns_input *in = call->input;
	const struct json *topic;

	if (need_tagged(call, &topic) < 0)
		return -1;
	return put_tags(call, topic, tags_merge(&call->arena, json_get_c(topic, "Tags"), in->tags));
}

int sns_untag_resource(struct call *call)
{
	const struct sns_input *in = call->input;
	const struct json *topic;

	if (need_tagged(call, &topic) < 0)
		return -1;
	return put_tags(call, topic, tags_without(&call->arena, json_get_c(topic, "Tags"), in->keys));
}

int sns_list_tags_for_resource(struct call *call)
{
	const struct json *topic;

	if (need_tagged(call, &topic) < 0)
		return -1;
	tags_write_list(&call->out, "Tags", json_get_c(topic, "Tags"));
	return 0;
}
