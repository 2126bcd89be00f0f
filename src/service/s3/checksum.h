/* SPDX-License-Identifier: Apache-2.0
 *
 * Checksums and MD5 that the server computes itself: of joined and copied objects.
 */
#ifndef GLEANER_SERVICE_S3_CHECKSUM_H
#define GLEANER_SERVICE_S3_CHECKSUM_H

#include "base/digest.h"
#include "service/s3/object.h"

struct checksum_sum;

/* NULL for an algorithm that is none, or when memory is out. Released with the call. */
struct checksum_sum *s3_checksum_begin(struct call *call, struct str algorithm);
void s3_checksum_add(struct checksum_sum *s, const void *bytes, size_t n);
struct str s3_checksum_finish(struct call *call, struct checksum_sum *s); /* base64 */

/* The value of `c` for a blob, or for `bytes` where there is none. Reads the whole blob: from a pool's thread. */
int s3_checksum_of_content(struct call *call, const struct content *content, struct str bytes, struct checksum *c) MUST_CHECK;
int s3_md5_of_content(struct call *call, const struct content *content, struct str bytes, struct str *etag) MUST_CHECK;
bool s3_checksum_is_known(struct str algorithm);

#endif
