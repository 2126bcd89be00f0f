/* SPDX-License-Identifier: Apache-2.0
 *
 * Single keys and ranges, for readers and the writer alike.
 */
#include "base/limits.h"
#include "store/internal.h"
#include "store/key.h"

/* SQLite takes a NULL pointer for the SQL NULL, which equals nothing: an absent key or value is bound as empty bytes. */
static void bind_bytes(sqlite3_stmt *statement, int index, struct str bytes)
{
	sqlite3_bind_blob64(statement, index, bytes.p ? bytes.p : "", bytes.n, SQLITE_STATIC);
}

static struct str column_bytes(sqlite3_stmt *statement, int column)
{
	const void *bytes = sqlite3_column_blob(statement, column);
	int n = sqlite3_column_bytes(statement, column);

	return str_of(bytes ? bytes : "", (size_t)n);
}

static int copy_value(sqlite3_stmt *statement, struct arena *a, struct str *value, struct error *err)
{
	struct str copy = arena_str(a, column_bytes(statement, 0));

	if (!str_is_set(copy))
		return error_set(err, ERR_NO_MEMORY, "store: the request's memory is used up");
	*value = copy;
	return 0;
}

int store_get(struct store_txn *txn, enum store_space space, struct str key, struct arena *a, struct str *value,
	      struct error *err)
{
	sqlite3_stmt *statement = store_connection_statement(txn->connection, space, STATEMENT_GET, err);

	if (!statement)
		return ERR_IO;
	bind_bytes(statement, 1, key);
	int rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		rc = copy_value(statement, a, value, err);
	else if (rc == SQLITE_DONE)
		rc = error_set(err, ERR_NOT_FOUND, "store: no such key");
	else
		rc = store_connection_error(txn->connection, rc, err);
	sqlite3_reset(statement);
	return rc;
}

bool store_has(struct store_txn *txn, enum store_space space, struct str key)
{
	sqlite3_stmt *statement = store_connection_statement(txn->connection, space, STATEMENT_HAS, NULL);

	if (!statement)
		return false;
	bind_bytes(statement, 1, key);
	bool has = sqlite3_step(statement) == SQLITE_ROW;
	sqlite3_reset(statement);
	return has;
}

/* Runs a bound statement that gives no rows. */
static int run(struct store_txn *txn, sqlite3_stmt *statement, struct error *err)
{
	int rc = sqlite3_step(statement);

	rc = rc == SQLITE_DONE ? 0 : store_connection_error(txn->connection, rc, err);
	sqlite3_reset(statement);
	return rc;
}

int store_put(struct store_txn *txn, enum store_space space, struct str key, struct str value, struct error *err)
{
	if (key.n == 0 || key.n > KEY_MAX)
		return error_set(err, ERR_LIMIT, "store: a key has 1 to %d bytes, this one %zu", KEY_MAX, key.n);
	if (value.n > LIMIT_STORE_VALUE)
		return error_set(err, ERR_LIMIT, "store: a value has at most %zu bytes, this one %zu", LIMIT_STORE_VALUE,
				 value.n);
	sqlite3_stmt *statement = store_connection_statement(txn->connection, space, STATEMENT_PUT, err);
	if (!statement)
		return ERR_IO;
	bind_bytes(statement, 1, key);
	bind_bytes(statement, 2, value);
	return run(txn, statement, err);
}

int store_delete(struct store_txn *txn, enum store_space space, struct str key, struct error *err)
{
	sqlite3_stmt *statement = store_connection_statement(txn->connection, space, STATEMENT_DELETE, err);

	if (!statement)
		return ERR_IO;
	bind_bytes(statement, 1, key);
	return run(txn, statement, err);
}

/* Of a pair of statements, the one that fits the bound. */
static enum statement_kind bounded(enum statement_kind with_bound, struct str to)
{
	return str_is_set(to) ? with_bound : with_bound + 1;
}

int store_delete_range(struct store_txn *txn, enum store_space space, struct str from, struct str to, struct error *err)
{
	enum statement_kind kind = bounded(STATEMENT_DELETE_RANGE, to);
	sqlite3_stmt *statement = store_connection_statement(txn->connection, space, kind, err);

	if (!statement)
		return ERR_IO;
	bind_bytes(statement, 1, from);
	if (str_is_set(to))
		bind_bytes(statement, 2, to);
	return run(txn, statement, err);
}

int store_scan(struct store_cursor *c, struct store_txn *txn, enum store_space space, struct str from, struct str to,
	       bool reverse, struct error *err)
{
	enum statement_kind kind = bounded(reverse ? STATEMENT_REVERSE : STATEMENT_SCAN, to);
	sqlite3_stmt *statement;

	*c = (struct store_cursor){ .txn = txn, .space = space, .reverse = reverse };
	statement = store_connection_take_statement(txn->connection, space, kind, err);
	if (!statement)
		return ERR_IO;
	/* Copied: unlike the other calls' keys these must live until the scan ends. */
	sqlite3_bind_blob64(statement, 1, from.p ? from.p : "", from.n, SQLITE_TRANSIENT);
	if (str_is_set(to))
		sqlite3_bind_blob64(statement, 2, to.p, to.n, SQLITE_TRANSIENT);
	c->statement = statement;
	return 0;
}

int store_next(struct store_cursor *c, struct str *key, struct str *value, struct error *err)
{
	int rc = sqlite3_step(c->statement);

	if (rc == SQLITE_DONE)
		return 0;
	if (rc != SQLITE_ROW)
		return store_connection_error(c->txn->connection, rc, err);
	*key = column_bytes(c->statement, 0);
	*value = column_bytes(c->statement, 1);
	return 1;
}

void store_scan_end(struct store_cursor *c)
{
	if (!c->statement)
		return;
	bool has_bound = sqlite3_bind_parameter_count(c->statement) == 2;
	enum statement_kind kind = (c->reverse ? STATEMENT_REVERSE : STATEMENT_SCAN) + (has_bound ? 0 : 1);
	store_connection_return_statement(c->txn->connection, c->space, kind, c->statement);
	c->statement = NULL;
}
