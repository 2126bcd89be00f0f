/* SPDX-License-Identifier: Apache-2.0
 *
 * What each file offers to the table of operations in service.c: its bind tables and functions.
 */
#ifndef GLEANER_SERVICE_S3_OPERATIONS_H
#define GLEANER_SERVICE_S3_OPERATIONS_H

#include "service/s3/object.h"

/* table.c */
extern const struct operation s3_operations[];

/* bucket.c */
struct create_bucket_input {
	struct s3_target target;
	struct str acl, ownership;
	struct opt_bool object_lock;
};
struct list_buckets_input {
	struct str prefix, token, region;
	struct opt_i64 max;
};
extern const struct bind s3_create_bucket_rows[], s3_list_buckets_rows[];
int s3_create_bucket_prepare(struct call *call);
int s3_create_bucket(struct call *call);
int s3_head_bucket(struct call *call);
int s3_delete_bucket(struct call *call);
int s3_list_buckets(struct call *call);
int s3_get_bucket_location(struct call *call);

/* setting.c: settings kept as the XML they came in. */
int s3_setting_put_prepare(struct call *call);
int s3_setting_put(struct call *call);
int s3_setting_get(struct call *call);
int s3_setting_remove(struct call *call);
/* acl.c, bucket_policy.c */
struct put_acl_input {
	struct s3_target target;
	struct str version_id, acl;
};
extern const struct bind s3_put_acl_rows[];
int s3_put_acl(struct call *call);
int s3_get_bucket_acl(struct call *call);
int s3_get_object_acl(struct call *call);
int s3_put_bucket_policy_prepare(struct call *call);
int s3_put_bucket_policy(struct call *call);
struct str s3_resource_policy(struct call *call, struct store_txn *txn, struct str arn);
int s3_get_bucket_policy(struct call *call);
int s3_get_bucket_policy_status(struct call *call);
int s3_delete_bucket_policy(struct call *call);

/* put.c */
struct put_object_input {
	struct s3_target target;
	struct s3_attributes attributes;
	struct str if_match, if_none_match;
};
extern const struct bind s3_put_object_rows[];
int s3_put_object_prepare(struct call *call);
int s3_put_object(struct call *call);

/* get.c */
struct get_object_input {
	struct s3_target target;
	struct s3_conditions conditions;
	struct str version_id, range, checksum_mode;
	struct opt_i64 part_number;
	struct str cache_control, content_disposition, content_encoding, content_language, content_type, expires;
};
extern const struct bind s3_get_object_rows[];
int s3_get_object(struct call *call);
int s3_head_object(struct call *call);

/* object_attributes.c */
struct attributes_input {
	struct s3_target target;
	struct str version_id, wanted;
	struct opt_i64 max_parts, marker;
};
extern const struct bind s3_attributes_rows[];
int s3_get_object_attributes(struct call *call);

/* delete.c */
struct delete_object_input {
	struct s3_target target;
	struct str version_id, if_match;
};
extern const struct bind s3_delete_object_rows[];
int s3_delete_object(struct call *call);
int s3_delete_objects_prepare(struct call *call);
size_t s3_delete_objects_permissions(struct call *call, const struct permission **list);
int s3_delete_objects(struct call *call);

/* list_objects.c, s3_list_versions.c */
struct list_input {
	struct s3_target target;
	struct str prefix, delimiter, encoding, marker, version_marker, token;
	struct opt_i64 max;
	struct opt_bool fetch_owner;
};
extern const struct bind s3_list_objects_rows[], s3_list_objects_v2_rows[], s3_list_versions_rows[];
int s3_list_objects(struct call *call);
int s3_list_objects_v2(struct call *call);
int s3_list_versions(struct call *call);

/* copy.c */
struct copy_input {
	struct s3_target target;
	struct s3_attributes attributes;
	struct s3_conditions conditions;
	struct str source, source_owner, if_match, if_none_match, metadata_directive, tagging_directive, checksum_algorithm;
	/* UploadPartCopy */
	struct str range, upload_id;
	struct opt_i64 part_number;
};
extern const struct bind s3_copy_object_rows[], s3_upload_part_copy_rows[];
int s3_copy_object(struct call *call);
int s3_upload_part_copy(struct call *call);

/* object_tags.c */
int s3_put_object_tagging_prepare(struct call *call);
int s3_put_object_tagging(struct call *call);
int s3_get_object_tagging(struct call *call);
int s3_delete_object_tagging(struct call *call);

/* upload.c, complete.c, list_uploads.c */
struct create_upload_input {
	struct s3_target target;
	struct s3_attributes attributes;
	struct str checksum_algorithm, checksum_type;
};
struct upload_input {
	struct s3_target target;
	struct str upload_id;
	struct opt_i64 part_number, max, marker, object_size;
	struct str if_match, if_none_match, checksum_type;
};
struct list_uploads_input {
	struct s3_target target;
	struct str prefix, delimiter, encoding, key_marker, upload_marker;
	struct opt_i64 max;
};
extern const struct bind s3_create_upload_rows[], s3_upload_rows[], s3_upload_part_rows[], s3_complete_rows[],
	s3_list_uploads_rows[];
int s3_create_upload_prepare(struct call *call);
int s3_create_upload(struct call *call);
int s3_upload_part_prepare(struct call *call);
int s3_upload_part(struct call *call);
int s3_abort_upload(struct call *call);
int s3_complete_upload(struct call *call);
int s3_list_parts(struct call *call);
int s3_list_uploads(struct call *call);

/* Ends every upload of a bucket that goes. */
int s3_uploads_abort_all(struct access *x, struct str bucket) MUST_CHECK;

/* cors.c */
int s3_preflight(struct call *call);

#endif
