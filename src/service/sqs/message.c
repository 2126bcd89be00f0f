/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages as rows, their checksums and their handles.
 */
#include "service/sqs/internal.h"

#include <stdio.h>

#include "base/digest.h"
#include "base/encode.h"

/* ---- rows ---- */

static void message_key(struct key *key, struct str queue, uint64_t sequence)
{
	record_key(key, STR("m"), queue);
	key_add_u64(key, sequence);
}

static void visible_key(struct key *key, struct str queue, int64_t available_ms, uint64_t sequence)
{
	record_key(key, STR("v"), queue);
	key_add_u64(key, available_ms < 0 ? 0 : (uint64_t)available_ms);
	key_add_u64(key, sequence);
}

static void add_text(struct arena *a, struct json *out, struct str name, struct str text)
{
	if (text.n)
		json_add_member(a, out, name, json_new_string(a, text));
}

static const struct json *to_record(struct arena *a, const struct message *m)
{
	struct json *out = json_new_object(a);

	json_add_member(a, out, STR("Available"), json_new_i64(a, m->available_ms));
	json_add_member(a, out, STR("Sent"), json_new_i64(a, m->sent_ms));
	json_add_member(a, out, STR("First"), json_new_i64(a, m->first_ms));
	json_add_member(a, out, STR("Count"), json_new_i64(a, m->count));
	add_text(a, out, STR("Id"), m->id);
	add_text(a, out, STR("Body"), m->body);
	add_text(a, out, STR("Sender"), m->sender);
	add_text(a, out, STR("Group"), m->group);
	add_text(a, out, STR("Dedup"), m->dedup);
	add_text(a, out, STR("Source"), m->source);
	if (m->attributes)
		json_add_member(a, out, STR("Attributes"), m->attributes);
	if (m->system)
		json_add_member(a, out, STR("System"), m->system);
	return out;
}

static int64_t number(const struct json *record, struct str name)
{
	int64_t value;

	return json_to_i64(json_get(record, name), &value) == 0 ? value : 0;
}

static void from_record(const struct json *record, uint64_t sequence, struct message *out)
{
	*out = (struct message){ .sequence = sequence,
				 .available_ms = number(record, STR("Available")),
				 .sent_ms = number(record, STR("Sent")),
				 .first_ms = number(record, STR("First")),
				 .count = number(record, STR("Count")),
				 .id = json_get_text(record, STR("Id")),
				 .body = json_get_text(record, STR("Body")),
				 .sender = json_get_text(record, STR("Sender")),
				 .group = json_get_text(record, STR("Group")),
				 .dedup = json_get_text(record, STR("Dedup")),
				 .source = json_get_text(record, STR("Source")),
				 .attributes = json_get_c(record, "Attributes"),
				 .system = json_get_c(record, "System") };
}

int message_put(struct store_txn *txn, struct arena *a, struct str queue, const struct message *m, struct error *err)
{
	struct key key;

	message_key(&key, queue, m->sequence);
	int rc = record_put(txn, SPACE_SQS_MESSAGES, &key, a, to_record(a, m), err);
	if (rc < 0)
		return rc;
	visible_key(&key, queue, m->available_ms, m->sequence);
	return store_put(txn, SPACE_SQS_MESSAGES, key_str(&key), STR(""), err);
}

int message_get(struct store_txn *txn, struct arena *a, struct str queue, uint64_t sequence, struct message *out,
		struct error *err)
{
	const struct json *record;
	struct key key;

	message_key(&key, queue, sequence);
	int rc = record_get(txn, SPACE_SQS_MESSAGES, &key, a, &record, err);
	if (rc == 0)
		from_record(record, sequence, out);
	return rc;
}

int message_remove(struct store_txn *txn, struct str queue, const struct message *m, struct error *err)
{
	struct key key;

	visible_key(&key, queue, m->available_ms, m->sequence);
	int rc = store_delete(txn, SPACE_SQS_MESSAGES, key_str(&key), err);
	if (rc < 0)
		return rc;
	message_key(&key, queue, m->sequence);
	return store_delete(txn, SPACE_SQS_MESSAGES, key_str(&key), err);
}

int message_move(struct store_txn *txn, struct arena *a, struct str queue, struct message *m, int64_t available_ms,
		 struct error *err)
{
	struct key key;

	visible_key(&key, queue, m->available_ms, m->sequence);
	int rc = store_delete(txn, SPACE_SQS_MESSAGES, key_str(&key), err);
	if (rc < 0)
		return rc;
	m->available_ms = available_ms;
	return message_put(txn, a, queue, m, err);
}

int messages_remove_all(struct store_txn *txn, struct arena *a, struct str queue, struct error *err)
{
	struct key key;

	record_key(&key, STR("v"), queue);
	int rc = record_delete_all(txn, SPACE_SQS_MESSAGES, &key, a, err);
	if (rc < 0)
		return rc;
	record_key(&key, STR("m"), queue);
	return record_delete_all(txn, SPACE_SQS_MESSAGES, &key, a, err);
}

/* ---- counting ---- */

struct counting {
	int64_t now_ms;
	struct message_counts *counts;
};

static int count_one(void *argument, const struct json *record)
{
	struct counting *c = argument;
	int64_t sent = number(record, STR("Sent"));

	if (number(record, STR("Available")) <= c->now_ms)
		c->counts->visible++;
	else if (number(record, STR("Count")) > 0)
		c->counts->in_flight++;
	else
		c->counts->delayed++;
	if (!c->counts->oldest_ms || sent < c->counts->oldest_ms)
		c->counts->oldest_ms = sent;
	return 1;
}

int messages_count(struct store_txn *txn, struct arena *a, struct str queue, int64_t now_ms, struct message_counts *out,
		   struct error *err)
{
	struct counting c = { .now_ms = now_ms, .counts = out };
	struct key key;

	*out = (struct message_counts){ 0 };
	record_key(&key, STR("m"), queue);
	return record_page(txn, SPACE_SQS_MESSAGES, &key, &(struct record_window){ 0 }, a, count_one, &c, NULL, err);
}

/* ---- checksums: "Calculating the MD5 message digest for message attributes", SQS Developer Guide ---- */

struct str message_md5(struct arena *a, struct str body)
{
	uint8_t digest[MD5_SIZE];

	md5(body.p, body.n, digest);
	return hex_str(a, digest, sizeof(digest));
}

static void add_counted(struct buf *out, struct str text)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_add_char(out, (char)(text.n >> shift));
	buf_add_str(out, text);
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct json_member *)a)->name, ((const struct json_member *)b)->name);
}

static void add_attribute(struct arena *a, struct buf *out, const struct json_member *m)
{
	struct str type = json_get_text(m->value, STR("DataType"));
	struct str bytes = STR("");
	bool binary = str_starts(type, STR("Binary"));

	add_counted(out, m->name);
	add_counted(out, type);
	buf_add_char(out, binary ? 2 : 1);
	if (!binary)
		add_counted(out, json_get_text(m->value, STR("StringValue")));
	else if (base64_decode(a, json_get_text(m->value, STR("BinaryValue")), &bytes) == 0)
		add_counted(out, bytes);
}

struct str message_attributes_md5(struct arena *a, const struct json *attributes)
{
	struct json_member *sorted;
	struct buf bytes;

	if (!attributes || attributes->count == 0)
		return STR_NULL;
	sorted = arena_alloc_array(a, attributes->count, sizeof(*sorted));
	if (!sorted)
		return STR_NULL;
	memcpy(sorted, attributes->members, attributes->count * sizeof(*sorted));
	qsort(sorted, attributes->count, sizeof(*sorted), by_name);
	buf_init(&bytes, 2 * (size_t)SQS_MESSAGE_MAX);
	for (size_t i = 0; i < attributes->count; i++)
		add_attribute(a, &bytes, &sorted[i]);
	struct str out = message_md5(a, buf_str(&bytes));
	buf_release(&bytes);
	return out;
}

/* ---- handles: base64 of "queue:sequence:count" ---- */

struct str message_handle(struct arena *a, struct str queue, const struct message *m)
{
	struct str text =
		arena_printf(a, STR_FMT ":%llu:%lld", STR_ARG(queue), (unsigned long long)m->sequence, (long long)m->count);

	return base64_encode(a, text.p, text.n);
}

int message_of_handle(struct call *call, struct str queue, struct str handle, struct message *out, bool *current,
		      struct error *err)
{
	struct str rest, text;
	uint64_t sequence;
	int64_t count;

	if (base64_decode(&call->arena, handle, &text) != 0)
		return error_set(err, ERR_INVALID, "no handle");
	rest = text;
	struct str name = str_split(&rest, ':');
	struct str number_text = str_split(&rest, ':');
	if (!str_eq(name, queue) || str_to_u64(number_text, &sequence) != 0 || str_to_i64(rest, &count) != 0)
		return error_set(err, ERR_INVALID, "no handle");
	int rc = message_get(call->txn, &call->arena, queue, sequence, out, err);
	if (rc == 0)
		*current = out->count == count;
	return rc;
}
