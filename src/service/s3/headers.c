/* SPDX-License-Identifier: Apache-2.0
 *
 * Response headers that several operations share.
 */
#include "service/s3/object.h"

void s3_reply_version(struct call *call, const struct bucket *b, const struct object *o)
{
	if (str_is_set(o->version_id))
		call_reply_header(call, "x-amz-version-id", o->version_id);
	else if (b->versioning != VERSIONING_NEVER)
		call_reply_header(call, "x-amz-version-id", STR("null"));
}

/* A write into a bucket whose versioning is suspended names no version. */
void s3_reply_new_version(struct call *call, const struct object *o)
{
	if (str_is_set(o->version_id))
		call_reply_header(call, "x-amz-version-id", o->version_id);
}

void s3_reply_encryption(struct call *call, const struct object *o)
{
	call_reply_header(call, "x-amz-server-side-encryption", str_is_set(o->sse) ? o->sse : STR("AES256"));
	if (str_is_set(o->kms_key))
		call_reply_header(call, "x-amz-server-side-encryption-aws-kms-key-id", o->kms_key);
	if (o->bucket_key)
		call_reply_header(call, "x-amz-server-side-encryption-bucket-key-enabled", STR("true"));
}

static const struct {
	const char *algorithm, *header, *element;
} algorithms[] = {
	{ "CRC32", "x-amz-checksum-crc32", "ChecksumCRC32" },
	{ "CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C" },
	{ "CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME" },
	{ "SHA1", "x-amz-checksum-sha1", "ChecksumSHA1" },
	{ "SHA256", "x-amz-checksum-sha256", "ChecksumSHA256" },
};

static int algorithm_index(struct str name)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (str_eq_c(name, algorithms[i].algorithm))
			return (int)i;
	return -1;
}

void s3_reply_checksum(struct call *call, const struct checksum *c)
{
	int i = algorithm_index(c->algorithm);

	if (i < 0 || !str_is_set(c->value))
		return;
	call_reply_header(call, algorithms[i].header, c->value);
	call_reply_header(call, "x-amz-checksum-type", c->composite ? STR("COMPOSITE") : STR("FULL_OBJECT"));
}

struct str s3_declared_checksum(const struct call *call, struct str algorithm)
{
	int i = algorithm_index(algorithm);

	return i < 0 ? STR_NULL : call_header(call, str_c(algorithms[i].header));
}

void s3_write_checksum(struct call *call, const struct checksum *c)
{
	int i = algorithm_index(c->algorithm);

	if (i >= 0)
		write_str(&call->out, algorithms[i].element, c->value);
}

void s3_reply_attributes(struct call *call, const struct object *o)
{
	for (size_t i = 0; o->headers && i < o->headers->count; i++) {
		const struct json_member *m = &o->headers->members[i];
		if (str_eq_c(m->name, "Content-Type"))
			call->reply.content_type = json_text(m->value);
		else
			call_reply_header(call, arena_c(&call->arena, m->name), json_text(m->value));
	}
	for (size_t i = 0; o->metadata && i < o->metadata->count; i++) {
		const struct json_member *m = &o->metadata->members[i];
		call_reply_header(call, arena_printf(&call->arena, "x-amz-meta-" STR_FMT, STR_ARG(m->name)).p,
				  json_text(m->value));
	}
	if (o->tags && o->tags->count)
		call_reply_headerf(call, "x-amz-tagging-count", "%zu", o->tags->count);
	if (str_is_set(o->storage_class))
		call_reply_header(call, "x-amz-storage-class", o->storage_class);
}
