/* SPDX-License-Identifier: Apache-2.0
 *
 * What the disk and SQLite alone can do, to compare the server with:
 *   disk FOLDER rows     rows a second in 50-row transactions of SQLite (WAL, synchronous=FULL), 300-byte rows
 *   disk FOLDER files    1 MiB files a second, write + fdatasync
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "os/clock.h"

enum { GROUPS = 200, GROUP = 50, ROW = 300, FILES = 100, FILE_SIZE = 1024 * 1024 };

static double rows(const char *folder)
{
	char path[4096], value[ROW] = { 0 };
	sqlite3 *db;
	sqlite3_stmt *put;

	snprintf(path, sizeof(path), "%s/rows.db", folder);
	unlink(path);
	if (sqlite3_open(path, &db) ||
	    sqlite3_exec(
		    db,
		    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID",
		    NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO t VALUES(?1,?2)", -1, &put, NULL))
		return 0;
	int64_t begin = clock_mono_ns();
	for (int g = 0; g < GROUPS; g++) {
		sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
		for (int i = 0; i < GROUP; i++) {
			char key[32];
			int n = snprintf(key, sizeof(key), "%d-%d", i, g);
			sqlite3_bind_blob(put, 1, key, n, SQLITE_STATIC);
			sqlite3_bind_blob(put, 2, value, ROW, SQLITE_STATIC);
			sqlite3_step(put);
			sqlite3_reset(put);
		}
		sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	}
	double seconds = (double)(clock_mono_ns() - begin) / 1e9;
	sqlite3_finalize(put);
	sqlite3_close(db);
	return GROUPS * GROUP / seconds;
}

static double files(const char *folder)
{
	static char bytes[FILE_SIZE];
	char path[4096];
	int64_t begin = clock_mono_ns();

	for (int i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "%s/file-%d", folder, i);
		int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
		if (fd < 0 || write(fd, bytes, sizeof(bytes)) != sizeof(bytes) || fdatasync(fd))
			return 0;
		close(fd);
	}
	return FILES / ((double)(clock_mono_ns() - begin) / 1e9);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	printf("%.1f\n", argv[2][0] == 'r' ? rows(argv[1]) : files(argv[1]));
	return 0;
}
