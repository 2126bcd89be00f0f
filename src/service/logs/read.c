/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading events: one stream forwards and backwards (GetLogEvents), a whole group filtered (FilterLogEvents).
 */
#include "service/logs/internal.h"

#include "service/logs/filter.h"

#define FOREVER ((int64_t)1 << 62)

/* ---- GetLogEvents ---- */

const struct bind logs_get_log_events_fields[] = {
	BIND_STR(struct logs_input, group, "logGroupName", .min = 1, .max = 512),
	BIND_STR(struct logs_input, group_identifier, "logGroupIdentifier", .min = 1, .max = 2048),
	BIND_STR(struct logs_input, stream, "logStreamName", .required = true, .min = 1, .max = 512),
	BIND_I64(struct logs_input, start, "startTime", .min = 0, .max = INT64_MAX),
	BIND_I64(struct logs_input, end, "endTime", .min = 0, .max = INT64_MAX),
	BIND_STR(struct logs_input, token, "nextToken", .min = 1),
	BIND_I64(struct logs_input, limit, "limit", .min = 1, .max = LOGS_EVENTS_MAX),
	BIND_BOOL(struct logs_input, from_head, "startFromHead"),
	BIND_IGNORED("unmask"), /* nothing is masked */
	BIND_DONE,
};

/* A place between two events. Tokens: "f/<timestamp>.<number>" reads on from there, "b/…" reads back from there. */
struct place {
	int64_t timestamp_ms;
	uint64_t number;
};

struct reading {
	struct str group, stream;
	struct place from, to; /* events at `from` and later, before `to` */
	bool backwards;
	size_t limit;
};

static int read_token(struct str token, bool *backwards, struct place *out)
{
	struct str number = str_from(token, 2);
	struct str timestamp = str_split(&number, '.');

	if (!str_starts(token, STR("f/")) && !str_starts(token, STR("b/")))
		return ERR_INVALID;
	*backwards = token.p[0] == 'b';
	return str_to_i64(timestamp, &out->timestamp_ms) || str_to_u64(number, &out->number) ? ERR_INVALID : 0;
}

static void write_token(struct call *call, const char *name, char way, const struct place *at)
{
	write_strf(&call->out, name, "%c/%lld.%llu", way, (long long)at->timestamp_ms, (unsigned long long)at->number);
}

/* The events of the reading, oldest first, texts in the arena. */
static int read_events(struct call *call, const struct reading *r, struct log_event *out, size_t *count, struct error *err)
{
	struct store_cursor cursor = { 0 };
	struct str row_key, value;
	struct key from, to;
	size_t n = 0, bytes = 0;

	log_event_key(&from, r->group, r->from.timestamp_ms, r->from.number);
	log_event_key(&to, r->group, r->to.timestamp_ms, r->to.number);
	int rc = store_scan(&cursor, call->txn, SPACE_LOG_EVENTS, key_str(&from), key_str(&to), r->backwards, err);
	while (rc >= 0 && n < r->limit && bytes < LOGS_PAGE_BYTES && (rc = store_next(&cursor, &row_key, &value, err)) > 0) {
		if (log_event_read(row_key, value, &out[n]) < 0 || !str_eq(out[n].stream, r->stream))
			continue;
		out[n].message = arena_str(&call->arena, out[n].message);
		bytes += out[n++].message.n + LOGS_EVENT_OVERHEAD;
	}
	store_scan_end(&cursor);
	for (size_t i = 0, j = n; r->backwards && i + 1 < j; i++) {
		struct log_event one = out[i];

		out[i] = out[--j];
		out[j] = one;
	}
	*count = n;
	return rc < 0 ? rc : 0;
}

/* Without events both tokens stay where the reading stood. */
static void write_page(struct call *call, const struct reading *r, const struct log_event *events, size_t count)
{
	struct place first = r->backwards ? r->to : r->from, after = first;

	write_list(&call->out, "events", "member");
	for (size_t i = 0; i < count; i++) {
		write_object(&call->out, NULL);
		write_i64(&call->out, "timestamp", events[i].timestamp_ms);
		write_str(&call->out, "message", events[i].message);
		write_i64(&call->out, "ingestionTime", events[i].ingestion_ms);
		write_end(&call->out);
	}
	write_end(&call->out);
	if (count) {
		first = (struct place){ events[0].timestamp_ms, events[0].number };
		after = (struct place){ events[count - 1].timestamp_ms, events[count - 1].number + 1 };
	}
	write_token(call, "nextForwardToken", 'f', &after);
	write_token(call, "nextBackwardToken", 'b', &first);
}

int logs_get_log_events(struct call *call)
{
	const struct logs_input *in = call->input;
	struct reading r = { .group = logs_group_name(in),
			     .stream = in->stream,
			     .backwards = !in->from_head.value,
			     .limit = in->limit.set ? (size_t)in->limit.value : LOGS_EVENTS_MAX,
			     .from = { in->start.value, 0 },
			     .to = { in->end.set ? in->end.value : FOREVER, 0 } };
	const struct json *stream;
	struct error err = { 0 };
	struct place at;
	size_t count;

	if (in->token.n) {
		if (read_token(in->token, &r.backwards, &at) < 0)
			return call_failf(call, &logs_InvalidParameterException, "The specified nextToken is invalid.");
		*(r.backwards ? &r.to : &r.from) = at;
	}
	if (logs_need_stream(call, r.group, r.stream, &stream) < 0)
		return -1;
	struct log_event *events = arena_alloc_array(&call->arena, r.limit, sizeof(*events));
	if (!events)
		return call_fault(call, NULL);
	if (read_events(call, &r, events, &count, &err) < 0)
		return call_fault(call, &err);
	write_page(call, &r, events, count);
	return 0;
}

/* ---- FilterLogEvents ---- */

const struct bind logs_filter_log_events_fields[] = {
	BIND_STR(struct logs_input, group, "logGroupName", .min = 1, .max = 512),
	BIND_STR(struct logs_input, group_identifier, "logGroupIdentifier", .min = 1, .max = 2048),
	BIND_LIST(struct logs_input, names, "logStreamNames", .min = 1, .max = 100),
	BIND_STR(struct logs_input, prefix, "logStreamNamePrefix", .min = 1, .max = 512),
	BIND_I64(struct logs_input, start, "startTime", .min = 0, .max = INT64_MAX),
	BIND_I64(struct logs_input, end, "endTime", .min = 0, .max = INT64_MAX),
	BIND_STR(struct logs_input, filter_pattern, "filterPattern", .max = 1024),
	BIND_STR(struct logs_input, token, "nextToken", .min = 1),
	BIND_I64(struct logs_input, limit, "limit", .min = 1, .max = LOGS_EVENTS_MAX),
	BIND_IGNORED("interleaved"), /* "results are always interleaved" */
	BIND_IGNORED("unmask"),
	BIND_DONE,
};

static bool stream_is_meant(const struct logs_input *in, struct str stream)
{
	if (in->prefix.n && !str_starts(stream, in->prefix))
		return false;
	for (size_t i = 0; in->names && i < in->names->count; i++)
		if (str_eq(json_text(in->names->items[i]), stream))
			return true;
	return !in->names;
}

static void write_filtered(struct call *call, const struct log_event *event)
{
	write_object(&call->out, NULL);
	write_str(&call->out, "logStreamName", event->stream);
	write_i64(&call->out, "timestamp", event->timestamp_ms);
	write_str(&call->out, "message", event->message);
	write_i64(&call->out, "ingestionTime", event->ingestion_ms);
	write_strf(&call->out, "eventId", "%020lld%020llu", (long long)event->timestamp_ms, (unsigned long long)event->number);
	write_end(&call->out);
}

/* Writes what fits; `next` is where to go on, number 0 and timestamp -1 when there is no more. */
static int filter_events(struct call *call, const struct log_filter *filter, struct store_cursor *cursor, struct place *next,
			 struct error *err)
{
	const struct logs_input *in = call->input;
	size_t limit = in->limit.set ? (size_t)in->limit.value : LOGS_EVENTS_MAX, n = 0, bytes = 0;
	struct str key, value;
	struct log_event event;
	int rc;

	while ((rc = store_next(cursor, &key, &value, err)) > 0) {
		struct arena scratch;

		if (log_event_read(key, value, &event) < 0 || !stream_is_meant(in, event.stream))
			continue;
		if (n == limit || bytes >= LOGS_PAGE_BYTES) {
			*next = (struct place){ event.timestamp_ms, event.number };
			return 0;
		}
		arena_init(&scratch, 4 * (size_t)LOGS_EVENT_BYTES);
		bool fits = log_filter_matches(filter, &scratch, event.message);
		arena_release(&scratch);
		if (!fits)
			continue;
		write_filtered(call, &event);
		bytes += event.message.n + LOGS_EVENT_OVERHEAD;
		n++;
	}
	return rc;
}

static int filter_from(struct call *call, struct str group, const struct place *from, const struct log_filter *filter)
{
	const struct logs_input *in = call->input;
	struct store_cursor cursor = { 0 };
	struct place next = { -1, 0 };
	struct error err = { 0 };
	struct key first, last;

	log_event_key(&first, group, from->timestamp_ms, from->number);
	/* An event exactly at endTime belongs to the answer. */
	log_event_key(&last, group, in->end.set && in->end.value < FOREVER ? in->end.value + 1 : FOREVER, 0);
	write_list(&call->out, "events", "member");
	int rc = store_scan(&cursor, call->txn, SPACE_LOG_EVENTS, key_str(&first), key_str(&last), false, &err);
	if (rc == 0)
		rc = filter_events(call, filter, &cursor, &next, &err);
	store_scan_end(&cursor);
	if (rc < 0)
		return call_fault(call, &err);
	write_end(&call->out);
	write_list(&call->out, "searchedLogStreams", "member");
	write_end(&call->out);
	if (next.timestamp_ms >= 0)
		write_token(call, "nextToken", 'f', &next);
	return 0;
}

int logs_filter_log_events(struct call *call)
{
	const struct logs_input *in = call->input;
	struct place from = { in->start.value, 0 };
	struct str group = logs_group_name(in);
	const struct log_filter *filter;
	const struct json *ignored;
	struct error err = { 0 };
	bool backwards;

	if (in->prefix.n && in->names)
		return call_failf(call, &logs_InvalidParameterException,
				  "LogStreamNamePrefix and LogStreamNames cannot both be specified.");
	if (log_filter_compile(&call->arena, in->filter_pattern, &filter, &err) < 0)
		return call_failf(call, &logs_InvalidParameterException, "%s", err.message);
	if (in->token.n && (read_token(in->token, &backwards, &from) < 0 || backwards))
		return call_failf(call, &logs_InvalidParameterException, "The specified nextToken is invalid.");
	if (logs_need_group(call, group, &ignored) < 0)
		return -1;
	return filter_from(call, group, &from, filter);
}
