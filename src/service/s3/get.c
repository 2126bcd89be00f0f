/* SPDX-License-Identifier: Apache-2.0
 *
 * GetObject and HeadObject: the same answer with and without its body.
 */
#include <unistd.h>

#include "format/date.h"
#include "service/s3/operations.h"

const struct bind s3_get_object_rows[] = {
	S3_KEY_ROWS(struct get_object_input),
	S3_CONDITION_ROWS(struct get_object_input),
	S3_QUERY(struct get_object_input, version_id, "VersionId", "versionId"),
	S3_HEADER(struct get_object_input, range, "Range", "Range"),
	S3_HEADER(struct get_object_input, checksum_mode, "ChecksumMode", "x-amz-checksum-mode"),
	BIND_I64(struct get_object_input, part_number, "PartNumber", .location = BIND_QUERY, .wire = "partNumber", .min = 1,
		 .max = 10000),
	S3_QUERY(struct get_object_input, cache_control, "ResponseCacheControl", "response-cache-control"),
	S3_QUERY(struct get_object_input, content_disposition, "ResponseContentDisposition", "response-content-disposition"),
	S3_QUERY(struct get_object_input, content_encoding, "ResponseContentEncoding", "response-content-encoding"),
	S3_QUERY(struct get_object_input, content_language, "ResponseContentLanguage", "response-content-language"),
	S3_QUERY(struct get_object_input, content_type, "ResponseContentType", "response-content-type"),
	S3_QUERY(struct get_object_input, expires, "ResponseExpires", "response-expires"),
	S3_REFUSED_CUSTOMER_KEY,
	BIND_DONE,
};

/* What of the object is answered. */
struct window {
	uint64_t offset, length;
	bool partial; /* 206 with Content-Range */
};

enum range_kind { RANGE_NONE, RANGE_FITS, RANGE_UNSATISFIABLE };

/* RFC 9110 §14.1.2. Several ranges at once, and what cannot be read, are ignored, as S3 does. */
static enum range_kind read_range(struct str header, uint64_t size, struct window *w)
{
	uint64_t first, last;

	if (!str_starts(header, STR("bytes=")) || str_find_char(header, ',', 0) >= 0)
		return RANGE_NONE;
	struct str to = str_from(header, strlen("bytes="));
	struct str from = str_trim(str_split(&to, '-'));
	to = str_trim(to);
	if (from.n == 0) {
		if (str_to_u64(to, &last) < 0)
			return RANGE_NONE;
		if (last == 0 || size == 0)
			return RANGE_UNSATISFIABLE;
		last = last < size ? last : size;
		*w = (struct window){ size - last, last, true };
		return RANGE_FITS;
	}
	if (!str_is_set(to) || str_to_u64(from, &first) < 0 || (to.n > 0 && (str_to_u64(to, &last) < 0 || last < first)))
		return RANGE_NONE;
	if (first >= size)
		return RANGE_UNSATISFIABLE;
	if (to.n == 0 || last >= size)
		last = size - 1;
	*w = (struct window){ first, last - first + 1, true };
	return RANGE_FITS;
}

static int fail_range(struct call *call, struct str range, uint64_t size)
{
	int rc = call_fail(call, &s3_InvalidRange);

	call_error_field(call, "RangeRequested", arena_c(&call->arena, range));
	call_error_field(call, "ActualObjectSize", arena_printf(&call->arena, "%llu", (unsigned long long)size).p);
	call_reply_headerf(call, "Content-Range", "bytes */%llu", (unsigned long long)size);
	return rc;
}

/* The bytes that one part of a multipart upload brought; an object written at once has one part. */
static int part_window(struct call *call, const struct object *o, int64_t number, struct window *w)
{
	int64_t size = 0;
	uint64_t offset = 0;

	if (!o->parts) {
		*w = (struct window){ 0, o->content.size, true };
		return number == 1 ? 0 : call_fail(call, &s3_InvalidPartNumber);
	}
	call_reply_headerf(call, "x-amz-mp-parts-count", "%zu", o->parts->count);
	if ((uint64_t)number > o->parts->count)
		return call_fail(call, &s3_InvalidPartNumber);
	for (int64_t i = 0; i < number; i++) {
		offset += (uint64_t)size;
		if (json_to_i64(json_at(json_at(o->parts, (size_t)i), 0), &size) < 0)
			return call_fault(call, NULL);
	}
	*w = (struct window){ offset, (uint64_t)size, true };
	return 0;
}

static int choose_window(struct call *call, const struct get_object_input *in, const struct object *o, struct window *w)
{
	*w = (struct window){ 0, o->content.size, false };
	if (in->part_number.set && str_is_set(in->range))
		return call_failf(call, &s3_InvalidRequest, "Cannot specify both Range header and partNumber query parameter");
	if (in->part_number.set)
		return part_window(call, o, in->part_number.value, w);
	if (str_is_set(in->range) && read_range(in->range, o->content.size, w) == RANGE_UNSATISFIABLE)
		return fail_range(call, in->range, o->content.size);
	return 0;
}

static int check_conditions(struct call *call, const struct get_object_input *in, const struct object *o)
{
	const char *failed = NULL;

	switch (s3_read_condition(&in->conditions, o, &failed)) {
	case CONDITION_NOT_MODIFIED:
		return call_fail(call, &s3_NotModified);
	case CONDITION_FAILED:
		call_fail(call, &s3_PreconditionFailed);
		call_error_field(call, "Condition", failed);
		return ERR_SERVICE;
	case CONDITION_HOLDS:
		break;
	}
	return 0;
}

/* The client's wishes replace what is stored: drops the stored field first. */
static void override(struct call *call, const char *name, struct str value)
{
	if (!str_is_set(value))
		return;
	for (size_t i = 0; i < call->reply.header_count; i++) {
		if (str_eq_nocase(call->reply.headers[i].name, str_c(name))) {
			call->reply.headers[i].value = value;
			return;
		}
	}
	call_reply_header(call, name, value);
}

static int reply_overrides(struct call *call, const struct get_object_input *in)
{
	bool any = str_is_set(in->cache_control) || str_is_set(in->content_disposition) || str_is_set(in->content_encoding) ||
		   str_is_set(in->content_language) || str_is_set(in->content_type) || str_is_set(in->expires);

	if (any && call->principal.kind == PRINCIPAL_ANONYMOUS)
		return call_failf(call, &s3_InvalidRequest,
				  "Request specific response headers cannot be used for anonymous GET requests.");
	override(call, "Cache-Control", in->cache_control);
	override(call, "Content-Disposition", in->content_disposition);
	override(call, "Content-Encoding", in->content_encoding);
	override(call, "Content-Language", in->content_language);
	override(call, "Expires", in->expires);
	if (str_is_set(in->content_type))
		call->reply.content_type = in->content_type;
	return 0;
}

static void reply_validators(struct call *call, const struct bucket *b, const struct object *o)
{
	char date[DATE_TEXT_MAX];

	call_reply_headerf(call, "ETag", "\"" STR_FMT "\"", STR_ARG(o->etag));
	call_reply_header(call, "Last-Modified", date_http(date, o->modified_ms));
	s3_reply_version(call, b, o);
}

static void reply_headers(struct call *call, const struct get_object_input *in, const struct object *o, const struct window *w)
{
	call_reply_header(call, "Accept-Ranges", STR("bytes"));
	s3_reply_encryption(call, o);
	s3_reply_attributes(call, o);
	if (str_eq_nocase(in->checksum_mode, STR("ENABLED")) && (!w->partial || w->length == o->content.size))
		s3_reply_checksum(call, &o->checksum);
	if (w->partial && w->length > 0)
		call_reply_headerf(call, "Content-Range", "bytes %llu-%llu/%llu", (unsigned long long)w->offset,
				   (unsigned long long)(w->offset + w->length - 1), (unsigned long long)o->content.size);
	call->reply.status = w->partial ? 206 : 200;
}

/* Objects in an archive class answer only after a restore, which this server does not offer. */
static int check_archived(struct call *call, const struct object *o)
{
	if (!str_eq_c(o->storage_class, "GLACIER") && !str_eq_c(o->storage_class, "DEEP_ARCHIVE"))
		return 0;
	int rc = call_fail(call, &s3_InvalidObjectState);
	call_error_field(call, "StorageClass", arena_c(&call->arena, o->storage_class));
	return rc;
}

static int find(struct call *call, struct access *x, struct object *o, struct window *w)
{
	const struct get_object_input *in = call->input;
	struct bucket b;
	int rc = s3_open_bucket(call, x, &b);

	if (rc == 0)
		rc = s3_check_key(call, in->target.key);
	if (rc == 0)
		rc = s3_find_object(call, x, in->version_id, o);
	if (rc < 0)
		return rc;
	reply_validators(call, &b, o);
	rc = check_conditions(call, in, o);
	if (rc == 0)
		rc = choose_window(call, in, o, w);
	if (rc < 0)
		return rc;
	reply_headers(call, in, o, w);
	return reply_overrides(call, in);
}

static int send_content(struct call *call, struct access *x, const struct object *o, const struct window *w)
{
	struct str type = call->reply.content_type, bytes;
	uint64_t size;
	int fd;

	if (str_is_set(o->content.blob)) {
		if (blob_open(x->s3->store, o->content.blob, &fd, &size, &x->err) < 0)
			return s3_fault(call, x);
		call_reply_file(call, fd, w->offset, w->length, type);
		return 0;
	}
	if (s3_content_bytes(x, &o->content, &bytes) < 0)
		return s3_fault(call, x);
	call_reply_bytes(call, str_sub(bytes, w->offset, w->length), type);
	return 0;
}

int s3_get_object(struct call *call)
{
	struct access x = s3_access(call);
	struct window w;
	struct object o;
	int rc = find(call, &x, &o, &w);

	if (rc == 0)
		rc = check_archived(call, &o);
	return rc < 0 ? rc : send_content(call, &x, &o, &w);
}

int s3_head_object(struct call *call)
{
	struct access x = s3_access(call);
	struct window w;
	struct object o;
	int rc = find(call, &x, &o, &w);

	if (rc < 0)
		return rc;
	call->reply.no_body = true;
	call->reply.head_length = w.length;
	return 0;
}
