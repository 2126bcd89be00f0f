/* SPDX-License-Identifier: Apache-2.0
 *
 * cmocka with its required includes, and assertions on the project's own types.
 */
#ifndef GLEANER_TESTS_UNIT_H
#define GLEANER_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"

/* Compares a str with a C string and shows both. */
#define assert_str(value, expected)                                                                                              \
	do {                                                                                                                     \
		struct str got_ = (value);                                                                                       \
		char text_[4096];                                                                                                \
		snprintf(text_, sizeof(text_), STR_FMT, STR_ARG(got_));                                                          \
		assert_string_equal(text_, (expected));                                                                          \
	} while (0)

#endif
