/* SPDX-License-Identifier: Apache-2.0
 *
 * Receives a request's body as it arrives: takes the aws-chunked coding apart, digests, and keeps the bytes in memory or, for
 * S3 objects past LIMIT_REQUEST_BODY_MEMORY, in a blob file. One exchange, one thread at a time.
 */
#ifndef GLEANER_SERVICE_BODY_H
#define GLEANER_SERVICE_BODY_H

#include "aws/chunked.h"
#include "base/digest.h"
#include "service/service.h"

struct body_receiver {
	struct call *call;
	struct buf memory;
	bool object; /* an S3 object's: may go to a file, and is digested for its ETag */
	uint64_t max;
	struct chunked_reader *chunked; /* NULL: the bytes are the body */
	bool hashing;                   /* sha256 while it arrives (memory bodies are hashed at the end) */
	struct digest sha256, md5, checksum;
	bool has_checksum;
	struct str checksum_name;  /* "x-amz-checksum-crc32" */
	struct str checksum_value; /* declared by header; absent: in the trailer */
};

int body_start(struct body_receiver *r, struct call *call, bool object, struct error *err) MUST_CHECK;
/* The body comes aws-chunked; call before the first byte. */
int body_expect_chunks(struct body_receiver *r, const struct sigv4_claim *claim, const uint8_t signing_key[SHA256_SIZE],
		       struct error *err) MUST_CHECK;
/* Errors are S3's: EntityTooLarge, SignatureDoesNotMatch …, or 413 for other services. */
int body_add(struct body_receiver *r, const void *bytes, size_t n, struct error *err) MUST_CHECK;
/* Fills call->body and checks what the client declared: BadDigest, InvalidDigest, IncompleteBody, InvalidRequest. */
int body_finish(struct body_receiver *r, struct error *err) MUST_CHECK;
/* Takes `Content-Encoding: gzip` off a finished body. 400 when it is not gzip, 413 past LIMIT_REQUEST_BODY. */
int body_inflate(struct call *call, struct error *err) MUST_CHECK;
void body_release(struct body_receiver *r);

#endif
