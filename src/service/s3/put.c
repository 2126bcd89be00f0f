/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/operations.h"

const struct bind s3_put_object_rows[] = {
	S3_KEY_ROWS(struct put_object_input),
	S3_ATTRIBUTE_ROWS(struct put_object_input),
	S3_HEADER(struct put_object_input, if_match, "IfMatch", "If-Match"),
	S3_HEADER(struct put_object_input, if_none_match, "IfNoneMatch", "If-None-Match"),
	S3_REFUSED("WriteOffsetBytes", "x-amz-write-offset-bytes"),
	/* The front has checked the body against these. */
	BIND_IGNORED("Body"),
	BIND_IGNORED("ContentLength"),
	BIND_IGNORED("ContentMD5"),
	BIND_IGNORED("ChecksumAlgorithm"),
	BIND_DONE,
};

static int prepare(struct call *call)
{
	const struct put_object_input *in = call->input;
	struct object *o = ARENA_NEW(&call->arena, struct object);

	if (!o)
		return call_fault(call, NULL);
	int rc = s3_check_key(call, in->target.key);
	if (rc == 0)
		rc = s3_take_attributes(call, &in->attributes, o);
	if (rc < 0)
		return rc;
	o->bucket = in->target.bucket;
	o->key = in->target.key;
	o->checksum = s3_body_checksum(call);
	s3_body_etag(call, &o->etag);
	call->scratch = o;
	return 0;
}

int s3_put_object_prepare(struct call *call)
{
	int rc = prepare(call);

	if (rc < 0)
		s3_body_discard(call);
	return rc;
}

static int put(struct call *call, struct access *x, struct bucket *b)
{
	const struct put_object_input *in = call->input;
	struct occasion why = s3_occasion(call, "PutObject");
	struct object *o = call->scratch;
	int rc = s3_open_bucket(call, x, b);

	if (rc == 0)
		rc = s3_check_write(call, x, in->if_match, in->if_none_match);
	if (rc < 0)
		return rc;
	s3_default_encryption(x, b, o);
	rc = s3_body_content(call, x, &o->content);
	if (rc == 0)
		rc = s3_object_insert(x, b, o);
	if (rc == 0)
		rc = s3_notify_created(x, b, o, &why);
	return rc < 0 ? s3_fault(call, x) : 0;
}

int s3_put_object(struct call *call)
{
	struct access x = s3_access(call);
	const struct object *o = call->scratch;
	struct bucket b;
	int rc = put(call, &x, &b);

	if (rc < 0) {
		s3_body_discard(call);
		return rc;
	}
	call_reply_headerf(call, "ETag", "\"" STR_FMT "\"", STR_ARG(o->etag));
	s3_reply_new_version(call, o);
	s3_reply_encryption(call, o);
	s3_reply_checksum(call, &o->checksum);
	return 0;
}
