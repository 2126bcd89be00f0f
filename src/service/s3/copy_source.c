/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/copy_source.h"

#include "base/limits.h"
#include "service/s3/checksum.h"

/* "/bucket/key?versionId=id", the path percent-encoded. */
static int read_source(struct call *call, struct str header, struct copy *c)
{
	struct str query = header, path = str_split(&query, '?'), decoded;

	if (uri_decode(&call->arena, path, false, &decoded) < 0)
		return s3_fail_argument(call, "x-amz-copy-source", header, "Invalid copy source encoding");
	if (str_starts(decoded, STR("/")))
		decoded = str_from(decoded, 1);
	c->bucket = str_split(&decoded, '/');
	c->key = decoded;
	if (c->bucket.n == 0 || c->key.n == 0)
		return s3_fail_argument(call, "x-amz-copy-source", header,
					"Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
	if (!str_is_set(query))
		return 0;
	if (!str_starts(query, STR("versionId=")))
		return s3_fail_argument(call, "x-amz-copy-source", header, "Unsupported copy source parameter.");
	c->version_id = str_from(query, strlen("versionId="));
	return 0;
}

static int read_version(struct call *call)
{
	struct copy *c = call->scratch;
	struct access x = s3_access(call);
	int rc = str_is_set(c->version_id) ? s3_object_version(&x, c->bucket, c->key, c->version_id, &c->source)
					   : s3_object_newest(&x, c->bucket, c->key, &c->source);

	if (rc == ERR_NOT_FOUND || (rc == 0 && c->source.delete_marker))
		return s3_fail_key(call, &s3_NoSuchKey, c->key);
	if (rc == 0 && !str_is_set(c->source.content.blob))
		rc = s3_content_bytes(&x, &c->source.content, &c->bytes);
	return rc < 0 ? s3_fault(call, &x) : 0;
}

static int make_blob(struct call *call, struct copy *c, struct error *err)
{
	struct str from = c->source.content.blob;
	struct blob_writer w;

	if (!c->ranged)
		return blob_link(s3_of(call)->store, from, c->blob, err);
	int rc = blob_begin(&w, s3_of(call)->store, err);
	if (rc == 0)
		rc = blob_append(&w, from, c->first, c->last - c->first + 1, err);
	if (rc == 0)
		rc = blob_seal(&w, err);
	if (rc == 0)
		memcpy(c->blob, w.id, sizeof(c->blob));
	else
		blob_abort(&w);
	return rc;
}

static int copy_content(struct call *call, struct copy *c)
{
	struct content *content = &c->object.content;
	struct error err;

	content->size = c->ranged ? c->last - c->first + 1 : c->source.content.size;
	if (content->size > LIMIT_OBJECT)
		return call_failf(call, &s3_InvalidRequest,
				  "The specified copy source is larger than the maximum allowable size for a copy "
				  "source: %llu",
				  (unsigned long long)LIMIT_OBJECT);
	if (!str_is_set(c->source.content.blob)) {
		c->bytes = str_sub(c->bytes, c->ranged ? c->first : 0, content->size);
		return 0;
	}
	int rc = make_blob(call, c, &err);
	if (rc == ERR_NOT_FOUND)
		return s3_fail_key(call, &s3_NoSuchKey, c->key);
	content->blob = str_c(c->blob);
	return rc < 0 ? call_fault(call, &err) : 0;
}

/* A whole copy of a plain object keeps its MD5; anything else is computed. */
static int copy_digests(struct call *call, struct copy *c)
{
	const struct copy_input *in = call->input;
	struct checksum *wanted = &c->object.checksum;
	bool plain = !c->ranged && str_find_char(c->source.etag, '-', 0) < 0;
	int rc = 0;

	if (plain)
		c->object.etag = c->source.etag;
	else
		rc = s3_md5_of_content(call, &c->object.content, c->bytes, &c->object.etag);
	wanted->algorithm = str_is_set(in->checksum_algorithm) ? in->checksum_algorithm : c->source.checksum.algorithm;
	if (rc < 0 || !str_is_set(wanted->algorithm))
		return rc;
	if (!c->ranged && !c->source.checksum.composite && str_eq(wanted->algorithm, c->source.checksum.algorithm)) {
		wanted->value = c->source.checksum.value;
		return 0;
	}
	return s3_checksum_of_content(call, &c->object.content, c->bytes, wanted);
}

static int check_range(struct call *call, struct copy *c)
{
	if (!c->ranged || c->last < c->source.content.size)
		return 0;
	return call_failf(call, &s3_InvalidArgument, "Range specified is not valid for source object of size: %llu",
			  (unsigned long long)c->source.content.size);
}

static void copy_work(void *argument)
{
	struct call *call = argument;
	struct copy *c = call->scratch;
	int rc = call_with_read(call, read_version);

	if (rc == 0)
		rc = check_range(call, c);
	if (rc == 0)
		rc = copy_content(call, c);
	if (rc == 0)
		rc = copy_digests(call, c);
	if (rc == 0)
		rc = call_continue_write(call, c->commit);
	if (rc < 0) {
		s3_copy_discard(call, c);
		call_complete(call, rc);
	}
}

/* HeadObject's refusal as the copy's. A 304 means that a condition did not hold. */
static int refused(struct call *call, const struct call *head)
{
	const struct service_error error = { head->error.name, head->error.status, NULL };

	if (head->error.status == 304)
		return call_fail(call, &s3_PreconditionFailed);
	int rc = call_failf(call, &error, "%s", head->error.message);
	for (size_t i = 0; i < 8 && head->error_fields[i][0]; i++)
		call_error_field(call, arena_c(&call->arena, str_c(head->error_fields[i][0])),
				 arena_c(&call->arena, str_c(head->error_fields[i][1])));
	return rc;
}

static void head_done(struct call *head, void *argument)
{
	struct call *call = argument;

	if (head->error.code)
		call_complete(call, refused(call, head));
	else if (pool_run(host_pool(call->host), copy_work, call) < 0)
		call_complete(call, call_fail(call, &s3_SlowDown));
}

static void add(struct call *call, struct json *object, const char *name, struct str value)
{
	if (str_is_set(value))
		json_add_member(&call->arena, object, str_c(name), json_new_string(&call->arena, value));
}

int s3_copy_begin(struct call *call, struct copy *c)
{
	const struct copy_input *in = call->input;
	struct json *parameters = json_new_object(&call->arena);
	struct host_request request = { .service = "s3", .operation = "HeadObject", .principal = call->principal };
	int rc = read_source(call, in->source, c);

	if (rc == 0 && str_is_set(in->checksum_algorithm) && !s3_checksum_is_known(in->checksum_algorithm))
		rc = call_failf(call, &s3_InvalidRequest, "Checksum algorithm provided is unsupported.");
	if (rc < 0)
		return rc;
	add(call, parameters, "Bucket", c->bucket);
	add(call, parameters, "Key", c->key);
	add(call, parameters, "VersionId", c->version_id);
	add(call, parameters, "ExpectedBucketOwner", in->source_owner);
	add(call, parameters, "IfMatch", in->conditions.if_match);
	add(call, parameters, "IfNoneMatch", in->conditions.if_none_match);
	add(call, parameters, "IfModifiedSince", in->conditions.if_modified_since);
	add(call, parameters, "IfUnmodifiedSince", in->conditions.if_unmodified_since);
	request.parameters = parameters;
	call->scratch = c;
	if (host_call(call->host, &request, head_done, call) < 0)
		return call_fail(call, &s3_SlowDown);
	return CALL_PENDING;
}

void s3_copy_discard(struct call *call, struct copy *c)
{
	if (c->blob[0])
		s3_bury(s3_of(call), str_c(c->blob));
}
