/* SPDX-License-Identifier: Apache-2.0
 *
 * ReceiveMessage: what is visible, made invisible for a while; what was received too often goes to the dead-letter queue.
 */
#include "service/sqs/internal.h"

#include "os/clock.h"

const struct bind sqs_receive_message_fields[] = {
	BIND_STR(struct sqs_input, queue_url, "QueueUrl", .required = true),
	BIND_LIST(struct sqs_input, names, "AttributeNames"),
	BIND_LIST(struct sqs_input, system_names, "MessageSystemAttributeNames"),
	BIND_LIST(struct sqs_input, message_names, "MessageAttributeNames"),
	BIND_I64(struct sqs_input, limit, "MaxNumberOfMessages"),
	BIND_I64(struct sqs_input, visibility, "VisibilityTimeout"),
	BIND_I64(struct sqs_input, wait, "WaitTimeSeconds"),
	BIND_IGNORED("ReceiveRequestAttemptId"), /* a lost reply's messages come back after their timeout */
	BIND_DONE,
};

/* ---- redrive ---- */

struct redrive {
	struct str queue; /* absent: none */
	int64_t most;
};

static struct redrive read_redrive(struct call *call, const struct queue *q)
{
	struct str text = json_get_text(q->attributes, STR("RedrivePolicy"));
	struct redrive out = { 0 };
	const struct json *policy;

	if (text.n == 0 || json_parse(&call->arena, text, &policy, NULL) < 0)
		return out;
	const struct json *most = json_get_c(policy, "maxReceiveCount");
	if (json_to_i64(most, &out.most) != 0 && str_to_i64(json_text(most), &out.most) != 0)
		return out;
	out.queue = sqs_queue_name(json_get_text(policy, STR("deadLetterTargetArn")));
	return out;
}

/* The time it was sent stays, so its retention goes on counting. */
static int bury(struct call *call, const struct queue *q, const struct redrive *redrive, struct message *m, struct error *err)
{
	struct sqs *s = call->state;
	struct queue dead;
	int rc = sqs_read_queue(call->txn, &call->arena, redrive->queue, &dead, err);

	if (rc == ERR_NOT_FOUND)
		return 1; /* nowhere to go: it stays here */
	if (rc == 0)
		rc = message_remove(call->txn, q->name, m, err);
	if (rc < 0)
		return rc;
	m->available_ms = clock_wall_ms();
	m->source = sqs_queue_arn(call, q->name);
	rc = message_put(call->txn, &call->arena, dead.name, m, err);
	return rc < 0 ? rc : waiters_wake(s->waiters, call->txn, dead.name);
}

/* ---- choosing ---- */

struct receiving {
	struct call *call;
	const struct queue *queue;
	struct redrive redrive;
	int64_t now, visible_again;
	size_t limit, count;
	struct message messages[SQS_BATCH_MAX];
	struct json *sequences;   /* candidates, in order */
	struct json *busy_groups; /* FIFO: groups with a message in flight */
};

/* Messages whose time has come, oldest first; a few more than asked, as some may expire or be buried. */
static int find_visible(struct receiving *r, struct error *err)
{
	struct store_cursor cursor = { 0 };
	struct str key_text, value;
	struct key from, to;
	size_t n = 0;

	record_key(&from, STR("v"), r->queue->name);
	to = from;
	key_add_u64(&to, (uint64_t)r->now + 1);
	int rc = store_scan(&cursor, r->call->txn, SPACE_SQS_MESSAGES, key_str(&from), key_str(&to), false, err);
	while (rc >= 0 && n < 4 * SQS_BATCH_MAX && (rc = store_next(&cursor, &key_text, &value, err)) > 0) {
		struct str tail = str_from(key_text, key_text.n - 8);
		uint64_t sequence;

		if (key_read_u64(&tail, &sequence) == 0)
			json_add(&r->call->arena, r->sequences, json_new_i64(&r->call->arena, (int64_t)sequence));
		n++;
	}
	store_scan_end(&cursor);
	return rc < 0 ? rc : 0;
}

static bool is_in(const struct json *list, struct str text)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(json_text(list->items[i]), text))
			return true;
	return false;
}

/* FIFO: in order of sending; a group with a message in flight, or one that must wait, gives nothing more. */
static int find_in_order(struct receiving *r, struct error *err)
{
	struct arena *a = &r->call->arena;
	struct store_cursor cursor = { 0 };
	struct str key_text, value;
	struct key from;

	record_key(&from, STR("m"), r->queue->name);
	int rc = store_scan(&cursor, r->call->txn, SPACE_SQS_MESSAGES, key_str(&from), key_prefix_end(a, key_str(&from)), false,
			    err);
	while (rc >= 0 && r->sequences->count < 4 * SQS_BATCH_MAX && (rc = store_next(&cursor, &key_text, &value, err)) > 0) {
		struct str tail = str_from(key_text, key_text.n - 8);
		const struct json *record;
		int64_t available;
		uint64_t sequence;

		if (json_parse(a, arena_str(a, value), &record, NULL) != 0 || key_read_u64(&tail, &sequence) != 0 ||
		    json_to_i64(json_get_c(record, "Available"), &available) != 0)
			continue;
		struct str group = json_get_text(record, STR("Group"));
		if (available > r->now)
			json_add(a, r->busy_groups, json_new_string(a, group));
		else if (!is_in(r->busy_groups, group))
			json_add(a, r->sequences, json_new_i64(a, (int64_t)sequence));
	}
	store_scan_end(&cursor);
	return rc < 0 ? rc : 0;
}

static int take_one(struct receiving *r, uint64_t sequence, struct error *err)
{
	struct call *call = r->call;
	struct message *m = &r->messages[r->count];
	int rc = message_get(call->txn, &call->arena, r->queue->name, sequence, m, err);

	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	if (m->sent_ms + r->queue->retention_s * 1000 < r->now)
		return message_remove(call->txn, r->queue->name, m, err);
	if (str_is_set(r->redrive.queue) && m->count >= r->redrive.most) {
		rc = bury(call, r->queue, &r->redrive, m, err);
		if (rc <= 0)
			return rc;
	}
	m->count++;
	if (!m->first_ms)
		m->first_ms = r->now;
	rc = message_move(call->txn, &call->arena, r->queue->name, m, r->visible_again, err);
	r->count += rc == 0;
	return rc;
}

static int take_messages(struct receiving *r, struct error *err)
{
	int rc = r->queue->fifo ? find_in_order(r, err) : find_visible(r, err);

	for (size_t i = 0; rc == 0 && r->count < r->limit && i < r->sequences->count; i++) {
		int64_t sequence;

		if (json_to_i64(r->sequences->items[i], &sequence) == 0)
			rc = take_one(r, (uint64_t)sequence, err);
	}
	return rc;
}

/* ---- the answer ---- */

static bool wants(const struct json *names, const char *name)
{
	for (size_t i = 0; names && i < names->count; i++)
		if (str_eq_c(json_text(names->items[i]), name) || str_eq_c(json_text(names->items[i]), "All"))
			return true;
	return false;
}

static void write_system(struct call *call, const char *name, struct str value)
{
	const struct sqs_input *in = call->input;

	if (value.n && (wants(in->names, name) || wants(in->system_names, name)))
		write_str(&call->out, name, value);
}

static void write_system_number(struct call *call, const char *name, int64_t value)
{
	write_system(call, name, arena_printf(&call->arena, "%lld", (long long)value));
}

static void write_system_attributes(struct call *call, const struct queue *q, const struct message *m)
{
	const struct sqs_input *in = call->input;

	if (!in->names && !in->system_names)
		return;
	write_object(&call->out, "Attributes");
	write_system(call, "SenderId", m->sender);
	write_system_number(call, "SentTimestamp", m->sent_ms);
	write_system_number(call, "ApproximateReceiveCount", m->count);
	write_system_number(call, "ApproximateFirstReceiveTimestamp", m->first_ms);
	write_system(call, "MessageGroupId", m->group);
	write_system(call, "DeadLetterQueueSourceArn", m->source);
	write_system(call, "AWSTraceHeader", json_get_text(json_get_c(m->system, "AWSTraceHeader"), STR("StringValue")));
	if (q->fifo) {
		write_system(call, "MessageDeduplicationId", m->dedup);
		write_system(call, "SequenceNumber", arena_printf(&call->arena, "%020llu", (unsigned long long)m->sequence));
	}
	write_end(&call->out);
}

/* "All", ".*", a name, or a prefix with ".*". */
static bool attribute_is_asked(const struct json *names, struct str name)
{
	for (size_t i = 0; names && i < names->count; i++) {
		struct str asked = json_text(names->items[i]);
		bool prefix = str_ends(asked, STR(".*")) && str_starts(name, str_sub(asked, 0, asked.n - 2));

		if (prefix || str_eq_c(asked, "All") || str_eq(asked, name))
			return true;
	}
	return false;
}

static void write_message(struct call *call, const struct queue *q, const struct message *m)
{
	const struct sqs_input *in = call->input;
	struct json *asked = json_new_object(&call->arena);

	for (size_t i = 0; m->attributes && i < m->attributes->count; i++)
		if (attribute_is_asked(in->message_names, m->attributes->members[i].name))
			json_put(&call->arena, asked, m->attributes->members[i].name, m->attributes->members[i].value);
	write_object(&call->out, NULL);
	write_str(&call->out, "MessageId", m->id);
	write_str(&call->out, "ReceiptHandle", message_handle(&call->arena, q->name, m));
	write_str(&call->out, "MD5OfBody", message_md5(&call->arena, m->body));
	write_str(&call->out, "Body", m->body);
	write_system_attributes(call, q, m);
	if (asked && asked->count) {
		write_str(&call->out, "MD5OfMessageAttributes", message_attributes_md5(&call->arena, asked));
		write_json(&call->out, "MessageAttributes", asked);
	}
	write_end(&call->out);
}

/* ---- waiting ---- */

/* When the next message becomes visible by itself, or the poll ends. */
static int64_t next_look(struct call *call, const struct queue *q, int64_t now, int64_t until)
{
	struct store_cursor cursor = { 0 };
	struct str key_text, value;
	uint64_t available = 0;
	struct key from;

	record_key(&from, STR("v"), q->name);
	struct str end = key_prefix_end(&call->arena, key_str(&from));
	key_add_u64(&from, (uint64_t)now + 1);
	int rc = store_scan(&cursor, call->txn, SPACE_SQS_MESSAGES, key_str(&from), end, false, NULL);
	if (rc == 0 && (rc = store_next(&cursor, &key_text, &value, NULL)) > 0) {
		struct str tail = str_from(key_text, key_text.n - 16);

		if (key_read_u64(&tail, &available) < 0)
			available = 0;
	}
	store_scan_end(&cursor);
	return available && (int64_t)available < until ? (int64_t)available : until;
}

static int receive(struct call *call);

static int answer_or_wait(struct call *call, const struct queue *q, const struct receiving *r)
{
	struct sqs *s = call->state;
	struct sqs_input *in = call->input;

	if (!in->until_ms)
		in->until_ms = r->now + 1000 * (in->wait.set ? in->wait.value : q->wait_s);
	if (r->count == 0 && r->now < in->until_ms && !s->stopping) {
		int rc = waiters_add(s->waiters, call, q->name, next_look(call, q, r->now, in->until_ms), receive);

		return rc < 0 ? call_fault(call, NULL) : CALL_PENDING;
	}
	if (r->count == 0)
		return 0;
	write_list(&call->out, "Messages", "member");
	for (size_t i = 0; i < r->count; i++)
		write_message(call, q, &r->messages[i]);
	write_end(&call->out);
	host_metric(call->host, "AWS/SQS", "NumberOfMessagesReceived", "QueueName", q->name, (double)r->count);
	return 0;
}

/* On the writer thread; asked again for every look of a long poll. */
static int receive(struct call *call)
{
	const struct sqs_input *in = call->input;
	struct receiving *r = ARENA_NEW(&call->arena, struct receiving);
	struct error err = { 0 };
	struct queue q;

	if (sqs_need_queue(call, in->queue_url, &q) < 0)
		return -1;
	if (!r)
		return call_fault(call, NULL);
	r->call = call;
	r->queue = &q;
	r->now = clock_wall_ms();
	r->visible_again = r->now + 1000 * (in->visibility.set ? in->visibility.value : q.visibility_s);
	r->limit = in->limit.set ? (size_t)in->limit.value : 1;
	r->redrive = read_redrive(call, &q);
	r->sequences = json_new_array(&call->arena);
	r->busy_groups = json_new_array(&call->arena);
	if (take_messages(r, &err) < 0)
		return call_fault(call, &err);
	return answer_or_wait(call, &q, r);
}

static int check_range(struct call *call, const char *name, const struct opt_i64 *value, int64_t min, int64_t max)
{
	if (!value->set || (value->value >= min && value->value <= max))
		return 0;
	return sqs_failf(call, &sqs_InvalidParameterValue,
			 "Value %lld for parameter %s is invalid. Reason: Must be between %lld and %lld, if provided.",
			 (long long)value->value, name, (long long)min, (long long)max);
}

int sqs_receive_message(struct call *call)
{
	const struct sqs_input *in = call->input;

	if (check_range(call, "MaxNumberOfMessages", &in->limit, 1, SQS_BATCH_MAX) < 0 ||
	    check_range(call, "WaitTimeSeconds", &in->wait, 0, SQS_WAIT_MAX_S) < 0 ||
	    check_range(call, "VisibilityTimeout", &in->visibility, 0, SQS_VISIBILITY_MAX_S) < 0)
		return -1;
	return call_continue_write(call, receive);
}
