/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of an XML document S3 takes, as data: what elements may be where. *Pure* but for the call that fails.
 */
#ifndef GLEANER_SERVICE_S3_SHAPE_H
#define GLEANER_SERVICE_S3_SHAPE_H

#include "format/xml.h"
#include "service/s3/state.h"

enum shape_kind { SHAPE_TEXT, SHAPE_NUMBER, SHAPE_BOOL, SHAPE_DATE, SHAPE_GROUP };

struct shape {
	const char *name; /* NULL ends a list of them */
	enum shape_kind kind;
	bool required, many;
	const char *const *values;   /* of a text; NULL: any */
	const struct shape *members; /* of a group */
};

/* MalformedXML for an element that is unknown, repeated, missing, or not of its kind. */
int s3_shape_check(struct call *call, const struct shape *members, const struct xml *element) MUST_CHECK;
/* The element as text without attributes and the blanks between elements: how settings are kept. */
struct str s3_shape_text(struct arena *a, const struct xml *element);

#endif
