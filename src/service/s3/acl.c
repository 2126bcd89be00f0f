/* SPDX-License-Identifier: Apache-2.0
 *
 * Access control lists: the owner has everything and nobody else anything; policies say the rest.
 */
#include "format/xml.h"
#include "service/s3/operations.h"

const struct bind s3_put_acl_rows[] = {
	BIND_STR(struct put_acl_input, target.bucket, "Bucket", .location = BIND_LABEL, .required = true),
	BIND_STR(struct put_acl_input, target.key, "Key", .location = BIND_LABEL),
	BIND_STR(struct put_acl_input, target.expected_owner, "ExpectedBucketOwner", .location = BIND_HEADER,
		 .wire = "x-amz-expected-bucket-owner"),
	S3_QUERY(struct put_acl_input, version_id, "VersionId", "versionId"),
	S3_HEADER(struct put_acl_input, acl, "ACL", "x-amz-acl"),
	S3_REFUSED("GrantFullControl", "x-amz-grant-full-control"),
	S3_REFUSED("GrantRead", "x-amz-grant-read"),
	S3_REFUSED("GrantReadACP", "x-amz-grant-read-acp"),
	S3_REFUSED("GrantWrite", "x-amz-grant-write"),
	S3_REFUSED("GrantWriteACP", "x-amz-grant-write-acp"),
	BIND_DONE,
};

/* A document is accepted when it says what is so anyway: full control for the owner. */
static int check_document(struct call *call)
{
	const struct xml *root;
	int rc = s3_parse_body(call, "AccessControlPolicy", &root);

	if (rc < 0)
		return rc;
	const struct xml *list = xml_child(root, STR("AccessControlList"));
	if (!list)
		return call_fail(call, &s3_MalformedXML);
	for (const struct xml *grant = list->children; grant; grant = grant->next) {
		struct str id = xml_child_text(xml_child(grant, STR("Grantee")), STR("ID"));
		if (!str_eq_c(id, s3_of(call)->owner_id) || !str_eq_c(xml_child_text(grant, STR("Permission")), "FULL_CONTROL"))
			return call_fail(call, &s3_AccessControlListNotSupported);
	}
	return 0;
}

int s3_put_acl(struct call *call)
{
	const struct put_acl_input *in = call->input;
	struct access x = s3_access(call);
	struct bucket b;
	struct object o;
	int rc = str_is_set(in->acl) ? s3_check_acl(call, in->acl) : check_document(call);

	if (rc == 0)
		rc = s3_open_bucket(call, &x, &b);
	if (rc == 0 && str_is_set(in->target.key))
		rc = s3_find_object(call, &x, in->version_id, &o);
	return rc;
}

static void write_grantee(struct call *call)
{
	if (call->out.format == WRITER_JSON) {
		write_object(&call->out, "Grantee");
		write_c(&call->out, "ID", s3_of(call)->owner_id);
		write_c(&call->out, "DisplayName", S3_OWNER_NAME);
		write_c(&call->out, "Type", "CanonicalUser");
		write_end(&call->out);
		return;
	}
	buf_addf(call->out.out,
		 "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>%s</ID>"
		 "<DisplayName>" S3_OWNER_NAME "</DisplayName></Grantee>",
		 s3_of(call)->owner_id);
}

static int write_acl(struct call *call)
{
	s3_xml_begin(call, "AccessControlPolicy");
	s3_write_owner(call, "Owner");
	write_list(&call->out, call->out.format == WRITER_JSON ? "Grants" : "AccessControlList", "Grant");
	write_object(&call->out, NULL);
	write_grantee(call);
	write_c(&call->out, "Permission", "FULL_CONTROL");
	write_end(&call->out);
	write_end(&call->out);
	s3_xml_end(call, "AccessControlPolicy");
	return 0;
}

int s3_get_bucket_acl(struct call *call)
{
	struct access x = s3_access(call);
	struct bucket b;

	return s3_open_bucket(call, &x, &b) < 0 ? ERR_SERVICE : write_acl(call);
}

int s3_get_object_acl(struct call *call)
{
	const struct s3_object_input *in = call->input;
	struct access x = s3_access(call);
	struct bucket b;
	struct object o;

	if (s3_open_bucket(call, &x, &b) < 0 || s3_find_object(call, &x, in->version_id, &o) < 0)
		return ERR_SERVICE;
	s3_reply_version(call, &b, &o);
	return write_acl(call);
}
