/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/codec.h"

static void upload_key(struct key *k, struct str bucket, struct str key, struct str id)
{
	key_init(k);
	key_add_str(k, STR("u"));
	key_add_str(k, bucket);
	if (str_is_set(key))
		key_add_str(k, key);
	if (str_is_set(id))
		key_add_str(k, id);
}

static void part_key(struct key *k, struct str upload_id, int number)
{
	key_init(k);
	key_add_str(k, STR("p"));
	key_add_str(k, upload_id);
	if (number > 0)
		key_add_u64(k, (uint64_t)number);
}

int s3_upload_read(struct access *x, struct str bucket, struct str key, struct str id, struct upload *out)
{
	struct key k;
	struct str row;

	*out = (struct upload){ .id = id, .object = { .bucket = bucket, .key = key } };
	if (id.n == 0)
		return error_set(&x->err, ERR_NOT_FOUND, "s3: no such upload");
	upload_key(&k, bucket, key, id);
	int rc = store_get(x->txn, SPACE_S3_UPLOADS, key_str(&k), x->arena, &row, &x->err);
	return rc < 0 ? rc : s3_object_decode_value(x, row, &out->object);
}

int s3_upload_write(struct access *x, const struct upload *u)
{
	struct key k;

	upload_key(&k, u->object.bucket, u->object.key, u->id);
	return s3_object_put_record(x, SPACE_S3_UPLOADS, &k, &u->object);
}

int s3_upload_delete(struct access *x, const struct upload *u)
{
	struct key k;

	upload_key(&k, u->object.bucket, u->object.key, u->id);
	int rc = store_delete(x->txn, SPACE_S3_UPLOADS, key_str(&k), &x->err);
	if (rc < 0)
		return rc;
	part_key(&k, u->id, 0);
	return store_delete_range(x->txn, SPACE_S3_UPLOADS, key_str(&k), key_prefix_end(x->arena, key_str(&k)), &x->err);
}

int s3_upload_scan(struct access *x, struct str bucket, struct str prefix, struct store_cursor *c)
{
	struct key k;

	upload_key(&k, bucket, STR_NULL, STR_NULL);
	key_add_raw(&k, prefix);
	return store_scan(c, x->txn, SPACE_S3_UPLOADS, key_str(&k), key_prefix_end(x->arena, key_str(&k)), false, &x->err);
}

int s3_upload_decode(struct access *x, struct str row_key, struct str row, struct upload *out)
{
	struct str rest = arena_str(x->arena, row_key), family;

	*out = (struct upload){ 0 };
	if (key_read_str(x->arena, &rest, &family) < 0 || key_read_str(x->arena, &rest, &out->object.bucket) < 0 ||
	    key_read_str(x->arena, &rest, &out->object.key) < 0 || key_read_str(x->arena, &rest, &out->id) < 0)
		return error_set(&x->err, ERR_CORRUPT, "s3: an upload's key is damaged");
	return s3_object_decode_value(x, row, &out->object);
}

int s3_part_read(struct access *x, struct str upload_id, int number, struct object *out)
{
	struct key k;
	struct str row;

	*out = (struct object){ 0 };
	part_key(&k, upload_id, number);
	int rc = store_get(x->txn, SPACE_S3_UPLOADS, key_str(&k), x->arena, &row, &x->err);
	return rc < 0 ? rc : s3_object_decode_value(x, row, out);
}

int s3_part_write(struct access *x, struct str upload_id, int number, const struct object *part)
{
	struct key k;

	part_key(&k, upload_id, number);
	return s3_object_put_record(x, SPACE_S3_UPLOADS, &k, part);
}

int s3_part_scan(struct access *x, struct str upload_id, int after, struct store_cursor *c)
{
	struct key from, all;

	part_key(&from, upload_id, after + 1);
	part_key(&all, upload_id, 0);
	return store_scan(c, x->txn, SPACE_S3_UPLOADS, key_str(&from), key_prefix_end(x->arena, key_str(&all)), false, &x->err);
}

int s3_part_next(struct access *x, struct store_cursor *c, int *number, struct object *out)
{
	struct str key, row, part;
	uint64_t n;
	int rc = store_next(c, &key, &row, &x->err);

	if (rc <= 0)
		return rc;
	if (key_read_str(x->arena, &key, &part) < 0 || key_read_str(x->arena, &key, &part) < 0 || key_read_u64(&key, &n) < 0)
		return error_set(&x->err, ERR_CORRUPT, "s3: a part's key is damaged");
	*number = (int)n;
	*out = (struct object){ 0 };
	rc = s3_object_decode_value(x, row, out);
	return rc < 0 ? rc : 1;
}

static void completed_key(struct key *k, struct str upload_id)
{
	key_init(k);
	key_add_str(k, STR("d"));
	if (str_is_set(upload_id))
		key_add_str(k, upload_id);
}

int s3_completed_write(struct access *x, const struct upload *u, const struct object *o)
{
	/* The content is the object's: here it must not look like a name for the blob. */
	struct object answer = { .modified_ms = o->modified_ms,
				 .version_id = o->version_id,
				 .etag = o->etag,
				 .checksum = o->checksum,
				 .sse = o->sse,
				 .kms_key = o->kms_key,
				 .bucket_key = o->bucket_key };
	struct key k;

	completed_key(&k, u->id);
	return s3_object_put_record(x, SPACE_S3_UPLOADS, &k, &answer);
}

int s3_completed_read(struct access *x, struct str upload_id, struct object *out)
{
	struct key k;
	struct str row;

	*out = (struct object){ 0 };
	completed_key(&k, upload_id);
	int rc = store_get(x->txn, SPACE_S3_UPLOADS, key_str(&k), x->arena, &row, &x->err);
	return rc < 0 ? rc : s3_object_decode_value(x, row, out);
}

/* Ids begin with the time of their upload's beginning: the scan ends at the first that is young enough to have begun later. */
int s3_completed_expire(struct access *x, int64_t before_ms)
{
	struct key first, all;
	struct store_cursor c;
	struct object done;
	struct str key, row, expired = STR_NULL;
	int rc;

	completed_key(&all, STR_NULL);
	first = all;
	rc = store_scan(&c, x->txn, SPACE_S3_UPLOADS, key_str(&first), key_prefix_end(x->arena, key_str(&all)), false, &x->err);
	while (rc == 0 && (rc = store_next(&c, &key, &row, &x->err)) == 1) {
		rc = s3_object_decode_value(x, row, &done);
		if (rc < 0 || done.modified_ms >= before_ms)
			break;
		expired = arena_str(x->arena, key);
	}
	store_scan_end(&c);
	if (rc < 0 || !str_is_set(expired))
		return rc < 0 ? rc : 0;
	rc = store_delete_range(x->txn, SPACE_S3_UPLOADS, key_str(&all), expired, &x->err);
	return rc < 0 ? rc : store_delete(x->txn, SPACE_S3_UPLOADS, expired, &x->err);
}
