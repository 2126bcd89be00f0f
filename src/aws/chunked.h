/* SPDX-License-Identifier: Apache-2.0
 *
 * The aws-chunked content coding, decoded as it arrives, however it was cut: signed chunks
 * (STREAMING-AWS4-HMAC-SHA256-PAYLOAD[-TRAILER]) are verified one by one, unsigned ones with trailers
 * (STREAMING-UNSIGNED-PAYLOAD-TRAILER) are framed; trailing checksum fields are collected. *Pure.*
 */
#ifndef GLEANER_AWS_CHUNKED_H
#define GLEANER_AWS_CHUNKED_H

#include "aws/sigv4.h"

struct chunked_reader;

typedef int (*chunked_sink_fn)(void *argument, const void *bytes, size_t n, struct error *err);

/* `seed` and the claim are those of the request's own verification. Memory comes from the arena. */
int chunked_new(struct chunked_reader **out, struct arena *a, struct str payload_hash, const struct sigv4_claim *claim,
		const uint8_t signing_key[SHA256_SIZE], struct error *err) MUST_CHECK;
/* Feeds raw bytes; decoded ones go to the sink. ERR_SERVICE with "SignatureDoesNotMatch", "IncompleteBody", "InvalidRequest",
 * "MalformedTrailerError" …; the sink's own error is passed through. A chunk's bytes may reach the sink before its signature
 * is known: what was written is only valid once chunked_finish has returned 0. */
int chunked_feed(struct chunked_reader *r, const void *bytes, size_t n, chunked_sink_fn sink, void *argument,
		 struct error *err) MUST_CHECK;
/* At the body's end. ERR_SERVICE "IncompleteBody" when the last chunk or the trailer's signature is missing. */
int chunked_finish(struct chunked_reader *r, struct error *err) MUST_CHECK;
/* Trailer fields (x-amz-checksum-…), after chunked_finish. */
struct str chunked_trailer(const struct chunked_reader *r, struct str name);

#endif
