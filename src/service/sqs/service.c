/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations of SQS and the life of its state.
 */
#include "service/sqs/internal.h"

#include "os/clock.h"

#define ROW(wire, fn, mode, ...)                                                                                                 \
	{                                                                                                                        \
		.name = wire, .kind = OPERATION_##mode, .run = sqs_##fn, .input = sqs_##fn##_fields,                             \
		.input_size = sizeof(struct sqs_input), .resource = sqs_queue_resource, ##__VA_ARGS__                            \
	}

static const struct operation operations[] = {
	ROW("CreateQueue", create_queue, WRITE),
	ROW("DeleteQueue", delete_queue, WRITE),
	ROW("GetQueueUrl", get_queue_url, READ),
	ROW("ListQueues", list_queues, READ),
	ROW("GetQueueAttributes", get_queue_attributes, READ),
	ROW("SetQueueAttributes", set_queue_attributes, WRITE),
	ROW("ListQueueTags", list_queue_tags, READ),
	ROW("TagQueue", tag_queue, WRITE),
	ROW("UntagQueue", untag_queue, WRITE),
	ROW("PurgeQueue", purge_queue, WRITE),
	ROW("ListDeadLetterSourceQueues", list_dead_letter_source_queues, READ),
	ROW("SendMessage", send_message, WRITE),
	ROW("SendMessageBatch", send_message_batch, WRITE, .action = "sqs:SendMessage"),
	ROW("ReceiveMessage", receive_message, ASYNC),
	ROW("DeleteMessage", delete_message, WRITE),
	ROW("DeleteMessageBatch", delete_message_batch, WRITE, .action = "sqs:DeleteMessage"),
	ROW("ChangeMessageVisibility", change_message_visibility, WRITE),
	ROW("ChangeMessageVisibilityBatch", change_message_visibility_batch, WRITE, .action = "sqs:ChangeMessageVisibility"),
	{ 0 },
};

/* A fault of a member: missing, or of a wrong kind or value. */
static int refuse(struct call *call, const struct bind_faults *faults)
{
	const struct bind_fault *first = &faults->faults[0];
	struct str text = bind_faults_text(&call->arena, faults);

	if (first->kind == BIND_FAULT_MISSING)
		return sqs_failf(call, &sqs_MissingParameter, "The request must contain the parameter %s.", first->row->name);
	return sqs_failf(call, first->kind == BIND_FAULT_REFUSED ? &sqs_UnsupportedOperation : &sqs_InvalidParameterValue,
			 STR_FMT, STR_ARG(text));
}

static void sqs_close(void *state)
{
	struct sqs *s = state;

	waiters_free(s->waiters);
	free(s);
}

static int sqs_open(struct host *host, void **state, struct error *err)
{
	struct sqs *s = calloc(1, sizeof(*s));

	if (!s)
		return error_set(err, ERR_NO_MEMORY, "out of memory for the queues");
	s->host = host;
	/* Grows faster than messages can come, so it never repeats after a restart. */
	s->next_sequence = (uint64_t)clock_wall_ms() * 1000;
	int rc = waiters_new(&s->waiters, s, err);
	if (rc < 0) {
		sqs_close(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int sqs_start(void *state, struct error *err)
{
	(void)err;
	gauges_plan(state);
	return 0;
}

static void sqs_stop(void *state)
{
	struct sqs *s = state;

	s->stopping = true;
	waiters_stop(s->waiters);
}

static struct str resource_policy(struct call *call, struct store_txn *txn, struct str arn)
{
	struct error err;
	struct queue q;

	if (sqs_read_queue(txn, &call->arena, sqs_queue_name(arn), &q, &err) < 0)
		return STR_NULL;
	return json_get_text(q.attributes, STR("Policy"));
}

const struct service service_sqs = {
	.name = "sqs",
	.protocol = PROTOCOL_JSON,
	.target_prefix = "AmazonSQS",
	.json_version = "1.0",
	.error_prefix = "com.amazonaws.sqs#",
	.api_version = "2012-11-05",
	.xml_namespace = "http://queue.amazonaws.com/doc/2012-11-05/",
	.dialect = &sqs_dialect,
	.validation = &sqs_InvalidParameterValue,
	.operations = operations,
	.open = sqs_open,
	.start = sqs_start,
	.stop = sqs_stop,
	.close = sqs_close,
	.refuse = refuse,
	.resource_policy = resource_policy,
};
