/* SPDX-License-Identifier: Apache-2.0 */
#include "service/quota.h"

enum { RATE_MAX = 1000000 };

void quota_init(struct quota *q, double rate, double burst)
{
	*q = (struct quota){ .limited = true, .rate = rate, .burst = burst, .tokens = burst };
}

static bool read_number(struct str text, uint64_t *out)
{
	return str_to_u64(text, out) == 0 && *out >= 1 && *out <= RATE_MAX;
}

int quota_parse(struct quota *q, const char *text, struct error *err)
{
	struct str rest = str_c(text);
	uint64_t rate = 0, burst = 0;

	if (!text) {
		*q = (struct quota){ 0 };
		return 0;
	}
	bool well = read_number(str_split(&rest, ':'), &rate);
	burst = rate;
	if (!well || (rest.p && !read_number(rest, &burst)))
		return error_set(err, ERR_INVALID, "not RATE or RATE:BURST with numbers from 1 to %d: '%s'", RATE_MAX, text);
	quota_init(q, (double)rate, (double)burst);
	return 0;
}

bool quota_take(struct quota *q, int64_t now_ns)
{
	if (!q->limited)
		return true;
	if (q->filled_ns)
		q->tokens += q->rate * (double)(now_ns - q->filled_ns) / 1e9;
	if (q->tokens > q->burst)
		q->tokens = q->burst;
	q->filled_ns = now_ns;
	bool taken = q->tokens >= 1;
	q->tokens -= taken;
	return taken;
}
