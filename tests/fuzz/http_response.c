/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's reader of replies: any bytes, cut at places that the first byte chooses, must give what the whole gives.
 */
#include <stdlib.h>

#include "http/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { MAX_BODY = 4096 };

struct outcome {
	int code;
	enum response_state state;
	int status;
	size_t used, body_n;
	bool keep;
};

static struct outcome read_reply(const char *text, size_t n, size_t step, bool no_body)
{
	struct outcome o = { 0 };
	struct response_reader r;
	struct arena a;

	arena_init(&a, 1 << 22);
	response_init(&r, &a, MAX_BODY, no_body);
	while (o.used < n && o.code == 0 && r.state != RESPONSE_DONE) {
		size_t piece = n - o.used < step ? n - o.used : step, used = 0;

		o.code = response_feed(&r, text + o.used, piece, &used, NULL);
		o.used += used;
	}
	if (o.code == 0)
		o.code = response_end(&r, NULL);
	o.state = r.state;
	o.status = r.status;
	o.body_n = r.body.n;
	o.keep = r.keep;
	response_release(&r);
	arena_release(&a);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct outcome whole, cut;

	if (n == 0)
		return 0;
	whole = read_reply((const char *)bytes + 1, n - 1, n, bytes[0] & 0x80);
	cut = read_reply((const char *)bytes + 1, n - 1, (bytes[0] & 0x7f) + 1u, bytes[0] & 0x80);
	if (whole.code != cut.code)
		abort();
	if (whole.code == 0 && (whole.state != RESPONSE_DONE || cut.state != RESPONSE_DONE || whole.status != cut.status ||
				whole.used != cut.used || whole.body_n != cut.body_n || whole.body_n > MAX_BODY))
		abort();
	return 0;
}
