/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of operations, and the service's life.
 */
#include "base/encode.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "service/s3/lifecycle.h"
#include "service/s3/operations.h"
#include "service/s3/s3.h"

#define BUCKET "/{Bucket}"
#define OBJECT "/{Bucket}/{Key+}"
#define ON_BUCKET .path = BUCKET, .resource = s3_bucket_arn
#define ON_OBJECT .path = OBJECT, .resource = s3_object_arn
#define INPUT(type, rows) .input = rows, .input_size = sizeof(struct type)
#define BUCKET_INPUT INPUT(s3_bucket_input, s3_bucket_rows)
#define OBJECT_INPUT INPUT(s3_object_input, s3_object_rows)

#define GET_SETTING(text, parameter, iam) \
	{ .name = text, .kind = OPERATION_READ, .run = s3_setting_get, BUCKET_INPUT, .method = "GET", ON_BUCKET, .query = parameter, .action = iam }
#define PUT_SETTING(text, parameter, iam) \
	{ .name = text, .kind = OPERATION_WRITE, .prepare = s3_setting_put_prepare, .run = s3_setting_put, BUCKET_INPUT, .method = "PUT", ON_BUCKET, \
	  .query = parameter, .action = iam }
#define DELETE_SETTING(text, parameter, iam) \
	{ .name = text, .kind = OPERATION_WRITE, .run = s3_setting_remove, BUCKET_INPUT, .method = "DELETE", ON_BUCKET, .query = parameter, \
	  .action = iam, .status = 204 }
/* Known, and answered NotImplemented, so that no other operation of the same path takes the request for its own. */
#define UNSUPPORTED(text, verb, where, parameter) \
	{ .name = text, .kind = OPERATION_ASYNC, .run = unsupported, .method = verb, .path = where, .query = parameter }

static int unsupported(struct call *call)
{
	return s3_not_implemented(call, call->operation->name);
}

static const struct operation operations[] = {
	/* objects, the frequent ones first */
	{ .name = "PutObject", .kind = OPERATION_WRITE, .prepare = s3_put_object_prepare, .run = s3_put_object,
	  INPUT(put_object_input, s3_put_object_rows), .method = "PUT", ON_OBJECT },
	{ .name = "GetObject", .kind = OPERATION_READ, .run = s3_get_object, INPUT(get_object_input, s3_get_object_rows), .method = "GET", ON_OBJECT },
	{ .name = "GetObject", .kind = OPERATION_READ, .run = s3_get_object, INPUT(get_object_input, s3_get_object_rows), .method = "GET", ON_OBJECT,
	  .query = "versionId", .action = "s3:GetObjectVersion" },
	{ .name = "HeadObject", .kind = OPERATION_READ, .run = s3_head_object, INPUT(get_object_input, s3_get_object_rows), .method = "HEAD",
	  ON_OBJECT, .action = "s3:GetObject" },
	{ .name = "HeadObject", .kind = OPERATION_READ, .run = s3_head_object, INPUT(get_object_input, s3_get_object_rows), .method = "HEAD",
	  ON_OBJECT, .query = "versionId", .action = "s3:GetObjectVersion" },
	{ .name = "DeleteObject", .kind = OPERATION_WRITE, .run = s3_delete_object, INPUT(delete_object_input, s3_delete_object_rows),
	  .method = "DELETE", ON_OBJECT, .status = 204 },
	{ .name = "DeleteObject", .kind = OPERATION_WRITE, .run = s3_delete_object, INPUT(delete_object_input, s3_delete_object_rows),
	  .method = "DELETE", ON_OBJECT, .query = "versionId", .action = "s3:DeleteObjectVersion", .status = 204 },
	{ .name = "DeleteObjects", .kind = OPERATION_WRITE, .prepare = s3_delete_objects_prepare, .run = s3_delete_objects, BUCKET_INPUT,
	  .method = "POST", .path = BUCKET, .resource = s3_every_object_arn, .query = "delete", .action = "s3:DeleteObject" },
	{ .name = "CopyObject", .kind = OPERATION_ASYNC, .run = s3_copy_object, INPUT(copy_input, s3_copy_object_rows), .method = "PUT", ON_OBJECT,
	  .header = "x-amz-copy-source", .action = "s3:PutObject" },
	{ .name = "GetObjectAttributes", .kind = OPERATION_READ, .run = s3_get_object_attributes, INPUT(attributes_input, s3_attributes_rows),
	  .method = "GET", ON_OBJECT, .query = "attributes" },
	{ .name = "GetObjectTagging", .kind = OPERATION_READ, .run = s3_get_object_tagging, OBJECT_INPUT, .method = "GET", ON_OBJECT,
	  .query = "tagging" },
	{ .name = "PutObjectTagging", .kind = OPERATION_WRITE, .prepare = s3_put_object_tagging_prepare, .run = s3_put_object_tagging, OBJECT_INPUT,
	  .method = "PUT", ON_OBJECT, .query = "tagging" },
	{ .name = "DeleteObjectTagging", .kind = OPERATION_WRITE, .run = s3_delete_object_tagging, OBJECT_INPUT, .method = "DELETE", ON_OBJECT,
	  .query = "tagging", .status = 204 },
	{ .name = "GetObjectAcl", .kind = OPERATION_READ, .run = s3_get_object_acl, OBJECT_INPUT, .method = "GET", ON_OBJECT, .query = "acl" },
	{ .name = "PutObjectAcl", .kind = OPERATION_READ, .run = s3_put_acl, INPUT(put_acl_input, s3_put_acl_rows), .method = "PUT", ON_OBJECT,
	  .query = "acl" },

	/* multipart uploads */
	{ .name = "CreateMultipartUpload", .kind = OPERATION_WRITE, .prepare = s3_create_upload_prepare, .run = s3_create_upload,
	  INPUT(create_upload_input, s3_create_upload_rows), .method = "POST", ON_OBJECT, .query = "uploads", .action = "s3:PutObject" },
	{ .name = "UploadPart", .kind = OPERATION_WRITE, .prepare = s3_upload_part_prepare, .run = s3_upload_part,
	  INPUT(upload_input, s3_upload_part_rows), .method = "PUT", ON_OBJECT, .query = "partNumber&uploadId", .action = "s3:PutObject" },
	{ .name = "UploadPartCopy", .kind = OPERATION_ASYNC, .run = s3_upload_part_copy, INPUT(copy_input, s3_upload_part_copy_rows),
	  .method = "PUT", ON_OBJECT, .query = "partNumber&uploadId", .header = "x-amz-copy-source", .action = "s3:PutObject" },
	{ .name = "CompleteMultipartUpload", .kind = OPERATION_ASYNC, .run = s3_complete_upload, INPUT(upload_input, s3_complete_rows),
	  .method = "POST", ON_OBJECT, .query = "uploadId", .action = "s3:PutObject" },
	{ .name = "AbortMultipartUpload", .kind = OPERATION_WRITE, .run = s3_abort_upload, INPUT(upload_input, s3_upload_rows), .method = "DELETE",
	  ON_OBJECT, .query = "uploadId", .status = 204 },
	{ .name = "ListParts", .kind = OPERATION_READ, .run = s3_list_parts, INPUT(upload_input, s3_upload_rows), .method = "GET", ON_OBJECT,
	  .query = "uploadId", .action = "s3:ListMultipartUploadParts" },
	{ .name = "ListMultipartUploads", .kind = OPERATION_READ, .run = s3_list_uploads, INPUT(list_uploads_input, s3_list_uploads_rows),
	  .method = "GET", ON_BUCKET, .query = "uploads", .action = "s3:ListBucketMultipartUploads" },

	/* listings */
	{ .name = "ListObjectsV2", .kind = OPERATION_READ, .run = s3_list_objects_v2, INPUT(list_input, s3_list_objects_v2_rows), .method = "GET",
	  ON_BUCKET, .query = "list-type=2", .action = "s3:ListBucket" },
	{ .name = "ListObjects", .kind = OPERATION_READ, .run = s3_list_objects, INPUT(list_input, s3_list_objects_rows), .method = "GET", ON_BUCKET,
	  .action = "s3:ListBucket" },
	{ .name = "ListObjectVersions", .kind = OPERATION_READ, .run = s3_list_versions, INPUT(list_input, s3_list_versions_rows), .method = "GET",
	  ON_BUCKET, .query = "versions", .action = "s3:ListBucketVersions" },

	/* buckets */
	{ .name = "ListBuckets", .kind = OPERATION_READ, .run = s3_list_buckets, INPUT(list_buckets_input, s3_list_buckets_rows), .method = "GET",
	  .path = "/", .action = "s3:ListAllMyBuckets" },
	{ .name = "CreateBucket", .kind = OPERATION_WRITE, .prepare = s3_create_bucket_prepare, .run = s3_create_bucket,
	  INPUT(create_bucket_input, s3_create_bucket_rows), .method = "PUT", ON_BUCKET },
	{ .name = "HeadBucket", .kind = OPERATION_READ, .run = s3_head_bucket, BUCKET_INPUT, .method = "HEAD", ON_BUCKET,
	  .action = "s3:ListBucket" },
	{ .name = "DeleteBucket", .kind = OPERATION_WRITE, .run = s3_delete_bucket, BUCKET_INPUT, .method = "DELETE", ON_BUCKET, .status = 204 },
	{ .name = "GetBucketLocation", .kind = OPERATION_READ, .run = s3_get_bucket_location, BUCKET_INPUT, .method = "GET", ON_BUCKET,
	  .query = "location" },
	{ .name = "GetBucketAcl", .kind = OPERATION_READ, .run = s3_get_bucket_acl, BUCKET_INPUT, .method = "GET", ON_BUCKET, .query = "acl" },
	{ .name = "PutBucketAcl", .kind = OPERATION_READ, .run = s3_put_acl, INPUT(put_acl_input, s3_put_acl_rows), .method = "PUT", ON_BUCKET,
	  .query = "acl" },
	{ .name = "GetBucketPolicy", .kind = OPERATION_READ, .run = s3_get_bucket_policy, BUCKET_INPUT, .method = "GET", ON_BUCKET,
	  .query = "policy" },
	{ .name = "PutBucketPolicy", .kind = OPERATION_WRITE, .prepare = s3_put_bucket_policy_prepare, .run = s3_put_bucket_policy, BUCKET_INPUT,
	  .method = "PUT", ON_BUCKET, .query = "policy", .status = 204 },
	{ .name = "DeleteBucketPolicy", .kind = OPERATION_WRITE, .run = s3_delete_bucket_policy, BUCKET_INPUT, .method = "DELETE", ON_BUCKET,
	  .query = "policy", .status = 204 },
	{ .name = "GetBucketPolicyStatus", .kind = OPERATION_READ, .run = s3_get_bucket_policy_status, BUCKET_INPUT, .method = "GET", ON_BUCKET,
	  .query = "policyStatus" },
	{ .name = "OptionsBucket", .kind = OPERATION_READ, .run = s3_preflight, BUCKET_INPUT, .method = "OPTIONS", ON_BUCKET, .anonymous = true },
	{ .name = "OptionsObject", .kind = OPERATION_READ, .run = s3_preflight, OBJECT_INPUT, .method = "OPTIONS", ON_OBJECT, .anonymous = true },

	/* settings: the query parameter names the row of settings.c */
	GET_SETTING("GetBucketAccelerateConfiguration", "accelerate", "s3:GetAccelerateConfiguration"),
	PUT_SETTING("PutBucketAccelerateConfiguration", "accelerate", "s3:PutAccelerateConfiguration"),
	GET_SETTING("GetBucketCors", "cors", "s3:GetBucketCORS"),
	PUT_SETTING("PutBucketCors", "cors", "s3:PutBucketCORS"),
	DELETE_SETTING("DeleteBucketCors", "cors", "s3:PutBucketCORS"),
	GET_SETTING("GetBucketEncryption", "encryption", "s3:GetEncryptionConfiguration"),
	PUT_SETTING("PutBucketEncryption", "encryption", "s3:PutEncryptionConfiguration"),
	DELETE_SETTING("DeleteBucketEncryption", "encryption", "s3:PutEncryptionConfiguration"),
	GET_SETTING("GetBucketLifecycleConfiguration", "lifecycle", "s3:GetLifecycleConfiguration"),
	PUT_SETTING("PutBucketLifecycleConfiguration", "lifecycle", "s3:PutLifecycleConfiguration"),
	DELETE_SETTING("DeleteBucketLifecycle", "lifecycle", "s3:PutLifecycleConfiguration"),
	GET_SETTING("GetBucketLogging", "logging", NULL),
	PUT_SETTING("PutBucketLogging", "logging", NULL),
	GET_SETTING("GetBucketNotificationConfiguration", "notification", "s3:GetBucketNotification"),
	PUT_SETTING("PutBucketNotificationConfiguration", "notification", "s3:PutBucketNotification"),
	GET_SETTING("GetBucketOwnershipControls", "ownershipControls", NULL),
	PUT_SETTING("PutBucketOwnershipControls", "ownershipControls", NULL),
	DELETE_SETTING("DeleteBucketOwnershipControls", "ownershipControls", "s3:PutBucketOwnershipControls"),
	GET_SETTING("GetPublicAccessBlock", "publicAccessBlock", "s3:GetBucketPublicAccessBlock"),
	PUT_SETTING("PutPublicAccessBlock", "publicAccessBlock", "s3:PutBucketPublicAccessBlock"),
	DELETE_SETTING("DeletePublicAccessBlock", "publicAccessBlock", "s3:PutBucketPublicAccessBlock"),
	GET_SETTING("GetBucketRequestPayment", "requestPayment", NULL),
	PUT_SETTING("PutBucketRequestPayment", "requestPayment", NULL),
	GET_SETTING("GetBucketTagging", "tagging", NULL),
	PUT_SETTING("PutBucketTagging", "tagging", NULL),
	DELETE_SETTING("DeleteBucketTagging", "tagging", "s3:PutBucketTagging"),
	GET_SETTING("GetBucketVersioning", "versioning", NULL),
	PUT_SETTING("PutBucketVersioning", "versioning", NULL),
	GET_SETTING("GetObjectLockConfiguration", "object-lock", "s3:GetBucketObjectLockConfiguration"),
	GET_SETTING("GetBucketReplication", "replication", "s3:GetReplicationConfiguration"),
	DELETE_SETTING("DeleteBucketReplication", "replication", "s3:PutReplicationConfiguration"),
	GET_SETTING("GetBucketWebsite", "website", NULL),
	DELETE_SETTING("DeleteBucketWebsite", "website", NULL),

	UNSUPPORTED("PutObjectLockConfiguration", "PUT", BUCKET, "object-lock"),
	UNSUPPORTED("PutBucketReplication", "PUT", BUCKET, "replication"),
	UNSUPPORTED("PutBucketWebsite", "PUT", BUCKET, "website"),
	UNSUPPORTED("GetBucketAbac", "GET", BUCKET, "abac"),
	UNSUPPORTED("PutBucketAbac", "PUT", BUCKET, "abac"),
	UNSUPPORTED("GetBucketAnalyticsConfiguration", "GET", BUCKET, "analytics"),
	UNSUPPORTED("PutBucketAnalyticsConfiguration", "PUT", BUCKET, "analytics"),
	UNSUPPORTED("DeleteBucketAnalyticsConfiguration", "DELETE", BUCKET, "analytics"),
	UNSUPPORTED("GetBucketIntelligentTieringConfiguration", "GET", BUCKET, "intelligent-tiering"),
	UNSUPPORTED("PutBucketIntelligentTieringConfiguration", "PUT", BUCKET, "intelligent-tiering"),
	UNSUPPORTED("DeleteBucketIntelligentTieringConfiguration", "DELETE", BUCKET, "intelligent-tiering"),
	UNSUPPORTED("GetBucketInventoryConfiguration", "GET", BUCKET, "inventory"),
	UNSUPPORTED("PutBucketInventoryConfiguration", "PUT", BUCKET, "inventory"),
	UNSUPPORTED("DeleteBucketInventoryConfiguration", "DELETE", BUCKET, "inventory"),
	UNSUPPORTED("GetBucketMetricsConfiguration", "GET", BUCKET, "metrics"),
	UNSUPPORTED("PutBucketMetricsConfiguration", "PUT", BUCKET, "metrics"),
	UNSUPPORTED("DeleteBucketMetricsConfiguration", "DELETE", BUCKET, "metrics"),
	UNSUPPORTED("GetBucketMetadataConfiguration", "GET", BUCKET, "metadataConfiguration"),
	UNSUPPORTED("CreateBucketMetadataConfiguration", "POST", BUCKET, "metadataConfiguration"),
	UNSUPPORTED("DeleteBucketMetadataConfiguration", "DELETE", BUCKET, "metadataConfiguration"),
	UNSUPPORTED("GetBucketMetadataTableConfiguration", "GET", BUCKET, "metadataTable"),
	UNSUPPORTED("CreateBucketMetadataTableConfiguration", "POST", BUCKET, "metadataTable"),
	UNSUPPORTED("DeleteBucketMetadataTableConfiguration", "DELETE", BUCKET, "metadataTable"),
	UNSUPPORTED("UpdateBucketMetadataInventoryTableConfiguration", "PUT", BUCKET, "metadataInventoryTable"),
	UNSUPPORTED("UpdateBucketMetadataJournalTableConfiguration", "PUT", BUCKET, "metadataJournalTable"),
	UNSUPPORTED("CreateSession", "GET", BUCKET, "session"),
	UNSUPPORTED("GetObjectLegalHold", "GET", OBJECT, "legal-hold"),
	UNSUPPORTED("PutObjectLegalHold", "PUT", OBJECT, "legal-hold"),
	UNSUPPORTED("GetObjectRetention", "GET", OBJECT, "retention"),
	UNSUPPORTED("PutObjectRetention", "PUT", OBJECT, "retention"),
	UNSUPPORTED("GetObjectTorrent", "GET", OBJECT, "torrent"),
	UNSUPPORTED("RenameObject", "PUT", OBJECT, "renameObject"),
	UNSUPPORTED("UpdateObjectEncryption", "PUT", OBJECT, "encryption"),
	UNSUPPORTED("RestoreObject", "POST", OBJECT, "restore"),
	UNSUPPORTED("SelectObjectContent", "POST", OBJECT, "select"),
	{ 0 },
};

/* ---- life ---- */

/* Adds the blobs of records of one space to a set. */
static int collect_blobs(struct access *x, enum store_space space, struct map *named)
{
	struct store_cursor c;
	struct str key, row;
	int rc = store_scan(&c, x->txn, space, STR(""), STR_NULL, false, &x->err);

	while (rc == 0 && (rc = store_next(&c, &key, &row, &x->err)) == 1) {
		const struct json *record;
		struct arena a;

		arena_init(&a, MIB(16));
		rc = json_parse(&a, row, &record, &x->err);
		struct str blob = rc == 0 ? json_get_text(record, STR("blob")) : STR_NULL;
		if (str_is_set(blob))
			rc = map_put(named, blob, named, NULL);
		arena_release(&a);
	}
	store_scan_end(&c);
	return rc;
}

static bool is_named(void *argument, struct str id)
{
	return map_get(argument, id) != NULL;
}

/* Files that no record names: of uploads that never ended, or removed when the process died. */
static int sweep_orphans(struct s3 *s3, struct error *err)
{
	struct access x = { .s3 = s3 };
	struct map named;
	int rc = store_read_begin(s3->store, &x.txn, err);

	if (rc < 0)
		return rc;
	map_init(&named);
	rc = collect_blobs(&x, SPACE_S3_OBJECTS, &named);
	if (rc == 0)
		rc = collect_blobs(&x, SPACE_S3_UPLOADS, &named);
	store_read_end(x.txn);
	if (rc == 0)
		rc = blob_sweep(s3->store, is_named, &named, &x.err);
	map_release(&named);
	if (rc < 0)
		*err = x.err;
	return rc;
}

/* Stable for an account, and unlike the account's number, as canonical user ids are. */
static void make_owner_id(struct s3 *s3)
{
	uint8_t digest[SHA256_SIZE];
	char text[64];
	int n = snprintf(text, sizeof(text), "canonical user " STR_FMT, STR_ARG(s3->account));

	sha256(text, (size_t)n, digest);
	hex_encode(s3->owner_id, digest, sizeof(digest));
}

static void s3_close(void *state)
{
	struct s3 *s3 = state;

	if (!s3)
		return;
	s3_graves_close(s3);
	pthread_mutex_destroy(&s3->timers_lock);
	free(s3);
}

static int s3_open(struct host *host, void **state, struct error *err)
{
	struct s3 *s3 = calloc(1, sizeof(*s3));

	if (!s3)
		return error_set(err, ERR_NO_MEMORY, "s3: out of memory");
	s3->host = host;
	s3->store = host_store(host);
	s3->region = host_region(host);
	s3->account = host_account(host);
	pthread_mutex_init(&s3->timers_lock, NULL);
	make_owner_id(s3);
	int rc = sweep_orphans(s3, err);
	if (rc < 0) {
		s3_close(s3);
		return rc;
	}
	*state = s3;
	return 0;
}

static int s3_start(void *state, struct error *err)
{
	(void)err;
	s3_lifecycle_start(state);
	return 0;
}

static void s3_stop(void *state)
{
	s3_lifecycle_stop(state);
	s3_graves_stop(state);
}

const struct service service_s3 = {
	.name = "s3",
	.protocol = PROTOCOL_REST_XML,
	.xml_namespace = "http://s3.amazonaws.com/doc/2006-03-01/",
	.operations = operations,
	.open = s3_open,
	.start = s3_start,
	.stop = s3_stop,
	.close = s3_close,
	.refuse = s3_refuse,
};
