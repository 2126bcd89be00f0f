/* SPDX-License-Identifier: Apache-2.0
 *
 * ListObjects and ListObjectsV2.
 */
#include "base/encode.h"
#include "service/s3/operations.h"
#include "service/s3/page.h"

const struct bind s3_list_objects_rows[] = {
	S3_LIST_ROWS,
	S3_QUERY(struct list_input, marker, "Marker", "marker"),
	BIND_DONE,
};

const struct bind s3_list_objects_v2_rows[] = {
	S3_LIST_ROWS,
	S3_QUERY(struct list_input, marker, "StartAfter", "start-after"),
	S3_QUERY(struct list_input, token, "ContinuationToken", "continuation-token"),
	BIND_BOOL(struct list_input, fetch_owner, "FetchOwner", .location = BIND_QUERY, .wire = "fetch-owner"),
	BIND_DONE,
};

static void write_contents(struct call *call, const struct object *o, bool encode, bool owner)
{
	struct writer *w = &call->out;

	write_object(w, NULL);
	s3_write_key(call, "Key", o->key, encode);
	s3_write_time(w, "LastModified", o->modified_ms);
	s3_write_etag(w, o->etag);
	if (str_is_set(o->checksum.algorithm)) {
		write_list(w, "ChecksumAlgorithm", NULL);
		write_str(w, NULL, o->checksum.algorithm);
		write_end(w);
		write_c(w, "ChecksumType", o->checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
	}
	write_i64(w, "Size", (int64_t)o->content.size);
	if (owner)
		s3_write_owner(call, "Owner");
	write_str(w, "StorageClass", str_is_set(o->storage_class) ? o->storage_class : STR("STANDARD"));
	write_end(w);
}

static void write_page(struct call *call, const struct page *p, bool owner)
{
	write_list(&call->out, "Contents", NULL);
	for (size_t i = 0; i < p->object_count; i++)
		write_contents(call, &p->objects[i].object, p->encode, owner);
	write_end(&call->out);
	s3_page_write_prefixes(call, p);
}

/* The first version of the listing leaves the prefix unencoded, whatever the encoding type; its clients count on that. */
static void write_head(struct call *call, const struct page *p, const struct list_input *in, bool encode_prefix)
{
	write_str(&call->out, "Name", in->target.bucket);
	s3_write_key(call, "Prefix", p->walk.prefix, encode_prefix);
	s3_write_key(call, "Delimiter", in->delimiter.n ? in->delimiter : STR_NULL, p->encode);
	write_i64(&call->out, "MaxKeys", p->max);
	write_str(&call->out, "EncodingType", in->encoding);
	write_bool(&call->out, "IsTruncated", p->truncated);
}

int s3_list_objects(struct call *call)
{
	const struct list_input *in = call->input;
	struct access x = s3_access(call);
	struct page p;

	if (s3_page_read(call, &x, in->marker, &p) < 0)
		return ERR_SERVICE;
	s3_xml_begin(call, "ListBucketResult");
	write_head(call, &p, in, false);
	s3_write_key(call, "Marker", str_is_set(in->marker) ? in->marker : STR(""), p.encode);
	if (p.truncated && in->delimiter.n > 0)
		s3_write_key(call, "NextMarker", p.last, p.encode);
	write_page(call, &p, true);
	s3_xml_end(call, "ListBucketResult");
	return 0;
}

int s3_list_objects_v2(struct call *call)
{
	const struct list_input *in = call->input;
	struct access x = s3_access(call);
	struct str after = in->marker;
	struct page p;

	if (in->token.n > 0 && base64url_decode(&call->arena, in->token, &after) < 0)
		return s3_fail_argument(call, "continuation-token", STR_NULL, "The continuation token provided is incorrect");
	if (s3_page_read(call, &x, after, &p) < 0)
		return ERR_SERVICE;
	s3_xml_begin(call, "ListBucketResult");
	write_head(call, &p, in, p.encode);
	write_i64(&call->out, "KeyCount", (int64_t)(p.object_count + p.prefix_count));
	write_str(&call->out, "ContinuationToken", in->token);
	if (p.truncated)
		write_str(&call->out, "NextContinuationToken", base64url_encode(&call->arena, p.last.p, p.last.n));
	s3_write_key(call, "StartAfter", in->marker, p.encode);
	write_page(call, &p, in->fetch_owner.value);
	s3_xml_end(call, "ListBucketResult");
	return 0;
}
