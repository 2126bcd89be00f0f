/* SPDX-License-Identifier: Apache-2.0
 *
 * Source: "Deleting object versions from a versioning-enabled bucket", Amazon S3 User Guide.
 */
#include "service/s3/remove.h"

static int remove_version(struct access *x, const struct bucket *b, struct str key, const struct occasion *why, struct removal *r)
{
	struct object o;
	int rc = s3_object_version(x, b->name, key, r->version_id, &o);

	if (rc == ERR_INVALID)
		return rc;
	r->reply_version = r->version_id;
	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc == 0)
		rc = s3_object_remove(x, &o);
	r->marker = rc == 0 && o.delete_marker;
	return rc < 0 ? rc : s3_notify_deleted(x, b, &o, false, why);
}

static int make_marker(struct access *x, const struct bucket *b, struct str key, const struct occasion *why, struct removal *r)
{
	struct object marker = { .bucket = b->name, .key = key, .delete_marker = true };
	int rc = s3_object_insert(x, b, &marker);

	r->marker = true;
	r->reply_version = str_is_set(marker.version_id) ? marker.version_id : STR("null");
	return rc < 0 ? rc : s3_notify_deleted(x, b, &marker, true, why);
}

static int remove_only(struct access *x, const struct bucket *b, struct str key, const struct occasion *why)
{
	struct object o;
	int rc = s3_object_newest(x, b->name, key, &o);

	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc == 0)
		rc = s3_object_remove(x, &o);
	return rc < 0 ? rc : s3_notify_deleted(x, b, &o, false, why);
}

int s3_remove(struct access *x, const struct bucket *b, struct str key, const struct occasion *why, struct removal *r)
{
	if (str_is_set(r->version_id))
		return remove_version(x, b, key, why, r);
	return b->versioning == VERSIONING_NEVER ? remove_only(x, b, key, why) : make_marker(x, b, key, why, r);
}
