/* SPDX-License-Identifier: Apache-2.0
 *
 * How S3 words its answers: errors with their extra members, XML roots, owners, quoted ETags.
 */
#include "format/xml.h"
#include "service/s3/state.h"

int s3_fail_bucket(struct call *call, const struct service_error *error, struct str bucket)
{
	int result = call_fail(call, error);

	call_error_field(call, "BucketName", arena_c(&call->arena, bucket));
	return result;
}

int s3_fail_key(struct call *call, const struct service_error *error, struct str key)
{
	int result = call_fail(call, error);

	call_error_field(call, "Key", arena_c(&call->arena, key));
	return result;
}

int s3_fail_argument(struct call *call, const char *name, struct str value, const char *message)
{
	int result = call_failf(call, &s3_InvalidArgument, "%s", message);

	call_error_field(call, "ArgumentName", name);
	if (str_is_set(value))
		call_error_field(call, "ArgumentValue", arena_c(&call->arena, value));
	return result;
}

/* S3's own NotImplemented is a 501. Clients may ask again after any 5xx, and here the answer would stay the same. */
static const struct service_error not_offered = { "NotImplemented", 400, NULL };

int s3_not_implemented(struct call *call, const char *what)
{
	return call_failf(call, &not_offered, "%s is not implemented.", what);
}

/* Callers inside the server read JSON; then the root is a plain object. */
void s3_xml_begin(struct call *call, const char *root)
{
	if (call->out.format == WRITER_JSON) {
		write_object(&call->out, NULL);
		return;
	}
	buf_addf(call->out.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s xmlns=\"%s\">", root,
		 call->service->xml_namespace);
}

void s3_xml_end(struct call *call, const char *root)
{
	if (call->out.format == WRITER_JSON)
		write_end(&call->out);
	else
		buf_addf(call->out.out, "</%s>", root);
}

/* Kept without namespace and declaration: both are put around it here. */
void s3_reply_document(struct call *call, const char *root, struct str text)
{
	struct str rest = str_from(text, strlen(root) + 2);

	buf_addf(call->out.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s xmlns=\"%s\">" STR_FMT, root,
		 call->service->xml_namespace, STR_ARG(rest));
	call_reply_bytes(call, arena_str(&call->arena, buf_str(call->out.out)), STR("application/xml"));
}

void s3_write_owner(struct call *call, const char *name)
{
	write_object(&call->out, name);
	write_c(&call->out, "ID", s3_of(call)->owner_id);
	write_c(&call->out, "DisplayName", S3_OWNER_NAME);
	write_end(&call->out);
}

void s3_write_etag(struct writer *w, struct str etag)
{
	write_strf(w, "ETag", "\"" STR_FMT "\"", STR_ARG(etag));
}

void s3_write_time(struct writer *w, const char *name, int64_t ms)
{
	write_iso_time(w, name, ms - ms % 1000);
}

void s3_write_key(struct call *call, const char *name, struct str key, bool encode)
{
	write_str(&call->out, name, encode && str_is_set(key) ? uri_encode_str(&call->arena, key, true) : key);
}

int s3_parse_body(struct call *call, const char *root, const struct xml **out)
{
	struct error err;

	if (call->body.bytes.n == 0)
		return call_failf(call, &s3_InvalidRequest, "Missing required request body");
	int rc = xml_parse(&call->arena, call->body.bytes, out, &err);
	if (rc == ERR_NO_MEMORY)
		return call_fault(call, &err);
	if (rc < 0 || !str_eq_c((*out)->name, root))
		return call_fail(call, &s3_MalformedXML);
	return 0;
}

static int refuse_member(struct call *call, const struct bind *row)
{
	if (strncmp(row->name, "ObjectLock", strlen("ObjectLock")) == 0)
		return call_failf(call, &s3_InvalidRequest, "Bucket is missing Object Lock Configuration");
	if (strncmp(row->name, "Grant", strlen("Grant")) == 0)
		return call_fail(call, &s3_AccessControlListNotSupported);
	call_failf(call, &not_offered, "A header you provided implies functionality that is not implemented");
	call_error_field(call, "Header", row->wire ? row->wire : row->name);
	return ERR_SERVICE;
}

/* Faults of the bind tables in S3's own words; S3 reports one at a time. */
int s3_refuse(struct call *call, const struct bind_faults *faults)
{
	const struct bind_fault *fault = &faults->faults[0];
	const struct bind *row = fault->row;
	const char *wire = !row ? NULL : row->wire ? row->wire : row->name;

	if (!row)
		return call_failf(call, &s3_InvalidArgument, "Unknown parameter: " STR_FMT, STR_ARG(fault->path));
	switch (fault->kind) {
	case BIND_FAULT_REFUSED:
		return refuse_member(call, row);
	case BIND_FAULT_MISSING:
		return call_failf(call, &s3_InvalidArgument, "Missing required parameter: %s", wire);
	case BIND_FAULT_TYPE:
		if (row->kind == BIND_KIND_I64)
			return s3_fail_argument(
				call, wire, fault->value,
				arena_printf(&call->arena, "Provided %s not an integer or within integer range", wire).p);
		break;
	case BIND_FAULT_MIN:
	case BIND_FAULT_MAX:
		if (row->kind == BIND_KIND_I64)
			return s3_fail_argument(call, wire, fault->value,
						arena_printf(&call->arena, "Argument %s must be an integer between %lld and %lld",
							     wire, (long long)row->min, (long long)row->max)
							.p);
		break;
	default:
		break;
	}
	return s3_fail_argument(call, wire, fault->value, arena_printf(&call->arena, "Invalid value for %s", wire).p);
}
