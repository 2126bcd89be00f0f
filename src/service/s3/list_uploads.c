/* SPDX-License-Identifier: Apache-2.0
 *
 * ListParts and ListMultipartUploads.
 */
#include "service/s3/page.h"
#include "service/s3/upload.h"

const struct bind s3_list_uploads_rows[] = {
	S3_BUCKET_ROWS(struct list_uploads_input),
	S3_QUERY(struct list_uploads_input, prefix, "Prefix", "prefix"),
	S3_QUERY(struct list_uploads_input, delimiter, "Delimiter", "delimiter"),
	S3_QUERY(struct list_uploads_input, encoding, "EncodingType", "encoding-type"),
	S3_QUERY(struct list_uploads_input, key_marker, "KeyMarker", "key-marker"),
	S3_QUERY(struct list_uploads_input, upload_marker, "UploadIdMarker", "upload-id-marker"),
	BIND_I64(struct list_uploads_input, max, "MaxUploads", .location = BIND_QUERY, .wire = "max-uploads"),
	BIND_DONE,
};

static void write_class(struct call *call, const struct object *o)
{
	write_str(&call->out, "StorageClass", str_is_set(o->storage_class) ? o->storage_class : STR("STANDARD"));
}

static void write_part(struct call *call, int number, const struct object *part)
{
	struct writer *w = &call->out;

	write_object(w, NULL);
	write_i64(w, "PartNumber", number);
	s3_write_time(w, "LastModified", part->modified_ms);
	s3_write_etag(w, part->etag);
	write_i64(w, "Size", (int64_t)part->content.size);
	s3_write_checksum(call, &part->checksum);
	write_end(w);
}

/* Writes up to `max` parts; tells the last one's number and whether there are more. */
static int write_parts(struct call *call, struct access *x, const struct upload *u, int after, int64_t max, int *last, bool *more)
{
	struct store_cursor c;
	struct object part;
	int number, rc = s3_part_scan(x, u->id, after, &c);
	int64_t count = 0;

	*last = after;
	*more = false;
	write_list(&call->out, call->out.format == WRITER_JSON ? "Parts" : "Part", NULL);
	while (rc == 0 && (rc = s3_part_next(x, &c, &number, &part)) == 1) {
		rc = 0;
		if (count++ == max) {
			*more = max > 0;
			break;
		}
		write_part(call, number, &part);
		*last = number;
	}
	write_end(&call->out);
	store_scan_end(&c);
	return rc < 0 ? rc : 0;
}

int s3_list_parts(struct call *call)
{
	const struct upload_input *in = call->input;
	struct access x = s3_access(call);
	struct writer *w = &call->out;
	struct bucket b;
	struct upload u;
	int64_t max;
	int last, after = in->marker.set && in->marker.value > 0 ? (int)in->marker.value : 0;
	bool more;

	if (s3_page_check(call, &in->max, "max-parts", STR_NULL, &max) < 0 || s3_upload_open(call, &x, in->upload_id, &b, &u) < 0)
		return ERR_SERVICE;
	s3_xml_begin(call, "ListPartsResult");
	write_str(w, "Bucket", u.object.bucket);
	write_str(w, "Key", u.object.key);
	write_str(w, "UploadId", u.id);
	s3_write_owner(call, "Initiator");
	s3_write_owner(call, "Owner");
	write_class(call, &u.object);
	if (str_is_set(u.object.checksum.algorithm)) {
		write_str(w, "ChecksumAlgorithm", u.object.checksum.algorithm);
		write_c(w, "ChecksumType", u.object.checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
	}
	write_i64(w, "PartNumberMarker", after);
	write_i64(w, "MaxParts", max);
	if (write_parts(call, &x, &u, after, max, &last, &more) < 0)
		return s3_fault(call, &x);
	write_i64(w, "NextPartNumberMarker", last);
	write_bool(w, "IsTruncated", more);
	s3_xml_end(call, "ListPartsResult");
	return 0;
}

struct uploads_page {
	const struct list_uploads_input *in;
	struct upload *uploads;
	struct str *prefixes;
	size_t upload_count, prefix_count;
	int64_t max;
	bool truncated, encode;
	struct str last_key, last_id;
};

/* Is it behind the markers? With a key marker alone every upload of that key is passed over. */
static bool is_behind(const struct list_uploads_input *in, const struct upload *u)
{
	int order = in->key_marker.n ? str_cmp(u->object.key, in->key_marker) : 1;

	if (order == 0 && in->upload_marker.n)
		return str_cmp(u->id, in->upload_marker) > 0;
	return order > 0;
}

/* The common prefix an upload's key is rolled up to, absent for none. */
static struct str rolled_up(const struct list_uploads_input *in, struct str key)
{
	ptrdiff_t at = in->delimiter.n ? str_find(key, in->delimiter, in->prefix.n) : -1;

	return at < 0 ? STR_NULL : str_sub(key, 0, (size_t)at + in->delimiter.n);
}

/* False when the page is full. */
static bool add_upload(struct uploads_page *p, const struct upload *u)
{
	struct str prefix = rolled_up(p->in, u->object.key);
	bool known = str_is_set(prefix) && ((p->prefix_count && str_eq(p->prefixes[p->prefix_count - 1], prefix)) ||
					    (p->in->key_marker.n && str_eq(p->in->key_marker, prefix)));

	if (known)
		return true;
	if (p->upload_count + p->prefix_count == (size_t)p->max) {
		p->truncated = p->max > 0;
		return false;
	}
	if (str_is_set(prefix))
		p->prefixes[p->prefix_count++] = prefix;
	else
		p->uploads[p->upload_count++] = *u;
	p->last_key = str_is_set(prefix) ? prefix : u->object.key;
	p->last_id = str_is_set(prefix) ? STR("") : u->id;
	return true;
}

static int read_uploads(struct access *x, struct uploads_page *p)
{
	const struct list_uploads_input *in = p->in;
	struct store_cursor c;
	struct str key, row;
	struct upload u;
	int rc = s3_upload_scan(x, in->target.bucket, str_is_set(in->prefix) ? in->prefix : STR(""), &c);

	while (rc == 0 && (rc = store_next(&c, &key, &row, &x->err)) == 1) {
		rc = s3_upload_decode(x, key, row, &u);
		if (rc == 0 && is_behind(in, &u) && !add_upload(p, &u))
			break;
	}
	store_scan_end(&c);
	return rc < 0 ? rc : 0;
}

static void write_upload(struct call *call, const struct upload *u, bool encode)
{
	struct writer *w = &call->out;

	write_object(w, NULL);
	s3_write_key(call, "Key", u->object.key, encode);
	write_str(w, "UploadId", u->id);
	s3_write_owner(call, "Initiator");
	s3_write_owner(call, "Owner");
	write_class(call, &u->object);
	s3_write_time(w, "Initiated", u->object.modified_ms);
	if (str_is_set(u->object.checksum.algorithm)) {
		write_str(w, "ChecksumAlgorithm", u->object.checksum.algorithm);
		write_c(w, "ChecksumType", u->object.checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
	}
	write_end(w);
}

static void write_uploads_head(struct call *call, const struct uploads_page *p)
{
	const struct list_uploads_input *in = p->in;
	struct writer *w = &call->out;

	write_str(w, "Bucket", in->target.bucket);
	s3_write_key(call, "KeyMarker", str_is_set(in->key_marker) ? in->key_marker : STR(""), p->encode);
	write_str(w, "UploadIdMarker", str_is_set(in->upload_marker) ? in->upload_marker : STR(""));
	if (p->truncated) {
		s3_write_key(call, "NextKeyMarker", p->last_key, p->encode);
		write_str(w, "NextUploadIdMarker", p->last_id);
	}
	s3_write_key(call, "Prefix", in->prefix, p->encode);
	s3_write_key(call, "Delimiter", in->delimiter.n ? in->delimiter : STR_NULL, p->encode);
	write_str(w, "EncodingType", in->encoding);
	write_i64(w, "MaxUploads", p->max);
	write_bool(w, "IsTruncated", p->truncated);
}

static void write_uploads(struct call *call, const struct uploads_page *p)
{
	write_list(&call->out, call->out.format == WRITER_JSON ? "Uploads" : "Upload", NULL);
	for (size_t i = 0; i < p->upload_count; i++)
		write_upload(call, &p->uploads[i], p->encode);
	write_end(&call->out);
	write_list(&call->out, "CommonPrefixes", NULL);
	for (size_t i = 0; i < p->prefix_count; i++) {
		write_object(&call->out, NULL);
		s3_write_key(call, "Prefix", p->prefixes[i], p->encode);
		write_end(&call->out);
	}
	write_end(&call->out);
}

int s3_list_uploads(struct call *call)
{
	const struct list_uploads_input *in = call->input;
	struct uploads_page p = { .in = in, .encode = str_eq_c(in->encoding, "url") };
	struct access x = s3_access(call);
	struct bucket b;

	if (s3_page_check(call, &in->max, "max-uploads", in->encoding, &p.max) < 0 || s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	p.uploads = arena_alloc_array(&call->arena, (size_t)p.max + 1, sizeof(*p.uploads));
	p.prefixes = arena_alloc_array(&call->arena, (size_t)p.max + 1, sizeof(*p.prefixes));
	if (!p.uploads || !p.prefixes)
		return call_fault(call, NULL);
	if (read_uploads(&x, &p) < 0)
		return s3_fault(call, &x);
	s3_xml_begin(call, "ListMultipartUploadsResult");
	write_uploads_head(call, &p);
	write_uploads(call, &p);
	s3_xml_end(call, "ListMultipartUploadsResult");
	return 0;
}
