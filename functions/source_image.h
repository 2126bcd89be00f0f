/* SPDX-License-Identifier: Apache-2.0
 *
 * The uploaded image as the state machine hands it on, and its bytes. The ETag pins what the event announced: an object that is
 * another or is gone meanwhile is an UploadMismatch, never processed.
 */
#ifndef GLEANER_FUNCTIONS_SOURCE_IMAGE_H
#define GLEANER_FUNCTIONS_SOURCE_IMAGE_H

#include "function.h"

struct source_image {
	struct str bucket, key, etag, version_id; /* version_id empty: the bucket has no versions */
	int64_t bytes, width, height;             /* width and height 0: not known yet */
};

/* From {"bucket","key","bytes","width","height","etag","version_id"}. */
int source_image_read(const struct json *value, struct source_image *out, struct error *err) MUST_CHECK;

/* Bytes `first` to `last`, both included. UploadMismatch; the client's errors. */
int source_image_range(struct function_context *c, const struct source_image *image, uint64_t first, uint64_t last,
		       struct str *bytes, struct error *err) MUST_CHECK;
int source_image_bytes(struct function_context *c, const struct source_image *image, struct str *bytes,
		       struct error *err) MUST_CHECK;

#endif
