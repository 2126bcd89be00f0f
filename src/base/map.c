/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum { MAP_SLOTS_FIRST = 16 };

static uint64_t hash_key[2];
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

static void hash_seed(void)
{
	/* Without the kernel's randomness (early boot) a fixed seed is still a correct hash. */
	if (getrandom(hash_key, sizeof(hash_key), GRND_NONBLOCK) < 0)
		hash_key[0] = 1;
}

#define ROTATE(x, b) ((x) << (b) | (x) >> (64 - (b)))

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = ROTATE(v[1], 13) ^ v[0];
	v[0] = ROTATE(v[0], 32);
	v[2] += v[3];
	v[3] = ROTATE(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTATE(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTATE(v[1], 17) ^ v[2];
	v[2] = ROTATE(v[2], 32);
}

/* SipHash-1-3 (Aumasson and Bernstein, 2012). */
static uint64_t hash(struct str key)
{
	uint64_t v[4] = { hash_key[0] ^ 0x736f6d6570736575u, hash_key[1] ^ 0x646f72616e646f6du, hash_key[0] ^ 0x6c7967656e657261u,
			  hash_key[1] ^ 0x7465646279746573u };
	uint64_t word;
	size_t i = 0;

	for (; i + 8 <= key.n; i += 8) {
		memcpy(&word, key.p + i, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	word = (uint64_t)key.n << 56;
	for (size_t k = 0; i + k < key.n; k++)
		word |= (uint64_t)(unsigned char)key.p[i + k] << (8 * k);
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xFF;
	for (int k = 0; k < 3; k++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void map_init(struct map *m)
{
	pthread_once(&hash_once, hash_seed);
	*m = (struct map){ 0 };
}

void map_release(struct map *m)
{
	for (size_t i = 0; i < m->used; i++)
		free(m->entries[i].key);
	free(m->entries);
	free(m->slots);
	*m = (struct map){ 0 };
}

/* The slot that holds the key, or the free one where it would go. Removed entries keep their slot as a mark. */
static size_t find_slot(const struct map *m, struct str key)
{
	size_t mask = m->slot_count - 1;

	for (size_t slot = hash(key) & mask;; slot = (slot + 1) & mask) {
		uint32_t at = m->slots[slot];
		if (at == 0)
			return slot;
		const struct map_entry *e = &m->entries[at - 1];
		if (e->key && str_eq(str_of(e->key, e->key_n), key))
			return slot;
	}
}

void *map_get(const struct map *m, struct str key)
{
	if (m->count == 0)
		return NULL;
	uint32_t at = m->slots[find_slot(m, key)];
	return at ? m->entries[at - 1].value : NULL;
}

/* Rebuilds without the removed entries, with at most half of the slots in use. */
static int map_grow(struct map *m)
{
	size_t slots = MAP_SLOTS_FIRST;

	while (slots < (m->count + 1) * 4)
		slots *= 2;
	struct map next = { .slot_count = slots, .count = m->count };
	next.slots = calloc(slots, sizeof(*next.slots));
	next.entries = malloc(slots / 2 * sizeof(*next.entries));
	if (!next.slots || !next.entries) {
		free(next.slots);
		free(next.entries);
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < m->used; i++) {
		if (!m->entries[i].key)
			continue;
		next.entries[next.used] = m->entries[i];
		size_t slot = find_slot(&next, str_of(m->entries[i].key, m->entries[i].key_n));
		next.slots[slot] = (uint32_t)++next.used;
	}
	free(m->slots);
	free(m->entries);
	*m = next;
	return 0;
}

int map_put(struct map *m, struct str key, void *value, void **old)
{
	if (m->used >= m->slot_count / 2 && map_grow(m))
		return ERR_NO_MEMORY;
	size_t slot = find_slot(m, key);
	if (m->slots[slot]) {
		struct map_entry *e = &m->entries[m->slots[slot] - 1];
		if (old)
			*old = e->value;
		e->value = value;
		return 0;
	}
	char *copy = malloc(key.n + 1);
	if (!copy)
		return ERR_NO_MEMORY;
	if (key.n)
		memcpy(copy, key.p, key.n);
	copy[key.n] = '\0';
	m->entries[m->used] = (struct map_entry){ .key = copy, .key_n = key.n, .value = value };
	m->slots[slot] = (uint32_t)++m->used;
	m->count++;
	if (old)
		*old = NULL;
	return 0;
}

void *map_remove(struct map *m, struct str key)
{
	if (m->count == 0)
		return NULL;
	uint32_t at = m->slots[find_slot(m, key)];
	if (!at)
		return NULL;
	struct map_entry *e = &m->entries[at - 1];
	void *value = e->value;
	free(e->key);
	*e = (struct map_entry){ 0 };
	m->count--;
	return value;
}

struct map_entry *map_next(const struct map *m, const struct map_entry *after)
{
	for (size_t i = after ? (size_t)(after - m->entries) + 1 : 0; i < m->used; i++)
		if (m->entries[i].key)
			return &m->entries[i];
	return NULL;
}
