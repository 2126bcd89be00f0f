/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of a Choice state: comparisons, And, Or, Not; in JSONata a condition. *Pure.*
 */
#ifndef GLEANER_STATES_CHOICE_H
#define GLEANER_STATES_CHOICE_H

#include "states/template.h"

struct choice_rule;

enum { CHOICE_DEPTH_MAX = 32 };

/* `rule` is one element of Choices, or an operand of And, Or, Not. NULL only after a diagnostic. */
const struct choice_rule *choice_compile(struct arena *a, const struct json *rule, enum language language, struct str location,
					 struct diagnostics *d);
/* False with a fault when a path or an expression fails. */
bool choice_test(const struct choice_rule *rule, struct scope *scope, struct fault *fault);

#endif
