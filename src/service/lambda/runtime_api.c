/* SPDX-License-Identifier: Apache-2.0
 *
 * The Lambda Runtime API, 2018-06-01 ("Using the Lambda runtime API for custom runtimes"): one listener an environment, so that a
 * process can only speak for itself.
 */
#include <stdio.h>
#include <stdlib.h>

#include "os/clock.h"
#include "service/lambda/runtime.h"

#define API "/2018-06-01/runtime/"

struct request {
	struct environment *environment;
	struct buf body;
	bool too_large;
};

static void answer(struct http_exchange *x, int status, struct str body)
{
	struct http_reply r;

	http_reply_init(&r, status);
	http_reply_add(&r, STR("Content-Type"), STR("application/json"));
	r.body = body;
	http_respond(x, &r);
}

#define ACCEPTED STR("{\"status\":\"OK\"}\n")
#define BAD_ID STR("{\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}")
#define BAD_STATE                                                                                                                \
	STR("{\"errorMessage\":\"State transition is not allowed for the runtime\",\"errorType\":\"InvalidStateTransition\"}")
#define TOO_LARGE                                                                                                                \
	STR("{\"errorMessage\":\"Exceeded maximum allowed payload size (6291556 "                                                \
	    "bytes).\",\"errorType\":\"RequestEntityTooLarge\"}")

/* What an operation answers; it runs with the lock held. */
struct verdict {
	int status; /* 0: nothing, the exchange is kept */
	struct str body;
};

static const struct verdict accepted = { 202, { "{\"status\":\"OK\"}\n", 16 } };

static struct verdict refused(int status, struct str body)
{
	return (struct verdict){ status, body };
}

/* ---- operations ---- */

static void initialised(struct environment *v)
{
	v->init_us = (clock_mono_ns() - v->started_ns) / 1000;
	if (!v->second_init)
		environment_deadline(v, 0);
}

void runtime_ready(struct environment *v, struct effects *e)
{
	if (v->invocation) { /* the second initialisation was for it */
		environment_hand(v, v->invocation, e);
		return;
	}
	v->state = ENVIRONMENT_IDLE;
	v->idle_ns = clock_mono_ns();
	if (v->target->retired && !v->target->waiting)
		environment_kill(v);
	else
		scheduler_pump(v->target, e);
}

static struct verdict runtime_next(struct environment *v, struct http_exchange *x, struct effects *e)
{
	if (v->parked || v->state == ENVIRONMENT_BUSY || v->state == ENVIRONMENT_IDLE)
		return refused(403, BAD_STATE);
	if (v->state == ENVIRONMENT_DEAD)
		return refused(410, STR("{\"errorMessage\":\"The environment has ended\",\"errorType\":\"Gone\"}"));
	if (v->state == ENVIRONMENT_STARTING)
		initialised(v);
	else
		environment_deadline(v, 0);
	v->parked = x;
	if (!v->launching)
		runtime_ready(v, e);
	return (struct verdict){ 0 };
}

static struct verdict check_id(const struct environment *v, struct str id)
{
	if (v->invocation && v->state == ENVIRONMENT_BUSY)
		return str_eq_c(id, v->invocation->id) ? accepted : refused(400, BAD_ID);
	return v->state == ENVIRONMENT_RETURNING ? refused(403, BAD_STATE) : refused(400, BAD_ID);
}

/* Answered: until its next "next" the environment still has what is left of the invocation's time. */
static void returned(struct environment *v, struct effects *e)
{
	environment_finish(v, e);
	v->state = ENVIRONMENT_RETURNING;
	v->returned_ns = clock_mono_ns();
	scheduler_pump(v->target, e);
}

static void take_answer(struct invocation *i, struct request *r, enum outcome_kind kind)
{
	i->kind = kind;
	i->answer = buf_take(&r->body, &i->answer_n);
	if (!i->answer) { /* an empty body */
		i->answer = calloc(1, 1);
		i->answer_n = 0;
	}
}

static struct verdict runtime_response(struct environment *v, struct request *r, struct str id, struct effects *e)
{
	struct verdict verdict = check_id(v, id);

	if (verdict.status != 202)
		return verdict;
	if (r->too_large) {
		invocation_fail(v->invocation, "Function.ResponseSizeTooLarge",
				"Response payload size exceeded maximum allowed payload size (%d bytes).", LAMBDA_RESPONSE_MAX);
		verdict = refused(413, TOO_LARGE);
	} else {
		take_answer(v->invocation, r, OUTCOME_SUCCESS);
	}
	returned(v, e);
	return verdict;
}

static struct verdict runtime_error(struct environment *v, struct http_exchange *x, struct str id, struct effects *e)
{
	struct request *r = x->user;
	struct verdict verdict = check_id(v, id);
	struct str type = http_header(x, STR("Lambda-Runtime-Function-Error-Type"));

	if (verdict.status != 202)
		return verdict;
	if (r->too_large)
		return refused(413, TOO_LARGE);
	take_answer(v->invocation, r, OUTCOME_FUNCTION_ERROR);
	snprintf(v->invocation->error_type, sizeof(v->invocation->error_type), STR_FMT,
		 STR_ARG(type.p ? type : STR("Unhandled")));
	returned(v, e);
	return verdict;
}

static struct verdict runtime_init_error(struct environment *v, struct http_exchange *x, struct effects *e)
{
	struct request *r = x->user;
	struct str type = http_header(x, STR("Lambda-Runtime-Function-Error-Type"));
	char name[96];

	if (v->state != ENVIRONMENT_STARTING)
		return refused(403, BAD_STATE);
	snprintf(name, sizeof(name), STR_FMT, STR_ARG(type.p ? type : STR("Runtime.Unknown")));
	environment_init_failed(v, name, buf_str(&r->body), e);
	return accepted;
}

/* ---- routing ---- */

static struct verdict route(struct http_exchange *x, struct effects *e)
{
	struct request *r = x->user;
	struct environment *v = r->environment;
	struct str path = x->path, id;
	bool post = str_eq(x->method, STR("POST"));

	if (str_eq(path, STR(API "invocation/next")))
		return str_eq(x->method, STR("GET")) ? runtime_next(v, x, e) : refused(405, STR("{}"));
	if (str_eq(path, STR(API "init/error")))
		return post ? runtime_init_error(v, x, e) : refused(405, STR("{}"));
	if (!str_starts(path, STR(API "invocation/")))
		return refused(404, STR("{}"));
	path = str_from(path, strlen(API "invocation/"));
	id = str_split(&path, '/');
	if (str_eq(path, STR("response")))
		return post ? runtime_response(v, r, id, e) : refused(405, STR("{}"));
	if (str_eq(path, STR("error")))
		return post ? runtime_error(v, x, id, e) : refused(405, STR("{}"));
	return refused(404, STR("{}"));
}

/* NULL while it is being started. */
static struct process *process_of(struct environment *v)
{
	struct process *p;

	pthread_mutex_lock(&v->lambda->lock);
	p = v->launching ? NULL : v->process;
	pthread_mutex_unlock(&v->lambda->lock);
	return p;
}

/* Everything the function has printed before this request belongs before its end. */
static void catch_up(struct environment *v)
{
	struct process *p = process_of(v);

	if (p)
		process_drain(p);
}

static void sample_memory(struct environment *v)
{
	struct process *p = process_of(v);

	if (p)
		atomic_store(&v->peak_kib, process_peak_kib(p));
}

static void on_headers(void *context, struct http_exchange *x)
{
	struct lambda *l = context;
	struct request *r = arena_alloc(&x->arena, sizeof(*r));

	if (!r) {
		answer(x, 503, STR("{}"));
		return;
	}
	buf_init(&r->body, LAMBDA_RESPONSE_MAX);
	x->user = r;
	pthread_mutex_lock(&l->lock);
	r->environment = environment_find(l, (uint64_t)(uintptr_t)x->listener_tag);
	pthread_mutex_unlock(&l->lock);
	if (!r->environment)
		answer(x, 410, STR("{}"));
}

static void on_body(void *context, struct http_exchange *x, const void *bytes, size_t n)
{
	struct request *r = x->user;

	(void)context;
	if (!r)
		return;
	if (r->body.n + n > LAMBDA_RESPONSE_MAX)
		r->too_large = true;
	else
		buf_add(&r->body, bytes, n);
}

static void on_end(void *context, struct http_exchange *x)
{
	struct lambda *l = context;
	struct request *r = x->user;
	bool next = str_eq(x->path, STR(API "invocation/next"));
	struct verdict verdict;
	struct effects e;

	if (!r || !r->environment)
		return;
	if (!next)
		catch_up(r->environment);
	/* Reading /proc takes longer than all the rest: after the first time, when nobody waits for an answer. */
	if (next || atomic_load(&r->environment->peak_kib) == 0)
		sample_memory(r->environment);
	effects_init(&e);
	pthread_mutex_lock(&l->lock);
	verdict = route(x, &e);
	pthread_mutex_unlock(&l->lock);
	if (verdict.status)
		answer(x, verdict.status, verdict.body);
	effects_run(l, &e);
}

static void on_free(void *context, struct http_exchange *x)
{
	struct lambda *l = context;
	struct request *r = x->user;

	if (!r)
		return;
	buf_release(&r->body);
	if (!r->environment)
		return;
	pthread_mutex_lock(&l->lock);
	environment_unref(r->environment);
	pthread_mutex_unlock(&l->lock);
}

const struct http_handlers runtime_handlers = {
	.on_headers = on_headers,
	.on_body = on_body,
	.on_end = on_end,
	.on_free = on_free,
};
