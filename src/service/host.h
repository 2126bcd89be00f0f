/* SPDX-License-Identifier: Apache-2.0
 *
 * The host: store, HTTP front, timer, pool and the running services. cli/ makes one and gives it the list of services; the
 * services see it through service.h only.
 */
#ifndef GLEANER_SERVICE_HOST_H
#define GLEANER_SERVICE_HOST_H

#include "service/service.h"

/* What one service offers to the host for the others; each is wired by cli/, NULL where the service is not part of this build. */
struct host_hooks {
	int (*put_event)(void *events_state, struct store_txn *txn, const struct json *event, struct error *err);
	void (*log)(void *logs_state, struct str group, struct str stream, int64_t timestamp_ms, struct str line);
	bool (*log_try)(void *logs_state, struct str group, struct str stream, int64_t timestamp_ms, struct str line);
	void (*metric)(void *monitoring_state, const char *name_space, const char *metric, const char *dimension,
		       struct str value, double amount);
	/* Decides a call that is not root's: 0, or ERR_DENIED with call_fail called. NULL: nothing is enforced. */
	int (*authorize)(void *iam_state, struct call *call);
	/* The same about one action, without an answer. NULL: all may all. */
	bool (*may)(void *iam_state, struct call *call, struct str action, struct str resource);
	/* May a service (e.g. "lambda.amazonaws.com"), for the resource `source_arn` (may be absent), assume the role? 0 or
	 * ERR_DENIED / ERR_NOT_FOUND. NULL: any role. */
	int (*may_assume)(void *iam_state, struct str role_arn, struct str service_principal, struct str source_arn);
	/* "AROA…:session" of a session of that role. NULL: made up from the role's name. */
	struct str (*role_id)(void *iam_state, struct arena *a, struct str role_arn, struct str session_name);
	/* Behind the functions of service.h with the same names. NULL: no providers; any role; one hour; no policies. */
	int (*find_provider)(void *iam_state, struct arena *a, struct str issuer, struct host_web_identity *out);
	int (*may_assume_by_claims)(void *iam_state, struct call *call, const struct host_web_identity *who, struct str action,
				    struct str role_arn);
	int64_t (*role_session_max)(void *iam_state, struct str role_arn);
	int (*policy_document)(void *iam_state, struct arena *a, struct str policy_arn, struct str *out);
};

struct host_service {
	const struct service *service;
	void *state;
};

struct host_options {
	const char *listen_address; /* numeric; NULL: no socket, host_call_wait only */
	uint16_t listen_port;       /* 0: any */
	const char *data_folder;
	const char *region, *account; /* NULL: us-east-1, 000000000000 */
	enum store_durability durability;
	int threads;                           /* HTTP threads; 0: as many as cores, at most 8 */
	const char *const (*settings)[2];      /* name, value; ends with NULL */
	const struct service *const *services; /* ends with NULL */
	struct host_hooks hooks;
	/* More members for /_gleaner/info; NULL: none. */
	void (*info)(const struct host *h, struct writer *w);
};

/* Opens the data directory, makes root credentials on the first start, opens and starts the services, listens. */
int host_new(struct host **out, const struct host_options *options, struct error *err) MUST_CHECK;
void host_free(struct host *h); /* stops in order; NULL is allowed */
uint16_t host_port(const struct host *h);
bool host_has_service(const struct host *h, const char *name);
void *host_service_state(const struct host *h, const char *name);

/* A whole request without a socket, through router, signature check (skipped: root) and operation; waits for the reply. For
 * provisioning and loopback tests. `parameters` as in host_request. The reply's text and error live in the arena passed. */
struct host_answer {
	int status;
	struct str body;
	struct error error; /* code 0: success */
};
int host_call_wait(struct host *h, const char *service, const char *operation, const struct json *parameters, struct str body,
		   struct arena *a, struct host_answer *answer) MUST_CHECK;

#endif
