/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiled call, and the table of functions it refers to. Internal to the intrinsic files.
 */
#ifndef GLEANER_STATES_INTRINSIC_INTERNAL_H
#define GLEANER_STATES_INTRINSIC_INTERNAL_H

#include "states/intrinsic.h"
#include "states/path.h"

/* The arguments of one call, evaluated. */
struct values {
	struct scope *scope;
	struct arena *arena;
	const struct json **items;
	size_t count;
	struct str raw_first; /* the first argument's literal as written, escapes and all; absent for other arguments */
	struct fault *fault;
};

typedef const struct json *(*function_fn)(struct values *v);

struct function {
	const char *name; /* without "States." */
	size_t min, max;
	function_fn call;
};

struct argument {
	const struct json *literal;
	struct str raw; /* of a string literal */
	const struct path *path;
	const struct intrinsic *call;
};

struct intrinsic {
	struct str text;
	const struct function *function;
	struct argument *arguments;
	size_t count;
};

const struct function *function_by_name(struct str name);

/* NULL, with the fault "The function '…' had the following error: …" to be completed by the caller. */
const struct json *refuse(struct values *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

const struct json *function_format(struct values *v);
const struct json *function_string_to_json(struct values *v);
const struct json *function_json_to_string(struct values *v);
const struct json *function_string_split(struct values *v);
const struct json *function_base64_encode(struct values *v);
const struct json *function_base64_decode(struct values *v);
const struct json *function_hash(struct values *v);
const struct json *function_uuid(struct values *v);

#endif
