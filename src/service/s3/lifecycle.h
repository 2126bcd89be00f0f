/* SPDX-License-Identifier: Apache-2.0
 *
 * Lifecycle rules and what they ask for. Rules are read from the bucket's setting; s3_lifecycle_decide is *pure*.
 */
#ifndef GLEANER_SERVICE_S3_LIFECYCLE_H
#define GLEANER_SERVICE_S3_LIFECYCLE_H

#include "format/xml.h"
#include "service/s3/remove.h"

/* A moment by age or by date. */
struct lifecycle_when {
	struct opt_i64 days;
	struct opt_i64 date_ms;
};

struct lifecycle_move {
	struct lifecycle_when when;
	int64_t newer;            /* noncurrent ones: how many newer noncurrent versions stay */
	struct str storage_class; /* absent: expire */
};

struct lifecycle_rule {
	struct str id, prefix;
	const struct xml *filter; /* the element that holds tags and sizes, NULL: none */
	bool removes_lone_marker; /* ExpiredObjectDeleteMarker */
	struct lifecycle_move *current, *noncurrent;
	size_t current_count, noncurrent_count;
	struct opt_i64 abort_days;
};

struct lifecycle {
	struct lifecycle_rule *rules; /* enabled ones */
	size_t count;
	uint64_t transition_size_min;
};

int s3_lifecycle_read(struct arena *a, struct str text, struct lifecycle *out, struct error *err) MUST_CHECK;

/* A version among its key's. */
struct lifecycle_place {
	bool current;
	bool alone;               /* the key's only version */
	int64_t since_ms;         /* when it became current or noncurrent */
	int64_t newer_noncurrent; /* how many noncurrent versions are newer */
};

enum lifecycle_verdict { LIFECYCLE_KEEP, LIFECYCLE_EXPIRE, LIFECYCLE_MOVE };

/* What is due at `now_ms`; with LIFECYCLE_MOVE the class. An expiry goes before a move. */
enum lifecycle_verdict s3_lifecycle_decide(const struct lifecycle *l, const struct object *o, const struct lifecycle_place *place,
					   int64_t now_ms, struct str *storage_class);
bool s3_lifecycle_aborts(const struct lifecycle *l, const struct upload *u, int64_t now_ms);

/* lifecycle_sweep.c: does what is due in every bucket; on a pool's thread. */
void s3_lifecycle_sweep(struct s3 *s3, int64_t now_ms);
void s3_lifecycle_start(struct s3 *s3);
void s3_lifecycle_stop(struct s3 *s3);

#endif
