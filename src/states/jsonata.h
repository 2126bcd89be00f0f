/* SPDX-License-Identifier: Apache-2.0
 *
 * JSONata expressions, the second query language of the Amazon States Language. Compiled once with the definition,
 * immutable afterwards; evaluation has a budget of steps and depth, so no expression runs for ever. *Pure.*
 * Source: docs.jsonata.org (the language), "Transforming data with JSONata", Step Functions Developer Guide (its use).
 */
#ifndef GLEANER_STATES_JSONATA_H
#define GLEANER_STATES_JSONATA_H

#include "states/scope.h"

struct jsonata;

enum { JSONATA_DEPTH_MAX = 200, JSONATA_STEPS_MAX = 1000000 };

/* ERR_INVALID with the language's own message. `text` is borrowed. */
int jsonata_compile(struct arena *a, struct str text, const struct jsonata **out, struct error *err) MUST_CHECK;
/* NULL with the fault States.QueryEvaluationError, located at `field`; nothing (undefined) is a fault as well. */
const struct json *jsonata_read(const struct jsonata *j, struct scope *scope, struct str field, struct fault *fault);
struct str jsonata_text(const struct jsonata *j);

#endif
