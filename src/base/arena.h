/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory with one lifetime: a request, a document, a test.
 *
 * Everything allocated is zeroed, aligned to 16 bytes, and freed together by arena_release, which first runs the
 * registered clean-ups in reverse order. The cap bounds what one request can take. Failure is sticky: an allocation
 * past the cap returns NULL and arena_failed() stays true; helpers that build on an arena pass NULL through, so a
 * builder may check once at the end. One thread at a time.
 */
#ifndef GLEANER_BASE_ARENA_H
#define GLEANER_BASE_ARENA_H

#include <stdarg.h>

#include "base/str.h"

struct arena_block;
struct arena_cleanup;

typedef void (*arena_cleanup_fn)(void *argument);

struct arena {
	struct arena_block *block;
	struct arena_cleanup *cleanups;
	size_t used; /* bytes handed out */
	size_t cap;
	bool failed;
};

void arena_init(struct arena *a, size_t cap);
void arena_release(struct arena *a);

void *arena_alloc(struct arena *a, size_t n) __attribute__((malloc));
void *arena_alloc_array(struct arena *a, size_t count, size_t size); /* NULL on overflow */
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

/* Copies; a NUL follows the copy. The absent string stays absent. */
struct str arena_str(struct arena *a, struct str s);
char *arena_c(struct arena *a, struct str s);
/* The same as UTF-8: U+FFFD stands for each byte that belongs to no sequence. */
struct str arena_str_utf8(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct str arena_vprintf(struct arena *a, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
struct str arena_concat(struct arena *a, struct str first, struct str second);

/* Runs cleanup(argument) at release. ERR_NO_MEMORY (then nothing is registered). */
int arena_on_release(struct arena *a, arena_cleanup_fn cleanup, void *argument) MUST_CHECK;

static inline bool arena_failed(const struct arena *a)
{
	return a->failed;
}

#endif
