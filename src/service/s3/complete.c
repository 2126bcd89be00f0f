/* SPDX-License-Identifier: Apache-2.0
 *
 * CompleteMultipartUpload, in three steps:
 *
 *   plan    on the server's thread, over a snapshot: the listed parts exist, fit and are large enough
 *   join    on a pool's thread: the parts' bytes become one blob; nothing to do where there is one part only
 *   commit  in a write: the upload is as planned, the object is put, the parts are forgotten
 */
#include "base/encode.h"
#include "base/limits.h"
#include "format/xml.h"
#include "service/s3/checksum.h"
#include "service/s3/upload.h"

#define PART_SIZE_MIN MIB(5)

enum { PARTS_MAX = 10000 };

const struct bind s3_complete_rows[] = {
	S3_KEY_ROWS(struct upload_input),
	S3_QUERY(struct upload_input, upload_id, "UploadId", "uploadId"),
	S3_HEADER(struct upload_input, if_match, "IfMatch", "If-Match"),
	S3_HEADER(struct upload_input, if_none_match, "IfNoneMatch", "If-None-Match"),
	S3_HEADER(struct upload_input, checksum_type, "ChecksumType", "x-amz-checksum-type"),
	BIND_I64(struct upload_input, object_size, "MpuObjectSize", .location = BIND_HEADER, .wire = "x-amz-mp-object-size"),
	BIND_IGNORED("MultipartUpload"), /* the body, read below */
	S3_REFUSED_CUSTOMER_KEY,
	BIND_DONE,
};

struct plan_part {
	int number;
	struct str etag, checksum; /* as listed; absent: not said */
	struct object part;        /* as stored */
};

struct plan {
	struct bucket bucket;
	struct upload upload;
	struct plan_part *parts;
	size_t count;
	struct str bytes; /* of a part that is a row: only the last may be that small */
	struct object object;
	bool done;              /* it was completed before: `object` is what it became */
	char blob[BLOB_ID_MAX]; /* joined; empty: the one part's content is taken over */
};

static int read_part(struct call *call, const struct xml *e, struct plan_part *p)
{
	struct str number = str_trim(xml_child_text(e, STR("PartNumber")));
	struct str etag = str_trim(xml_child_text(e, STR("ETag")));
	int64_t n;

	if (str_to_i64(number, &n) < 0 || n < 1 || n > PARTS_MAX || !str_is_set(etag))
		return call_fail(call, &s3_MalformedXML);
	p->number = (int)n;
	p->etag = etag;
	for (const struct xml *child = e->children; child; child = child->next)
		if (str_starts(child->name, STR("Checksum")))
			p->checksum = str_trim(child->text);
	return 0;
}

static int read_list(struct call *call, struct plan *plan)
{
	const struct xml *root;

	if (call->body.bytes.n == 0)
		return call_fail(call, &s3_MalformedXML);
	int rc = s3_parse_body(call, "CompleteMultipartUpload", &root);
	if (rc < 0)
		return rc;
	for (const struct xml *e = root->children; e; e = e->next)
		plan->count++;
	if (plan->count == 0 || plan->count > PARTS_MAX)
		return call_fail(call, &s3_MalformedXML);
	plan->parts = arena_alloc_array(&call->arena, plan->count, sizeof(*plan->parts));
	if (!plan->parts)
		return call_fault(call, NULL);
	size_t i = 0;
	for (const struct xml *e = root->children; e && rc == 0; e = e->next, i++) {
		rc = str_eq_c(e->name, "Part") ? read_part(call, e, &plan->parts[i]) : call_fail(call, &s3_MalformedXML);
		if (rc == 0 && i > 0 && plan->parts[i].number <= plan->parts[i - 1].number)
			rc = call_fail(call, &s3_InvalidPartOrder);
	}
	return rc;
}

static int fail_part(struct call *call, const struct plan *plan, const struct plan_part *p, const struct service_error *error)
{
	int rc = call_fail(call, error);

	call_error_field(call, "UploadId", arena_c(&call->arena, plan->upload.id));
	call_error_field(call, "PartNumber", arena_printf(&call->arena, "%d", p->number).p);
	call_error_field(call, "ETag", arena_c(&call->arena, p->etag));
	return rc;
}

static int check_part(struct call *call, struct access *x, const struct plan *plan, size_t i)
{
	struct plan_part *p = &plan->parts[i];
	int rc = s3_part_read(x, plan->upload.id, p->number, &p->part);

	if (rc < 0 && rc != ERR_NOT_FOUND)
		return s3_fault(call, x);
	if (rc == ERR_NOT_FOUND || !s3_etag_matches(p->etag, p->part.etag) ||
	    (str_is_set(p->checksum) && str_is_set(p->part.checksum.value) && !str_eq(p->checksum, p->part.checksum.value)))
		return fail_part(call, plan, p, &s3_InvalidPart);
	if (i + 1 == plan->count || p->part.content.size >= PART_SIZE_MIN)
		return 0;
	rc = fail_part(call, plan, p, &s3_EntityTooSmall);
	call_error_field(call, "MinSizeAllowed", "5242880");
	call_error_field(call, "ProposedSize", arena_printf(&call->arena, "%llu", (unsigned long long)p->part.content.size).p);
	return rc;
}

static int check_total(struct call *call, const struct plan *plan)
{
	const struct upload_input *in = call->input;
	uint64_t size = plan->object.content.size;

	if (size > 5 * (uint64_t)GIB(1024))
		return call_fail(call, &s3_EntityTooLarge);
	if (in->object_size.set && (uint64_t)in->object_size.value != size)
		return call_failf(call, &s3_InvalidRequest,
				  "The provided 'x-amz-mp-object-size' header value %lld does not match what was "
				  "computed: %llu",
				  (long long)in->object_size.value, (unsigned long long)size);
	return 0;
}

/* Completed before, and the client asks again because the answer was lost: it gets it. */
static bool read_completed(struct call *call, struct access *x, struct plan *plan)
{
	const struct upload_input *in = call->input;
	struct object current, done;

	if (in->upload_id.n == 0 || s3_completed_read(x, in->upload_id, &done) < 0 ||
	    s3_object_newest(x, in->target.bucket, in->target.key, &current) < 0 || !str_eq(current.etag, done.etag))
		return false;
	call->error = (struct error){ 0 };
	memset(call->error_fields, 0, sizeof(call->error_fields));
	plan->object = current;
	plan->done = true;
	return true;
}

static int plan_read(struct call *call)
{
	const struct upload_input *in = call->input;
	struct access x = s3_access(call);
	struct plan *plan = call->scratch;
	int rc = s3_upload_open(call, &x, in->upload_id, &plan->bucket, &plan->upload);

	if (rc < 0)
		return strcmp(call->error.name, "NoSuchUpload") == 0 && read_completed(call, &x, plan) ? 0 : rc;
	plan->object = plan->upload.object;
	plan->object.content = (struct content){ 0 };
	for (size_t i = 0; i < plan->count && rc == 0; i++) {
		rc = check_part(call, &x, plan, i);
		plan->object.content.size += plan->parts[i].part.content.size;
	}
	if (rc == 0)
		rc = check_total(call, plan);
	if (rc < 0)
		return rc;
	const struct content *last = &plan->parts[plan->count - 1].part.content;
	return last->blob.p ? 0 : s3_content_bytes(&x, last, &plan->bytes) < 0 ? s3_fault(call, &x) : 0;
}

/* MD5 of the parts' MD5s, and how many they were. */
static int make_etag(struct call *call, struct plan *plan)
{
	struct digest d;
	uint8_t bytes[DIGEST_MAX];

	if (digest_init(&d, DIGEST_MD5) < 0)
		return call_fault(call, NULL);
	for (size_t i = 0; i < plan->count; i++)
		if (hex_decode(bytes, MD5_SIZE, plan->parts[i].part.etag) == 0)
			digest_add(&d, bytes, MD5_SIZE);
	size_t n = digest_finish(&d, bytes);
	digest_release(&d);
	plan->object.etag = arena_printf(&call->arena, STR_FMT "-%zu", STR_ARG(hex_str(&call->arena, bytes, n)), plan->count);
	return 0;
}

static int make_parts(struct call *call, struct plan *plan)
{
	struct json *parts = json_new_array(&call->arena);

	for (size_t i = 0; i < plan->count; i++) {
		const struct object *o = &plan->parts[i].part;
		struct json *part = json_new_array(&call->arena);
		json_add(&call->arena, part, json_new_i64(&call->arena, (int64_t)o->content.size));
		json_add(&call->arena, part,
			 json_new_string(&call->arena, str_is_set(o->checksum.value) ? o->checksum.value : STR("")));
		if (!json_add(&call->arena, parts, part))
			return call_fault(call, NULL);
	}
	plan->object.parts = parts;
	return 0;
}

static int join(struct call *call, struct plan *plan)
{
	struct blob_writer w;
	struct error err;
	int rc = blob_begin(&w, s3_of(call)->store, &err);

	for (size_t i = 0; i < plan->count && rc == 0; i++) {
		const struct content *c = &plan->parts[i].part.content;
		rc = str_is_set(c->blob) ? blob_append(&w, c->blob, 0, c->size, &err)
					 : blob_write(&w, plan->bytes.p, plan->bytes.n, &err);
	}
	if (rc == 0)
		rc = blob_seal(&w, &err);
	if (rc < 0) {
		blob_abort(&w);
		/* A part that has gone meanwhile: the upload was finished or given up by another request. */
		return rc == ERR_NOT_FOUND ? call_fail(call, &s3_NoSuchUpload) : call_fault(call, &err);
	}
	memcpy(plan->blob, w.id, sizeof(plan->blob));
	plan->object.content.blob = str_c(plan->blob);
	return 0;
}

static int make_checksum(struct call *call, struct plan *plan)
{
	struct checksum *c = &plan->object.checksum;
	struct checksum_sum *sum;

	if (!str_is_set(c->algorithm))
		return 0;
	if (!c->composite)
		return s3_checksum_of_content(call, &plan->object.content, plan->bytes, c);
	if (!(sum = s3_checksum_begin(call, c->algorithm)))
		return call_fault(call, NULL);
	for (size_t i = 0; i < plan->count; i++) {
		struct str bytes;
		if (base64_decode(&call->arena, plan->parts[i].part.checksum.value, &bytes) == 0)
			s3_checksum_add(sum, bytes.p, bytes.n);
	}
	struct str value = s3_checksum_finish(call, sum);
	c->value = arena_printf(&call->arena, STR_FMT "-%zu", STR_ARG(value), plan->count);
	return 0;
}

static bool same_content(const struct content *a, const struct content *b)
{
	return a->size == b->size && a->data == b->data && str_eq(a->blob, b->blob);
}

/* Since the plan another request may have changed the upload. */
static int check_unchanged(struct call *call, struct access *x, const struct plan *plan)
{
	struct bucket b;
	struct upload u;
	struct object part;
	int rc = s3_upload_open(call, x, plan->upload.id, &b, &u);

	for (size_t i = 0; i < plan->count && rc == 0; i++) {
		rc = s3_part_read(x, plan->upload.id, plan->parts[i].number, &part);
		if (rc < 0 || !same_content(&part.content, &plan->parts[i].part.content))
			rc = fail_part(call, plan, &plan->parts[i], &s3_InvalidPart);
	}
	return rc;
}

/* Forgets every part but the one that became the object. */
static int forget_parts(struct access *x, const struct plan *plan)
{
	struct store_cursor c;
	struct object part;
	int number, rc = s3_part_scan(x, plan->upload.id, 0, &c);

	while (rc == 0 && (rc = s3_part_next(x, &c, &number, &part)) == 1)
		rc = same_content(&part.content, &plan->object.content) ? 0 : s3_content_forget(x, &part.content);
	store_scan_end(&c);
	return rc < 0 ? rc : s3_upload_delete(x, &plan->upload);
}

static void reply(struct call *call, const struct plan *plan)
{
	const struct object *o = &plan->object;

	s3_reply_new_version(call, o);
	s3_reply_encryption(call, o);
	s3_xml_begin(call, "CompleteMultipartUploadResult");
	write_strf(&call->out, "Location", STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(host_endpoint(call->host)),
		   STR_ARG(o->bucket), STR_ARG(uri_encode_str(&call->arena, o->key, true)));
	write_str(&call->out, "Bucket", o->bucket);
	write_str(&call->out, "Key", o->key);
	s3_write_etag(&call->out, o->etag);
	if (str_is_set(o->checksum.value)) {
		s3_write_checksum(call, &o->checksum);
		write_c(&call->out, "ChecksumType", o->checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
	}
	s3_xml_end(call, "CompleteMultipartUploadResult");
}

static int put(struct call *call, struct access *x, struct plan *plan)
{
	const struct upload_input *in = call->input;
	struct occasion why = s3_occasion(call, "CompleteMultipartUpload");
	int rc = check_unchanged(call, x, plan);

	if (rc == 0)
		rc = s3_check_write(call, x, in->if_match, in->if_none_match);
	if (rc < 0)
		return rc;
	rc = forget_parts(x, plan);
	if (rc == 0)
		rc = s3_bucket_read(x, plan->object.bucket, &plan->bucket);
	if (rc == 0)
		rc = s3_object_insert(x, &plan->bucket, &plan->object);
	if (rc == 0)
		rc = s3_completed_write(x, &plan->upload, &plan->object);
	if (rc == 0)
		rc = s3_notify_created(x, &plan->bucket, &plan->object, &why);
	return rc < 0 ? s3_fault(call, x) : 0;
}

static int commit(struct call *call)
{
	struct access x = s3_access(call);
	struct plan *plan = call->scratch;
	int rc = put(call, &x, plan);

	if (rc == 0)
		reply(call, plan);
	else if (plan->blob[0])
		s3_bury(s3_of(call), str_c(plan->blob));
	return rc;
}

/* A client may say what it expects, of a composite checksum with or without the number of parts. */
static int check_declared(struct call *call, const struct plan *plan)
{
	const struct checksum *c = &plan->object.checksum;
	struct str declared = s3_declared_checksum(call, c->algorithm), value = c->value;

	if (!declared.p || str_eq(declared, value) || (c->composite && str_eq(declared, str_split(&value, '-'))))
		return 0;
	return call_failf(call, &s3_BadDigest, "The " STR_FMT " you specified did not match the calculated checksum.",
			  STR_ARG(c->algorithm));
}

static int prepare_object(struct call *call, struct plan *plan)
{
	int rc = 0;

	if (plan->count == 1)
		plan->object.content = plan->parts[0].part.content;
	else
		rc = join(call, plan);
	if (rc == 0)
		rc = make_checksum(call, plan);
	if (rc == 0)
		rc = check_declared(call, plan);
	if (rc < 0 && plan->blob[0])
		s3_bury(s3_of(call), str_c(plan->blob));
	return rc;
}

static void work(void *argument)
{
	struct call *call = argument;
	int rc = prepare_object(call, call->scratch);

	if (rc == 0)
		rc = call_continue_write(call, commit);
	if (rc < 0)
		call_complete(call, rc);
}

int s3_complete_upload(struct call *call)
{
	struct plan *plan = ARENA_NEW(&call->arena, struct plan);

	if (!plan)
		return call_fault(call, NULL);
	call->scratch = plan;
	int rc = read_list(call, plan);
	if (rc == 0)
		rc = call_with_read(call, plan_read);
	if (rc == 0 && plan->done) {
		reply(call, plan);
		return 0;
	}
	if (rc == 0)
		rc = make_etag(call, plan);
	if (rc == 0)
		rc = make_parts(call, plan);
	if (rc < 0)
		return rc;
	return pool_run(host_pool(call->host), work, call) < 0 ? call_fail(call, &s3_SlowDown) : CALL_PENDING;
}
