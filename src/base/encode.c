/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"

static const char base64_digits[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Writes the digits without padding and returns how many. */
static size_t encode_digits(char *out, const uint8_t *in, size_t n, const char digits[64])
{
	char *start = out;
	size_t i = 0;

	for (; i + 3 <= n; i += 3) {
		uint32_t word = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
		*out++ = digits[word >> 18];
		*out++ = digits[word >> 12 & 63];
		*out++ = digits[word >> 6 & 63];
		*out++ = digits[word & 63];
	}
	if (i < n) {
		uint32_t word = (uint32_t)in[i] << 16 | (i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0);
		*out++ = digits[word >> 18];
		*out++ = digits[word >> 12 & 63];
		if (i + 1 < n)
			*out++ = digits[word >> 6 & 63];
	}
	return (size_t)(out - start);
}

static size_t pad(char *out, size_t n)
{
	while (n % 4)
		out[n++] = '=';
	return n;
}

void buf_add_base64(struct buf *b, const void *bytes, size_t n)
{
	char *room = buf_reserve(b, (n + 2) / 3 * 4);

	if (!room)
		return;
	b->n += pad(room, encode_digits(room, bytes, n, base64_digits));
	b->p[b->n] = '\0';
}

struct str base64_encode(struct arena *a, const void *bytes, size_t n)
{
	char *out = arena_alloc(a, (n + 2) / 3 * 4 + 1);

	return out ? str_of(out, pad(out, encode_digits(out, bytes, n, base64_digits))) : STR_NULL;
}

struct str base64url_encode(struct arena *a, const void *bytes, size_t n)
{
	char *out = arena_alloc(a, (n + 2) / 3 * 4 + 1);

	return out ? str_of(out, encode_digits(out, bytes, n, base64url_digits)) : STR_NULL;
}

static int digit_value(char c, const char digits[64])
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == digits[62])
		return 62;
	return c == digits[63] ? 63 : -1;
}

/* `text` without padding. Bits left over after the last byte must be zero, so that a value has one form only. */
static int decode_digits(struct arena *a, struct str text, const char digits[64], struct str *bytes)
{
	uint8_t *out = arena_alloc(a, text.n / 4 * 3 + 3);
	uint32_t word = 0;
	size_t n = 0;
	int bits = 0;

	if (text.n % 4 == 1)
		return ERR_INVALID;
	if (!out)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < text.n; i++) {
		int value = digit_value(text.p[i], digits);
		if (value < 0)
			return ERR_INVALID;
		word = word << 6 | (uint32_t)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (uint8_t)(word >> bits);
		}
	}
	if (word & ((1u << bits) - 1))
		return ERR_INVALID;
	*bytes = str_of((const char *)out, n);
	return 0;
}

int base64_decode(struct arena *a, struct str text, struct str *bytes)
{
	if (text.n % 4)
		return ERR_INVALID;
	size_t padding = 0;
	while (padding < 2 && text.n && text.p[text.n - 1] == '=') {
		text.n--;
		padding++;
	}
	return decode_digits(a, text, base64_digits, bytes);
}

int base64url_decode(struct arena *a, struct str text, struct str *bytes)
{
	return decode_digits(a, text, base64url_digits, bytes);
}

void hex_encode(char *out, const void *bytes, size_t n)
{
	static const char digits[17] = "0123456789abcdef";
	const uint8_t *in = bytes;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
}

struct str hex_str(struct arena *a, const void *bytes, size_t n)
{
	char *out = arena_alloc(a, 2 * n + 1);

	if (!out)
		return STR_NULL;
	hex_encode(out, bytes, n);
	return str_of(out, 2 * n);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int hex_decode(void *out, size_t n, struct str text)
{
	uint8_t *bytes = out;

	if (text.n != 2 * n)
		return ERR_INVALID;
	for (size_t i = 0; i < text.n; i++)
		if (hex_value(text.p[i]) < 0)
			return ERR_INVALID;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(hex_value(text.p[2 * i]) << 4 | hex_value(text.p[2 * i + 1]));
	return 0;
}
