/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks a bucket's objects in key order: the newest version of each or every version, rolled up to common prefixes where there
 * is a delimiter. Common prefixes are jumped over, not scanned through.
 */
#ifndef GLEANER_SERVICE_S3_WALK_H
#define GLEANER_SERVICE_S3_WALK_H

#include "service/s3/record.h"

enum walk_step { WALK_END, WALK_OBJECT, WALK_PREFIX };

struct walk {
	struct access *x;
	struct str bucket, prefix, delimiter; /* the last two may be absent */
	bool every_version;
	bool open;
	struct store_cursor cursor;
	struct str last_key; /* of the last object met: a second version of it is no newest one */
	/* What the last step found. */
	struct object object;
	bool latest; /* the object is the newest version of its key */
	struct str common_prefix;
};

/* Starts behind `after`: a key, or a common prefix, which is then passed over as a whole. Absent: at the start. */
int s3_walk_begin(struct walk *w, struct str after) MUST_CHECK;
/* With every_version: starts at the key `after`, behind the version of that sequence number. */
int s3_walk_begin_version(struct walk *w, struct str after, uint64_t sequence) MUST_CHECK;
/* An enum walk_step, or negative. */
int s3_walk_next(struct walk *w) MUST_CHECK;
void s3_walk_end(struct walk *w);

#endif
