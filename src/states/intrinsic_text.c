/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions over text.
 */
#include <openssl/evp.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "states/intrinsic_internal.h"

enum { CODED_MAX = 10000 }; /* characters Base64Encode, Base64Decode and Hash take */

static bool want_text(struct values *v, size_t index, struct str *out)
{
	*out = json_text(v->items[index]);
	if (str_is_set(*out))
		return true;
	(void)refuse(v, "Argument %zu must be a string", index + 1);
	return false;
}

static void add_value(struct buf *b, const struct json *value)
{
	if (json_is(value, JSON_STRING))
		buf_add_str(b, value->text);
	else
		json_write(b, value);
}

/* {} takes the next argument; \{ \} \' \\ stand for themselves. False when an argument is missing. */
static bool format_into(struct buf *b, struct str pattern, struct values *v, size_t *used)
{
	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.p[i] == '\\' && i + 1 < pattern.n) {
			buf_add_char(b, pattern.p[++i]);
		} else if (pattern.p[i] == '{' && i + 1 < pattern.n && pattern.p[i + 1] == '}') {
			if (*used == v->count)
				return false;
			add_value(b, v->items[(*used)++]);
			i++;
		} else {
			buf_add_char(b, pattern.p[i]);
		}
	}
	return true;
}

static const struct json *take_buffer(struct values *v, struct buf *b)
{
	const struct json *out = NULL;
	if (buf_failed(b))
		(void)refuse(v, "The result is too long");
	else
		out = json_new_string(v->arena, arena_str(v->arena, buf_str(b)));
	buf_release(b);
	return out;
}

const struct json *function_format(struct values *v)
{
	struct str pattern;
	size_t used = 1;
	if (!want_text(v, 0, &pattern))
		return NULL;
	struct buf b;
	buf_init(&b, 4 * LIMIT_STATES_PAYLOAD);
	if (format_into(&b, str_is_set(v->raw_first) ? v->raw_first : pattern, v, &used) && used == v->count)
		return take_buffer(v, &b);
	buf_release(&b);
	return refuse(v, "The number of arguments does not match the number of occurrences of '{}'");
}

const struct json *function_string_to_json(struct values *v)
{
	struct str text;
	const struct json *out = NULL;
	if (!want_text(v, 0, &text))
		return NULL;
	if (str_trim(text).n == 0)
		return &json_null;
	if (json_parse(v->arena, text, &out, NULL) < 0)
		return refuse(v, "The argument is not a valid JSON text");
	return out;
}

const struct json *function_json_to_string(struct values *v)
{
	return json_new_string(v->arena, json_to_str(v->arena, v->items[0]));
}

/* Every character of the second argument separates; empty pieces are dropped. */
const struct json *function_string_split(struct values *v)
{
	struct str text, separators;
	if (!want_text(v, 0, &text) || !want_text(v, 1, &separators))
		return NULL;
	struct json *out = json_new_array(v->arena);
	size_t start = 0;
	for (size_t i = 0; i <= text.n; i++) {
		if (i < text.n && str_find_char(separators, text.p[i], 0) < 0)
			continue;
		if (i > start)
			(void)json_add(v->arena, out, json_new_string(v->arena, str_sub(text, start, i - start)));
		start = i + 1;
	}
	return out;
}

static bool want_coded(struct values *v, struct str *out)
{
	if (!want_text(v, 0, out))
		return false;
	if (str_utf8_length(*out) <= CODED_MAX)
		return true;
	(void)refuse(v, "The argument is longer than %d characters", CODED_MAX);
	return false;
}

const struct json *function_base64_encode(struct values *v)
{
	struct str text;
	return want_coded(v, &text) ? json_new_string(v->arena, base64_encode(v->arena, text.p, text.n)) : NULL;
}

const struct json *function_base64_decode(struct values *v)
{
	struct str text, bytes;
	if (!want_coded(v, &text))
		return NULL;
	if (base64_decode(v->arena, text, &bytes) < 0 || !str_is_utf8(bytes))
		return refuse(v, "The argument is not valid base64");
	return json_new_string(v->arena, bytes);
}

static const EVP_MD *hash_algorithm(struct str name)
{
	if (str_eq_c(name, "MD5"))
		return EVP_md5();
	if (str_eq_c(name, "SHA-1"))
		return EVP_sha1();
	if (str_eq_c(name, "SHA-256"))
		return EVP_sha256();
	if (str_eq_c(name, "SHA-384"))
		return EVP_sha384();
	return str_eq_c(name, "SHA-512") ? EVP_sha512() : NULL;
}

const struct json *function_hash(struct values *v)
{
	struct str data = json_is(v->items[0], JSON_STRING) ? v->items[0]->text : json_to_str(v->arena, v->items[0]);
	struct str name;
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	if (!want_text(v, 1, &name))
		return NULL;
	if (str_utf8_length(data) > CODED_MAX)
		return refuse(v, "The argument is longer than %d characters", CODED_MAX);
	const EVP_MD *algorithm = hash_algorithm(name);
	if (!algorithm)
		return refuse(v, "The hashing algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512");
	if (EVP_Digest(data.p, data.n, out, &n, algorithm, NULL) != 1)
		return refuse(v, "The hash could not be computed");
	return json_new_string(v->arena, hex_str(v->arena, out, n));
}

const struct json *function_uuid(struct values *v)
{
	uint8_t bytes[16];
	char text[UUID_LENGTH + 1];
	v->scope->world->random(v->scope->world->random_argument, bytes, sizeof(bytes));
	uuid_format(bytes, text);
	return json_new_string(v->arena, arena_str(v->arena, str_c(text)));
}
