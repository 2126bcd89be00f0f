/* SPDX-License-Identifier: Apache-2.0 */
#include "format/xml.h"
#include "service/s3/operations.h"

enum { OBJECT_TAGS_MAX = 10 };

int s3_put_object_tagging_prepare(struct call *call)
{
	const struct json *tags = NULL;
	const struct xml *root;
	int rc = s3_parse_body(call, "Tagging", &root);

	if (rc == 0)
		rc = s3_tags_from_xml(call, root, OBJECT_TAGS_MAX, &tags);
	call->scratch = (void *)(uintptr_t)tags;
	return rc;
}

static int replace_tags(struct call *call, const struct json *tags)
{
	const struct s3_object_input *in = call->input;
	struct access x = s3_access(call);
	struct bucket b;
	struct object o;

	if (s3_open_bucket(call, &x, &b) < 0 || s3_find_object(call, &x, in->version_id, &o) < 0)
		return ERR_SERVICE;
	o.tags = tags;
	s3_reply_version(call, &b, &o);
	if (s3_object_rewrite(&x, &o) < 0 || s3_notify_tags(&x, &b, &o, tags == NULL) < 0)
		return s3_fault(call, &x);
	return 0;
}

int s3_put_object_tagging(struct call *call)
{
	return replace_tags(call, call->scratch);
}

int s3_delete_object_tagging(struct call *call)
{
	return replace_tags(call, NULL);
}

int s3_get_object_tagging(struct call *call)
{
	const struct s3_object_input *in = call->input;
	struct access x = s3_access(call);
	struct bucket b;
	struct object o;

	if (s3_open_bucket(call, &x, &b) < 0 || s3_find_object(call, &x, in->version_id, &o) < 0)
		return ERR_SERVICE;
	s3_reply_version(call, &b, &o);
	s3_xml_begin(call, "Tagging");
	s3_write_tags(call, o.tags);
	s3_xml_end(call, "Tagging");
	return 0;
}
