/* SPDX-License-Identifier: Apache-2.0
 *
 * The embedded database: ordered keys to values in named spaces, over SQLite (WAL). The only SQL of the project is behind
 * this header.
 *
 * One writer thread takes queued write functions, runs each inside its own savepoint of one shared transaction, commits the
 * group, and then reports each as done: reported means fsynced (with STORE_FULL). A write function that fails is rolled
 * back alone. Reads see the last commit; inside a write function they also see what was written before it in the group.
 *
 * Keys are compared as bytes; build them with store/key.h. Values are bytes, usually JSON text.
 */
#ifndef GLEANER_STORE_STORE_H
#define GLEANER_STORE_STORE_H

#include "base/arena.h"
#include "base/buf.h"

struct store;
struct store_txn; /* a read snapshot, or the writer's transaction during a write function */

enum store_durability { STORE_FULL, STORE_RELAXED };

struct store_options {
	const char *folder; /* created when absent, mode 0700; locked against a second server */
	enum store_durability durability;
};

/* A space is a table of its own; the number is its identity on disk: never reuse one. Services take theirs from this list. */
enum store_space {
	SPACE_META = 1,    /* server: version, account, region */
	SPACE_CREDENTIALS, /* sts: access key -> secret, token, principal, expiry */
	SPACE_IAM,
	SPACE_S3_BUCKETS,
	SPACE_S3_OBJECTS, /* (bucket, key, version order) -> metadata */
	SPACE_S3_DATA,    /* blob id -> small bodies */
	SPACE_S3_UPLOADS, /* multipart uploads and their parts */
	SPACE_DYNAMODB_TABLES,
	SPACE_DYNAMODB_ITEMS,
	SPACE_DYNAMODB_INDEX,
	SPACE_DYNAMODB_TTL,
	SPACE_LAMBDA,
	SPACE_LAMBDA_QUEUE, /* asynchronous invocations waiting */
	SPACE_STATES,       /* state machines */
	SPACE_EXECUTIONS,
	SPACE_EXECUTION_HISTORY,
	SPACE_EXECUTION_INDEX,
	SPACE_EVENTS,          /* rules and targets */
	SPACE_EVENTS_DELIVERY, /* events on their way to a target */
	SPACE_API,
	SPACE_LOGS,
	SPACE_LOG_EVENTS,
	SPACE_SQS,
	SPACE_SQS_MESSAGES,
	SPACE_SNS,
	SPACE_MONITORING,
	SPACE_MONITORING_DATA,
	SPACE_KMS,
	SPACE_CODEBUILD,
	SPACE_TAGS,
	SPACE_SSM,
	SPACE_SECRETS,
	SPACE_COUNT
};

int store_open(struct store **out, const struct store_options *options, struct error *err) MUST_CHECK;
void store_close(struct store *s); /* finishes what is queued; NULL is allowed */

/* The write function runs on the writer thread. 0 keeps its changes; negative undoes them. It must not block. */
typedef int (*store_write_fn)(struct store_txn *txn, void *argument, struct error *err);
/* Runs on the writer thread after the commit (result 0) or instead of it (negative, err filled). Must be short. */
typedef void (*store_done_fn)(void *argument, int result, const struct error *err);

/* Queues a write. ERR_UNAVAILABLE when the queue is full (then nothing is called). */
int store_write(struct store *s, store_write_fn write, store_done_fn done, void *argument) MUST_CHECK;
/* The same, waiting: for start-up, tests and tools, never on an HTTP thread. */
int store_write_wait(struct store *s, store_write_fn write, void *argument, struct error *err) MUST_CHECK;
/* From inside a write function: `run` is called on the writer thread once the group is committed, never if it is undone. The
 * hooks of a write run before its `done`, so they may use memory that `done` frees. */
int store_after_commit(struct store_txn *txn, void (*run)(void *argument), void *argument) MUST_CHECK;

/* A read snapshot on the calling thread's own connection; end it on the same thread, soon. Snapshots do not nest. */
int store_read_begin(struct store *s, struct store_txn **out, struct error *err) MUST_CHECK;
void store_read_end(struct store_txn *txn);

/* ERR_NOT_FOUND when absent; the value is copied into the arena. */
int store_get(struct store_txn *txn, enum store_space space, struct str key, struct arena *a, struct str *value,
	      struct error *err) MUST_CHECK;
bool store_has(struct store_txn *txn, enum store_space space, struct str key);
int store_put(struct store_txn *txn, enum store_space space, struct str key, struct str value, struct error *err) MUST_CHECK;
/* Absent is success. */
int store_delete(struct store_txn *txn, enum store_space space, struct str key, struct error *err) MUST_CHECK;
/* Deletes every key in [from, to). */
int store_delete_range(struct store_txn *txn, enum store_space space, struct str from, struct str to,
		       struct error *err) MUST_CHECK;

/* Keys in [from, to) in order, or in reverse from the last one below `to`. An absent `to` means no upper bound. Key and value
 * of a step are borrowed until the next step. Close it before the transaction ends, and before writing to that space. */
struct store_cursor {
	struct store_txn *txn;
	void *statement;
	enum store_space space;
	bool reverse;
};
int store_scan(struct store_cursor *c, struct store_txn *txn, enum store_space space, struct str from, struct str to,
	       bool reverse, struct error *err) MUST_CHECK;
/* 1: a row; 0: the end; negative: error. */
int store_next(struct store_cursor *c, struct str *key, struct str *value, struct error *err) MUST_CHECK;
void store_scan_end(struct store_cursor *c); /* also fine when store_scan failed */

#endif
