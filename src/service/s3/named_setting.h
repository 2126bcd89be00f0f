/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of which a bucket has several, each under an id: what to measure, analyse, list and move. They are kept and told;
 * nothing is measured, reported or moved for them here. An operation finds its row by the query parameter that selects it
 * ("?metrics&id=all"). Kept in SPACE_S3_BUCKETS as ("c", bucket, "metrics/all").
 */
#ifndef GLEANER_SERVICE_S3_NAMED_SETTING_H
#define GLEANER_SERVICE_S3_NAMED_SETTING_H

#include "service/s3/operations.h"
#include "service/s3/shape.h"

struct named_setting {
	const char *name, *root, *list_root; /* query parameter; the document's root; the list's */
	const struct shape *members;
};

extern const struct named_setting s3_named_settings[];

struct named_setting_input {
	struct s3_target target;
	struct str id, token;
};
extern const struct bind s3_named_setting_rows[];

int s3_named_setting_put_prepare(struct call *call);
int s3_named_setting_put(struct call *call);
int s3_named_setting_get(struct call *call);
int s3_named_setting_list(struct call *call);
int s3_named_setting_remove(struct call *call);

#endif
