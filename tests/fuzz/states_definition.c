/* SPDX-License-Identifier: Apache-2.0
 *
 * Definitions: any text gets diagnostics, or a machine that runs until it waits, ends, or has had its share of steps.
 */
#include "base/limits.h"
#include "states/states.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { STEPS = 20 };

static void ones(void *argument, void *out, size_t n)
{
	(void)argument;
	memset(out, 1, n);
}

static void run(const struct machine *m)
{
	struct execution x = { .arn = STR("a"),
			       .name = STR("x"),
			       .machine_arn = STR("arn:aws:states:r:1:stateMachine:m"),
			       .machine_name = STR("m"),
			       .role_arn = STR("r"),
			       .region = STR("r"),
			       .input = STR("{\"a\":[1,\"b\",null]}") };
	struct arena arenas[2];
	struct str state = STR_NULL;
	struct states_event event = { .kind = STATES_START };
	int64_t now_ms = 1;

	arena_init(&arenas[0], MIB(64));
	arena_init(&arenas[1], MIB(64));
	for (int i = 0; i < STEPS; i++) {
		struct arena *a = &arenas[i % 2];
		arena_release(a);
		arena_init(a, MIB(64));
		struct states_step step = {
			.arena = a, .machine = m, .execution = &x, .state = state, .world = { .now_ms = now_ms, .random = ones }
		};
		int rc = states_step(&step, &event, NULL);
		buf_release(&step.events);
		if (rc < 0 || step.status != STATES_RUNNING || (!step.changed && !step.wake_ms))
			break;
		state = step.changed ? step.next_state : arena_str(a, state);
		event = (struct states_event){ .kind = STATES_WAKE };
		if (step.task_count > 0)
			event = (struct states_event){ .kind = i % 3 ? STATES_TASK_SUCCEEDED : STATES_TASK_FAILED,
						       .task = step.tasks[0].task,
						       .output = STR("{\"Payload\":1}"),
						       .error = STR("E"),
						       .cause = STR("C") };
		else
			now_ms = step.wake_ms ? step.wake_ms : now_ms;
	}
	arena_release(&arenas[0]);
	arena_release(&arenas[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena a;

	arena_init(&a, MIB(16));
	struct diagnostics *d = ARENA_NEW(&a, struct diagnostics);
	diagnostics_init(d, &a);
	struct machine *m = machine_compile(str_of((const char *)bytes, n), false, d);
	if (m)
		run(m);
	machine_free(m);
	arena_release(&a);
	return 0;
}
