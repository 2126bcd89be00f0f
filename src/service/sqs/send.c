/* SPDX-License-Identifier: Apache-2.0
 *
 * SendMessage and its batch.
 */
#include "service/sqs/internal.h"

#include "base/digest.h"
#include "base/encode.h"
#include "os/clock.h"
#include "os/random.h"

static const struct bind attribute_fields[] = {
	{ .name = "DataType", .kind = BIND_KIND_STR, .required = true },
	{ .name = "StringValue", .kind = BIND_KIND_STR },
	{ .name = "BinaryValue", .kind = BIND_KIND_STR },
	BIND_REFUSED("StringListValues"),
	BIND_REFUSED("BinaryListValues"),
	BIND_DONE,
};

#define MESSAGE_MEMBERS                                                                                                          \
	BIND_STR(struct sqs_input, body, "MessageBody"), BIND_I64(struct sqs_input, delay, "DelaySeconds"),                      \
		BIND_MAP(struct sqs_input, message_attributes, "MessageAttributes", .fields = attribute_fields),                 \
		BIND_MAP(struct sqs_input, system_attributes, "MessageSystemAttributes", .fields = attribute_fields),            \
		BIND_STR(struct sqs_input, dedup, "MessageDeduplicationId"), BIND_STR(struct sqs_input, group, "MessageGroupId")

const struct bind sqs_send_message_fields[] = {
	BIND_STR(struct sqs_input, queue_url, "QueueUrl", .required = true),
	MESSAGE_MEMBERS,
	BIND_DONE,
};
const struct bind sqs_send_message_batch_fields[] = {
	BIND_STR(struct sqs_input, queue_url, "QueueUrl", .required = true),
	BIND_LIST(struct sqs_input, entries, "Entries", .required = true),
	BIND_DONE,
};
static const struct bind entry_fields[] = {
	BIND_STR(struct sqs_input, queue_name, "Id", .required = true),
	MESSAGE_MEMBERS,
	BIND_DONE,
};

/* ---- checks: a failure is an error's row and a text ---- */

struct fault {
	const struct service_error *error;
	const char *text;
};

/* "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF" */
static bool has_allowed_characters(struct str body)
{
	for (size_t i = 0; i < body.n; i++) {
		unsigned char c = (unsigned char)body.p[i];

		if (c < 0x20 && c != 0x9 && c != 0xA && c != 0xD)
			return false;
	}
	return str_find(body, STR("\xEF\xBF\xBE"), 0) < 0 && str_find(body, STR("\xEF\xBF\xBF"), 0) < 0;
}

static size_t message_size(const struct sqs_input *in)
{
	size_t size = in->body.n;

	for (size_t i = 0; in->message_attributes && i < in->message_attributes->count; i++) {
		const struct json_member *m = &in->message_attributes->members[i];

		size += m->name.n + json_get_text(m->value, STR("DataType")).n + json_get_text(m->value, STR("StringValue")).n +
			json_get_text(m->value, STR("BinaryValue")).n / 4 * 3;
	}
	return size;
}

static bool attributes_have_values(const struct json *attributes)
{
	for (size_t i = 0; attributes && i < attributes->count; i++) {
		const struct json *v = attributes->members[i].value;
		struct str type = json_get_text(v, STR("DataType"));
		bool binary = str_starts(type, STR("Binary"));

		if (!binary && !str_starts(type, STR("String")) && !str_starts(type, STR("Number")))
			return false;
		if (json_get_text(v, binary ? STR("BinaryValue") : STR("StringValue")).n == 0)
			return false;
	}
	return true;
}

static struct fault check_fifo(const struct queue *q, const struct sqs_input *in)
{
	bool by_content = str_eq_c(json_get_text(q->attributes, STR("ContentBasedDeduplication")), "true");

	if (!q->fifo && in->dedup.n)
		return (struct fault){
			&sqs_InvalidParameterValue,
			"The request include parameter that is not valid for this queue type. Reason: MessageDeduplicationId "
			"is only valid for FIFO queues."
		};
	if (!q->fifo)
		return (struct fault){ 0 };
	if (in->group.n == 0)
		return (struct fault){ &sqs_MissingParameter, "The request must contain the parameter MessageGroupId." };
	if (in->delay.set && in->delay.value)
		return (struct fault){ &sqs_InvalidParameterValue,
				       "Value for parameter DelaySeconds is invalid. Reason: The request include "
				       "parameter that is not valid for this queue type." };
	if (in->dedup.n == 0 && !by_content)
		return (struct fault){ &sqs_InvalidParameterValue,
				       "The queue should either have ContentBasedDeduplication enabled or "
				       "MessageDeduplicationId provided explicitly" };
	return (struct fault){ 0 };
}

static struct fault check_message(const struct queue *q, const struct sqs_input *in)
{
	if (in->body.n == 0)
		return (struct fault){ &sqs_MissingParameter, "The request must contain the parameter MessageBody." };
	if (!has_allowed_characters(in->body))
		return (struct fault){ &sqs_InvalidMessageContents, sqs_InvalidMessageContents.message };
	if (message_size(in) > (size_t)q->size_max)
		return (struct fault){ &sqs_InvalidParameterValue,
				       "One or more parameters are invalid. Reason: Message must be shorter than "
				       "the queue's MaximumMessageSize." };
	if (in->delay.set && (in->delay.value < 0 || in->delay.value > SQS_DELAY_MAX_S))
		return (struct fault){ &sqs_InvalidParameterValue,
				       "Value for parameter DelaySeconds is invalid. Reason: DelaySeconds must be "
				       ">= 0 and <= 900." };
	if ((in->message_attributes && in->message_attributes->count > 10) || !attributes_have_values(in->message_attributes))
		return (struct fault){ &sqs_InvalidParameterValue,
				       "The message attributes are invalid: each needs a type of String, Number or "
				       "Binary and a value, and there may be ten." };
	return check_fifo(q, in);
}

/* ---- one message ---- */

struct sent {
	struct str id, sequence; /* sequence absent for standard queues */
};

static struct str content_id(struct arena *a, struct str body)
{
	uint8_t digest[SHA256_SIZE];

	sha256(body.p, body.n, digest);
	return hex_str(a, digest, sizeof(digest));
}

/* 1: it was sent within five minutes, `out` is the first one; 0: it is new. */
static int find_duplicate(struct call *call, const struct key *key, int64_t now, struct sent *out, struct error *err)
{
	const struct json *before;
	int64_t until;
	int rc = record_get(call->txn, SPACE_SQS, key, &call->arena, &before, err);

	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0)
		return rc;
	if (json_to_i64(json_get_c(before, "Until"), &until) != 0 || until < now)
		return 0;
	out->id = json_get_text(before, STR("MessageId"));
	out->sequence = json_get_text(before, STR("Sequence"));
	return 1;
}

static int remember(struct call *call, const struct key *key, int64_t now, const struct sent *sent, struct error *err)
{
	struct arena *a = &call->arena;
	struct json *record = json_new_object(a);

	json_put(a, record, STR("Until"), json_new_i64(a, now + SQS_DEDUP_MS));
	json_put(a, record, STR("MessageId"), json_new_string(a, sent->id));
	json_put(a, record, STR("Sequence"), json_new_string(a, sent->sequence));
	return record_put(call->txn, SPACE_SQS, key, a, record, err);
}

static int store_message(struct call *call, const struct queue *q, const struct sqs_input *in, struct str dedup, int64_t now,
			 struct sent *out, struct error *err)
{
	struct sqs *s = call->state;
	char id[37];

	random_uuid(id);
	struct message m = { .sequence = s->next_sequence++,
			     .sent_ms = now,
			     .id = arena_str(&call->arena, str_of(id, 36)),
			     .available_ms = now + 1000 * (in->delay.set ? in->delay.value : q->delay_s),
			     .body = in->body,
			     .sender = call->principal.user_id,
			     .group = in->group,
			     .dedup = dedup,
			     .attributes = in->message_attributes,
			     .system = in->system_attributes };
	out->id = m.id;
	out->sequence = q->fifo ? arena_printf(&call->arena, "%020llu", (unsigned long long)m.sequence) : STR_NULL;
	host_metric(call->host, "AWS/SQS", "NumberOfMessagesSent", "QueueName", q->name, 1);
	return message_put(call->txn, &call->arena, q->name, &m, err);
}

static int send(struct call *call, const struct queue *q, const struct sqs_input *in, struct sent *out, struct error *err)
{
	struct sqs *s = call->state;
	struct str dedup = q->fifo && in->dedup.n == 0 ? content_id(&call->arena, in->body) : in->dedup;
	int64_t now = clock_wall_ms();
	struct key key;
	int rc = 0;

	record_key(&key, STR("dedup"), q->name, dedup.n ? dedup : STR(""));
	if (q->fifo)
		rc = find_duplicate(call, &key, now, out, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = store_message(call, q, in, dedup, now, out, err);
	if (rc == 0 && q->fifo)
		rc = remember(call, &key, now, out, err);
	if (rc == 0)
		rc = waiters_wake(s->waiters, call->txn, q->name);
	return rc;
}

static void write_sent(struct call *call, const struct sqs_input *in, const struct sent *sent)
{
	write_str(&call->out, "MessageId", sent->id);
	write_str(&call->out, "MD5OfMessageBody", message_md5(&call->arena, in->body));
	write_str(&call->out, "MD5OfMessageAttributes", message_attributes_md5(&call->arena, in->message_attributes));
	write_str(&call->out, "MD5OfMessageSystemAttributes", message_attributes_md5(&call->arena, in->system_attributes));
	write_str(&call->out, "SequenceNumber", sent->sequence);
}

int sqs_send_message(struct call *call)
{
	const struct sqs_input *in = call->input;
	struct error err = { 0 };
	struct sent sent;
	struct queue q;

	if (sqs_need_queue(call, in->queue_url, &q) < 0)
		return -1;
	struct fault fault = check_message(&q, in);
	if (fault.error)
		return sqs_failf(call, fault.error, "%s", fault.text);
	if (send(call, &q, in, &sent, &err) < 0)
		return call_fault(call, &err);
	write_sent(call, in, &sent);
	return 0;
}

/* ---- the batch ---- */

static bool valid_entry_id(struct str id)
{
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return id.n > 0 && id.n <= 80;
}

int sqs_check_batch(struct call *call, const struct json *entries)
{
	if (entries->count == 0)
		return sqs_failf(call, &sqs_EmptyBatchRequest, "There should be at least one entry in the request.");
	if (entries->count > SQS_BATCH_MAX)
		return sqs_failf(call, &sqs_TooManyEntriesInBatchRequest,
				 "Maximum number of entries per request are 10. You have sent %zu.", entries->count);
	for (size_t i = 0; i < entries->count; i++) {
		struct str id = json_get_text(entries->items[i], STR("Id"));

		if (!valid_entry_id(id))
			return sqs_failf(call, &sqs_InvalidBatchEntryId,
					 "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It "
					 "can be at "
					 "most 80 letters long.");
		for (size_t j = 0; j < i; j++)
			if (str_eq(id, json_get_text(entries->items[j], STR("Id"))))
				return sqs_failf(call, &sqs_BatchEntryIdsNotDistinct, "Id " STR_FMT " repeated.", STR_ARG(id));
	}
	return 0;
}

struct batch {
	struct sqs_input inputs[SQS_BATCH_MAX];
	struct fault faults[SQS_BATCH_MAX];
	struct sent sent[SQS_BATCH_MAX];
};

static int bind_entries(struct call *call, const struct queue *q, struct batch *b)
{
	const struct sqs_input *in = call->input;
	struct bind_faults faults;
	size_t size = 0;

	for (size_t i = 0; i < in->entries->count; i++) {
		if (bind_struct(&call->arena, entry_fields, in->entries->items[i], false, &b->inputs[i], &faults) != 0) {
			struct str text = bind_faults_text(&call->arena, &faults);
			return sqs_failf(call, &sqs_InvalidParameterValue, STR_FMT, STR_ARG(text));
		}
		size += message_size(&b->inputs[i]);
		b->faults[i] = check_message(q, &b->inputs[i]);
	}
	if (size > SQS_MESSAGE_MAX)
		return sqs_failf(call, &sqs_BatchRequestTooLong,
				 "Batch requests cannot be longer than %d bytes. You have sent %zu bytes.", SQS_MESSAGE_MAX,
				 size);
	return 0;
}

static void write_batch(struct call *call, const struct batch *b)
{
	const struct sqs_input *in = call->input;

	write_list(&call->out, "Successful", "member");
	for (size_t i = 0; i < in->entries->count; i++) {
		if (b->faults[i].error)
			continue;
		write_object(&call->out, NULL);
		write_str(&call->out, "Id", b->inputs[i].queue_name);
		write_sent(call, &b->inputs[i], &b->sent[i]);
		write_end(&call->out);
	}
	write_end(&call->out);
	write_list(&call->out, "Failed", "member");
	for (size_t i = 0; i < in->entries->count; i++) {
		if (!b->faults[i].error)
			continue;
		write_object(&call->out, NULL);
		write_str(&call->out, "Id", b->inputs[i].queue_name);
		write_bool(&call->out, "SenderFault", true);
		write_c(&call->out, "Code", b->faults[i].error->name);
		write_c(&call->out, "Message", b->faults[i].text);
		write_end(&call->out);
	}
	write_end(&call->out);
}

int sqs_send_message_batch(struct call *call)
{
	const struct sqs_input *in = call->input;
	struct batch *b = ARENA_NEW(&call->arena, struct batch);
	struct error err = { 0 };
	struct queue q;

	if (!b)
		return call_fault(call, NULL);
	if (sqs_need_queue(call, in->queue_url, &q) < 0 || sqs_check_batch(call, in->entries) < 0 ||
	    bind_entries(call, &q, b) < 0)
		return -1;
	for (size_t i = 0; i < in->entries->count; i++)
		if (!b->faults[i].error && send(call, &q, &b->inputs[i], &b->sent[i], &err) < 0)
			return call_fault(call, &err);
	write_batch(call, b);
	return 0;
}
