/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes on behind the requests, in small writes: expired items vanish, indexes (and the expiry rows) of tables that had items
 * before them are filled, rows of deleted tables are removed, transaction tokens are forgotten.
 *
 *   idle --(timer, or maintenance_wake)--> look for work (a read) --> none: idle
 *                                                                 --> some: one batch (a write) --> look again
 */
#ifndef GLEANER_SERVICE_DYNAMODB_MAINTAIN_H
#define GLEANER_SERVICE_DYNAMODB_MAINTAIN_H

#include "service/dynamodb/table.h"

int maintenance_new(struct dynamodb *d, struct error *err) MUST_CHECK;
int maintenance_start(struct dynamodb *d, struct error *err) MUST_CHECK;
/* Ends it; waits for a batch under way. */
void maintenance_stop(struct dynamodb *d);
void maintenance_free(struct dynamodb *d);
/* After a commit that left work: starts it now. Any thread. */
void maintenance_wake(struct dynamodb *d);

/* Idempotency tokens of transactions: what was stored under one, absent when there is none that still counts. */
int token_find(struct store_txn *txn, struct arena *a, struct str token, int64_t now_ms, struct str *stored,
	       struct error *err) MUST_CHECK;
int token_put(struct store_txn *txn, struct str token, struct str digest, int64_t expires_ms, struct error *err) MUST_CHECK;

#endif
