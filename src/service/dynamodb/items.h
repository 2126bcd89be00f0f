/* SPDX-License-Identifier: Apache-2.0
 *
 * Items in the store: reading one, and changing one together with its index and expiry rows.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_ITEMS_H
#define GLEANER_SERVICE_DYNAMODB_ITEMS_H

#include "service/dynamodb/capacity.h"
#include "service/dynamodb/keys.h"

/* The stored form; absent (and 0) when there is no such item. */
int item_load(struct store_txn *txn, struct str key, struct arena *a, struct str *stored, struct error *err) MUST_CHECK;

struct item_change {
	const struct table *table;
	struct str key;
	const struct value *before,
		*after; /* NULL: absent. `before` may be NULL for an item that exists when item_needs_before is false */
	struct str before_stored, after_stored;
};

/* Whether a change of this table's items must know what was there: indexes and expiry follow the difference. */
bool item_needs_before(const struct table *t);
/* On the writer thread. `capacity` may be NULL. */
int item_change(struct store_txn *txn, struct arena *a, const struct item_change *change, struct capacity *capacity,
		struct error *err) MUST_CHECK;
/* Puts the rows of all indexes and of the expiry for an item that is there already: after an index or TTL was added. */
int item_reindex(struct store_txn *txn, struct arena *a, const struct table *t, struct str key, struct str stored,
		 struct error *err) MUST_CHECK;

#endif
