/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/object.h"

enum { METADATA_BYTES_MAX = 2048 };

static bool is_one_of(struct str text, const char *const *names)
{
	for (; *names; names++)
		if (str_eq_c(text, *names))
			return true;
	return false;
}

bool s3_storage_class_is_valid(struct str name)
{
	static const char *const names[] = { "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
					     "GLACIER",  "DEEP_ARCHIVE",       "GLACIER_IR",  NULL };
	return is_one_of(name, names);
}

/* Buckets enforce their owner's ownership, so that only ACLs without effect are accepted. */
int s3_check_acl(struct call *call, struct str acl)
{
	static const char *const harmless[] = { "private", "bucket-owner-full-control", NULL };
	static const char *const others[] = { "public-read",
					      "public-read-write",
					      "aws-exec-read",
					      "authenticated-read",
					      "bucket-owner-read",
					      "log-delivery-write",
					      NULL };

	if (!str_is_set(acl) || is_one_of(acl, harmless))
		return 0;
	if (is_one_of(acl, others))
		return call_fail(call, &s3_AccessControlListNotSupported);
	return s3_fail_argument(call, "x-amz-acl", acl, "Invalid argument");
}

static int check_metadata(struct call *call, const struct json *metadata)
{
	size_t size = 0;

	for (size_t i = 0; metadata && i < metadata->count; i++) {
		if (!json_is(metadata->members[i].value, JSON_STRING))
			return s3_fail_argument(call, "Metadata", metadata->members[i].name, "Metadata values are strings");
		size += metadata->members[i].name.n + json_text(metadata->members[i].value).n;
	}
	if (size <= METADATA_BYTES_MAX)
		return 0;
	int result = call_fail(call, &s3_MetadataTooLarge);
	call_error_field(call, "Size", arena_printf(&call->arena, "%zu", size).p);
	call_error_field(call, "MaxSizeAllowed", "2048");
	return result;
}

static int check_encryption(struct call *call, const struct s3_attributes *in)
{
	static const char *const names[] = { "AES256", "aws:kms", "aws:kms:dsse", NULL };

	if (str_is_set(in->sse) && !is_one_of(in->sse, names))
		return s3_fail_argument(call, "x-amz-server-side-encryption", in->sse,
					"The encryption method specified is not supported");
	if (str_is_set(in->kms_key) && !str_starts(in->sse, STR("aws:kms")))
		return s3_fail_argument(call, "x-amz-server-side-encryption", in->sse,
					"Server Side Encryption with AWS KMS managed key requires HTTP header "
					"x-amz-server-side-encryption : aws:kms");
	return 0;
}

/* "aws-chunked" is how the body came, not what the object is. */
static struct str content_encoding(struct call *call, struct str value)
{
	struct str out = STR_NULL;

	if (str_find(value, STR("aws-chunked"), 0) < 0)
		return value;
	while (value.p) {
		struct str coding = str_trim(str_split(&value, ','));
		if (coding.n == 0 || str_eq_nocase(coding, STR("aws-chunked")))
			continue;
		out = str_is_set(out) ? arena_printf(&call->arena, STR_FMT ", " STR_FMT, STR_ARG(out), STR_ARG(coding)) : coding;
	}
	return out;
}

static const struct json *kept_headers(struct call *call, const struct s3_attributes *in)
{
	struct arena *a = &call->arena;
	struct json *headers = json_new_object(a);
	const struct {
		struct str name, value;
	} rows[] = {
		{ STR("Content-Type"), in->content_type.n ? in->content_type : STR("binary/octet-stream") },
		{ STR("Cache-Control"), in->cache_control },
		{ STR("Content-Disposition"), in->content_disposition },
		{ STR("Content-Encoding"), content_encoding(call, in->content_encoding) },
		{ STR("Content-Language"), in->content_language },
		{ STR("Expires"), in->expires },
		{ STR("x-amz-website-redirect-location"), in->website_redirect },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_is_set(rows[i].value))
			json_add_member(a, headers, rows[i].name, json_new_string(a, rows[i].value));
	return headers;
}

int s3_take_attributes(struct call *call, const struct s3_attributes *in, struct object *o)
{
	int rc = s3_check_acl(call, in->acl);

	if (rc == 0)
		rc = check_metadata(call, in->metadata);
	if (rc == 0)
		rc = check_encryption(call, in);
	if (rc == 0 && str_is_set(in->storage_class) && !s3_storage_class_is_valid(in->storage_class))
		rc = call_fail(call, &s3_InvalidStorageClass);
	if (rc == 0 && str_is_set(in->tagging))
		rc = s3_tags_from_text(call, in->tagging, &o->tags);
	if (rc < 0)
		return rc;
	o->headers = kept_headers(call, in);
	o->metadata = in->metadata && in->metadata->count ? in->metadata : NULL;
	o->storage_class = str_eq_c(in->storage_class, "STANDARD") ? STR_NULL : in->storage_class;
	o->sse = in->sse;
	o->kms_key = in->kms_key;
	o->bucket_key = in->bucket_key.value;
	return 0;
}

void s3_default_encryption(struct access *x, const struct bucket *b, struct object *o)
{
	if (!str_is_set(o->sse)) {
		o->sse = b->sse;
		o->kms_key = b->kms_key;
		o->bucket_key = b->bucket_key;
	}
	if (str_starts(o->sse, STR("aws:kms")) && !str_is_set(o->kms_key))
		o->kms_key = arena_printf(x->arena, "arn:aws:kms:" STR_FMT ":" STR_FMT ":alias/aws/s3", STR_ARG(x->s3->region),
					  STR_ARG(x->s3->account));
}
