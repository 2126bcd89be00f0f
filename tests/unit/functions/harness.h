/* SPDX-License-Identifier: Apache-2.0
 *
 * One function with a scripted AWS: event in, result or error out.
 */
#ifndef GLEANER_TESTS_HARNESS_H
#define GLEANER_TESTS_HARNESS_H

#include "fake_service.h"
#include "function.h"

#define JOB_ID "0f8fad5b-d9cb-469f-a165-70867728950e"
#define OTHER_ID "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define NOW_MS 1790000000000 /* 2026-09-21T14:13:20Z */
#define NOW_TEXT "2026-09-21T14:13:20.000Z"
#define CONDITION_FAILED                                                                                                         \
	{                                                                                                                        \
		.status = 400, .body = "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException\"}"       \
	}

struct harness {
	struct fake_service *fake;
	struct aws_client *client;
	struct arena arena;
	struct function_settings settings;
	struct error err;
	const struct json *result;
	char printed[1024]; /* the last line the function printed */
};

void harness_init(struct harness *h, const struct fake_reply *replies, size_t count);
void harness_init_with(struct harness *h, fake_answer_fn answer, void *argument);
#define HARNESS(h, replies) harness_init((h), (replies), sizeof(replies) / sizeof((replies)[0]))
void harness_release(struct harness *h);

/* Runs the function; its code is returned, the result or error is left in the harness. */
int harness_run(struct harness *h, const char *handler, const char *event);
/* Of an API function: its answer's status, and its body. */
int harness_call(struct harness *h, const char *handler, const char *event, const struct json **body);
struct str harness_error_code(const struct json *body);

#endif
