/* SPDX-License-Identifier: Apache-2.0
 *
 * What each file offers to the table of operations in service.c: its bind tables and functions.
 */
#ifndef GLEANER_SERVICE_S3_OPERATIONS_H
#define GLEANER_SERVICE_S3_OPERATIONS_H

#include "service/s3/object.h"

/* bucket.c */
struct create_bucket_input { struct s3_target target; struct str acl, ownership; struct opt_bool object_lock; };
struct list_buckets_input { struct str prefix, token, region; struct opt_i64 max; };
extern const struct bind create_bucket_rows[], list_buckets_rows[];
int create_bucket_prepare(struct call *call);
int create_bucket(struct call *call);
int head_bucket(struct call *call);
int delete_bucket(struct call *call);
int list_buckets(struct call *call);
int get_bucket_location(struct call *call);

/* setting.c: settings kept as the XML they came in. */
int setting_put_prepare(struct call *call);
int setting_put(struct call *call);
int setting_get(struct call *call);
int setting_remove(struct call *call);
/* acl.c, bucket_policy.c */
struct put_acl_input { struct s3_target target; struct str version_id, acl; };
extern const struct bind put_acl_rows[];
int put_acl(struct call *call);
int get_bucket_acl(struct call *call);
int get_object_acl(struct call *call);
int put_bucket_policy_prepare(struct call *call);
int put_bucket_policy(struct call *call);
int get_bucket_policy(struct call *call);
int get_bucket_policy_status(struct call *call);
int delete_bucket_policy(struct call *call);

/* put.c */
struct put_object_input {
	struct s3_target target;
	struct s3_attributes attributes;
	struct str if_match, if_none_match;
};
extern const struct bind put_object_rows[];
int put_object_prepare(struct call *call);
int put_object(struct call *call);

/* get.c */
struct get_object_input {
	struct s3_target target;
	struct s3_conditions conditions;
	struct str version_id, range, checksum_mode;
	struct opt_i64 part_number;
	struct str cache_control, content_disposition, content_encoding, content_language, content_type, expires;
};
extern const struct bind get_object_rows[];
int get_object(struct call *call);
int head_object(struct call *call);

/* object_attributes.c */
struct attributes_input { struct s3_target target; struct str version_id, wanted; struct opt_i64 max_parts, marker; };
extern const struct bind attributes_rows[];
int get_object_attributes(struct call *call);

/* delete.c */
struct delete_object_input { struct s3_target target; struct str version_id, if_match; };
extern const struct bind delete_object_rows[];
int delete_object(struct call *call);
int delete_objects_prepare(struct call *call);
int delete_objects(struct call *call);

/* list_objects.c, list_versions.c */
struct list_input {
	struct s3_target target;
	struct str prefix, delimiter, encoding, marker, version_marker, token;
	struct opt_i64 max;
	struct opt_bool fetch_owner;
};
extern const struct bind list_objects_rows[], list_objects_v2_rows[], list_versions_rows[];
int list_objects(struct call *call);
int list_objects_v2(struct call *call);
int list_versions(struct call *call);

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
extern const struct bind copy_object_rows[], upload_part_copy_rows[];
int copy_object(struct call *call);
int upload_part_copy(struct call *call);

/* object_tags.c */
int put_object_tagging_prepare(struct call *call);
int put_object_tagging(struct call *call);
int get_object_tagging(struct call *call);
int delete_object_tagging(struct call *call);

/* upload.c, complete.c, list_uploads.c */
struct create_upload_input { struct s3_target target; struct s3_attributes attributes; struct str checksum_algorithm, checksum_type; };
struct upload_input { struct s3_target target; struct str upload_id; struct opt_i64 part_number, max, marker, object_size;
		      struct str if_match, if_none_match, checksum_type; };
struct list_uploads_input {
	struct s3_target target;
	struct str prefix, delimiter, encoding, key_marker, upload_marker;
	struct opt_i64 max;
};
extern const struct bind create_upload_rows[], upload_rows[], upload_part_rows[], complete_rows[], list_uploads_rows[];
int create_upload_prepare(struct call *call);
int create_upload(struct call *call);
int upload_part_prepare(struct call *call);
int upload_part(struct call *call);
int abort_upload(struct call *call);
int complete_upload(struct call *call);
int list_parts(struct call *call);
int list_uploads(struct call *call);

/* Ends every upload of a bucket that goes. */
int uploads_abort_all(struct access *x, struct str bucket) MUST_CHECK;

/* cors.c */
int preflight(struct call *call);

#endif
