/* SPDX-License-Identifier: Apache-2.0
 *
 * Encryption under a key: AES-256-GCM with the encryption context as additional data.
 *
 * A ciphertext is: version (1 byte, 1), the key's id (36), nonce (12), ciphertext, tag (16).
 */
#include <openssl/evp.h>

#include "base/buf.h"
#include "base/encode.h"
#include "os/random.h"
#include "service/kms/internal.h"

enum { VERSION = 1, ID_SIZE = 36, NONCE_SIZE = 12, TAG_SIZE = 16, HEAD_SIZE = 1 + ID_SIZE + NONCE_SIZE, DATA_KEY_MAX = 1024 };

struct crypto_input {
	struct str key_id, plaintext, ciphertext, algorithm, key_spec;
	const struct json *context;
	struct opt_i64 number_of_bytes;
	struct opt_bool dry_run;
};
KMS_INPUT_FITS(struct crypto_input);

static const char *const algorithms[] = { "SYMMETRIC_DEFAULT", NULL };
static const char *const data_key_specs[] = { "AES_256", "AES_128", NULL };

#define COMMON                                                                                                                   \
	BIND_MAP(struct crypto_input, context, "EncryptionContext"),                                                             \
		BIND_STR(struct crypto_input, algorithm, "EncryptionAlgorithm", .values = algorithms),                           \
		BIND_IGNORED("GrantTokens"), /* there are no grants */                                                           \
		BIND_REFUSED("Recipient"), BIND_REFUSED("DryRun"), BIND_REFUSED("DryRunModifiers")
#define DATA_KEY                                                                                                                 \
	BIND_STR(struct crypto_input, key_spec, "KeySpec", .values = data_key_specs),                                            \
		BIND_I64(struct crypto_input, number_of_bytes, "NumberOfBytes", .min = 1, .max = DATA_KEY_MAX)
#define REQUIRED_KEY BIND_STR(struct crypto_input, key_id, "KeyId", .required = true, .min = 1, .max = 2048)

const struct bind kms_encrypt_fields[] = {
	REQUIRED_KEY,
	BIND_BLOB(struct crypto_input, plaintext, "Plaintext", .required = true, .min = 1, .max = 4096),
	COMMON,
	BIND_DONE,
};
const struct bind kms_decrypt_fields[] = {
	BIND_STR(struct crypto_input, key_id, "KeyId", .min = 1, .max = 2048),
	BIND_BLOB(struct crypto_input, ciphertext, "CiphertextBlob", .required = true, .min = 1, .max = 6144),
	COMMON,
	BIND_DONE,
};
const struct bind kms_generate_data_key_fields[] = { REQUIRED_KEY, DATA_KEY, COMMON, BIND_DONE };
const struct bind kms_generate_data_key_without_plaintext_fields[] = { REQUIRED_KEY, DATA_KEY, COMMON, BIND_DONE };
const struct bind kms_generate_random_fields[] = {
	BIND_I64(struct crypto_input, number_of_bytes, "NumberOfBytes", .required = true, .min = 1, .max = DATA_KEY_MAX),
	BIND_REFUSED("CustomKeyStoreId"),
	BIND_REFUSED("Recipient"),
	BIND_DONE,
};

/* ---- AES-GCM ---- */

struct sealing {
	uint8_t material[KMS_MATERIAL_SIZE];
	struct str additional;
	uint8_t nonce[NONCE_SIZE];
};

static bool encrypt_bytes(const struct sealing *s, struct str plain, uint8_t *out, uint8_t tag[TAG_SIZE])
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int n;
	bool ok = context && EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, s->material, s->nonce) == 1 &&
		  EVP_EncryptUpdate(context, NULL, &n, (const uint8_t *)s->additional.p, (int)s->additional.n) == 1 &&
		  EVP_EncryptUpdate(context, out, &n, (const uint8_t *)plain.p, (int)plain.n) == 1 &&
		  EVP_EncryptFinal_ex(context, out + n, &n) == 1 &&
		  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, tag) == 1;

	EVP_CIPHER_CTX_free(context);
	return ok;
}

static bool decrypt_bytes(const struct sealing *s, struct str sealed, const uint8_t *tag, uint8_t *out)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int n;
	bool ok = context && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, s->material, s->nonce) == 1 &&
		  EVP_DecryptUpdate(context, NULL, &n, (const uint8_t *)s->additional.p, (int)s->additional.n) == 1 &&
		  EVP_DecryptUpdate(context, out, &n, (const uint8_t *)sealed.p, (int)sealed.n) == 1 &&
		  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, (void *)(uintptr_t)tag) == 1 &&
		  EVP_DecryptFinal_ex(context, out + n, &n) == 1;

	EVP_CIPHER_CTX_free(context);
	return ok;
}

/* ---- context ---- */

static int compare_members(const void *a, const void *b)
{
	return str_cmp(((const struct json_member *)a)->name, ((const struct json_member *)b)->name);
}

/* The context's pairs in the order of their names, each length-prefixed; after the key's id. */
static struct str additional_data(struct call *call, struct str id, const struct json *context)
{
	struct arena *a = &call->arena;
	struct str text = arena_printf(a, STR_FMT, STR_ARG(id));
	size_t count = context ? context->count : 0;
	struct json_member *sorted = arena_alloc_array(a, count + 1, sizeof(*sorted));

	if (!sorted)
		return text;
	for (size_t i = 0; i < count; i++)
		sorted[i] = context->members[i];
	qsort(sorted, count, sizeof(*sorted), compare_members);
	for (size_t i = 0; i < count; i++) {
		struct str value = json_text(sorted[i].value);
		text = arena_printf(a, STR_FMT "%zu:" STR_FMT "%zu:" STR_FMT, STR_ARG(text), sorted[i].name.n,
				    STR_ARG(sorted[i].name), value.n, STR_ARG(value));
	}
	return text;
}

static int prepare(struct call *call, const struct json *key, struct sealing *s)
{
	const struct crypto_input *in = call->input;
	struct str material;

	if (base64_decode(&call->arena, json_get_text(key, STR("material")), &material) != 0 || material.n != KMS_MATERIAL_SIZE)
		return call_fault(call, NULL);
	memcpy(s->material, material.p, KMS_MATERIAL_SIZE);
	s->additional = additional_data(call, json_get_text(key, STR("id")), in->context);
	return 0;
}

/* ---- operations ---- */

static int seal(struct call *call, const struct json *key, struct str plain, struct str *out)
{
	struct sealing s;
	uint8_t *bytes = arena_alloc(&call->arena, HEAD_SIZE + plain.n + TAG_SIZE);
	int result = prepare(call, key, &s);

	if (result != 0 || !bytes)
		return result ? result : call_fault(call, NULL);
	random_bytes(s.nonce, sizeof(s.nonce));
	bytes[0] = VERSION;
	memcpy(bytes + 1, json_get_text(key, STR("id")).p, ID_SIZE);
	memcpy(bytes + 1 + ID_SIZE, s.nonce, NONCE_SIZE);
	if (!encrypt_bytes(&s, plain, bytes + HEAD_SIZE, bytes + HEAD_SIZE + plain.n))
		return call_fault(call, NULL);
	*out = str_of((char *)bytes, HEAD_SIZE + plain.n + TAG_SIZE);
	return 0;
}

static int load_enabled(struct call *call, struct str id, const struct json **key)
{
	int result = kms_key_load(call, id, key);

	return result ? result : kms_key_check_enabled(call, *key);
}

int kms_encrypt(struct call *call)
{
	const struct crypto_input *in = call->input;
	const struct json *key;
	struct str sealed;
	int result = load_enabled(call, in->key_id, &key);

	if (result == 0)
		result = seal(call, key, in->plaintext, &sealed);
	if (result != 0)
		return result;
	write_blob(&call->out, "CiphertextBlob", sealed.p, sealed.n);
	write_str(&call->out, "KeyId", kms_key_arn(call, json_get_text(key, STR("id"))));
	write_c(&call->out, "EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
	return 0;
}

/* The key that made it, and that it is the one the caller names, if any. */
static int load_sealing_key(struct call *call, struct str sealed, const struct json **key)
{
	const struct crypto_input *in = call->input;
	const struct json *named;
	int result;

	if (sealed.n < HEAD_SIZE + TAG_SIZE || sealed.p[0] != VERSION)
		return call_failf(call, &kms_InvalidCiphertextException, "%s", "");
	result = kms_key_load(call, str_sub(sealed, 1, ID_SIZE), key);
	if (result != 0)
		return call_failf(call, &kms_InvalidCiphertextException, "%s", "");
	if (!in->key_id.p)
		return kms_key_check_enabled(call, *key);
	result = kms_key_load(call, in->key_id, &named);
	if (result == 0 && !str_eq(json_get_text(named, STR("id")), json_get_text(*key, STR("id"))))
		result = call_failf(call, &kms_IncorrectKeyException,
				    "The key ID in the request does not identify a CMK that can perform this operation.");
	return result ? result : kms_key_check_enabled(call, *key);
}

int kms_decrypt(struct call *call)
{
	const struct crypto_input *in = call->input;
	struct str sealed = in->ciphertext, body;
	const struct json *key;
	struct sealing s;
	uint8_t *plain;
	int result = load_sealing_key(call, sealed, &key);

	if (result == 0)
		result = prepare(call, key, &s);
	if (result != 0)
		return result;
	memcpy(s.nonce, sealed.p + 1 + ID_SIZE, NONCE_SIZE);
	body = str_sub(sealed, HEAD_SIZE, sealed.n - HEAD_SIZE - TAG_SIZE);
	plain = arena_alloc(&call->arena, body.n + TAG_SIZE);
	if (!plain)
		return call_fault(call, NULL);
	if (!decrypt_bytes(&s, body, (const uint8_t *)body.p + body.n, plain))
		return call_failf(call, &kms_InvalidCiphertextException, "%s", "");
	write_blob(&call->out, "Plaintext", plain, body.n);
	write_str(&call->out, "KeyId", kms_key_arn(call, json_get_text(key, STR("id"))));
	write_c(&call->out, "EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
	return 0;
}

static int make_data_key(struct call *call, bool show)
{
	const struct crypto_input *in = call->input;
	size_t n = str_eq(in->key_spec, STR("AES_128")) ? 16 : in->key_spec.p ? 32 : (size_t)in->number_of_bytes.value;
	uint8_t bytes[DATA_KEY_MAX];
	const struct json *key;
	struct str sealed;
	int result;

	if (in->key_spec.p != NULL ? in->number_of_bytes.set : !in->number_of_bytes.set)
		return call_failf(call, &kms_ValidationException, "Please specify either number of bytes or key spec.");
	result = load_enabled(call, in->key_id, &key);
	random_bytes(bytes, n);
	if (result == 0)
		result = seal(call, key, str_of((char *)bytes, n), &sealed);
	if (result != 0)
		return result;
	write_blob(&call->out, "CiphertextBlob", sealed.p, sealed.n);
	if (show)
		write_blob(&call->out, "Plaintext", bytes, n);
	write_str(&call->out, "KeyId", kms_key_arn(call, json_get_text(key, STR("id"))));
	return 0;
}

int kms_generate_data_key(struct call *call)
{
	return make_data_key(call, true);
}

int kms_generate_data_key_without_plaintext(struct call *call)
{
	return make_data_key(call, false);
}

int kms_generate_random(struct call *call)
{
	const struct crypto_input *in = call->input;
	uint8_t bytes[DATA_KEY_MAX];

	random_bytes(bytes, (size_t)in->number_of_bytes.value);
	write_blob(&call->out, "Plaintext", bytes, (size_t)in->number_of_bytes.value);
	return 0;
}
