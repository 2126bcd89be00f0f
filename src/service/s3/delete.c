/* SPDX-License-Identifier: Apache-2.0 */
#include "format/xml.h"
#include "service/s3/operations.h"
#include "service/s3/remove.h"

enum { DELETE_OBJECTS_MAX = 1000 };

const struct bind s3_delete_object_rows[] = {
	S3_KEY_ROWS(struct delete_object_input),
	S3_QUERY(struct delete_object_input, version_id, "VersionId", "versionId"),
	S3_HEADER(struct delete_object_input, if_match, "IfMatch", "If-Match"),
	S3_REFUSED("MFA", "x-amz-mfa"),
	S3_REFUSED("IfMatchLastModifiedTime", "x-amz-if-match-last-modified-time"),
	S3_REFUSED("IfMatchSize", "x-amz-if-match-size"),
	/* Without object lock there is no governance to bypass. */
	BIND_IGNORED("BypassGovernanceRetention"),
	BIND_DONE,
};

int s3_delete_object(struct call *call)
{
	const struct delete_object_input *in = call->input;
	struct occasion why = s3_occasion(call, "DeleteObject");
	struct access x = s3_access(call);
	struct removal r = { .version_id = in->version_id };
	struct bucket b;
	int rc = s3_open_bucket(call, &x, &b);

	if (rc == 0)
		rc = s3_check_key(call, in->target.key);
	if (rc == 0 && str_is_set(in->if_match))
		rc = s3_check_write(call, &x, in->if_match, STR_NULL);
	if (rc < 0)
		return rc;
	rc = s3_remove(&x, &b, in->target.key, &why, &r);
	if (rc == ERR_INVALID)
		return s3_fail_argument(call, "versionId", in->version_id, "Invalid version id specified");
	if (rc < 0)
		return s3_fault(call, &x);
	call_reply_header(call, "x-amz-version-id", r.reply_version);
	if (r.marker)
		call_reply_header(call, "x-amz-delete-marker", STR("true"));
	return 0;
}

struct deletion {
	bool quiet;
	size_t count;
	struct {
		struct str key, version_id, etag;
		bool denied;
	} items[DELETE_OBJECTS_MAX];
};

static int read_items(struct call *call, const struct xml *root, struct deletion *d)
{
	d->quiet = str_eq_c(xml_child_text(root, STR("Quiet")), "true");
	for (const struct xml *e = root->children; e; e = e->next) {
		if (!str_eq_c(e->name, "Object"))
			continue;
		if (d->count == DELETE_OBJECTS_MAX || !xml_child(e, STR("Key")))
			return call_fail(call, &s3_MalformedXML);
		if (xml_child(e, STR("LastModifiedTime")) || xml_child(e, STR("Size")))
			return s3_not_implemented(call, "A condition on LastModifiedTime or Size");
		d->items[d->count].key = xml_child_text(e, STR("Key"));
		d->items[d->count].etag = xml_child_text(e, STR("ETag"));
		d->items[d->count++].version_id = xml_child_text(e, STR("VersionId"));
	}
	return d->count ? 0 : call_fail(call, &s3_MalformedXML);
}

/* Each key needs leave of its own, and is refused alone. */
static void judge_items(struct call *call, struct deletion *d)
{
	for (size_t i = 0; i < d->count; i++) {
		struct str action = str_is_set(d->items[i].version_id) ? STR("s3:DeleteObjectVersion") : STR("s3:DeleteObject");
		struct str arn = arena_printf(&call->arena, "arn:aws:s3:::" STR_FMT "/" STR_FMT, STR_ARG(s3_target(call)->bucket),
					      STR_ARG(d->items[i].key));
		d->items[i].denied = !call_may(call, action, arn);
	}
}

size_t s3_delete_objects_permissions(struct call *call, const struct permission **list)
{
	(void)call;
	*list = NULL;
	return 0; /* judge_items */
}

int s3_delete_objects_prepare(struct call *call)
{
	struct deletion *d = ARENA_NEW(&call->arena, struct deletion);
	const struct xml *root;

	if (!d)
		return call_fault(call, NULL);
	call->scratch = d;
	int rc = s3_parse_body(call, "Delete", &root);
	if (rc == 0)
		rc = read_items(call, root, d);
	if (rc == 0)
		judge_items(call, d);
	return rc;
}

static void write_deleted(struct call *call, struct str key, const struct removal *r)
{
	struct writer *w = &call->out;

	write_object(w, "Deleted");
	write_str(w, "Key", key);
	if (str_is_set(r->version_id))
		write_str(w, "VersionId", r->version_id);
	if (r->marker) {
		write_bool(w, "DeleteMarker", true);
		write_str(w, "DeleteMarkerVersionId", r->reply_version);
	}
	write_end(w);
}

static void write_failure(struct call *call, struct str key, struct str version_id, const struct service_error *error)
{
	struct writer *w = &call->out;

	write_object(w, "Error");
	write_str(w, "Key", key);
	write_str(w, "VersionId", version_id);
	write_c(w, "Code", error->name);
	write_c(w, "Message", error->message);
	write_end(w);
}

/* 0, an error that is the item's alone, or a fault of the store in x->err. */
static int delete_item(struct access *x, const struct bucket *b, const struct deletion *d, size_t i, const struct occasion *why,
		       struct removal *r, const struct service_error **error)
{
	struct object current;

	if (str_is_set(d->items[i].etag)) {
		int rc = s3_object_newest(x, b->name, d->items[i].key, &current);
		if (rc < 0 && rc != ERR_NOT_FOUND)
			return rc;
		if (rc == ERR_NOT_FOUND || current.delete_marker)
			*error = &s3_NoSuchKey;
		else if (!s3_etag_matches(d->items[i].etag, current.etag))
			*error = &s3_PreconditionFailed;
		if (*error)
			return 0;
	}
	int rc = s3_remove(x, b, d->items[i].key, why, r);
	if (rc == ERR_INVALID) {
		*error = &s3_NoSuchVersion;
		return 0;
	}
	return rc;
}

int s3_delete_objects(struct call *call)
{
	const struct deletion *d = call->scratch;
	struct occasion why = s3_occasion(call, "DeleteObject");
	struct access x = s3_access(call);
	struct bucket b;

	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	s3_xml_begin(call, "DeleteResult");
	for (size_t i = 0; i < d->count; i++) {
		struct removal r = { .version_id = d->items[i].version_id };
		const struct service_error *error = NULL;

		if (d->items[i].denied)
			error = &s3_AccessDenied;
		else if (delete_item(&x, &b, d, i, &why, &r, &error) < 0)
			return s3_fault(call, &x);
		if (error)
			write_failure(call, d->items[i].key, r.version_id, error);
		else if (!d->quiet)
			write_deleted(call, d->items[i].key, &r);
	}
	s3_xml_end(call, "DeleteResult");
	return 0;
}
