/* SPDX-License-Identifier: Apache-2.0
 *
 * What is read, is written, and read again is the same value.
 */
#include <stdint.h>

#include "base/limits.h"
#include "format/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	const struct json *first, *second;

	arena_init(&a, MIB(64));
	if (json_parse(&a, str_of((const char *)data, size), &first, NULL) == 0) {
		struct str text = json_to_str(&a, first);
		if (text.p && (json_parse(&a, text, &second, NULL) || !json_equal(first, second)))
			abort();
	}
	arena_release(&a);
	return 0;
}
