/* SPDX-License-Identifier: Apache-2.0
 *
 * Digests and checksums the AWS protocols use. SHA and MD5 come from OpenSSL's libcrypto; CRC-32 from zlib; CRC-32C and
 * CRC-64/NVME are table-driven here (no packaged C library offers them).
 */
#ifndef GLEANER_BASE_DIGEST_H
#define GLEANER_BASE_DIGEST_H

#include "base/str.h"

enum { SHA256_SIZE = 32, SHA1_SIZE = 20, MD5_SIZE = 16, DIGEST_MAX = 32 };

enum digest_kind { DIGEST_SHA256, DIGEST_SHA1, DIGEST_MD5, DIGEST_CRC32, DIGEST_CRC32C, DIGEST_CRC64NVME };

/* A running digest. Zero-initialised is valid for digest_release. */
struct digest {
	enum digest_kind kind;
	void *context; /* OpenSSL's EVP_MD_CTX, NULL for the CRCs */
	uint64_t crc;
};

int digest_init(struct digest *d, enum digest_kind kind) MUST_CHECK; /* ERR_NO_MEMORY */
void digest_add(struct digest *d, const void *bytes, size_t n);
/* Writes the result (digest_size(kind) bytes; CRCs big-endian) and returns its length; the digest must then be released. */
size_t digest_finish(struct digest *d, uint8_t *out);
void digest_release(struct digest *d);
size_t digest_size(enum digest_kind kind);

/* One-shot forms. These never fail. */
void sha256(const void *bytes, size_t n, uint8_t out[SHA256_SIZE]);
void md5(const void *bytes, size_t n, uint8_t out[MD5_SIZE]);
void hmac_sha256(const void *key, size_t key_n, const void *bytes, size_t n, uint8_t out[SHA256_SIZE]);

#endif
