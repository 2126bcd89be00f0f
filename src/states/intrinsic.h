/* SPDX-License-Identifier: Apache-2.0
 *
 * Intrinsic functions of JSONPath definitions: States.Format('{}', $.a) and its 17 siblings. Compiled once with the
 * definition, immutable afterwards. *Pure* (randomness comes from the scope's world).
 * Source: "Intrinsic functions for JSONPath states", Step Functions Developer Guide.
 */
#ifndef GLEANER_STATES_INTRINSIC_H
#define GLEANER_STATES_INTRINSIC_H

#include "states/scope.h"

struct intrinsic;

enum { INTRINSIC_DEPTH_MAX = 10, INTRINSIC_ARGUMENTS_MAX = 64 };

/* True for a text that means to be a call ("States.…"). */
bool intrinsic_looks_like(struct str text);
/* ERR_INVALID: unknown function, wrong number of arguments, broken text. `text` is borrowed. */
int intrinsic_compile(struct arena *a, struct str text, const struct intrinsic **out, struct error *err) MUST_CHECK;
/* NULL with a fault, States.IntrinsicFailure, when an argument cannot be had or the function refuses it. */
const struct json *intrinsic_call(const struct intrinsic *f, struct scope *scope, struct fault *fault);
struct str intrinsic_text(const struct intrinsic *f);

#endif
