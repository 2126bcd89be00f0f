/* SPDX-License-Identifier: Apache-2.0 */
#include "store/internal.h"

enum { BUSY_WAIT_MS = 5000, SQL_MAX = 160 };

static const char *const statement_sql[STATEMENT_KINDS] = {
	[STATEMENT_GET] = "SELECT v FROM s%d WHERE k = ?1",
	[STATEMENT_HAS] = "SELECT 1 FROM s%d WHERE k = ?1",
	/* In place, so that the index on the key stays untouched by an overwrite. */
	[STATEMENT_PUT] = "INSERT INTO s%d (k, v) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
	[STATEMENT_DELETE] = "DELETE FROM s%d WHERE k = ?1",
	[STATEMENT_DELETE_RANGE] = "DELETE FROM s%d WHERE k >= ?1 AND k < ?2",
	[STATEMENT_DELETE_FROM] = "DELETE FROM s%d WHERE k >= ?1",
	[STATEMENT_SCAN] = "SELECT k, v FROM s%d WHERE k >= ?1 AND k < ?2 ORDER BY k",
	[STATEMENT_SCAN_FROM] = "SELECT k, v FROM s%d WHERE k >= ?1 ORDER BY k",
	[STATEMENT_REVERSE] = "SELECT k, v FROM s%d WHERE k >= ?1 AND k < ?2 ORDER BY k DESC",
	[STATEMENT_REVERSE_FROM] = "SELECT k, v FROM s%d WHERE k >= ?1 ORDER BY k DESC",
};

static const char *const control_sql[CONTROL_KINDS] = {
	[CONTROL_BEGIN_READ] = "BEGIN",      [CONTROL_BEGIN_WRITE] = "BEGIN IMMEDIATE", [CONTROL_COMMIT] = "COMMIT",
	[CONTROL_SAVEPOINT] = "SAVEPOINT w", [CONTROL_RELEASE] = "RELEASE w",           [CONTROL_ROLLBACK_TO] = "ROLLBACK TO w",
};

/* The writer's cache holds a group's dirty pages; readers rely on the kernel's, so that many of them stay small. */
static const char writer_pragmas[] = "PRAGMA journal_mode = WAL; PRAGMA cache_size = -4096; PRAGMA wal_autocheckpoint = 2000;";
static const char reader_pragmas[] = "PRAGMA query_only = 1; PRAGMA cache_size = -512;";

static int error_code_of(int rc)
{
	switch (rc & 0xFF) {
	case SQLITE_NOMEM:
		return ERR_NO_MEMORY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_UNAVAILABLE;
	case SQLITE_TOOBIG:
		return ERR_LIMIT;
	default:
		return ERR_IO;
	}
}

int store_connection_error(struct connection *c, int rc, struct error *err)
{
	return error_set(err, error_code_of(rc), "store: %s", c->db ? sqlite3_errmsg(c->db) : sqlite3_errstr(rc));
}

int store_connection_exec(struct connection *c, const char *sql, struct error *err)
{
	int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : store_connection_error(c, rc, err);
}

int store_connection_open(struct connection *c, const struct store *s, bool writer, struct error *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_CREATE : 0);
	int rc = sqlite3_open_v2(s->database, &c->db, flags, NULL);

	if (rc != SQLITE_OK)
		return store_connection_error(c, rc, err);
	sqlite3_busy_timeout(c->db, BUSY_WAIT_MS);
	rc = store_connection_exec(c, writer ? writer_pragmas : reader_pragmas, err);
	if (rc == 0 && writer)
		/* FULL syncs the log at every commit; NORMAL only at checkpoints: a power cut may then lose the last commits. */
		rc = store_connection_exec(
			c, s->durability == STORE_FULL ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", err);
	return rc;
}

void store_connection_close(struct connection *c)
{
	for (int space = 0; space < SPACE_COUNT; space++)
		for (int kind = 0; kind < STATEMENT_KINDS; kind++)
			sqlite3_finalize(c->statements[space][kind]);
	for (int kind = 0; kind < CONTROL_KINDS; kind++)
		sqlite3_finalize(c->controls[kind]);
	sqlite3_close(c->db);
	memset(c, 0, sizeof(*c));
}

static sqlite3_stmt *prepare(struct connection *c, const char *sql, struct error *err)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);

	if (rc == SQLITE_OK)
		return statement;
	(void)store_connection_error(c, rc, err);
	return NULL;
}

static sqlite3_stmt *prepare_for_space(struct connection *c, enum store_space space, enum statement_kind kind, struct error *err)
{
	char sql[SQL_MAX];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(sql, sizeof(sql), statement_sql[kind], (int)space);
#pragma GCC diagnostic pop
	return prepare(c, sql, err);
}

sqlite3_stmt *store_connection_statement(struct connection *c, enum store_space space, enum statement_kind kind,
					 struct error *err)
{
	sqlite3_stmt **slot = &c->statements[space][kind];

	if (!*slot)
		*slot = prepare_for_space(c, space, kind, err);
	return *slot;
}

sqlite3_stmt *store_connection_take_statement(struct connection *c, enum store_space space, enum statement_kind kind,
					      struct error *err)
{
	sqlite3_stmt *statement = store_connection_statement(c, space, kind, err);

	c->statements[space][kind] = NULL;
	return statement;
}

void store_connection_return_statement(struct connection *c, enum store_space space, enum statement_kind kind,
				       sqlite3_stmt *statement)
{
	sqlite3_stmt **slot = &c->statements[space][kind];

	sqlite3_reset(statement);
	if (*slot)
		sqlite3_finalize(statement);
	else
		*slot = statement;
}

int store_connection_control(struct connection *c, enum control_kind kind, struct error *err)
{
	if (!c->controls[kind])
		c->controls[kind] = prepare(c, control_sql[kind], err);
	if (!c->controls[kind])
		return ERR_IO;
	int rc = sqlite3_step(c->controls[kind]);
	if (rc == SQLITE_DONE)
		rc = SQLITE_OK;
	else
		(void)store_connection_error(c, rc, err);
	sqlite3_reset(c->controls[kind]);
	return rc == SQLITE_OK ? 0 : error_code_of(rc);
}

void store_connection_rollback(struct connection *c)
{
	if (!sqlite3_get_autocommit(c->db))
		sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
}
