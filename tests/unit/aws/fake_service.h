/* SPDX-License-Identifier: Apache-2.0
 *
 * A service made of a script: answers the n-th request with the n-th reply, and remembers what was asked. For tests of what talks
 * to AWS or to the Runtime API, over loopback.
 */
#ifndef GLEANER_TESTS_FAKE_SERVICE_H
#define GLEANER_TESTS_FAKE_SERVICE_H

#include "base/buf.h"
#include "base/error.h"
#include "format/json.h"

struct fake_reply {
	const char *expect; /* must occur in "METHOD path?query Target"; a request that differs is answered with 599 */
	int status;
	const char *body;           /* NULL: none */
	size_t body_n;              /* 0: strlen(body) */
	const char *header, *value; /* one field more; NULL: none */
};

enum { FAKE_REQUESTS_MAX = 400 };

struct fake_request {
	char line[1024];
	struct buf headers, body; /* headers as "name: value\n", names in lower case */
};

struct fake_service;

struct fake_service *fake_new(const struct fake_reply *replies, size_t count);
/* For scripts that are more than a list: called for each request in turn, fills the reply. */
typedef void (*fake_answer_fn)(void *argument, const struct fake_request *request, struct fake_reply *reply);
struct fake_service *fake_new_with(fake_answer_fn answer, void *argument);
void fake_free(struct fake_service *f);
const char *fake_host(const struct fake_service *f); /* "127.0.0.1:port" */
const char *fake_url(const struct fake_service *f);
size_t fake_count(struct fake_service *f);
const struct fake_request *fake_request(struct fake_service *f, size_t i);
bool fake_body_has(struct fake_service *f, size_t i, const char *text);
bool fake_header_has(struct fake_service *f, size_t i, const char *line);

#endif
