/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/checksum.h"

#include "base/encode.h"

struct checksum_sum {
	struct digest digest;
};

static const struct {
	const char *name;
	enum digest_kind kind;
} kinds[] = {
	{ "CRC32", DIGEST_CRC32 }, { "CRC32C", DIGEST_CRC32C }, { "CRC64NVME", DIGEST_CRC64NVME },
	{ "SHA1", DIGEST_SHA1 },   { "SHA256", DIGEST_SHA256 }, { "MD5", DIGEST_MD5 },
};

static void release(void *argument)
{
	struct checksum_sum *s = argument;

	digest_release(&s->digest);
}

static const enum digest_kind *kind_of(struct str algorithm)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_eq_c(algorithm, kinds[i].name))
			return &kinds[i].kind;
	return NULL;
}

bool s3_checksum_is_known(struct str algorithm)
{
	return kind_of(algorithm) && !str_eq_c(algorithm, "MD5");
}

struct checksum_sum *s3_checksum_begin(struct call *call, struct str algorithm)
{
	struct checksum_sum *s = ARENA_NEW(&call->arena, struct checksum_sum);
	const enum digest_kind *kind = kind_of(algorithm);

	if (!s || !kind || digest_init(&s->digest, *kind) < 0)
		return NULL;
	if (arena_on_release(&call->arena, release, s) < 0) {
		release(s);
		return NULL;
	}
	return s;
}

void s3_checksum_add(struct checksum_sum *s, const void *bytes, size_t n)
{
	digest_add(&s->digest, bytes, n);
}

struct str s3_checksum_finish(struct call *call, struct checksum_sum *s)
{
	uint8_t out[DIGEST_MAX];
	size_t n = digest_finish(&s->digest, out);

	return base64_encode(&call->arena, out, n);
}

static void sink(void *argument, const void *bytes, size_t n)
{
	s3_checksum_add(argument, bytes, n);
}

static int sum_content(struct call *call, const struct content *content, struct str bytes, struct checksum_sum *s)
{
	struct error err;

	if (!s)
		return call_fault(call, NULL);
	if (!str_is_set(content->blob)) {
		s3_checksum_add(s, bytes.p, bytes.n);
		return 0;
	}
	return blob_read(s3_of(call)->store, content->blob, sink, s, &err) < 0 ? call_fault(call, &err) : 0;
}

int s3_checksum_of_content(struct call *call, const struct content *content, struct str bytes, struct checksum *c)
{
	struct checksum_sum *s = s3_checksum_begin(call, c->algorithm);
	int rc = sum_content(call, content, bytes, s);

	if (rc == 0)
		c->value = s3_checksum_finish(call, s);
	return rc;
}

int s3_md5_of_content(struct call *call, const struct content *content, struct str bytes, struct str *etag)
{
	struct checksum_sum *s = s3_checksum_begin(call, STR("MD5"));
	uint8_t out[DIGEST_MAX];
	int rc = sum_content(call, content, bytes, s);

	if (rc == 0)
		*etag = hex_str(&call->arena, out, digest_finish(&s->digest, out));
	return rc;
}
