/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "service/s3/object.h"

int s3_fault(struct call *call, struct access *x)
{
	return call_fault(call, &x->err);
}

int s3_open_bucket(struct call *call, struct access *x, struct bucket *b)
{
	const struct s3_target *t = s3_target(call);
	int rc = s3_bucket_read(x, t->bucket, b);

	if (rc == ERR_NOT_FOUND)
		return s3_fail_bucket(call, &s3_NoSuchBucket, t->bucket);
	if (rc < 0)
		return s3_fault(call, x);
	if (str_is_set(t->expected_owner) && !str_eq(t->expected_owner, x->s3->account))
		return call_fail(call, &s3_AccessDenied);
	s3_reply_cors(call, x, b);
	return 0;
}

static int fail_version(struct call *call, struct str key, struct str version_id)
{
	int result = s3_fail_key(call, &s3_NoSuchVersion, key);

	call_error_field(call, "VersionId", arena_c(&call->arena, version_id));
	return result;
}

/* Who may not list the bucket is not told what is missing in it. */
static int fail_missing(struct call *call, struct str key)
{
	struct str bucket = s3_target(call)->bucket;

	if (call->may_probe)
		return s3_fail_key(call, &s3_NoSuchKey, key);
	log_info("s3",
		 "access denied request=%s principal=" STR_FMT " action=s3:ListBucket resource=arn:aws:s3:::" STR_FMT
		 " decision=implicitDeny",
		 call->request_id, STR_ARG(call->principal.arn), STR_ARG(bucket));
	return call_failf(call, &s3_AccessDenied,
			  "User: " STR_FMT " is not authorized to perform: s3:ListBucket on resource: \"arn:aws:s3:::" STR_FMT
			  "\" because no identity-based policy allows the s3:ListBucket action",
			  STR_ARG(call->principal.arn), STR_ARG(bucket));
}

int s3_find_version(struct call *call, struct access *x, struct str version_id, struct object *o)
{
	const struct s3_target *t = s3_target(call);
	bool by_id = str_is_set(version_id);
	int rc = by_id ? s3_object_version(x, t->bucket, t->key, version_id, o) : s3_object_newest(x, t->bucket, t->key, o);

	if (rc == ERR_INVALID)
		return s3_fail_argument(call, "versionId", version_id, "Invalid version id specified");
	if (rc == ERR_NOT_FOUND)
		return by_id ? fail_version(call, t->key, version_id) : fail_missing(call, t->key);
	return rc < 0 ? s3_fault(call, x) : 0;
}

int s3_find_object(struct call *call, struct access *x, struct str version_id, struct object *o)
{
	int rc = s3_find_version(call, x, version_id, o);

	if (rc < 0 || !o->delete_marker)
		return rc;
	call_reply_header(call, "x-amz-delete-marker", STR("true"));
	call_reply_header(call, "x-amz-version-id", str_is_set(o->version_id) ? o->version_id : STR("null"));
	if (!str_is_set(version_id))
		return fail_missing(call, o->key);
	call_reply_header(call, "Allow", STR("DELETE"));
	rc = call_fail(call, &s3_MethodNotAllowed);
	call_error_field(call, "Method", arena_c(&call->arena, call->method));
	call_error_field(call, "ResourceType", "DeleteMarker");
	return rc;
}
