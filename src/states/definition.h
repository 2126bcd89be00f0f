/* SPDX-License-Identifier: Apache-2.0
 *
 * A state machine's definition in compiled form: every state with its paths, templates and rules ready to run, transitions
 * as pointers. Made by machine_compile (states.h), lives in one arena, immutable, shared between threads. Executions name a
 * state by its index, which is stable for one definition. *Pure.*
 */
#ifndef GLEANER_STATES_DEFINITION_H
#define GLEANER_STATES_DEFINITION_H

#include "states/resource.h"
#include "states/states.h"
#include "states/template.h"

enum state_type {
	STATE_PASS = 1 << 0,
	STATE_TASK = 1 << 1,
	STATE_CHOICE = 1 << 2,
	STATE_WAIT = 1 << 3,
	STATE_SUCCEED = 1 << 4,
	STATE_FAIL = 1 << 5,
	STATE_PARALLEL = 1 << 6,
	STATE_MAP = 1 << 7,
	STATE_ANY = 0xff,
};

struct state;
struct choice_rule;

/* InputPath, OutputPath, ResultPath: a path, null, or not there. */
struct optional_path {
	bool is_null;
	const struct path *path;
};

/* "StartAt" and "States": the machine itself, a branch, a map's processor. */
struct block {
	struct state **states;
	size_t count;
	struct state *start;
};

struct retrier {
	const struct json *errors;
	double interval_s, backoff, max_delay_s; /* max_delay_s 0: none */
	int64_t max_attempts;
	bool full_jitter;
};

struct catcher {
	const struct json *errors;
	struct state *next;
	struct optional_path result_path;
	const struct template *assign, *output;
};

struct choice {
	const struct choice_rule *rule;
	struct state *next;
	const struct template *assign, *output;
};

struct map_fields {
	struct block processor;
	bool distributed;
	struct str label;
	const struct path *items_path;
	struct setting items; /* JSONata */
	const struct template *item_selector;
	struct setting max_concurrency, tolerated_count, tolerated_percentage;
};

struct state {
	enum state_type type;
	enum language language;
	struct str name;
	size_t index;       /* in the machine */
	struct state *next; /* NULL: End, or a terminal type */
	struct optional_path input_path, output_path, result_path;
	const struct template *parameters; /* Parameters or Arguments */
	const struct template *result_selector, *assign, *output;
	struct retrier *retriers;
	size_t retrier_count;
	struct catcher *catchers;
	size_t catcher_count;
	const struct json *result; /* Pass */
	struct resource resource;  /* Task */
	struct setting timeout, heartbeat;
	struct choice *choices; /* Choice */
	size_t choice_count;
	struct setting seconds, timestamp; /* Wait */
	struct setting error, cause;       /* Fail */
	struct block *branches;            /* Parallel */
	size_t branch_count;
	struct map_fields map; /* Map */
};

struct machine {
	struct arena arena;
	struct block root;
	struct state **states; /* all of them, by index */
	size_t count, capacity;
	enum language language;
	int64_t timeout_s; /* 0: none */
	bool express;
};

#endif
