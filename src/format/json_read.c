/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON reader: one pass, recursive descent, bounded depth.
 */
#include "base/limits.h"
#include "base/map.h"
#include "format/json.h"

/* From this many members on, duplicate names are looked for with a hash map instead of pairwise. */
enum { MANY_MEMBERS = 32 };

struct reader {
	struct arena *arena;
	const char *start, *p, *end;
	int depth;
	struct error *err;
};

static int fail(struct reader *r, const char *what)
{
	int line = 1, column = 1;

	for (const char *p = r->start; p < r->p; p++) {
		column = *p == '\n' ? 1 : column + 1;
		line += *p == '\n';
	}
	return error_set(r->err, ERR_INVALID, "invalid JSON at line %d column %d: %s", line, column, what);
}

static int out_of_memory(struct reader *r)
{
	return error_set(r->err, ERR_NO_MEMORY, "out of memory while reading JSON");
}

static void skip_blanks(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
		r->p++;
}

static int read_hex4(struct reader *r, uint32_t *out)
{
	uint32_t value = 0;

	if (r->end - r->p < 4)
		return fail(r, "short \\u escape");
	for (int i = 0; i < 4; i++, r->p++) {
		char c = *r->p;
		uint32_t digit = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 32) - 'a' + 10);
		if (digit > 15 || (digit > 9 && ((c | 32) < 'a' || (c | 32) > 'f')))
			return fail(r, "bad \\u escape");
		value = value << 4 | digit;
	}
	*out = value;
	return 0;
}

static char *put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xC0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		*out++ = (char)(0xE0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3F));
		*out++ = (char)(0x80 | (c & 0x3F));
	} else {
		*out++ = (char)(0xF0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3F));
		*out++ = (char)(0x80 | (c >> 6 & 0x3F));
		*out++ = (char)(0x80 | (c & 0x3F));
	}
	return out;
}

/* After "\u": one code point, from two escapes where the first is a high surrogate. */
static int read_unicode(struct reader *r, char **out)
{
	uint32_t c, low;

	if (read_hex4(r, &c))
		return ERR_INVALID;
	if (c >= 0xDC00 && c <= 0xDFFF)
		return fail(r, "lone low surrogate");
	if (c >= 0xD800 && c <= 0xDBFF) {
		if (r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u')
			return fail(r, "lone high surrogate");
		r->p += 2;
		if (read_hex4(r, &low))
			return ERR_INVALID;
		if (low < 0xDC00 || low > 0xDFFF)
			return fail(r, "lone high surrogate");
		c = 0x10000 + ((c - 0xD800) << 10 | (low - 0xDC00));
	}
	*out = put_utf8(*out, c);
	return 0;
}

static int read_escape(struct reader *r, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

	if (r->p == r->end)
		return fail(r, "unfinished escape");
	char c = *r->p++;
	if (c == 'u')
		return read_unicode(r, out);
	const char *at = c ? strchr(from, c) : NULL;
	if (!at)
		return fail(r, "unknown escape");
	*(*out)++ = to[at - from];
	return 0;
}

/* From the first backslash on: decodes into the arena. An escape is never shorter than what it stands for. */
static int read_escaped(struct reader *r, const char *start, struct str *text)
{
	const char *close = r->p;

	while (close < r->end && *close != '"')
		close += *close == '\\' && close + 1 < r->end ? 2 : 1;
	char *copy = arena_alloc(r->arena, (size_t)(close - start) + 1);
	if (!copy)
		return out_of_memory(r);
	char *out = copy + (r->p - start);
	memcpy(copy, start, (size_t)(r->p - start));
	while (r->p < r->end && *r->p != '"') {
		if ((unsigned char)*r->p < 0x20)
			return fail(r, "control character in a string");
		if (*r->p != '\\') {
			*out++ = *r->p++;
			continue;
		}
		r->p++;
		int result = read_escape(r, &out);
		if (result)
			return result;
	}
	if (r->p == r->end)
		return fail(r, "unfinished string");
	r->p++;
	*text = str_of(copy, (size_t)(out - copy));
	return 0;
}

/* At the opening quote. */
static int read_string(struct reader *r, struct str *text)
{
	const char *start = ++r->p;

	while (r->p < r->end && *r->p != '"' && *r->p != '\\' && (unsigned char)*r->p >= 0x20)
		r->p++;
	if (r->p == r->end)
		return fail(r, "unfinished string");
	if (*r->p == '\\')
		return read_escaped(r, start, text);
	if (*r->p != '"')
		return fail(r, "control character in a string");
	*text = str_of(start, (size_t)(r->p - start));
	r->p++;
	return 0;
}

static int read_value(struct reader *r, const struct json **out);

static int read_number(struct reader *r, const struct json **out)
{
	const char *start = r->p;
	double ignored;

	while (r->p < r->end && (memchr("+-.eE", *r->p, 5) || (*r->p >= '0' && *r->p <= '9')))
		r->p++;
	struct str text = str_of(start, (size_t)(r->p - start));
	bool simple = text.n > 0 && text.n < 19 && (text.p[0] != '0' || text.n == 1);
	for (size_t i = 0; simple && i < text.n; i++)
		simple = text.p[i] >= '0' && text.p[i] <= '9';
	if (!simple && str_to_double(text, &ignored))
		return fail(r, text.n ? "malformed number" : "unexpected character");
	*out = json_new_number(r->arena, text);
	return *out ? 0 : out_of_memory(r);
}

static int read_word(struct reader *r, const char *word, const struct json *value, const struct json **out)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return fail(r, "unexpected character");
	r->p += n;
	*out = value;
	return 0;
}

static int read_array(struct reader *r, const struct json **out)
{
	struct json *array = json_new_array(r->arena);
	const struct json *item;
	int result;

	r->p++;
	skip_blanks(r);
	if (r->p < r->end && *r->p == ']') {
		r->p++;
		*out = array;
		return array ? 0 : out_of_memory(r);
	}
	for (;;) {
		if ((result = read_value(r, &item)))
			return result;
		if (!json_add(r->arena, array, item))
			return out_of_memory(r);
		skip_blanks(r);
		if (r->p < r->end && *r->p == ',') {
			r->p++;
			continue;
		}
		if (r->p == r->end || *r->p != ']')
			return fail(r, "expected ',' or ']'");
		r->p++;
		*out = array;
		return 0;
	}
}

/* Leaves of each name the last member, where the first one stood. */
static int drop_duplicates(struct reader *r, struct json *object)
{
	struct map seen;
	size_t kept = 0;
	int result = 0;

	map_init(&seen);
	for (size_t i = 0; i < object->count && !result; i++) {
		struct json_member *m = map_get(&seen, object->members[i].name);
		if (m) {
			m->value = object->members[i].value;
			continue;
		}
		object->members[kept] = object->members[i];
		result = map_put(&seen, object->members[kept].name, &object->members[kept], NULL);
		kept++;
	}
	map_release(&seen);
	object->count = kept;
	return result ? out_of_memory(r) : 0;
}

static int read_member(struct reader *r, struct json *object)
{
	struct str name;
	const struct json *value;
	int result;

	skip_blanks(r);
	if (r->p == r->end || *r->p != '"')
		return fail(r, "expected a member name");
	if ((result = read_string(r, &name)))
		return result;
	skip_blanks(r);
	if (r->p == r->end || *r->p != ':')
		return fail(r, "expected ':'");
	r->p++;
	if ((result = read_value(r, &value)))
		return result;
	bool added = object && object->count < MANY_MEMBERS ? json_put(r->arena, object, name, value)
							    : json_add_member(r->arena, object, name, value);
	return added ? 0 : out_of_memory(r);
}

static int read_object(struct reader *r, const struct json **out)
{
	struct json *object = json_new_object(r->arena);
	int result;

	r->p++;
	skip_blanks(r);
	if (r->p < r->end && *r->p == '}') {
		r->p++;
		*out = object;
		return object ? 0 : out_of_memory(r);
	}
	for (;;) {
		if ((result = read_member(r, object)))
			return result;
		skip_blanks(r);
		if (r->p < r->end && *r->p == ',') {
			r->p++;
			continue;
		}
		if (r->p == r->end || *r->p != '}')
			return fail(r, "expected ',' or '}'");
		r->p++;
		*out = object;
		return object->count > MANY_MEMBERS ? drop_duplicates(r, object) : 0;
	}
}

static int read_text(struct reader *r, const struct json **out)
{
	struct str text;
	int result = read_string(r, &text);

	if (result)
		return result;
	*out = json_new_string(r->arena, text);
	return *out ? 0 : out_of_memory(r);
}

static int read_value(struct reader *r, const struct json **out)
{
	int result;

	skip_blanks(r);
	if (r->p == r->end)
		return fail(r, "unexpected end");
	if (r->depth >= LIMIT_JSON_DEPTH)
		return error_set(r->err, ERR_LIMIT, "JSON is nested deeper than %d levels", LIMIT_JSON_DEPTH);
	switch (*r->p) {
	case '{':
	case '[':
		r->depth++;
		result = *r->p == '{' ? read_object(r, out) : read_array(r, out);
		r->depth--;
		return result;
	case '"':
		return read_text(r, out);
	case 't':
		return read_word(r, "true", &json_bool_true, out);
	case 'f':
		return read_word(r, "false", &json_bool_false, out);
	case 'n':
		return read_word(r, "null", &json_null, out);
	default:
		return read_number(r, out);
	}
}

int json_parse(struct arena *a, struct str text, const struct json **out, struct error *err)
{
	struct reader r = { .arena = a, .err = err };
	const struct json *value;

	if (!text.p)
		return error_set(err, ERR_INVALID, "invalid JSON: no text");
	if (!str_is_utf8(text))
		return error_set(err, ERR_INVALID, "invalid JSON: the text is not UTF-8");
	r.start = r.p = text.p;
	r.end = text.p + text.n;
	int result = read_value(&r, &value);
	if (result)
		return result;
	skip_blanks(&r);
	if (r.p != r.end)
		return fail(&r, "text after the value");
	*out = value;
	return 0;
}
