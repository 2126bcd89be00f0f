/* SPDX-License-Identifier: Apache-2.0
 *
 * What a subscriber receives, and whether it does.
 */
#include "service/sns/internal.h"

#include <stdio.h>

#include "events/pattern.h"
#include "format/date.h"

/* {"name": {"Type": "String", "Value": "…"}} */
static void write_attributes(struct writer *w, const struct json *attributes)
{
	write_object(w, "MessageAttributes");
	for (size_t i = 0; attributes && i < attributes->count; i++) {
		const struct json *v = attributes->members[i].value;
		struct str text = json_get_text(v, STR("StringValue"));
		char name[257];

		(void)snprintf(name, sizeof(name), STR_FMT, STR_ARG(attributes->members[i].name));
		write_object(w, name);
		write_str(w, "Type", json_get_text(v, STR("DataType")));
		write_str(w, "Value", str_is_set(text) ? text : json_get_text(v, STR("BinaryValue")));
		write_end(w);
	}
	write_end(w);
}

static void write_unsubscribe(struct writer *w, const char *name, const struct sns_message *m)
{
	write_strf(w, name, STR_FMT "/?Action=Unsubscribe&SubscriptionArn=" STR_FMT, STR_ARG(m->endpoint_url),
		   STR_ARG(m->subscription_arn));
}

/* Only AWS can sign as AWS: the signature is there, and empty. */
static void write_notification(struct writer *w, const struct sns_message *m, const char *certificate, const char *unsubscribe)
{
	char at[DATE_TEXT_MAX];

	write_c(w, "Type", "Notification");
	write_str(w, "MessageId", m->id);
	write_str(w, "TopicArn", m->topic_arn);
	if (m->subject.n)
		write_str(w, "Subject", m->subject);
	write_str(w, "Message", m->text);
	write_str(w, "Timestamp", date_iso_ms(at, m->at_ms));
	write_c(w, "SignatureVersion", "1");
	write_c(w, "Signature", "");
	write_c(w, certificate, "");
	write_unsubscribe(w, unsubscribe, m);
}

static struct str finish(struct arena *a, struct buf *text)
{
	struct str out = buf_failed(text) ? STR_NULL : arena_str(a, buf_str(text));

	buf_release(text);
	return out;
}

struct str sns_envelope(struct arena *a, const struct sns_message *m)
{
	struct buf text;
	struct writer w;

	buf_init(&text, 8 * (size_t)SNS_MESSAGE_MAX);
	writer_init(&w, &text, WRITER_JSON);
	write_object(&w, NULL);
	write_notification(&w, m, "SigningCertURL", "UnsubscribeURL");
	if (m->attributes && m->attributes->count)
		write_attributes(&w, m->attributes);
	write_end(&w);
	return finish(a, &text);
}

struct str sns_lambda_event(struct arena *a, const struct sns_message *m)
{
	struct buf text;
	struct writer w;

	buf_init(&text, 8 * (size_t)SNS_MESSAGE_MAX);
	writer_init(&w, &text, WRITER_JSON);
	write_object(&w, NULL);
	write_list(&w, "Records", NULL);
	write_object(&w, NULL);
	write_c(&w, "EventSource", "aws:sns");
	write_c(&w, "EventVersion", "1.0");
	write_str(&w, "EventSubscriptionArn", m->subscription_arn);
	write_object(&w, "Sns");
	write_notification(&w, m, "SigningCertUrl", "UnsubscribeUrl");
	if (m->subject.n == 0)
		write_null(&w, "Subject");
	write_attributes(&w, m->attributes);
	while (w.depth > 0)
		write_end(&w);
	return finish(a, &text);
}

/* ---- filters ---- */

/* An attribute as the pattern sees it: a text, a number, or (String.Array) the list that its text is. */
static const struct json *attribute_value(struct arena *a, const struct json *attribute)
{
	struct str type = json_get_text(attribute, STR("DataType")), text = json_get_text(attribute, STR("StringValue"));
	const struct json *list;
	double number;

	if (str_eq_c(type, "String.Array") && json_parse(a, text, &list, NULL) == 0)
		return list;
	if (str_starts(type, STR("Number")) && str_to_double(text, &number) == 0)
		return json_new_number(a, text);
	return json_new_string(a, text);
}

static const struct json *attributes_as_event(struct arena *a, const struct json *attributes)
{
	struct json *out = json_new_object(a);

	for (size_t i = 0; attributes && i < attributes->count; i++)
		if (!str_starts(json_get_text(attributes->members[i].value, STR("DataType")), STR("Binary")))
			json_put(a, out, attributes->members[i].name, attribute_value(a, attributes->members[i].value));
	return out;
}

bool sns_filter_passes(struct arena *a, const struct json *policy, bool by_body, const struct sns_message *m)
{
	const struct event_pattern *pattern;
	const struct json *event = NULL;

	if (!policy || policy->count == 0)
		return true;
	if (event_pattern_compile_json(a, policy, &pattern, NULL) < 0)
		return false;
	if (!by_body)
		event = attributes_as_event(a, m->attributes);
	else if (json_parse(a, m->text, &event, NULL) < 0)
		return false;
	return json_is(event, JSON_OBJECT) && event_pattern_matches(pattern, event);
}
