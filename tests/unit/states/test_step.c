/* SPDX-License-Identifier: Apache-2.0
 *
 * The step function by itself: stale events, restarts, tokens, limits.
 */
#include "helper.h"

#include <stdio.h>
#include <stdlib.h>

#include "states/states.h"

struct fixture {
	struct arena arena;
	struct machine *machine;
	struct execution execution;
	struct states_step step;
	struct str state;
	int64_t now_ms;
};

static void fill(void *argument, void *bytes, size_t n)
{
	(void)argument;
	memset(bytes, 0x5a, n);
}

static void open_machine(struct fixture *f, const char *definition, const char *input)
{
	*f = (struct fixture){ .now_ms = 1000000 };
	arena_init(&f->arena, MIB(256));
	struct diagnostics *d = ARENA_NEW(&f->arena, struct diagnostics);
	diagnostics_init(d, &f->arena);
	f->machine = machine_compile(json_to_str(&f->arena, read_json(&f->arena, definition)), false, d);
	if (!f->machine)
		fail_msg("%s", arena_c(&f->arena, diagnostics_text(d)));
	f->execution = (struct execution){ .arn = STR("arn:aws:states:r:1:execution:m:x"),
					   .name = STR("x"),
					   .machine_arn = STR("arn:aws:states:r:1:stateMachine:m"),
					   .machine_name = STR("m"),
					   .role_arn = STR("role"),
					   .region = STR("r"),
					   .start_ms = f->now_ms };
	f->execution.input = json_to_str(&f->arena, read_json(&f->arena, input));
}

static void close_machine(struct fixture *f)
{
	machine_free(f->machine);
	arena_release(&f->arena);
}

static void take_step(struct fixture *f, struct states_event event)
{
	struct error err = { 0 };
	f->step = (struct states_step){ .arena = &f->arena,
					.machine = f->machine,
					.execution = &f->execution,
					.state = f->state,
					.world = { .now_ms = f->now_ms, .random = fill } };
	if (states_step(&f->step, &event, &err) < 0)
		fail_msg("%s", err.message);
	if (f->step.changed)
		f->state = f->step.next_state;
	buf_release(&f->step.events);
}

#define TASK                                                                                                                     \
	"{'StartAt':'T','States':{'T':{'Type':'Task','Resource':'arn:aws:states:::sqs:sendMessage.waitForTaskToken',"            \
	"'TimeoutSeconds':60,'HeartbeatSeconds':10,'Parameters':{'MessageBody':{'t.$':'$$.Task.Token'}},'End':true}}}"

static void test_stale_answers(void **state)
{
	struct fixture f;
	(void)state;
	open_machine(&f, TASK, "{}");
	take_step(&f, (struct states_event){ .kind = STATES_START });
	assert_int_equal(f.step.task_count, 1);
	int64_t task = f.step.tasks[0].task;
	take_step(&f, (struct states_event){ .kind = STATES_TASK_SUCCEEDED, .task = task + 1, .output = STR("{}") });
	assert_false(f.step.changed);
	take_step(&f, (struct states_event){ .kind = STATES_WAKE });
	assert_false(f.step.changed);
	take_step(&f, (struct states_event){ .kind = STATES_TASK_SUCCEEDED, .task = task, .output = STR("[1]") });
	assert_int_equal(f.step.status, STATES_SUCCEEDED);
	assert_string_equal(arena_c(&f.arena, f.step.output), "[1]");
	close_machine(&f);
}

static void test_tokens(void **state)
{
	struct fixture f;
	(void)state;
	open_machine(&f, TASK, "{}");
	take_step(&f, (struct states_event){ .kind = STATES_START });
	struct str token = f.step.tasks[0].token;
	assert_true(str_is_set(token));
	const struct json *body = json_get_c(f.step.tasks[0].parameters, "MessageBody");
	assert_true(str_eq(json_get_text(body, STR("t")), token));
	assert_string_equal(arena_c(&f.arena, states_token_execution(&f.arena, token)), "arn:aws:states:r:1:execution:m:x");
	assert_int_equal(states_token_task(&f.arena, f.state, token), f.step.tasks[0].task);
	char *other = arena_c(&f.arena, token);
	other[token.n - 5] = other[token.n - 5] == 'A' ? 'B' : 'A';
	assert_int_equal(states_token_task(&f.arena, f.state, str_c(other)), 0);
	assert_false(str_is_set(states_token_execution(&f.arena, STR("bm9wZQ=="))));
	assert_false(str_is_set(states_token_execution(&f.arena, STR("%"))));
	close_machine(&f);
}

static void test_heartbeats(void **state)
{
	struct fixture f;
	(void)state;
	open_machine(&f, TASK, "{}");
	take_step(&f, (struct states_event){ .kind = STATES_START });
	int64_t task = f.step.tasks[0].task;
	assert_int_equal(f.step.wake_ms, f.now_ms + 10000);
	f.now_ms += 8000;
	take_step(&f, (struct states_event){ .kind = STATES_TASK_HEARTBEAT, .task = task });
	assert_int_equal(f.step.wake_ms, f.now_ms + 10000);
	f.now_ms += 10000;
	take_step(&f, (struct states_event){ .kind = STATES_WAKE });
	assert_int_equal(f.step.status, STATES_FAILED);
	assert_string_equal(arena_c(&f.arena, f.step.error), "States.HeartbeatTimeout");
	assert_int_equal(f.step.cancelled_count, 1);
	close_machine(&f);
}

/* After a restart every task in flight comes again, with what it was called with; nothing else happens. */
static void test_resume(void **state)
{
	struct fixture f;
	(void)state;
	open_machine(&f,
		     "{'StartAt':'P','States':{'P':{'Type':'Parallel','End':true,'Branches':["
		     "{'StartAt':'A','States':{'A':{'Type':'Task','Resource':'arn:aws:states:::sqs:sendMessage','End':true}}},"
		     "{'StartAt':'B','States':{'B':{'Type':'Wait','Seconds':5,'End':true}}}]}}}",
		     "{'q':1}");
	take_step(&f, (struct states_event){ .kind = STATES_START });
	assert_int_equal(f.step.task_count, 1);
	take_step(&f, (struct states_event){ .kind = STATES_RESUME });
	assert_int_equal(f.step.task_count, 1);
	assert_false(f.step.changed);
	assert_int_equal(f.step.wake_ms, f.now_ms + 5000);
	check_json("parameters", f.step.tasks[0].parameters, read_json(&f.arena, "{'q':1}"));
	take_step(&f, (struct states_event){ .kind = STATES_TASK_SUCCEEDED, .task = f.step.tasks[0].task, .output = STR("7") });
	f.now_ms += 5000;
	take_step(&f, (struct states_event){ .kind = STATES_WAKE });
	assert_string_equal(arena_c(&f.arena, f.step.output), "[7,{\"q\":1}]");
	close_machine(&f);
}

static void test_abort(void **state)
{
	struct fixture f;
	(void)state;
	open_machine(&f, TASK, "{}");
	take_step(&f, (struct states_event){ .kind = STATES_START });
	take_step(&f, (struct states_event){ .kind = STATES_ABORT, .error = STR("E"), .cause = STR("C") });
	assert_int_equal(f.step.status, STATES_ABORTED);
	assert_string_equal(arena_c(&f.arena, f.step.error), "E");
	assert_int_equal(f.step.cancelled_count, 1);
	close_machine(&f);
}

#define LOOP                                                                                                                     \
	"{'StartAt':'A','States':{'A':{'Type':'Choice','Choices':[{'Variable':'$.end','IsPresent':true,'Next':'B'}],"            \
	"'Default':'A'},'B':{'Type':'Succeed'}}}"

/* An endless loop gives way again and again, and ends where the history is full. */
static void test_history_limit(void **state)
{
	struct fixture f;
	int steps = 1;
	(void)state;
	open_machine(&f, LOOP, "{}");
	take_step(&f, (struct states_event){ .kind = STATES_START });
	assert_true(f.step.yielded);
	for (; f.step.status == STATES_RUNNING && steps < 1000; steps++)
		take_step(&f, (struct states_event){ .kind = STATES_WAKE });
	assert_int_equal(f.step.status, STATES_FAILED);
	assert_int_equal(f.step.last_event, LIMIT_STATES_HISTORY);
	assert_string_equal(arena_c(&f.arena, f.step.cause),
			    "The execution reached the maximum number of history events (25000).");
	close_machine(&f);
}

static void test_machine_timeout(void **state)
{
	struct fixture f;
	(void)state;
	open_machine(&f, "{'StartAt':'W','TimeoutSeconds':3,'States':{'W':{'Type':'Wait','Seconds':10,'End':true}}}", "{}");
	take_step(&f, (struct states_event){ .kind = STATES_START });
	assert_int_equal(f.step.wake_ms, f.now_ms + 3000);
	f.now_ms += 3000;
	take_step(&f, (struct states_event){ .kind = STATES_WAKE });
	assert_int_equal(f.step.status, STATES_TIMED_OUT);
	close_machine(&f);
}

static struct str padded(struct arena *a, size_t n)
{
	char *text = arena_alloc(a, n + 1);
	memset(text, 'a', n);
	text[0] = text[n - 1] = '"';
	return str_of(text, n);
}

static void test_payload_limit(void **state)
{
	for (int over = 0; over < 2; over++) {
		struct fixture f;
		open_machine(
			&f,
			"{'StartAt':'T','States':{'T':{'Type':'Task','Resource':'arn:aws:states:::sqs:sendMessage','End':true}}}",
			"{}");
		take_step(&f, (struct states_event){ .kind = STATES_START });
		struct states_event event = { .kind = STATES_TASK_SUCCEEDED, .task = f.step.tasks[0].task };
		event.output = padded(&f.arena, LIMIT_STATES_PAYLOAD + (size_t)over);
		take_step(&f, event);
		assert_int_equal(f.step.status, over ? STATES_FAILED : STATES_SUCCEEDED);
		if (over)
			assert_string_equal(arena_c(&f.arena, f.step.error), "States.DataLimitExceeded");
		close_machine(&f);
	}
	(void)state;
}

static void test_corrupt_state(void **state)
{
	static const char *const states[] = { "",
					      "{",
					      "{}",
					      "{\"frames\":[]}",
					      "{\"frames\":[{\"i\":0,\"s\":99,\"in\":1}]}",
					      "{\"frames\":[{\"i\":1,\"p\":7,\"s\":0,\"in\":1}]}",
					      "{\"frames\":[{\"i\":0,\"s\":0}]}",
					      "{\"frames\":[{\"i\":0,\"s\":0,\"in\":1,\"ph\":4}]}" };
	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct fixture f;
		struct error err = { 0 };
		open_machine(&f, LOOP, "{}");
		struct states_step step = { .arena = &f.arena,
					    .machine = f.machine,
					    .execution = &f.execution,
					    .state = str_c(states[i]),
					    .world = { .now_ms = 1, .random = fill } };
		assert_int_equal(states_step(&step, &(struct states_event){ .kind = STATES_WAKE }, &err), ERR_CORRUPT);
		buf_release(&step.events);
		close_machine(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stale_answers),   cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_heartbeats),      cmocka_unit_test(test_resume),
		cmocka_unit_test(test_abort),           cmocka_unit_test(test_history_limit),
		cmocka_unit_test(test_machine_timeout), cmocka_unit_test(test_payload_limit),
		cmocka_unit_test(test_corrupt_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
