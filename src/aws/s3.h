/* SPDX-License-Identifier: Apache-2.0
 *
 * The S3 operations that the functions and the command line use, over aws/client.h.
 */
#ifndef GLEANER_AWS_S3_H
#define GLEANER_AWS_S3_H

#include "aws/client.h"

struct s3_object_id {
	struct str bucket, key;
	struct str version_id; /* absent: the current version */
};

struct s3_get {
	struct s3_object_id id;
	bool ranged;
	uint64_t first, last; /* with `ranged`: bytes first to last, both included */
	struct str if_match;  /* an ETag; absent: any */
	size_t max;           /* ERR_LIMIT past it */
};

struct s3_object {
	struct str body;
	uint64_t size;                                              /* of the whole object, also for a range */
	struct str etag, version_id, content_type, checksum_sha256; /* absent where S3 sends none */
};

struct s3_put {
	struct s3_object_id id; /* version_id is not used */
	struct str body;
	int fd; /* with body absent: `length` bytes from offset 0 */
	uint64_t length;
	struct str content_type;
	struct str cache_control; /* absent: none */
	bool if_none_match;       /* only when there is no such object: "PreconditionFailed" otherwise */
};

struct s3_version {
	struct str key, version_id;
	bool delete_marker;
};

struct s3_listed {
	struct str key;
	uint64_t size;
};

int aws_s3_get_object(struct aws_client *c, struct arena *a, const struct s3_get *get, struct s3_object *out,
		      struct error *err) MUST_CHECK;
/* Without an object: err->name is "NotFound" (a HEAD's answer has no body to name it better). */
int aws_s3_head_object(struct aws_client *c, struct arena *a, const struct s3_object_id *id, struct s3_object *out,
		       struct error *err) MUST_CHECK;
/* Sends the body's SHA-256 as its checksum; S3 compares. `out` gets etag and version_id. */
int aws_s3_put_object(struct aws_client *c, struct arena *a, const struct s3_put *put, struct s3_object *out,
		      struct error *err) MUST_CHECK;
/* With version_id that version is gone for good; deleting what is not there succeeds. */
int aws_s3_delete_object(struct aws_client *c, struct arena *a, const struct s3_object_id *id, struct error *err) MUST_CHECK;
/* First page (at most 1,000) of versions and delete markers whose key starts with `prefix`. */
int aws_s3_list_versions(struct aws_client *c, struct arena *a, struct str bucket, struct str prefix, struct s3_version **out,
			 size_t *count, struct error *err) MUST_CHECK;
/* One page; `*token` is where to go on: absent before the first page and after the last. */
int aws_s3_list_objects(struct aws_client *c, struct arena *a, struct str bucket, struct str prefix, struct str *token,
			struct s3_listed **out, size_t *count, struct error *err) MUST_CHECK;

/* `headers` are those the bearer must send as given; `query` (encoded, may be absent) may hold response-* and versionId. */
int s3_presign(struct aws_client *c, struct arena *a, struct str method, const struct s3_object_id *id,
	       const struct http_header *headers, size_t header_count, struct str query, int64_t now_ms, int expires_s,
	       struct str *url, struct error *err) MUST_CHECK;

#endif
