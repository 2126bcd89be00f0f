/* SPDX-License-Identifier: Apache-2.0
 *
 * Deleting as a bucket's versioning wants it; for requests and for the lifecycle.
 */
#ifndef GLEANER_SERVICE_S3_REMOVE_H
#define GLEANER_SERVICE_S3_REMOVE_H

#include "service/s3/object.h"

struct removal {
	struct str version_id;    /* in: this version for good; absent: the current one, as versioning wants it */
	struct str reply_version; /* out: x-amz-version-id; absent: none */
	bool marker;              /* out: a delete marker was made, or was what was removed */
};

/* What is not there is removed already. ERR_INVALID for a version id that cannot be one. */
int s3_remove(struct access *x, const struct bucket *b, struct str key, const struct occasion *why, struct removal *r) MUST_CHECK;

#endif
