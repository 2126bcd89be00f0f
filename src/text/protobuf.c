/* SPDX-License-Identifier: Apache-2.0 */
#include "text/protobuf.h"

static bool read_varint(struct str *rest, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < rest->n && i < 10; i++) {
		uint8_t byte = (uint8_t)rest->p[i];

		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80)) {
			*out = value;
			*rest = str_from(*rest, i + 1);
			return true;
		}
	}
	return false;
}

static bool read_fixed(struct str *rest, size_t n, uint64_t *out)
{
	uint64_t value = 0;

	if (rest->n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		value |= (uint64_t)(uint8_t)rest->p[i] << (8 * i);
	*out = value;
	*rest = str_from(*rest, n);
	return true;
}

static bool read_value(struct str *rest, struct pb_field *f)
{
	switch (f->wire) {
	case PB_VARINT:
		return read_varint(rest, &f->value);
	case PB_FIXED64:
		return read_fixed(rest, 8, &f->value);
	case PB_FIXED32:
		return read_fixed(rest, 4, &f->value);
	case PB_BYTES:
		if (!read_varint(rest, &f->value) || f->value > rest->n)
			return false;
		f->bytes = str_of(rest->p, (size_t)f->value);
		*rest = str_from(*rest, (size_t)f->value);
		return true;
	default:
		return false;
	}
}

bool pb_next(struct str *rest, struct pb_field *out)
{
	struct str left = *rest;
	struct pb_field f = { 0 };
	uint64_t tag;

	if (left.n == 0 || !read_varint(&left, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX)
		return false;
	f.number = (uint32_t)(tag >> 3);
	f.wire = (enum pb_wire)(tag & 7);
	if (!read_value(&left, &f))
		return false;
	f.raw = str_of(rest->p, rest->n - left.n);
	*rest = left;
	*out = f;
	return true;
}

float pb_float(const struct pb_field *f)
{
	uint32_t bits = (uint32_t)f->value;
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void add_number(struct buf *b, uint64_t value)
{
	while (value >= 0x80) {
		buf_add_char(b, (char)(value | 0x80));
		value >>= 7;
	}
	buf_add_char(b, (char)value);
}

void pb_add_varint(struct buf *b, uint32_t number, uint64_t value)
{
	add_number(b, (uint64_t)number << 3 | PB_VARINT);
	add_number(b, value);
}

void pb_add_float(struct buf *b, uint32_t number, float value)
{
	uint32_t bits;
	char bytes[4];

	memcpy(&bits, &value, sizeof(bits));
	for (int i = 0; i < 4; i++)
		bytes[i] = (char)(bits >> (8 * i));
	add_number(b, (uint64_t)number << 3 | PB_FIXED32);
	buf_add(b, bytes, sizeof(bytes));
}

void pb_add_bytes(struct buf *b, uint32_t number, struct str bytes)
{
	add_number(b, (uint64_t)number << 3 | PB_BYTES);
	add_number(b, bytes.n);
	buf_add(b, bytes.p, bytes.n);
}
