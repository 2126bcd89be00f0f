/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/canonical.h"

#include "format/date.h"
#include "format/uri.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

/* Whose words to use: S3 names a malformed header and a malformed query differently. */
static int malformed(struct error *err, bool presigned, const char *what)
{
	if (presigned)
		return error_set_service(err, 400, "AuthorizationQueryParametersError", "%s", what);
	return error_set_service(err, 400, "AuthorizationHeaderMalformed", "The authorization header is malformed; %s", what);
}

static struct str header_of(const struct sigv4_request *request, struct str name)
{
	return http_headers_get(request->headers, request->header_count, name);
}

/* "AKID/20260101/us-east-1/s3/aws4_request"; an access key never holds a slash. */
static int read_credential(struct str text, struct sigv4_claim *claim, struct error *err)
{
	static const char expected[] =
		"the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
	struct str rest = text;

	claim->access_key = str_split(&rest, '/');
	claim->date = str_split(&rest, '/');
	claim->region = str_split(&rest, '/');
	claim->service = str_split(&rest, '/');
	bool complete =
		str_is_set(rest) && claim->access_key.n > 0 && claim->date.n == 8 && claim->region.n > 0 && claim->service.n > 0;
	if (!complete || !str_eq(rest, STR("aws4_request")))
		return malformed(err, claim->presigned, expected);
	return 0;
}

static int read_pairs(struct str text, struct str *credential, struct sigv4_claim *claim)
{
	struct str rest = text;

	while (str_is_set(rest)) {
		struct str pair = str_trim(str_split(&rest, ','));
		struct str name = str_split(&pair, '=');
		if (str_eq(name, STR("Credential")))
			*credential = pair;
		else if (str_eq(name, STR("SignedHeaders")))
			claim->signed_headers = pair;
		else if (str_eq(name, STR("Signature")))
			claim->signature = pair;
		else
			return ERR_INVALID;
	}
	bool complete = credential->n > 0 && claim->signed_headers.n > 0 && claim->signature.n > 0;
	return complete ? 0 : ERR_INVALID;
}

static int read_date_header(const struct sigv4_request *request, struct sigv4_claim *claim, struct error *err)
{
	struct str text = header_of(request, STR("x-amz-date"));
	if (str_is_set(text) && date_parse_amz(str_trim(text), &claim->at_ms) == 0)
		return 0;
	struct str plain = header_of(request, STR("date"));
	if (!str_is_set(text) && str_is_set(plain)) {
		if (date_parse_http(str_trim(plain), &claim->at_ms) == 0)
			return 0;
		if (date_parse_amz(str_trim(plain), &claim->at_ms) == 0)
			return 0;
	}
	return error_set_service(err, 403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
}

static int parse_header_claim(const struct sigv4_request *request, struct str value, struct sigv4_claim *claim, struct error *err)
{
	struct str credential = STR_NULL;

	if (read_pairs(str_from(value, sizeof(ALGORITHM) - 1), &credential, claim))
		return malformed(err, false, "the authorization component is malformed.");
	int rc = read_credential(credential, claim, err);
	if (rc == 0)
		rc = read_date_header(request, claim, err);
	if (rc)
		return rc;
	claim->session_token = header_of(request, STR("x-amz-security-token"));
	claim->payload_hash = header_of(request, STR("x-amz-content-sha256"));
	return 1;
}

static int read_expiry(struct str text, struct sigv4_claim *claim, struct error *err)
{
	if (str_to_i64(text, &claim->expires_s))
		return malformed(err, true, "X-Amz-Expires should be a number");
	if (claim->expires_s < 0)
		return malformed(err, true, "X-Amz-Expires must be non-negative");
	if (claim->expires_s > SIGV4_PRESIGN_MAX_S)
		return malformed(err, true,
				 "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
				 "must be less than 604800 seconds");
	return 0;
}

static struct str presigned_payload_hash(const struct sigv4_request *request, const struct uri_query *q,
					 const struct sigv4_claim *claim)
{
	struct str hash = header_of(request, STR("x-amz-content-sha256"));
	if (!str_is_set(hash))
		hash = uri_query_get(q, STR("X-Amz-Content-Sha256"));
	/* Only S3 has a word for "the body is not signed"; elsewhere the caller hashes what came. */
	if (!str_is_set(hash) && str_eq(claim->service, STR("s3")))
		hash = STR(SIGV4_UNSIGNED_PAYLOAD);
	return hash;
}

static int parse_query_claim(const struct sigv4_request *request, const struct uri_query *q, struct sigv4_claim *claim,
			     struct error *err)
{
	struct str credential = uri_query_get(q, STR("X-Amz-Credential"));
	struct str date = uri_query_get(q, STR("X-Amz-Date"));
	struct str expires = uri_query_get(q, STR("X-Amz-Expires"));

	claim->presigned = true;
	claim->signed_headers = uri_query_get(q, STR("X-Amz-SignedHeaders"));
	claim->signature = uri_query_get(q, STR("X-Amz-Signature"));
	if (!str_is_set(credential) || !str_is_set(date) || !str_is_set(expires) || claim->signed_headers.n == 0 ||
	    !str_is_set(claim->signature))
		return malformed(err, true,
				 "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
				 "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
	if (!str_eq(uri_query_get(q, STR("X-Amz-Algorithm")), STR(ALGORITHM)))
		return malformed(err, true, "X-Amz-Algorithm only supports \"" ALGORITHM "\"");
	int rc = read_credential(credential, claim, err);
	if (rc == 0)
		rc = read_expiry(expires, claim, err);
	if (rc)
		return rc;
	if (date_parse_amz(date, &claim->at_ms))
		return malformed(err, true, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
	claim->session_token = uri_query_get(q, STR("X-Amz-Security-Token"));
	claim->payload_hash = presigned_payload_hash(request, q, claim);
	return 1;
}

/* Signature version 2: "AWS AKID:signature", or AWSAccessKeyId in the query. */
static bool is_version_2(struct str authorization, const struct uri_query *q)
{
	return str_starts(authorization, STR("AWS ")) ||
	       (uri_query_has(q, STR("AWSAccessKeyId")) && uri_query_has(q, STR("Signature")));
}

int sigv4_claim_parse(struct arena *a, const struct sigv4_request *request, struct sigv4_claim *out, struct error *err)
{
	struct str authorization = header_of(request, STR("authorization"));
	struct sigv4_claim claim = { 0 };
	struct uri_query q = { 0 };

	if (request->query.n > 0) {
		int rc = uri_query_parse(a, request->query, true, &q);
		if (rc == ERR_NO_MEMORY)
			return error_set(err, rc, "no memory to read the query");
		if (rc)
			return error_set_service(err, 400, "InvalidURI", "Couldn't parse the specified URI.");
	}
	bool by_query = uri_query_has(&q, STR("X-Amz-Algorithm")) || uri_query_has(&q, STR("X-Amz-Signature"));
	if (is_version_2(authorization, &q))
		return error_set_service(err, 400, "InvalidRequest",
					 "The authorization mechanism you have provided is not "
					 "supported. Please use " ALGORITHM ".");
	bool by_header = str_starts(authorization, STR("AWS4-"));
	if (by_header && by_query)
		return error_set_service(
			err, 400, "InvalidArgument",
			"Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
			"string parameter or the Authorization header should be specified");
	if (!by_header && !by_query)
		return 0;
	if (by_header && !str_starts(authorization, STR(ALGORITHM " ")))
		return error_set_service(err, 400, "InvalidArgument", "Unsupported Authorization Type");
	int rc = by_query ? parse_query_claim(request, &q, &claim, err) : parse_header_claim(request, authorization, &claim, err);
	if (rc < 0)
		return rc;
	*out = claim;
	return 1;
}

static bool is_signed(struct str signed_headers, struct str name)
{
	struct str rest = signed_headers;

	while (str_is_set(rest))
		if (str_eq_nocase(str_split(&rest, ';'), name))
			return true;
	return false;
}

/* Host and every x-amz-* header sent must be covered, or someone on the way could add meaning. */
static bool all_signed(const struct sigv4_request *request, const struct sigv4_claim *claim)
{
	if (!is_signed(claim->signed_headers, STR("host")))
		return false;
	for (size_t i = 0; i < request->header_count; i++) {
		struct str name = request->headers[i].name;
		if (str_eq_nocase(str_sub(name, 0, 6), STR("x-amz-")) && !is_signed(claim->signed_headers, name))
			return false;
	}
	return true;
}

static enum sigv4_verdict check_time(const struct sigv4_claim *claim, int64_t now_ms)
{
	char text[DATE_TEXT_MAX];

	if (!str_eq(str_sub(date_amz(text, claim->at_ms), 0, 8), claim->date))
		return SIGV4_SCOPE;
	if (claim->presigned) {
		if (claim->at_ms > now_ms + SIGV4_SKEW_MS)
			return SIGV4_NOT_YET;
		return now_ms > claim->at_ms + claim->expires_s * 1000 ? SIGV4_EXPIRED : SIGV4_OK;
	}
	int64_t difference = now_ms > claim->at_ms ? now_ms - claim->at_ms : claim->at_ms - now_ms;
	return difference > SIGV4_SKEW_MS ? SIGV4_SKEWED : SIGV4_OK;
}

int sigv4_explain(struct arena *a, const struct sigv4_request *request, const struct sigv4_claim *claim, bool single_encode,
		  struct str *canonical_text, struct str *string_to_sign)
{
	struct str skip = claim->presigned ? STR("X-Amz-Signature") : STR_NULL;
	char date[DATE_TEXT_MAX];
	struct str canonical;

	int rc = canonical_request(a, request, skip, claim->signed_headers, single_encode, &canonical);
	if (rc)
		return rc;
	struct str scope = sigv4_scope(a, claim->date, claim->region, claim->service);
	struct str text = sigv4_string_to_sign(a, date_amz(date, claim->at_ms), scope, canonical);
	if (arena_failed(a))
		return ERR_NO_MEMORY;
	*canonical_text = canonical;
	*string_to_sign = text;
	return 0;
}

enum sigv4_verdict sigv4_verify(struct arena *a, const struct sigv4_request *request, const struct sigv4_claim *claim,
				struct str secret_key, bool single_encode, int64_t now_ms, uint8_t signing_key[SHA256_SIZE])
{
	char signature[SIGV4_HEX];
	struct str canonical, text;

	enum sigv4_verdict verdict = check_time(claim, now_ms);
	if (verdict != SIGV4_OK)
		return verdict;
	if (!all_signed(request, claim))
		return SIGV4_HEADER_UNSIGNED;
	if (sigv4_explain(a, request, claim, single_encode, &canonical, &text))
		return SIGV4_MISMATCH;
	sigv4_signing_key(secret_key, claim->date, claim->region, claim->service, signing_key);
	sigv4_hex_hmac(signing_key, text, signature);
	return str_eq_constant_time(str_of(signature, sizeof(signature)), claim->signature) ? SIGV4_OK : SIGV4_MISMATCH;
}
