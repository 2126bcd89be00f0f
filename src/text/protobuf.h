/* SPDX-License-Identifier: Apache-2.0
 *
 * Just enough of the protocol buffers wire format (https://protobuf.dev/programming-guides/encoding/) to read a model and write
 * one. *Pure.*
 */
#ifndef GLEANER_TEXT_PROTOBUF_H
#define GLEANER_TEXT_PROTOBUF_H

#include "base/buf.h"

enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb_field {
	uint32_t number;
	enum pb_wire wire;
	uint64_t value;   /* of the three kinds of number */
	struct str bytes; /* PB_BYTES: points into the message */
	struct str raw;   /* the whole field, tag included */
};

/* Cuts the next field from `rest`. False at the end and, with `rest` left as it was and not empty, at malformed bytes. */
bool pb_next(struct str *rest, struct pb_field *out);

/* The value read as the float it stands for (PB_FIXED32). */
float pb_float(const struct pb_field *f);

void pb_add_varint(struct buf *b, uint32_t number, uint64_t value);
void pb_add_float(struct buf *b, uint32_t number, float value);
void pb_add_bytes(struct buf *b, uint32_t number, struct str bytes);

#endif
