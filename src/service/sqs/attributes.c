/* SPDX-License-Identifier: Apache-2.0
 *
 * Queue attributes: which there are, what values they take, what is told of a queue.
 */
#include "service/sqs/internal.h"

#include "os/clock.h"

enum attribute_kind { ATTRIBUTE_NUMBER, ATTRIBUTE_FLAG, ATTRIBUTE_JSON, ATTRIBUTE_TEXT, ATTRIBUTE_COMPUTED };

static const struct attribute {
	const char *name;
	enum attribute_kind kind;
	int64_t min, max;
	const char *otherwise; /* shown when it was never set; NULL: not shown */
	bool fifo_only;
} attributes[] = {
	{ "DelaySeconds", ATTRIBUTE_NUMBER, 0, SQS_DELAY_MAX_S, "0", false },
	{ "MaximumMessageSize", ATTRIBUTE_NUMBER, 1024, SQS_MESSAGE_MAX, "1048576", false },
	{ "MessageRetentionPeriod", ATTRIBUTE_NUMBER, 60, 1209600, "345600", false },
	{ "ReceiveMessageWaitTimeSeconds", ATTRIBUTE_NUMBER, 0, SQS_WAIT_MAX_S, "0", false },
	{ "VisibilityTimeout", ATTRIBUTE_NUMBER, 0, SQS_VISIBILITY_MAX_S, "30", false },
	{ "Policy", ATTRIBUTE_JSON, 0, 0, NULL, false },
	{ "RedrivePolicy", ATTRIBUTE_JSON, 0, 0, NULL, false },
	{ "RedriveAllowPolicy", ATTRIBUTE_JSON, 0, 0, NULL, false },
	{ "KmsMasterKeyId", ATTRIBUTE_TEXT, 0, 0, NULL, false },
	{ "KmsDataKeyReusePeriodSeconds", ATTRIBUTE_NUMBER, 60, 86400, NULL, false },
	{ "SqsManagedSseEnabled", ATTRIBUTE_FLAG, 0, 0, "true", false },
	{ "FifoQueue", ATTRIBUTE_FLAG, 0, 0, NULL, true },
	{ "ContentBasedDeduplication", ATTRIBUTE_FLAG, 0, 0, "false", true },
	{ "DeduplicationScope", ATTRIBUTE_TEXT, 0, 0, "queue", true },
	{ "FifoThroughputLimit", ATTRIBUTE_TEXT, 0, 0, "perQueue", true },
	{ "QueueArn", ATTRIBUTE_COMPUTED, 0, 0, NULL, false },
	{ "CreatedTimestamp", ATTRIBUTE_COMPUTED, 0, 0, NULL, false },
	{ "LastModifiedTimestamp", ATTRIBUTE_COMPUTED, 0, 0, NULL, false },
	{ "ApproximateNumberOfMessages", ATTRIBUTE_COMPUTED, 0, 0, NULL, false },
	{ "ApproximateNumberOfMessagesDelayed", ATTRIBUTE_COMPUTED, 0, 0, NULL, false },
	{ "ApproximateNumberOfMessagesNotVisible", ATTRIBUTE_COMPUTED, 0, 0, NULL, false },
};

enum { ATTRIBUTE_COUNT = sizeof(attributes) / sizeof(attributes[0]) };

static const struct attribute *find_attribute(struct str name)
{
	for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
		if (str_eq_c(name, attributes[i].name))
			return &attributes[i];
	return NULL;
}

bool sqs_is_attribute(struct str name)
{
	return find_attribute(name) || str_eq_c(name, "All");
}

/* ---- checks ---- */

static int bad_value(struct call *call, const struct attribute *a)
{
	return sqs_failf(call, &sqs_InvalidAttributeValue, "Invalid value for the parameter %s.", a->name);
}

/* {"deadLetterTargetArn": "arn:…", "maxReceiveCount": 1–1000}; the target is there and of the same kind. */
static int check_redrive(struct call *call, const struct json *policy, bool fifo)
{
	struct str target = json_get_text(policy, STR("deadLetterTargetArn"));
	const struct json *given = json_get_c(policy, "maxReceiveCount");
	struct error err = { 0 };
	struct queue queue;
	int64_t most = 0;

	if ((json_to_i64(given, &most) != 0 && str_to_i64(json_text(given), &most) != 0) || most < 1 || most > 1000)
		return sqs_failf(call, &sqs_InvalidParameterValue,
				 "Value for parameter RedrivePolicy is invalid. Reason: Invalid value for maxReceiveCount: must "
				 "be between 1 "
				 "and 1000.");
	if (sqs_read_queue(call->txn, &call->arena, sqs_queue_name(target), &queue, &err) < 0)
		return sqs_failf(call, &sqs_InvalidParameterValue,
				 "Value for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.");
	if (queue.fifo != fifo)
		return sqs_failf(call, &sqs_InvalidParameterValue,
				 "Value for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must be same type of "
				 "queue as the "
				 "source.");
	return 0;
}

static int check_json(struct call *call, const struct attribute *a, struct str value, bool fifo)
{
	const struct json *document;

	if (value.n == 0)
		return 0; /* takes the attribute away */
	if (json_parse(&call->arena, value, &document, NULL) < 0 || !json_is(document, JSON_OBJECT))
		return bad_value(call, a);
	return strcmp(a->name, "RedrivePolicy") == 0 ? check_redrive(call, document, fifo) : 0;
}

static int check_value(struct call *call, const struct attribute *a, struct str value, bool fifo)
{
	int64_t number;

	switch (a->kind) {
	case ATTRIBUTE_NUMBER:
		return str_to_i64(value, &number) != 0 || number < a->min || number > a->max ? bad_value(call, a) : 0;
	case ATTRIBUTE_FLAG:
		return str_eq_c(value, "true") || str_eq_c(value, "false") ? 0 : bad_value(call, a);
	case ATTRIBUTE_JSON:
		return check_json(call, a, value, fifo);
	case ATTRIBUTE_TEXT:
		return 0;
	case ATTRIBUTE_COMPUTED:
		break;
	}
	return sqs_failf(call, &sqs_InvalidAttributeName, "Unknown Attribute %s.", a->name);
}

int sqs_check_attributes(struct call *call, const struct json *given, bool creating)
{
	const struct sqs_input *in = call->input;
	bool fifo = str_ends(creating ? in->queue_name : in->queue_url, STR(".fifo"));

	for (size_t i = 0; given && i < given->count; i++) {
		struct str name = given->members[i].name;
		const struct attribute *a = find_attribute(name);

		if (!a || !json_is(given->members[i].value, JSON_STRING))
			return sqs_failf(call, &sqs_InvalidAttributeName, "Unknown Attribute " STR_FMT ".", STR_ARG(name));
		if (a->fifo_only && !fifo)
			return sqs_failf(call, &sqs_InvalidAttributeName, "Unknown Attribute " STR_FMT ".", STR_ARG(name));
		if (check_value(call, a, given->members[i].value->text, fifo) < 0)
			return -1;
	}
	bool says_fifo = str_eq_c(json_get_text(given, STR("FifoQueue")), "true");
	if (creating && fifo != says_fifo)
		return sqs_failf(call, &sqs_InvalidParameterValue,
				 fifo ? "The queue name can only end with .fifo when FifoQueue is true."
				      : "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
					"underscores, must end "
					"with .fifo suffix and be 1 to 80 in length.");
	return 0;
}

/* ---- what is told ---- */

static void put_number(struct arena *a, struct json *out, const char *name, int64_t value)
{
	json_put(a, out, str_c(name), json_new_string(a, arena_printf(a, "%lld", (long long)value)));
}

static int64_t seconds_of(const struct json *record, struct str name)
{
	int64_t ms;

	return json_to_i64(json_get(record, name), &ms) == 0 ? ms / 1000 : 0;
}

static void put_settings(struct call *call, const struct queue *q, struct json *out)
{
	bool keyed = json_get_text(q->attributes, STR("KmsMasterKeyId")).n > 0;

	for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
		const struct attribute *a = &attributes[i];
		const struct json *value = json_get(q->attributes, str_c(a->name));

		if (strcmp(a->name, "SqsManagedSseEnabled") == 0 && keyed && !value)
			value = json_new_string(&call->arena, STR("false"));
		if (!value && a->otherwise && (!a->fifo_only || q->fifo))
			value = json_new_string(&call->arena, str_c(a->otherwise));
		if (value)
			json_put(&call->arena, out, str_c(a->name), value);
	}
}

const struct json *sqs_all_attributes(struct call *call, const struct queue *q)
{
	struct json *out = json_new_object(&call->arena);
	struct message_counts counts;
	struct error err = { 0 };

	if (messages_count(call->txn, &call->arena, q->name, clock_wall_ms(), &counts, &err) < 0) {
		call_fault(call, &err);
		return NULL;
	}
	json_put(&call->arena, out, STR("QueueArn"), json_new_string(&call->arena, sqs_queue_arn(call, q->name)));
	put_number(&call->arena, out, "ApproximateNumberOfMessages", counts.visible);
	put_number(&call->arena, out, "ApproximateNumberOfMessagesDelayed", counts.delayed);
	put_number(&call->arena, out, "ApproximateNumberOfMessagesNotVisible", counts.in_flight);
	put_number(&call->arena, out, "CreatedTimestamp", seconds_of(q->record, STR("Created")));
	put_number(&call->arena, out, "LastModifiedTimestamp", seconds_of(q->record, STR("Modified")));
	put_settings(call, q, out);
	return out;
}
