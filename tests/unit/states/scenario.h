/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a whole execution without a service: virtual time, scripted task results, and the state taken through its text form
 * after every step, as it is after a restart.
 */
#ifndef GLEANER_TESTS_STATES_SCENARIO_H
#define GLEANER_TESTS_STATES_SCENARIO_H

#include "states/states.h"

struct scenario {
	struct arena arena;
	struct diagnostics diagnostics;
	enum states_status status;
	struct str output, error, cause;
	struct buf history; /* a JSON array */
	int64_t elapsed_ms; /* of the virtual clock */
	size_t tasks_run;
	const struct json *parameters; /* an array: what each task was called with */
	struct error failure;          /* of the interpreter itself; code 0: none */
};

/* `tasks`: an array of {"output": …} | {"error": …, "cause": …} | {"after": ms, …} | {"never": true}, in the order the tasks
 * are scheduled; the last one serves all later tasks too. */
void scenario_run(struct scenario *s, struct str definition, struct str input, const struct json *tasks);
void scenario_release(struct scenario *s);
const char *scenario_status(enum states_status status);

#endif
