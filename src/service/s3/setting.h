/* SPDX-License-Identifier: Apache-2.0
 *
 * A bucket's settings that are XML documents: one row says what each is. An operation finds its row by the query parameter that
 * selects it ("?cors").
 */
#ifndef GLEANER_SERVICE_S3_SETTING_H
#define GLEANER_SERVICE_S3_SETTING_H

#include "service/s3/operations.h"
#include "service/s3/shape.h"

struct setting {
	const char *name, *root; /* query parameter; the document's root element */
	const struct shape *members;
	const struct service_error *absent; /* what a GET answers when it was never set; NULL: `unset` */
	const char *unset;                  /* the document then; absent and unset NULL: an empty root */
	/* Beyond the shape; may change the tree (a rule without ID gets one). In `prepare`. */
	int (*check)(struct call *call, struct xml *root);
	/* In the write, before it is stored; `root` is NULL when it is removed. May change the bucket's record. */
	int (*apply)(struct call *call, struct access *x, struct bucket *b, const struct xml *root);
	bool (*is_removal)(const struct xml *root); /* a PUT that means DELETE */
};

extern const struct setting s3_settings[];
const struct setting *s3_setting_find(const char *name);

/* lifecycle_check.c, cors.c, notify_targets.c */
int s3_target_check(struct call *call, const struct xml *configuration);
int s3_lifecycle_check(struct call *call, struct xml *root);
int s3_lifecycle_apply(struct call *call, struct access *x, struct bucket *b, const struct xml *root);
extern const struct shape s3_lifecycle_members[], s3_cors_members[];
int s3_cors_check(struct call *call, struct xml *root);
int s3_cors_apply(struct call *call, struct access *x, struct bucket *b, const struct xml *root);

#endif
