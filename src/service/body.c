/* SPDX-License-Identifier: Apache-2.0 */
#include "service/body.h"

#include "base/encode.h"
#include "base/limits.h"
#include "service/host_internal.h"

static const struct checksum_kind {
	const char *header, *algorithm;
	enum digest_kind kind;
} checksum_kinds[] = {
	{ "x-amz-checksum-crc32", "CRC32", DIGEST_CRC32 },
	{ "x-amz-checksum-crc32c", "CRC32C", DIGEST_CRC32C },
	{ "x-amz-checksum-crc64nvme", "CRC64NVME", DIGEST_CRC64NVME },
	{ "x-amz-checksum-sha1", "SHA1", DIGEST_SHA1 },
	{ "x-amz-checksum-sha256", "SHA256", DIGEST_SHA256 },
};

static int fail_memory(struct error *err)
{
	return error_set(err, ERR_NO_MEMORY, "out of memory for a request's body");
}

/* Which checksum the client declares, by header or as a trailer to come. */
static int find_checksum(struct body_receiver *r, struct error *err)
{
	struct str trailer = call_header(r->call, STR("x-amz-trailer"));

	for (size_t i = 0; i < sizeof(checksum_kinds) / sizeof(*checksum_kinds); i++) {
		struct str name = str_c(checksum_kinds[i].header);
		struct str value = call_header(r->call, name);
		if (!value.p && !str_eq_nocase(trailer, name))
			continue;
		if (r->has_checksum)
			return error_set_service(
				err, 400, "InvalidRequest",
				"Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
		if (digest_init(&r->checksum, checksum_kinds[i].kind))
			return fail_memory(err);
		r->has_checksum = true;
		r->checksum_name = name;
		r->checksum_value = value;
		r->call->body.checksum_algorithm = str_c(checksum_kinds[i].algorithm);
	}
	return 0;
}

int body_start(struct body_receiver *r, struct call *call, bool object, struct error *err)
{
	*r = (struct body_receiver){ .call = call, .object = object, .max = object ? LIMIT_OBJECT : LIMIT_REQUEST_BODY };
	buf_init(&r->memory, LIMIT_REQUEST_BODY);
	if (!object)
		return 0;
	if (digest_init(&r->sha256, DIGEST_SHA256) || digest_init(&r->md5, DIGEST_MD5))
		return fail_memory(err);
	r->hashing = true;
	return find_checksum(r, err);
}

int body_expect_chunks(struct body_receiver *r, const struct sigv4_claim *claim, const uint8_t signing_key[SHA256_SIZE],
		       struct error *err)
{
	return chunked_new(&r->chunked, &r->call->arena, claim->payload_hash, claim, signing_key, err);
}

static int too_large(struct body_receiver *r, struct error *err)
{
	if (r->object)
		return error_set_service(err, 400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
	return error_set_service(err, 413, "RequestEntityTooLargeException", "The request's body is larger than %zu bytes.",
				 LIMIT_REQUEST_BODY);
}

/* Moves what is in memory to a new file. */
static int spill(struct body_receiver *r, struct error *err)
{
	struct blob_writer *file = ARENA_NEW(&r->call->arena, struct blob_writer);

	if (!file)
		return fail_memory(err);
	file->fd = -1;
	int result = blob_begin(file, r->call->host->store, err);
	if (result)
		return result;
	r->call->body.file = file;
	result = blob_write(file, r->memory.p, r->memory.n, err);
	buf_release(&r->memory);
	return result;
}

/* Decoded bytes. */
static int keep(void *argument, const void *bytes, size_t n, struct error *err)
{
	struct body_receiver *r = argument;
	struct call_body *body = &r->call->body;

	if (n > r->max - body->size)
		return too_large(r, err);
	body->size += n;
	if (r->hashing) {
		digest_add(&r->sha256, bytes, n);
		digest_add(&r->md5, bytes, n);
	}
	if (r->has_checksum)
		digest_add(&r->checksum, bytes, n);
	if (r->object && !body->file && r->memory.n + n > LIMIT_REQUEST_BODY_MEMORY) {
		int result = spill(r, err);
		if (result)
			return result;
	}
	if (body->file)
		return blob_write(body->file, bytes, n, err);
	buf_add(&r->memory, bytes, n);
	return buf_failed(&r->memory) ? fail_memory(err) : 0;
}

int body_add(struct body_receiver *r, const void *bytes, size_t n, struct error *err)
{
	if (r->chunked)
		return chunked_feed(r->chunked, bytes, n, keep, r, err);
	return keep(r, bytes, n, err);
}

static int check_md5(struct body_receiver *r, struct error *err)
{
	struct str declared = call_header(r->call, STR("Content-MD5")), bytes;

	if (!declared.p)
		return 0;
	if (base64_decode(&r->call->arena, declared, &bytes) || bytes.n != MD5_SIZE)
		return error_set_service(err, 400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
	if (memcmp(bytes.p, r->call->body.md5, MD5_SIZE) != 0)
		return error_set_service(err, 400, "BadDigest", "The Content-MD5 you specified did not match what we received.");
	return 0;
}

static int check_checksum(struct body_receiver *r, struct error *err)
{
	uint8_t digest[DIGEST_MAX];
	struct str declared = r->checksum_value;

	if (!r->has_checksum)
		return 0;
	if (!declared.p && r->chunked)
		declared = chunked_trailer(r->chunked, r->checksum_name);
	size_t n = digest_finish(&r->checksum, digest);
	r->call->body.checksum = base64_encode(&r->call->arena, digest, n);
	if (!declared.p)
		return error_set_service(err, 400, "MalformedTrailerError",
					 "The request contained trailing data that was not well-formed or did not conform to our "
					 "published schema.");
	if (!str_eq(declared, r->call->body.checksum))
		return error_set_service(err, 400, declared.n == r->call->body.checksum.n ? "BadDigest" : "InvalidRequest",
					 declared.n == r->call->body.checksum.n
						 ? "The %s you specified did not match the calculated checksum."
						 : "Value for x-amz-checksum-%s header is invalid.",
					 r->call->body.checksum_algorithm.p);
	return 0;
}

static int check_length(struct body_receiver *r, struct error *err)
{
	struct str declared = call_header(r->call, STR("x-amz-decoded-content-length"));
	uint64_t n;

	if (r->chunked && declared.p && (str_to_u64(declared, &n) || n != r->call->body.size))
		return error_set_service(err, 400, "IncompleteBody",
					 "You did not provide the number of bytes specified by the Content-Length HTTP header");
	return 0;
}

int body_finish(struct body_receiver *r, struct error *err)
{
	struct call_body *body = &r->call->body;
	int result = r->chunked ? chunked_finish(r->chunked, err) : 0;

	if (!result)
		result = check_length(r, err);
	if (result)
		return result;
	if (!body->file) {
		size_t n = 0;
		char *bytes = buf_take(&r->memory, &n);
		if (!bytes)
			return fail_memory(err);
		body->bytes = str_of(bytes, n);
		if (arena_on_release(&r->call->arena, free, bytes)) {
			free(bytes);
			return fail_memory(err);
		}
	}
	if (!r->hashing) {
		sha256(body->bytes.p, body->bytes.n, body->sha256);
		return 0;
	}
	digest_finish(&r->sha256, body->sha256);
	digest_finish(&r->md5, body->md5);
	result = check_md5(r, err);
	return result ? result : check_checksum(r, err);
}

void body_release(struct body_receiver *r)
{
	buf_release(&r->memory);
	digest_release(&r->sha256);
	digest_release(&r->md5);
	digest_release(&r->checksum);
}
