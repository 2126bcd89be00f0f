/* SPDX-License-Identifier: Apache-2.0 */
#include "format/date.h"
#include "service/s3/operations.h"

enum { PARTS_MAX = 1000 };

const struct bind s3_attributes_rows[] = {
	S3_KEY_ROWS(struct attributes_input),
	S3_QUERY(struct attributes_input, version_id, "VersionId", "versionId"),
	S3_HEADER(struct attributes_input, wanted, "ObjectAttributes", "x-amz-object-attributes"),
	BIND_I64(struct attributes_input, max_parts, "MaxParts", .location = BIND_HEADER, .wire = "x-amz-max-parts"),
	BIND_I64(struct attributes_input, marker, "PartNumberMarker", .location = BIND_HEADER,
		 .wire = "x-amz-part-number-marker"),
	S3_REFUSED_CUSTOMER_KEY,
	BIND_DONE,
};

enum { WANT_ETAG = 1, WANT_CHECKSUM = 2, WANT_PARTS = 4, WANT_CLASS = 8, WANT_SIZE = 16 };

/* 0 when a name is unknown or there is none. */
static int wanted_attributes(struct str names)
{
	static const struct {
		const char *name;
		int flag;
	} known[] = {
		{ "ETag", WANT_ETAG },          { "Checksum", WANT_CHECKSUM }, { "ObjectParts", WANT_PARTS },
		{ "StorageClass", WANT_CLASS }, { "ObjectSize", WANT_SIZE },
	};
	int flags = 0;

	while (names.p) {
		struct str name = str_trim(str_split(&names, ','));
		int flag = 0;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (str_eq_c(name, known[i].name))
				flag = known[i].flag;
		if (!flag)
			return 0;
		flags |= flag;
	}
	return flags;
}

static void write_part(struct call *call, const struct object *o, size_t i)
{
	const struct json *part = json_at(o->parts, i);
	struct checksum sum = { .algorithm = o->checksum.algorithm, .value = json_text(json_at(part, 1)) };
	int64_t size = 0;

	(void)!json_to_i64(json_at(part, 0), &size);
	write_object(&call->out, NULL);
	write_i64(&call->out, "PartNumber", (int64_t)i + 1);
	write_i64(&call->out, "Size", size);
	if (sum.value.n > 0)
		s3_write_checksum(call, &sum);
	write_end(&call->out);
}

/* The parts themselves are only known where they have checksums, as in S3. */
static void write_parts(struct call *call, const struct attributes_input *in, const struct object *o)
{
	struct writer *w = &call->out;
	int64_t max = in->max_parts.set && in->max_parts.value < PARTS_MAX ? in->max_parts.value : PARTS_MAX;
	size_t from = in->marker.set && in->marker.value > 0 ? (size_t)in->marker.value : 0, next = from;

	write_object(w, "ObjectParts");
	write_i64(w, call->out.format == WRITER_JSON ? "TotalPartsCount" : "PartsCount", (int64_t)o->parts->count);
	if (str_is_set(o->checksum.algorithm)) {
		write_list(w, call->out.format == WRITER_JSON ? "Parts" : "Part", NULL);
		for (; next < o->parts->count && next < from + (size_t)max; next++)
			write_part(call, o, next);
		write_end(w);
	}
	write_i64(w, "PartNumberMarker", (int64_t)from);
	write_i64(w, "NextPartNumberMarker", (int64_t)next);
	write_i64(w, "MaxParts", max);
	write_bool(w, "IsTruncated", str_is_set(o->checksum.algorithm) && next < o->parts->count);
	write_end(w);
}

static void write_attributes(struct call *call, const struct attributes_input *in, const struct object *o, int wanted)
{
	struct writer *w = &call->out;

	s3_xml_begin(call, "GetObjectAttributesResponse");
	if (wanted & WANT_ETAG)
		write_str(w, "ETag", o->etag);
	if (wanted & WANT_CHECKSUM && str_is_set(o->checksum.algorithm)) {
		write_object(w, "Checksum");
		s3_write_checksum(call, &o->checksum);
		write_c(w, "ChecksumType", o->checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
		write_end(w);
	}
	if (wanted & WANT_PARTS && o->parts)
		write_parts(call, in, o);
	if (wanted & WANT_CLASS)
		write_str(w, "StorageClass", str_is_set(o->storage_class) ? o->storage_class : STR("STANDARD"));
	if (wanted & WANT_SIZE)
		write_i64(w, "ObjectSize", (int64_t)o->content.size);
	s3_xml_end(call, "GetObjectAttributesResponse");
}

int s3_get_object_attributes(struct call *call)
{
	const struct attributes_input *in = call->input;
	struct access x = s3_access(call);
	char date[DATE_TEXT_MAX];
	struct bucket b;
	struct object o;
	int wanted = wanted_attributes(in->wanted);

	if (!wanted)
		return s3_fail_argument(call, "x-amz-object-attributes", in->wanted, "Invalid attribute name specified.");
	if (s3_open_bucket(call, &x, &b) < 0 || s3_find_object(call, &x, in->version_id, &o) < 0)
		return ERR_SERVICE;
	call_reply_header(call, "Last-Modified", date_http(date, o.modified_ms));
	s3_reply_version(call, &b, &o);
	write_attributes(call, in, &o, wanted);
	return 0;
}
