/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the store among themselves: the connection (SQLite and its prepared statements), the transaction handed to
 * callers, the writer with its queue, the list of readers. Not for other folders.
 */
#ifndef GLEANER_STORE_INTERNAL_H
#define GLEANER_STORE_INTERNAL_H

#include <pthread.h>
#include <sqlite3.h>

#include "store/store.h"

/* What is prepared at most once per connection and space. */
enum statement_kind {
	STATEMENT_GET,
	STATEMENT_HAS,
	STATEMENT_PUT,
	STATEMENT_DELETE,
	/* The ones below come in pairs: with an upper bound, and one further without. */
	STATEMENT_DELETE_RANGE,
	STATEMENT_DELETE_FROM,
	STATEMENT_SCAN,
	STATEMENT_SCAN_FROM,
	STATEMENT_REVERSE,
	STATEMENT_REVERSE_FROM,
	STATEMENT_KINDS,
};

/* And once per connection. */
enum control_kind {
	CONTROL_BEGIN_READ,
	CONTROL_BEGIN_WRITE,
	CONTROL_COMMIT,
	CONTROL_SAVEPOINT,
	CONTROL_RELEASE,
	CONTROL_ROLLBACK_TO,
	CONTROL_KINDS,
};

/* One SQLite handle; used by one thread at a time. */
struct connection {
	sqlite3 *db;
	sqlite3_stmt *statements[SPACE_COUNT][STATEMENT_KINDS];
	sqlite3_stmt *controls[CONTROL_KINDS];
};

/* Something to call after the commit. */
struct hook {
	void (*run)(void *argument);
	void *argument;
};

struct hooks {
	struct hook *items;
	size_t count, capacity;
};

struct store_txn {
	struct connection *connection;
	struct hooks *hooks;   /* the writer's; NULL for a reader */
	struct reader *reader; /* NULL for the writer */
};

/* A thread's reading connection, made at its first read, in the store's list until the thread ends or the store closes. */
struct reader {
	struct store *store;
	struct connection connection;
	struct store_txn txn;
	bool active;
	struct reader *next, **link;
};

struct write_job {
	store_write_fn write;
	store_done_fn done; /* may be NULL */
	void *argument;
};

struct writer {
	struct connection connection;
	pthread_t thread;
	bool running;
	/* The queue: a ring, guarded by `lock`. */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct write_job *ring;
	size_t first, count;
	size_t awaited; /* the count at which `wake` is signalled */
	bool stopping;
	struct group *group; /* the writer thread's, see writer.c */
};

struct store {
	char *folder;
	char *database; /* path */
	enum store_durability durability;
	int lock_fd;
	char run[5]; /* random at each opening: tells this run's blobs from those of earlier ones */
	struct writer writer;
	pthread_key_t reader_key;
	bool reader_key_made;
	pthread_mutex_t readers_lock;
	struct reader *readers;
};

/* connection.c. Closing accepts a zeroed or half-opened connection. */
int store_connection_open(struct connection *c, const struct store *s, bool writer, struct error *err) MUST_CHECK;
void store_connection_close(struct connection *c);
/* The prepared statement, ready for binding; NULL with the error set. */
sqlite3_stmt *store_connection_statement(struct connection *c, enum store_space space, enum statement_kind kind,
					 struct error *err);
/* Takes the cached statement out, so that scans may overlap; give it back with connection_return_statement. */
sqlite3_stmt *store_connection_take_statement(struct connection *c, enum store_space space, enum statement_kind kind,
					      struct error *err);
void store_connection_return_statement(struct connection *c, enum store_space space, enum statement_kind kind,
				       sqlite3_stmt *statement);
int store_connection_control(struct connection *c, enum control_kind kind, struct error *err) MUST_CHECK;
void store_connection_rollback(struct connection *c); /* whatever is open */
int store_connection_exec(struct connection *c, const char *sql, struct error *err) MUST_CHECK;
/* SQLite's last error on this connection as ours, for the result code `rc`. */
int store_connection_error(struct connection *c, int rc, struct error *err);

/* schema.c: makes or migrates the tables. */
int schema_prepare(struct connection *c, struct error *err) MUST_CHECK;

/* writer.c. The connection is open when it starts; stop finishes the queue. */
int writer_start(struct writer *w, struct error *err) MUST_CHECK;
void writer_stop(struct writer *w);

/* reader.c. Prepare before any read; close when no thread reads any more. */
int readers_prepare(struct store *s, struct error *err) MUST_CHECK;
void readers_close(struct store *s);

#endif
