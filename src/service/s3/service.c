/* SPDX-License-Identifier: Apache-2.0
 *
 * The service's life: opened, started, stopped, closed.
 */
#include "base/encode.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "service/s3/lifecycle.h"
#include "service/s3/operations.h"
#include "service/s3/s3.h"

/* Adds the blobs of records of one space to a set. */
static int collect_blobs(struct access *x, enum store_space space, struct map *named)
{
	struct store_cursor c;
	struct str key, row;
	int rc = store_scan(&c, x->txn, space, STR(""), STR_NULL, false, &x->err);

	while (rc == 0 && (rc = store_next(&c, &key, &row, &x->err)) == 1) {
		const struct json *record;
		struct arena a;

		arena_init(&a, MIB(16));
		rc = json_parse(&a, row, &record, &x->err);
		struct str blob = rc == 0 ? json_get_text(record, STR("blob")) : STR_NULL;
		if (str_is_set(blob))
			rc = map_put(named, blob, named, NULL);
		arena_release(&a);
	}
	store_scan_end(&c);
	return rc;
}

static bool is_named(void *argument, struct str id)
{
	return map_get(argument, id) != NULL;
}

/* Files that no record names: of uploads that never ended, or removed when the process died. */
static int sweep_orphans(struct s3 *s3, struct error *err)
{
	struct access x = { .s3 = s3 };
	struct map named;
	int rc = store_read_begin(s3->store, &x.txn, err);

	if (rc < 0)
		return rc;
	map_init(&named);
	rc = collect_blobs(&x, SPACE_S3_OBJECTS, &named);
	if (rc == 0)
		rc = collect_blobs(&x, SPACE_S3_UPLOADS, &named);
	store_read_end(x.txn);
	if (rc == 0)
		rc = blob_sweep(s3->store, is_named, &named, &x.err);
	map_release(&named);
	if (rc < 0)
		*err = x.err;
	return rc;
}

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
	int rc = sweep_orphans(s3, err);
	if (rc < 0) {
		s3_close(s3);
		return rc;
	}
	*state = s3;
	return 0;
}

static int s3_start(void *state, struct error *err)
{
	(void)err;
	s3_lifecycle_start(state);
	return 0;
}

static void s3_stop(void *state)
{
	s3_lifecycle_stop(state);
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
