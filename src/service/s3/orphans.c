/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that no record names: of uploads that never ended, or removed when the process died. They are looked for beside the
 * requests, so that a large store starts as fast as an empty one.
 */
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
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
		rc = atomic_load(&x->s3->orphans_stop) ? ERR_UNAVAILABLE : json_parse(&a, row, &record, &x->err);
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

static int sweep(struct s3 *s3, struct error *err)
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

static void sweep_orphans(void *argument)
{
	struct s3 *s3 = argument;
	struct error err;
	int rc = sweep(s3, &err);

	if (rc < 0 && rc != ERR_UNAVAILABLE)
		log_warn("s3", "files that nothing names could not be removed error=%s", err.message);
}

int s3_orphans_start(struct s3 *s3, struct error *err)
{
	if (pool_run(host_pool(s3->host), sweep_orphans, s3) < 0)
		return error_set(err, ERR_UNAVAILABLE, "s3: no thread to look for files that nothing names");
	return 0;
}

void s3_orphans_stop(struct s3 *s3)
{
	atomic_store(&s3->orphans_stop, true);
}
