/* SPDX-License-Identifier: Apache-2.0
 *
 * What an expression may see, whichever its query language: the values below `$`, `$$`, `$name` and `$states`. Lives as
 * long as one state's work; the context object is only built when something asks for it. *Pure.*
 */
#ifndef GLEANER_STATES_SCOPE_H
#define GLEANER_STATES_SCOPE_H

#include "base/arena.h"
#include "format/json.h"

/* What the interpreter may not have by itself. */
struct states_world {
	int64_t now_ms;                                        /* since 1970 */
	void (*random)(void *argument, void *bytes, size_t n); /* jitter, UUIDs, task tokens */
	void *random_argument;
};

struct scope {
	struct arena *arena;
	const struct states_world *world;
	const struct json *input;        /* `$`, `$states.input` */
	const struct json *result;       /* `$states.result`, NULL where there is none */
	const struct json *error_output; /* `$states.errorOutput`, NULL outside a catcher */
	const struct json *context;      /* `$$`, `$states.context`; NULL until asked for */
	const struct json *(*make_context)(void *argument, struct arena *a);
	const struct json *(*variable)(void *argument, struct str name); /* NULL when there is none */
	void *argument;                                                  /* of both */
};

/* NULL when memory is out. */
const struct json *scope_context(struct scope *s);
const struct json *scope_variable(const struct scope *s, struct str name);

/* Why an expression failed. `error` is one of the States.* names; texts live in the arena. */
struct fault {
	const char *error;   /* NULL: no fault */
	struct str cause;    /* without the "An error occurred while executing the state" part */
	struct str location; /* JSONata: the field, "Output/result" */
	bool bare;           /* the cause is complete as it is */
};

/* Keeps the first fault. */
void fault_set(struct fault *f, struct arena *a, const char *error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static inline bool fault_is_set(const struct fault *f)
{
	return f->error != NULL;
}

#endif
