/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/s3.h"

#include "aws/reply.h"
#include "base/encode.h"
#include "base/limits.h"
#include "format/uri.h"

enum { LIST_REPLY_MAX = 8 << 20, ERROR_REPLY_MAX = 64 << 10, HEADERS_MAX = 6 };

static struct str reply_header(const struct aws_reply *reply, const char *name)
{
	return http_headers_get(reply->headers, reply->header_count, str_c(name));
}

/* "bytes 0-9/443": the number after the slash. */
static uint64_t whole_size(const struct aws_reply *reply)
{
	struct str range = reply_header(reply, "content-range");
	struct str text = reply_header(reply, "content-length");
	uint64_t size = reply->body.n;

	if (str_is_set(range)) {
		(void)str_split(&range, '/');
		text = range;
	}
	if (!str_is_set(text) || str_to_u64(str_trim(text), &size))
		return reply->body.n;
	return size;
}

static void read_object(const struct aws_reply *reply, struct s3_object *out)
{
	*out = (struct s3_object){
		.body = reply->body,
		.size = whole_size(reply),
		.etag = reply_header(reply, "etag"),
		.version_id = reply_header(reply, "x-amz-version-id"),
		.content_type = reply_header(reply, "content-type"),
		.checksum_sha256 = reply_header(reply, "x-amz-checksum-sha256"),
	};
}

static void request_init(struct aws_request *request, struct arena *a, const char *method, const struct s3_object_id *id)
{
	*request = (struct aws_request){
		.service = AWS_S3, .method = str_c(method), .bucket = id->bucket, .max_reply = LIMIT_REPLY_BODY
	};
	request->path = arena_concat(a, STR("/"), uri_encode_str(a, id->key, true));
	if (id->version_id.n > 0)
		request->query = arena_concat(a, STR("versionId="), uri_encode_str(a, id->version_id, false));
}

static int send(struct aws_client *c, struct arena *a, const struct aws_request *request, struct aws_reply *reply,
		struct error *err)
{
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory for an S3 request");
	return aws_send(c, a, request, reply, err);
}

int aws_s3_get_object(struct aws_client *c, struct arena *a, const struct s3_get *get, struct s3_object *out, struct error *err)
{
	struct aws_request request;
	struct aws_reply reply;
	struct http_header headers[HEADERS_MAX];
	size_t n = 0;

	request_init(&request, a, "GET", &get->id);
	if (get->ranged)
		headers[n++] =
			(struct http_header){ STR("Range"), arena_printf(a, "bytes=%llu-%llu", (unsigned long long)get->first,
									 (unsigned long long)get->last) };
	if (str_is_set(get->if_match))
		headers[n++] = (struct http_header){ STR("If-Match"), get->if_match };
	request.headers = headers;
	request.header_count = n;
	/* An error's text must fit even where a few bytes of the object are asked for. */
	request.max_reply = get->max > ERROR_REPLY_MAX ? get->max : ERROR_REPLY_MAX;
	int rc = send(c, a, &request, &reply, err);
	if (rc)
		return rc;
	if (reply.body.n > get->max)
		return error_set(err, ERR_LIMIT, "the object has more than %zu bytes", get->max);
	read_object(&reply, out);
	return 0;
}

int aws_s3_head_object(struct aws_client *c, struct arena *a, const struct s3_object_id *id, struct s3_object *out,
		       struct error *err)
{
	struct aws_request request;
	struct aws_reply reply;

	request_init(&request, a, "HEAD", id);
	int rc = send(c, a, &request, &reply, err);
	if (rc == 0)
		read_object(&reply, out);
	return rc;
}

int aws_s3_put_object(struct aws_client *c, struct arena *a, const struct s3_put *put, struct s3_object *out, struct error *err)
{
	struct aws_request request;
	struct aws_reply reply;
	struct http_header headers[HEADERS_MAX];
	uint8_t digest[SHA256_SIZE];
	size_t n = 0;

	request_init(&request, a, "PUT", &put->id);
	request.query = STR_NULL;
	request.body = put->body;
	request.fd = put->fd;
	request.length = put->length;
	if (str_is_set(put->content_type))
		headers[n++] = (struct http_header){ STR("Content-Type"), put->content_type };
	if (str_is_set(put->cache_control))
		headers[n++] = (struct http_header){ STR("Cache-Control"), put->cache_control };
	if (put->if_none_match)
		headers[n++] = (struct http_header){ STR("If-None-Match"), STR("*") };
	if (str_is_set(put->body)) {
		/* For a file the signature's own hash of the body already makes S3 compare. */
		sha256(put->body.p, put->body.n, digest);
		request.payload_hash = hex_str(a, digest, sizeof(digest));
		headers[n++] = (struct http_header){ STR("x-amz-checksum-sha256"), base64_encode(a, digest, sizeof(digest)) };
	}
	request.headers = headers;
	request.header_count = n;
	int rc = send(c, a, &request, &reply, err);
	if (rc == 0)
		read_object(&reply, out);
	return rc;
}

int aws_s3_delete_object(struct aws_client *c, struct arena *a, const struct s3_object_id *id, struct error *err)
{
	struct aws_request request;
	struct aws_reply reply;

	request_init(&request, a, "DELETE", id);
	return send(c, a, &request, &reply, err);
}

static int list(struct aws_client *c, struct arena *a, struct str bucket, struct str query, struct str *body, struct error *err)
{
	struct aws_request request = { .service = AWS_S3,
				       .method = STR("GET"),
				       .bucket = bucket,
				       .path = STR("/"),
				       .query = query,
				       .max_reply = LIST_REPLY_MAX };
	struct aws_reply reply;

	int rc = send(c, a, &request, &reply, err);
	if (rc == 0)
		*body = reply.body;
	return rc;
}

static size_t count_elements(struct str body, const char *name)
{
	size_t at = 0, n = 0;

	while (str_is_set(xml_scan(body, name, &at)))
		n++;
	return n;
}

/* Keys come url-encoded because the request asks for it. */
static struct str read_key(struct arena *a, struct str element)
{
	struct str key = STR_NULL;

	if (uri_decode(a, xml_scan_text(a, element, "Key"), true, &key))
		return STR_NULL;
	return key;
}

static size_t read_versions(struct arena *a, struct str body, const char *element, bool marker, struct s3_version *out)
{
	size_t at = 0, n = 0;

	for (struct str e = xml_scan(body, element, &at); str_is_set(e); e = xml_scan(body, element, &at))
		out[n++] = (struct s3_version){ read_key(a, e), xml_scan_text(a, e, "VersionId"), marker };
	return n;
}

int aws_s3_list_versions(struct aws_client *c, struct arena *a, struct str bucket, struct str prefix, struct s3_version **out,
			 size_t *count, struct error *err)
{
	struct str body;

	int rc = list(c, a, bucket, arena_concat(a, STR("versions=&encoding-type=url&prefix="), uri_encode_str(a, prefix, false)),
		      &body, err);
	if (rc)
		return rc;
	size_t n = count_elements(body, "Version") + count_elements(body, "DeleteMarker");
	struct s3_version *versions = arena_alloc_array(a, n + 1, sizeof(*versions));
	if (versions == NULL)
		return error_set(err, ERR_NO_MEMORY, "no memory for a list of versions");
	size_t found = read_versions(a, body, "Version", false, versions);
	found += read_versions(a, body, "DeleteMarker", true, versions + found);
	*out = versions;
	*count = found;
	return 0;
}

int aws_s3_list_objects(struct aws_client *c, struct arena *a, struct str bucket, struct str prefix, struct str *token,
			struct s3_listed **out, size_t *count, struct error *err)
{
	struct str query = arena_concat(a, STR("list-type=2&encoding-type=url&prefix="), uri_encode_str(a, prefix, false)), body;

	if (str_is_set(*token))
		query = arena_printf(a, STR_FMT "&continuation-token=" STR_FMT, STR_ARG(query),
				     STR_ARG(uri_encode_str(a, *token, false)));
	int rc = list(c, a, bucket, query, &body, err);
	if (rc)
		return rc;
	struct s3_listed *objects = arena_alloc_array(a, count_elements(body, "Contents") + 1, sizeof(*objects));
	if (objects == NULL)
		return error_set(err, ERR_NO_MEMORY, "no memory for a list of objects");
	size_t at = 0, n = 0;
	for (struct str e = xml_scan(body, "Contents", &at); str_is_set(e); e = xml_scan(body, "Contents", &at)) {
		objects[n].key = read_key(a, e);
		if (str_to_u64(xml_scan_text(a, e, "Size"), &objects[n].size) == 0)
			n++;
	}
	*token = xml_scan_text(a, body, "NextContinuationToken");
	*out = objects;
	*count = n;
	return 0;
}

int s3_presign(struct aws_client *c, struct arena *a, struct str method, const struct s3_object_id *id,
	       const struct http_header *headers, size_t header_count, struct str query, int64_t now_ms, int expires_s,
	       struct str *url, struct error *err)
{
	struct aws_request request;

	request_init(&request, a, "GET", id);
	request.method = method;
	if (query.n > 0)
		request.query = request.query.n > 0 ? arena_printf(a, STR_FMT "&" STR_FMT, STR_ARG(request.query), STR_ARG(query))
						    : query;
	request.headers = headers;
	request.header_count = header_count;
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory for a URL");
	return aws_presign(c, a, &request, now_ms, expires_s, url, err);
}
