/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GLEANER_SERVICE_S3_CODEC_H
#define GLEANER_SERVICE_S3_CODEC_H

#include "service/s3/record.h"

void s3_object_encode(const struct object *o, struct buf *row);
/* All but what the row's key tells. */
int s3_object_decode_value(struct access *x, struct str row, struct object *out) MUST_CHECK;
int s3_object_put_record(struct access *x, enum store_space space, const struct key *k, const struct object *o) MUST_CHECK;

#endif
