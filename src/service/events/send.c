/* SPDX-License-Identifier: Apache-2.0
 *
 * One attempt to hand an event to its target, in the name of the target's role, or of EventBridge itself where there is none.
 */
#include "service/events/internal.h"

#include "aws/arn.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/uuid.h"
#include "events/transform.h"
#include "format/date.h"
#include "os/clock.h"

#define SELF "events.amazonaws.com"

/* The parameters of the target's operation; `payload` is what the event became. */
struct outgoing {
	struct sending *s;
	struct arn arn;
	struct str arn_text, payload;
	struct json *parameters;
	struct str body;
};

static void put_text(struct outgoing *o, struct str name, struct str text)
{
	json_put(o->s->arena, o->parameters, name, json_new_string(o->s->arena, text));
}

/* The same delivery always has the same name, so a second attempt after a crash starts no second execution. */
static struct str execution_name(struct outgoing *o)
{
	struct sending *s = o->s;
	struct str origin =
		arena_printf(s->arena, STR_FMT "\n" STR_FMT, STR_ARG(s->rule_arn), STR_ARG(json_get_text(s->target, STR("Id"))));
	char id[UUID_LENGTH + 1];
	uint8_t digest[SHA256_SIZE];

	sha256(origin.p, origin.n, digest);
	uuid_format(digest, id);
	return arena_printf(s->arena, STR_FMT "_%s", STR_ARG(json_get_text(s->event, STR("id"))), id);
}

static void fill_states(struct outgoing *o)
{
	put_text(o, STR("stateMachineArn"), o->arn_text);
	put_text(o, STR("name"), execution_name(o));
	put_text(o, STR("input"), o->payload);
}

static void fill_lambda(struct outgoing *o)
{
	put_text(o, STR("FunctionName"), o->arn_text);
	put_text(o, STR("InvocationType"), STR("Event"));
	o->body = o->payload;
}

static struct str queue_url(struct sending *s, const struct arn *arn)
{
	return arena_printf(s->arena, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(host_endpoint(s->host)), STR_ARG(arn->account),
			    STR_ARG(arn->resource));
}

static void fill_sqs(struct outgoing *o)
{
	struct str group = json_get_text(json_get_c(o->s->target, "SqsParameters"), STR("MessageGroupId"));

	put_text(o, STR("QueueUrl"), queue_url(o->s, &o->arn));
	put_text(o, STR("MessageBody"), o->payload);
	if (group.n == 0)
		return;
	put_text(o, STR("MessageGroupId"), group);
	put_text(o, STR("MessageDeduplicationId"), json_get_text(o->s->event, STR("id")));
}

static void fill_sns(struct outgoing *o)
{
	put_text(o, STR("TopicArn"), o->arn_text);
	put_text(o, STR("Message"), o->payload);
}

/* A log stream of its own for each event, as EventBridge does. */
static void fill_log_stream(struct outgoing *o)
{
	struct str group = arn_resource_id(o->arn.resource);

	if (str_ends(group, STR(":*")))
		group.n -= 2;
	put_text(o, STR("logGroupName"), group);
	put_text(o, STR("logStreamName"), json_get_text(o->s->event, STR("id")));
}

static void fill_log_events(struct outgoing *o)
{
	struct arena *a = o->s->arena;
	struct json *line = json_new_object(a), *lines = json_new_array(a);

	fill_log_stream(o);
	json_put(a, line, STR("timestamp"), json_new_i64(a, clock_wall_ms()));
	json_put(a, line, STR("message"), json_new_string(a, o->payload));
	json_add(a, lines, line);
	json_put(a, o->parameters, STR("logEvents"), lines);
}

static void fill_events(struct outgoing *o)
{
	struct arena *a = o->s->arena;
	struct json *entry = json_new_object(a), *entries = json_new_array(a);
	const struct json *event = o->s->event;

	json_put(a, entry, STR("EventBusName"), json_new_string(a, o->arn_text));
	json_put(a, entry, STR("Source"), json_get_c(event, "source"));
	json_put(a, entry, STR("DetailType"), json_get_c(event, "detail-type"));
	json_put(a, entry, STR("Resources"), json_get_c(event, "resources"));
	json_put(a, entry, STR("Time"), json_get_c(event, "time"));
	json_put(a, entry, STR("Detail"), json_new_string(a, json_to_str(a, json_get_c(event, "detail"))));
	json_add(a, entries, entry);
	json_put(a, o->parameters, STR("Entries"), entries);
}

static void fill_codebuild(struct outgoing *o)
{
	put_text(o, STR("projectName"), arn_resource_id(o->arn.resource));
}

static const struct sender {
	const char *service, *resource; /* of the ARN: service, and how the resource begins */
	const char *operation;
	bool needs_role;
	void (*fill)(struct outgoing *o);
	const char *before; /* an operation to run first, its failure ignored */
	void (*fill_before)(struct outgoing *o);
} senders[] = {
	{ "states", "stateMachine:", "StartExecution", true, fill_states, NULL, NULL },
	{ "lambda", "function:", "Invoke", false, fill_lambda, NULL, NULL },
	{ "sqs", "", "SendMessage", false, fill_sqs, NULL, NULL },
	{ "sns", "", "Publish", false, fill_sns, NULL, NULL },
	{ "logs", "log-group:", "PutLogEvents", false, fill_log_events, "CreateLogStream", fill_log_stream },
	{ "events", "event-bus/", "PutEvents", false, fill_events, NULL, NULL },
	{ "codebuild", "project/", "StartBuild", true, fill_codebuild, NULL, NULL },
};

static const struct sender *find_sender(struct str target_arn, struct arn *arn)
{
	if (arn_parse(target_arn, arn) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++)
		if (str_eq_c(arn->service, senders[i].service) && arn->resource.n > strlen(senders[i].resource) &&
		    str_starts(arn->resource, str_c(senders[i].resource)))
			return &senders[i];
	return NULL;
}

bool send_supports(struct str target_arn, bool *needs_role)
{
	struct arn arn;
	const struct sender *sender = find_sender(target_arn, &arn);

	*needs_role = sender && sender->needs_role;
	return sender != NULL;
}

/* ---- the payload ---- */

static int transform(struct sending *s, const struct json *transformer, struct str *out, struct error *err)
{
	char now[DATE_TEXT_MAX];
	struct transform_context context = { .event = s->event,
					     .rule_arn = s->rule_arn,
					     .rule_name = s->rule_name,
					     .ingestion_time = date_iso(now, clock_wall_ms()) };
	const struct json *parsed;
	int rc = transform_apply(s->arena, transformer, &context, out, err);

	if (rc == 0 && json_parse(s->arena, *out, &parsed, NULL) != 0 && out->n && out->p[0] == '{')
		return error_set_service(err, 400, "InvalidJson", "The transformed input is not valid JSON.");
	return rc;
}

static int make_payload(struct sending *s, struct str *out, struct error *err)
{
	const struct json *transformer = json_get_c(s->target, "InputTransformer");
	const struct json *path = json_get_c(s->target, "InputPath"), *input = json_get_c(s->target, "Input");

	if (transformer)
		return transform(s, transformer, out, err);
	*out = input ? json_text(input) : json_to_str(s->arena, path ? transform_find(s->event, json_text(path)) : s->event);
	return str_is_set(*out) ? 0 : error_set(err, ERR_NO_MEMORY, "out of memory for an event's input");
}

/* ---- calls ---- */

static int sending_principal(struct sending *s, struct principal *out, struct error *err)
{
	struct str role = json_get_text(s->target, STR("RoleArn"));
	struct str session = str_sub(s->rule_name, 0, 64);

	if (role.n)
		return host_role_principal(s->host, s->arena, role, session, s->rule_arn, out, err);
	host_service_principal(out, STR(SELF), s->rule_arn);
	return 0;
}

/* An execution of that name is this event's own, started by an attempt whose answer was lost. */
static bool is_repetition(const struct error *error)
{
	return strcmp(error->name, "ExecutionAlreadyExists") == 0;
}

static void answered(struct call *call, void *argument)
{
	struct sending *s = argument;
	struct error none = { 0 };

	s->done(s->argument, is_repetition(&call->error) ? &none : &call->error);
}

static void call_target(struct sending *s, const struct sender *sender, bool before, void (*done)(struct call *, void *))
{
	struct host_request request = { .service = sender->service, .operation = before ? sender->before : sender->operation };
	struct outgoing o = { .s = s, .arn_text = json_get_text(s->target, STR("Arn")), .parameters = json_new_object(s->arena) };
	struct error err = { 0 };
	int rc = arn_parse(o.arn_text, &o.arn);

	if (rc == 0)
		rc = make_payload(s, &o.payload, &err);
	if (rc == 0)
		rc = sending_principal(s, &request.principal, &err);
	if (rc == 0) {
		(before ? sender->fill_before : sender->fill)(&o);
		request.parameters = o.parameters;
		request.body = o.body;
		rc = host_call(s->host, &request, done, s);
	}
	if (rc < 0 && !err.code)
		error_set(&err, rc, "The target could not be called.");
	if (rc < 0)
		s->done(s->argument, &err);
}

static void before_answered(struct call *call, void *argument)
{
	struct sending *s = argument;
	struct arn arn;

	(void)call;
	call_target(s, find_sender(json_get_text(s->target, STR("Arn")), &arn), false, answered);
}

void send_to_target(struct sending *s)
{
	struct arn arn;
	const struct sender *sender = find_sender(json_get_text(s->target, STR("Arn")), &arn);
	struct error err = { 0 };

	if (!sender) {
		error_set_service(&err, 400, "ResourceNotFoundException", "The target is of no known kind.");
		s->done(s->argument, &err);
		return;
	}
	call_target(s, sender, sender->before != NULL, sender->before ? before_answered : answered);
}

/* ---- dead letters ---- */

static void add_attribute(struct arena *a, struct json *attributes, const char *name, const char *type, struct str value)
{
	struct json *attribute = json_new_object(a);

	if (value.n == 0)
		return;
	json_put(a, attribute, STR("DataType"), json_new_string(a, str_c(type)));
	json_put(a, attribute, STR("StringValue"), json_new_string(a, value));
	json_put(a, attributes, str_c(name), attribute);
}

/* "Using dead-letter queues to process undelivered events", EventBridge User Guide. */
static const struct json *dead_letter_attributes(struct sending *s, const struct dead_letter *why)
{
	struct arena *a = s->arena;
	struct json *out = json_new_object(a);

	add_attribute(a, out, "RULE_ARN", "String", s->rule_arn);
	add_attribute(a, out, "TARGET_ARN", "String", json_get_text(s->target, STR("Arn")));
	add_attribute(a, out, "ERROR_CODE", "String", str_c(why->code));
	add_attribute(a, out, "ERROR_MESSAGE", "String", str_c(why->message));
	add_attribute(a, out, "EXHAUSTED_RETRY_CONDITION", "String", str_c(why->exhausted));
	add_attribute(a, out, "RETRY_ATTEMPTS", "Number", arena_printf(a, "%d", why->retries));
	return out;
}

void send_to_dead_letter_queue(struct sending *s, struct str queue_arn, const struct dead_letter *why)
{
	struct host_request request = { .service = "sqs", .operation = "SendMessage" };
	struct json *parameters = json_new_object(s->arena);
	struct error err = { 0 };
	struct arn arn;
	int rc = arn_parse(queue_arn, &arn);

	if (rc == 0) {
		json_put(s->arena, parameters, STR("QueueUrl"), json_new_string(s->arena, queue_url(s, &arn)));
		json_put(s->arena, parameters, STR("MessageBody"), json_new_string(s->arena, json_to_str(s->arena, s->event)));
		json_put(s->arena, parameters, STR("MessageAttributes"), dead_letter_attributes(s, why));
		host_service_principal(&request.principal, STR(SELF), s->rule_arn);
		request.parameters = parameters;
		rc = host_call(s->host, &request, answered, s);
	}
	if (rc < 0) {
		error_set(&err, rc, "The dead-letter queue could not be called.");
		s->done(s->argument, &err);
	}
}
