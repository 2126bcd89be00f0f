/* SPDX-License-Identifier: Apache-2.0
 *
 * Who signed a request: the signature is checked against the stored keys, and the caller's principal set. Refusals are worded as
 * each protocol's services word them.
 */
#ifndef GLEANER_SERVICE_AUTH_H
#define GLEANER_SERVICE_AUTH_H

#include "aws/sigv4.h"
#include "service/service.h"

/* Reads the claim. 1: signed; 0: unsigned; negative: call_fail has been called. `path` and `query` as on the wire. */
int auth_claim(struct call *call, struct str path, struct str query, struct sigv4_claim *out) MUST_CHECK;

/* Verifies it and fills call->principal and the signing key. `payload_hash` as sigv4_request's. 0, or negative after call_fail.
 */
int auth_verify(struct call *call, struct str path, struct str query, const struct sigv4_claim *claim, struct str payload_hash,
		uint8_t signing_key[32]) MUST_CHECK;

/* An unsigned request to an operation that wants a signature. Returns negative. */
int auth_refuse_unsigned(struct call *call);

#endif
