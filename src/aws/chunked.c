/* SPDX-License-Identifier: Apache-2.0
 *
 * States and what moves them on (a line ends with LF; a CR before it is dropped):
 *   SIZE      "400;chunk-signature=…"    start_chunk     -> DATA, or after the last chunk TRAILER
 *   DATA      that many bytes            feed_data       -> DATA_END
 *   DATA_END  the empty line after them  end_chunk       -> SIZE
 *   TRAILER   "name:value", or empty     trailer_line    -> TRAILER, DONE on the empty line
 *   DONE      nothing may follow
 */
#include "aws/chunked.h"

#include "aws/canonical.h"
#include "base/encode.h"
#include "base/limits.h"
#include "format/date.h"

enum {
	LINE_MAX_BYTES = 1024, /* a chunk's size line, or one trailer field */
	TRAILERS_MAX = 16,
	CHUNK_MIN = 8192, /* "Only the last chunk is allowed to have a size less than 8192 bytes" */
};

enum chunked_state { SIZE, DATA, DATA_END, TRAILER, DONE };

struct chunked_reader {
	struct arena *arena;
	enum chunked_state state;
	bool is_signed, has_trailer, trailer_verified, small_chunk;
	uint8_t key[SHA256_SIZE];
	struct str date, scope;
	char previous[SIGV4_HEX]; /* signature of the part before */
	char claimed[SIGV4_HEX];  /* the current chunk's */
	uint64_t left;            /* bytes of the current chunk to come */
	struct digest digest;     /* of the current chunk */
	char line[LINE_MAX_BYTES];
	size_t line_n;
	struct http_header trailers[TRAILERS_MAX];
	size_t trailer_count;
};

static void release(void *argument)
{
	struct chunked_reader *r = argument;

	digest_release(&r->digest);
	explicit_bzero(r->key, sizeof(r->key));
}

int chunked_new(struct chunked_reader **out, struct arena *a, struct str payload_hash, const struct sigv4_claim *claim,
		const uint8_t signing_key[SHA256_SIZE], struct error *err)
{
	bool trailer = str_ends(payload_hash, STR("-TRAILER"));
	bool is_signed = str_starts(payload_hash, STR("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"));
	bool known = str_eq(payload_hash, STR("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")) ||
		     str_eq(payload_hash, STR("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")) ||
		     str_eq(payload_hash, STR("STREAMING-UNSIGNED-PAYLOAD-TRAILER"));
	char date[DATE_TEXT_MAX];

	if (!known)
		return error_set_service(err, 400, "InvalidArgument",
					 "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
					 "STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
					 "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.");
	if (is_signed && claim->signature.n != SIGV4_HEX)
		return error_set_service(err, 403, "SignatureDoesNotMatch", "The request signature has the wrong length.");
	struct chunked_reader *r = ARENA_NEW(a, struct chunked_reader);
	if (r == NULL || arena_on_release(a, release, r))
		return error_set(err, ERR_NO_MEMORY, "no memory for a chunked body");
	r->arena = a;
	r->is_signed = is_signed;
	r->has_trailer = trailer;
	if (is_signed) {
		memcpy(r->key, signing_key, SHA256_SIZE);
		memcpy(r->previous, claim->signature.p, SIGV4_HEX);
		r->date = arena_str(a, date_amz(date, claim->at_ms));
		r->scope = sigv4_scope(a, claim->date, claim->region, claim->service);
	}
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory for a chunked body");
	*out = r;
	return 0;
}

static int incomplete(struct error *err)
{
	return error_set_service(err, 400, "IncompleteBody",
				 "You did not provide the number of bytes specified by the Content-Length HTTP header");
}

static int mismatch(struct error *err)
{
	return error_set_service(
		err, 403, "SignatureDoesNotMatch",
		"The request signature we calculated does not match the signature you provided. Check your key and "
		"signing method.");
}

static int malformed_trailer(struct error *err)
{
	return error_set_service(
		err, 400, "MalformedTrailerError",
		"The request contained trailing data that was not well-formed or did not conform to our published "
		"schema.");
}

/* Signs `text`, compares with `claimed`, and makes it the signature the next part is chained to. */
static int advance(struct chunked_reader *r, struct str text, struct str claimed, struct error *err)
{
	char expected[SIGV4_HEX];

	if (text.p == NULL)
		return error_set(err, ERR_NO_MEMORY, "no memory for a chunked body");
	sigv4_hex_hmac(r->key, text, expected);
	if (!str_eq_constant_time(str_of(expected, SIGV4_HEX), claimed))
		return mismatch(err);
	memcpy(r->previous, expected, SIGV4_HEX);
	return 0;
}

static int verify_chunk(struct chunked_reader *r, struct error *err)
{
	char text[512], hash[SIGV4_HEX], empty[SIGV4_HEX];
	uint8_t bytes[DIGEST_MAX];

	if (!r->is_signed)
		return 0;
	digest_finish(&r->digest, bytes);
	digest_release(&r->digest);
	r->digest = (struct digest){ 0 };
	hex_encode(hash, bytes, SHA256_SIZE);
	sigv4_hex_sha256(STR(""), empty);
	/* On the stack: an upload of 5 GiB has too many chunks to take memory for each. */
	int n = snprintf(text, sizeof(text), "AWS4-HMAC-SHA256-PAYLOAD\n" STR_FMT "\n" STR_FMT "\n%.*s\n%.*s\n%.*s",
			 STR_ARG(r->date), STR_ARG(r->scope), SIGV4_HEX, r->previous, SIGV4_HEX, empty, SIGV4_HEX, hash);
	if (n < 0 || (size_t)n >= sizeof(text))
		return mismatch(err);
	return advance(r, str_of(text, (size_t)n), str_of(r->claimed, SIGV4_HEX), err);
}

static int hex_size(struct str text, uint64_t *out)
{
	uint64_t size = 0;

	if (text.n == 0 || text.n > 15)
		return ERR_INVALID;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c >= '0' && c <= '9')
			size = size * 16 + (uint64_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			size = size * 16 + (uint64_t)((c | 32) - 'a' + 10);
		else
			return ERR_INVALID;
	}
	*out = size;
	return 0;
}

static int start_chunk(struct chunked_reader *r, struct str line, struct error *err)
{
	struct str extension = line;
	struct str size = str_trim(str_split(&extension, ';'));

	if (hex_size(size, &r->left) || r->left > LIMIT_OBJECT)
		return error_set_service(err, 400, "InvalidRequest", "A chunk's size is not a valid hexadecimal number.");
	if (r->is_signed) {
		struct str prefix = STR("chunk-signature=");
		if (!str_starts(extension, prefix) || extension.n != prefix.n + SIGV4_HEX)
			return error_set_service(err, 400, "InvalidRequest", "A chunk carries no valid chunk-signature.");
		memcpy(r->claimed, extension.p + prefix.n, SIGV4_HEX);
		if (digest_init(&r->digest, DIGEST_SHA256))
			return error_set(err, ERR_NO_MEMORY, "no memory for a chunked body");
	}
	if (r->left == 0) {
		r->state = TRAILER;
		return verify_chunk(r, err);
	}
	if (r->small_chunk)
		return error_set_service(err, 403, "InvalidChunkSizeError",
					 "Only the last chunk is allowed to have a size less than 8192 bytes");
	r->small_chunk = r->left < CHUNK_MIN;
	r->state = DATA;
	return 0;
}

static int end_chunk(struct chunked_reader *r, struct str line, struct error *err)
{
	if (line.n > 0)
		return error_set_service(err, 400, "InvalidRequest", "A chunk is longer than its size says.");
	r->state = SIZE;
	return verify_chunk(r, err);
}

/* The trailer's signature covers "name:value\n" for each field before it. */
static int verify_trailer(struct chunked_reader *r, struct str claimed, struct error *err)
{
	char hash[SIGV4_HEX];
	struct str fields = STR(""), text;

	for (size_t i = 0; i < r->trailer_count; i++)
		fields = arena_printf(r->arena, STR_FMT STR_FMT ":" STR_FMT "\n", STR_ARG(fields), STR_ARG(r->trailers[i].name),
				      STR_ARG(r->trailers[i].value));
	sigv4_hex_sha256(fields, hash);
	text = arena_printf(r->arena, "AWS4-HMAC-SHA256-TRAILER\n" STR_FMT "\n" STR_FMT "\n%.*s\n%.*s", STR_ARG(r->date),
			    STR_ARG(r->scope), SIGV4_HEX, r->previous, SIGV4_HEX, hash);
	if (arena_failed(r->arena))
		text = STR_NULL;
	r->trailer_verified = true;
	return advance(r, text, claimed, err);
}

static int trailer_line(struct chunked_reader *r, struct str line, struct error *err)
{
	if (line.n == 0) {
		/* The documents' example ends a field with LF and the trailer with CR LF: an empty line ends it once the
		 * signature is here, an early one is passed over. */
		bool early = r->is_signed && r->has_trailer && !r->trailer_verified && r->trailer_count > 0;
		r->state = early ? TRAILER : DONE;
		return 0;
	}
	struct str value = line;
	struct str name = str_trim(str_split(&value, ':'));
	if (!r->has_trailer || !str_is_set(value) || name.n == 0 || r->trailer_verified)
		return malformed_trailer(err);
	value = str_trim(value);
	if (str_eq_nocase(name, STR("x-amz-trailer-signature")))
		return r->is_signed ? verify_trailer(r, value, err) : malformed_trailer(err);
	if (r->trailer_count == TRAILERS_MAX)
		return malformed_trailer(err);
	struct http_header field = { arena_str(r->arena, name), arena_str(r->arena, value) };
	if (arena_failed(r->arena))
		return error_set(err, ERR_NO_MEMORY, "no memory for a chunked body");
	r->trailers[r->trailer_count++] = field;
	return 0;
}

static int end_line(struct chunked_reader *r, struct error *err)
{
	size_t n = r->line_n;
	if (n > 0 && r->line[n - 1] == '\r')
		n--;
	struct str line = str_of(r->line, n);
	r->line_n = 0;
	if (r->state == SIZE)
		return start_chunk(r, line, err);
	if (r->state == DATA_END)
		return end_chunk(r, line, err);
	return trailer_line(r, line, err);
}

/* Takes bytes up to the line's end; returns how many. */
static size_t feed_line(struct chunked_reader *r, const char *bytes, size_t n, int *rc, struct error *err)
{
	const char *end = memchr(bytes, '\n', n);
	size_t take = end ? (size_t)(end - bytes) : n;

	if (take > sizeof(r->line) - r->line_n) {
		*rc = error_set_service(err, 400, "InvalidRequest", "A line of the chunked body is too long.");
		return 0;
	}
	memcpy(r->line + r->line_n, bytes, take);
	r->line_n += take;
	if (end == NULL)
		return take;
	*rc = end_line(r, err);
	return take + 1;
}

static size_t feed_data(struct chunked_reader *r, const char *bytes, size_t n, chunked_sink_fn sink, void *argument, int *rc,
			struct error *err)
{
	size_t take = n < r->left ? n : (size_t)r->left;

	if (r->is_signed)
		digest_add(&r->digest, bytes, take);
	*rc = sink(argument, bytes, take, err);
	r->left -= take;
	if (r->left == 0)
		r->state = DATA_END;
	return take;
}

int chunked_feed(struct chunked_reader *r, const void *bytes, size_t n, chunked_sink_fn sink, void *argument, struct error *err)
{
	const char *at = bytes;
	int rc = 0;

	while (n > 0 && rc == 0) {
		if (r->state == DONE)
			return error_set_service(err, 400, "InvalidRequest", "Bytes follow the end of the chunked body.");
		size_t took = r->state == DATA ? feed_data(r, at, n, sink, argument, &rc, err) : feed_line(r, at, n, &rc, err);
		at += took;
		n -= took;
	}
	return rc;
}

int chunked_finish(struct chunked_reader *r, struct error *err)
{
	if (r->state != TRAILER && r->state != DONE)
		return incomplete(err);
	/* Some clients leave out the last CR LF; a field cut in the middle is another matter. */
	if (r->line_n > 0)
		return incomplete(err);
	if (r->is_signed && r->has_trailer && !r->trailer_verified)
		return incomplete(err);
	return 0;
}

struct str chunked_trailer(const struct chunked_reader *r, struct str name)
{
	return http_headers_get(r->trailers, r->trailer_count, name);
}
