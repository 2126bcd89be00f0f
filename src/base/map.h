/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash map from strings to pointers. Keys are copied, values are borrowed. Insertion order is kept while nothing
 * is removed. One thread at a time. Hashing is seeded per process (SipHash-1-3), so keys from outside cannot be
 * chosen to collide.
 */
#ifndef GLEANER_BASE_MAP_H
#define GLEANER_BASE_MAP_H

#include "base/str.h"

struct map_entry {
	char *key; /* owned by the map, NUL-terminated; NULL marks a removed entry */
	size_t key_n;
	void *value;
};

struct map {
	struct map_entry *entries; /* in order of insertion */
	uint32_t *slots;           /* 1 + index into entries; 0 is free */
	size_t count;              /* live entries */
	size_t used;               /* entries in use, removed ones included */
	size_t slot_count;         /* a power of two, or 0 */
};

void map_init(struct map *m);
void map_release(struct map *m);

void *map_get(const struct map *m, struct str key); /* NULL when absent */
/* Adds or replaces; `old` (may be NULL) receives the value replaced, or NULL. ERR_NO_MEMORY leaves the map as it was. */
int map_put(struct map *m, struct str key, void *value, void **old) MUST_CHECK;
void *map_remove(struct map *m, struct str key); /* the value removed, or NULL */

/* for (struct map_entry *e = map_next(&m, NULL); e; e = map_next(&m, e)) */
struct map_entry *map_next(const struct map *m, const struct map_entry *after);

#endif
