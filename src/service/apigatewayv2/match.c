/* SPDX-License-Identifier: Apache-2.0 */
#include "service/apigatewayv2/match.h"

#include "format/uri.h"

static int parse_segment(struct str text, struct route_segment *out)
{
	if (text.n == 0)
		return ERR_INVALID;
	if (text.p[0] != '{') {
		out->kind = SEGMENT_LITERAL;
		out->text = text;
		return str_find_char(text, '{', 0) < 0 && str_find_char(text, '}', 0) < 0 ? 0 : ERR_INVALID;
	}
	bool greedy = str_ends(text, STR("+}"));
	if (text.n < (greedy ? 4U : 3U) || text.p[text.n - 1] != '}')
		return ERR_INVALID;
	out->kind = greedy ? SEGMENT_GREEDY : SEGMENT_VARIABLE;
	out->text = str_sub(text, 1, text.n - (greedy ? 3 : 2));
	return 0;
}

static bool is_method(struct str text)
{
	static const char *const methods[] = { "ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT" };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (str_eq_c(text, methods[i]))
			return true;
	return false;
}

static int parse_path(struct str path, struct route_key *key)
{
	struct str rest = str_from(path, 1);

	if (path.n == 0 || path.p[0] != '/')
		return ERR_INVALID;
	if (rest.n == 0)
		return 0;
	while (str_is_set(rest)) {
		if (key->count == ROUTE_SEGMENTS_MAX || (key->count && key->segments[key->count - 1].kind == SEGMENT_GREEDY))
			return ERR_INVALID;
		if (parse_segment(str_split(&rest, '/'), &key->segments[key->count++]) < 0)
			return ERR_INVALID;
	}
	return 0;
}

int route_key_parse(struct arena *a, struct str text, struct route_key *out)
{
	struct route_key key = { 0 };
	struct str path = arena_str(a, text);

	if (text.n && !str_is_set(path))
		return ERR_NO_MEMORY;
	if (str_eq_c(text, "$default")) {
		key.is_default = true;
		*out = key;
		return 0;
	}
	key.method = str_split(&path, ' ');
	if (!is_method(key.method) || parse_path(path, &key) < 0)
		return ERR_INVALID;
	if (str_eq_c(key.method, "ANY"))
		key.method = STR_NULL;
	*out = key;
	return 0;
}

/* ---- matching ---- */

/* What a segment adds: two bits from the left, so that an earlier segment outweighs all later ones. */
static int64_t weight(enum segment_kind kind, size_t position)
{
	static const int64_t weights[] = { [SEGMENT_LITERAL] = 3, [SEGMENT_VARIABLE] = 2, [SEGMENT_GREEDY] = 1 };

	return position < 30 ? weights[kind] << (60 - 2 * position) : 0;
}

/* A literal outweighs a variable, a variable a greedy one; then a method outweighs ANY, and anything $default. */
int64_t route_key_match(const struct route_key *key, struct str method, struct str path)
{
	struct str rest = str_from(path, 1);
	int64_t score = 1 + str_is_set(key->method);

	if (key->is_default)
		return 0;
	if (str_is_set(key->method) && !str_eq(key->method, method))
		return -1;
	if (rest.n == 0)
		rest = STR_NULL;
	for (size_t i = 0; i < key->count; i++) {
		const struct route_segment *segment = &key->segments[i];

		if (rest.n == 0)
			return -1;
		score += weight(segment->kind, i);
		if (segment->kind == SEGMENT_GREEDY)
			return score;
		struct str part = str_split(&rest, '/');
		if (part.n == 0 || (segment->kind == SEGMENT_LITERAL && !str_eq(part, segment->text)))
			return -1;
	}
	return str_is_set(rest) ? -1 : score;
}

const struct json *route_key_parameters(struct arena *a, const struct route_key *key, struct str path)
{
	struct json *out = json_new_object(a);
	struct str rest = str_from(path, 1);

	for (size_t i = 0; i < key->count; i++) {
		const struct route_segment *segment = &key->segments[i];
		struct str part = segment->kind == SEGMENT_GREEDY ? rest : str_split(&rest, '/');
		struct str decoded;

		if (segment->kind == SEGMENT_LITERAL)
			continue;
		if (uri_decode(a, part, false, &decoded) < 0)
			decoded = part;
		json_put(a, out, segment->text, json_new_string(a, decoded));
	}
	return out && out->count ? out : NULL;
}

int integration_function(struct str uri, struct str *function_arn)
{
	ptrdiff_t at = str_find(uri, STR(":lambda:path/2015-03-31/functions/"), 0);
	struct str arn = uri;

	if (at >= 0) {
		if (!str_ends(uri, STR("/invocations")))
			return ERR_INVALID;
		arn = str_from(uri, (size_t)at + strlen(":lambda:path/2015-03-31/functions/"));
		arn.n -= strlen("/invocations");
	}
	if (!str_starts(arn, STR("arn:")) || str_find(arn, STR(":lambda:"), 0) < 0 || str_find(arn, STR(":function:"), 0) < 0)
		return ERR_INVALID;
	*function_arn = arn;
	return 0;
}
