/* SPDX-License-Identifier: Apache-2.0 */
#include "image/jpeg_store.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image/jpeg_messages.h"

enum {
	PACKED_FROM = 1024 * 1024,      /* smaller arrays are libjpeg's */
	PACKED_MAX = 400 * 1000 * 1000, /* in all; an arithmetic coder writes many coefficients in few bytes */
};

/* A row of blocks: each a mask of its coefficients that are not zero, and those. */
struct packed_row {
	size_t n;
	uint8_t bytes[];
};

struct packed_array {
	struct packed_array *next;
	JDIMENSION blocks, rows;
	struct packed_row **packed; /* NULL: all zero */
	JBLOCKROW *window;          /* the rows that are accessed, unpacked */
	JBLOCK *storage;
	uint8_t *scratch;        /* a row being packed */
	JDIMENSION window_rows;  /* how many fit */
	JDIMENSION first, count; /* which there are */
	bool written;
};

enum { BLOCK_PACKED_MAX = sizeof(uint64_t) + sizeof(JBLOCK) };

static size_t pack_block(const JCOEF *block, uint8_t *out)
{
	uint64_t mask = 0;
	size_t n = sizeof(mask);

	for (int i = 0; i < DCTSIZE2; i += 4) {
		uint64_t four;

		memcpy(&four, block + i, sizeof(four));
		for (int k = i; four && k < i + 4; k++) {
			if (!block[k])
				continue;
			mask |= 1ull << k;
			memcpy(out + n, block + k, sizeof(JCOEF));
			n += sizeof(JCOEF);
		}
	}
	memcpy(out, &mask, sizeof(mask));
	return n;
}

/* `block` is all zero. */
static size_t unpack_block(const uint8_t *bytes, JCOEF *block)
{
	uint64_t mask;
	size_t n = sizeof(mask);

	for (memcpy(&mask, bytes, sizeof(mask)); mask; mask &= mask - 1) {
		memcpy(block + __builtin_ctzll(mask), bytes + n, sizeof(JCOEF));
		n += sizeof(JCOEF);
	}
	return n;
}

/* Into `scratch`; 0 for a row without coefficients. */
static size_t pack_row(const struct packed_array *a, JBLOCKROW row)
{
	size_t n = 0;

	for (JDIMENSION i = 0; i < a->blocks; i++)
		n += pack_block(row[i], a->scratch + n);
	return n > a->blocks * sizeof(uint64_t) ? n : 0;
}

static void unpack_row(const struct packed_array *a, const struct packed_row *packed, JBLOCKROW row)
{
	const uint8_t *bytes = packed ? packed->bytes : NULL;

	memset(row, 0, a->blocks * sizeof(*row));
	for (JDIMENSION i = 0; bytes && i < a->blocks; i++)
		bytes += unpack_block(bytes, row[i]);
}

__attribute__((noreturn)) static void fail(j_common_ptr jpeg, int code)
{
	jpeg->err->msg_code = code;
	jpeg->err->error_exit(jpeg);
	__builtin_unreachable(); /* it jumps out of the decoder */
}

static void keep_row(j_common_ptr jpeg, struct packed_array *a, JDIMENSION row, size_t n)
{
	struct jpeg_store *store = jpeg->client_data;
	struct packed_row *old = a->packed[row];

	if (n != (old ? old->n : 0)) {
		store->used -= old ? old->n : 0;
		free(old);
		a->packed[row] = old = n && n <= PACKED_MAX - store->used ? malloc(sizeof(*old) + n) : NULL;
		if (n && !old)
			fail(jpeg, JERR_OUT_OF_MEMORY);
		store->used += n;
	}
	if (n && old) {
		old->n = n;
		memcpy(old->bytes, a->scratch, n);
	}
}

static void close_window(j_common_ptr jpeg, struct packed_array *a)
{
	for (JDIMENSION i = 0; a->written && i < a->count; i++)
		keep_row(jpeg, a, a->first + i, pack_row(a, a->window[i]));
	a->count = 0;
	a->written = false;
}

static void open_window(struct packed_array *a, JDIMENSION first, JDIMENSION count)
{
	for (JDIMENSION i = 0; i < count; i++)
		unpack_row(a, a->packed[first + i], a->window[i]);
	a->first = first;
	a->count = count;
}

static struct packed_array *find_array(const struct jpeg_store *store, const void *array)
{
	struct packed_array *a = store->arrays;

	while (a && (const void *)a != array)
		a = a->next;
	return a;
}

static JBLOCKARRAY access_array(j_common_ptr jpeg, jvirt_barray_ptr array, JDIMENSION first, JDIMENSION count, boolean writable)
{
	struct jpeg_store *store = jpeg->client_data;
	struct packed_array *a = find_array(store, array);

	if (!a)
		return store->access(jpeg, array, first, count, writable);
	if (count > a->window_rows || first > a->rows || count > a->rows - first)
		fail(jpeg, JERR_BAD_VIRTUAL_ACCESS);
	if (first != a->first || count != a->count) {
		close_window(jpeg, a);
		open_window(a, first, count);
	}
	a->written = a->written || writable;
	return a->window;
}

static bool allocate(struct packed_array *a)
{
	a->packed = calloc(a->rows, sizeof(*a->packed));
	a->window = calloc(a->window_rows, sizeof(*a->window));
	a->storage = calloc((size_t)a->window_rows * a->blocks, sizeof(*a->storage));
	a->scratch = malloc((size_t)a->blocks * BLOCK_PACKED_MAX);
	for (JDIMENSION i = 0; a->window && a->storage && i < a->window_rows; i++)
		a->window[i] = a->storage + (size_t)i * a->blocks;
	return a->packed && a->window && a->storage && a->scratch;
}

static jvirt_barray_ptr request_array(j_common_ptr jpeg, int pool, boolean zero, JDIMENSION blocks, JDIMENSION rows,
				      JDIMENSION window_rows)
{
	struct jpeg_store *store = jpeg->client_data;
	struct packed_array *a;

	if ((uint64_t)blocks * rows * sizeof(JBLOCK) < PACKED_FROM)
		return store->request(jpeg, pool, zero, blocks, rows, window_rows);
	a = calloc(1, sizeof(*a));
	if (a) {
		*a = (struct packed_array){ .next = store->arrays, .blocks = blocks, .rows = rows, .window_rows = window_rows };
		store->arrays = a;
	}
	if (!a || !allocate(a))
		fail(jpeg, JERR_OUT_OF_MEMORY);
	return (jvirt_barray_ptr)(void *)a;
}

void jpeg_store_init(struct jpeg_store *store, j_decompress_ptr jpeg)
{
	*store = (struct jpeg_store){ .request = jpeg->mem->request_virt_barray, .access = jpeg->mem->access_virt_barray };
	jpeg->mem->request_virt_barray = request_array;
	jpeg->mem->access_virt_barray = access_array;
}

void jpeg_store_release(struct jpeg_store *store)
{
	struct packed_array *a = store->arrays;

	while (a) {
		struct packed_array *next = a->next;

		for (JDIMENSION i = 0; a->packed && i < a->rows; i++)
			free(a->packed[i]);
		free(a->packed);
		free(a->window);
		free(a->storage);
		free(a->scratch);
		free(a);
		a = next;
	}
	store->arrays = NULL;
}
