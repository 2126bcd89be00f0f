/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies that clients compressed: current ones do so with larger PutMetricData requests.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
#include <zlib.h>

#include "base/limits.h"
#include "service/body.h"

enum {
	STEP = 16384,
	GZIP_WINDOW = 16 + MAX_WBITS,
};

static int fail_coding(struct error *err)
{
	return error_set_service(err, 400, "SerializationException", "The body is not what its Content-Encoding says.");
}

static int inflate_all(z_stream *z, struct buf *out, struct error *err)
{
	char step[STEP];
	int rc = Z_OK;

	while (rc == Z_OK) {
		z->next_out = (Bytef *)step;
		z->avail_out = STEP;
		rc = inflate(z, Z_NO_FLUSH);
		buf_add(out, step, STEP - z->avail_out);
		if (buf_failed(out))
			return error_set_service(err, 413, "RequestEntityTooLargeException",
						 "The request's body is larger than %zu bytes.", LIMIT_REQUEST_BODY);
	}
	return rc == Z_STREAM_END && z->avail_in == 0 ? 0 : fail_coding(err);
}

int body_inflate(struct call *call, struct error *err)
{
	struct str coding = call_header(call, STR("Content-Encoding")), bytes = call->body.bytes;
	z_stream z = { .next_in = (Bytef *)(uintptr_t)bytes.p, .avail_in = (uInt)bytes.n };
	struct buf out;

	if (!str_eq_nocase(coding, STR("gzip"))) /* old clients say "amz-1.0", which means nothing */
		return 0;
	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return error_set(err, ERR_NO_MEMORY, "out of memory for a request's body");
	buf_init(&out, LIMIT_REQUEST_BODY);
	int rc = inflate_all(&z, &out, err);
	inflateEnd(&z);
	if (rc == 0) {
		call->body.bytes = arena_str(&call->arena, buf_str(&out));
		call->body.size = call->body.bytes.n;
	}
	buf_release(&out);
	return rc == 0 && !call->body.bytes.p ? error_set(err, ERR_NO_MEMORY, "out of memory for a request's body") : rc;
}
