/* SPDX-License-Identifier: Apache-2.0
 *
 * Deployment packages: from the request or from S3, checked, unpacked and made durable on the service's pool.
 */
#ifndef GLEANER_SERVICE_LAMBDA_CODE_H
#define GLEANER_SERVICE_LAMBDA_CODE_H

#include "service/lambda/runtime.h"

enum {
	CODE_ZIP_MAX = 50 * 1024 * 1024, /* "50 MB (zipped, through Lambda API or SDKs)" */
	CODE_UNPACKED_MAX = 262144000,   /* "250 MB (unzipped)" */
};

struct code_source {
	struct str zip; /* absent: from S3 */
	struct str bucket, key, version;
};

struct code {
	struct call *call;
	operation_fn next;
	struct code_source source;
	struct str sha256; /* base64, as CodeSha256 shows it */
	struct str folder; /* its name under <data>/functions/<name>/ */
	struct str function;
	int64_t size;
};

/* Reads, checks and unpacks the source for `function`; then calls `next` (on the pool), whose result completes the call, with
 * call->scratch pointing to the struct code. Returns CALL_PENDING, or negative with the call failed. */
int code_take(struct call *call, struct str function, const struct code_source *source, operation_fn next);
/* Removes unpacked folders (names in a JSON array) and their packages. */
void code_remove(const struct lambda *l, struct str function, const struct json *folders);

#endif
