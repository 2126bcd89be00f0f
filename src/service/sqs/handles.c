/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done with a received message: delete it, or change how long it stays invisible.
 */
#include "service/sqs/internal.h"

#include "os/clock.h"

#define QUEUE_URL BIND_STR(struct sqs_input, queue_url, "QueueUrl", .required = true)
#define HANDLE BIND_STR(struct sqs_input, handle, "ReceiptHandle", .required = true)
#define ENTRIES BIND_LIST(struct sqs_input, entries, "Entries", .required = true)

const struct bind sqs_delete_message_fields[] = { QUEUE_URL, HANDLE, BIND_DONE };
const struct bind sqs_delete_message_batch_fields[] = { QUEUE_URL, ENTRIES, BIND_DONE };
const struct bind sqs_change_message_visibility_fields[] = {
	QUEUE_URL,
	HANDLE,
	BIND_I64(struct sqs_input, visibility, "VisibilityTimeout", .required = true),
	BIND_DONE,
};
const struct bind sqs_change_message_visibility_batch_fields[] = { QUEUE_URL, ENTRIES, BIND_DONE };

struct change {
	struct str handle;
	int64_t visibility_s; /* -1: delete */
};

/* 0: done, also when it was done before; ERR_INVALID: no such handle. */
static int delete_one(struct call *call, const struct queue *q, const struct change *c, struct error *err)
{
	struct sqs *s = call->state;
	struct message m;
	bool current;
	int rc = message_of_handle(call, q->name, c->handle, &m, &current, err);

	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0 || !current) /* received again since: the newer handle owns it */
		return rc;
	rc = message_remove(call->txn, q->name, &m, err);
	if (rc == 0)
		host_metric(call->host, "AWS/SQS", "NumberOfMessagesDeleted", "QueueName", q->name, 1);
	/* In a FIFO queue the group's next message may go out now. */
	return rc == 0 && q->fifo ? waiters_wake(s->waiters, call->txn, q->name) : rc;
}

static int hide_one(struct call *call, const struct queue *q, const struct change *c, struct error *err)
{
	struct sqs *s = call->state;
	int64_t now = clock_wall_ms();
	struct message m;
	bool current;
	int rc = message_of_handle(call, q->name, c->handle, &m, &current, err);

	if (rc < 0)
		return rc;
	if (!current || m.available_ms <= now)
		return error_set(err, ERR_EXISTS, "not in flight");
	rc = message_move(call->txn, &call->arena, q->name, &m, now + 1000 * c->visibility_s, err);
	return rc < 0 ? rc : waiters_wake(s->waiters, call->txn, q->name);
}

/* ---- one ---- */

static int refuse_handle(struct call *call, const struct change *c, const struct error *err)
{
	if (err->code == ERR_INVALID)
		return sqs_failf(call, &sqs_ReceiptHandleIsInvalid,
				 "The input receipt handle \"" STR_FMT "\" is not a valid receipt handle.", STR_ARG(c->handle));
	if (err->code == ERR_NOT_FOUND || err->code == ERR_EXISTS)
		return sqs_failf(call, &sqs_InvalidParameterValue,
				 "Value " STR_FMT " for parameter ReceiptHandle is invalid. Reason: Message "
				 "does not exist or is not available for visibility timeout change.",
				 STR_ARG(c->handle));
	return call_fault(call, err);
}

static int check_visibility(struct call *call, int64_t seconds)
{
	if (seconds >= 0 && seconds <= SQS_VISIBILITY_MAX_S)
		return 0;
	return sqs_failf(
		call, &sqs_InvalidParameterValue,
		"Value %lld for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided.",
		(long long)seconds);
}

int sqs_delete_message(struct call *call)
{
	const struct sqs_input *in = call->input;
	struct change c = { .handle = in->handle, .visibility_s = -1 };
	struct error err = { 0 };
	struct queue q;

	if (sqs_need_queue(call, in->queue_url, &q) < 0)
		return -1;
	return delete_one(call, &q, &c, &err) < 0 ? refuse_handle(call, &c, &err) : 0;
}

int sqs_change_message_visibility(struct call *call)
{
	const struct sqs_input *in = call->input;
	struct change c = { .handle = in->handle, .visibility_s = in->visibility.value };
	struct error err = { 0 };
	struct queue q;

	if (check_visibility(call, c.visibility_s) < 0 || sqs_need_queue(call, in->queue_url, &q) < 0)
		return -1;
	return hide_one(call, &q, &c, &err) < 0 ? refuse_handle(call, &c, &err) : 0;
}

/* ---- batches ---- */

typedef int (*change_fn)(struct call *call, const struct queue *q, const struct change *c, struct error *err);

static int change_batch(struct call *call, change_fn change)
{
	const struct sqs_input *in = call->input;
	struct error errors[SQS_BATCH_MAX] = { 0 };
	struct queue q;

	if (sqs_need_queue(call, in->queue_url, &q) < 0 || sqs_check_batch(call, in->entries) < 0)
		return -1;
	write_list(&call->out, "Successful", "member");
	for (size_t i = 0; i < in->entries->count; i++) {
		const struct json *entry = in->entries->items[i];
		struct change c = { .handle = json_get_text(entry, STR("ReceiptHandle")) };

		if (json_to_i64(json_get_c(entry, "VisibilityTimeout"), &c.visibility_s) != 0)
			c.visibility_s = 0;
		if (change(call, &q, &c, &errors[i]) < 0)
			continue;
		write_object(&call->out, NULL);
		write_str(&call->out, "Id", json_get_text(entry, STR("Id")));
		write_end(&call->out);
	}
	write_end(&call->out);
	write_list(&call->out, "Failed", "member");
	for (size_t i = 0; i < in->entries->count; i++) {
		if (!errors[i].code)
			continue;
		write_object(&call->out, NULL);
		write_str(&call->out, "Id", json_get_text(in->entries->items[i], STR("Id")));
		write_bool(&call->out, "SenderFault", true);
		write_c(&call->out, "Code", errors[i].code == ERR_INVALID ? "ReceiptHandleIsInvalid" : "InvalidParameterValue");
		write_c(&call->out, "Message", "The input receipt handle is invalid.");
		write_end(&call->out);
	}
	write_end(&call->out);
	return 0;
}

int sqs_delete_message_batch(struct call *call)
{
	return change_batch(call, delete_one);
}

int sqs_change_message_visibility_batch(struct call *call)
{
	return change_batch(call, hide_one);
}
