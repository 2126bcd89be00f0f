/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's own parts, for the files of this folder.
 */
#ifndef GLEANER_SERVICE_HOST_INTERNAL_H
#define GLEANER_SERVICE_HOST_INTERNAL_H

#include <stdatomic.h>

#include "http/server.h"
#include "service/credentials.h"
#include "service/host.h"

enum { HOST_SERVICES_MAX = 32 };

struct host {
	struct host_options options;
	struct arena arena; /* texts that live as long as the host */
	struct store *store;
	struct timer *timer;
	struct pool *pool;
	struct credentials *credentials;
	struct http_server *http;
	struct http_listener *listener;
	uint16_t port;
	struct str endpoint, region, account;
	struct host_service services[HOST_SERVICES_MAX];
	_Atomic uint64_t requests[HOST_SERVICES_MAX]; /* answered, by service */
	_Atomic uint64_t refusals[HOST_SERVICES_MAX]; /* of these with an error */
	size_t service_count;
	int64_t started_ms;
	struct str root_arn;
	atomic_bool ready, stopping;
};

/* The service of that name (folder), or NULL. */
struct host_service *host_find_service(const struct host *h, struct str name);

/* ---- call.c ---- */

/* A call to fill and dispatch; NULL when memory is out. Freed by call_complete. */
struct call *call_new(struct host *h);
void call_free(struct call *call);

/* ---- dispatch.c ---- */

/* Binds call->parameters, asks permission, and runs the operation, which ends in call_complete. */
void call_dispatch(struct call *call);
/* Ends a call with an error it already carries. */
void call_refuse(struct call *call);

/* ---- reply.c ---- */

/* Opens and closes the protocol's root around what an operation writes. */
void reply_open(struct call *call);
void reply_close(struct call *call);
/* Replaces the reply by the error the call carries, in the protocol's form. */
void reply_error(struct call *call);
/* Sends the finished reply over the call's exchange. */
void reply_send(struct call *call);

/* ---- admin.c ---- */

/* Answers /_gleaner/… and /_localstack/…; false when the path is neither. */
bool admin_answer(struct host *h, struct http_exchange *x);

/* ---- front.c ---- */

extern const struct http_handlers front_handlers;

#endif
