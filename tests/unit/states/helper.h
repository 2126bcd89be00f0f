/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tables of this folder share: JSON written with single quotes, and a scope to evaluate in.
 */
#ifndef GLEANER_TESTS_STATES_HELPER_H
#define GLEANER_TESTS_STATES_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "states/scope.h"

/* {'a':1} with double quotes; NULL gives NULL. */
const struct json *read_json(struct arena *a, const char *text);
/* A scope over `input`, with the context object {"Execution":{"Id":"x"}} and the variable $v = {"k":[1,2]}. */
struct scope test_scope(struct arena *a, const struct json *input);
/* Fails with both texts unless they are equal; `expected` NULL wants NULL. */
void check_json(const char *what, const struct json *got, const struct json *expected);

#endif
