/* SPDX-License-Identifier: Apache-2.0
 *
 * The request's body: in memory, or already a sealed blob.
 */
#include "base/digest.h"
#include "base/encode.h"
#include "service/s3/object.h"

int s3_body_content(struct call *call, struct access *x, struct content *out)
{
	struct blob_writer *file = call->body.file;

	if (!file)
		return s3_content_store(x, call->body.bytes, out);
	*out = (struct content){ .size = file->size, .blob = arena_str(x->arena, str_c(file->id)) };
	return str_is_set(out->blob) ? 0 : error_set(&x->err, ERR_NO_MEMORY, "s3: out of memory");
}

void s3_body_etag(struct call *call, struct str *etag)
{
	uint8_t digest[MD5_SIZE];

	/* Internal calls bring bytes that no front has hashed. */
	if (!call->exchange && !call->body.file) {
		md5(call->body.bytes.p, call->body.bytes.n, digest);
		*etag = hex_str(&call->arena, digest, sizeof(digest));
	} else {
		*etag = hex_str(&call->arena, call->body.md5, sizeof(call->body.md5));
	}
}

void s3_body_discard(struct call *call)
{
	if (call->body.file)
		s3_bury(s3_of(call), str_c(call->body.file->id));
}

struct checksum s3_body_checksum(const struct call *call)
{
	return (struct checksum){ .algorithm = call->body.checksum_algorithm, .value = call->body.checksum };
}
