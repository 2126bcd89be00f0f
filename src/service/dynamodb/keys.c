/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys encoded for the store. What keys may be is checked in keys_check.c.
 */
#include "service/dynamodb/keys.h"

#include "service/dynamodb/number.h"

/* FNV-1a, then a finalizer that spreads it over all 64 bits. Part of the stored form: never change it. */
static uint64_t partition_hash(const char *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)p[i]) * 0x100000001b3u;
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

/* The bytes of a key value whose order is the values' order. */
static struct str ordered_bytes(const struct value *v, uint8_t buffer[NUMBER_KEY_MAX])
{
	struct number n;

	if (v->type != VALUE_N)
		return v->text;
	if (number_parse(v->text, &n, NULL) < 0)
		return v->text;
	return str_of((const char *)buffer, number_order_key(&n, buffer));
}

static void add_value(struct key *k, const struct value *v)
{
	uint8_t buffer[NUMBER_KEY_MAX];

	key_add_str(k, ordered_bytes(v, buffer));
}

static void start_partition(struct key *k, uint64_t id, const struct value *hash)
{
	uint8_t buffer[NUMBER_KEY_MAX];
	struct str bytes = ordered_bytes(hash, buffer);

	key_init(k);
	key_add_u64(k, id);
	key_add_u64(k, partition_hash(bytes.p, bytes.n));
	key_add_str(k, bytes);
}

void item_key(const struct table *t, const struct value *item, struct key *out)
{
	start_partition(out, t->id, value_get(item, t->keys.hash));
	if (t->keys.range.p)
		add_value(out, value_get(item, t->keys.range));
}

static const struct value *typed(const struct value *item, struct str name, enum value_type type)
{
	const struct value *v = value_get(item, name);

	return v && v->type == type ? v : NULL;
}

/* Items older than an index may have values there that no key can have: such items are not in it. */
static bool indexable(const struct value *v, size_t size_max)
{
	return v && (v->type == VALUE_N || (v->text.n > 0 && v->text.n <= size_max));
}

bool index_key(const struct table *t, const struct table_index *index, const struct value *item, struct key *out)
{
	const struct value *hash = typed(item, index->keys.hash, index->keys.hash_type);
	const struct value *range = index->keys.range.p ? typed(item, index->keys.range, index->keys.range_type) : NULL;

	if (!indexable(hash, HASH_KEY_SIZE_MAX) || (index->keys.range.p && !indexable(range, RANGE_KEY_SIZE_MAX)))
		return false;
	start_partition(out, index->id, hash);
	if (range)
		add_value(out, range);
	add_value(out, value_get(item, t->keys.hash));
	if (t->keys.range.p)
		add_value(out, value_get(item, t->keys.range));
	return true;
}

enum { TEXT_END_SIZE = 2 }; /* what key_add_str puts after a text */

/* The partition's key with `v` after it, or with all that begins with `v`. */
static struct str extended(struct arena *a, const struct key *partition, const struct value *v, bool open)
{
	struct key k;

	key_init(&k);
	key_add_raw(&k, key_str(partition));
	add_value(&k, v);
	struct str bytes = key_str(&k);
	return arena_str(a, open ? str_sub(bytes, 0, bytes.n - TEXT_END_SIZE) : bytes);
}

void query_bounds(struct arena *a, uint64_t id, const struct key_condition *condition, struct str *from, struct str *to)
{
	struct key partition;

	start_partition(&partition, id, condition->hash);
	*from = arena_str(a, key_str(&partition));
	*to = key_prefix_end(a, *from);
	if (!condition->has_range)
		return;
	struct str low = extended(a, &partition, condition->low, condition->range_kind == CONDITION_BEGINS_WITH);
	switch (condition->range_kind) {
	case CONDITION_EQ:
	case CONDITION_BEGINS_WITH:
		*from = low;
		*to = key_prefix_end(a, low);
		break;
	case CONDITION_LT:
		*to = low;
		break;
	case CONDITION_LE:
		*to = key_prefix_end(a, low);
		break;
	case CONDITION_GT:
		*from = key_prefix_end(a, low);
		break;
	case CONDITION_GE:
		*from = low;
		break;
	default: /* BETWEEN */
		*from = low;
		*to = key_prefix_end(a, extended(a, &partition, condition->high, false));
	}
}

static struct str hash_bound(struct arena *a, uint64_t id, uint64_t hash)
{
	struct key k;

	key_init(&k);
	key_add_u64(&k, id);
	key_add_u64(&k, hash);
	return arena_str(a, key_str(&k));
}

void segment_bounds(struct arena *a, uint64_t id, uint32_t segment, uint32_t segments, struct str *from, struct str *to)
{
	uint64_t width = UINT64_MAX / segments;

	*from = hash_bound(a, id, width * segment);
	*to = segment + 1 == segments ? hash_bound(a, id + 1, 0) : hash_bound(a, id, width * (segment + 1));
}

bool item_expiry(const struct table *t, const struct value *item, uint64_t *seconds)
{
	const struct value *v = t->ttl_attribute.p ? typed(item, t->ttl_attribute, VALUE_N) : NULL;

	if (!v)
		return false;
	ptrdiff_t point = str_find_char(v->text, '.', 0);
	return str_to_u64(point < 0 ? v->text : str_sub(v->text, 0, (size_t)point), seconds) == 0;
}

void expiry_key(uint64_t table_id, uint64_t seconds, struct str key, struct key *out)
{
	key_init(out);
	key_add_u64(out, table_id);
	key_add_u64(out, seconds);
	key_add_raw(out, str_from(key, TABLE_ID_SIZE));
}
