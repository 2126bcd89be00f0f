/* SPDX-License-Identifier: Apache-2.0 */
#include "format/xml.h"
#include "os/clock.h"
#include "service/s3/operations.h"

enum { LIST_BUCKETS_MAX = 10000 };

const struct bind s3_create_bucket_rows[] = {
	BIND_STR(struct create_bucket_input, target.bucket, "Bucket", .location = BIND_LABEL, .required = true),
	S3_HEADER(struct create_bucket_input, acl, "ACL", "x-amz-acl"),
	S3_HEADER(struct create_bucket_input, ownership, "ObjectOwnership", "x-amz-object-ownership"),
	S3_REFUSED("GrantFullControl", "x-amz-grant-full-control"),
	S3_REFUSED("GrantRead", "x-amz-grant-read"),
	S3_REFUSED("GrantReadACP", "x-amz-grant-read-acp"),
	S3_REFUSED("GrantWrite", "x-amz-grant-write"),
	S3_REFUSED("GrantWriteACP", "x-amz-grant-write-acp"),
	BIND_BOOL(struct create_bucket_input, object_lock, "ObjectLockEnabledForBucket", .location = BIND_HEADER,
		  .wire = "x-amz-bucket-object-lock-enabled"),
	BIND_DONE,
};

const struct bind s3_list_buckets_rows[] = {
	S3_QUERY(struct list_buckets_input, prefix, "Prefix", "prefix"),
	S3_QUERY(struct list_buckets_input, token, "ContinuationToken", "continuation-token"),
	S3_QUERY(struct list_buckets_input, region, "BucketRegion", "bucket-region"),
	BIND_I64(struct list_buckets_input, max, "MaxBuckets", .location = BIND_QUERY, .wire = "max-buckets", .min = 1,
		 .max = LIST_BUCKETS_MAX),
	BIND_DONE,
};

static int check_location(struct call *call)
{
	const struct xml *root;

	if (call->body.bytes.n == 0)
		return 0;
	int rc = s3_parse_body(call, "CreateBucketConfiguration", &root);
	if (rc < 0)
		return rc;
	if (xml_child(root, STR("Location")) || xml_child(root, STR("Bucket")))
		return s3_not_implemented(call, "A directory bucket");
	if (xml_child(root, STR("Tags")))
		return s3_not_implemented(call, "CreateBucket with Tags");
	struct str place = xml_child_text(root, STR("LocationConstraint"));
	if (place.n == 0 || str_eq(place, s3_of(call)->region))
		return 0;
	return call_failf(call, &s3_IllegalLocationConstraintException,
			  "The " STR_FMT " location constraint is incompatible for the region "
			  "specific endpoint this request was sent to.",
			  STR_ARG(place));
}

int s3_create_bucket_prepare(struct call *call)
{
	const struct create_bucket_input *in = call->input;
	static const char *const ownerships[] = { "BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter" };
	bool known = !str_is_set(in->ownership);

	if (!s3_bucket_name_is_valid(in->target.bucket))
		return s3_fail_bucket(call, &s3_InvalidBucketName, in->target.bucket);
	for (size_t i = 0; i < 3; i++)
		known = known || str_eq_c(in->ownership, ownerships[i]);
	if (!known)
		return s3_fail_argument(call, "x-amz-object-ownership", in->ownership, "Invalid x-amz-object-ownership header");
	if (in->object_lock.value)
		return s3_not_implemented(call, "Object Lock");
	int rc = s3_check_acl(call, in->acl);
	return rc < 0 ? rc : check_location(call);
}

/* What a bucket made today has from its first moment. Source: "Default settings for new S3 buckets FAQ", Amazon S3 User Guide. */
static int write_defaults(struct access *x, struct str bucket, struct str ownership)
{
	struct str controls = arena_printf(
		x->arena, "<OwnershipControls><Rule><ObjectOwnership>" STR_FMT "</ObjectOwnership></Rule></OwnershipControls>",
		STR_ARG(str_is_set(ownership) ? ownership : STR("BucketOwnerEnforced")));
	int rc = s3_setting_write(x, bucket, "ownershipControls", controls);

	return rc < 0 ? rc
		      : s3_setting_write(x, bucket, "publicAccessBlock",
					 STR("<PublicAccessBlockConfiguration>"
					     "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>"
					     "<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</"
					     "RestrictPublicBuckets>"
					     "</PublicAccessBlockConfiguration>"));
}

int s3_create_bucket(struct call *call)
{
	const struct create_bucket_input *in = call->input;
	struct access x = s3_access(call);
	struct bucket b;
	int rc = s3_bucket_read(&x, in->target.bucket, &b);

	if (rc == 0 && !str_eq_c(x.s3->region, "us-east-1"))
		return s3_fail_bucket(call, &s3_BucketAlreadyOwnedByYou, in->target.bucket);
	if (rc == ERR_NOT_FOUND) {
		/* In us-east-1 a bucket of one's own is made again without an error and without a change. */
		b = (struct bucket){ .name = in->target.bucket, .region = x.s3->region, .created_ms = clock_wall_ms() };
		rc = s3_bucket_write(&x, &b);
		if (rc == 0)
			rc = write_defaults(&x, b.name, in->ownership);
	}
	if (rc < 0)
		return s3_fault(call, &x);
	call_reply_headerf(call, "Location", "/" STR_FMT, STR_ARG(in->target.bucket));
	return 0;
}

int s3_head_bucket(struct call *call)
{
	struct access x = s3_access(call);
	struct bucket b;

	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	call_reply_header(call, "x-amz-bucket-region", b.region);
	call_reply_header(call, "x-amz-access-point-alias", STR("false"));
	call->reply.no_body = true;
	return 0;
}

/* Anything under the bucket's key, versions and delete markers included. */
static int is_empty(struct access *x, struct str bucket, bool *empty)
{
	struct store_cursor c;
	struct str key, row;
	struct key k;

	key_init(&k);
	key_add_str(&k, bucket);
	int rc = store_scan(&c, x->txn, SPACE_S3_OBJECTS, key_str(&k), key_prefix_end(x->arena, key_str(&k)), false, &x->err);
	if (rc == 0)
		rc = store_next(&c, &key, &row, &x->err);
	store_scan_end(&c);
	*empty = rc == 0;
	return rc < 0 ? rc : 0;
}

int s3_delete_bucket(struct call *call)
{
	struct access x = s3_access(call);
	struct bucket b;
	bool empty;

	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	int rc = is_empty(&x, b.name, &empty);
	if (rc == 0 && !empty)
		return s3_fail_bucket(call, &s3_BucketNotEmpty, b.name);
	if (rc == 0)
		rc = s3_uploads_abort_all(&x, b.name);
	if (rc == 0)
		rc = s3_bucket_delete(&x, b.name);
	return rc < 0 ? s3_fault(call, &x) : 0;
}

static void write_bucket(struct call *call, const struct bucket *b, bool with_region)
{
	struct writer *w = &call->out;

	write_object(w, NULL);
	write_str(w, "Name", b->name);
	s3_write_time(w, "CreationDate", b->created_ms);
	if (with_region)
		write_str(w, "BucketRegion", b->region);
	write_end(w);
}

/* Writes up to `max` buckets; `last` is the name to go on after when there are more, else absent. */
static int write_buckets(struct call *call, struct access *x, const struct list_buckets_input *in, int64_t max, struct str *last)
{
	struct str prefix = str_is_set(in->prefix) ? in->prefix : STR("");
	struct store_cursor c;
	struct bucket b;
	int64_t count = 0;
	int rc = s3_bucket_scan(x, prefix, in->token, &c);

	*last = STR_NULL;
	while (rc == 0 && (rc = s3_bucket_next(x, &c, &b)) == 1 && str_starts(b.name, prefix)) {
		rc = 0;
		if (str_is_set(in->region) && !str_eq(in->region, b.region))
			continue;
		if (count++ == max)
			break;
		write_bucket(call, &b, in->max.set || str_is_set(in->region) || str_is_set(in->prefix) || str_is_set(in->token));
		*last = b.name;
	}
	store_scan_end(&c);
	if (count <= max)
		*last = STR_NULL;
	return rc < 0 ? rc : 0;
}

int s3_list_buckets(struct call *call)
{
	const struct list_buckets_input *in = call->input;
	struct access x = s3_access(call);
	struct str last;

	s3_xml_begin(call, "ListAllMyBucketsResult");
	s3_write_owner(call, "Owner");
	write_list(&call->out, "Buckets", "Bucket");
	if (write_buckets(call, &x, in, in->max.set ? in->max.value : LIST_BUCKETS_MAX, &last) < 0)
		return s3_fault(call, &x);
	write_end(&call->out);
	write_str(&call->out, "ContinuationToken", last);
	write_str(&call->out, "Prefix", in->prefix);
	s3_xml_end(call, "ListAllMyBucketsResult");
	return 0;
}

/* us-east-1 answers an empty constraint, for historical reasons. */
int s3_get_bucket_location(struct call *call)
{
	struct access x = s3_access(call);
	struct bucket b;

	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	struct str place = str_eq_c(b.region, "us-east-1") ? STR("") : b.region;
	if (call->out.format == WRITER_JSON) {
		write_object(&call->out, NULL);
		write_str(&call->out, "LocationConstraint", place);
		write_end(&call->out);
	} else {
		s3_xml_begin(call, "LocationConstraint");
		xml_write_text(call->out.out, place);
		s3_xml_end(call, "LocationConstraint");
	}
	return 0;
}
