/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/canonical.h"

#include "base/buf.h"
#include "format/date.h"
#include "format/uri.h"

/* What one signature is made with. */
struct signing {
	const struct sigv4_credentials *credentials;
	struct str region, service;
	struct str amz_date; /* 20260101T000000Z */
	struct str date;     /* its first eight characters */
	struct str scope;
};

static int signing_init(struct signing *s, struct arena *a, const struct sigv4_credentials *credentials, struct str region,
			struct str service, int64_t now_ms)
{
	char text[DATE_TEXT_MAX];

	s->credentials = credentials;
	s->region = region;
	s->service = service;
	s->amz_date = arena_str(a, date_amz(text, now_ms));
	s->date = str_sub(s->amz_date, 0, 8);
	s->scope = sigv4_scope(a, s->date, region, service);
	return arena_failed(a) ? ERR_NO_MEMORY : 0;
}

static bool cache_holds(const struct sigv4_key_cache *cache, struct str scope, struct str secret)
{
	return cache->scope[0] != '\0' && str_eq_c(scope, cache->scope) && str_eq_constant_time(secret, str_c(cache->secret));
}

static void cache_keep(struct sigv4_key_cache *cache, struct str scope, struct str secret, const uint8_t key[SHA256_SIZE])
{
	if (scope.n >= sizeof(cache->scope) || secret.n >= sizeof(cache->secret))
		return;
	memcpy(cache->scope, scope.p, scope.n);
	cache->scope[scope.n] = '\0';
	memcpy(cache->secret, secret.p, secret.n);
	cache->secret[secret.n] = '\0';
	memcpy(cache->key, key, SHA256_SIZE);
}

static struct str sign_text(struct arena *a, const struct signing *s, struct sigv4_key_cache *cache, struct str canonical)
{
	struct str secret = s->credentials->secret_key;
	uint8_t key[SHA256_SIZE];
	char signature[SIGV4_HEX];

	if (cache != NULL && cache_holds(cache, s->scope, secret)) {
		memcpy(key, cache->key, sizeof(key));
	} else {
		sigv4_signing_key(secret, s->date, s->region, s->service, key);
		if (cache != NULL)
			cache_keep(cache, s->scope, secret, key);
	}
	struct str text = sigv4_string_to_sign(a, s->amz_date, s->scope, canonical);
	if (text.p == NULL)
		return STR_NULL;
	sigv4_hex_hmac(key, text, signature);
	return arena_str(a, str_of(signature, sizeof(signature)));
}

static size_t added_headers(const struct signing *s, const struct sigv4_request *request, struct http_header out[3])
{
	size_t n = 0;

	out[n++] = (struct http_header){ STR("X-Amz-Date"), s->amz_date };
	if (s->credentials->session_token.n > 0)
		out[n++] = (struct http_header){ STR("X-Amz-Security-Token"), s->credentials->session_token };
	if (str_eq(s->service, STR("s3")))
		out[n++] = (struct http_header){ STR("X-Amz-Content-Sha256"), request->payload_hash };
	return n;
}

int sigv4_sign(struct arena *a, const struct sigv4_request *request, const struct sigv4_credentials *credentials,
	       struct str region, struct str service, int64_t now_ms, struct sigv4_key_cache *cache, struct http_header out[4],
	       size_t *out_count, struct error *err)
{
	struct signing s;
	struct sigv4_request full = *request;
	struct str names, canonical;

	if (signing_init(&s, a, credentials, region, service, now_ms))
		return error_set(err, ERR_NO_MEMORY, "no memory to sign a request");
	struct http_header *headers = arena_alloc_array(a, request->header_count + 3, sizeof(*headers));
	if (headers == NULL)
		return error_set(err, ERR_NO_MEMORY, "no memory to sign a request");
	if (request->header_count > 0)
		memcpy(headers, request->headers, request->header_count * sizeof(*headers));
	size_t added = added_headers(&s, request, headers + request->header_count);
	full.headers = headers;
	full.header_count = request->header_count + added;

	int rc = canonical_header_names(a, headers, full.header_count, &names);
	if (rc == 0)
		rc = canonical_request(a, &full, STR_NULL, names, str_eq(service, STR("s3")), &canonical);
	if (rc)
		return error_set(err, rc, "the request cannot be put in canonical form");
	struct str signature = sign_text(a, &s, cache, canonical);
	struct str value = arena_printf(
		a, "AWS4-HMAC-SHA256 Credential=" STR_FMT "/" STR_FMT ", SignedHeaders=" STR_FMT ", Signature=" STR_FMT,
		STR_ARG(credentials->access_key), STR_ARG(s.scope), STR_ARG(names), STR_ARG(signature));
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory to sign a request");
	memcpy(out, headers + request->header_count, added * sizeof(*headers));
	out[added] = (struct http_header){ STR("Authorization"), value };
	*out_count = added + 1;
	return 0;
}

/* The query with the parameters of a presigned request added, not yet canonical. */
static int presign_query(struct arena *a, const struct signing *s, struct str own, struct str names, int expires_s,
			 struct str *out)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	if (own.n > 0) {
		buf_add_str(&b, own);
		buf_add_char(&b, '&');
	}
	buf_add_c(&b, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=");
	uri_encode(&b, s->credentials->access_key, false);
	buf_add_c(&b, "%2F");
	uri_encode(&b, s->scope, false);
	buf_addf(&b, "&X-Amz-Date=" STR_FMT "&X-Amz-Expires=%d&X-Amz-SignedHeaders=", STR_ARG(s->amz_date), expires_s);
	uri_encode(&b, names, false);
	if (s->credentials->session_token.n > 0) {
		buf_add_c(&b, "&X-Amz-Security-Token=");
		uri_encode(&b, s->credentials->session_token, false);
	}
	return canonical_take(a, &b, out);
}

int sigv4_presign(struct arena *a, const struct sigv4_request *request, const struct sigv4_credentials *credentials,
		  struct str region, struct str service, int64_t now_ms, int expires_s, struct str *query, struct error *err)
{
	struct signing s;
	struct sigv4_request full = *request;
	struct str names, text, canonical;

	if (expires_s < 1 || expires_s > SIGV4_PRESIGN_MAX_S)
		return error_set(err, ERR_INVALID, "a presigned URL lives 1 to %d seconds", SIGV4_PRESIGN_MAX_S);
	int rc = signing_init(&s, a, credentials, region, service, now_ms);
	if (rc == 0)
		rc = canonical_header_names(a, request->headers, request->header_count, &names);
	if (rc == 0)
		rc = presign_query(a, &s, request->query, names, expires_s, &text);
	if (rc == 0)
		rc = canonical_query(a, text, STR_NULL, &full.query);
	if (rc == 0)
		rc = canonical_request(a, &full, STR_NULL, names, str_eq(service, STR("s3")), &canonical);
	if (rc)
		return error_set(err, rc, "the request cannot be put in canonical form");
	struct str signature = sign_text(a, &s, NULL, canonical);
	struct str signed_query = arena_printf(a, STR_FMT "&X-Amz-Signature=" STR_FMT, STR_ARG(full.query), STR_ARG(signature));
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory to sign a request");
	*query = signed_query;
	return 0;
}
