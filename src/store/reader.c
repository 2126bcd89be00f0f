/* SPDX-License-Identifier: Apache-2.0
 *
 * Read snapshots on a connection of the calling thread's own.
 */
#include "store/internal.h"

static void reader_unlink(struct reader *r)
{
	*r->link = r->next;
	if (r->next)
		r->next->link = r->link;
}

static void reader_free(struct reader *r)
{
	store_connection_close(&r->connection);
	free(r);
}

/* A thread ended. */
static void reader_leave(void *value)
{
	struct reader *r = value;
	struct store *s = r->store;

	pthread_mutex_lock(&s->readers_lock);
	reader_unlink(r);
	pthread_mutex_unlock(&s->readers_lock);
	reader_free(r);
}

int readers_prepare(struct store *s, struct error *err)
{
	if (pthread_key_create(&s->reader_key, reader_leave) != 0)
		return error_set(err, ERR_NO_MEMORY, "store: no thread key left");
	s->reader_key_made = true;
	return 0;
}

/* Threads that outlive the store keep a dangling value under a deleted key: nobody reads it, no destructor runs for it. */
void readers_close(struct store *s)
{
	if (!s->reader_key_made)
		return;
	pthread_key_delete(s->reader_key);
	while (s->readers) {
		struct reader *r = s->readers;
		reader_unlink(r);
		reader_free(r);
	}
}

static int reader_new(struct reader **out, struct store *s, struct error *err)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r)
		return error_set(err, ERR_NO_MEMORY, "store: out of memory");
	int rc = store_connection_open(&r->connection, s, false, err);
	if (rc == 0 && pthread_setspecific(s->reader_key, r) != 0)
		rc = error_set(err, ERR_NO_MEMORY, "store: out of memory");
	if (rc < 0) {
		reader_free(r);
		return rc;
	}
	r->store = s;
	r->txn = (struct store_txn){ .connection = &r->connection, .reader = r };
	pthread_mutex_lock(&s->readers_lock);
	r->next = s->readers;
	r->link = &s->readers;
	if (r->next)
		r->next->link = &r->next;
	s->readers = r;
	pthread_mutex_unlock(&s->readers_lock);
	*out = r;
	return 0;
}

int store_read_begin(struct store *s, struct store_txn **out, struct error *err)
{
	struct reader *r = pthread_getspecific(s->reader_key);
	int rc = r ? 0 : reader_new(&r, s, err);

	if (rc == 0 && r->active)
		rc = error_set(err, ERR_INVALID, "store: this thread is inside a snapshot already");
	if (rc == 0)
		rc = store_connection_control(&r->connection, CONTROL_BEGIN_READ, err);
	if (rc < 0)
		return rc;
	r->active = true;
	*out = &r->txn;
	return 0;
}

void store_read_end(struct store_txn *txn)
{
	/* A COMMIT of a read cannot lose anything; should it fail (an open scan), ROLLBACK ends it. */
	if (store_connection_control(txn->connection, CONTROL_COMMIT, NULL) < 0)
		store_connection_rollback(txn->connection);
	txn->reader->active = false;
}
