/* SPDX-License-Identifier: Apache-2.0
 *
 * Order-preserving composite keys: comparing the bytes compares the parts one after the other, and a key that has fewer
 * parts is a prefix of those that have more. Parts: text (0x00 is escaped as 0x00 0xFF, the end is 0x00 0x01) and
 * unsigned 64-bit integers (big-endian). *Pure.*
 *
 *   struct key k; key_init(&k);  key_add_str(&k, bucket);  key_add_u64(&k, version);  store_get(txn, …, key_str(&k), …);
 */
#ifndef GLEANER_STORE_KEY_H
#define GLEANER_STORE_KEY_H

#include "base/arena.h"

enum { KEY_MAX = 16384 }; /* a DynamoDB index entry: two keys of 2,048 + 1,024 bytes, each byte escaped at worst */

struct key {
	size_t n;
	bool failed; /* past KEY_MAX; key_str then is longer than any key: it matches nothing and store_put refuses it */
	char bytes[KEY_MAX + 1];
};

void key_init(struct key *k);
void key_add_str(struct key *k, struct str part);
void key_add_u64(struct key *k, uint64_t part);
void key_add_raw(struct key *k, struct str bytes); /* already order-preserving, last or of fixed length */
struct str key_str(const struct key *k);

/* The first key after every key that starts with `prefix`: the upper bound of a prefix scan. Absent when there is none. */
struct str key_prefix_end(struct arena *a, struct str prefix);

/* Reads the next part; advances. ERR_CORRUPT. */
int key_read_str(struct arena *a, struct str *rest, struct str *part) MUST_CHECK;
int key_read_u64(struct str *rest, uint64_t *part) MUST_CHECK;

#endif
