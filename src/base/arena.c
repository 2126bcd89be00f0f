/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ARENA_ALIGN = 16,
	ARENA_BLOCK_FIRST = 4 * 1024,
	ARENA_BLOCK_MAX = 256 * 1024,
};

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(ARENA_ALIGN) char bytes[];
};

struct arena_cleanup {
	struct arena_cleanup *next;
	arena_cleanup_fn run;
	void *argument;
};

void arena_init(struct arena *a, size_t cap)
{
	*a = (struct arena){ .cap = cap };
}

void arena_release(struct arena *a)
{
	for (struct arena_cleanup *c = a->cleanups; c; c = c->next)
		c->run(c->argument);
	for (struct arena_block *b = a->block, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){ .cap = a->cap };
}

/* Blocks double up to a maximum; what does not fit one gets a block of its own, placed behind the current one so that the
 * room left there is still used. */
static struct arena_block *arena_grow(struct arena *a, size_t n)
{
	size_t size = a->block ? a->block->size * 2 : ARENA_BLOCK_FIRST;

	if (size > ARENA_BLOCK_MAX)
		size = ARENA_BLOCK_MAX;
	bool own = n > size;
	if (own)
		size = n;
	struct arena_block *b = malloc(sizeof(*b) + size);
	if (!b)
		return NULL;
	b->used = 0;
	b->size = size;
	if (own && a->block) {
		b->next = a->block->next;
		a->block->next = b;
	} else {
		b->next = a->block;
		a->block = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t need = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);

	if (need < n || need > a->cap - a->used) {
		a->failed = true;
		return NULL;
	}
	struct arena_block *b = a->block;
	if (!b || need > b->size - b->used) {
		b = arena_grow(a, need);
		if (!b) {
			a->failed = true;
			return NULL;
		}
	}
	void *p = b->bytes + b->used;
	b->used += need;
	a->used += need;
	return memset(p, 0, need);
}

void *arena_alloc_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total)) {
		a->failed = true;
		return NULL;
	}
	return arena_alloc(a, total);
}

struct str arena_str(struct arena *a, struct str s)
{
	return s.p ? str_of(arena_c(a, s), s.n) : STR_NULL;
}

struct str arena_str_utf8(struct arena *a, struct str s)
{
	static const char replacement[] = "\xEF\xBF\xBD";
	size_t size = sizeof(replacement) - 1, n = 0;
	char *copy;

	if (str_is_utf8(s))
		return arena_str(a, s);
	copy = s.n < SIZE_MAX / size ? arena_alloc(a, s.n * size + 1) : NULL;
	while (copy && s.n > 0) {
		size_t length = str_utf8_first(s), taken = length ? length : 1;
		memcpy(copy + n, length ? s.p : replacement, length ? length : size);
		n += length ? length : size;
		s = str_from(s, taken);
	}
	return str_of(copy, n);
}

char *arena_c(struct arena *a, struct str s)
{
	char *copy = s.n < SIZE_MAX ? arena_alloc(a, s.n + 1) : NULL;

	if (copy && s.n)
		memcpy(copy, s.p, s.n);
	return copy;
}

struct str arena_vprintf(struct arena *a, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	char *text = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, format, again);
	va_end(again);
	return text ? str_of(text, (size_t)n) : STR_NULL;
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct str text = arena_vprintf(a, format, args);
	va_end(args);
	return text;
}

struct str arena_concat(struct arena *a, struct str first, struct str second)
{
	char *p = arena_alloc(a, first.n + second.n + 1);

	if (!p)
		return STR_NULL;
	if (first.n)
		memcpy(p, first.p, first.n);
	if (second.n)
		memcpy(p + first.n, second.p, second.n);
	return str_of(p, first.n + second.n);
}

int arena_on_release(struct arena *a, arena_cleanup_fn run, void *argument)
{
	struct arena_cleanup *c = ARENA_NEW(a, struct arena_cleanup);

	if (!c)
		return ERR_NO_MEMORY;
	*c = (struct arena_cleanup){ .next = a->cleanups, .run = run, .argument = argument };
	a->cleanups = c;
	return 0;
}
