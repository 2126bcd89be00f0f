/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/page.h"

const struct bind s3_list_versions_rows[] = {
	S3_LIST_ROWS,
	S3_QUERY(struct list_input, marker, "KeyMarker", "key-marker"),
	S3_QUERY(struct list_input, version_marker, "VersionIdMarker", "version-id-marker"),
	BIND_DONE,
};

static struct str shown_id(const struct object *o)
{
	return str_is_set(o->version_id) ? o->version_id : STR("null");
}

static void write_entry(struct call *call, const struct page_object *e, bool encode)
{
	const struct object *o = &e->object;
	struct writer *w = &call->out;

	write_object(w, NULL);
	s3_write_key(call, "Key", o->key, encode);
	write_str(w, "VersionId", shown_id(o));
	write_bool(w, "IsLatest", e->latest);
	s3_write_time(w, "LastModified", o->modified_ms);
	if (!o->delete_marker) {
		s3_write_etag(w, o->etag);
		write_i64(w, "Size", (int64_t)o->content.size);
		write_str(w, "StorageClass", str_is_set(o->storage_class) ? o->storage_class : STR("STANDARD"));
	}
	s3_write_owner(call, "Owner");
	write_end(w);
}

static void write_entries(struct call *call, const struct page *p, const char *name, bool markers)
{
	write_list(&call->out, name, NULL);
	for (size_t i = 0; i < p->object_count; i++)
		if (p->objects[i].object.delete_marker == markers)
			write_entry(call, &p->objects[i], p->encode);
	write_end(&call->out);
}

/* Where an earlier page ended: behind which version of the key marker. */
static int marker_sequence(struct call *call, struct access *x, const struct list_input *in, uint64_t *sequence)
{
	struct object o;

	*sequence = 0;
	if (in->version_marker.n == 0)
		return 0;
	if (in->marker.n == 0)
		return s3_fail_argument(call, "version-id-marker", in->version_marker,
					"A version-id marker cannot be specified without a key marker.");
	if (s3_version_sequence(in->version_marker, sequence) == 0)
		return 0;
	if (!str_eq_c(in->version_marker, "null"))
		return s3_fail_argument(call, "version-id-marker", in->version_marker, "Invalid version id specified");
	int rc = s3_object_version(x, in->target.bucket, in->marker, in->version_marker, &o);
	/* Removed meanwhile: its place is forgotten, so the key's versions are listed again rather than passed over. */
	*sequence = rc == 0 ? o.sequence : UINT64_MAX;
	return rc < 0 && rc != ERR_NOT_FOUND ? s3_fault(call, x) : 0;
}

static void write_head(struct call *call, const struct page *p, const struct list_input *in)
{
	write_str(&call->out, "Name", in->target.bucket);
	s3_write_key(call, "Prefix", p->walk.prefix, p->encode);
	s3_write_key(call, "Delimiter", in->delimiter.n ? in->delimiter : STR_NULL, p->encode);
	s3_write_key(call, "KeyMarker", str_is_set(in->marker) ? in->marker : STR(""), p->encode);
	write_str(&call->out, "VersionIdMarker", str_is_set(in->version_marker) ? in->version_marker : STR(""));
	write_i64(&call->out, "MaxKeys", p->max);
	write_str(&call->out, "EncodingType", in->encoding);
	write_bool(&call->out, "IsTruncated", p->truncated);
	if (!p->truncated)
		return;
	s3_write_key(call, "NextKeyMarker", p->last, p->encode);
	if (p->last_object)
		write_str(&call->out, "NextVersionIdMarker", shown_id(&p->last_object->object));
}

int s3_list_versions(struct call *call)
{
	const struct list_input *in = call->input;
	struct access x = s3_access(call);
	uint64_t sequence;
	struct page p;

	if (marker_sequence(call, &x, in, &sequence) < 0 || s3_page_read_versions(call, &x, in->marker, sequence, &p) < 0)
		return ERR_SERVICE;
	s3_xml_begin(call, "ListVersionsResult");
	write_head(call, &p, in);
	write_entries(call, &p, call->out.format == WRITER_JSON ? "Versions" : "Version", false);
	write_entries(call, &p, call->out.format == WRITER_JSON ? "DeleteMarkers" : "DeleteMarker", true);
	s3_page_write_prefixes(call, &p);
	s3_xml_end(call, "ListVersionsResult");
	return 0;
}
