/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts signing and verifying share: the canonical request, the string to sign, the signing key.
 * Internal to aws/. Texts live in the arena. *Pure.*
 */
#ifndef GLEANER_AWS_CANONICAL_H
#define GLEANER_AWS_CANONICAL_H

#include "aws/sigv4.h"
#include "base/buf.h"

enum { SIGV4_HEX = 2 * SHA256_SIZE };

/* S3 signs the path as sent; every other service normalises it and encodes it once more. */
int canonical_path(struct arena *a, struct str path, bool single_encode, struct str *out) MUST_CHECK;
/* Decoded, encoded afresh and sorted; parameters named `skip` are left out. ERR_INVALID on a broken escape. */
int canonical_query(struct arena *a, struct str query, struct str skip, struct str *out) MUST_CHECK;

/* "a;b;c": the sorted lower-case names of the headers. */
int canonical_header_names(struct arena *a, const struct http_header *headers, size_t count, struct str *out) MUST_CHECK;

/* The canonical request for the headers named in `signed_headers`. */
int canonical_request(struct arena *a, const struct sigv4_request *request, struct str skip, struct str signed_headers,
		      bool single_encode, struct str *out) MUST_CHECK;

/* "20260101/us-east-1/s3/aws4_request" */
struct str sigv4_scope(struct arena *a, struct str date, struct str region, struct str service);
struct str sigv4_string_to_sign(struct arena *a, struct str amz_date, struct str scope, struct str canonical);
void sigv4_signing_key(struct str secret, struct str date, struct str region, struct str service, uint8_t key[SHA256_SIZE]);
void sigv4_hex_hmac(const uint8_t key[SHA256_SIZE], struct str text, char out[SIGV4_HEX]);
void sigv4_hex_sha256(struct str text, char out[SIGV4_HEX]);

/* Copies the buffer's content to the arena and releases it. */
int canonical_take(struct arena *a, struct buf *b, struct str *out) MUST_CHECK;

#endif
