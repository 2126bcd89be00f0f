/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GLEANER_SERVICE_S3_UPLOAD_H
#define GLEANER_SERVICE_S3_UPLOAD_H

#include "service/s3/operations.h"

/* The bucket and the upload of the call's key, or NoSuchUpload. */
int s3_upload_open(struct call *call, struct access *x, struct str id, struct bucket *b, struct upload *u) MUST_CHECK;
int s3_upload_check_number(struct call *call, const struct opt_i64 *number) MUST_CHECK;
/* Puts a part in the place of what was there under its number. */
int s3_upload_put_part(struct access *x, const struct upload *u, int number, struct object *part) MUST_CHECK;
/* The upload and its parts with their content. */
int s3_upload_forget(struct access *x, const struct upload *u) MUST_CHECK;

#endif
