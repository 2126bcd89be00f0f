/* SPDX-License-Identifier: Apache-2.0 */
#include "os/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/uuid.h"

enum { STOCK_SIZE = 1024 };

/* A thread's unused bytes. Used bytes are wiped, so that what was handed out cannot be read here again. A child that
 * forks without exec would share it: children of this program exec. */
struct stock {
	uint8_t bytes[STOCK_SIZE];
	size_t left;
};

static _Thread_local struct stock thread_stock;

/* getrandom without flags fails for nothing but a signal; without random bytes nothing here is safe to go on. */
static void read_kernel(uint8_t *out, size_t n)
{
	while (n > 0) {
		ssize_t got = getrandom(out, n, 0);

		if (got < 0 && errno != EINTR)
			abort();
		if (got > 0) {
			out += got;
			n -= (size_t)got;
		}
	}
}

void random_bytes(void *out, size_t n)
{
	struct stock *stock = &thread_stock;

	if (n > STOCK_SIZE / 4) {
		read_kernel(out, n);
		return;
	}
	if (stock->left < n) {
		read_kernel(stock->bytes, STOCK_SIZE);
		stock->left = STOCK_SIZE;
	}
	stock->left -= n;
	memcpy(out, stock->bytes + stock->left, n);
	explicit_bzero(stock->bytes + stock->left, n);
}

uint32_t random_below(uint32_t bound)
{
	/* 2^32 mod bound: values below it would make small results more likely. */
	uint32_t threshold = -bound % bound;
	uint32_t value;

	do
		random_bytes(&value, sizeof(value));
	while (value < threshold);
	return value % bound;
}

void random_uuid(char out[37])
{
	uint8_t bytes[16];

	random_bytes(bytes, sizeof(bytes));
	uuid_format(bytes, out);
}
