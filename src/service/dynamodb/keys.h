/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of items: checked against the table's schema, and encoded for the store so that byte order is DynamoDB's order.
 *
 *   SPACE_DYNAMODB_ITEMS  (table id, hash of the partition key, partition key, sort key)      -> stored item
 *   SPACE_DYNAMODB_INDEX  (index id, hash, index keys, the item's own keys)                   -> stored projection of the item
 *   SPACE_DYNAMODB_TTL    (table id, expiry in seconds, an item's key without the table id)   -> nothing
 *
 * The hash puts partitions in an arbitrary order, as scans of the service have them, and cuts the table evenly for parallel
 * scans.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_KEYS_H
#define GLEANER_SERVICE_DYNAMODB_KEYS_H

#include "service/dynamodb/expression.h"
#include "service/dynamodb/table.h"
#include "store/key.h"

enum {
	HASH_KEY_SIZE_MAX = 2048,
	RANGE_KEY_SIZE_MAX = 1024,
	TABLE_ID_SIZE = 8, /* bytes at the front of a key */
};

/* A whole item about to be stored: keys and index keys present where they must be, of the right type and size, and the item's
 * size. ERR_INVALID with the service's sentence. */
int item_check(const struct table *t, const struct value *item, struct error *err) MUST_CHECK;
/* A Key parameter: exactly the key attributes. */
int key_check(const struct table *t, const struct value *key, struct error *err) MUST_CHECK;
/* Empty values of key attributes, which the service refuses before all else. */
int key_check_empty(const struct table *t, const struct value *item, struct error *err) MUST_CHECK;
/* An ExclusiveStartKey: exactly the keys of the table and of the index, when there is one. */
int start_key_check(const struct table *t, const struct table_index *index, const struct value *key,
		    struct error *err) MUST_CHECK;

/* `item` holds all key attributes (it was checked). */
void item_key(const struct table *t, const struct value *item, struct key *out);
/* False when the item is not in that index. */
bool index_key(const struct table *t, const struct table_index *index, const struct value *item, struct key *out);

/* The rows a key condition selects, as [from, to). Texts in the arena; absent when memory is out. */
void query_bounds(struct arena *a, uint64_t id, const struct key_condition *condition, struct str *from, struct str *to);
/* The rows of one segment. */
void segment_bounds(struct arena *a, uint64_t id, uint32_t segment, uint32_t segments, struct str *from, struct str *to);

/* When the item expires, from its TTL attribute: seconds; false when it has none that counts. */
bool item_expiry(const struct table *t, const struct value *item, uint64_t *seconds);
void expiry_key(uint64_t table_id, uint64_t seconds, struct str item_key, struct key *out);

#endif
