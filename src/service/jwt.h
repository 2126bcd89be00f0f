/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON Web Tokens (RFC 7519): taken apart, their signature checked with the issuer's keys (RFC 7515, 7518), then issuer, audience
 * and times. What a service makes of a fault is its own.
 */
#ifndef GLEANER_SERVICE_JWT_H
#define GLEANER_SERVICE_JWT_H

#include "service/key_sets.h"

struct jwt {
	struct str signed_part, signature;
	struct str key_id; /* absent when the header has none */
	const struct json *header, *claims;
};

/* ERR_INVALID: no token. Nothing is verified yet. The parts live in the arena and in `text`. */
int jwt_parse(struct arena *a, struct str text, struct jwt *out) MUST_CHECK;

enum jwt_fault {
	JWT_FINE,
	JWT_MALFORMED,
	JWT_UNSUPPORTED, /* its algorithm */
	JWT_UNKNOWN_KEY,
	JWT_BAD_SIGNATURE,
	JWT_WRONG_ISSUER,
	JWT_WRONG_AUDIENCE,
	JWT_EXPIRED,
	JWT_TOO_EARLY,
};

/* By a key that `keys` has; ask key_sets_have first. `algorithms` ends with NULL: "RS256", "ES256", and either with 384 or 512.
 */
enum jwt_fault jwt_verify(struct key_sets *keys, struct arena *a, const struct jwt *token, struct str issuer,
			  const char *const *algorithms);

struct jwt_demand {
	struct str issuer;
	const struct json *audience; /* any of them */
	int64_t now_ms;
};

enum jwt_fault jwt_check_claims(const struct json *claims, const struct jwt_demand *demand);
/* For people: "the token has expired". */
const char *jwt_fault_text(enum jwt_fault fault);

#endif
