/* SPDX-License-Identifier: Apache-2.0
 *
 * One request to an API, from its arrival to its answer.
 *
 *   arrived --preflight--> answered                          execute.c
 *   arrived --route found, admitted--> authorizing           authorize.c: no one, the caller's IAM identity, or a JWT
 *   authorizing --> integrating                              integrate.c: the function's answer, or the timer, whichever is first
 *   integrating --> answered                                 execute.c: CORS headers, access log, metrics
 *
 * Whoever sets `claimed` answers; everyone else only gives up his reference.
 */
#ifndef GLEANER_SERVICE_APIGATEWAYV2_EXECUTION_H
#define GLEANER_SERVICE_APIGATEWAYV2_EXECUTION_H

#include <stdatomic.h>

#include "service/apigatewayv2/config.h"

struct execution {
	struct apigw *apigw;
	struct call *call; /* the claimer's, from the claim on */
	struct api_config *config;
	struct api_stage *stage;            /* NULL when there is none */
	struct api_route *route;            /* NULL before it is found */
	struct str path;                    /* within the stage, raw */
	const struct json *claims, *scopes; /* of a JWT */
	bool iam;                           /* the caller's identity was asked */
	int64_t started_ms, integration_started_ms, integration_ms;
	int integration_status; /* 0: none */
	const char *problem;    /* for the access log's $context.error.message */
	timer_id timer;
	atomic_bool claimed;
	atomic_int references;
};

struct execution_reply {
	int status;
	struct str body;            /* in the call's arena, or constant */
	struct str content_type;    /* absent: none is sent */
	const struct json *headers; /* names to texts, NULL: none */
	const struct json *cookies; /* texts, NULL: none */
};

/* True once: the caller must answer, and may use x->call until it does. */
bool execution_claim(struct execution *x);
void execution_unref(struct execution *x);
/* Answers and gives up the reference. Only after execution_claim. */
void execution_answer(struct execution *x, const struct execution_reply *reply);
/* The gateway's own answers: {"message": …}. */
void execution_refuse(struct execution *x, int status, const char *message);

/* authorize.c; ends in execution_integrate or an answer. */
void execution_authorize(struct execution *x);
/* integrate.c */
void execution_integrate(struct execution *x);

/* event.c: what the function receives, by its payload format. Absent when memory is out. */
struct str execution_event(struct execution *x);

/* response.c: what a function's payload means. ERR_INVALID when it is no valid answer. */
int execution_read_response(struct arena *a, struct str payload, bool format_2, struct execution_reply *out) MUST_CHECK;

/* cors.c. The first: a preflight the gateway answers itself. */
bool cors_is_preflight(const struct execution *x);
void cors_answer_preflight(struct execution *x);
/* Adds the headers of an ordinary answer; the function's own are dropped before. */
void cors_add_headers(struct execution *x);
bool cors_owns_header(const struct execution *x, struct str name);

/* access_log.c */
void execution_log(struct execution *x, const struct execution_reply *reply);

#endif
