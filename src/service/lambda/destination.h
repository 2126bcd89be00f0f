/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the outcome of an asynchronous invocation goes: OnSuccess and OnFailure destinations, dead-letter queues.
 */
#ifndef GLEANER_SERVICE_LAMBDA_DESTINATION_H
#define GLEANER_SERVICE_LAMBDA_DESTINATION_H

#include "service/lambda/runtime.h"

struct destination {
	struct lambda *lambda;
	struct arena *arena;         /* of the event: lives until done */
	const struct json *event;    /* as async.c lists its members */
	const struct json *config;   /* the function's configuration */
	const struct json *settings; /* its event invoke config; NULL: none */
	bool success;
	const char *condition; /* "Success", "RetriesExhausted", "EventAgeExceeded" */
	int64_t attempts;
	struct str answer, version;   /* absent when there was none */
	void (*done)(void *argument); /* once, when everybody has been told, or nobody is to be */
	void *argument;
};

void destination_tell(const struct destination *d);

#endif
