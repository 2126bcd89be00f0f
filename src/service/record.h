/* SPDX-License-Identifier: Apache-2.0
 *
 * Records: the JSON documents that services keep under composite keys, one by one or a page at a time. Documents read
 * live in the arena passed. Errors are the store's, ERR_CORRUPT for a value that is no JSON.
 */
#ifndef GLEANER_SERVICE_RECORD_H
#define GLEANER_SERVICE_RECORD_H

#include "format/json.h"
#include "store/key.h"
#include "store/store.h"

void record_key_parts(struct key *k, const struct str *parts, size_t count);
/* record_key(&k, STR("rule"), bus, name) */
#define record_key(k, ...)                                                                                                       \
	record_key_parts((k), (const struct str[]){ __VA_ARGS__ },                                                               \
			 sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

int record_get(struct store_txn *txn, enum store_space space, const struct key *key, struct arena *a, const struct json **out,
	       struct error *err) MUST_CHECK; /* ERR_NOT_FOUND */
int record_put(struct store_txn *txn, enum store_space space, const struct key *key, struct arena *a, const struct json *document,
	       struct error *err) MUST_CHECK;
/* Removes every record whose key starts with `prefix`. */
int record_delete_all(struct store_txn *txn, enum store_space space, const struct key *prefix, struct arena *a,
		      struct error *err) MUST_CHECK;

/* 1: taken; 0: passed over; negative: stop with that. */
typedef int (*record_fn)(void *argument, const struct json *document);

struct record_window {
	int64_t limit;    /* records to take; 0: all */
	struct str token; /* where an earlier page ended; absent: from the start */
};

/* Hands the records whose key starts with `prefix` to `each`, in key order. `next` (may be NULL) is the token of the next
 * page, absent after the last. ERR_INVALID for a token that is none of ours. */
int record_page(struct store_txn *txn, enum store_space space, const struct key *prefix, const struct record_window *window,
		struct arena *a, record_fn each, void *argument, struct str *next, struct error *err) MUST_CHECK;

#endif
