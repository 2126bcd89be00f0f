/* SPDX-License-Identifier: Apache-2.0
 *
 * Log events as rows.
 */
#include "service/logs/internal.h"

#include "base/limits.h"
#include "os/clock.h"

enum { HEAD_BYTES = 10 };

void log_event_key(struct key *key, struct str group, int64_t timestamp_ms, uint64_t number)
{
	key_init(key);
	key_add_str(key, group);
	key_add_u64(key, timestamp_ms < 0 ? 0 : (uint64_t)timestamp_ms);
	key_add_u64(key, number);
}

int log_event_read(struct str key, struct str value, struct log_event *out)
{
	const unsigned char *p = (const unsigned char *)value.p;
	uint64_t timestamp, ingestion = 0;

	if (key.n < 16 || value.n < HEAD_BYTES)
		return ERR_CORRUPT;
	struct str rest = str_from(key, key.n - 16);
	if (key_read_u64(&rest, &timestamp) < 0 || key_read_u64(&rest, &out->number) < 0)
		return ERR_CORRUPT;
	for (size_t i = 0; i < 8; i++)
		ingestion = ingestion << 8 | p[i];
	size_t n = (size_t)p[8] << 8 | p[9];
	if (value.n < HEAD_BYTES + n)
		return ERR_CORRUPT;
	out->timestamp_ms = (int64_t)timestamp;
	out->ingestion_ms = (int64_t)ingestion;
	out->stream = str_sub(value, HEAD_BYTES, n);
	out->message = str_from(value, HEAD_BYTES + n);
	return 0;
}

static int put_event(struct logs *l, struct store_txn *txn, const struct log_batch *batch, const struct log_event *event,
		     int64_t now, struct buf *row, struct error *err)
{
	struct key key;

	buf_reset(row);
	for (int shift = 56; shift >= 0; shift -= 8)
		buf_add_char(row, (char)((uint64_t)now >> shift));
	buf_add_char(row, (char)(batch->stream.n >> 8));
	buf_add_char(row, (char)batch->stream.n);
	buf_add_str(row, batch->stream);
	buf_add_str(row, event->message);
	if (buf_failed(row))
		return error_set(err, ERR_NO_MEMORY, "a log event is too large");
	log_event_key(&key, batch->group, event->timestamp_ms, l->next_number++);
	return store_put(txn, SPACE_LOG_EVENTS, key_str(&key), buf_str(row), err);
}

/* ---- the stream's record ---- */

static const struct json *new_stream(struct arena *a, struct str name, int64_t now)
{
	struct json *stream = json_new_object(a);

	json_put(a, stream, STR("logStreamName"), json_new_string(a, name));
	json_put(a, stream, STR("creationTime"), json_new_i64(a, now));
	return stream;
}

static int make_group(struct store_txn *txn, struct arena *a, struct str name, int64_t now, struct error *err)
{
	struct json *group = json_new_object(a);
	struct key key;

	record_key(&key, STR("group"), name);
	if (store_has(txn, SPACE_LOGS, key_str(&key)))
		return 0;
	json_put(a, group, STR("logGroupName"), json_new_string(a, name));
	json_put(a, group, STR("creationTime"), json_new_i64(a, now));
	json_put(a, group, STR("logGroupClass"), json_new_string(a, STR("STANDARD")));
	return record_put(txn, SPACE_LOGS, &key, a, group, err);
}

static int find_stream(struct store_txn *txn, struct arena *a, const struct log_batch *batch, const struct key *key, bool make,
		       int64_t now, const struct json **out, struct error *err)
{
	int rc = record_get(txn, SPACE_LOGS, key, a, out, err);

	if (rc != ERR_NOT_FOUND || !make)
		return rc;
	*out = new_stream(a, batch->stream, now);
	return make_group(txn, a, batch->group, now, err);
}

static int64_t number_of(const struct json *record, struct str name, int64_t otherwise)
{
	int64_t value;

	return json_to_i64(json_get(record, name), &value) == 0 ? value : otherwise;
}

static const struct json *with_times(struct arena *a, const struct json *stream, const struct log_batch *batch, int64_t now)
{
	int64_t first = number_of(stream, STR("firstEventTimestamp"), INT64_MAX),
		last = number_of(stream, STR("lastEventTimestamp"), 0);
	struct json *out = json_copy_object(a, stream);

	for (size_t i = 0; i < batch->count; i++) {
		int64_t at = batch->events[i].timestamp_ms;

		first = at < first ? at : first;
		last = at > last ? at : last;
	}
	json_put(a, out, STR("firstEventTimestamp"), json_new_i64(a, first));
	json_put(a, out, STR("lastEventTimestamp"), json_new_i64(a, last));
	json_put(a, out, STR("lastIngestionTime"), json_new_i64(a, now));
	return out;
}

int logs_store(struct logs *l, struct store_txn *txn, const struct log_batch *batch, bool make, struct error *err)
{
	int64_t now = clock_wall_ms();
	const struct json *stream;
	struct arena arena;
	struct buf row;
	struct key key;

	arena_init(&arena, MIB(1));
	buf_init(&row, MIB(2));
	record_key(&key, STR("stream"), batch->group, batch->stream);
	int rc = find_stream(txn, &arena, batch, &key, make, now, &stream, err);
	if (rc == 0 && batch->count)
		rc = record_put(txn, SPACE_LOGS, &key, &arena, with_times(&arena, stream, batch, now), err);
	for (size_t i = 0; rc == 0 && i < batch->count; i++)
		rc = put_event(l, txn, batch, &batch->events[i], now, &row, err);
	buf_release(&row);
	arena_release(&arena);
	if (rc < 0)
		return rc;
	metric_filters_apply(l, txn, batch);
	subscriptions_apply(l, txn, batch);
	for (size_t i = 0; i < batch->count; i++)
		embedded_metrics_apply(l, batch->events[i].message);
	return 0;
}
