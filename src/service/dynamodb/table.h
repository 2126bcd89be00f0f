/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables: their definitions on disk and the compiled form every operation works with.
 *
 * A `struct table` is immutable (but for its row counts) and reference-counted: operations hold one as long as their call's arena
 * lives, changes make a new one. All definitions are kept in memory; the copy is trusted unless a change of some definition is
 * not known to be committed
 * (`unconfirmed`), then the store is asked, so that a group commit that fails cannot leave a phantom table behind.
 *
 * On disk, SPACE_DYNAMODB_TABLES:
 *   ("counter")        the last id given to a table or index
 *   ("table", name)    the definition, JSON in the words of the API plus "id", "revision" and each index's "id"
 *   ("trash", space, id)   rows of a deleted table or index, which maintain.c removes: that space's, under that id
 *   ("token", token)   a transaction's idempotency token: its digest
 * SPACE_DYNAMODB_ITEMS, _INDEX, _TTL: see keys.h.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_TABLE_H
#define GLEANER_SERVICE_DYNAMODB_TABLE_H

#include <stdatomic.h>

#include "base/map.h"
#include "service/dynamodb/errors.h"
#include "service/dynamodb/value.h"

struct key_schema {
	struct str hash, range; /* `range` absent: none */
	enum value_type hash_type, range_type;
};

enum projection_kind { PROJECTION_ALL, PROJECTION_KEYS_ONLY, PROJECTION_INCLUDE };

struct table_index {
	struct str name;
	bool global;
	bool backfilling; /* being filled after its creation: written, not read */
	uint64_t id;
	struct key_schema keys;
	enum projection_kind projection;
	const struct json *included; /* array of names, PROJECTION_INCLUDE */
};

struct row_count {
	int64_t rows, bytes;
};

struct table {
	atomic_int references;
	struct arena arena;
	const struct json *definition;
	struct str name;
	uint64_t id;
	uint64_t revision;
	struct key_schema keys;
	struct table_index *indexes;
	size_t index_count;
	struct str ttl_attribute; /* absent: TTL is off */
	bool backfilling;         /* items are being walked for an index or TTL made after them */

	/* The one mutable part: the last count of its rows, and of each index's, for descriptions. */
	pthread_mutex_t counts_lock;
	bool counted;
	int64_t counted_at, counting_took; /* ns, monotonic */
	struct row_count *counts;          /* the table's, then the indexes' */
};

struct maintenance;

/* The service's state. */
struct dynamodb {
	struct host *host;
	pthread_rwlock_t lock;  /* guards `tables` */
	struct map tables;      /* name -> struct table * */
	atomic_int unconfirmed; /* changed definitions not yet known to be committed */
	struct maintenance *maintenance;
};

struct table *table_new(const struct json *definition); /* NULL when memory is out or the definition is damaged */
void table_ref(struct table *t);
void table_unref(struct table *t);

const struct table_index *table_index_find(const struct table *t, struct str name);
/* Whether an index holds an attribute of its items. */
bool index_projects(const struct table *t, const struct table_index *index, struct str attribute);

int tables_open(struct dynamodb *d, struct error *err) MUST_CHECK;
void tables_close(struct dynamodb *d);

/* The table of that name or ARN, held until the call's arena is released; NULL when there is none, with *rc 0, or negative with
 * the call failed. */
struct table *table_get(struct call *call, struct str name, int *rc);
/* As table_get, answering ResourceNotFoundException. */
int table_require(struct call *call, struct str name, struct table **out) MUST_CHECK;
/* The same with the table named in the answer, as the operations on tables do. */
int table_require_named(struct call *call, struct str name, struct table **out) MUST_CHECK;
/* "table/x" of an ARN, or the name itself. */
struct str table_name_of(struct str name_or_arn);
struct str table_arn(const struct host *host, struct arena *a, struct str name);

/* On the writer thread. */
int table_put(struct dynamodb *d, struct store_txn *txn, struct arena *a, const struct json *definition,
	      struct error *err) MUST_CHECK;
int table_drop(struct dynamodb *d, struct store_txn *txn, const struct table *t, struct error *err) MUST_CHECK;
/* Hands an index's rows to maintain.c for removal. */
int index_drop(struct store_txn *txn, uint64_t id, struct error *err) MUST_CHECK;
/* The same for the expiry rows of a table. */
int expiry_rows_drop(struct store_txn *txn, uint64_t table_id, struct error *err) MUST_CHECK;
int table_next_id(struct store_txn *txn, struct arena *a, uint64_t *id, struct error *err) MUST_CHECK;

/* Calls `each` for every table, in order of name, until it returns false. */
void tables_each(struct dynamodb *d, bool (*each)(void *argument, struct table *t), void *argument);

#endif
