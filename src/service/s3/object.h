/* SPDX-License-Identifier: Apache-2.0
 *
 * What the operations on objects share: finding things in S3's words, attributes of a new object, conditions, events, the
 * headers of an answer.
 */
#ifndef GLEANER_SERVICE_S3_OBJECT_H
#define GLEANER_SERVICE_S3_OBJECT_H

#include "service/s3/record.h"

/* find.c. A store's fault as the call's. */
int s3_fault(struct call *call, struct access *x);
/* The target's bucket: NoSuchBucket; AccessDenied when ExpectedBucketOwner is another account. Adds CORS headers. */
int s3_open_bucket(struct call *call, struct access *x, struct bucket *b) MUST_CHECK;
/* The target's object: NoSuchKey, NoSuchVersion, MethodNotAllowed for a delete marker asked for by its id. */
int s3_find_object(struct call *call, struct access *x, struct str version_id, struct object *o) MUST_CHECK;
/* The same without an answer for a delete marker: it is found. */
int s3_find_version(struct call *call, struct access *x, struct str version_id, struct object *o) MUST_CHECK;

/* attributes.c: the headers with which an object is written. */
struct s3_attributes {
	struct str cache_control, content_disposition, content_encoding, content_language, content_type, expires,
		website_redirect;
	struct str acl, storage_class, sse, kms_key, tagging;
	struct opt_bool bucket_key;
	const struct json *metadata;
};
#define S3_ATTRIBUTE_ROWS(type)                                                                                                  \
	S3_HEADER(type, attributes.cache_control, "CacheControl", "Cache-Control"),                                              \
		S3_HEADER(type, attributes.content_disposition, "ContentDisposition", "Content-Disposition"),                    \
		S3_HEADER(type, attributes.content_encoding, "ContentEncoding", "Content-Encoding"),                             \
		S3_HEADER(type, attributes.content_language, "ContentLanguage", "Content-Language"),                             \
		S3_HEADER(type, attributes.content_type, "ContentType", "Content-Type"),                                         \
		S3_HEADER(type, attributes.expires, "Expires", "Expires"),                                                       \
		S3_HEADER(type, attributes.website_redirect, "WebsiteRedirectLocation", "x-amz-website-redirect-location"),      \
		S3_HEADER(type, attributes.acl, "ACL", "x-amz-acl"),                                                             \
		S3_HEADER(type, attributes.storage_class, "StorageClass", "x-amz-storage-class"),                                \
		S3_HEADER(type, attributes.sse, "ServerSideEncryption", "x-amz-server-side-encryption"),                         \
		S3_HEADER(type, attributes.kms_key, "SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id"),               \
		BIND_BOOL(type, attributes.bucket_key, "BucketKeyEnabled", .location = BIND_HEADER,                              \
			  .wire = "x-amz-server-side-encryption-bucket-key-enabled"),                                            \
		S3_HEADER(type, attributes.tagging, "Tagging", "x-amz-tagging"),                                                 \
		BIND_MAP(type, attributes.metadata, "Metadata", .location = BIND_HEADERS, .wire = "x-amz-meta-"),                \
		S3_REFUSED("SSEKMSEncryptionContext", "x-amz-server-side-encryption-context"),                                   \
		S3_REFUSED("GrantFullControl", "x-amz-grant-full-control"), S3_REFUSED("GrantRead", "x-amz-grant-read"),         \
		S3_REFUSED("GrantReadACP", "x-amz-grant-read-acp"), S3_REFUSED("GrantWriteACP", "x-amz-grant-write-acp"),        \
		S3_REFUSED("ObjectLockMode", "x-amz-object-lock-mode"),                                                          \
		S3_REFUSED("ObjectLockRetainUntilDate", "x-amz-object-lock-retain-until-date"),                                  \
		S3_REFUSED("ObjectLockLegalHoldStatus", "x-amz-object-lock-legal-hold"), S3_REFUSED_CUSTOMER_KEY

/* Checks them and fills the object's headers, metadata, tags, class and encryption. */
int s3_take_attributes(struct call *call, const struct s3_attributes *in, struct object *o) MUST_CHECK;
/* Where the request said nothing about encryption the bucket's default counts. */
void s3_default_encryption(struct access *x, const struct bucket *b, struct object *o);
int s3_check_acl(struct call *call, struct str acl) MUST_CHECK;
bool s3_storage_class_is_valid(struct str name);

/* tags.c: names to values. At most `max`; from the header's form or a <TagSet>. */
int s3_tags_from_text(struct call *call, struct str text, const struct json **out) MUST_CHECK;
int s3_tags_from_xml(struct call *call, const struct xml *tagging, size_t max, const struct json **out) MUST_CHECK;
void s3_write_tags(struct call *call, const struct json *tags);

/* conditions.c */
struct s3_conditions {
	struct str if_match, if_none_match, if_modified_since, if_unmodified_since;
};
#define S3_CONDITION_ROWS(type)                                                                                                  \
	S3_HEADER(type, conditions.if_match, "IfMatch", "If-Match"),                                                             \
		S3_HEADER(type, conditions.if_none_match, "IfNoneMatch", "If-None-Match"),                                       \
		S3_HEADER(type, conditions.if_modified_since, "IfModifiedSince", "If-Modified-Since"),                           \
		S3_HEADER(type, conditions.if_unmodified_since, "IfUnmodifiedSince", "If-Unmodified-Since")
enum s3_condition { CONDITION_HOLDS, CONDITION_NOT_MODIFIED, CONDITION_FAILED };
/* For reads (RFC 9110 §13.2.2); `failed` names the header that decided. */
enum s3_condition s3_read_condition(const struct s3_conditions *c, const struct object *o, const char **failed);
/* For writes: If-Match and If-None-Match: * against the current object. */
int s3_check_write(struct call *call, struct access *x, struct str if_match, struct str if_none_match) MUST_CHECK;
bool s3_etag_matches(struct str header, struct str etag);

/* body.c: the request's body as content. */
int s3_body_content(struct call *call, struct access *x, struct content *out) MUST_CHECK;
void s3_body_etag(struct call *call, struct str *etag);
/* When the operation did not keep it. */
void s3_body_discard(struct call *call);
struct checksum s3_body_checksum(const struct call *call);

/* headers.c */
void s3_reply_version(struct call *call, const struct bucket *b, const struct object *o);
void s3_reply_new_version(struct call *call, const struct object *o);
void s3_reply_encryption(struct call *call, const struct object *o);
void s3_reply_checksum(struct call *call, const struct checksum *c);
/* What the request's header says the checksum is; absent: nothing. */
struct str s3_declared_checksum(const struct call *call, struct str algorithm);
void s3_write_checksum(struct call *call, const struct checksum *c); /* as XML members, without the type */
void s3_reply_attributes(struct call *call, const struct object *o);

/* cors.c: adds Access-Control headers where the bucket's rules allow the request's Origin. */
void s3_reply_cors(struct call *call, struct access *x, const struct bucket *b);

/* notify.c: events for EventBridge, in the transaction of the change. */
struct occasion {
	const char *reason;
	struct str request_id, requester, source_ip; /* the last absent where nobody asked */
};
struct occasion s3_occasion(struct call *call, const char *reason);
int s3_notify_created(struct access *x, const struct bucket *b, const struct object *o, const struct occasion *why) MUST_CHECK;
int s3_notify_deleted(struct access *x, const struct bucket *b, const struct object *o, bool marker_made,
		      const struct occasion *why) MUST_CHECK;
/* notify_targets.c: the same to the queues, topics and functions of the bucket's configuration; `event` is "ObjectCreated:Put" …,
 * `object` the object as EventBridge is told of it. */
int s3_notify_targets(struct access *x, const struct bucket *b, const char *event, const struct json *object,
		      const struct occasion *why) MUST_CHECK;
int s3_notify_tags(struct access *x, const struct bucket *b, const struct object *o, bool deleted) MUST_CHECK;

#endif
