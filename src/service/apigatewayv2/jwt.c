/* SPDX-License-Identifier: Apache-2.0 */
#include "service/apigatewayv2/jwt.h"

#include <pthread.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/map.h"
#include "format/uri.h"
#include "http/client.h"
#include "os/clock.h"

enum {
	KEYS_LIVE_MS = 2 * 60 * 60 * 1000, /* "API Gateway can cache the public key for two hours" */
	KEYS_RETRY_MS = 10 * 1000,         /* a key id not known asks again no sooner */
	DOCUMENT_MAX = 1024 * 1024,
};

struct key_set {
	struct arena arena;
	const struct json *keys; /* the JWKS' list */
	int64_t fetched_ms;
};

struct key_sets {
	pthread_mutex_t lock;
	struct map issuers;
};

int key_sets_new(struct key_sets **out, struct error *err)
{
	struct key_sets *k = calloc(1, sizeof(*k));

	if (!k)
		return error_set(err, ERR_NO_MEMORY, "out of memory for issuers' keys");
	pthread_mutex_init(&k->lock, NULL);
	map_init(&k->issuers);
	*out = k;
	return 0;
}

static void key_set_free(struct key_set *set)
{
	if (!set)
		return;
	arena_release(&set->arena);
	free(set);
}

void key_sets_free(struct key_sets *k)
{
	if (!k)
		return;
	for (struct map_entry *e = map_next(&k->issuers, NULL); e; e = map_next(&k->issuers, e))
		key_set_free(e->value);
	map_release(&k->issuers);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static const struct json *find_key(const struct key_set *set, struct str key_id)
{
	for (size_t i = 0; set && set->keys && i < set->keys->count; i++) {
		const struct json *key = set->keys->items[i];

		if (!str_is_set(key_id) || str_eq(json_get_text(key, STR("kid")), key_id))
			return key;
	}
	return NULL;
}

bool key_sets_have(struct key_sets *k, struct str issuer, struct str key_id)
{
	int64_t now = clock_wall_ms();

	pthread_mutex_lock(&k->lock);
	const struct key_set *set = map_get(&k->issuers, issuer);
	bool have =
		set && now - set->fetched_ms < KEYS_LIVE_MS && (find_key(set, key_id) || now - set->fetched_ms < KEYS_RETRY_MS);
	pthread_mutex_unlock(&k->lock);
	return have;
}

/* ---- asking the issuer ---- */

static bool may_ask(struct str url)
{
	struct uri uri;

	if (uri_parse(url, &uri, NULL) != 0)
		return false;
	return str_eq_c(uri.scheme, "https") || str_eq_c(uri.host, "localhost") || str_starts(uri.host, STR("127."));
}

static int get_document(struct http_client *client, struct arena *a, struct str url, const struct json **out, struct error *err)
{
	struct http_client_request request = { .method = STR("GET"), .url = url, .timeout_ms = 5000 };
	struct http_client_response response;

	if (!may_ask(url))
		return error_set(err, ERR_DENIED, "an issuer is asked over https only");
	int rc = http_client_send(client, a, &request, DOCUMENT_MAX, &response, err);
	if (rc < 0)
		return rc;
	if (response.status != 200)
		return error_set(err, ERR_UNAVAILABLE, "the issuer answered with status %d", response.status);
	return json_parse(a, response.body, out, err);
}

static int get_keys(struct key_set *set, struct str issuer, struct error *err)
{
	struct http_client_options options = { .io_timeout_ms = 5000 };
	struct str base = str_ends(issuer, STR("/")) ? str_sub(issuer, 0, issuer.n - 1) : issuer;
	const struct json *discovery = NULL, *document = NULL;
	struct http_client *client;

	int rc = http_client_new(&client, &options, err);
	if (rc < 0)
		return rc;
	rc = get_document(client, &set->arena, arena_concat(&set->arena, base, STR("/.well-known/openid-configuration")),
			  &discovery, err);
	if (rc == 0)
		rc = get_document(client, &set->arena, json_get_text(discovery, STR("jwks_uri")), &document, err);
	http_client_free(client);
	set->keys = json_get_c(document, "keys");
	return rc;
}

int key_sets_fetch(struct key_sets *k, struct str issuer, struct error *err)
{
	struct key_set *set = calloc(1, sizeof(*set));
	void *old = NULL;

	if (!set)
		return error_set(err, ERR_NO_MEMORY, "out of memory for an issuer's keys");
	arena_init(&set->arena, 4 * (size_t)DOCUMENT_MAX);
	set->fetched_ms = clock_wall_ms();
	int rc = get_keys(set, issuer, err);
	if (rc == 0) {
		pthread_mutex_lock(&k->lock);
		rc = map_put(&k->issuers, issuer, set, &old);
		pthread_mutex_unlock(&k->lock);
	}
	key_set_free(rc == 0 ? old : set);
	return rc;
}

/* ---- the signature ---- */

static EVP_PKEY *build_rsa_key(struct str modulus, struct str exponent)
{
	BIGNUM *n = BN_bin2bn((const unsigned char *)modulus.p, (int)modulus.n, NULL);
	BIGNUM *e = BN_bin2bn((const unsigned char *)exponent.p, (int)exponent.n, NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *parameters = NULL;
	EVP_PKEY *key = NULL;

	if (n && e && builder && context && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) && (parameters = OSSL_PARAM_BLD_to_param(builder)) &&
	    EVP_PKEY_fromdata_init(context) == 1 && EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		key = NULL;
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(context);
	BN_free(n);
	BN_free(e);
	return key;
}

static bool verify_rs256(EVP_PKEY *key, struct str signed_part, struct str signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestVerify(context, (const unsigned char *)signature.p, signature.n, (const unsigned char *)signed_part.p,
				   signed_part.n) == 1;

	EVP_MD_CTX_free(context);
	return ok;
}

/* The key's parts are copied out under the lock: another thread may replace the set. */
static bool copy_key(struct key_sets *k, struct arena *a, struct str issuer, struct str key_id, struct str *n, struct str *e)
{
	pthread_mutex_lock(&k->lock);
	const struct json *key = find_key(map_get(&k->issuers, issuer), key_id);
	bool usable = str_eq_c(json_get_text(key, STR("kty")), "RSA") &&
		      base64url_decode(a, arena_str(a, json_get_text(key, STR("n"))), n) == 0 &&
		      base64url_decode(a, arena_str(a, json_get_text(key, STR("e"))), e) == 0;
	pthread_mutex_unlock(&k->lock);
	return usable;
}

/* ---- the token ---- */

struct token {
	struct str signed_part, signature;
	const struct json *header, *claims;
};

static int parse_part(struct arena *a, struct str text, const struct json **out)
{
	struct str bytes;

	if (base64url_decode(a, text, &bytes) != 0 || json_parse(a, bytes, out, NULL) != 0 || !json_is(*out, JSON_OBJECT))
		return ERR_INVALID;
	return 0;
}

static int token_parse(struct arena *a, struct str text, struct token *out)
{
	struct str rest = text;
	struct str header = str_split(&rest, '.');
	struct str claims = str_split(&rest, '.');

	if (!str_is_set(rest) || base64url_decode(a, rest, &out->signature) != 0)
		return ERR_INVALID;
	out->signed_part = str_sub(text, 0, header.n + 1 + claims.n);
	if (parse_part(a, header, &out->header) < 0 || parse_part(a, claims, &out->claims) < 0)
		return ERR_INVALID;
	return 0;
}

struct str jwt_key_id(struct arena *a, struct str token)
{
	struct token parsed;

	return token_parse(a, token, &parsed) == 0 ? json_get_text(parsed.header, STR("kid")) : STR_NULL;
}

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

static const char *check_claims(const struct json *claims, const struct jwt_demand *d)
{
	if (!str_eq(json_get_text(claims, STR("iss")), d->issuer))
		return "invalid issuer";
	if (!audience_fits(claims, d->audience))
		return "invalid audience";
	if (!time_passes(claims, STR("exp"), d->now_ms, false, false))
		return "the token has expired";
	if (!time_passes(claims, STR("nbf"), d->now_ms, true, true) || !time_passes(claims, STR("iat"), d->now_ms, true, true))
		return "the token is not valid yet";
	return NULL;
}

/* "scope" or "scp": a text with blanks between, or a list. */
static const struct json *token_scopes(struct arena *a, const struct json *claims)
{
	const struct json *v = json_get_c(claims, "scope") ? json_get_c(claims, "scope") : json_get_c(claims, "scp");
	struct json *list = json_new_array(a);
	struct str rest = json_text(v);

	if (json_is(v, JSON_ARRAY))
		return v;
	while (str_is_set(rest)) {
		struct str one = str_split(&rest, ' ');

		if (one.n)
			json_add(a, list, json_new_string(a, one));
	}
	return v ? list : NULL;
}

static bool scopes_fit(const struct json *wanted, const struct json *given)
{
	if (!wanted || wanted->count == 0)
		return true;
	for (size_t i = 0; given && i < given->count; i++)
		if (contains(wanted, json_text(given->items[i])))
			return true;
	return false;
}

static const char *check_signature(struct key_sets *k, struct arena *a, const struct token *token, struct str issuer)
{
	struct str n, e;

	if (!str_eq_c(json_get_text(token->header, STR("alg")), "RS256"))
		return "signing method is not supported";
	if (!copy_key(k, a, issuer, json_get_text(token->header, STR("kid")), &n, &e))
		return "unable to find a signing key";
	EVP_PKEY *key = build_rsa_key(n, e);
	bool ok = key && verify_rs256(key, token->signed_part, token->signature);
	EVP_PKEY_free(key);
	return ok ? NULL : "signature is invalid";
}

enum jwt_verdict jwt_judge(struct key_sets *k, struct arena *a, struct str text, const struct jwt_demand *demand,
			   const struct json **claims, const struct json **scopes, const char **why)
{
	struct token token = { 0 };

	*why = token_parse(a, text, &token) < 0 ? "the token is malformed" : check_signature(k, a, &token, demand->issuer);
	if (!*why)
		*why = check_claims(token.claims, demand);
	if (*why)
		return JWT_UNAUTHORIZED;
	*claims = token.claims;
	*scopes = token_scopes(a, token.claims);
	if (scopes_fit(demand->scopes, *scopes))
		return JWT_OK;
	*why = "insufficient scope";
	return JWT_FORBIDDEN;
}
