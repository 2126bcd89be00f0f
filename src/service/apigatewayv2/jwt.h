/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON Web Tokens of JWT authorizers: RS256 signatures checked with the issuer's published keys (OpenID Connect Discovery 1.0,
 * RFC 7517, RFC 7519), then issuer, audience, times and scopes.
 */
#ifndef GLEANER_SERVICE_APIGATEWAYV2_JWT_H
#define GLEANER_SERVICE_APIGATEWAYV2_JWT_H

#include "format/json.h"

/* The keys of the issuers met so far. Safe from any thread. */
struct key_sets;

int key_sets_new(struct key_sets **out, struct error *err) MUST_CHECK;
void key_sets_free(struct key_sets *k);
/* Whether a token of that issuer with that key id can be judged without asking the issuer. */
bool key_sets_have(struct key_sets *k, struct str issuer, struct str key_id);
/* Asks the issuer; blocks. Plain http is only for issuers on this machine. */
int key_sets_fetch(struct key_sets *k, struct str issuer, struct error *err) MUST_CHECK;

enum jwt_verdict { JWT_OK, JWT_UNAUTHORIZED, JWT_FORBIDDEN };

struct jwt_demand {
	struct str issuer;
	const struct json *audience; /* any of them */
	const struct json *scopes;   /* any of them; NULL or empty: none is asked for */
	int64_t now_ms;
};

/* The "kid" of a token's header, absent when it has none or is no token. */
struct str jwt_key_id(struct arena *a, struct str token);
/* On JWT_OK the claims, and the token's scopes as a list (NULL: none). `why` (constant text) tells a refusal. */
enum jwt_verdict jwt_judge(struct key_sets *k, struct arena *a, struct str token, const struct jwt_demand *demand,
			   const struct json **claims, const struct json **scopes, const char **why);

#endif
