/* SPDX-License-Identifier: Apache-2.0 */
#include "store/key.h"

static const char escaped_zero[2] = { 0x00, (char)0xFF };
static const char text_end[2] = { 0x00, 0x01 };

void key_init(struct key *k)
{
	k->n = 0;
	k->failed = false;
}

static void key_add(struct key *k, const void *bytes, size_t n)
{
	if (k->failed)
		return;
	if (n > KEY_MAX - k->n) {
		memset(k->bytes + k->n, 0xFF, sizeof(k->bytes) - k->n);
		k->n = sizeof(k->bytes);
		k->failed = true;
		return;
	}
	if (n > 0)
		memcpy(k->bytes + k->n, bytes, n);
	k->n += n;
}

void key_add_str(struct key *k, struct str part)
{
	ptrdiff_t zero;

	while (part.n > 0 && (zero = str_find_char(part, '\0', 0)) >= 0) {
		key_add(k, part.p, (size_t)zero);
		key_add(k, escaped_zero, sizeof(escaped_zero));
		part = str_from(part, (size_t)zero + 1);
	}
	key_add(k, part.p, part.n);
	key_add(k, text_end, sizeof(text_end));
}

void key_add_u64(struct key *k, uint64_t part)
{
	uint8_t bytes[8];

	for (int i = 7; i >= 0; i--) {
		bytes[i] = (uint8_t)part;
		part >>= 8;
	}
	key_add(k, bytes, sizeof(bytes));
}

void key_add_raw(struct key *k, struct str bytes)
{
	key_add(k, bytes.p, bytes.n);
}

struct str key_str(const struct key *k)
{
	return str_of(k->bytes, k->n);
}

struct str key_prefix_end(struct arena *a, struct str prefix)
{
	size_t n = prefix.n;

	while (n > 0 && (uint8_t)prefix.p[n - 1] == 0xFF)
		n--;
	if (n == 0)
		return STR_NULL;
	char *end = arena_alloc(a, n);
	if (!end)
		return STR_NULL;
	memcpy(end, prefix.p, n);
	end[n - 1] = (char)((uint8_t)end[n - 1] + 1);
	return str_of(end, n);
}

/* Where the text part at the front of `key` ends, and how many zeros it escapes; -1 when it does not end. */
static ptrdiff_t text_part_length(struct str key, size_t *zeros)
{
	*zeros = 0;
	for (size_t i = 0; i + 1 < key.n; i++) {
		if (key.p[i] != 0)
			continue;
		if (key.p[i + 1] == text_end[1])
			return (ptrdiff_t)i;
		if (key.p[i + 1] != escaped_zero[1])
			return -1;
		(*zeros)++;
		i++;
	}
	return -1;
}

int key_read_str(struct arena *a, struct str *rest, struct str *part)
{
	size_t zeros, n = 0;
	ptrdiff_t length = text_part_length(*rest, &zeros);

	if (length < 0)
		return ERR_CORRUPT;
	if (zeros == 0) {
		*part = str_of(rest->p, (size_t)length);
	} else {
		char *text = arena_alloc(a, (size_t)length - zeros);
		if (!text)
			return ERR_NO_MEMORY;
		for (size_t i = 0; i < (size_t)length; i++) {
			text[n++] = rest->p[i];
			if (rest->p[i] == 0)
				i++;
		}
		*part = str_of(text, n);
	}
	*rest = str_from(*rest, (size_t)length + sizeof(text_end));
	return 0;
}

int key_read_u64(struct str *rest, uint64_t *part)
{
	uint64_t value = 0;

	if (rest->n < 8)
		return ERR_CORRUPT;
	for (int i = 0; i < 8; i++)
		value = value << 8 | (uint8_t)rest->p[i];
	*part = value;
	*rest = str_from(*rest, 8);
	return 0;
}
