/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include "base/encode.h"

static bool is_dash(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

void uuid_format(const uint8_t random[16], char out[UUID_LENGTH + 1])
{
	uint8_t bytes[16];
	char hex[32];

	memcpy(bytes, random, sizeof(bytes));
	bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x40);
	bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
	hex_encode(hex, bytes, sizeof(bytes));
	for (size_t i = 0, from = 0; i < UUID_LENGTH; i++)
		out[i] = is_dash(i) ? '-' : hex[from++];
	out[UUID_LENGTH] = '\0';
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool uuid_is_valid(struct str text)
{
	if (text.n != UUID_LENGTH)
		return false;
	for (size_t i = 0; i < UUID_LENGTH; i++)
		if (is_dash(i) ? text.p[i] != '-' : !is_hex(text.p[i]))
			return false;
	return true;
}
