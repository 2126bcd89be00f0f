/* SPDX-License-Identifier: Apache-2.0
 *
 * What S3 keeps in the store. Nothing here knows of requests.
 *
 *   SPACE_S3_BUCKETS  ("b", bucket)                -> the bucket's record, JSON
 *                     ("c", bucket, setting)       -> a setting as its XML (the policy: JSON), named as its query parameter
 *   SPACE_S3_OBJECTS  (bucket, key, newest first)  -> one version or delete marker, JSON
 *   SPACE_S3_DATA     (number)                     -> a small body
 *   SPACE_S3_UPLOADS  ("u", bucket, key, id)       -> a multipart upload, an object record without content
 *                     ("p", id, part number)       -> one part, an object record with only content, ETag and checksum
 *                     ("d", id)                    -> what a completed upload became, for a client that lost the answer
 *
 * A version's place is the complement of its sequence number, so that a scan meets the newest version first. Its id holds the
 * sequence number; the null version (written while versioning is off or suspended) is found by walking the key's versions.
 *
 * Functions return 0 or a negative code with x->err filled. Texts of records live in x->arena.
 */
#ifndef GLEANER_SERVICE_S3_RECORD_H
#define GLEANER_SERVICE_S3_RECORD_H

#include "service/s3/state.h"
#include "store/key.h"

struct access {
	struct s3 *s3;
	struct store_txn *txn;
	struct arena *arena;
	struct error err;
};

static inline struct access s3_access(struct call *call)
{
	return (struct access){ .s3 = s3_of(call), .txn = call->txn, .arena = &call->arena };
}

enum versioning { VERSIONING_NEVER, VERSIONING_ENABLED, VERSIONING_SUSPENDED };

struct bucket {
	struct str name, region;
	int64_t created_ms;
	enum versioning versioning;
	bool sends_events; /* EventBridgeConfiguration is set */
	bool notifies;     /* queues, topics or functions are to be told */
	bool has_cors;
	struct str sse, kms_key; /* default encryption; sse absent: AES256 */
	bool bucket_key;
};

int s3_bucket_read(struct access *x, struct str name, struct bucket *out) MUST_CHECK; /* ERR_NOT_FOUND */
int s3_bucket_write(struct access *x, const struct bucket *b) MUST_CHECK;
int s3_bucket_delete(struct access *x, struct str name) MUST_CHECK; /* with its settings */
int s3_bucket_scan(struct access *x, struct str prefix, struct str after, struct store_cursor *c) MUST_CHECK;
int s3_bucket_next(struct access *x, struct store_cursor *c, struct bucket *out) MUST_CHECK; /* 1, 0 at the end */

int bucket_setting_read(struct access *x, struct str bucket, const char *name, struct str *text) MUST_CHECK; /* ERR_NOT_FOUND */
int s3_setting_write(struct access *x, struct str bucket, const char *name, struct str text) MUST_CHECK;
/* The settings of which the names begin so. */
int s3_setting_scan(struct access *x, struct str bucket, const char *prefix, struct store_cursor *c) MUST_CHECK;
int s3_setting_delete(struct access *x, struct str bucket, const char *name) MUST_CHECK;

/* Where bytes lie: a row of SPACE_S3_DATA, a blob, or nowhere (empty bodies, delete markers). */
struct content {
	uint64_t size;
	uint64_t data;   /* 0: none */
	struct str blob; /* absent: none */
};

int s3_content_store(struct access *x, struct str bytes, struct content *out) MUST_CHECK; /* as a row; empty: nowhere */
int s3_content_forget(struct access *x, const struct content *c) MUST_CHECK;
/* A row's bytes; empty when nowhere. Not for blobs. */
int s3_content_bytes(struct access *x, const struct content *c, struct str *out) MUST_CHECK;

struct checksum {
	struct str algorithm; /* "CRC32", "SHA256" …; absent: none */
	struct str value;     /* base64, with "-parts" when composite */
	bool composite;
};

struct object {
	struct str bucket, key;
	uint64_t sequence;
	struct str version_id; /* absent: the null version */
	bool delete_marker;
	int64_t modified_ms;
	struct content content;
	struct str etag; /* without quotes */
	struct checksum checksum;
	struct str storage_class; /* absent: STANDARD */
	struct str sse, kms_key;
	bool bucket_key;
	const struct json *headers;  /* Content-Type …: response header names to values; NULL: none */
	const struct json *metadata; /* x-amz-meta- names to values */
	const struct json *tags;     /* names to values, in their order */
	const struct json *parts;    /* of a multipart object: [[size, checksum or ""], …] */
};

/* ERR_NOT_FOUND when there is none; a delete marker is found like any version. */
int s3_object_newest(struct access *x, struct str bucket, struct str key, struct object *out) MUST_CHECK;
/* ERR_INVALID for what cannot be a version id, ERR_NOT_FOUND. "null" is the null version. */
int s3_object_version(struct access *x, struct str bucket, struct str key, struct str version_id, struct object *out) MUST_CHECK;
/* The place that a version id tells, whether the version exists or not. ERR_INVALID for what cannot be one. */
int s3_version_sequence(struct str id, uint64_t *sequence) MUST_CHECK;
/* Puts a new version (content, ETag and attributes filled) in front, as the bucket's versioning wants it; fills the
 * sequence, version id and time. A null version it replaces is forgotten with its content. */
int s3_object_insert(struct access *x, const struct bucket *b, struct object *o) MUST_CHECK;
int s3_object_rewrite(struct access *x, const struct object *o) MUST_CHECK; /* attributes changed in place */
int s3_object_remove(struct access *x, const struct object *o) MUST_CHECK;  /* this version, with its content */
/* The record of a scan's row. */
int s3_object_decode(struct access *x, struct str row_key, struct str row, struct object *out) MUST_CHECK;

struct upload {
	struct str id;
	struct object object; /* attributes of the object to come; checksum.algorithm and composite as asked for */
};

int s3_upload_read(struct access *x, struct str bucket, struct str key, struct str id, struct upload *out) MUST_CHECK;
int s3_upload_write(struct access *x, const struct upload *u) MUST_CHECK;
int s3_upload_delete(struct access *x, const struct upload *u) MUST_CHECK; /* and the parts' records, not their content */
/* What the upload became: kept for a day. */
int s3_completed_write(struct access *x, const struct upload *u, const struct object *o) MUST_CHECK;
int s3_completed_read(struct access *x, struct str upload_id, struct object *out) MUST_CHECK; /* without bucket and key */
int s3_completed_expire(struct access *x, int64_t before_ms) MUST_CHECK;
/* Every upload of the bucket from (key, id) on: rows for s3_upload_decode. */
int s3_upload_scan(struct access *x, struct str bucket, struct str prefix, struct store_cursor *c) MUST_CHECK;
int s3_upload_decode(struct access *x, struct str row_key, struct str row, struct upload *out) MUST_CHECK;
int s3_part_read(struct access *x, struct str upload_id, int number, struct object *out) MUST_CHECK;
int s3_part_write(struct access *x, struct str upload_id, int number, const struct object *part) MUST_CHECK;
int s3_part_scan(struct access *x, struct str upload_id, int after, struct store_cursor *c) MUST_CHECK;
int s3_part_next(struct access *x, struct store_cursor *c, int *number, struct object *out) MUST_CHECK;

uint64_t s3_next_sequence(struct s3 *s3, uint64_t above);

#endif
