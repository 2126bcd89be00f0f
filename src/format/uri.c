/* SPDX-License-Identifier: Apache-2.0 */
#include "format/uri.h"

enum { URI_PAIRS_MAX = 1000 };

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void uri_encode(struct buf *out, struct str text, bool keep_slash)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (is_unreserved((char)c) || (c == '/' && keep_slash)) {
			buf_add_char(out, (char)c);
		} else {
			const char escape[3] = { '%', digits[c >> 4], digits[c & 15] };
			buf_add(out, escape, 3);
		}
	}
}

struct str uri_encode_str(struct arena *a, struct str text, bool keep_slash)
{
	struct buf out;

	if (!text.p)
		return STR_NULL;
	buf_init(&out, text.n * 3);
	uri_encode(&out, text, keep_slash);
	struct str encoded = buf_failed(&out) ? STR_NULL : arena_str(a, buf_str(&out));
	buf_release(&out);
	return encoded;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int uri_decode(struct arena *a, struct str text, bool plus_is_space, struct str *out)
{
	if (str_find_char(text, '%', 0) < 0 && (!plus_is_space || str_find_char(text, '+', 0) < 0)) {
		*out = text;
		return 0;
	}
	char *decoded = arena_alloc(a, text.n + 1);
	size_t n = 0;
	if (!decoded)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '%') {
			int high = i + 2 < text.n ? hex_value(text.p[i + 1]) : -1;
			int low = i + 2 < text.n ? hex_value(text.p[i + 2]) : -1;
			if (high < 0 || low < 0)
				return ERR_INVALID;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		decoded[n++] = c;
	}
	*out = str_of(decoded, n);
	return 0;
}

static int parse_pair(struct arena *a, struct str piece, bool plus_is_space, struct uri_pair *out)
{
	struct str rest = piece;

	out->raw_name = str_split(&rest, '=');
	out->raw_value = rest;
	int result = uri_decode(a, out->raw_name, plus_is_space, &out->name);
	if (!result && rest.p)
		result = uri_decode(a, rest, plus_is_space, &out->value);
	return result;
}

int uri_query_parse(struct arena *a, struct str text, bool plus_is_space, struct uri_query *out)
{
	struct uri_query query = { 0 };
	size_t count = 1;

	for (size_t i = 0; i < text.n; i++)
		count += text.p[i] == '&';
	if (count > URI_PAIRS_MAX)
		return ERR_LIMIT;
	query.pairs = arena_alloc_array(a, count, sizeof(*query.pairs));
	if (!query.pairs)
		return ERR_NO_MEMORY;
	while (text.p) {
		struct str piece = str_split(&text, '&');
		if (piece.n == 0)
			continue;
		int result = parse_pair(a, piece, plus_is_space, &query.pairs[query.count++]);
		if (result)
			return result;
	}
	*out = query;
	return 0;
}

static const struct uri_pair *find(const struct uri_query *q, struct str name)
{
	for (size_t i = 0; i < q->count; i++)
		if (str_eq(q->pairs[i].name, name))
			return &q->pairs[i];
	return NULL;
}

struct str uri_query_get(const struct uri_query *q, struct str name)
{
	const struct uri_pair *pair = find(q, name);

	if (!pair)
		return STR_NULL;
	return pair->value.p ? pair->value : STR("");
}

bool uri_query_has(const struct uri_query *q, struct str name)
{
	return find(q, name) != NULL;
}

/* "host", "host:port", "[v6]:port" */
static int parse_authority(struct str authority, struct uri *out)
{
	uint64_t port;
	ptrdiff_t close = str_starts(authority, STR("[")) ? str_find_char(authority, ']', 0) : 0;

	if (close < 0)
		return ERR_INVALID;
	ptrdiff_t colon = str_find_char(authority, ':', (size_t)close);
	out->host = colon < 0 ? authority : str_sub(authority, 0, (size_t)colon);
	if (colon >= 0) {
		if (str_to_u64(str_from(authority, (size_t)colon + 1), &port) || port == 0 || port > 65535)
			return ERR_INVALID;
		out->port = (uint16_t)port;
	}
	if (out->host.n > 2 && out->host.p[0] == '[')
		out->host = str_sub(out->host, 1, out->host.n - 2);
	return out->host.n == 0 || str_find_char(authority, '@', 0) >= 0 ? ERR_INVALID : 0;
}

int uri_parse(struct str text, struct uri *out, struct error *err)
{
	struct uri uri = { 0 };
	ptrdiff_t scheme_end = str_find(text, STR("://"), 0);

	if (scheme_end < 0)
		return error_set(err, ERR_INVALID, "not an absolute URL: " STR_FMT, STR_ARG(text));
	uri.scheme = str_sub(text, 0, (size_t)scheme_end);
	if (str_eq(uri.scheme, STR("http")))
		uri.port = 80;
	else if (str_eq(uri.scheme, STR("https")))
		uri.port = 443;
	else
		return error_set(err, ERR_INVALID, "not an http or https URL: " STR_FMT, STR_ARG(text));
	struct str rest = str_from(text, (size_t)scheme_end + 3);
	size_t end = 0;
	while (end < rest.n && !memchr("/?#", rest.p[end], 3))
		end++;
	if (parse_authority(str_sub(rest, 0, end), &uri))
		return error_set(err, ERR_INVALID, "bad host or port in URL: " STR_FMT, STR_ARG(text));
	struct str target = str_from(rest, end);
	ptrdiff_t fragment = str_find_char(target, '#', 0);
	if (fragment >= 0)
		target = str_sub(target, 0, (size_t)fragment);
	uri.path = str_split(&target, '?');
	uri.query = target;
	if (uri.path.n == 0)
		uri.path = STR("/");
	*out = uri;
	return 0;
}
