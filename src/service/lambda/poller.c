/* SPDX-License-Identifier: Apache-2.0 */
#include "service/lambda/poller.h"

#include <stdio.h>
#include <stdlib.h>

#include "aws/arn.h"
#include "base/limits.h"
#include "base/log.h"
#include "events/pattern.h"
#include "format/writer.h"
#include "os/clock.h"
#include "service/lambda/function.h"

enum { BATCH_MAX = 10, WAIT_S = 10, AGAIN_AFTER_MS = 3000 };

struct poller {
	struct lambda *lambda;
	struct host *host;
	struct poller *next;
	struct arena arena; /* of the texts and patterns below */
	struct str uuid, queue_arn, queue_url, function, qualifier, arn;
	int64_t batch;
	bool partial; /* ReportBatchItemFailures */
	const struct event_pattern **patterns;
	size_t pattern_count;
	_Atomic bool ended;
	_Atomic timer_id timer;
	struct arena round; /* of one batch */
	struct principal principal;
	const struct json *messages;
};

static void poll_queue(void *argument);

static void poller_free(struct poller *p)
{
	arena_release(&p->round);
	arena_release(&p->arena);
	free(p);
}

static void on_timer(void *argument)
{
	struct poller *p = argument;

	p->timer = 0;
	if (p->ended || pool_run(host_pool(p->host), poll_queue, p) < 0)
		poller_free(p);
}

static void poll_later(struct poller *p, int64_t in_ms)
{
	if (p->ended) { /* the service may be gone: its lock is not to be touched */
		poller_free(p);
		return;
	}
	pthread_mutex_lock(&p->lambda->lock); /* so that an end sees the timer, or this sees the end */
	bool ended = p->ended;
	if (!ended)
		p->timer = timer_at(host_timer(p->host), clock_wall_ms() + in_ms, on_timer, p);
	bool lost = ended || !p->timer;
	pthread_mutex_unlock(&p->lambda->lock);
	if (lost)
		poller_free(p);
}

static void poll_again(struct poller *p)
{
	if (p->ended || pool_run(host_pool(p->host), poll_queue, p) < 0)
		poller_free(p);
}

static void put_text(struct poller *p, struct json *to, const char *name, struct str text)
{
	json_put(&p->round, to, str_c(name), json_new_string(&p->round, text));
}

/* ---- 4. what was taken is deleted ---- */

static void deleted(struct call *call, void *argument)
{
	struct poller *p = argument;

	if (call->error.code)
		log_warn("lambda", "a batch cannot be deleted queue=" STR_FMT " code=%s", STR_ARG(p->queue_arn),
			 call->error.name);
	poll_again(p);
}

static bool is_failed(const struct json *failures, struct str id)
{
	for (size_t i = 0; failures && i < failures->count; i++)
		if (str_eq(json_get_text(failures->items[i], STR("itemIdentifier")), id))
			return true;
	return false;
}

static void delete_batch(struct poller *p, const struct json *failures)
{
	struct host_request request = { .service = "sqs", .operation = "DeleteMessageBatch", .principal = p->principal };
	struct json *parameters = json_new_object(&p->round), *entries = json_new_array(&p->round);

	for (size_t i = 0; i < p->messages->count; i++) {
		const struct json *message = p->messages->items[i];
		struct json *entry = json_new_object(&p->round);

		if (is_failed(failures, json_get_text(message, STR("MessageId"))))
			continue;
		put_text(p, entry, "Id", arena_printf(&p->round, "m%zu", i));
		json_put(&p->round, entry, STR("ReceiptHandle"), json_get_c(message, "ReceiptHandle"));
		json_add(&p->round, entries, entry);
	}
	put_text(p, parameters, "QueueUrl", p->queue_url);
	json_put(&p->round, parameters, STR("Entries"), entries);
	request.parameters = parameters;
	if (!entries->count)
		poll_again(p);
	else if (host_call(p->host, &request, deleted, p) < 0)
		poll_later(p, AGAIN_AFTER_MS);
}

/* ---- 3. the function is invoked ---- */

static bool has_failed(const struct call *call)
{
	for (size_t i = 0; i < call->reply.header_count; i++)
		if (str_eq_nocase(call->reply.headers[i].name, STR("X-Amz-Function-Error")))
			return true;
	return call->error.code != 0;
}

/* A batch that failed is left in the queue: it becomes visible again, or goes to the dead-letter queue. */
static void invoked(struct call *call, void *argument)
{
	struct poller *p = argument;
	const struct json *answer, *failures = NULL;

	if (has_failed(call)) {
		poll_again(p);
		return;
	}
	if (p->partial && json_parse(&p->round, arena_str(&p->round, call_reply_text(call)), &answer, NULL) == 0)
		failures = json_get_c(answer, "batchItemFailures");
	delete_batch(p, json_is(failures, JSON_ARRAY) ? failures : NULL);
}

static void write_attribute(struct writer *w, const char *name, const struct json *attribute)
{
	write_object(w, name);
	write_json(w, "stringValue", json_get_c(attribute, "StringValue"));
	write_json(w, "binaryValue", json_get_c(attribute, "BinaryValue"));
	write_json(w, "stringListValues", &json_empty_array);
	write_json(w, "binaryListValues", &json_empty_array);
	write_json(w, "dataType", json_get_c(attribute, "DataType"));
	write_end(w);
}

static void write_message(struct writer *w, struct poller *p, const struct json *message)
{
	const struct json *attributes = json_get_c(message, "MessageAttributes");

	write_object(w, NULL);
	write_json(w, "messageId", json_get_c(message, "MessageId"));
	write_json(w, "receiptHandle", json_get_c(message, "ReceiptHandle"));
	write_json(w, "body", json_get_c(message, "Body"));
	write_json(w, "attributes", json_get_c(message, "Attributes"));
	write_object(w, "messageAttributes");
	for (size_t i = 0; attributes && i < attributes->count; i++)
		write_attribute(w, arena_c(&p->round, attributes->members[i].name), attributes->members[i].value);
	write_end(w);
	write_json(w, "md5OfBody", json_get_c(message, "MD5OfBody"));
	write_c(w, "eventSource", "aws:sqs");
	write_str(w, "eventSourceARN", p->queue_arn);
	write_str(w, "awsRegion", host_region(p->host));
	write_end(w);
}

/* A pattern sees the message as the function would, its body as JSON where it is that. */
static bool is_wanted(struct poller *p, const struct json *message)
{
	struct json *seen = json_new_object(&p->round);
	struct str body = json_get_text(message, STR("Body"));
	const struct json *parsed;

	json_put(&p->round, seen, STR("messageId"), json_get_c(message, "MessageId"));
	json_put(&p->round, seen, STR("body"),
		 json_parse(&p->round, body, &parsed, NULL) == 0 ? parsed : json_get_c(message, "Body"));
	for (size_t i = 0; i < p->pattern_count; i++)
		if (event_pattern_matches(p->patterns[i], seen))
			return true;
	return p->pattern_count == 0;
}

static struct str event_of(struct poller *p, size_t *wanted)
{
	struct buf text;
	struct writer w;

	*wanted = 0;
	buf_init(&text, MIB(8));
	writer_init(&w, &text, WRITER_JSON);
	write_object(&w, NULL);
	write_list(&w, "Records", NULL);
	for (size_t i = 0; i < p->messages->count; i++) {
		if (!is_wanted(p, p->messages->items[i]))
			continue;
		write_message(&w, p, p->messages->items[i]);
		++*wanted;
	}
	write_end(&w);
	write_end(&w);
	struct str out = arena_str(&p->round, buf_str(&text));
	buf_release(&text);
	return out;
}

static void invoke(struct poller *p)
{
	struct host_request request = { .service = "lambda", .operation = "Invoke" };
	struct json *parameters = json_new_object(&p->round);
	size_t wanted;

	request.body = event_of(p, &wanted);
	put_text(p, parameters, "FunctionName", p->arn);
	put_text(p, parameters, "InvocationType", STR("RequestResponse"));
	request.parameters = parameters;
	host_root_principal(p->host, &request.principal); /* the service calls the function itself: no permission is asked */
	if (wanted == 0)
		delete_batch(p, NULL); /* what no filter wants is gone, as the service has it */
	else if (host_call(p->host, &request, invoked, p) < 0)
		poll_later(p, AGAIN_AFTER_MS);
}

/* ---- 2. a batch has come ---- */

static void received(struct call *call, void *argument)
{
	struct poller *p = argument;
	const struct json *answer = NULL;

	if (p->ended) { /* what it took becomes visible again */
		poller_free(p);
		return;
	}
	if (call->error.code) {
		log_warn("lambda", "a queue cannot be read function=" STR_FMT " code=%s message=%s", STR_ARG(p->arn),
			 call->error.name, call->error.message);
		poll_later(p, AGAIN_AFTER_MS);
		return;
	}
	if (json_parse(&p->round, arena_str(&p->round, call_reply_text(call)), &answer, NULL) == 0)
		p->messages = json_get_c(answer, "Messages");
	if (p->messages && p->messages->count)
		invoke(p);
	else
		poll_again(p);
}

/* ---- 1. the queue is asked ---- */

/* The role of the version that is meant; absent when there is no such function now. */
static struct str role_of(struct poller *p)
{
	struct str version = p->qualifier.p ? p->qualifier : STR(LAMBDA_LATEST), role = STR_NULL;
	const struct json *function, *record;
	struct store_txn *txn;
	struct key key;

	if (store_read_begin(host_store(p->host), &txn, NULL) < 0)
		return STR_NULL;
	function_key(&key, p->function);
	if (record_get(txn, SPACE_LAMBDA, &key, &p->round, &function, NULL) == 0) {
		if (!function_is_version(version))
			version = json_get_text(json_get(json_get_c(function, "aliases"), version), STR("FunctionVersion"));
		version_key(&key, p->function, version.p ? version : STR(""));
		if (record_get(txn, SPACE_LAMBDA, &key, &p->round, &record, NULL) == 0)
			role = json_get_text(json_get_c(record, "config"), STR("Role"));
	}
	store_read_end(txn);
	return role;
}

static const struct json *all(struct poller *p)
{
	struct json *list = json_new_array(&p->round);

	json_add(&p->round, list, json_new_string(&p->round, STR("All")));
	return list;
}

static void poll_queue(void *argument)
{
	struct poller *p = argument;
	struct host_request request = { .service = "sqs", .operation = "ReceiveMessage" };
	struct error err = { 0 };

	arena_release(&p->round);
	arena_init(&p->round, MIB(32));
	p->messages = NULL;
	struct json *parameters = json_new_object(&p->round);
	struct str role = role_of(p);
	put_text(p, parameters, "QueueUrl", p->queue_url);
	json_put(&p->round, parameters, STR("MaxNumberOfMessages"), json_new_i64(&p->round, p->batch));
	json_put(&p->round, parameters, STR("WaitTimeSeconds"), json_new_i64(&p->round, WAIT_S));
	json_put(&p->round, parameters, STR("AttributeNames"), all(p));
	json_put(&p->round, parameters, STR("MessageAttributeNames"), all(p));
	if (!role.p || host_role_principal(p->host, &p->round, role, p->function, p->arn, &p->principal, &err) < 0) {
		poll_later(p, AGAIN_AFTER_MS);
		return;
	}
	request.principal = p->principal;
	request.parameters = parameters;
	if (host_call(p->host, &request, received, p) < 0)
		poll_later(p, AGAIN_AFTER_MS);
}

/* ---- beginning and ending ---- */

static int add_patterns(struct poller *p, const struct json *mapping)
{
	const struct json *filters = json_get_c(json_get_c(mapping, "FilterCriteria"), "Filters");
	size_t count = filters ? filters->count : 0;

	p->patterns = arena_alloc_array(&p->arena, count + 1, sizeof(struct event_pattern *));
	for (size_t i = 0; p->patterns && i < count; i++)
		if (event_pattern_compile(&p->arena, json_get_text(filters->items[i], STR("Pattern")), &p->patterns[i], NULL) ==
		    0)
			p->pattern_count++;
	return p->patterns && p->pattern_count == count ? 0 : ERR_INVALID;
}

static bool lists(const struct json *list, const char *text)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (str_eq_c(json_text(list->items[i]), text))
			return true;
	return false;
}

static int fill(struct poller *p, const struct json *mapping)
{
	struct arena *a = &p->arena;
	struct str endpoint = host_endpoint(p->host), name;
	struct arn arn;

	p->uuid = arena_str(a, json_get_text(mapping, STR("UUID")));
	p->arn = arena_str(a, json_get_text(mapping, STR("FunctionArn")));
	p->queue_arn = arena_str(a, json_get_text(mapping, STR("EventSourceArn")));
	p->partial = lists(json_get_c(mapping, "FunctionResponseTypes"), "ReportBatchItemFailures");
	if (json_to_i64(json_get_c(mapping, "BatchSize"), &p->batch) != 0 || p->batch > BATCH_MAX)
		p->batch = BATCH_MAX;
	if (arn_parse(p->queue_arn, &arn) < 0)
		return ERR_INVALID;
	p->queue_url =
		arena_printf(a, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(endpoint), STR_ARG(arn.account), STR_ARG(arn.resource));
	if (arn_parse(p->arn, &arn) < 0 || !str_starts(arn.resource, STR("function:")))
		return ERR_INVALID;
	name = str_from(arn.resource, 9);
	p->function = str_split(&name, ':');
	p->qualifier = name;
	return add_patterns(p, mapping);
}

static void begin(struct lambda *l, const struct json *mapping)
{
	struct poller *p;

	if (!str_starts(json_get_text(mapping, STR("EventSourceArn")), STR("arn:aws:sqs:")) ||
	    !str_eq_c(json_get_text(mapping, STR("State")), "Enabled") || !(p = calloc(1, sizeof(*p))))
		return;
	p->lambda = l;
	p->host = l->host;
	arena_init(&p->arena, MIB(1));
	arena_init(&p->round, MIB(1));
	if (fill(p, mapping) < 0 || arena_failed(&p->arena)) {
		poller_free(p);
		return;
	}
	pthread_mutex_lock(&l->lock);
	p->next = l->pollers;
	l->pollers = p;
	pthread_mutex_unlock(&l->lock);
	poll_later(p, 0);
}

/* With the lock: out of the list. What it has under way frees it; a timer that is called off does not come back. */
static void end(struct lambda *l, struct poller **at)
{
	struct poller *p = *at;

	*at = p->next;
	p->ended = true;
	if (p->timer && timer_cancel(host_timer(l->host), p->timer))
		poller_free(p);
}

void poller_replace(struct lambda *l, struct str uuid, const struct json *mapping)
{
	pthread_mutex_lock(&l->lock);
	for (struct poller **at = &l->pollers; *at;) {
		if (str_eq((*at)->uuid, uuid))
			end(l, at);
		else
			at = &(*at)->next;
	}
	bool stopping = l->stopping;
	pthread_mutex_unlock(&l->lock);
	if (mapping && !stopping)
		begin(l, mapping);
}

static int begin_one(void *argument, const struct json *mapping)
{
	begin(argument, mapping);
	return 1;
}

int pollers_start(struct lambda *l, struct error *err)
{
	struct store_txn *txn;
	struct arena a;
	struct key key;
	int rc = store_read_begin(host_store(l->host), &txn, err);

	if (rc < 0)
		return rc;
	arena_init(&a, MIB(16));
	record_key(&key, STR("mapping"));
	rc = record_page(txn, SPACE_LAMBDA, &key, &(struct record_window){ 0 }, &a, begin_one, l, NULL, err);
	arena_release(&a);
	store_read_end(txn);
	return rc;
}

void pollers_stop(struct lambda *l)
{
	pthread_mutex_lock(&l->lock);
	while (l->pollers)
		end(l, &l->pollers);
	pthread_mutex_unlock(&l->lock);
}
