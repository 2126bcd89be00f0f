/* SPDX-License-Identifier: Apache-2.0 */
#include "service/jwt.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/encode.h"

/* ---- the token ---- */

static int parse_part(struct arena *a, struct str text, const struct json **out)
{
	struct str bytes;

	if (base64url_decode(a, text, &bytes) != 0 || json_parse(a, bytes, out, NULL) != 0 || !json_is(*out, JSON_OBJECT))
		return ERR_INVALID;
	return 0;
}

int jwt_parse(struct arena *a, struct str text, struct jwt *out)
{
	struct str rest = text;
	struct str header = str_split(&rest, '.');
	struct str claims = str_split(&rest, '.');
	struct jwt token = { .signed_part = str_sub(text, 0, header.n + 1 + claims.n) };

	if (!str_is_set(rest) || base64url_decode(a, rest, &token.signature) != 0)
		return ERR_INVALID;
	if (parse_part(a, header, &token.header) < 0 || parse_part(a, claims, &token.claims) < 0)
		return ERR_INVALID;
	token.key_id = json_get_text(token.header, STR("kid"));
	*out = token;
	return 0;
}

/* ---- keys ---- */

/* RFC 7518 section 3.1. */
static const struct algorithm {
	const char *name, *type, *digest;
	const char *curve, *group; /* of EC: the JWK's name and OpenSSL's */
	size_t part;               /* of EC: bytes of r and of s */
} algorithms_known[] = {
	{ "RS256", "RSA", "SHA256", NULL, NULL, 0 },           { "RS384", "RSA", "SHA384", NULL, NULL, 0 },
	{ "RS512", "RSA", "SHA512", NULL, NULL, 0 },           { "ES256", "EC", "SHA256", "P-256", "prime256v1", 32 },
	{ "ES384", "EC", "SHA384", "P-384", "secp384r1", 48 }, { "ES512", "EC", "SHA512", "P-521", "secp521r1", 66 },
};

static const struct algorithm *find_algorithm(struct str name, const char *const *allowed)
{
	for (; *allowed; allowed++) {
		for (size_t i = 0; i < sizeof(algorithms_known) / sizeof(*algorithms_known); i++)
			if (str_eq_c(name, *allowed) && str_eq_c(name, algorithms_known[i].name))
				return &algorithms_known[i];
	}
	return NULL;
}

static EVP_PKEY *build_key(const char *type, OSSL_PARAM_BLD *builder)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY *key = NULL;

	if (context && parameters && EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		key = NULL;
	OSSL_PARAM_free(parameters);
	EVP_PKEY_CTX_free(context);
	return key;
}

static EVP_PKEY *build_rsa_key(struct str modulus, struct str exponent)
{
	BIGNUM *n = BN_bin2bn((const unsigned char *)modulus.p, (int)modulus.n, NULL);
	BIGNUM *e = BN_bin2bn((const unsigned char *)exponent.p, (int)exponent.n, NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;

	if (n && e && builder && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e))
		key = build_key("RSA", builder);
	OSSL_PARAM_BLD_free(builder);
	BN_free(n);
	BN_free(e);
	return key;
}

/* The point in its uncompressed form: 04, x, y. */
static EVP_PKEY *build_ec_key(struct arena *a, const char *group, struct str x, struct str y)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;

	struct str point = arena_concat(a, arena_concat(a, STR("\x04"), x), y);
	if (point.p && builder && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.n))
		key = build_key("EC", builder);
	OSSL_PARAM_BLD_free(builder);
	return key;
}

static bool decode_member(struct arena *a, const struct json *key, struct str name, struct str *out)
{
	struct str text = json_get_text(key, name);

	return str_is_set(text) && base64url_decode(a, text, out) == 0;
}

static EVP_PKEY *read_key(struct arena *a, const struct json *key, const struct algorithm *how)
{
	struct str first, second;

	if (!str_eq_c(json_get_text(key, STR("kty")), how->type))
		return NULL;
	if (!how->curve)
		return decode_member(a, key, STR("n"), &first) && decode_member(a, key, STR("e"), &second)
			       ? build_rsa_key(first, second)
			       : NULL;
	if (!str_eq_c(json_get_text(key, STR("crv")), how->curve) || !decode_member(a, key, STR("x"), &first) ||
	    !decode_member(a, key, STR("y"), &second))
		return NULL;
	return build_ec_key(a, how->group, first, second);
}

/* ---- the signature ---- */

/* Tokens have r and s one after the other (RFC 7518 section 3.4), OpenSSL wants them in DER. */
static struct str ecdsa_to_der(struct arena *a, struct str signature, size_t part)
{
	const unsigned char *bytes = (const unsigned char *)signature.p;
	ECDSA_SIG *pair = signature.n == 2 * part ? ECDSA_SIG_new() : NULL;
	BIGNUM *r = pair ? BN_bin2bn(bytes, (int)part, NULL) : NULL, *s = pair ? BN_bin2bn(bytes + part, (int)part, NULL) : NULL;
	unsigned char *der = NULL;
	struct str out = STR_NULL;

	if (r && s && ECDSA_SIG_set0(pair, r, s)) {
		int n = i2d_ECDSA_SIG(pair, &der);
		out = n > 0 ? arena_str(a, str_of((const char *)der, (size_t)n)) : STR_NULL;
		OPENSSL_free(der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(pair);
	return out;
}

static bool is_signed_by(EVP_PKEY *key, const char *digest, struct str text, struct str signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = context && EVP_DigestVerifyInit_ex(context, NULL, digest, NULL, NULL, key, NULL) == 1 &&
		  EVP_DigestVerify(context, (const unsigned char *)signature.p, signature.n, (const unsigned char *)text.p,
				   text.n) == 1;

	EVP_MD_CTX_free(context);
	return ok;
}

enum jwt_fault jwt_verify(struct key_sets *keys, struct arena *a, const struct jwt *token, struct str issuer,
			  const char *const *algorithms)
{
	const struct algorithm *how = find_algorithm(json_get_text(token->header, STR("alg")), algorithms);
	const struct json *jwk = how ? key_sets_copy_key(keys, a, issuer, token->key_id) : NULL;
	EVP_PKEY *key = jwk ? read_key(a, jwk, how) : NULL;

	if (!key)
		return how ? JWT_UNKNOWN_KEY : JWT_UNSUPPORTED;
	struct str signature = how->part ? ecdsa_to_der(a, token->signature, how->part) : token->signature;
	bool ok = signature.n > 0 && is_signed_by(key, how->digest, token->signed_part, signature);
	EVP_PKEY_free(key);
	return ok ? JWT_FINE : JWT_BAD_SIGNATURE;
}

/* ---- the claims ---- */

static bool contains(const struct json *list, struct str text)
{
	for (size_t i = 0; text.n && list && i < list->count; i++)
		if (str_eq(json_text(list->items[i]), text))
			return true;
	return false;
}

/* "aud" may be a text or a list; without it "client_id" stands in. */
static bool audience_fits(const struct json *claims, const struct json *audience)
{
	const struct json *aud = json_get_c(claims, "aud");

	if (!aud)
		return contains(audience, json_get_text(claims, STR("client_id")));
	if (json_is(aud, JSON_STRING))
		return contains(audience, aud->text);
	for (size_t i = 0; json_is(aud, JSON_ARRAY) && i < aud->count; i++)
		if (contains(audience, json_text(aud->items[i])))
			return true;
	return false;
}

/* `otherwise` when the claim is absent; a claim that is no number never passes. */
static bool time_passes(const struct json *claims, struct str name, int64_t now_ms, bool must_be_past, bool otherwise)
{
	const struct json *v = json_get(claims, name);
	double seconds;

	if (!v)
		return otherwise;
	if (json_to_double(v, &seconds) != 0)
		return false;
	return must_be_past ? seconds * 1000 <= (double)now_ms : seconds * 1000 > (double)now_ms;
}

enum jwt_fault jwt_check_claims(const struct json *claims, const struct jwt_demand *d)
{
	if (!str_eq(json_get_text(claims, STR("iss")), d->issuer))
		return JWT_WRONG_ISSUER;
	if (!audience_fits(claims, d->audience))
		return JWT_WRONG_AUDIENCE;
	if (!time_passes(claims, STR("exp"), d->now_ms, false, false))
		return JWT_EXPIRED;
	if (!time_passes(claims, STR("nbf"), d->now_ms, true, true) || !time_passes(claims, STR("iat"), d->now_ms, true, true))
		return JWT_TOO_EARLY;
	return JWT_FINE;
}

const char *jwt_fault_text(enum jwt_fault fault)
{
	static const char *const texts[] = {
		[JWT_FINE] = "",
		[JWT_MALFORMED] = "the token is malformed",
		[JWT_UNSUPPORTED] = "signing method is not supported",
		[JWT_UNKNOWN_KEY] = "unable to find a signing key",
		[JWT_BAD_SIGNATURE] = "signature is invalid",
		[JWT_WRONG_ISSUER] = "invalid issuer",
		[JWT_WRONG_AUDIENCE] = "invalid audience",
		[JWT_EXPIRED] = "the token has expired",
		[JWT_TOO_EARLY] = "the token is not valid yet",
	};

	return texts[fault];
}
