/* SPDX-License-Identifier: Apache-2.0 */
#include "service/lambda/destination.h"

#include "aws/arn.h"
#include "base/log.h"
#include "format/date.h"
#include "os/clock.h"

static const struct json *text(struct arena *a, struct str value)
{
	return json_new_string(a, value);
}

static void put(struct arena *a, struct json *object, struct str name, const struct json *value)
{
	json_put(a, object, name, value);
}

/* JSON where it is JSON, else its text. */
static const struct json *payload(struct arena *a, struct str bytes)
{
	const struct json *value;

	return json_parse(a, bytes, &value, NULL) == 0 ? value : text(a, bytes);
}

/* "Invocation record" (Developer Guide, "Capturing records of Lambda asynchronous invocations") */
static const struct json *make_record(const struct destination *d)
{
	struct arena *a = d->arena;
	struct json *record = json_new_object(a), *request = json_new_object(a), *response = json_new_object(a);
	struct str arn = json_get_text(d->config, STR("FunctionArn")), version = d->version.p ? d->version : STR(LAMBDA_LATEST);
	char now[DATE_TEXT_MAX];

	put(a, request, STR("requestId"), json_get_c(d->event, "id"));
	put(a, request, STR("functionArn"), text(a, arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(arn), STR_ARG(version))));
	put(a, request, STR("condition"), text(a, str_c(d->condition)));
	put(a, request, STR("approximateInvokeCount"), json_new_i64(a, d->attempts));
	put(a, record, STR("version"), text(a, STR("1.0")));
	put(a, record, STR("timestamp"), text(a, arena_str(a, date_iso_ms(now, clock_wall_ms()))));
	put(a, record, STR("requestContext"), request);
	put(a, record, STR("requestPayload"), payload(a, json_get_text(d->event, STR("payload"))));
	if (!d->answer.p)
		return record;
	put(a, response, STR("statusCode"), json_new_i64(a, 200));
	put(a, response, STR("executedVersion"), text(a, version));
	if (!d->success)
		put(a, response, STR("functionError"), text(a, STR("Unhandled")));
	put(a, record, STR("responseContext"), response);
	put(a, record, STR("responsePayload"), payload(a, d->answer));
	return record;
}

/* ---- sending ---- */

struct delivery {
	void (*done)(void *argument);
	void *argument;
};

static void delivered(struct call *call, void *argument)
{
	struct delivery *delivery = argument;

	if (call->error.code != 0)
		log_warn("lambda", "a destination refuses service=%s error=%s message=%s", call->service->name, call->error.name,
			 call->error.message);
	delivery->done(delivery->argument);
}

static struct str queue_url(const struct destination *d, const struct arn *arn)
{
	struct str endpoint = host_endpoint(d->lambda->host);

	return arena_printf(d->arena, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(endpoint), STR_ARG(arn->account),
			    STR_ARG(arn->resource));
}

static const struct json *attribute(struct arena *a, const char *type, struct str value)
{
	struct json *object = json_new_object(a);

	put(a, object, STR("DataType"), text(a, str_c(type)));
	put(a, object, STR("StringValue"), text(a, value));
	return object;
}

/* What a dead-letter queue gets beside the event itself. */
static const struct json *attributes(const struct destination *d)
{
	struct arena *a = d->arena;
	struct json *all = json_new_object(a);
	struct str message = json_get_text(payload(a, d->answer.p ? d->answer : STR("{}")), STR("errorMessage"));

	put(a, all, STR("RequestID"), attribute(a, "String", json_get_text(d->event, STR("id"))));
	put(a, all, STR("ErrorCode"), attribute(a, "Number", d->answer.p ? STR("200") : STR("429")));
	put(a, all, STR("ErrorMessage"),
	    attribute(a, "String", message.n > 0 ? str_sub(message, 0, 1024) : STR("Rate Exceeded.")));
	return all;
}

static const struct json *bus_entry(const struct destination *d, struct str arn, struct str body)
{
	struct arena *a = d->arena;
	struct json *parameters = json_new_object(a), *entry = json_new_object(a), *entries = json_new_array(a);

	put(a, entry, STR("Source"), text(a, STR("lambda")));
	put(a, entry, STR("DetailType"),
	    text(a, d->success ? STR("Lambda Function Invocation Result - Success")
			       : STR("Lambda Function Invocation Result - Failure")));
	put(a, entry, STR("Detail"), text(a, body));
	put(a, entry, STR("EventBusName"), text(a, arn));
	json_add(a, entries, entry);
	put(a, parameters, STR("Entries"), entries);
	return parameters;
}

static void fill_request(const struct destination *d, struct str text_arn, const struct arn *arn, struct str body,
			 bool dead_letter, struct host_request *request)
{
	struct arena *a = d->arena;
	struct json *parameters = json_new_object(a);

	request->parameters = parameters;
	if (str_eq(arn->service, STR("sqs"))) {
		request->service = "sqs";
		request->operation = "SendMessage";
		put(a, parameters, STR("QueueUrl"), text(a, queue_url(d, arn)));
		put(a, parameters, STR("MessageBody"), text(a, body));
	} else if (str_eq(arn->service, STR("sns"))) {
		request->service = "sns";
		request->operation = "Publish";
		put(a, parameters, STR("TopicArn"), text(a, text_arn));
		put(a, parameters, STR("Message"), text(a, body));
	} else if (str_eq(arn->service, STR("lambda"))) {
		request->service = "lambda";
		request->operation = "Invoke";
		put(a, parameters, STR("FunctionName"), text(a, text_arn));
		put(a, parameters, STR("InvocationType"), text(a, STR("Event")));
		request->body = body;
	} else {
		request->service = "events";
		request->operation = "PutEvents";
		request->parameters = bus_entry(d, text_arn, body);
	}
	if (dead_letter && (str_eq(arn->service, STR("sqs")) || str_eq(arn->service, STR("sns"))))
		put(a, parameters, STR("MessageAttributes"), attributes(d));
}

/* As the function's role: it needs the permission to send. */
static void send(const struct destination *d, struct str text_arn, struct str body, bool dead_letter, struct delivery *delivery)
{
	struct host_request request = { 0 };
	struct error err = { 0 };
	struct arn arn;

	if (arn_parse(text_arn, &arn) == 0 &&
	    host_role_principal(d->lambda->host, d->arena, json_get_text(d->config, STR("Role")),
				json_get_text(d->event, STR("name")), json_get_text(d->config, STR("FunctionArn")),
				&request.principal, &err) == 0) {
		fill_request(d, text_arn, &arn, body, dead_letter, &request);
		if (!arena_failed(d->arena) && host_call(d->lambda->host, &request, delivered, delivery) == 0)
			return;
	}
	log_warn("lambda", "a destination cannot be reached destination=" STR_FMT " error=%s", STR_ARG(text_arn), err.message);
	delivery->done(delivery->argument);
}

static struct str destination_of(const struct destination *d)
{
	const struct json *all = json_get_c(d->settings, "DestinationConfig");

	return json_get_text(json_get(all, d->success ? STR("OnSuccess") : STR("OnFailure")), STR("Destination"));
}

/* After the destination, the dead-letter queue. */
struct second {
	struct destination d;
	struct delivery delivery, last;
};

static void tell_dead_letter(void *argument)
{
	struct second *s = argument;
	struct str target = json_get_text(json_get_c(s->d.config, "DeadLetterConfig"), STR("TargetArn"));

	s->last = (struct delivery){ s->d.done, s->d.argument };
	if (!s->d.success && target.n > 0)
		send(&s->d, target, json_get_text(s->d.event, STR("payload")), true, &s->last);
	else
		s->d.done(s->d.argument);
}

void destination_tell(const struct destination *d)
{
	struct second *s = arena_alloc(d->arena, sizeof(*s));
	struct str target = destination_of(d);

	if (!s) {
		d->done(d->argument);
		return;
	}
	s->d = *d;
	s->delivery = (struct delivery){ tell_dead_letter, s };
	if (target.n > 0)
		send(&s->d, target, json_to_str(d->arena, make_record(d)), false, &s->delivery);
	else
		tell_dead_letter(s);
}
