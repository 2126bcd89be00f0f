/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "service/s3/record.h"

static const char *const versioning_names[] = { NULL, "Enabled", "Suspended" };

static void bucket_record_key(struct key *k, struct str name)
{
	key_init(k);
	key_add_str(k, STR("b"));
	if (str_is_set(name))
		key_add_str(k, name);
}

static void setting_key(struct key *k, struct str bucket, const char *name)
{
	key_init(k);
	key_add_str(k, STR("c"));
	key_add_str(k, bucket);
	if (name)
		key_add_str(k, str_c(name));
}

static int bucket_decode(struct access *x, struct str name, struct str row, struct bucket *out)
{
	const struct json *record;
	int rc = json_parse(x->arena, arena_str(x->arena, row), &record, &x->err);

	if (rc < 0)
		return rc;
	struct str versioning = json_get_text(record, STR("versioning"));
	*out = (struct bucket){
		.name = arena_str(x->arena, name),
		.region = json_get_text(record, STR("region")),
		.versioning = str_eq_c(versioning, "Enabled")     ? VERSIONING_ENABLED
			      : str_eq_c(versioning, "Suspended") ? VERSIONING_SUSPENDED
								  : VERSIONING_NEVER,
		.sends_events = json_true(json_get_c(record, "events")),
		.notifies = json_true(json_get_c(record, "notifies")),
		.has_cors = json_true(json_get_c(record, "cors")),
		.sse = json_get_text(record, STR("sse")),
		.kms_key = json_get_text(record, STR("kms_key")),
		.bucket_key = json_true(json_get_c(record, "bucket_key")),
	};
	return json_to_i64(json_get_c(record, "created"), &out->created_ms) < 0
		       ? error_set(&x->err, ERR_CORRUPT, "s3: the record of bucket " STR_FMT " is damaged", STR_ARG(name))
		       : 0;
}

int s3_bucket_read(struct access *x, struct str name, struct bucket *out)
{
	struct key k;
	struct str row;

	bucket_record_key(&k, name);
	int rc = store_get(x->txn, SPACE_S3_BUCKETS, key_str(&k), x->arena, &row, &x->err);
	return rc < 0 ? rc : bucket_decode(x, name, row, out);
}

int s3_bucket_write(struct access *x, const struct bucket *b)
{
	struct buf row;
	struct writer w;
	struct key k;

	buf_init(&row, KIB(16));
	writer_init(&w, &row, WRITER_JSON);
	write_object(&w, NULL);
	write_i64(&w, "created", b->created_ms);
	write_str(&w, "region", b->region);
	write_c(&w, "versioning", versioning_names[b->versioning]);
	if (b->sends_events)
		write_bool(&w, "events", true);
	if (b->notifies)
		write_bool(&w, "notifies", true);
	if (b->has_cors)
		write_bool(&w, "cors", true);
	write_str(&w, "sse", b->sse);
	write_str(&w, "kms_key", b->kms_key);
	if (b->bucket_key)
		write_bool(&w, "bucket_key", true);
	write_end(&w);
	bucket_record_key(&k, b->name);
	int rc = buf_failed(&row) ? error_set(&x->err, buf_failed(&row), "s3: a bucket's record is too large")
				  : store_put(x->txn, SPACE_S3_BUCKETS, key_str(&k), buf_str(&row), &x->err);
	buf_release(&row);
	return rc;
}

int s3_bucket_delete(struct access *x, struct str name)
{
	struct key k;

	bucket_record_key(&k, name);
	int rc = store_delete(x->txn, SPACE_S3_BUCKETS, key_str(&k), &x->err);
	if (rc < 0)
		return rc;
	setting_key(&k, name, NULL);
	return store_delete_range(x->txn, SPACE_S3_BUCKETS, key_str(&k), key_prefix_end(x->arena, key_str(&k)), &x->err);
}

int s3_bucket_scan(struct access *x, struct str prefix, struct str after, struct store_cursor *c)
{
	struct key from, all;

	bucket_record_key(&all, STR_NULL);
	from = all;
	key_add_raw(&from, str_is_set(after) && str_cmp(after, prefix) >= 0 ? after : prefix);
	if (str_is_set(after))
		key_add_raw(&from, STR("\x01")); /* past the terminator of `after` itself */
	return store_scan(c, x->txn, SPACE_S3_BUCKETS, key_str(&from), key_prefix_end(x->arena, key_str(&all)), false, &x->err);
}

int s3_bucket_next(struct access *x, struct store_cursor *c, struct bucket *out)
{
	struct str key, row, part;
	int rc = store_next(c, &key, &row, &x->err);

	if (rc <= 0)
		return rc;
	if (key_read_str(x->arena, &key, &part) < 0 || key_read_str(x->arena, &key, &part) < 0)
		return error_set(&x->err, ERR_CORRUPT, "s3: a bucket's key is damaged");
	rc = bucket_decode(x, part, row, out);
	return rc < 0 ? rc : 1;
}

int bucket_setting_read(struct access *x, struct str bucket, const char *name, struct str *text)
{
	struct key k;

	setting_key(&k, bucket, name);
	return store_get(x->txn, SPACE_S3_BUCKETS, key_str(&k), x->arena, text, &x->err);
}

int s3_setting_write(struct access *x, struct str bucket, const char *name, struct str text)
{
	struct key k;

	setting_key(&k, bucket, name);
	return store_put(x->txn, SPACE_S3_BUCKETS, key_str(&k), text, &x->err);
}

int s3_setting_delete(struct access *x, struct str bucket, const char *name)
{
	struct key k;

	setting_key(&k, bucket, name);
	return store_delete(x->txn, SPACE_S3_BUCKETS, key_str(&k), &x->err);
}

int s3_setting_scan(struct access *x, struct str bucket, const char *prefix, struct store_cursor *c)
{
	struct key from;

	setting_key(&from, bucket, NULL);
	key_add_raw(&from, str_c(prefix));
	return store_scan(c, x->txn, SPACE_S3_BUCKETS, key_str(&from), key_prefix_end(x->arena, key_str(&from)), false, &x->err);
}
