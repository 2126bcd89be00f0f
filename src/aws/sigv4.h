/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS Signature Version 4: signing (header and presigned query) and verification (header, query, aws-chunked bodies).
 * Source: "AWS Signature Version 4 for API requests", IAM User Guide; "Signature calculations … chunked upload", S3 API. *Pure.*
 */
#ifndef GLEANER_AWS_SIGV4_H
#define GLEANER_AWS_SIGV4_H

#include "base/arena.h"
#include "base/digest.h"
#include "http/message.h"

#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

enum {
	SIGV4_SKEW_MS = 15 * 60 * 1000, /* how far a request's date may be from ours */
	SIGV4_PRESIGN_MAX_S = 7 * 24 * 60 * 60,
};

struct sigv4_credentials {
	struct str access_key, secret_key, session_token; /* token absent for long-lived keys */
};

/* What is signed. Headers: those to sign when signing (Host must be among them; X-Amz-Date and the token are
 * added by sigv4_sign); all that arrived when verifying. */
struct sigv4_request {
	struct str method;
	struct str path;  /* raw, as on the wire */
	struct str query; /* raw, no '?'; absent when none */
	const struct http_header *headers;
	size_t header_count;
	struct str payload_hash; /* lower-case hex SHA-256 of the body, or UNSIGNED-PAYLOAD, STREAMING-… */
};

/* The signing key changes once a day, region and service: kept between calls. Zeroed is empty. */
struct sigv4_key_cache {
	char scope[128];
	char secret[128];
	uint8_t key[SHA256_SIZE];
};

/* Signs by header. Adds to `out` the fields to send besides request->headers: X-Amz-Date, X-Amz-Security-Token (when there
 * is one), X-Amz-Content-Sha256 (service s3 only), Authorization. `out` has room for 4; texts are in the arena. */
int sigv4_sign(struct arena *a, const struct sigv4_request *request, const struct sigv4_credentials *credentials,
	       struct str region, struct str service, int64_t now_ms, struct sigv4_key_cache *cache, struct http_header out[4],
	       size_t *out_count, struct error *err) MUST_CHECK;

/* Presigns: returns the query to put after '?'. request->query may hold parameters of its own; request->headers are signed and
 * must be sent as given. request->payload_hash is usually UNSIGNED-PAYLOAD. */
int sigv4_presign(struct arena *a, const struct sigv4_request *request, const struct sigv4_credentials *credentials,
		  struct str region, struct str service, int64_t now_ms, int expires_s, struct str *query,
		  struct error *err) MUST_CHECK;

/* What an arriving request claims; texts borrow from it or live in the arena. */
struct sigv4_claim {
	bool presigned;
	struct str access_key, date, region, service; /* of the credential scope */
	struct str signed_headers, signature, session_token;
	int64_t at_ms;     /* X-Amz-Date (or Date) */
	int64_t expires_s; /* presigned only */
	struct str
		payload_hash; /* x-amz-content-sha256's value; UNSIGNED-PAYLOAD when presigned without it; absent when not sent */
};

/* Finds and checks the form of the claim. 1: there is one; 0: the request is unsigned; negative: malformed, with err->name in
 * S3's vocabulary ("AuthorizationHeaderMalformed", "AuthorizationQueryParametersError", "InvalidArgument", "AccessDenied",
 * "UnsupportedSignatureVersion"). */
int sigv4_claim_parse(struct arena *a, const struct sigv4_request *request, struct sigv4_claim *out,
		      struct error *err) MUST_CHECK;

enum sigv4_verdict {
	SIGV4_OK,
	SIGV4_MISMATCH,        /* signature differs: SignatureDoesNotMatch / InvalidSignatureException */
	SIGV4_SKEWED,          /* RequestTimeTooSkewed / SignatureDoesNotMatch (expired) */
	SIGV4_EXPIRED,         /* presigned URL past its time */
	SIGV4_NOT_YET,         /* presigned for the future beyond the skew */
	SIGV4_HEADER_UNSIGNED, /* host or an x-amz-* header is not among the signed ones */
	SIGV4_SCOPE,           /* date of the scope is not the request's day */
};

/* Decides. `secret_key` is the access key's; request->payload_hash must be filled (computed from the body where the client
 * sent none). `single_encode` for s3, whose path is not encoded twice or normalised. On SIGV4_OK with a
 * STREAMING-AWS4-HMAC-SHA256-PAYLOAD hash the chunk verifier is seeded from `signing_key`. */
enum sigv4_verdict sigv4_verify(struct arena *a, const struct sigv4_request *request, const struct sigv4_claim *claim,
				struct str secret_key, bool single_encode, int64_t now_ms, uint8_t signing_key[SHA256_SIZE]);
/* The two texts AWS shows in SignatureDoesNotMatch. */
int sigv4_explain(struct arena *a, const struct sigv4_request *request, const struct sigv4_claim *claim, bool single_encode,
		  struct str *canonical_request, struct str *string_to_sign) MUST_CHECK;

#endif
