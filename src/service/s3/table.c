/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of operations.
 */
#include "service/s3/named_setting.h"
#include "service/s3/operations.h"

#define BUCKET "/{Bucket}"
#define OBJECT "/{Bucket}/{Key+}"
#define ON_BUCKET .path = BUCKET, .resource = s3_bucket_arn
#define ON_OBJECT .path = OBJECT, .resource = s3_object_arn
#define TELLS_MISSING .probe_action = "s3:ListBucket", .probe_resource = s3_bucket_arn

#define OPERATION(text, how, verb, function, type, rows, ...)                                                                    \
	{                                                                                                                        \
		.name = text, .kind = OPERATION_##how, .method = verb, .run = function, .input = rows,                           \
		.input_size = sizeof(struct type), __VA_ARGS__                                                                   \
	}
#define GET_SETTING(text, parameter, iam)                                                                                        \
	OPERATION(text, READ, "GET", s3_setting_get, s3_bucket_input, s3_bucket_rows, ON_BUCKET, .query = parameter,             \
		  .action = iam)
#define PUT_SETTING(text, parameter, iam)                                                                                        \
	OPERATION(text, WRITE, "PUT", s3_setting_put, s3_bucket_input, s3_bucket_rows, ON_BUCKET,                                \
		  .prepare = s3_setting_put_prepare, .query = parameter, .action = iam)
#define DELETE_SETTING(text, parameter, iam)                                                                                     \
	OPERATION(text, WRITE, "DELETE", s3_setting_remove, s3_bucket_input, s3_bucket_rows, ON_BUCKET, .query = parameter,      \
		  .action = iam, .status = 204)
#define NAMED_SETTING(text, how, verb, function, parameter, ...)                                                                 \
	OPERATION(text, how, verb, s3_named_setting_##function, named_setting_input, s3_named_setting_rows, ON_BUCKET,           \
		  .query = parameter, __VA_ARGS__)
#define NAMED_SETTINGS(kind, parameter)                                                                                          \
	NAMED_SETTING("GetBucket" kind "Configuration", READ, "GET", get, parameter "&id",                                       \
		      .action = "s3:Get" kind "Configuration"),                                                                  \
		NAMED_SETTING("PutBucket" kind "Configuration", WRITE, "PUT", put, parameter,                                    \
			      .prepare = s3_named_setting_put_prepare, .action = "s3:Put" kind "Configuration"),                 \
		NAMED_SETTING("DeleteBucket" kind "Configuration", WRITE, "DELETE", remove, parameter, .status = 204,            \
			      .action = "s3:Put" kind "Configuration"),                                                          \
		NAMED_SETTING("ListBucket" kind "Configurations", READ, "GET", list, parameter,                                  \
			      .action = "s3:Get" kind "Configuration")
/* Known, and answered NotImplemented, so that no other operation of the same path takes the request for its own. */
#define UNSUPPORTED(text, verb, where, parameter)                                                                                \
	{                                                                                                                        \
		.name = text, .kind = OPERATION_ASYNC, .run = unsupported, .refused = true, .method = verb, .path = where,       \
		.query = parameter                                                                                               \
	}

static int unsupported(struct call *call)
{
	return s3_not_implemented(call, call->operation->name);
}

const struct operation s3_operations[] = {
	/* objects, the frequent ones first */
	OPERATION("PutObject", WRITE, "PUT", s3_put_object, put_object_input, s3_put_object_rows, ON_OBJECT,
		  .prepare = s3_put_object_prepare),
	OPERATION("GetObject", READ, "GET", s3_get_object, get_object_input, s3_get_object_rows, ON_OBJECT, TELLS_MISSING),
	OPERATION("HeadObject", READ, "HEAD", s3_head_object, get_object_input, s3_get_object_rows, ON_OBJECT, TELLS_MISSING,
		  .action = "s3:GetObject"),
	OPERATION("DeleteObject", WRITE, "DELETE", s3_delete_object, delete_object_input, s3_delete_object_rows, ON_OBJECT,
		  .status = 204),
	OPERATION("DeleteObjects", WRITE, "POST", s3_delete_objects, s3_bucket_input, s3_bucket_rows, .path = BUCKET,
		  .permissions = s3_delete_objects_permissions, .prepare = s3_delete_objects_prepare, .query = "delete"),
	OPERATION("CopyObject", ASYNC, "PUT", s3_copy_object, copy_input, s3_copy_object_rows, ON_OBJECT,
		  .header = "x-amz-copy-source", .action = "s3:PutObject"),
	OPERATION("GetObjectAttributes", READ, "GET", s3_get_object_attributes, attributes_input, s3_attributes_rows, ON_OBJECT,
		  .query = "attributes"),
	OPERATION("GetObjectTagging", READ, "GET", s3_get_object_tagging, s3_object_input, s3_object_rows, ON_OBJECT,
		  .query = "tagging"),
	OPERATION("PutObjectTagging", WRITE, "PUT", s3_put_object_tagging, s3_object_input, s3_object_rows, ON_OBJECT,
		  .prepare = s3_put_object_tagging_prepare, .query = "tagging"),
	OPERATION("DeleteObjectTagging", WRITE, "DELETE", s3_delete_object_tagging, s3_object_input, s3_object_rows, ON_OBJECT,
		  .query = "tagging", .status = 204),
	OPERATION("GetObjectAcl", READ, "GET", s3_get_object_acl, s3_object_input, s3_object_rows, ON_OBJECT, .query = "acl"),
	OPERATION("PutObjectAcl", READ, "PUT", s3_put_acl, put_acl_input, s3_put_acl_rows, ON_OBJECT, .query = "acl"),

	/* multipart uploads */
	OPERATION("CreateMultipartUpload", WRITE, "POST", s3_create_upload, create_upload_input, s3_create_upload_rows, ON_OBJECT,
		  .prepare = s3_create_upload_prepare, .query = "uploads", .action = "s3:PutObject"),
	OPERATION("UploadPart", WRITE, "PUT", s3_upload_part, upload_input, s3_upload_part_rows, ON_OBJECT,
		  .prepare = s3_upload_part_prepare, .query = "partNumber&uploadId", .action = "s3:PutObject"),
	OPERATION("UploadPartCopy", ASYNC, "PUT", s3_upload_part_copy, copy_input, s3_upload_part_copy_rows, ON_OBJECT,
		  .query = "partNumber&uploadId", .header = "x-amz-copy-source", .action = "s3:PutObject"),
	OPERATION("CompleteMultipartUpload", ASYNC, "POST", s3_complete_upload, upload_input, s3_complete_rows, ON_OBJECT,
		  .query = "uploadId", .action = "s3:PutObject"),
	OPERATION("AbortMultipartUpload", WRITE, "DELETE", s3_abort_upload, upload_input, s3_upload_rows, ON_OBJECT,
		  .query = "uploadId", .status = 204),
	OPERATION("ListParts", READ, "GET", s3_list_parts, upload_input, s3_upload_rows, ON_OBJECT, .query = "uploadId",
		  .action = "s3:ListMultipartUploadParts"),
	OPERATION("ListMultipartUploads", READ, "GET", s3_list_uploads, list_uploads_input, s3_list_uploads_rows, ON_BUCKET,
		  .query = "uploads", .action = "s3:ListBucketMultipartUploads"),

	/* listings */
	OPERATION("ListObjectsV2", READ, "GET", s3_list_objects_v2, list_input, s3_list_objects_v2_rows, ON_BUCKET,
		  .query = "list-type=2", .action = "s3:ListBucket"),
	OPERATION("ListObjects", READ, "GET", s3_list_objects, list_input, s3_list_objects_rows, ON_BUCKET,
		  .action = "s3:ListBucket"),
	OPERATION("ListObjectVersions", READ, "GET", s3_list_versions, list_input, s3_list_versions_rows, ON_BUCKET,
		  .query = "versions", .action = "s3:ListBucketVersions"),

	/* buckets */
	OPERATION("ListBuckets", READ, "GET", s3_list_buckets, list_buckets_input, s3_list_buckets_rows, .path = "/",
		  .action = "s3:ListAllMyBuckets"),
	OPERATION("CreateBucket", WRITE, "PUT", s3_create_bucket, create_bucket_input, s3_create_bucket_rows, ON_BUCKET,
		  .prepare = s3_create_bucket_prepare),
	OPERATION("HeadBucket", READ, "HEAD", s3_head_bucket, s3_bucket_input, s3_bucket_rows, ON_BUCKET,
		  .action = "s3:ListBucket"),
	OPERATION("DeleteBucket", WRITE, "DELETE", s3_delete_bucket, s3_bucket_input, s3_bucket_rows, ON_BUCKET, .status = 204),
	OPERATION("GetBucketLocation", READ, "GET", s3_get_bucket_location, s3_bucket_input, s3_bucket_rows, ON_BUCKET,
		  .query = "location"),
	OPERATION("GetBucketAcl", READ, "GET", s3_get_bucket_acl, s3_bucket_input, s3_bucket_rows, ON_BUCKET, .query = "acl"),
	OPERATION("PutBucketAcl", READ, "PUT", s3_put_acl, put_acl_input, s3_put_acl_rows, ON_BUCKET, .query = "acl"),
	OPERATION("GetBucketPolicy", READ, "GET", s3_get_bucket_policy, s3_bucket_input, s3_bucket_rows, ON_BUCKET,
		  .query = "policy"),
	OPERATION("PutBucketPolicy", WRITE, "PUT", s3_put_bucket_policy, s3_bucket_input, s3_bucket_rows, ON_BUCKET,
		  .prepare = s3_put_bucket_policy_prepare, .query = "policy", .status = 204),
	OPERATION("DeleteBucketPolicy", WRITE, "DELETE", s3_delete_bucket_policy, s3_bucket_input, s3_bucket_rows, ON_BUCKET,
		  .query = "policy", .status = 204),
	OPERATION("GetBucketPolicyStatus", READ, "GET", s3_get_bucket_policy_status, s3_bucket_input, s3_bucket_rows, ON_BUCKET,
		  .query = "policyStatus"),
	OPERATION("OptionsBucket", READ, "OPTIONS", s3_preflight, s3_bucket_input, s3_bucket_rows, ON_BUCKET, .anonymous = true),
	OPERATION("OptionsObject", READ, "OPTIONS", s3_preflight, s3_object_input, s3_object_rows, ON_OBJECT, .anonymous = true),

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
	PUT_SETTING("PutBucketWebsite", "website", NULL),
	DELETE_SETTING("DeleteBucketWebsite", "website", NULL),

	NAMED_SETTINGS("Analytics", "analytics"),
	NAMED_SETTINGS("IntelligentTiering", "intelligent-tiering"),
	NAMED_SETTINGS("Inventory", "inventory"),
	NAMED_SETTINGS("Metrics", "metrics"),

	UNSUPPORTED("PutObjectLockConfiguration", "PUT", BUCKET, "object-lock"),
	UNSUPPORTED("PutBucketReplication", "PUT", BUCKET, "replication"),
	UNSUPPORTED("GetBucketAbac", "GET", BUCKET, "abac"),
	UNSUPPORTED("PutBucketAbac", "PUT", BUCKET, "abac"),
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

	/* Last: `?versionId` says which version of what another parameter asks for, and of two rows that fit alike the first
	   wins. */
	OPERATION("GetObject", READ, "GET", s3_get_object, get_object_input, s3_get_object_rows, ON_OBJECT, TELLS_MISSING,
		  .query = "versionId", .action = "s3:GetObjectVersion"),
	OPERATION("HeadObject", READ, "HEAD", s3_head_object, get_object_input, s3_get_object_rows, ON_OBJECT, TELLS_MISSING,
		  .query = "versionId", .action = "s3:GetObjectVersion"),
	OPERATION("DeleteObject", WRITE, "DELETE", s3_delete_object, delete_object_input, s3_delete_object_rows, ON_OBJECT,
		  .query = "versionId", .action = "s3:DeleteObjectVersion", .status = 204),
	{ 0 },
};
