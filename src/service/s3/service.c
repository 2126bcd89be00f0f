/* SPDX-License-Identifier: Apache-2.0
 *
 * The service's life: opened, started, stopped, closed.
 */
#include "base/encode.h"
#include "base/digest.h"
#include "service/s3/lifecycle.h"
#include "service/s3/operations.h"
#include "service/s3/s3.h"

/* Stable for an account, and unlike the account's number, as canonical user ids are. */
static void make_owner_id(struct s3 *s3)
{
	uint8_t digest[SHA256_SIZE];
	char text[64];
	int n = snprintf(text, sizeof(text), "canonical user " STR_FMT, STR_ARG(s3->account));

	sha256(text, (size_t)n, digest);
	hex_encode(s3->owner_id, digest, sizeof(digest));
}

static void s3_close(void *state)
{
	struct s3 *s3 = state;

	if (!s3)
		return;
	s3_graves_close(s3);
	pthread_mutex_destroy(&s3->timers_lock);
	free(s3);
}

static int s3_open(struct host *host, void **state, struct error *err)
{
	struct s3 *s3 = calloc(1, sizeof(*s3));

	if (!s3)
		return error_set(err, ERR_NO_MEMORY, "s3: out of memory");
	s3->host = host;
	s3->store = host_store(host);
	s3->region = host_region(host);
	s3->account = host_account(host);
	pthread_mutex_init(&s3->timers_lock, NULL);
	make_owner_id(s3);
	*state = s3;
	return 0;
}

static int s3_start(void *state, struct error *err)
{
	s3_lifecycle_start(state);
	return s3_orphans_start(state, err);
}

static void s3_stop(void *state)
{
	s3_lifecycle_stop(state);
	s3_orphans_stop(state);
	s3_graves_stop(state);
}

const struct service service_s3 = {
	.name = "s3",
	.protocol = PROTOCOL_REST_XML,
	.xml_namespace = "http://s3.amazonaws.com/doc/2006-03-01/",
	.operations = s3_operations,
	.open = s3_open,
	.start = s3_start,
	.stop = s3_stop,
	.close = s3_close,
	.refuse = s3_refuse,
	.resource_policy = s3_resource_policy,
};
