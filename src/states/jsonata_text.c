/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions over text. Regular expressions are POSIX extended ones, with \d \w \s and their opposites.
 */
#include <openssl/evp.h>
#include <stdio.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "format/uri.h"
#include "states/jsonata_node.h"

struct str text_of(struct evaluation *e, struct value v)
{
	if (v.function)
		return STR("");
	return json_is(v.json, JSON_STRING) ? v.json->text : json_to_str(e->arena, v.json);
}

/* The text argument at `index`; absent, with an error for anything else that is there. */
static struct str text_argument(struct evaluation *e, struct value *arguments, size_t count, size_t index)
{
	if (index >= count || is_undefined(arguments[index]))
		return STR_NULL;
	if (json_is(arguments[index].json, JSON_STRING))
		return arguments[index].json->text;
	throw(e, "T0410", "Argument %zu of the function must be a string", index + 1);
	return STR_NULL;
}

static bool number_argument(struct evaluation *e, struct value *arguments, size_t count, size_t index, double *out)
{
	return index < count && number_of(e, arguments[index], out);
}

struct value builtin_string(struct evaluation *e, struct value *arguments, size_t count)
{
	if (count == 0 || is_undefined(arguments[0]))
		return UNDEFINED;
	return new_text(e, text_of(e, arguments[0]));
}

struct value builtin_length(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0);
	return str_is_set(text) ? new_number(e, (double)str_utf8_length(text)) : UNDEFINED;
}

/* Byte offset of the n-th code point, or the end. */
static size_t offset_of(struct str text, int64_t n)
{
	size_t at = 0;
	for (; at < text.n && n > 0; n--)
		for (at++; at < text.n && ((unsigned char)text.p[at] & 0xc0) == 0x80; at++)
			;
	return at;
}

struct value builtin_substring(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0);
	double start = 0, length = 9e15;
	if (!str_is_set(text) || !number_argument(e, arguments, count, 1, &start))
		return UNDEFINED;
	if (count > 2 && !number_argument(e, arguments, count, 2, &length))
		return UNDEFINED;
	int64_t n = (int64_t)str_utf8_length(text), from = (int64_t)start;
	if (from < 0)
		from = from + n < 0 ? 0 : from + n;
	if (length <= 0)
		return new_text(e, STR(""));
	size_t a = offset_of(text, from);
	size_t b = length < 9e15 ? offset_of(text, from + (int64_t)length) : text.n;
	return new_text(e, str_sub(text, a, b - a));
}

struct value builtin_substring_before(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0), part = text_argument(e, arguments, count, 1);
	if (!str_is_set(text) || !str_is_set(part))
		return UNDEFINED;
	ptrdiff_t at = str_find(text, part, 0);
	return new_text(e, at < 0 ? text : str_sub(text, 0, (size_t)at));
}

struct value builtin_substring_after(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0), part = text_argument(e, arguments, count, 1);
	if (!str_is_set(text) || !str_is_set(part))
		return UNDEFINED;
	ptrdiff_t at = str_find(text, part, 0);
	return new_text(e, at < 0 ? text : str_from(text, (size_t)at + part.n));
}

static struct value cased(struct evaluation *e, struct str text, bool upper)
{
	char *copy = str_is_set(text) ? arena_c(e->arena, text) : NULL;
	if (!copy)
		return UNDEFINED;
	for (size_t i = 0; i < text.n; i++) {
		if (upper && copy[i] >= 'a' && copy[i] <= 'z')
			copy[i] = (char)(copy[i] - 'a' + 'A');
		else if (!upper && copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] - 'A' + 'a');
	}
	return new_text(e, str_of(copy, text.n));
}

struct value builtin_uppercase(struct evaluation *e, struct value *arguments, size_t count)
{
	return cased(e, text_argument(e, arguments, count, 0), true);
}

struct value builtin_lowercase(struct evaluation *e, struct value *arguments, size_t count)
{
	return cased(e, text_argument(e, arguments, count, 0), false);
}

static struct value take(struct evaluation *e, struct buf *b)
{
	struct value v = buf_failed(b) ? throw(e, "U1002", "The text is too long") : new_text(e, arena_str(e->arena, buf_str(b)));
	buf_release(b);
	return v;
}

/* Runs of blanks become one space. */
struct value builtin_trim(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0);
	struct buf b;
	if (!str_is_set(text))
		return UNDEFINED;
	buf_init(&b, text.n + 1);
	for (size_t i = 0; i < text.n; i++) {
		bool blank = strchr(" \t\n\r", text.p[i]) != NULL;
		if (!blank)
			buf_add_char(&b, text.p[i]);
		else if (b.n > 0 && b.p[b.n - 1] != ' ')
			buf_add_char(&b, ' ');
	}
	if (b.n > 0 && b.p[b.n - 1] == ' ')
		b.n--;
	return take(e, &b);
}

struct value builtin_pad(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0), fill = text_argument(e, arguments, count, 2);
	double width;
	struct buf b, padding;
	if (!str_is_set(text) || !number_argument(e, arguments, count, 1, &width))
		return UNDEFINED;
	if (fill.n == 0)
		fill = STR(" ");
	int64_t missing = (int64_t)(width < 0 ? -width : width) - (int64_t)str_utf8_length(text);
	buf_init(&b, LIMIT_STATES_PAYLOAD * 4);
	buf_init(&padding, LIMIT_STATES_PAYLOAD * 4);
	for (int64_t n = (int64_t)str_utf8_length(fill); missing > 0 && !buf_failed(&padding); missing -= n)
		buf_add_str(&padding, missing >= n ? fill : str_sub(fill, 0, offset_of(fill, missing)));
	if (width < 0)
		buf_add_str(&b, buf_str(&padding));
	buf_add_str(&b, text);
	if (width >= 0)
		buf_add_str(&b, buf_str(&padding));
	buf_release(&padding);
	return take(e, &b);
}

/* ---- regular expressions ---- */

struct kept_regex {
	struct kept_regex *next;
	const struct node *node;
	regex_t regex;
};

static void translate(struct buf *b, struct str pattern)
{
	static const struct {
		char c;
		const char *set;
	} classes[] = {
		{ 'd', "[0-9]" },
		{ 'D', "[^0-9]" },
		{ 'w', "[A-Za-z0-9_]" },
		{ 'W', "[^A-Za-z0-9_]" },
		{ 's', "[[:space:]]" },
		{ 'S', "[^[:space:]]" },
		{ 'n', "\n" },
		{ 't', "\t" },
		{ 'r', "\r" },
		{ '/', "/" },
		{ ' ', " " },
	};
	for (size_t i = 0; i < pattern.n; i++) {
		const char *set = NULL;
		if (pattern.p[i] == '\\' && i + 1 < pattern.n)
			for (size_t k = 0; k < sizeof(classes) / sizeof(classes[0]); k++)
				if (classes[k].c == pattern.p[i + 1])
					set = classes[k].set;
		if (set) {
			buf_add_c(b, set);
			i++;
		} else if (str_starts(str_from(pattern, i), STR("(?:"))) {
			buf_add_char(b, '(');
			i += 2;
		} else {
			buf_add_char(b, pattern.p[i]);
			if (pattern.p[i] == '\\' && i + 1 < pattern.n)
				buf_add_char(b, pattern.p[++i]);
		}
	}
}

regex_t *regex_of(struct evaluation *e, const struct node *n)
{
	for (struct kept_regex *k = e->regexes; k; k = k->next)
		if (k->node == n)
			return &k->regex;
	struct kept_regex *kept = ARENA_NEW(e->arena, struct kept_regex);
	struct buf b;
	buf_init(&b, n->text.n * 16 + 16);
	translate(&b, n->text);
	int rc = kept ? regcomp(&kept->regex, buf_c(&b), REG_EXTENDED | (n->ignore_case ? REG_ICASE : 0)) : REG_ESPACE;
	buf_release(&b);
	if (rc != 0) {
		throw(e, "S0301", "The regular expression is not supported: /" STR_FMT "/", STR_ARG(n->text));
		return NULL;
	}
	kept->node = n;
	kept->next = e->regexes;
	e->regexes = kept;
	return &kept->regex;
}

void regexes_free(struct evaluation *e)
{
	for (struct kept_regex *k = e->regexes; k; k = k->next)
		regfree(&k->regex);
	e->regexes = NULL;
}

/* The next match of a text or expression at or after `from`. False when there is none. */
static bool find(struct evaluation *e, struct value pattern, struct str text, size_t from, regmatch_t groups[10])
{
	if (json_is(pattern.json, JSON_STRING)) {
		ptrdiff_t at = str_find(text, pattern.json->text, from);
		groups[0] = (regmatch_t){ (regoff_t)at, (regoff_t)(at + (ptrdiff_t)pattern.json->text.n) };
		for (int i = 1; i < 10; i++)
			groups[i].rm_so = groups[i].rm_eo = -1;
		return at >= 0;
	}
	regex_t *regex = pattern.function && pattern.function->regex ? regex_of(e, pattern.function->regex) : NULL;
	if (!regex) {
		throw(e, "T0410", "The pattern must be a string or a regular expression");
		return false;
	}
	groups[0] = (regmatch_t){ (regoff_t)from, (regoff_t)text.n };
	return regexec(regex, text.p, 10, groups, REG_STARTEND | (from ? REG_NOTBOL : 0)) == 0;
}

struct value builtin_contains(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0);
	regmatch_t groups[10];
	if (!str_is_set(text) || count < 2)
		return UNDEFINED;
	return value_of(json_new_bool(find(e, arguments[1], text, 0, groups)));
}

static void split_characters(struct evaluation *e, struct json *out, struct str text, double limit)
{
	for (size_t at = 0; at < text.n && (double)out->count < limit;) {
		size_t n = offset_of(str_from(text, at), 1);
		(void)json_add(e->arena, out, json_new_string(e->arena, str_sub(text, at, n)));
		at += n;
	}
}

struct value builtin_split(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0);
	double limit = 1e9;
	regmatch_t groups[10];
	size_t start = 0, from = 0;
	if (!str_is_set(text) || count < 2 || (count > 2 && !number_argument(e, arguments, count, 2, &limit)))
		return UNDEFINED;
	struct json *out = new_list(e);
	if (json_is(arguments[1].json, JSON_STRING) && arguments[1].json->text.n == 0) {
		split_characters(e, out, text, limit);
		return value_of(out);
	}
	while (out && (double)out->count < limit && from <= text.n && find(e, arguments[1], text, from, groups)) {
		size_t so = (size_t)groups[0].rm_so, eo = (size_t)groups[0].rm_eo;
		if (eo == so) {
			from = so + 1;
			continue;
		}
		(void)json_add(e->arena, out, json_new_string(e->arena, str_sub(text, start, so - start)));
		start = from = eo;
	}
	if (out && (double)out->count < limit)
		(void)json_add(e->arena, out, json_new_string(e->arena, str_from(text, start)));
	return value_of(out);
}

struct value builtin_join(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str separator = text_argument(e, arguments, count, 1);
	struct buf b;
	if (count == 0 || is_undefined(arguments[0]))
		return UNDEFINED;
	if (!is_array(arguments[0]))
		return new_text(e, text_argument(e, arguments, count, 0));
	buf_init(&b, LIMIT_STATES_PAYLOAD * 4);
	for (size_t i = 0; i < arguments[0].json->count; i++) {
		const struct json *item = arguments[0].json->items[i];
		if (!json_is(item, JSON_STRING))
			throw(e, "T0412", "Argument 1 of function \"join\" must be an array of strings");
		if (i > 0)
			buf_add_str(&b, separator);
		buf_add_str(&b, json_text(item));
	}
	return take(e, &b);
}

static const struct json *group_text(struct evaluation *e, struct str text, const regmatch_t *group)
{
	if (group->rm_so < 0)
		return &json_empty_string;
	return json_new_string(e->arena, str_sub(text, (size_t)group->rm_so, (size_t)(group->rm_eo - group->rm_so)));
}

struct value builtin_match(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0);
	double limit = 1e9;
	regmatch_t groups[10];
	if (!str_is_set(text) || count < 2 || (count > 2 && !number_argument(e, arguments, count, 2, &limit)))
		return UNDEFINED;
	struct json *out = new_list(e);
	for (size_t from = 0; from <= text.n && (double)out->count < limit && find(e, arguments[1], text, from, groups);) {
		struct json *m = json_new_object(e->arena), *list = new_list(e);
		size_t subs = arguments[1].function ? regex_of(e, arguments[1].function->regex)->re_nsub : 0;
		for (size_t i = 1; i < 10 && i <= subs; i++)
			(void)json_add(e->arena, list, group_text(e, text, &groups[i]));
		(void)json_put(e->arena, m, STR("match"), group_text(e, text, &groups[0]));
		(void)json_put(e->arena, m, STR("index"), json_new_i64(e->arena, groups[0].rm_so));
		(void)json_put(e->arena, m, STR("groups"), list);
		if (!json_add(e->arena, out, m))
			break;
		from = (size_t)groups[0].rm_eo + (groups[0].rm_eo == groups[0].rm_so);
	}
	return (struct value){ .json = out, .sequence = true };
}

/* $1 … $9 in the replacement are groups, $0 the match, $$ a dollar. */
static void add_replacement(struct buf *b, struct str with, struct str text, const regmatch_t groups[10])
{
	for (size_t i = 0; i < with.n; i++) {
		char next = i + 1 < with.n ? with.p[i + 1] : '\0';
		if (with.p[i] == '$' && next == '$') {
			buf_add_char(b, '$');
			i++;
		} else if (with.p[i] == '$' && next >= '0' && next <= '9') {
			const regmatch_t *g = &groups[next - '0'];
			if (g->rm_so >= 0)
				buf_add_str(b, str_sub(text, (size_t)g->rm_so, (size_t)(g->rm_eo - g->rm_so)));
			i++;
		} else {
			buf_add_char(b, with.p[i]);
		}
	}
}

struct value builtin_replace(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0), with = text_argument(e, arguments, count, 2);
	double limit = 1e9;
	regmatch_t groups[10];
	struct buf b;
	size_t start = 0;
	if (!str_is_set(text) || !str_is_set(with) || (count > 3 && !number_argument(e, arguments, count, 3, &limit)))
		return UNDEFINED;
	buf_init(&b, LIMIT_STATES_PAYLOAD * 4);
	for (double n = 0; n < limit && start <= text.n && find(e, arguments[1], text, start, groups); n++) {
		if (groups[0].rm_so == groups[0].rm_eo) {
			throw(e, "D1004", "Regular expression matches zero length string");
			break;
		}
		buf_add_str(&b, str_sub(text, start, (size_t)groups[0].rm_so - start));
		if (json_is(arguments[1].json, JSON_STRING))
			buf_add_str(&b, with);
		else
			add_replacement(&b, with, text, groups);
		start = (size_t)groups[0].rm_eo;
	}
	buf_add_str(&b, str_from(text, start));
	return take(e, &b);
}

/* ---- codes ---- */

struct value builtin_base64encode(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0);
	return str_is_set(text) ? new_text(e, base64_encode(e->arena, text.p, text.n)) : UNDEFINED;
}

struct value builtin_base64decode(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0), out;
	if (!str_is_set(text))
		return UNDEFINED;
	if (base64_decode(e->arena, text, &out) < 0 || !str_is_utf8(out))
		return throw(e, "D3137", "The argument of the base64decode function is not valid base64");
	return new_text(e, out);
}

struct value builtin_encode_url(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0);
	return str_is_set(text) ? new_text(e, uri_encode_str(e->arena, text, false)) : UNDEFINED;
}

struct value builtin_decode_url(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0), out;
	if (!str_is_set(text))
		return UNDEFINED;
	if (uri_decode(e->arena, text, false, &out) < 0 || !str_is_utf8(out))
		return throw(e, "D3140", "Malformed URL passed to function decodeUrlComponent");
	return new_text(e, out);
}

struct value builtin_parse(struct evaluation *e, struct value *arguments, size_t count)
{
	struct str text = text_argument(e, arguments, count, 0);
	const struct json *v;
	if (!str_is_set(text))
		return UNDEFINED;
	if (json_parse(e->arena, text, &v, NULL) < 0)
		return throw(e, "D3138", "The argument of the parse function is not valid JSON");
	/* Numbers have no negative zero here. */
	return json_is(v, JSON_NUMBER) && str_eq_c(v->text, "-0") ? new_number(e, 0) : value_of(v);
}

struct value builtin_hash(struct evaluation *e, struct value *arguments, size_t count)
{
	static const struct {
		const char *name, *digest;
	} known[] = {
		{ "MD5", "MD5" }, { "SHA-1", "SHA1" }, { "SHA-256", "SHA256" }, { "SHA-384", "SHA384" }, { "SHA-512", "SHA512" },
	};
	struct str name = text_argument(e, arguments, count, 1);
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	if (count == 0 || is_undefined(arguments[0]))
		return UNDEFINED;
	struct str data = text_of(e, arguments[0]);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_eq_c(name, known[i].name) &&
		    EVP_Digest(data.p, data.n, out, &n, EVP_get_digestbyname(known[i].digest), NULL) == 1)
			return new_text(e, hex_str(e->arena, out, n));
	return throw(e, "D3139", "The algorithm of the hash function must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512");
}

struct value builtin_uuid(struct evaluation *e, struct value *arguments, size_t count)
{
	uint8_t bytes[16];
	char text[UUID_LENGTH + 1];
	(void)arguments;
	(void)count;
	e->scope->world->random(e->scope->world->random_argument, bytes, sizeof(bytes));
	uuid_format(bytes, text);
	return new_text(e, arena_str(e->arena, str_c(text)));
}
