/* SPDX-License-Identifier: Apache-2.0
 *
 * An object's record as JSON text and back; absent members are left out.
 */
#include "base/limits.h"
#include "service/s3/codec.h"

void s3_object_encode(const struct object *o, struct buf *row)
{
	struct writer w;

	writer_init(&w, row, WRITER_JSON);
	write_object(&w, NULL);
	write_i64(&w, "modified", o->modified_ms);
	write_str(&w, "version", o->version_id);
	if (o->delete_marker)
		write_bool(&w, "delete_marker", true);
	write_i64(&w, "size", (int64_t)o->content.size);
	if (o->content.data)
		write_i64(&w, "data", (int64_t)o->content.data);
	write_str(&w, "blob", o->content.blob);
	write_str(&w, "etag", o->etag);
	write_str(&w, "checksum_algorithm", o->checksum.algorithm);
	write_str(&w, "checksum", o->checksum.value);
	if (o->checksum.composite)
		write_bool(&w, "composite", true);
	write_str(&w, "storage_class", o->storage_class);
	write_str(&w, "sse", o->sse);
	write_str(&w, "kms_key", o->kms_key);
	if (o->bucket_key)
		write_bool(&w, "bucket_key", true);
	write_json(&w, "headers", o->headers);
	write_json(&w, "metadata", o->metadata);
	write_json(&w, "tags", o->tags);
	write_json(&w, "parts", o->parts);
	write_end(&w);
}

int s3_object_decode_value(struct access *x, struct str row, struct object *out)
{
	const struct json *r;
	int64_t size = 0, data = 0;
	int rc = json_parse(x->arena, arena_str(x->arena, row), &r, &x->err);

	if (rc < 0)
		return rc;
	struct json const *data_number = json_get_c(r, "data");
	if (json_to_i64(json_get_c(r, "size"), &size) < 0 || (data_number && json_to_i64(data_number, &data) < 0) ||
	    json_to_i64(json_get_c(r, "modified"), &out->modified_ms) < 0)
		return error_set(&x->err, ERR_CORRUPT, "s3: an object's record is damaged");
	out->version_id = json_get_text(r, STR("version"));
	out->delete_marker = json_true(json_get_c(r, "delete_marker"));
	out->content = (struct content){ (uint64_t)size, (uint64_t)data, json_get_text(r, STR("blob")) };
	out->etag = json_get_text(r, STR("etag"));
	out->checksum.algorithm = json_get_text(r, STR("checksum_algorithm"));
	out->checksum.value = json_get_text(r, STR("checksum"));
	out->checksum.composite = json_true(json_get_c(r, "composite"));
	out->storage_class = json_get_text(r, STR("storage_class"));
	out->sse = json_get_text(r, STR("sse"));
	out->kms_key = json_get_text(r, STR("kms_key"));
	out->bucket_key = json_true(json_get_c(r, "bucket_key"));
	out->headers = json_get_c(r, "headers");
	out->metadata = json_get_c(r, "metadata");
	out->tags = json_get_c(r, "tags");
	out->parts = json_get_c(r, "parts");
	return 0;
}

int s3_object_put_record(struct access *x, enum store_space space, const struct key *k, const struct object *o)
{
	struct buf row;

	buf_init(&row, MIB(2)); /* 10,000 parts with their checksums */
	s3_object_encode(o, &row);
	int rc = buf_failed(&row) ? error_set(&x->err, buf_failed(&row), "s3: an object's record is too large")
				  : store_put(x->txn, space, key_str(k), buf_str(&row), &x->err);
	buf_release(&row);
	return rc;
}
