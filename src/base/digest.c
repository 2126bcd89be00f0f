/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <zlib.h>

/* Reflected polynomials; CRC-32C from RFC 3720 §12.1, CRC-64/NVME from NVM Express base specification 2.0 §5.2.1.3.4. */
#define CRC32C_POLYNOMIAL 0x82F63B78u
#define CRC64NVME_POLYNOMIAL 0x9A6C9329AC4BC9B5u

/* Slicing by eight: crc_tables[k][b] is the effect of byte b followed by k zero bytes. */
struct crc_tables {
	uint64_t crc32c[8][256];
	uint64_t crc64[8][256];
};

static void fill_tables(uint64_t tables[8][256], uint64_t polynomial)
{
	for (unsigned b = 0; b < 256; b++) {
		uint64_t crc = b;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
		tables[0][b] = crc;
	}
	for (int k = 1; k < 8; k++)
		for (unsigned b = 0; b < 256; b++)
			tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 0xFF];
}

/* Computed once; constant from then on. */
static struct crc_tables crc;
static pthread_once_t crc_once = PTHREAD_ONCE_INIT;

static void crc_init(void)
{
	fill_tables(crc.crc32c, CRC32C_POLYNOMIAL);
	fill_tables(crc.crc64, CRC64NVME_POLYNOMIAL);
}

static uint64_t crc_add(uint64_t tables[8][256], uint64_t value, const uint8_t *p, size_t n)
{
	for (; n >= 8; p += 8, n -= 8) {
		uint64_t word;
		memcpy(&word, p, 8); /* both machines this runs on are little-endian */
		word ^= value;
		value = 0;
		for (int k = 0; k < 8; k++)
			value ^= tables[7 - k][word >> (8 * k) & 0xFF];
	}
	for (; n; p++, n--)
		value = value >> 8 ^ tables[0][(value ^ *p) & 0xFF];
	return value;
}

static const EVP_MD *evp_of(enum digest_kind kind)
{
	switch (kind) {
	case DIGEST_SHA256:
		return EVP_sha256();
	case DIGEST_SHA1:
		return EVP_sha1();
	case DIGEST_MD5:
		return EVP_md5();
	default:
		return NULL;
	}
}

int digest_init(struct digest *d, enum digest_kind kind)
{
	*d = (struct digest){ .kind = kind };
	const EVP_MD *md = evp_of(kind);
	if (md) {
		d->context = EVP_MD_CTX_new();
		if (!d->context || !EVP_DigestInit_ex(d->context, md, NULL)) {
			digest_release(d);
			return ERR_NO_MEMORY;
		}
	} else if (kind == DIGEST_CRC32C) {
		pthread_once(&crc_once, crc_init);
		d->crc = 0xFFFFFFFFu;
	} else if (kind == DIGEST_CRC64NVME) {
		pthread_once(&crc_once, crc_init);
		d->crc = UINT64_MAX;
	}
	return 0;
}

void digest_add(struct digest *d, const void *bytes, size_t n)
{
	if (d->context)
		EVP_DigestUpdate(d->context, bytes, n);
	else if (d->kind == DIGEST_CRC32C)
		d->crc = crc_add(crc.crc32c, d->crc, bytes, n);
	else if (d->kind == DIGEST_CRC64NVME)
		d->crc = crc_add(crc.crc64, d->crc, bytes, n);
	else
		d->crc = crc32_z(d->crc, bytes, n);
}

size_t digest_finish(struct digest *d, uint8_t *out)
{
	size_t n = digest_size(d->kind);

	if (d->context) {
		EVP_DigestFinal_ex(d->context, out, NULL);
		return n;
	}
	uint64_t value = d->kind == DIGEST_CRC32 ? d->crc : ~d->crc;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
	return n;
}

void digest_release(struct digest *d)
{
	EVP_MD_CTX_free(d->context);
	d->context = NULL;
}

size_t digest_size(enum digest_kind kind)
{
	switch (kind) {
	case DIGEST_SHA256:
		return SHA256_SIZE;
	case DIGEST_SHA1:
		return SHA1_SIZE;
	case DIGEST_MD5:
		return MD5_SIZE;
	case DIGEST_CRC64NVME:
		return 8;
	default:
		return 4;
	}
}

/* The low-level calls are deprecated for new designs; here they spare the provider look-ups, several microseconds each,
 * that a request's dozen of digests would pay. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

void sha256(const void *bytes, size_t n, uint8_t out[SHA256_SIZE])
{
	SHA256_CTX context;

	SHA256_Init(&context);
	SHA256_Update(&context, bytes, n);
	SHA256_Final(out, &context);
}

void md5(const void *bytes, size_t n, uint8_t out[MD5_SIZE])
{
	MD5_CTX context;

	MD5_Init(&context);
	MD5_Update(&context, bytes, n);
	MD5_Final(out, &context);
}

void hmac_sha256(const void *key, size_t key_n, const void *bytes, size_t n, uint8_t out[SHA256_SIZE])
{
	uint8_t block[64] = { 0 }, inner[SHA256_SIZE];
	SHA256_CTX context;

	if (key_n > sizeof(block))
		sha256(key, key_n, block);
	else if (key_n)
		memcpy(block, key, key_n);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36;
	SHA256_Init(&context);
	SHA256_Update(&context, block, sizeof(block));
	SHA256_Update(&context, bytes, n);
	SHA256_Final(inner, &context);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5C;
	SHA256_Init(&context);
	SHA256_Update(&context, block, sizeof(block));
	SHA256_Update(&context, inner, sizeof(inner));
	SHA256_Final(out, &context);
}
