/* SPDX-License-Identifier: Apache-2.0
 *
 * Publish: a message goes to every subscription that wants it, and is acknowledged once each queue or function has taken it, or
 * has refused it for good. Nothing is kept here in between: the queues are durable, and an unacknowledged publisher tries again.
 */
#include <stdatomic.h>

#include "service/sns/internal.h"

#include "aws/arn.h"
#include "base/log.h"
#include "os/clock.h"
#include "os/random.h"

enum { ATTEMPTS = 3, RETRY_MS = 200 };

static const struct bind attribute_fields[] = {
	{ .name = "DataType", .kind = BIND_KIND_STR, .required = true },
	{ .name = "StringValue", .kind = BIND_KIND_STR },
	{ .name = "BinaryValue", .kind = BIND_KIND_STR },
	BIND_DONE,
};

#define MESSAGE_MEMBERS                                                                                                          \
	BIND_STR(struct sns_input, message, "Message"), BIND_STR(struct sns_input, subject, "Subject"),                          \
		BIND_STR(struct sns_input, structure, "MessageStructure"),                                                       \
		BIND_MAP(struct sns_input, message_attributes, "MessageAttributes", .fields = attribute_fields),                 \
		BIND_STR(struct sns_input, group, "MessageGroupId"), BIND_STR(struct sns_input, dedup, "MessageDeduplicationId")

const struct bind sns_publish_fields[] = {
	BIND_STR(struct sns_input, topic_arn, "TopicArn"),
	BIND_STR(struct sns_input, target_arn, "TargetArn"),
	MESSAGE_MEMBERS,
	BIND_REFUSED("PhoneNumber"),
	BIND_DONE,
};
const struct bind sns_publish_batch_fields[] = {
	BIND_STR(struct sns_input, topic_arn, "TopicArn", .required = true),
	BIND_LIST(struct sns_input, entries, "PublishBatchRequestEntries", .required = true),
	BIND_DONE,
};
static const struct bind entry_fields[] = {
	BIND_STR(struct sns_input, name, "Id", .required = true),
	MESSAGE_MEMBERS,
	BIND_DONE,
};

/* ---- a publication on its way ---- */

struct publication {
	struct call *call;
	atomic_int open; /* deliveries not yet settled, and one for whoever starts them */
	struct json *subscriptions;
	bool batch;
	size_t count;
	struct str ids[SNS_BATCH_MAX]; /* of the messages */
	struct str entry_ids[SNS_BATCH_MAX];
};

struct delivery {
	struct publication *publication;
	const struct json *subscription;
	struct str topic_arn;
	const char *service, *operation;
	const struct json *parameters; /* in the call's arena, read only once sending began */
	struct str body, text;
	int attempts;
};

static void write_answer(struct publication *p)
{
	struct writer *w = &p->call->out;

	if (!p->batch) {
		write_str(w, "MessageId", p->ids[0]);
		return;
	}
	write_list(w, "Successful", "member");
	for (size_t i = 0; i < p->count; i++) {
		write_object(w, NULL);
		write_str(w, "Id", p->entry_ids[i]);
		write_str(w, "MessageId", p->ids[i]);
		write_end(w);
	}
	write_end(w);
	write_list(w, "Failed", "member");
	write_end(w);
}

static void settle(struct publication *p)
{
	if (atomic_fetch_sub(&p->open, 1) > 1)
		return;
	write_answer(p);
	call_complete(p->call, 0);
}

/* ---- delivering ---- */

static void start(void *argument);

static struct str queue_url(struct arena *a, struct host *host, struct str arn_text)
{
	struct arn arn;

	if (arn_parse(arn_text, &arn) < 0)
		return STR("");
	return arena_printf(a, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(host_endpoint(host)), STR_ARG(arn.account),
			    STR_ARG(arn.resource));
}

static void buried(struct call *done_call, void *argument)
{
	struct delivery *d = argument;

	if (done_call->error.code)
		log_warn("sns", "a dead letter was lost topic=" STR_FMT " code=%s", STR_ARG(d->topic_arn), done_call->error.name);
	settle(d->publication);
}

static bool start_burial(struct delivery *d)
{
	struct call *call = d->publication->call;
	struct str policy_text = json_get_text(json_get_c(d->subscription, "Attributes"), STR("RedrivePolicy"));
	struct host_request request = { .service = "sqs", .operation = "SendMessage" };
	const struct json *policy;
	struct arena a;

	if (policy_text.n == 0)
		return false;
	arena_init(&a, 16 * (size_t)SNS_MESSAGE_MAX);
	struct json *parameters = json_new_object(&a);
	bool started = json_parse(&a, policy_text, &policy, NULL) == 0;
	if (started) {
		struct str url = queue_url(&a, call->host, json_get_text(policy, STR("deadLetterTargetArn")));

		json_put(&a, parameters, STR("QueueUrl"), json_new_string(&a, url));
		json_put(&a, parameters, STR("MessageBody"), json_new_string(&a, d->text));
		host_service_principal(&request.principal, STR("sns.amazonaws.com"), d->topic_arn);
		request.parameters = parameters;
		started = host_call(call->host, &request, buried, d) == 0;
	}
	arena_release(&a);
	return started;
}

static void delivered(struct call *done_call, void *argument)
{
	struct delivery *d = argument;
	const struct error *err = &done_call->error;
	struct host *host = d->publication->call->host;
	struct str topic = sns_topic_name(d->topic_arn);

	if (!err->code) {
		host_metric(host, "AWS/SNS", "NumberOfNotificationsDelivered", "TopicName", topic, 1);
		settle(d->publication);
		return;
	}
	bool passes = err->status >= 500 || err->status == 429 || strstr(err->name, "Throttl");
	if (passes && ++d->attempts < ATTEMPTS && timer_at(host_timer(host), clock_wall_ms() + RETRY_MS, start, d))
		return;
	host_metric(host, "AWS/SNS", "NumberOfNotificationsFailed", "TopicName", topic, 1);
	log_warn("sns", "a subscriber could not be reached topic=" STR_FMT " endpoint=" STR_FMT " code=%s", STR_ARG(d->topic_arn),
		 STR_ARG(json_get_text(d->subscription, STR("Endpoint"))), err->name);
	if (!start_burial(d))
		settle(d->publication);
}

static void start(void *argument)
{
	struct delivery *d = argument;
	struct host_request request = {
		.service = d->service, .operation = d->operation, .parameters = d->parameters, .body = d->body
	};

	host_service_principal(&request.principal, STR("sns.amazonaws.com"), d->topic_arn);
	if (host_call(d->publication->call->host, &request, delivered, d) < 0)
		settle(d->publication);
}

/* ---- what each subscriber gets ---- */

/* With MessageStructure "json" the text is picked by protocol. */
static struct str text_for(struct arena *a, const struct sns_input *in, struct str protocol)
{
	const struct json *texts;

	if (!str_eq_c(in->structure, "json") || json_parse(a, in->message, &texts, NULL) < 0)
		return in->message;
	struct str own = json_get_text(texts, protocol);
	return str_is_set(own) ? own : json_get_text(texts, STR("default"));
}

static void put_text(struct arena *a, struct json *out, struct str name, struct str text)
{
	if (text.n)
		json_put(a, out, name, json_new_string(a, text));
}

static void fill_sqs(struct delivery *d, const struct sns_input *in, const struct sns_message *m)
{
	struct arena *a = &d->publication->call->arena;
	struct json *parameters = json_new_object(a);
	bool raw = str_eq_c(json_get_text(json_get_c(d->subscription, "Attributes"), STR("RawMessageDelivery")), "true");
	struct str endpoint = json_get_text(d->subscription, STR("Endpoint"));

	d->service = "sqs";
	d->operation = "SendMessage";
	d->text = raw ? m->text : sns_envelope(a, m);
	put_text(a, parameters, STR("QueueUrl"), queue_url(a, d->publication->call->host, endpoint));
	put_text(a, parameters, STR("MessageBody"), d->text);
	if (raw && m->attributes && m->attributes->count)
		json_put(a, parameters, STR("MessageAttributes"), m->attributes);
	if (str_ends(endpoint, STR(".fifo"))) {
		put_text(a, parameters, STR("MessageGroupId"), in->group);
		put_text(a, parameters, STR("MessageDeduplicationId"), in->dedup.n ? in->dedup : m->id);
	}
	d->parameters = parameters;
}

static void fill_lambda(struct delivery *d, const struct sns_message *m)
{
	struct arena *a = &d->publication->call->arena;
	struct json *parameters = json_new_object(a);

	d->service = "lambda";
	d->operation = "Invoke";
	d->body = d->text = sns_lambda_event(a, m);
	put_text(a, parameters, STR("FunctionName"), json_get_text(d->subscription, STR("Endpoint")));
	put_text(a, parameters, STR("InvocationType"), STR("Event"));
	d->parameters = parameters;
}

static bool wants(struct arena *a, const struct json *subscription, const struct sns_message *m)
{
	const struct json *attributes = json_get_c(subscription, "Attributes"), *policy = NULL;
	struct str text = json_get_text(attributes, STR("FilterPolicy"));
	bool by_body = str_eq_c(json_get_text(attributes, STR("FilterPolicyScope")), "MessageBody");

	if (text.n && json_parse(a, text, &policy, NULL) < 0)
		return false;
	return sns_filter_passes(a, policy, by_body, m);
}

/* NULL: this subscription gets nothing. */
static struct delivery *prepare(struct publication *p, const struct sns_input *in, const struct json *subscription,
				struct str topic_arn, struct str id)
{
	struct arena *a = &p->call->arena;
	struct str protocol = json_get_text(subscription, STR("Protocol"));
	struct sns_message m = { .id = id,
				 .topic_arn = topic_arn,
				 .subject = in->subject,
				 .text = text_for(a, in, protocol),
				 .attributes = in->message_attributes,
				 .at_ms = clock_wall_ms(),
				 .endpoint_url = host_endpoint(p->call->host) };
	struct delivery *d = ARENA_NEW(a, struct delivery);

	m.subscription_arn =
		arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(topic_arn), STR_ARG(json_get_text(subscription, STR("Id"))));
	if (!d || json_true(json_get_c(subscription, "Pending")) || !wants(a, subscription, &m))
		return NULL;
	d->publication = p;
	d->subscription = subscription;
	d->topic_arn = topic_arn;
	if (str_eq_c(protocol, "sqs"))
		fill_sqs(d, in, &m);
	else
		fill_lambda(d, &m);
	return d;
}

struct queueing {
	struct publication *publication;
	struct delivery **deliveries;
	size_t count;
};

static void prepare_all(struct queueing *q, const struct sns_input *in, struct str topic_arn, struct str id)
{
	struct publication *p = q->publication;

	for (size_t i = 0; i < p->subscriptions->count; i++) {
		struct delivery *d = prepare(p, in, p->subscriptions->items[i], topic_arn, id);

		if (d)
			q->deliveries[q->count++] = d;
	}
	host_metric(p->call->host, "AWS/SNS", "NumberOfMessagesPublished", "TopicName", sns_topic_name(topic_arn), 1);
}

/* Everything is prepared before the first delivery starts: from then on the call's arena is only read. */
static int start_all(struct queueing *q)
{
	if (arena_failed(&q->publication->call->arena))
		return call_fault(q->publication->call, NULL);
	atomic_fetch_add(&q->publication->open, (int)q->count);
	for (size_t i = 0; i < q->count; i++)
		start(q->deliveries[i]);
	settle(q->publication);
	return CALL_PENDING;
}

/* ---- checks ---- */

static size_t message_size(const struct sns_input *in)
{
	size_t size = in->message.n;

	for (size_t i = 0; in->message_attributes && i < in->message_attributes->count; i++) {
		const struct json_member *m = &in->message_attributes->members[i];

		size += m->name.n + json_get_text(m->value, STR("DataType")).n + json_get_text(m->value, STR("StringValue")).n;
	}
	return size;
}

static int check_structure(struct call *call, const struct sns_input *in)
{
	const struct json *texts;

	if (in->structure.n == 0)
		return 0;
	if (!str_eq_c(in->structure, "json"))
		return call_failf(call, &sns_InvalidParameter, "Invalid parameter: MessageStructure");
	if (json_parse(&call->arena, in->message, &texts, NULL) < 0)
		return call_failf(call, &sns_InvalidParameter,
				  "Invalid parameter: Message Structure - JSON message body failed to parse");
	if (!json_is(json_get_c(texts, "default"), JSON_STRING))
		return call_failf(call, &sns_InvalidParameter,
				  "Invalid parameter: Message Structure - No default entry in JSON message body");
	return 0;
}

static int check_message(struct call *call, const struct sns_input *in, struct str topic_arn)
{
	bool fifo = str_ends(topic_arn, STR(".fifo"));

	if (in->message.n == 0)
		return call_failf(call, &sns_InvalidParameter, "Invalid parameter: Empty message");
	if (message_size(in) > SNS_MESSAGE_MAX)
		return call_failf(call, &sns_InvalidParameter, "Invalid parameter: Message too long");
	if (str_is_set(in->subject) &&
	    (in->subject.n == 0 || in->subject.n > SNS_SUBJECT_MAX || str_find_char(in->subject, '\n', 0) >= 0))
		return call_failf(call, &sns_InvalidParameter, "Invalid parameter: Subject");
	if (fifo && in->group.n == 0)
		return call_failf(call, &sns_InvalidParameter,
				  "Invalid parameter: The MessageGroupId parameter is required for FIFO topics");
	for (size_t i = 0; in->message_attributes && i < in->message_attributes->count; i++) {
		const struct json *v = in->message_attributes->members[i].value;

		if (json_get_text(v, STR("StringValue")).n == 0 && json_get_text(v, STR("BinaryValue")).n == 0)
			return call_failf(call, &sns_InvalidParameter,
					  "Invalid parameter: The message attribute '" STR_FMT
					  "' must contain non-empty message attribute value.",
					  STR_ARG(in->message_attributes->members[i].name));
	}
	return check_structure(call, in);
}

/* ---- the operations: asynchronous, over one look at the topic ---- */

static int keep(void *argument, const struct json *subscription)
{
	struct publication *p = argument;

	return json_add(&p->call->arena, p->subscriptions, subscription) ? 1 : ERR_NO_MEMORY;
}

static int read_subscriptions(struct call *call)
{
	const struct sns_input *in = call->input;
	struct publication *p = call->scratch;
	const struct json *topic;
	struct error err = { 0 };
	struct key key;

	if (sns_need_topic(call, str_is_set(in->topic_arn) ? in->topic_arn : in->target_arn, &topic) < 0)
		return -1;
	record_key(&key, STR("sub"), json_get_text(topic, STR("Name")));
	p->subscriptions = json_new_array(&call->arena);
	if (record_page(call->txn, SPACE_SNS, &key, &(struct record_window){ 0 }, &call->arena, keep, p, NULL, &err) < 0)
		return call_fault(call, &err);
	return 0;
}

static int begin(struct call *call, struct queueing *q, size_t messages)
{
	struct publication *p = ARENA_NEW(&call->arena, struct publication);

	if (!p)
		return call_fault(call, NULL);
	p->call = call;
	p->open = 1;
	p->count = messages;
	call->scratch = p;
	if (call_with_read(call, read_subscriptions) < 0)
		return -1;
	q->publication = p;
	q->deliveries = arena_alloc_array(&call->arena, messages * (p->subscriptions->count + 1), sizeof(*q->deliveries));
	return q->deliveries ? 0 : call_fault(call, NULL);
}

static struct str new_id(struct arena *a)
{
	char id[37];

	random_uuid(id);
	return arena_str(a, str_of(id, 36));
}

int sns_publish(struct call *call)
{
	const struct sns_input *in = call->input;
	struct str topic_arn = str_is_set(in->topic_arn) ? in->topic_arn : in->target_arn;
	struct queueing q = { 0 };

	if (!str_is_set(topic_arn))
		return call_failf(call, &sns_InvalidParameter,
				  "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter");
	if (check_message(call, in, topic_arn) < 0 || begin(call, &q, 1) < 0)
		return -1;
	q.publication->ids[0] = new_id(&call->arena);
	prepare_all(&q, in, topic_arn, q.publication->ids[0]);
	return start_all(&q);
}

static int bind_entry(struct call *call, size_t index, struct sns_input *out)
{
	const struct sns_input *in = call->input;
	struct bind_faults faults;

	if (bind_struct(&call->arena, entry_fields, in->entries->items[index], false, out, &faults) != 0) {
		struct str text = bind_faults_text(&call->arena, &faults);
		return call_failf(call, &sns_InvalidParameter, STR_FMT, STR_ARG(text));
	}
	for (size_t i = 0; i < index; i++)
		if (str_eq(json_get_text(in->entries->items[i], STR("Id")), out->name))
			return call_fail(call, &sns_BatchEntryIdsNotDistinct);
	return check_message(call, out, in->topic_arn);
}

int sns_publish_batch(struct call *call)
{
	const struct sns_input *in = call->input;
	struct sns_input *entries = arena_alloc_array(&call->arena, SNS_BATCH_MAX, sizeof(*entries));
	struct queueing q = { 0 };

	if (in->entries->count == 0)
		return call_fail(call, &sns_EmptyBatchRequest);
	if (in->entries->count > SNS_BATCH_MAX)
		return call_fail(call, &sns_TooManyEntriesInBatchRequest);
	if (!entries)
		return call_fault(call, NULL);
	for (size_t i = 0; i < in->entries->count; i++)
		if (bind_entry(call, i, &entries[i]) < 0)
			return -1;
	if (begin(call, &q, in->entries->count) < 0)
		return -1;
	q.publication->batch = true;
	for (size_t i = 0; i < in->entries->count; i++) {
		q.publication->entry_ids[i] = entries[i].name;
		q.publication->ids[i] = new_id(&call->arena);
		prepare_all(&q, &entries[i], in->topic_arn, q.publication->ids[i]);
	}
	return start_all(&q);
}
