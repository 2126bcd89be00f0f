/* SPDX-License-Identifier: Apache-2.0
 *
 * Log streams, and putting events into them.
 */
#include "service/logs/internal.h"

#include "os/clock.h"

#define GROUP_NAME                                                                                                               \
	BIND_STR(struct logs_input, group, "logGroupName", .required = true, .min = 1, .max = 512, .valid = logs_valid_name,     \
		 .pattern = "[\\.\\-_/#A-Za-z0-9]+")

static bool valid_stream_name(struct str text)
{
	return str_find_char(text, ':', 0) < 0 && str_find_char(text, '*', 0) < 0;
}

#define STREAM_NAME                                                                                                              \
	BIND_STR(struct logs_input, stream, "logStreamName", .required = true, .min = 1, .max = 512, .valid = valid_stream_name, \
		 .pattern = "[^:*]*")

/* ---- create, delete ---- */

const struct bind logs_create_log_stream_fields[] = { GROUP_NAME, STREAM_NAME, BIND_DONE };
const struct bind logs_delete_log_stream_fields[] = { GROUP_NAME, STREAM_NAME, BIND_DONE };

int logs_create_log_stream(struct call *call)
{
	const struct logs_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *stream = json_new_object(a);
	const struct json *group;
	struct key key;

	if (logs_need_group(call, in->group, &group) < 0)
		return -1;
	record_key(&key, STR("stream"), in->group, in->stream);
	if (store_has(call->txn, SPACE_LOGS, key_str(&key)))
		return call_failf(call, &logs_ResourceAlreadyExistsException, "The specified log stream already exists");
	json_put(a, stream, STR("logStreamName"), json_new_string(a, in->stream));
	json_put(a, stream, STR("creationTime"), json_new_i64(a, clock_wall_ms()));
	return logs_put(call, &key, stream);
}

/* The keys of a stream's events: they lie among those of the group's other streams. */
static int collect_keys(struct call *call, struct str group, struct str stream, struct json *keys, struct error *err)
{
	struct store_cursor cursor = { 0 };
	struct str key, value;
	struct log_event event;
	struct key prefix;

	record_key(&prefix, group);
	int rc = store_scan(&cursor, call->txn, SPACE_LOG_EVENTS, key_str(&prefix),
			    key_prefix_end(&call->arena, key_str(&prefix)), false, err);
	while (rc >= 0 && (rc = store_next(&cursor, &key, &value, err)) > 0)
		if (log_event_read(key, value, &event) == 0 && str_eq(event.stream, stream))
			json_add(&call->arena, keys, json_new_string(&call->arena, arena_str(&call->arena, key)));
	store_scan_end(&cursor);
	return rc;
}

int logs_delete_log_stream(struct call *call)
{
	const struct logs_input *in = call->input;
	struct json *keys = json_new_array(&call->arena);
	const struct json *stream;
	struct error err = { 0 };
	struct key key;

	if (logs_need_stream(call, in->group, in->stream, &stream) < 0)
		return -1;
	int rc = collect_keys(call, in->group, in->stream, keys, &err);
	for (size_t i = 0; rc == 0 && i < keys->count; i++)
		rc = store_delete(call->txn, SPACE_LOG_EVENTS, keys->items[i]->text, &err);
	record_key(&key, STR("stream"), in->group, in->stream);
	if (rc == 0)
		rc = store_delete(call->txn, SPACE_LOGS, key_str(&key), &err);
	return rc < 0 ? call_fault(call, &err) : 0;
}

/* ---- describe ---- */

static const char *const orders[] = { "LogStreamName", "LastEventTime", NULL };

const struct bind logs_describe_log_streams_fields[] = {
	BIND_STR(struct logs_input, group, "logGroupName", .min = 1, .max = 512),
	BIND_STR(struct logs_input, group_identifier, "logGroupIdentifier", .min = 1, .max = 2048),
	BIND_STR(struct logs_input, prefix, "logStreamNamePrefix", .min = 1, .max = 512),
	BIND_STR(struct logs_input, order_by, "orderBy", .values = orders),
	BIND_BOOL(struct logs_input, descending, "descending"),
	BIND_STR(struct logs_input, token, "nextToken", .min = 1),
	BIND_I64(struct logs_input, limit, "limit", .min = 1, .max = 50),
	BIND_DONE,
};

struct stream_list {
	struct call *call;
	struct json *streams;
};

static int collect_stream(void *argument, const struct json *stream)
{
	struct stream_list *list = argument;
	const struct logs_input *in = list->call->input;

	if (str_starts(json_get_text(stream, STR("logStreamName")), in->prefix))
		json_add(&list->call->arena, list->streams, stream);
	return 1;
}

static int64_t last_event(const struct json *stream)
{
	int64_t at;

	return json_to_i64(json_get_c(stream, "lastEventTimestamp"), &at) == 0 ? at : 0;
}

static int by_last_event(const void *a, const void *b)
{
	int64_t left = last_event(*(const struct json *const *)a), right = last_event(*(const struct json *const *)b);

	return left < right ? -1 : left > right;
}

static void reverse(struct json *list)
{
	for (size_t i = 0, j = list->count; i + 1 < j; i++) {
		const struct json *one = list->items[i];

		list->items[i] = list->items[--j];
		list->items[j] = one;
	}
}

static void write_stream(struct call *call, struct str group, const struct json *stream)
{
	static const char *const members[] = { "creationTime", "firstEventTimestamp", "lastEventTimestamp", "lastIngestionTime" };
	struct str name = json_get_text(stream, STR("logStreamName"));

	write_object(&call->out, NULL);
	write_str(&call->out, "logStreamName", name);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		write_json(&call->out, members[i], json_get(stream, str_c(members[i])));
	write_strf(&call->out, "arn", STR_FMT ":log-stream:" STR_FMT, STR_ARG(logs_group_arn(call, group)), STR_ARG(name));
	write_i64(&call->out, "storedBytes", 0); /* "Beginning on June 13, 2019, … always 0" */
	write_end(&call->out);
}

/* The token is how many were given before. */
static void write_streams(struct call *call, struct str group, const struct json *streams, size_t from)
{
	const struct logs_input *in = call->input;
	size_t limit = in->limit.set ? (size_t)in->limit.value : 50,
	       to = from + limit < streams->count ? from + limit : streams->count;

	write_list(&call->out, "logStreams", "member");
	for (size_t i = from; i < to; i++)
		write_stream(call, group, streams->items[i]);
	write_end(&call->out);
	if (to < streams->count)
		write_strf(&call->out, "nextToken", "%zu", to);
}

int logs_describe_log_streams(struct call *call)
{
	const struct logs_input *in = call->input;
	struct stream_list list = { .call = call, .streams = json_new_array(&call->arena) };
	struct str group = logs_group_name(in);
	bool by_time = str_eq_c(in->order_by, "LastEventTime");
	const struct json *ignored;
	struct error err = { 0 };
	uint64_t from = 0;
	struct key key;

	if (by_time && in->prefix.n)
		return call_failf(call, &logs_InvalidParameterException,
				  "Cannot order by LastEventTime with a logStreamNamePrefix.");
	if (in->token.n && str_to_u64(in->token, &from) != 0)
		return call_failf(call, &logs_InvalidParameterException, "The specified nextToken is invalid.");
	if (logs_need_group(call, group, &ignored) < 0)
		return -1;
	record_key(&key, STR("stream"), group);
	if (record_page(call->txn, SPACE_LOGS, &key, &(struct record_window){ 0 }, &call->arena, collect_stream, &list, NULL,
			&err) < 0)
		return call_fault(call, &err);
	if (by_time && list.streams->count)
		qsort(list.streams->items, list.streams->count, sizeof(*list.streams->items), by_last_event);
	if (in->descending.value)
		reverse(list.streams);
	write_streams(call, group, list.streams, (size_t)from);
	return 0;
}

/* ---- PutLogEvents ---- */

static const struct bind event_fields[] = {
	{ .name = "timestamp", .kind = BIND_KIND_I64, .required = true, .min = 0, .max = INT64_MAX },
	{ .name = "message", .kind = BIND_KIND_STR, .required = true, .min = 1, .max = LOGS_EVENT_BYTES },
	BIND_DONE,
};

const struct bind logs_put_log_events_fields[] = {
	GROUP_NAME,
	STREAM_NAME,
	BIND_LIST(struct logs_input, events, "logEvents", .required = true, .min = 1, .max = LOGS_EVENTS_MAX,
		  .fields = event_fields),
	BIND_IGNORED("sequenceToken"), /* "The sequence token is now ignored in PutLogEvents actions." */
	BIND_REFUSED("entity"),
	BIND_DONE,
};

/* Which events are taken: "none of the log events in the batch can be more than 2 hours in the future, … older than 14 days". */
struct taken {
	struct log_event *events;
	size_t count;
	int64_t too_new_from, too_old_to; /* -1: none */
};

#define HOUR_MS ((int64_t)3600 * 1000)

static int take_events(struct call *call, struct taken *out)
{
	const struct logs_input *in = call->input;
	int64_t now = clock_wall_ms(), before = 0, size = 0;

	*out = (struct taken){ .too_new_from = -1, .too_old_to = -1 };
	out->events = arena_alloc_array(&call->arena, in->events->count, sizeof(*out->events));
	for (size_t i = 0; out->events && i < in->events->count; i++) {
		struct log_event event = { .message = json_get_text(in->events->items[i], STR("message")) };

		if (json_to_i64(json_get_c(in->events->items[i], "timestamp"), &event.timestamp_ms) != 0 ||
		    event.timestamp_ms < before)
			return call_failf(call, &logs_InvalidParameterException,
					  "Log events in a single PutLogEvents request must be in chronological order.");
		before = event.timestamp_ms;
		size += (int64_t)event.message.n + LOGS_EVENT_OVERHEAD;
		if (event.timestamp_ms < now - 14 * 24 * HOUR_MS)
			out->too_old_to = (int64_t)i + 1;
		else if (event.timestamp_ms <= now + 2 * HOUR_MS)
			out->events[out->count++] = event;
		else if (out->too_new_from < 0)
			out->too_new_from = (int64_t)i;
	}
	if (size > LOGS_BATCH_BYTES)
		return call_failf(call, &logs_InvalidParameterException, "Upload too large: %lld bytes exceeds limit of %d",
				  (long long)size, LOGS_BATCH_BYTES);
	return out->events ? 0 : call_fault(call, NULL);
}

int logs_put_log_events(struct call *call)
{
	const struct logs_input *in = call->input;
	const struct json *stream;
	struct error err = { 0 };
	struct taken taken;

	if (take_events(call, &taken) < 0 || logs_need_stream(call, in->group, in->stream, &stream) < 0)
		return -1;
	struct log_batch batch = { .group = in->group, .stream = in->stream, .events = taken.events, .count = taken.count };
	if (logs_store(call->state, call->txn, &batch, false, &err) < 0)
		return call_fault(call, &err);
	if (taken.too_new_from < 0 && taken.too_old_to < 0)
		return 0;
	write_object(&call->out, "rejectedLogEventsInfo");
	if (taken.too_new_from >= 0)
		write_i64(&call->out, "tooNewLogEventStartIndex", taken.too_new_from);
	if (taken.too_old_to >= 0)
		write_i64(&call->out, "tooOldLogEventEndIndex", taken.too_old_to);
	write_end(&call->out);
	return 0;
}
