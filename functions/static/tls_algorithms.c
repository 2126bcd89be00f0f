/* SPDX-License-Identifier: Apache-2.0
 *
 * The algorithms that the functions' binary offers to OpenSSL: what TLS 1.2 and 1.3 to an AWS endpoint takes, and the digests of
 * SigV4 and S3. In the static binary this function stands in for the one of the same name in libcrypto.a, whose tables would link
 * every cipher, digest and key format that OpenSSL knows: half of the package, and code that nothing here may ever run.
 *
 * The interface is provider(7)'s, provider-base(7)'s for the functions below. The names of the dispatch tables are OpenSSL 3.0's
 * own: a release that renames one does not link.
 */
#include <openssl/bio.h>
#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#define ROW(names, table)                                                                                                        \
	{                                                                                                                        \
		names, "provider=default", table, NULL                                                                           \
	}
#define TABLE_END                                                                                                                \
	{                                                                                                                        \
		NULL, NULL, NULL, NULL                                                                                           \
	}

/* ---- libcrypto.a's own ---- */

struct prov_ctx_st;

extern const OSSL_DISPATCH ossl_sha1_functions[], ossl_sha256_functions[], ossl_sha384_functions[], ossl_sha512_functions[];
extern const OSSL_DISPATCH ossl_md5_functions[];
extern const OSSL_DISPATCH ossl_aes128gcm_functions[], ossl_aes256gcm_functions[], ossl_chacha20_ossl_poly1305_functions[];
extern const OSSL_DISPATCH ossl_aes256ctr_functions[], ossl_aes256ecb_functions[];
extern const OSSL_DISPATCH ossl_hmac_functions[];
extern const OSSL_DISPATCH ossl_kdf_hkdf_functions[], ossl_kdf_tls1_3_kdf_functions[], ossl_kdf_tls1_prf_functions[];
extern const OSSL_DISPATCH ossl_drbg_ctr_functions[], ossl_seed_src_functions[];
extern const OSSL_DISPATCH ossl_rsa_keymgmt_functions[], ossl_rsapss_keymgmt_functions[], ossl_ec_keymgmt_functions[],
	ossl_x25519_keymgmt_functions[];
extern const OSSL_DISPATCH ossl_ecdh_keyexch_functions[], ossl_x25519_keyexch_functions[];
extern const OSSL_DISPATCH ossl_rsa_signature_functions[], ossl_ecdsa_signature_functions[];
extern const OSSL_DISPATCH ossl_SubjectPublicKeyInfo_der_to_rsa_decoder_functions[],
	ossl_SubjectPublicKeyInfo_der_to_rsapss_decoder_functions[], ossl_SubjectPublicKeyInfo_der_to_ec_decoder_functions[];

struct prov_ctx_st *ossl_prov_ctx_new(void);
void ossl_prov_ctx_free(struct prov_ctx_st *c);
void ossl_prov_ctx_set0_libctx(struct prov_ctx_st *c, OSSL_LIB_CTX *library);
void ossl_prov_ctx_set0_handle(struct prov_ctx_st *c, const OSSL_CORE_HANDLE *handle);
void ossl_prov_ctx_set0_core_bio_method(struct prov_ctx_st *c, BIO_METHOD *method);
BIO_METHOD *ossl_prov_ctx_get0_core_bio_method(struct prov_ctx_st *c);
BIO_METHOD *ossl_bio_prov_init_bio_method(void);
int ossl_prov_bio_from_dispatch(const OSSL_DISPATCH *core);
int ossl_prov_seeding_from_dispatch(const OSSL_DISPATCH *core);
int ossl_prov_get_capabilities(void *c, const char *capability, OSSL_CALLBACK *take, void *user);

/* ---- the algorithms ---- */

static const OSSL_ALGORITHM digests[] = {
	ROW("SHA1:SHA-1:SSL3-SHA1", ossl_sha1_functions), /* names of certificates' issuers, S3 checksums */
	ROW("SHA2-256:SHA-256:SHA256", ossl_sha256_functions),
	ROW("SHA2-384:SHA-384:SHA384", ossl_sha384_functions),
	ROW("SHA2-512:SHA-512:SHA512", ossl_sha512_functions),
	ROW("MD5:SSL3-MD5", ossl_md5_functions), /* Content-MD5 */
	TABLE_END,
};

static const OSSL_ALGORITHM ciphers[] = {
	ROW("AES-128-GCM:id-aes128-GCM", ossl_aes128gcm_functions),
	ROW("AES-256-GCM:id-aes256-GCM", ossl_aes256gcm_functions),
	ROW("ChaCha20-Poly1305", ossl_chacha20_ossl_poly1305_functions),
	ROW("AES-256-CTR", ossl_aes256ctr_functions), /* the random generator's */
	ROW("AES-256-ECB", ossl_aes256ecb_functions),
	TABLE_END,
};

static const OSSL_ALGORITHM macs[] = { ROW("HMAC", ossl_hmac_functions), TABLE_END };

static const OSSL_ALGORITHM derivations[] = {
	ROW("HKDF", ossl_kdf_hkdf_functions),
	ROW("TLS13-KDF", ossl_kdf_tls1_3_kdf_functions),
	ROW("TLS1-PRF", ossl_kdf_tls1_prf_functions),
	TABLE_END,
};

static const OSSL_ALGORITHM generators[] = {
	ROW("CTR-DRBG", ossl_drbg_ctr_functions),
	ROW("SEED-SRC", ossl_seed_src_functions),
	TABLE_END,
};

static const OSSL_ALGORITHM keys[] = {
	ROW("RSA:rsaEncryption", ossl_rsa_keymgmt_functions),
	ROW("RSA-PSS:RSASSA-PSS", ossl_rsapss_keymgmt_functions),
	ROW("EC:id-ecPublicKey", ossl_ec_keymgmt_functions),
	ROW("X25519", ossl_x25519_keymgmt_functions),
	TABLE_END,
};

static const OSSL_ALGORITHM exchanges[] = {
	ROW("ECDH", ossl_ecdh_keyexch_functions),
	ROW("X25519", ossl_x25519_keyexch_functions),
	TABLE_END,
};

static const OSSL_ALGORITHM signatures[] = {
	ROW("RSA:rsaEncryption", ossl_rsa_signature_functions),
	ROW("ECDSA", ossl_ecdsa_signature_functions),
	TABLE_END,
};

/* Certificates' public keys. */
#define KEY_ROW(names, table)                                                                                                    \
	{                                                                                                                        \
		names, "provider=default,input=der,structure=SubjectPublicKeyInfo", table, NULL                                  \
	}
static const OSSL_ALGORITHM decoders[] = {
	KEY_ROW("RSA:rsaEncryption", ossl_SubjectPublicKeyInfo_der_to_rsa_decoder_functions),
	KEY_ROW("RSA-PSS:RSASSA-PSS", ossl_SubjectPublicKeyInfo_der_to_rsapss_decoder_functions),
	KEY_ROW("EC:id-ecPublicKey", ossl_SubjectPublicKeyInfo_der_to_ec_decoder_functions),
	TABLE_END,
};

static const OSSL_ALGORITHM *query(void *context, int operation, int *do_not_cache)
{
	static const OSSL_ALGORITHM *const tables[] = {
		[OSSL_OP_DIGEST] = digests,    [OSSL_OP_CIPHER] = ciphers,       [OSSL_OP_MAC] = macs,
		[OSSL_OP_KDF] = derivations,   [OSSL_OP_RAND] = generators,      [OSSL_OP_KEYMGMT] = keys,
		[OSSL_OP_KEYEXCH] = exchanges, [OSSL_OP_SIGNATURE] = signatures, [OSSL_OP_DECODER] = decoders,
	};

	(void)context;
	*do_not_cache = 0;
	return operation > 0 && (size_t)operation < sizeof(tables) / sizeof(*tables) ? tables[operation] : NULL;
}

static void teardown(void *context)
{
	BIO_meth_free(ossl_prov_ctx_get0_core_bio_method(context));
	ossl_prov_ctx_free(context);
}

static const OSSL_DISPATCH provider[] = {
	{ OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))teardown },
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
	{ OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))ossl_prov_get_capabilities },
	{ 0, NULL },
};

OSSL_provider_init_fn ossl_default_provider_init;

static OSSL_FUNC_core_get_libctx_fn *library_of(const OSSL_DISPATCH *core)
{
	for (; core->function_id; core++)
		if (core->function_id == OSSL_FUNC_CORE_GET_LIBCTX)
			return OSSL_FUNC_core_get_libctx(core);
	return NULL;
}

int ossl_default_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **out,
			       void **context)
{
	OSSL_FUNC_core_get_libctx_fn *library = library_of(core);
	struct prov_ctx_st *c;
	BIO_METHOD *io;

	if (!library || !ossl_prov_bio_from_dispatch(core) || !ossl_prov_seeding_from_dispatch(core))
		return 0;
	c = ossl_prov_ctx_new();
	io = ossl_bio_prov_init_bio_method();
	if (!c || !io) {
		BIO_meth_free(io);
		ossl_prov_ctx_free(c);
		return 0;
	}
	/* A provider inside libcrypto: its library context is the core's own, of which providers know another name. */
	ossl_prov_ctx_set0_libctx(c, (OSSL_LIB_CTX *)library(handle));
	ossl_prov_ctx_set0_handle(c, handle);
	ossl_prov_ctx_set0_core_bio_method(c, io);
	*context = c;
	*out = provider;
	return 1;
}

/* ---- the tables of EVP's older interface, for certificates' signatures ---- */

void openssl_add_all_ciphers_int(void);
void openssl_add_all_digests_int(void);

void openssl_add_all_ciphers_int(void)
{
}

void openssl_add_all_digests_int(void)
{
	EVP_add_digest(EVP_sha1());
	EVP_add_digest(EVP_sha256());
	EVP_add_digest(EVP_sha384());
	EVP_add_digest(EVP_sha512());
}
