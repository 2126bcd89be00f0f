/* SPDX-License-Identifier: Apache-2.0
 *
 * Notifications to the queues, topics and functions of a bucket's configuration. Each is sent once its change is committed; a
 * crash between the two loses it (events to EventBridge are committed with the change).
 * Source: "Amazon S3 Event Notifications", "Event message structure", Amazon S3 User Guide.
 */
#include <strings.h>

#include "base/limits.h"
#include "base/log.h"
#include "format/date.h"
#include "format/uri.h"
#include "os/clock.h"
#include "service/s3/object.h"
#include "service/s3/setting.h"

struct target_kind {
	const char *configuration, *element, *arn, *service, *operation;
};

static const struct target_kind kinds[] = {
	{ "QueueConfiguration", "Queue", "arn:aws:sqs:", "sqs", "SendMessage" },
	{ "TopicConfiguration", "Topic", "arn:aws:sns:", "sns", "Publish" },
	{ "CloudFunctionConfiguration", "CloudFunction", "arn:aws:lambda:", "lambda", "Invoke" },
};

static const struct target_kind *kind_of(const struct xml *configuration)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_eq_c(configuration->name, kinds[i].configuration))
			return &kinds[i];
	return NULL;
}

/* ---- what a configuration may say ---- */

static int check_filter(struct call *call, const struct xml *configuration)
{
	const struct xml *key = xml_child(xml_child(configuration, STR("Filter")), STR("S3Key"));

	for (const struct xml *rule = key ? key->children : NULL; rule; rule = rule->next) {
		struct str name = xml_child_text(rule, STR("Name"));

		if (!str_eq_nocase(name, STR("prefix")) && !str_eq_nocase(name, STR("suffix")))
			return call_failf(call, &s3_InvalidArgument, "filter rule name must be either prefix or suffix");
	}
	return 0;
}

int s3_target_check(struct call *call, const struct xml *configuration)
{
	static const char *const families[] = { "s3:ObjectCreated:", "s3:ObjectRemoved:", "s3:LifecycleExpiration:",
						"s3:ObjectTagging:" };
	const struct target_kind *kind = kind_of(configuration);

	if (!kind || !str_starts(xml_child_text(configuration, str_c(kind->element)), str_c(kind->arn)))
		return call_failf(call, &s3_InvalidArgument, "The ARN could not be parsed");
	for (const struct xml *e = xml_child(configuration, STR("Event")); e; e = xml_next(e)) {
		bool known = false;

		for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
			known = known || str_starts(e->text, str_c(families[i]));
		if (!known)
			return call_failf(call, &s3_InvalidArgument, "The event '" STR_FMT "' is not supported for notifications",
					  STR_ARG(e->text));
	}
	return check_filter(call, configuration);
}

/* ---- which are meant ---- */

/* "s3:ObjectCreated:*" or "s3:ObjectCreated:Put" against "ObjectCreated:Put". */
static bool wants_event(const struct xml *configuration, struct str event)
{
	for (const struct xml *e = xml_child(configuration, STR("Event")); e; e = xml_next(e)) {
		struct str wanted = str_from(e->text, 3);

		if (str_ends(wanted, STR("*")) ? str_starts(event, str_sub(wanted, 0, wanted.n - 1)) : str_eq(event, wanted))
			return true;
	}
	return false;
}

static bool wants_key(const struct xml *configuration, struct str key)
{
	const struct xml *filter = xml_child(xml_child(configuration, STR("Filter")), STR("S3Key"));

	for (const struct xml *rule = filter ? filter->children : NULL; rule; rule = rule->next) {
		struct str value = xml_child_text(rule, STR("Value"));
		bool prefix = str_eq_nocase(xml_child_text(rule, STR("Name")), STR("prefix"));

		if (prefix ? !str_starts(key, value) : !str_ends(key, value))
			return false;
	}
	return true;
}

/* ---- the message ---- */

struct happening {
	struct access *x;
	const struct bucket *bucket;
	struct str event;
	const struct json *object;
	const struct occasion *why;
};

static void write_subject(struct writer *w, const struct happening *h, struct str configuration_id)
{
	struct str key = uri_encode_str(h->x->arena, json_get_text(h->object, STR("key")), true);

	write_object(w, "s3");
	write_c(w, "s3SchemaVersion", "1.0");
	write_str(w, "configurationId", configuration_id);
	write_object(w, "bucket");
	write_str(w, "name", h->bucket->name);
	write_object(w, "ownerIdentity");
	write_str(w, "principalId", h->x->s3->account);
	write_end(w);
	write_strf(w, "arn", "arn:aws:s3:::" STR_FMT, STR_ARG(h->bucket->name));
	write_end(w);
	write_object(w, "object");
	write_str(w, "key", key);
	write_json(w, "size", json_get_c(h->object, "size"));
	write_json(w, "eTag", json_get_c(h->object, "etag"));
	write_json(w, "versionId", json_get_c(h->object, "version-id"));
	write_json(w, "sequencer", json_get_c(h->object, "sequencer"));
	write_end(w);
	write_end(w);
}

static void write_record(struct writer *w, const struct happening *h, struct str configuration_id)
{
	char now[DATE_TEXT_MAX];

	write_object(w, NULL);
	write_c(w, "eventVersion", "2.1");
	write_c(w, "eventSource", "aws:s3");
	write_str(w, "awsRegion", h->bucket->region);
	write_str(w, "eventTime", date_iso_ms(now, clock_wall_ms()));
	write_str(w, "eventName", h->event);
	write_object(w, "userIdentity");
	write_strf(w, "principalId", "AWS:" STR_FMT, STR_ARG(h->why->requester));
	write_end(w);
	write_object(w, "requestParameters");
	write_str(w, "sourceIPAddress", h->why->source_ip);
	write_end(w);
	write_object(w, "responseElements");
	write_str(w, "x-amz-request-id", h->why->request_id);
	write_end(w);
	write_subject(w, h, configuration_id);
	write_end(w);
}

static struct str message_of(const struct happening *h, struct str configuration_id)
{
	struct buf text;
	struct writer w;

	buf_init(&text, KIB(64));
	writer_init(&w, &text, WRITER_JSON);
	write_object(&w, NULL);
	write_list(&w, "Records", NULL);
	write_record(&w, h, configuration_id);
	write_end(&w);
	write_end(&w);
	struct str out = arena_str(h->x->arena, buf_str(&text));
	buf_release(&text);
	return out;
}

/* ---- sending ---- */

/* A notification that waits for its change to be committed; owns its texts. */
struct notification {
	struct host *host;
	const struct target_kind *kind;
	struct arena arena;
	struct str target, message, source_arn;
};

static void notification_free(struct notification *n)
{
	arena_release(&n->arena);
	free(n);
}

static void sent(struct call *call, void *argument)
{
	const struct target_kind *kind = argument;

	if (call->error.code)
		log_warn("s3", "a notification was not taken service=%s code=%s", kind->service, call->error.name);
}

static void put_text(struct notification *n, struct json *to, const char *name, struct str text)
{
	json_put(&n->arena, to, str_c(name), json_new_string(&n->arena, text));
}

/* A queue's ARN as its URL. */
static struct str queue_url(struct notification *n)
{
	struct str rest = n->target, part = STR_NULL, account = STR_NULL;

	while (str_is_set(rest)) {
		account = part;
		part = str_split(&rest, ':');
	}
	return arena_printf(&n->arena, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(host_endpoint(n->host)), STR_ARG(account),
			    STR_ARG(part));
}

static void send(void *argument)
{
	struct notification *n = argument;
	struct host_request request = { .service = n->kind->service, .operation = n->kind->operation };
	struct json *parameters = json_new_object(&n->arena);

	if (strcmp(n->kind->service, "sqs") == 0) {
		put_text(n, parameters, "QueueUrl", queue_url(n));
		put_text(n, parameters, "MessageBody", n->message);
	} else if (strcmp(n->kind->service, "sns") == 0) {
		put_text(n, parameters, "TopicArn", n->target);
		put_text(n, parameters, "Subject", STR("Amazon S3 Notification"));
		put_text(n, parameters, "Message", n->message);
	} else {
		put_text(n, parameters, "FunctionName", n->target);
		put_text(n, parameters, "InvocationType", STR("Event"));
		request.body = n->message;
	}
	request.parameters = parameters;
	host_service_principal(&request.principal, STR("s3.amazonaws.com"), n->source_arn);
	if (host_call(n->host, &request, sent, (void *)(uintptr_t)n->kind) < 0)
		log_warn("s3", "a notification could not be sent target=" STR_FMT, STR_ARG(n->target));
	notification_free(n);
}

/* On the pool: functions' and topics' calls do more than this thread should. */
static void committed(void *argument)
{
	struct notification *n = argument;

	if (pool_run(host_pool(n->host), send, n) < 0)
		send(n);
}

static int plan(const struct happening *h, const struct target_kind *kind, const struct xml *configuration)
{
	struct notification *n = calloc(1, sizeof(*n));

	if (!n)
		return error_set(&h->x->err, ERR_NO_MEMORY, "s3: out of memory");
	arena_init(&n->arena, MIB(1));
	n->host = h->x->s3->host;
	n->kind = kind;
	n->target = arena_str(&n->arena, xml_child_text(configuration, str_c(kind->element)));
	n->source_arn = arena_printf(&n->arena, "arn:aws:s3:::" STR_FMT, STR_ARG(h->bucket->name));
	n->message = arena_str(&n->arena, message_of(h, xml_child_text(configuration, STR("Id"))));
	if (!arena_failed(&n->arena) && store_after_commit(h->x->txn, committed, n) == 0)
		return 0;
	notification_free(n);
	return error_set(&h->x->err, ERR_NO_MEMORY, "s3: out of memory");
}

int s3_notify_targets(struct access *x, const struct bucket *b, const char *event, const struct json *object,
		      const struct occasion *why)
{
	struct happening h = { .x = x, .bucket = b, .event = str_c(event), .object = object, .why = why };
	const struct xml *root;
	struct str text;
	int rc = bucket_setting_read(x, b->name, "notification", &text);

	if (rc == 0)
		rc = xml_parse(x->arena, text, &root, &x->err);
	for (const struct xml *c = rc == 0 ? root->children : NULL; c && rc == 0; c = c->next) {
		const struct target_kind *kind = kind_of(c);

		if (kind && wants_event(c, h.event) && wants_key(c, json_get_text(object, STR("key"))))
			rc = plan(&h, kind, c);
	}
	return rc == ERR_NOT_FOUND ? 0 : rc;
}
