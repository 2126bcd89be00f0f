/* SPDX-License-Identifier: Apache-2.0
 *
 * CopyObject and UploadPartCopy.
 */
#include "service/s3/copy_source.h"
#include "service/s3/upload.h"

#define COPY_SOURCE_ROWS                                                                                                         \
	BIND_STR(struct copy_input, source, "CopySource", .location = BIND_HEADER, .wire = "x-amz-copy-source",                  \
		 .required = true),                                                                                              \
		S3_HEADER(struct copy_input, source_owner, "ExpectedSourceBucketOwner", "x-amz-source-expected-bucket-owner"),   \
		S3_HEADER(struct copy_input, conditions.if_match, "CopySourceIfMatch", "x-amz-copy-source-if-match"),            \
		S3_HEADER(struct copy_input, conditions.if_none_match, "CopySourceIfNoneMatch",                                  \
			  "x-amz-copy-source-if-none-match"),                                                                    \
		S3_HEADER(struct copy_input, conditions.if_modified_since, "CopySourceIfModifiedSince",                          \
			  "x-amz-copy-source-if-modified-since"),                                                                \
		S3_HEADER(struct copy_input, conditions.if_unmodified_since, "CopySourceIfUnmodifiedSince",                      \
			  "x-amz-copy-source-if-unmodified-since"),                                                              \
		S3_REFUSED("CopySourceSSECustomerAlgorithm", "x-amz-copy-source-server-side-encryption-customer-algorithm"),     \
		S3_REFUSED("CopySourceSSECustomerKey", "x-amz-copy-source-server-side-encryption-customer-key"),                 \
		S3_REFUSED("CopySourceSSECustomerKeyMD5", "x-amz-copy-source-server-side-encryption-customer-key-MD5")

const struct bind s3_copy_object_rows[] = {
	S3_KEY_ROWS(struct copy_input),
	COPY_SOURCE_ROWS,
	S3_ATTRIBUTE_ROWS(struct copy_input),
	S3_HEADER(struct copy_input, if_match, "IfMatch", "If-Match"),
	S3_HEADER(struct copy_input, if_none_match, "IfNoneMatch", "If-None-Match"),
	S3_HEADER(struct copy_input, metadata_directive, "MetadataDirective", "x-amz-metadata-directive"),
	S3_HEADER(struct copy_input, tagging_directive, "TaggingDirective", "x-amz-tagging-directive"),
	S3_HEADER(struct copy_input, checksum_algorithm, "ChecksumAlgorithm", "x-amz-checksum-algorithm"),
	BIND_DONE,
};

const struct bind s3_upload_part_copy_rows[] = {
	S3_KEY_ROWS(struct copy_input),
	COPY_SOURCE_ROWS,
	S3_HEADER(struct copy_input, range, "CopySourceRange", "x-amz-copy-source-range"),
	S3_QUERY(struct copy_input, upload_id, "UploadId", "uploadId"),
	BIND_I64(struct copy_input, part_number, "PartNumber", .location = BIND_QUERY, .wire = "partNumber", .required = true),
	S3_REFUSED_CUSTOMER_KEY,
	BIND_DONE,
};

static int check_directive(struct call *call, struct str directive, const char *header)
{
	if (!str_is_set(directive) || str_eq_c(directive, "COPY") || str_eq_c(directive, "REPLACE"))
		return 0;
	return s3_fail_argument(call, header, directive, "Unknown metadata directive.");
}

/* What of the source the copy keeps; the request's own attributes are in `c->object` already. */
static void inherit(struct call *call, struct copy *c)
{
	const struct copy_input *in = call->input;

	if (!str_eq_c(in->metadata_directive, "REPLACE")) {
		c->object.headers = c->source.headers;
		c->object.metadata = c->source.metadata;
	}
	if (!str_eq_c(in->tagging_directive, "REPLACE"))
		c->object.tags = c->source.tags;
}

/* Onto itself a copy must change something. */
static int check_change(struct call *call, const struct copy *c)
{
	const struct copy_input *in = call->input;
	bool same = str_eq(c->bucket, in->target.bucket) && str_eq(c->key, in->target.key) && !str_is_set(c->version_id);
	bool changes = str_eq_c(in->metadata_directive, "REPLACE") || str_is_set(in->attributes.storage_class) ||
		       str_is_set(in->attributes.sse) || str_is_set(in->attributes.website_redirect) ||
		       str_is_set(in->checksum_algorithm);

	if (!same || changes)
		return 0;
	return call_failf(call, &s3_InvalidRequest,
			  "This copy request is illegal because it is trying to copy an object to itself without "
			  "changing the object's metadata, storage class, website redirect location or encryption attributes.");
}

/* A small source's bytes become a row; a large one's blob is in place. */
static int take_content(struct access *x, struct copy *c)
{
	return c->blob[0] ? 0 : s3_content_store(x, c->bytes, &c->object.content);
}

static int put(struct call *call, struct access *x, struct bucket *b, struct copy *c)
{
	const struct copy_input *in = call->input;
	struct occasion why = s3_occasion(call, "CopyObject");
	int rc = s3_open_bucket(call, x, b);

	if (rc == 0)
		rc = check_change(call, c);
	if (rc == 0)
		rc = s3_check_write(call, x, in->if_match, in->if_none_match);
	if (rc < 0)
		return rc;
	inherit(call, c);
	s3_default_encryption(x, b, &c->object);
	rc = take_content(x, c);
	if (rc == 0)
		rc = s3_object_insert(x, b, &c->object);
	if (rc == 0)
		rc = s3_notify_created(x, b, &c->object, &why);
	return rc < 0 ? s3_fault(call, x) : 0;
}

static void write_result(struct call *call, const char *root, const struct copy *c)
{
	const struct object *o = &c->object;

	if (str_is_set(c->source.version_id))
		call_reply_header(call, "x-amz-copy-source-version-id", c->source.version_id);
	s3_xml_begin(call, root);
	s3_write_etag(&call->out, o->etag);
	s3_write_time(&call->out, "LastModified", o->modified_ms);
	if (str_is_set(o->checksum.value)) {
		write_c(&call->out, "ChecksumType", "FULL_OBJECT");
		s3_write_checksum(call, &o->checksum);
	}
	s3_xml_end(call, root);
}

static int commit_object(struct call *call)
{
	struct access x = s3_access(call);
	struct copy *c = call->scratch;
	struct bucket b;
	int rc = put(call, &x, &b, c);

	if (rc < 0) {
		s3_copy_discard(call, c);
		return rc;
	}
	s3_reply_new_version(call, &c->object);
	s3_reply_encryption(call, &c->object);
	write_result(call, "CopyObjectResult", c);
	return 0;
}

static struct copy *copy_new(struct call *call, operation_fn commit)
{
	const struct s3_target *t = s3_target(call);
	struct copy *c = ARENA_NEW(&call->arena, struct copy);

	if (c) {
		c->object.bucket = t->bucket;
		c->object.key = t->key;
		c->commit = commit;
	}
	return c;
}

int s3_copy_object(struct call *call)
{
	const struct copy_input *in = call->input;
	struct copy *c = copy_new(call, commit_object);
	int rc = c ? s3_check_key(call, in->target.key) : call_fault(call, NULL);

	if (rc == 0)
		rc = check_directive(call, in->metadata_directive, "x-amz-metadata-directive");
	if (rc == 0)
		rc = check_directive(call, in->tagging_directive, "x-amz-tagging-directive");
	if (rc == 0)
		rc = s3_take_attributes(call, &in->attributes, &c->object);
	return rc < 0 ? rc : s3_copy_begin(call, c);
}

/* Of UploadPartCopy: "bytes=first-last", both given. */
static int read_part_range(struct call *call, struct str range, struct copy *c)
{
	struct str last = str_from(range, strlen("bytes="));
	struct str first = str_split(&last, '-');

	if (!str_is_set(range))
		return 0;
	c->ranged = true;
	if (str_starts(range, STR("bytes=")) && str_to_u64(first, &c->first) == 0 && str_is_set(last) &&
	    str_to_u64(last, &c->last) == 0 && c->first <= c->last)
		return 0;
	return s3_fail_argument(
		call, "x-amz-copy-source-range", range,
		"The x-amz-copy-source-range value must be of the form "
		"bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy");
}

static int put_part(struct call *call, struct access *x, struct copy *c)
{
	const struct copy_input *in = call->input;
	struct bucket b;
	struct upload u;
	int rc = s3_upload_open(call, x, in->upload_id, &b, &u);

	if (rc < 0)
		return rc;
	rc = take_content(x, c);
	if (rc == 0)
		rc = s3_upload_put_part(x, &u, (int)in->part_number.value, &c->object);
	if (rc < 0)
		return s3_fault(call, x);
	s3_reply_encryption(call, &u.object);
	return 0;
}

static int commit_part(struct call *call)
{
	struct access x = s3_access(call);
	struct copy *c = call->scratch;
	int rc = put_part(call, &x, c);

	if (rc < 0) {
		s3_copy_discard(call, c);
		return rc;
	}
	write_result(call, "CopyPartResult", c);
	return 0;
}

/* The checksum of a part is the one its upload was begun with. */
static int read_algorithm(struct call *call)
{
	struct copy_input *in = call->input;
	struct access x = s3_access(call);
	struct bucket b;
	struct upload u;
	int rc = s3_upload_open(call, &x, in->upload_id, &b, &u);

	if (rc == 0)
		in->checksum_algorithm = u.object.checksum.algorithm;
	return rc;
}

int s3_upload_part_copy(struct call *call)
{
	const struct copy_input *in = call->input;
	struct copy *c = copy_new(call, commit_part);
	int rc = c ? s3_upload_check_number(call, &in->part_number) : call_fault(call, NULL);

	if (rc == 0)
		rc = read_part_range(call, in->range, c);
	if (rc == 0)
		rc = call_with_read(call, read_algorithm);
	return rc < 0 ? rc : s3_copy_begin(call, c);
}
