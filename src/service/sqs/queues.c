/* SPDX-License-Identifier: Apache-2.0
 *
 * Queues: create, find, list, change, purge, delete, tag.
 */
#include "service/sqs/internal.h"

#include <stdio.h>

#include "aws/arn.h"
#include "os/clock.h"

SQS_ERRORS(SERVICE_ERROR_ROW, sqs)

/* ---- errors ---- */

/* "AWS JSON protocol … query compatibility": SDKs and Terraform still compare the older protocol's names. */
const char *sqs_legacy_name(const char *name)
{
	static const char *const renamed[][2] = {
		{ "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue" },
		{ "QueueNameExists", "QueueAlreadyExists" },
		{ "EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest" },
		{ "TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest" },
		{ "BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct" },
		{ "InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId" },
		{ "BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong" },
		{ "PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress" },
		{ "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation" },
	};

	for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++)
		if (strcmp(name, renamed[i][0]) == 0)
			return renamed[i][1];
	return name;
}

int sqs_failf(struct call *call, const struct service_error *error, const char *format, ...)
{
	char text[ERROR_MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	call_reply_headerf(call, "x-amzn-query-error", "%s;Sender", sqs_legacy_name(error->name));
	return call_failf(call, error, "%s", text);
}

int sqs_fail(struct call *call, const struct service_error *error)
{
	return sqs_failf(call, error, "%s", error->message);
}

/* ---- names ---- */

/* The last part of a URL's path or of an ARN. */
struct str sqs_queue_name(struct str text)
{
	size_t from = text.n;

	while (from > 0 && text.p[from - 1] != '/' && text.p[from - 1] != ':')
		from--;
	return str_from(text, from);
}

struct str sqs_queue_arn(struct call *call, struct str name)
{
	return arn_format(&call->arena, "sqs", host_region(call->host), host_account(call->host), STR_FMT, STR_ARG(name));
}

struct str sqs_queue_resource(struct call *call)
{
	const struct sqs_input *in = call->input;

	return sqs_queue_arn(call, str_is_set(in->queue_url) ? sqs_queue_name(in->queue_url) : in->queue_name);
}

/* Under the name the client reached us by. */
static void write_url(struct call *call, const char *member, struct str name)
{
	struct str host = call_header(call, STR("Host"));

	if (host.n)
		write_strf(&call->out, member, "http://" STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(host),
			   STR_ARG(host_account(call->host)), STR_ARG(name));
	else
		write_strf(&call->out, member, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(host_endpoint(call->host)),
			   STR_ARG(host_account(call->host)), STR_ARG(name));
}

/* ---- reading ---- */

static int64_t setting(const struct json *attributes, struct str name, int64_t otherwise)
{
	int64_t value;

	return str_to_i64(json_get_text(attributes, name), &value) == 0 ? value : otherwise;
}

int sqs_read_queue(struct store_txn *txn, struct arena *a, struct str name, struct queue *out, struct error *err)
{
	const struct json *record;
	struct key key;

	record_key(&key, STR("queue"), name);
	int rc = record_get(txn, SPACE_SQS, &key, a, &record, err);
	if (rc < 0)
		return rc;
	const struct json *attributes = json_get_c(record, "Attributes");
	*out = (struct queue){ .name = arena_str(a, name),
			       .record = record,
			       .attributes = attributes,
			       .fifo = str_ends(name, STR(".fifo")),
			       .visibility_s = setting(attributes, STR("VisibilityTimeout"), 30),
			       .delay_s = setting(attributes, STR("DelaySeconds"), 0),
			       .retention_s = setting(attributes, STR("MessageRetentionPeriod"), 345600),
			       .wait_s = setting(attributes, STR("ReceiveMessageWaitTimeSeconds"), 0),
			       .size_max = setting(attributes, STR("MaximumMessageSize"), SQS_MESSAGE_MAX) };
	return 0;
}

int sqs_need_queue(struct call *call, struct str url, struct queue *out)
{
	struct error err = { 0 };
	int rc = sqs_read_queue(call->txn, &call->arena, sqs_queue_name(url), out, &err);

	if (rc == ERR_NOT_FOUND)
		return sqs_fail(call, &sqs_QueueDoesNotExist);
	return rc < 0 ? call_fault(call, &err) : 0;
}

static int put_queue(struct call *call, struct str name, const struct json *record)
{
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("queue"), name);
	return record_put(call->txn, SPACE_SQS, &key, &call->arena, record, &err) < 0 ? call_fault(call, &err) : 0;
}

/* ---- create ---- */

static bool valid_queue_name(struct str text)
{
	struct str name = str_ends(text, STR(".fifo")) ? str_sub(text, 0, text.n - 5) : text;

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return name.n > 0 && text.n <= 80;
}

const struct bind sqs_create_queue_fields[] = {
	BIND_STR(struct sqs_input, queue_name, "QueueName", .required = true),
	BIND_MAP(struct sqs_input, attributes, "Attributes"),
	BIND_MAP(struct sqs_input, tags, "tags"),
	BIND_DONE,
};

/* The same queue again is found, not made; with another value it is an error. */
static int recreate(struct call *call, const struct queue *q)
{
	const struct sqs_input *in = call->input;
	const struct json *now = sqs_all_attributes(call, q);

	for (size_t i = 0; now && in->attributes && i < in->attributes->count; i++) {
		const struct json_member *m = &in->attributes->members[i];

		if (!str_eq(json_text(m->value), json_get_text(now, m->name)))
			return sqs_failf(call, &sqs_QueueNameExists,
					 "A queue already exists with the same name and a different value for attribute " STR_FMT,
					 STR_ARG(m->name));
	}
	if (now)
		write_url(call, "QueueUrl", q->name);
	return now ? 0 : -1;
}

/* An attribute set to nothing is not kept. */
static const struct json *kept_attributes(struct arena *a, const struct json *before, const struct json *given)
{
	struct json *out = json_new_object(a);

	for (size_t i = 0; before && i < before->count; i++)
		if (!json_get(given, before->members[i].name))
			json_put(a, out, before->members[i].name, before->members[i].value);
	for (size_t i = 0; given && i < given->count; i++)
		if (json_text(given->members[i].value).n)
			json_put(a, out, given->members[i].name, given->members[i].value);
	return out;
}

int sqs_create_queue(struct call *call)
{
	const struct sqs_input *in = call->input;
	struct arena *a = &call->arena;
	const struct json *now = json_new_i64(a, clock_wall_ms());
	struct json *record = json_new_object(a);
	struct error err = { 0 };
	struct queue q;

	if (!valid_queue_name(in->queue_name))
		return sqs_failf(call, &sqs_InvalidParameterValue,
				 "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
	if (sqs_check_attributes(call, in->attributes, true) < 0)
		return -1;
	int rc = sqs_read_queue(call->txn, a, in->queue_name, &q, &err);
	if (rc == 0)
		return recreate(call, &q);
	if (rc != ERR_NOT_FOUND)
		return call_fault(call, &err);
	json_put(a, record, STR("Name"), json_new_string(a, in->queue_name));
	json_put(a, record, STR("Created"), now);
	json_put(a, record, STR("Modified"), now);
	json_put(a, record, STR("Attributes"), kept_attributes(a, NULL, in->attributes));
	json_put(a, record, STR("Tags"), tags_merge(a, NULL, in->tags));
	if (put_queue(call, in->queue_name, record) < 0)
		return -1;
	write_url(call, "QueueUrl", in->queue_name);
	return 0;
}

/* ---- find and list ---- */

#define QUEUE_URL BIND_STR(struct sqs_input, queue_url, "QueueUrl", .required = true)

const struct bind sqs_get_queue_url_fields[] = {
	BIND_STR(struct sqs_input, queue_name, "QueueName", .required = true),
	BIND_STR(struct sqs_input, owner, "QueueOwnerAWSAccountId"),
	BIND_DONE,
};

int sqs_get_queue_url(struct call *call)
{
	const struct sqs_input *in = call->input;
	struct queue q;

	if (in->owner.n && !str_eq(in->owner, host_account(call->host)))
		return sqs_fail(call, &sqs_QueueDoesNotExist);
	if (sqs_need_queue(call, in->queue_name, &q) < 0)
		return -1;
	write_url(call, "QueueUrl", q.name);
	return 0;
}

const struct bind sqs_list_queues_fields[] = {
	BIND_STR(struct sqs_input, prefix, "QueueNamePrefix"),
	BIND_STR(struct sqs_input, token, "NextToken"),
	BIND_I64(struct sqs_input, limit, "MaxResults", .min = 1, .max = 1000),
	BIND_DONE,
};

static int write_listed(void *argument, const struct json *record)
{
	struct call *call = argument;
	const struct sqs_input *in = call->input;
	struct str name = json_get_text(record, STR("Name"));

	if (!str_starts(name, in->prefix))
		return 0;
	write_url(call, NULL, name);
	return 1;
}

static int list_queues(struct call *call, const char *member, record_fn each)
{
	const struct sqs_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 1000, .token = in->token };
	struct error err = { 0 };
	struct str next;
	struct key key;

	record_key(&key, STR("queue"));
	write_list(&call->out, member, "member");
	int rc = record_page(call->txn, SPACE_SQS, &key, &window, &call->arena, each, call, &next, &err);
	if (rc == ERR_INVALID)
		return sqs_failf(call, &sqs_InvalidParameterValue, "Invalid NextToken value.");
	if (rc < 0)
		return call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextToken", in->limit.set ? next : STR_NULL);
	return 0;
}

int sqs_list_queues(struct call *call)
{
	return list_queues(call, "QueueUrls", write_listed);
}

const struct bind sqs_list_dead_letter_source_queues_fields[] = {
	QUEUE_URL,
	BIND_STR(struct sqs_input, token, "NextToken"),
	BIND_I64(struct sqs_input, limit, "MaxResults", .min = 1, .max = 1000),
	BIND_DONE,
};

static int write_source(void *argument, const struct json *record)
{
	struct call *call = argument;
	const struct sqs_input *in = call->input;
	struct str policy = json_get_text(json_get_c(record, "Attributes"), STR("RedrivePolicy"));
	const struct json *parsed;

	if (policy.n == 0 || json_parse(&call->arena, policy, &parsed, NULL) < 0 ||
	    !str_eq(sqs_queue_name(json_get_text(parsed, STR("deadLetterTargetArn"))), sqs_queue_name(in->queue_url)))
		return 0;
	write_url(call, NULL, json_get_text(record, STR("Name")));
	return 1;
}

int sqs_list_dead_letter_source_queues(struct call *call)
{
	struct queue q;

	if (sqs_need_queue(call, ((const struct sqs_input *)call->input)->queue_url, &q) < 0)
		return -1;
	return list_queues(call, "queueUrls", write_source);
}

/* ---- attributes ---- */

const struct bind sqs_get_queue_attributes_fields[] = {
	QUEUE_URL,
	BIND_LIST(struct sqs_input, names, "AttributeNames"),
	BIND_DONE,
};

static bool is_asked(const struct json *names, struct str name)
{
	for (size_t i = 0; names && i < names->count; i++)
		if (str_eq(json_text(names->items[i]), name) || str_eq_c(json_text(names->items[i]), "All"))
			return true;
	return false;
}

int sqs_get_queue_attributes(struct call *call)
{
	const struct sqs_input *in = call->input;
	struct queue q;

	if (sqs_need_queue(call, in->queue_url, &q) < 0)
		return -1;
	for (size_t i = 0; in->names && i < in->names->count; i++)
		if (!sqs_is_attribute(json_text(in->names->items[i])))
			return sqs_failf(call, &sqs_InvalidAttributeName, "Unknown Attribute " STR_FMT ".",
					 STR_ARG(json_text(in->names->items[i])));
	const struct json *all = sqs_all_attributes(call, &q);
	if (!all)
		return -1;
	struct json *asked = json_new_object(&call->arena);
	for (size_t i = 0; i < all->count; i++)
		if (is_asked(in->names, all->members[i].name))
			json_put(&call->arena, asked, all->members[i].name, all->members[i].value);
	if (asked && asked->count)
		write_json(&call->out, "Attributes", asked);
	return 0;
}

const struct bind sqs_set_queue_attributes_fields[] = {
	QUEUE_URL,
	BIND_MAP(struct sqs_input, attributes, "Attributes", .required = true),
	BIND_DONE,
};

int sqs_set_queue_attributes(struct call *call)
{
	const struct sqs_input *in = call->input;
	struct arena *a = &call->arena;
	struct queue q;

	if (sqs_need_queue(call, in->queue_url, &q) < 0 || sqs_check_attributes(call, in->attributes, false) < 0)
		return -1;
	if (json_get_c(in->attributes, "FifoQueue"))
		return sqs_failf(call, &sqs_InvalidAttributeName, "Unknown Attribute FifoQueue.");
	struct json *record = json_copy_object(a, q.record);
	json_put(a, record, STR("Attributes"), kept_attributes(a, q.attributes, in->attributes));
	json_put(a, record, STR("Modified"), json_new_i64(a, clock_wall_ms()));
	return put_queue(call, q.name, record);
}

/* ---- purge and delete ---- */

const struct bind sqs_purge_queue_fields[] = { QUEUE_URL, BIND_DONE };
const struct bind sqs_delete_queue_fields[] = { QUEUE_URL, BIND_DONE };

int sqs_purge_queue(struct call *call)
{
	struct error err = { 0 };
	struct queue q;

	if (sqs_need_queue(call, ((const struct sqs_input *)call->input)->queue_url, &q) < 0)
		return -1;
	return messages_remove_all(call->txn, &call->arena, q.name, &err) < 0 ? call_fault(call, &err) : 0;
}

int sqs_delete_queue(struct call *call)
{
	struct sqs *s = call->state;
	struct error err = { 0 };
	struct queue q;
	struct key key;

	if (sqs_need_queue(call, ((const struct sqs_input *)call->input)->queue_url, &q) < 0)
		return -1;
	if (messages_remove_all(call->txn, &call->arena, q.name, &err) < 0)
		return call_fault(call, &err);
	record_key(&key, STR("dedup"), q.name);
	if (record_delete_all(call->txn, SPACE_SQS, &key, &call->arena, &err) < 0)
		return call_fault(call, &err);
	record_key(&key, STR("queue"), q.name);
	if (store_delete(call->txn, SPACE_SQS, key_str(&key), &err) < 0 || waiters_wake(s->waiters, call->txn, q.name) < 0)
		return call_fault(call, &err);
	return 0;
}

/* ---- tags ---- */

const struct bind sqs_list_queue_tags_fields[] = { QUEUE_URL, BIND_DONE };
const struct bind sqs_tag_queue_fields[] = { QUEUE_URL, BIND_MAP(struct sqs_input, tags, "Tags", .required = true), BIND_DONE };
const struct bind sqs_untag_queue_fields[] = { QUEUE_URL, BIND_LIST(struct sqs_input, keys, "TagKeys", .required = true),
					       BIND_DONE };

int sqs_list_queue_tags(struct call *call)
{
	struct queue q;

	if (sqs_need_queue(call, ((const struct sqs_input *)call->input)->queue_url, &q) < 0)
		return -1;
	const struct json *tags = json_get_c(q.record, "Tags");
	if (tags && tags->count)
		write_json(&call->out, "Tags", tags);
	return 0;
}

static int put_tags(struct call *call, const struct queue *q, const struct json *tags)
{
	struct json *record = json_copy_object(&call->arena, q->record);

	if (tags && tags->count > TAGS_MAX)
		return sqs_failf(call, &sqs_InvalidParameterValue, "Too many tags added for queue " STR_FMT ".",
				 STR_ARG(q->name));
	json_put(&call->arena, record, STR("Tags"), tags);
	return put_queue(call, q->name, record);
}

int sqs_tag_queue(struct call *call)
{
	const struct sqs_input *in = call->input;
	struct queue q;

	if (sqs_need_queue(call, in->queue_url, &q) < 0)
		return -1;
	return put_tags(call, &q, tags_merge(&call->arena, json_get_c(q.record, "Tags"), in->tags));
}

int sqs_untag_queue(struct call *call)
{
	const struct sqs_input *in = call->input;
	struct queue q;

	if (sqs_need_queue(call, in->queue_url, &q) < 0)
		return -1;
	return put_tags(call, &q, tags_without(&call->arena, json_get_c(q.record, "Tags"), in->keys));
}
