/* SPDX-License-Identifier: Apache-2.0
 *
 * "Create a signed AWS API request", steps 1 to 4, IAM User Guide.
 */
#include "aws/canonical.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"
#include "format/uri.h"

enum { CANONICAL_MAX = 1 << 20 };

int canonical_take(struct arena *a, struct buf *b, struct str *out)
{
	int failed = buf_failed(b);
	struct str copy = failed ? STR_NULL : arena_str(a, buf_str(b));
	buf_release(b);
	if (failed)
		return failed;
	if (copy.p == NULL)
		return ERR_NO_MEMORY;
	*out = copy;
	return 0;
}

/* Drops the last "/segment" of what has been written. */
static void drop_segment(struct buf *b)
{
	while (b->n > 0 && b->p[b->n - 1] != '/')
		b->n--;
	if (b->n > 0)
		b->n--;
}

/* RFC 3986 §5.2.4, and "//" becomes "/": what every service but S3 expects. */
static void normalize_path(struct buf *out, struct str path)
{
	struct str rest = path;
	bool folder = true;

	while (str_is_set(rest)) {
		struct str segment = str_split(&rest, '/');
		folder = segment.n == 0 || str_eq(segment, STR(".")) || str_eq(segment, STR(".."));
		if (str_eq(segment, STR("..")))
			drop_segment(out);
		else if (!folder) {
			buf_add_char(out, '/');
			buf_add_str(out, segment);
		}
	}
	if (folder)
		buf_add_char(out, '/');
}

int canonical_path(struct arena *a, struct str path, bool single_encode, struct str *out)
{
	struct buf b;
	struct str plain;

	buf_init(&b, CANONICAL_MAX);
	if (single_encode) {
		int rc = uri_decode(a, path, false, &plain);
		if (rc)
			return rc;
		uri_encode(&b, plain, true);
		return canonical_take(a, &b, out);
	}
	normalize_path(&b, path);
	int rc = canonical_take(a, &b, &plain);
	if (rc)
		return rc;
	buf_init(&b, CANONICAL_MAX);
	uri_encode(&b, plain, true);
	return canonical_take(a, &b, out);
}

static int compare_pairs(const void *left, const void *right)
{
	const struct uri_pair *l = left, *r = right;
	int order = str_cmp(l->raw_name, r->raw_name);
	return order ? order : str_cmp(l->raw_value, r->raw_value);
}

int canonical_query(struct arena *a, struct str query, struct str skip, struct str *out)
{
	struct uri_query pairs = { 0 };
	struct buf b;

	/* '+' means a space in the queries that services read, so it is signed as one. */
	int rc = query.n ? uri_query_parse(a, query, true, &pairs) : 0;
	if (rc)
		return rc;
	size_t kept = 0;
	for (size_t i = 0; i < pairs.count; i++) {
		struct uri_pair pair = pairs.pairs[i];
		if (str_eq(pair.name, skip))
			continue;
		pair.raw_name = uri_encode_str(a, pair.name, false);
		pair.raw_value = uri_encode_str(a, str_is_set(pair.value) ? pair.value : STR(""), false);
		pairs.pairs[kept++] = pair;
	}
	if (kept > 1)
		qsort(pairs.pairs, kept, sizeof(pairs.pairs[0]), compare_pairs);
	buf_init(&b, CANONICAL_MAX);
	for (size_t i = 0; i < kept; i++) {
		if (i > 0)
			buf_add_char(&b, '&');
		buf_add_str(&b, pairs.pairs[i].raw_name);
		buf_add_char(&b, '=');
		buf_add_str(&b, pairs.pairs[i].raw_value);
	}
	return canonical_take(a, &b, out);
}

static struct str lower(struct arena *a, struct str text)
{
	char *copy = arena_c(a, text);
	if (copy == NULL)
		return STR_NULL;
	for (size_t i = 0; i < text.n; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] += 'a' - 'A';
	return str_of(copy, text.n);
}

static int compare_names(const void *left, const void *right)
{
	return str_cmp(*(const struct str *)left, *(const struct str *)right);
}

int canonical_header_names(struct arena *a, const struct http_header *headers, size_t count, struct str *out)
{
	struct str *names = arena_alloc_array(a, count ? count : 1, sizeof(*names));
	struct buf b;

	if (names == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		names[i] = lower(a, headers[i].name);
	if (arena_failed(a))
		return ERR_NO_MEMORY;
	if (count > 1)
		qsort(names, count, sizeof(*names), compare_names);
	buf_init(&b, CANONICAL_MAX);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && str_eq(names[i], names[i - 1]))
			continue;
		if (b.n > 0)
			buf_add_char(&b, ';');
		buf_add_str(&b, names[i]);
	}
	return canonical_take(a, &b, out);
}

/* Trimmed, runs of blanks inside made one. */
static void add_header_value(struct buf *b, struct str value)
{
	struct str text = str_trim(value);
	bool blank = false;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == ' ' || text.p[i] == '\t') {
			blank = true;
			continue;
		}
		if (blank)
			buf_add_char(b, ' ');
		blank = false;
		buf_add_char(b, text.p[i]);
	}
}

static void add_headers(struct buf *b, const struct sigv4_request *request, struct str signed_headers)
{
	struct str rest = signed_headers;

	while (str_is_set(rest)) {
		struct str name = str_split(&rest, ';');
		bool first = true;
		buf_add_str(b, name);
		buf_add_char(b, ':');
		for (size_t i = 0; i < request->header_count; i++) {
			if (!str_eq_nocase(request->headers[i].name, name))
				continue;
			if (!first)
				buf_add_char(b, ',');
			first = false;
			add_header_value(b, request->headers[i].value);
		}
		buf_add_char(b, '\n');
	}
}

int canonical_request(struct arena *a, const struct sigv4_request *request, struct str skip, struct str signed_headers,
		      bool single_encode, struct str *out)
{
	struct str path, query;
	struct buf b;

	int rc = canonical_path(a, request->path, single_encode, &path);
	if (rc == 0)
		rc = canonical_query(a, request->query, skip, &query);
	if (rc)
		return rc;
	buf_init(&b, CANONICAL_MAX);
	buf_add_str(&b, request->method);
	buf_add_char(&b, '\n');
	buf_add_str(&b, path);
	buf_add_char(&b, '\n');
	buf_add_str(&b, query);
	buf_add_char(&b, '\n');
	add_headers(&b, request, signed_headers);
	buf_add_char(&b, '\n');
	buf_add_str(&b, signed_headers);
	buf_add_char(&b, '\n');
	buf_add_str(&b, request->payload_hash);
	return canonical_take(a, &b, out);
}

struct str sigv4_scope(struct arena *a, struct str date, struct str region, struct str service)
{
	return arena_printf(a, STR_FMT "/" STR_FMT "/" STR_FMT "/aws4_request", STR_ARG(date), STR_ARG(region), STR_ARG(service));
}

struct str sigv4_string_to_sign(struct arena *a, struct str amz_date, struct str scope, struct str canonical)
{
	char hash[SIGV4_HEX];

	sigv4_hex_sha256(canonical, hash);
	return arena_printf(a, "AWS4-HMAC-SHA256\n" STR_FMT "\n" STR_FMT "\n%.*s", STR_ARG(amz_date), STR_ARG(scope), SIGV4_HEX,
			    hash);
}

void sigv4_signing_key(struct str secret, struct str date, struct str region, struct str service, uint8_t key[SHA256_SIZE])
{
	static const char prefix[] = "AWS4";
	char start[256];
	size_t n = sizeof(prefix) - 1;
	uint8_t step[SHA256_SIZE];

	/* Real secrets have 40 characters; a longer one than fits gives a key that matches nothing. */
	memcpy(start, prefix, n);
	size_t take = secret.n < sizeof(start) - n ? secret.n : sizeof(start) - n;
	if (take > 0)
		memcpy(start + n, secret.p, take);
	hmac_sha256(start, n + take, date.p, date.n, key);
	hmac_sha256(key, SHA256_SIZE, region.p, region.n, step);
	hmac_sha256(step, SHA256_SIZE, service.p, service.n, key);
	hmac_sha256(key, SHA256_SIZE, "aws4_request", 12, step);
	memcpy(key, step, SHA256_SIZE);
	explicit_bzero(start, sizeof(start));
}

void sigv4_hex_hmac(const uint8_t key[SHA256_SIZE], struct str text, char out[SIGV4_HEX])
{
	uint8_t mac[SHA256_SIZE];

	hmac_sha256(key, SHA256_SIZE, text.p, text.n, mac);
	hex_encode(out, mac, sizeof(mac));
}

void sigv4_hex_sha256(struct str text, char out[SIGV4_HEX])
{
	uint8_t digest[SHA256_SIZE];

	sha256(text.p, text.n, digest);
	hex_encode(out, digest, sizeof(digest));
}
