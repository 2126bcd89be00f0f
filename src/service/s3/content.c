/* SPDX-License-Identifier: Apache-2.0 */
#include "os/clock.h"
#include "service/s3/record.h"

/* Milliseconds in the upper bits: sorts by time, and goes on growing after a restart whatever was given out before. */
enum { SEQUENCE_SHIFT = 20 };

uint64_t s3_next_sequence(struct s3 *s3, uint64_t above)
{
	uint64_t next = (uint64_t)clock_wall_ms() << SEQUENCE_SHIFT;

	if (next <= s3->sequence)
		next = s3->sequence + 1;
	if (next <= above)
		next = above + 1;
	s3->sequence = next;
	return next;
}

static void data_key(struct key *k, uint64_t data)
{
	key_init(k);
	key_add_u64(k, data);
}

/* Numbers grow, so that new rows lie side by side. The clock may have been set back since the last start: a number in use is
 * passed over. */
int s3_content_store(struct access *x, struct str bytes, struct content *out)
{
	struct key k;

	*out = (struct content){ .size = bytes.n };
	if (bytes.n == 0)
		return 0;
	do {
		out->data = s3_next_sequence(x->s3, 0);
		data_key(&k, out->data);
	} while (store_has(x->txn, SPACE_S3_DATA, key_str(&k)));
	return store_put(x->txn, SPACE_S3_DATA, key_str(&k), bytes, &x->err);
}

struct burial {
	struct s3 *s3;
	char blob[BLOB_ID_MAX];
};

static void bury(void *argument)
{
	struct burial *b = argument;

	s3_bury(b->s3, str_c(b->blob));
}

static int forget_blob(struct access *x, struct str blob)
{
	struct burial *b = ARENA_NEW(x->arena, struct burial);

	if (!b || blob.n >= sizeof(b->blob) || store_after_commit(x->txn, bury, b) < 0)
		return error_set(&x->err, ERR_NO_MEMORY, "s3: out of memory");
	b->s3 = x->s3;
	memcpy(b->blob, blob.p, blob.n);
	return 0;
}

int s3_content_forget(struct access *x, const struct content *c)
{
	struct key k;

	if (str_is_set(c->blob))
		return forget_blob(x, c->blob);
	if (c->data == 0)
		return 0;
	data_key(&k, c->data);
	return store_delete(x->txn, SPACE_S3_DATA, key_str(&k), &x->err);
}

int s3_content_bytes(struct access *x, const struct content *c, struct str *out)
{
	struct key k;

	if (c->data == 0) {
		*out = STR("");
		return 0;
	}
	data_key(&k, c->data);
	int rc = store_get(x->txn, SPACE_S3_DATA, key_str(&k), x->arena, out, &x->err);
	return rc == ERR_NOT_FOUND ? error_set(&x->err, ERR_CORRUPT, "s3: an object's data row is missing") : rc;
}
