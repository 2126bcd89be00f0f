/* SPDX-License-Identifier: Apache-2.0
 *
 * The versions of an object and their order.
 */
#include "base/encode.h"
#include "os/clock.h"
#include "os/random.h"
#include "service/s3/codec.h"

enum { VERSION_ID_LENGTH = 32, VERSION_ID_RANDOM = 8 };

static void versions_prefix(struct key *k, struct str bucket, struct str key)
{
	key_init(k);
	key_add_str(k, bucket);
	key_add_str(k, key);
}

static void version_key(struct key *k, const struct object *o)
{
	versions_prefix(k, o->bucket, o->key);
	key_add_u64(k, ~o->sequence);
}

int s3_object_decode(struct access *x, struct str row_key, struct str row, struct object *out)
{
	uint64_t place;

	*out = (struct object){ 0 };
	struct str rest = arena_str(x->arena, row_key);
	if (key_read_str(x->arena, &rest, &out->bucket) < 0 || key_read_str(x->arena, &rest, &out->key) < 0 ||
	    key_read_u64(&rest, &place) < 0)
		return error_set(&x->err, ERR_CORRUPT, "s3: an object's key is damaged");
	out->sequence = ~place;
	return s3_object_decode_value(x, row, out);
}

/* The first version, newest first, for which `wanted` answers true. */
static int find_version(struct access *x, struct str bucket, struct str key, bool (*wanted)(const struct object *),
			struct object *out)
{
	struct store_cursor c;
	struct str row_key, row;
	struct object o;
	struct key k;

	versions_prefix(&k, bucket, key);
	int rc = store_scan(&c, x->txn, SPACE_S3_OBJECTS, key_str(&k), key_prefix_end(x->arena, key_str(&k)), false, &x->err);
	while (rc == 0 && (rc = store_next(&c, &row_key, &row, &x->err)) == 1) {
		rc = s3_object_decode(x, row_key, row, &o);
		if (rc == 0 && wanted(&o)) {
			*out = o;
			rc = 1;
			break;
		}
	}
	store_scan_end(&c);
	if (rc == 0)
		return error_set(&x->err, ERR_NOT_FOUND, "s3: no such version");
	return rc < 0 ? rc : 0;
}

static bool any_version(const struct object *o)
{
	(void)o;
	return true;
}

static bool is_null_version(const struct object *o)
{
	return !str_is_set(o->version_id);
}

int s3_object_newest(struct access *x, struct str bucket, struct str key, struct object *out)
{
	return find_version(x, bucket, key, any_version, out);
}

int s3_version_sequence(struct str id, uint64_t *sequence)
{
	uint8_t bytes[VERSION_ID_LENGTH / 2];

	if (id.n != VERSION_ID_LENGTH || hex_decode(bytes, sizeof(bytes), id) < 0)
		return ERR_INVALID;
	struct str rest = str_of((const char *)bytes, 8);
	return key_read_u64(&rest, sequence);
}

int s3_object_version(struct access *x, struct str bucket, struct str key, struct str version_id, struct object *out)
{
	struct object o = { .bucket = bucket, .key = key };
	struct key k;
	struct str row;

	if (str_eq_c(version_id, "null"))
		return find_version(x, bucket, key, is_null_version, out);
	if (s3_version_sequence(version_id, &o.sequence) < 0)
		return error_set(&x->err, ERR_INVALID, "s3: not a version id");
	version_key(&k, &o);
	int rc = store_get(x->txn, SPACE_S3_OBJECTS, key_str(&k), x->arena, &row, &x->err);
	if (rc == 0)
		rc = s3_object_decode_value(x, row, &o);
	if (rc == 0 && !str_eq(o.version_id, version_id))
		rc = error_set(&x->err, ERR_NOT_FOUND, "s3: no such version");
	if (rc == 0)
		*out = o;
	return rc;
}

static void make_version_id(struct object *o, struct arena *a)
{
	uint8_t bytes[VERSION_ID_LENGTH / 2];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(o->sequence >> (56 - 8 * i));
	random_bytes(bytes + 8, VERSION_ID_RANDOM);
	o->version_id = hex_str(a, bytes, sizeof(bytes));
}

/* The null version makes room. When it is the newest, its place is taken over: the row is then changed where it lies. */
static int replace_null_version(struct access *x, const struct object *newest, struct object *o)
{
	struct object old;
	int rc = 0;

	if (is_null_version(newest)) {
		o->sequence = newest->sequence;
		return s3_content_forget(x, &newest->content);
	}
	rc = find_version(x, o->bucket, o->key, is_null_version, &old);
	if (rc == ERR_NOT_FOUND)
		return 0;
	return rc < 0 ? rc : s3_object_remove(x, &old);
}

int s3_object_insert(struct access *x, const struct bucket *b, struct object *o)
{
	struct object newest = { 0 };
	struct key k;
	int rc = s3_object_newest(x, o->bucket, o->key, &newest);
	bool first = rc == ERR_NOT_FOUND;

	if (rc < 0 && !first)
		return rc;
	o->modified_ms = clock_wall_ms();
	o->sequence = s3_next_sequence(x->s3, newest.sequence);
	o->version_id = STR_NULL;
	rc = 0;
	if (b->versioning == VERSIONING_ENABLED)
		make_version_id(o, x->arena);
	else if (!first)
		rc = replace_null_version(x, &newest, o);
	if (rc < 0)
		return rc;
	version_key(&k, o);
	return s3_object_put_record(x, SPACE_S3_OBJECTS, &k, o);
}

int s3_object_rewrite(struct access *x, const struct object *o)
{
	struct key k;

	version_key(&k, o);
	return s3_object_put_record(x, SPACE_S3_OBJECTS, &k, o);
}

int s3_object_remove(struct access *x, const struct object *o)
{
	struct key k;

	version_key(&k, o);
	int rc = store_delete(x->txn, SPACE_S3_OBJECTS, key_str(&k), &x->err);
	return rc < 0 ? rc : s3_content_forget(x, &o->content);
}
