/* SPDX-License-Identifier: Apache-2.0
 *
 * The parameters of an operation as one JSON object, whatever the protocol carried them in. *Pure.*
 */
#ifndef GLEANER_SERVICE_PARAMETERS_H
#define GLEANER_SERVICE_PARAMETERS_H

#include "service/service.h"

/* A Query form: "A.member.1", "A.1" become arrays, "A.entry.1.key" / ".value" objects, "A.B" nested objects. ERR_INVALID,
 * ERR_LIMIT. */
int parameters_from_form(struct arena *a, struct str form, const struct json **out, struct error *err) MUST_CHECK;

/* A REST request: labels of the matched path, and query, headers and body as the operation's table locates them. */
int parameters_from_rest(struct call *call, const struct json *labels, const struct json **out, struct error *err) MUST_CHECK;

#endif
