/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening and closing: the folder, its lock, the database, the writer.
 *
 *   DIR/lock          flock()ed while a server uses the directory
 *   DIR/gleaner.db    and its -wal and -shm: SQLite's
 *   DIR/tmp/          blobs being written; emptied at start
 *   DIR/blobs/ab/     sealed blobs by the first two characters of their id
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "os/file.h"
#include "os/random.h"
#include "store/blob_internal.h"
#include "store/internal.h"

enum { LOCK_TRIES = 50, LOCK_PAUSE_US = 20000 };

/* A server killed a moment ago may still hold the lock while the kernel tears it down: a second of patience. */
static int lock_folder(struct store *s, struct error *err)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/lock", s->folder);
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return error_set_errno(err, path);
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_set_errno(err, path);
		usleep(LOCK_PAUSE_US);
	}
	return error_set(err, ERR_UNAVAILABLE, "the data directory %s is in use by another gleaner server", s->folder);
}

static int open_folder(struct store *s, const char *folder, struct error *err)
{
	size_t n = strlen(folder) + sizeof("/gleaner.db");

	s->folder = strdup(folder);
	s->database = malloc(n);
	if (!s->folder || !s->database)
		return error_set(err, ERR_NO_MEMORY, "store: out of memory");
	snprintf(s->database, n, "%s/gleaner.db", folder);
	snprintf(s->run, sizeof(s->run), "%04x", random_below(0x10000));
	int rc = file_make_dirs(folder, 0700, err);
	if (rc == 0)
		rc = lock_folder(s, err);
	if (rc == 0)
		rc = blob_prepare_folders(s, err);
	return rc;
}

static int open_database(struct store *s, struct error *err)
{
	int rc = store_connection_open(&s->writer.connection, s, true, err);

	if (rc == 0)
		rc = schema_prepare(&s->writer.connection, err);
	if (rc == 0)
		rc = writer_start(&s->writer, err);
	if (rc < 0 && err)
		(void)error_prefix(err, "%s", s->database);
	return rc;
}

int store_open(struct store **out, const struct store_options *options, struct error *err)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return error_set(err, ERR_NO_MEMORY, "store: out of memory");
	s->lock_fd = -1;
	s->durability = options->durability;
	pthread_mutex_init(&s->readers_lock, NULL);
	int rc = readers_prepare(s, err);
	if (rc == 0)
		rc = open_folder(s, options->folder, err);
	if (rc == 0)
		rc = open_database(s, err);
	if (rc < 0) {
		store_close(s);
		return rc;
	}
	*out = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	writer_stop(&s->writer);
	readers_close(s);
	store_connection_close(&s->writer.connection);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_mutex_destroy(&s->readers_lock);
	free(s->folder);
	free(s->database);
	free(s);
}
