/* SPDX-License-Identifier: Apache-2.0
 *
 * Subscriptions: who gets a topic's messages, and which of them.
 */
#include "service/sns/internal.h"

#include "aws/arn.h"
#include "events/pattern.h"
#include "os/random.h"

/* "arn:aws:sns:region:account:topic:id" */
static struct str subscription_arn(struct call *call, const struct json *subscription)
{
	return arena_printf(&call->arena, STR_FMT ":" STR_FMT,
			    STR_ARG(sns_topic_arn(call, json_get_text(subscription, STR("Topic")))),
			    STR_ARG(json_get_text(subscription, STR("Id"))));
}

static void subscription_key(struct key *key, struct str arn)
{
	struct str topic = sns_topic_name(arn);
	size_t from = arn.n;

	while (from > 0 && arn.p[from - 1] != ':')
		from--;
	record_key(key, STR("sub"), topic.n ? topic : STR(""), str_from(arn, from));
}

static int need_subscription(struct call *call, struct str arn, struct key *key, const struct json **out)
{
	struct error err = { 0 };

	subscription_key(key, arn);
	int rc = record_get(call->txn, SPACE_SNS, key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &sns_NotFound, "Subscription does not exist");
	return rc < 0 ? call_fault(call, &err) : 0;
}

/* ---- attributes ---- */

static int check_policy(struct call *call, struct str text)
{
	const struct event_pattern *pattern;
	struct error err = { 0 };

	if (text.n == 0 || str_eq_c(text, "{}"))
		return 0;
	if (event_pattern_compile(&call->arena, text, &pattern, &err) == 0)
		return 0;
	const char *why = strstr(err.message, "Reason: ");
	return call_failf(call, &sns_InvalidParameter, "Invalid parameter: FilterPolicy: %s", why ? why + 8 : err.message);
}

static int check_attribute(struct call *call, struct str name, struct str value)
{
	const struct json *document;

	if (str_eq_c(name, "FilterPolicy"))
		return check_policy(call, value);
	if (str_eq_c(name, "RawMessageDelivery"))
		return str_eq_c(value, "true") || str_eq_c(value, "false")
			       ? 0
			       : call_failf(call, &sns_InvalidParameter,
					    "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [" STR_FMT
					    "]. Must be true or false.",
					    STR_ARG(value));
	if (str_eq_c(name, "FilterPolicyScope"))
		return str_eq_c(value, "MessageAttributes") || str_eq_c(value, "MessageBody")
			       ? 0
			       : call_failf(call, &sns_InvalidParameter,
					    "Invalid parameter: FilterPolicyScope: Invalid value [" STR_FMT
					    "]. Please use one of: [MessageBody, MessageAttributes]",
					    STR_ARG(value));
	if (str_eq_c(name, "RedrivePolicy") || str_eq_c(name, "DeliveryPolicy"))
		return value.n == 0 || (json_parse(&call->arena, value, &document, NULL) == 0 && json_is(document, JSON_OBJECT))
			       ? 0
			       : call_failf(call, &sns_InvalidParameter, "Invalid parameter: " STR_FMT ": failed to parse JSON.",
					    STR_ARG(name));
	return call_failf(call, &sns_InvalidParameter, "Invalid parameter: AttributeName");
}

/* ---- subscribe ---- */

const struct bind sns_subscribe_fields[] = {
	BIND_STR(struct sns_input, topic_arn, "TopicArn", .required = true),
	BIND_STR(struct sns_input, protocol, "Protocol", .required = true),
	BIND_STR(struct sns_input, endpoint, "Endpoint", .required = true),
	BIND_MAP(struct sns_input, attributes, "Attributes"),
	BIND_BOOL(struct sns_input, return_arn, "ReturnSubscriptionArn"),
	BIND_DONE,
};

static bool is_email(struct str protocol)
{
	return str_eq_c(protocol, "email") || str_eq_c(protocol, "email-json");
}

static int check_endpoint(struct call *call)
{
	const struct sns_input *in = call->input;
	bool queue = str_eq_c(in->protocol, "sqs");
	struct arn arn;

	if (is_email(in->protocol))
		return str_find_char(in->endpoint, '@', 0) > 0
			       ? 0
			       : call_failf(call, &sns_InvalidParameter, "Invalid parameter: Email address");
	if (!queue && !str_eq_c(in->protocol, "lambda"))
		return call_failf(call, &sns_InvalidParameter,
				  "Invalid parameter: Does not support this protocol string: " STR_FMT, STR_ARG(in->protocol));
	if (arn_parse(in->endpoint, &arn) < 0 || !str_eq_c(arn.service, queue ? "sqs" : "lambda"))
		return call_failf(call, &sns_InvalidParameter,
				  queue ? "Invalid parameter: SQS endpoint ARN" : "Invalid parameter: Lambda endpoint ARN");
	return 0;
}

struct twin {
	const struct sns_input *in;
	const struct json *found;
};

static int look_for_twin(void *argument, const struct json *subscription)
{
	struct twin *twin = argument;

	if (str_eq(json_get_text(subscription, STR("Protocol")), twin->in->protocol) &&
	    str_eq(json_get_text(subscription, STR("Endpoint")), twin->in->endpoint))
		twin->found = subscription;
	return 1;
}

static const struct json *new_subscription(struct call *call, struct str topic)
{
	const struct sns_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *out = json_new_object(a);
	char id[37];

	random_uuid(id);
	json_put(a, out, STR("Id"), json_new_string(a, arena_str(a, str_of(id, 36))));
	json_put(a, out, STR("Topic"), json_new_string(a, topic));
	json_put(a, out, STR("Protocol"), json_new_string(a, in->protocol));
	json_put(a, out, STR("Endpoint"), json_new_string(a, in->endpoint));
	json_put(a, out, STR("Pending"), json_new_bool(is_email(in->protocol)));
	json_put(a, out, STR("Attributes"), in->attributes ? in->attributes : &json_empty_object);
	return out;
}

/* Subscribing the same endpoint again finds the subscription. */
int sns_subscribe(struct call *call)
{
	const struct sns_input *in = call->input;
	struct twin twin = { .in = in };
	const struct json *topic;
	struct error err = { 0 };
	struct key key;

	if (check_endpoint(call) < 0 || sns_need_topic(call, in->topic_arn, &topic) < 0)
		return -1;
	for (size_t i = 0; in->attributes && i < in->attributes->count; i++)
		if (check_attribute(call, in->attributes->members[i].name, json_text(in->attributes->members[i].value)) < 0)
			return -1;
	struct str name = json_get_text(topic, STR("Name"));
	record_key(&key, STR("sub"), name);
	if (record_page(call->txn, SPACE_SNS, &key, &(struct record_window){ 0 }, &call->arena, look_for_twin, &twin, NULL,
			&err) < 0)
		return call_fault(call, &err);
	const struct json *subscription = twin.found ? twin.found : new_subscription(call, name);
	key_add_str(&key, json_get_text(subscription, STR("Id")));
	if (!twin.found && record_put(call->txn, SPACE_SNS, &key, &call->arena, subscription, &err) < 0)
		return call_fault(call, &err);
	bool pending = json_true(json_get_c(subscription, "Pending")) && !in->return_arn.value;
	write_str(&call->out, "SubscriptionArn", pending ? STR("pending confirmation") : subscription_arn(call, subscription));
	return 0;
}

const struct bind sns_unsubscribe_fields[] = {
	BIND_STR(struct sns_input, subscription_arn, "SubscriptionArn", .required = true),
	BIND_DONE,
};

int sns_unsubscribe(struct call *call)
{
	const struct sns_input *in = call->input;
	struct error err = { 0 };
	struct key key;

	if (sns_topic_name(in->subscription_arn).n == 0)
		return call_failf(call, &sns_InvalidParameter,
				  "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 "
				  "elements, not 1");
	subscription_key(&key, in->subscription_arn);
	return store_delete(call->txn, SPACE_SNS, key_str(&key), &err) < 0 ? call_fault(call, &err) : 0;
}

/* ---- lists ---- */

const struct bind sns_list_subscriptions_fields[] = { BIND_STR(struct sns_input, token, "NextToken"), BIND_DONE };
const struct bind sns_list_subscriptions_by_topic_fields[] = {
	BIND_STR(struct sns_input, topic_arn, "TopicArn", .required = true),
	BIND_STR(struct sns_input, token, "NextToken"),
	BIND_DONE,
};

static int write_subscription(void *argument, const struct json *subscription)
{
	struct call *call = argument;
	bool pending = json_true(json_get_c(subscription, "Pending"));

	write_object(&call->out, NULL);
	write_str(&call->out, "SubscriptionArn", pending ? STR("PendingConfirmation") : subscription_arn(call, subscription));
	write_str(&call->out, "Owner", host_account(call->host));
	write_str(&call->out, "Protocol", json_get_text(subscription, STR("Protocol")));
	write_str(&call->out, "Endpoint", json_get_text(subscription, STR("Endpoint")));
	write_str(&call->out, "TopicArn", sns_topic_arn(call, json_get_text(subscription, STR("Topic"))));
	write_end(&call->out);
	return 1;
}

static int list(struct call *call, const struct key *prefix)
{
	const struct sns_input *in = call->input;
	struct record_window window = { .limit = SNS_PAGE, .token = in->token };
	struct error err = { 0 };
	struct str next;

	write_list(&call->out, "Subscriptions", "member");
	if (record_page(call->txn, SPACE_SNS, prefix, &window, &call->arena, write_subscription, call, &next, &err) < 0)
		return sns_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextToken", next);
	return 0;
}

int sns_list_subscriptions(struct call *call)
{
	struct key key;

	record_key(&key, STR("sub"));
	return list(call, &key);
}

int sns_list_subscriptions_by_topic(struct call *call)
{
	const struct json *topic;
	struct key key;

	if (sns_need_topic(call, ((const struct sns_input *)call->input)->topic_arn, &topic) < 0)
		return -1;
	record_key(&key, STR("sub"), json_get_text(topic, STR("Name")));
	return list(call, &key);
}

/* ---- get and set attributes ---- */

const struct bind sns_get_subscription_attributes_fields[] = {
	BIND_STR(struct sns_input, subscription_arn, "SubscriptionArn", .required = true),
	BIND_DONE,
};
const struct bind sns_set_subscription_attributes_fields[] = {
	BIND_STR(struct sns_input, subscription_arn, "SubscriptionArn", .required = true),
	BIND_STR(struct sns_input, attribute, "AttributeName", .required = true),
	BIND_STR(struct sns_input, value, "AttributeValue"),
	BIND_DONE,
};

static void put_text(struct arena *a, struct json *out, const char *name, struct str text)
{
	json_put(a, out, str_c(name), json_new_string(a, text));
}

int sns_get_subscription_attributes(struct call *call)
{
	struct arena *a = &call->arena;
	const struct json *subscription;
	struct key key;

	if (need_subscription(call, ((const struct sns_input *)call->input)->subscription_arn, &key, &subscription) < 0)
		return -1;
	bool pending = json_true(json_get_c(subscription, "Pending"));
	struct json *out = json_copy_object(a, json_get_c(subscription, "Attributes"));
	put_text(a, out, "SubscriptionArn", subscription_arn(call, subscription));
	put_text(a, out, "TopicArn", sns_topic_arn(call, json_get_text(subscription, STR("Topic"))));
	put_text(a, out, "Owner", host_account(call->host));
	put_text(a, out, "Protocol", json_get_text(subscription, STR("Protocol")));
	put_text(a, out, "Endpoint", json_get_text(subscription, STR("Endpoint")));
	put_text(a, out, "PendingConfirmation", pending ? STR("true") : STR("false"));
	put_text(a, out, "ConfirmationWasAuthenticated", pending ? STR("false") : STR("true"));
	if (!json_get_c(out, "RawMessageDelivery"))
		put_text(a, out, "RawMessageDelivery", STR("false"));
	if (json_get_text(out, STR("FilterPolicy")).n && !json_get_c(out, "FilterPolicyScope"))
		put_text(a, out, "FilterPolicyScope", STR("MessageAttributes"));
	sns_write_attributes(call, out);
	return 0;
}

int sns_set_subscription_attributes(struct call *call)
{
	const struct sns_input *in = call->input;
	struct arena *a = &call->arena;
	struct str value = str_is_set(in->value) ? in->value : STR("");
	const struct json *subscription;
	struct error err = { 0 };
	struct key key;

	if (check_attribute(call, in->attribute, value) < 0 ||
	    need_subscription(call, in->subscription_arn, &key, &subscription) < 0)
		return -1;
	const struct json *before = json_get_c(subscription, "Attributes");
	struct json *changed = json_copy_object(a, subscription), *attributes = json_new_object(a);
	for (size_t i = 0; before && i < before->count; i++)
		if (!str_eq(before->members[i].name, in->attribute))
			json_add_member(a, attributes, before->members[i].name, before->members[i].value);
	if (value.n && !str_eq_c(value, "{}"))
		json_put(a, attributes, in->attribute, json_new_string(a, value));
	json_put(a, changed, STR("Attributes"), attributes);
	return record_put(call->txn, SPACE_SNS, &key, a, changed, &err) < 0 ? call_fault(call, &err) : 0;
}
