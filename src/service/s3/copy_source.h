/* SPDX-License-Identifier: Apache-2.0
 *
 * The other object of CopyObject and UploadPartCopy: found, allowed, read.
 *
 *   s3_copy_begin   on the server's thread: asks for the source's HeadObject in the caller's name, so that permission and the
 *                copy-source conditions are judged where they always are
 *   copy_work    on a pool's thread: the bytes become a row's text or a blob of the copy's own
 *   `commit`     in a write: the operation's own
 */
#ifndef GLEANER_SERVICE_S3_COPY_SOURCE_H
#define GLEANER_SERVICE_S3_COPY_SOURCE_H

#include "service/s3/operations.h"

struct copy {
	struct str bucket, key, version_id; /* of the source */
	struct object source;
	bool ranged;
	uint64_t first, last;   /* with `ranged` */
	struct str bytes;       /* of a small source */
	char blob[BLOB_ID_MAX]; /* of a large one: the copy's own; empty: none */
	struct object object;   /* the copy: content, ETag and checksum are filled by the work */
	operation_fn commit;
};

/* Reads the header; returns CALL_PENDING, or negative after call_fail. */
int s3_copy_begin(struct call *call, struct copy *c) MUST_CHECK;
/* When the commit fails. */
void s3_copy_discard(struct call *call, struct copy *c);

#endif
