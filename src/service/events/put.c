/* SPDX-License-Identifier: Apache-2.0
 *
 * PutEvents, TestEventPattern, and the events of the other services.
 */
#include "service/events/internal.h"

#include "base/limits.h"
#include "format/date.h"
#include "os/clock.h"
#include "os/random.h"

/* ---- into the rules ---- */

/* What the service fills in, in the order in which EventBridge writes an event. */
static const struct json *complete_event(struct events *e, struct arena *a, const struct json *given, char id[37])
{
	static const char *const kept[] = { "region", "resources", "detail" };
	const struct json *const defaults[] = { json_new_string(a, host_region(e->host)), &json_empty_array, &json_empty_object };
	const struct json *time = json_get_c(given, "time");
	struct json *event = json_new_object(a);
	char now[DATE_TEXT_MAX];

	random_uuid(id);
	json_add_member(a, event, STR("version"), json_new_string(a, STR("0")));
	json_add_member(a, event, STR("id"), json_new_string(a, arena_str(a, str_of(id, 36))));
	json_add_member(a, event, STR("detail-type"), json_get_c(given, "detail-type"));
	json_add_member(a, event, STR("source"), json_get_c(given, "source"));
	json_add_member(a, event, STR("account"), json_new_string(a, host_account(e->host)));
	json_add_member(a, event, STR("time"), time ? time : json_new_string(a, arena_str(a, date_iso(now, clock_wall_ms()))));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const struct json *value = json_get(given, str_c(kept[i]));

		json_add_member(a, event, str_c(kept[i]), value ? value : defaults[i]);
	}
	return event;
}

static int match_rules(struct events *e, struct store_txn *txn, struct str bus, const struct json *event, struct str text,
		       struct error *err)
{
	for (size_t i = 0; i < e->index.count; i++) {
		const struct event_rule *rule = &e->index.rules[i];

		if (!rule->pattern || !str_eq(rule->bus, bus) || !event_pattern_matches(rule->pattern, event))
			continue;
		host_metric(e->host, "AWS/Events", "MatchedEvents", "RuleName", rule->name, 1);
		int rc = dispatcher_add(e->dispatcher, txn, rule, text, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int events_publish(struct events *e, struct store_txn *txn, struct str bus, const struct json *given, char id[37],
		   struct error *err)
{
	struct arena arena;
	struct buf text;

	int rc = index_ready(e, txn, err);
	if (rc < 0)
		return rc;
	arena_init(&arena, MIB(4));
	buf_init(&text, MIB(2));
	const struct json *event = complete_event(e, &arena, given, id);
	json_write(&text, event);
	if (arena_failed(&arena) || buf_failed(&text))
		rc = error_set(err, ERR_NO_MEMORY, "out of memory for an event");
	else
		rc = match_rules(e, txn, bus, event, buf_str(&text), err);
	buf_release(&text);
	arena_release(&arena);
	return rc;
}

int events_put(void *state, struct store_txn *txn, const struct json *event, struct error *err)
{
	char id[37];

	return events_publish(state, txn, STR("default"), event, id, err);
}

/* ---- PutEvents ---- */

static const struct bind entry_fields[] = {
	{ .name = "Source", .kind = BIND_KIND_STR },
	{ .name = "DetailType", .kind = BIND_KIND_STR },
	{ .name = "Detail", .kind = BIND_KIND_STR },
	{ .name = "Time", .kind = BIND_KIND_TIME },
	{ .name = "Resources", .kind = BIND_KIND_LIST },
	{ .name = "EventBusName", .kind = BIND_KIND_STR, .min = 1, .max = 1600 },
	{ .name = "TraceHeader", .kind = BIND_KIND_STR, .min = 1, .max = 500 },
	BIND_DONE,
};

const struct bind events_put_events_fields[] = {
	BIND_LIST(struct put_events_input, entries, "Entries", .required = true, .min = 1, .max = EVENTS_ENTRIES_MAX,
		  .fields = entry_fields),
	BIND_REFUSED("EndpointId"),
	BIND_DONE,
};

/* One entry, made ready before the transaction: an event to publish, or why not. */
struct entry {
	struct str bus;
	const struct json *event;
	const char *error_code;
	struct str error_message;
};

static bool refuse_entry(struct entry *entry, const char *code, struct str message)
{
	entry->error_code = code;
	entry->error_message = message;
	return false;
}

static bool check_entry(struct arena *a, const struct json *given, struct entry *entry, const struct json **detail)
{
	static const char *const required[] = { "Source", "DetailType", "Detail" };

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		if (json_get_text(given, str_c(required[i])).n == 0)
			return refuse_entry(entry, "InvalidArgument",
					    arena_printf(a, "Parameter %s is not valid. Reason: %s is a required argument.",
							 required[i], required[i]));
	}
	if (str_starts(json_get_text(given, STR("Source")), STR("aws.")))
		return refuse_entry(entry, "NotAuthorizedForSource", STR("Not authorized for the source."));
	if (json_parse(a, json_get_text(given, STR("Detail")), detail, NULL) != 0 || !json_is(*detail, JSON_OBJECT))
		return refuse_entry(entry, "MalformedDetail", STR("Detail is malformed."));
	return true;
}

/* Epoch seconds as the SDKs send them, or ISO 8601. */
static const struct json *entry_time(struct arena *a, const struct json *time)
{
	char text[DATE_TEXT_MAX];
	double seconds;
	int64_t ms;

	if (json_is(time, JSON_NUMBER) && json_to_double(time, &seconds) == 0)
		ms = (int64_t)(seconds * 1000);
	else if (!json_is(time, JSON_STRING) || date_parse_iso(time->text, &ms) != 0)
		return NULL;
	return json_new_string(a, arena_str(a, date_iso(text, ms)));
}

static void make_event(struct arena *a, const struct json *given, const struct json *detail, struct entry *entry)
{
	const struct json *resources = json_get_c(given, "Resources"), *time = entry_time(a, json_get_c(given, "Time"));
	struct json *event = json_new_object(a);

	json_add_member(a, event, STR("detail-type"), json_get_c(given, "DetailType"));
	json_add_member(a, event, STR("source"), json_get_c(given, "Source"));
	if (time)
		json_add_member(a, event, STR("time"), time);
	json_add_member(a, event, STR("resources"), resources ? resources : &json_empty_array);
	json_add_member(a, event, STR("detail"), detail);
	entry->event = event;
}

/* "Calculating PutEvents event entry size", EventBridge User Guide. */
static size_t entry_size(const struct json *given)
{
	const struct json *resources = json_get_c(given, "Resources");
	size_t size = json_get_c(given, "Time") ? 14 : 0;

	size += json_get_text(given, STR("Source")).n + json_get_text(given, STR("DetailType")).n;
	size += json_get_text(given, STR("Detail")).n;
	for (size_t i = 0; resources && i < resources->count; i++)
		size += json_text(resources->items[i]).n;
	return size;
}

struct str events_entries_resource(struct call *call)
{
	const struct put_events_input *in = call->input;

	return events_bus_arn(call, events_bus_name(json_get_text(json_at(in->entries, 0), STR("EventBusName"))));
}

int events_prepare_put_events(struct call *call)
{
	const struct put_events_input *in = call->input;
	struct entry *entries = arena_alloc_array(&call->arena, in->entries->count, sizeof(*entries));
	size_t size = 0;

	for (size_t i = 0; entries && i < in->entries->count; i++) {
		const struct json *given = in->entries->items[i], *detail;

		size += entry_size(given);
		entries[i].bus = events_bus_name(json_get_text(given, STR("EventBusName")));
		if (check_entry(&call->arena, given, &entries[i], &detail))
			make_event(&call->arena, given, detail, &entries[i]);
	}
	if (size > EVENTS_ENTRY_BYTES)
		return call_failf(call, &events_ValidationException,
				  "Total size of the entries in the request is over the limit.");
	if (!entries || arena_failed(&call->arena))
		return call_fault(call, &(struct error){ .code = ERR_NO_MEMORY, .message = "out of memory for events" });
	call->scratch = entries;
	return 0;
}

static void write_entry(struct call *call, const struct entry *entry, const char *id)
{
	write_object(&call->out, NULL);
	if (entry->error_code) {
		write_c(&call->out, "ErrorCode", entry->error_code);
		write_str(&call->out, "ErrorMessage", entry->error_message);
	} else {
		write_c(&call->out, "EventId", id);
	}
	write_end(&call->out);
}

/* An event for a bus that does not exist is taken and goes nowhere, as on AWS. */
int events_put_events(struct call *call)
{
	const struct put_events_input *in = call->input;
	struct entry *entries = call->scratch;
	struct error err = { 0 };
	int failed = 0;

	write_list(&call->out, "Entries", "member");
	for (size_t i = 0; i < in->entries->count; i++) {
		char id[37] = "";

		if (!entries[i].error_code &&
		    events_publish(call->state, call->txn, entries[i].bus, entries[i].event, id, &err) < 0)
			return call_fault(call, &err);
		failed += entries[i].error_code != NULL;
		write_entry(call, &entries[i], id);
	}
	write_end(&call->out);
	write_i64(&call->out, "FailedEntryCount", failed);
	return 0;
}

/* ---- TestEventPattern ---- */

const struct bind events_test_event_pattern_fields[] = {
	BIND_STR(struct test_pattern_input, event_pattern, "EventPattern", .required = true, .max = EVENTS_PATTERN_MAX),
	BIND_STR(struct test_pattern_input, event, "Event", .required = true),
	BIND_DONE,
};

int events_test_event_pattern(struct call *call)
{
	static const char *const required[] = {
		"id", "detail-type", "source", "account", "time", "region", "resources", "detail"
	};
	const struct test_pattern_input *in = call->input;
	const struct event_pattern *pattern;
	const struct json *event;
	struct error err = { 0 };

	if (event_pattern_compile(&call->arena, in->event_pattern, &pattern, &err) < 0)
		return call_failf(call, &events_InvalidEventPatternException, "%s", err.message);
	if (json_parse(&call->arena, in->event, &event, &err) < 0 || !json_is(event, JSON_OBJECT))
		return call_failf(call, &events_ValidationException, "Parameter Event is not valid. Reason: not a JSON object.");
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (!json_get(event, str_c(required[i])))
			return call_failf(call, &events_ValidationException,
					  "Parameter Event is not valid. Reason: %s is a required argument.", required[i]);
	write_bool(&call->out, "Result", event_pattern_matches(pattern, event));
	return 0;
}
