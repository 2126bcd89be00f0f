/* SPDX-License-Identifier: Apache-2.0
 *
 * A rate that a service keeps its callers to: a bucket of tokens, filled at `rate` a second up to `burst`; a request takes one or
 * is throttled. "Throttling is implemented with the token bucket algorithm", as API Gateway's and Step Functions' guides say.
 * *Pure.* Not safe between threads: the owner locks.
 */
#ifndef GLEANER_SERVICE_QUOTA_H
#define GLEANER_SERVICE_QUOTA_H

#include "base/error.h"
#include "base/str.h"

struct quota {
	bool limited; /* false, as in zeroed memory: all pass */
	double rate, burst;
	double tokens;
	int64_t filled_ns; /* 0: never, the bucket is full */
};

void quota_init(struct quota *q, double rate, double burst);

/* "RATE" or "RATE:BURST", whole numbers from 1 to a million; RATE alone lets one second's worth pass at once. NULL: no quota.
 * ERR_INVALID says what is wrong with it. */
int quota_parse(struct quota *q, const char *text, struct error *err) MUST_CHECK;

/* Takes a token at that monotonic time; false: throttled. */
bool quota_take(struct quota *q, int64_t now_ns);

#endif
