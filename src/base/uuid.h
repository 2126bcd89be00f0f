/* SPDX-License-Identifier: Apache-2.0
 *
 * UUIDs, version 4 (RFC 9562 §5.4), in the canonical lower-case text form.
 */
#ifndef GLEANER_BASE_UUID_H
#define GLEANER_BASE_UUID_H

#include "base/str.h"

enum { UUID_LENGTH = 36 };

/* Formats 16 random bytes (os/random.h supplies them) as a version 4 UUID with a NUL. */
void uuid_format(const uint8_t random[16], char out[UUID_LENGTH + 1]);
bool uuid_is_valid(struct str text); /* canonical form, either case */

#endif
