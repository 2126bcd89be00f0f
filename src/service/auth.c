/* SPDX-License-Identifier: Apache-2.0 */
#include "service/auth.h"

#include "os/clock.h"
#include "service/host_internal.h"

/* One kind of refusal in the vocabularies of S3, the JSON services and the Query services. REST-JSON services use the JSON
 * names with status 403. */
struct refusal {
	struct service_error s3, json, query;
};

static const struct refusal unsigned_request = {
	{ "AccessDenied", 403, "Access Denied" },
	{ "MissingAuthenticationTokenException", 400, "Missing Authentication Token" },
	{ "MissingAuthenticationToken", 403, "Request is missing Authentication Token" },
};
static const struct refusal unknown_key = {
	{ "InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records." },
	{ "UnrecognizedClientException", 400, "The security token included in the request is invalid." },
	{ "InvalidClientTokenId", 403, "The security token included in the request is invalid." },
};
static const struct refusal wrong_token = {
	{ "InvalidToken", 400, "The provided token is malformed or otherwise invalid." },
	{ "UnrecognizedClientException", 400, "The security token included in the request is invalid." },
	{ "InvalidClientTokenId", 403, "The security token included in the request is invalid" },
};
static const struct refusal expired_token = {
	{ "ExpiredToken", 400, "The provided token has expired." },
	{ "ExpiredTokenException", 400, "The security token included in the request is expired" },
	{ "ExpiredToken", 403, "The security token included in the request is expired" },
};
#define MISMATCH_TEXT                                                                                                            \
	"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "   \
	"signing method. Consult the service documentation for details."
static const struct refusal mismatch = {
	{ "SignatureDoesNotMatch", 403,
	  "The request signature we calculated does not match the signature you provided. Check your key and signing method." },
	{ "InvalidSignatureException", 400, MISMATCH_TEXT },
	{ "SignatureDoesNotMatch", 403, MISMATCH_TEXT },
};
static const struct refusal skewed = {
	{ "RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large." },
	{ "InvalidSignatureException", 400, "Signature expired: the request's date is too far from the server's time." },
	{ "SignatureDoesNotMatch", 403, "Signature expired: the request's date is too far from the server's time." },
};
static const struct refusal expired_url = {
	{ "AccessDenied", 403, "Request has expired" },
	{ "InvalidSignatureException", 400, "Signature expired: the presigned request is past its time." },
	{ "SignatureDoesNotMatch", 403, "Signature expired: the presigned request is past its time." },
};
static const struct refusal not_yet = {
	{ "AccessDenied", 403, "Request is not yet valid" },
	{ "InvalidSignatureException", 400, "Signature not yet current." },
	{ "SignatureDoesNotMatch", 403, "Signature not yet current." },
};
static const struct refusal unsigned_header = {
	{ "AccessDenied", 403, "There were headers present in the request which were not signed" },
	{ "InvalidSignatureException", 400, "There were headers present in the request which were not signed" },
	{ "SignatureDoesNotMatch", 403, "There were headers present in the request which were not signed" },
};
static const struct refusal wrong_scope = {
	{ "AuthorizationHeaderMalformed", 400,
	  "The authorization header is malformed; the credential's scope is not this request's." },
	{ "InvalidSignatureException", 400, "Credential should be scoped to a valid region and to the date of the request." },
	{ "SignatureDoesNotMatch", 403, "Credential should be scoped to a valid region and to the date of the request." },
};

static const struct service_error *in_words_of(const struct call *call, const struct refusal *refusal, struct service_error *rest)
{
	switch (call->protocol) {
	case PROTOCOL_REST_XML:
		return &refusal->s3;
	case PROTOCOL_QUERY:
		return &refusal->query;
	case PROTOCOL_REST_JSON:
		*rest = refusal->json;
		rest->status = 403;
		return rest;
	case PROTOCOL_JSON:
		break;
	}
	return &refusal->json;
}

static int refuse(struct call *call, const struct refusal *refusal)
{
	struct service_error rest;

	return call_fail(call, in_words_of(call, refusal, &rest));
}

int auth_refuse_unsigned(struct call *call)
{
	return refuse(call, &unsigned_request);
}

static struct sigv4_request request_of(const struct call *call, struct str path, struct str query, struct str payload_hash)
{
	return (struct sigv4_request){
		.method = call->method,
		.path = path,
		.query = query,
		.headers = call->headers,
		.header_count = call->header_count,
		.payload_hash = payload_hash,
	};
}

int auth_claim(struct call *call, struct str path, struct str query, struct sigv4_claim *out)
{
	struct sigv4_request request = request_of(call, path, query, STR_NULL);
	struct error err = { 0 };
	int result = sigv4_claim_parse(&call->arena, &request, out, &err);

	if (result >= 0)
		return result;
	if (call->protocol == PROTOCOL_REST_XML && err.name[0]) {
		const struct service_error error = { err.name, err.status ? err.status : 400, NULL };
		return call_failf(call, &error, "%s", err.message);
	}
	const struct service_error json = { "IncompleteSignatureException", 400, NULL },
				   query_error = { "IncompleteSignature", 400, NULL };
	return call_failf(call, call->protocol == PROTOCOL_QUERY ? &query_error : &json, "%s", err.message);
}

/* One server is one region; the services that are global on AWS are signed for us-east-1. */
static int check_region(struct call *call, const struct sigv4_claim *claim)
{
	struct str ours = host_region(call->host);

	if (str_eq(claim->region, ours) || str_eq(claim->region, STR("us-east-1")))
		return 0;
	struct service_error rest;
	return call_failf(call, in_words_of(call, &wrong_scope, &rest),
			  "The credential is scoped to the region '" STR_FMT "'; this server is '" STR_FMT "'.",
			  STR_ARG(claim->region), STR_ARG(ours));
}

static int find_key(struct call *call, const struct sigv4_claim *claim, struct credential *out)
{
	int result = credentials_find(call->host->credentials, claim->access_key, &call->arena, out);

	if (result == ERR_NOT_FOUND)
		return refuse(call, &unknown_key);
	if (result)
		return call_fault(call, NULL);
	if (out->expires_ms && out->expires_ms <= clock_wall_ms())
		return refuse(call, &expired_token);
	if (!str_eq_constant_time(out->session_token, claim->session_token))
		return refuse(call, &wrong_token);
	return 0;
}

/* What was signed, as this server sees it: the way for a client's author to find the difference. */
static int explain_mismatch(struct call *call, const struct sigv4_request *request, const struct sigv4_claim *claim, bool s3)
{
	struct str canonical, to_sign;

	refuse(call, &mismatch);
	if (!s3 || sigv4_explain(&call->arena, request, claim, s3, &canonical, &to_sign))
		return ERR_SERVICE;
	call_error_field(call, "AWSAccessKeyId", arena_c(&call->arena, claim->access_key));
	call_error_field(call, "StringToSign", arena_c(&call->arena, to_sign));
	call_error_field(call, "SignatureProvided", arena_c(&call->arena, claim->signature));
	call_error_field(call, "CanonicalRequest", arena_c(&call->arena, canonical));
	return ERR_SERVICE;
}

int auth_verify(struct call *call, struct str path, struct str query, const struct sigv4_claim *claim, struct str payload_hash,
		uint8_t signing_key[32])
{
	struct sigv4_request request = request_of(call, path, query, payload_hash);
	struct credential credential;
	bool s3 = str_eq(claim->service, STR("s3"));

	if (check_region(call, claim) || find_key(call, claim, &credential))
		return ERR_SERVICE;
	switch (sigv4_verify(&call->arena, &request, claim, credential.secret_key, s3, clock_wall_ms(), signing_key)) {
	case SIGV4_OK:
		call->principal = credential.principal;
		return 0;
	case SIGV4_MISMATCH:
		return explain_mismatch(call, &request, claim, s3);
	case SIGV4_SKEWED:
		return refuse(call, &skewed);
	case SIGV4_EXPIRED:
		return refuse(call, &expired_url);
	case SIGV4_NOT_YET:
		return refuse(call, &not_yet);
	case SIGV4_HEADER_UNSIGNED:
		return refuse(call, &unsigned_header);
	case SIGV4_SCOPE:
		break;
	}
	return refuse(call, &wrong_scope);
}
