/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole executions from tests/data/states: each file has a definition, an input, what its tasks answer, and what must come
 * out. A new case is a file:
 *
 *   { "definition": {…}, "input": …, "tasks": [{"output": …} | {"error": …, "cause": …} | {"never": true}],
 *     "status": "SUCCEEDED", "output": …, "error": …, "cause": …, "elapsed_ms": n, "parameters": [what tasks were called with],
 *     "history": ["ExecutionStarted<0", "PassStateEntered<0", …] }      type and previous event id, ids count from 1
 */
#include "helper.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "scenario.h"

enum { FILE_MAX = 1 << 20 };

static struct str read_file(struct arena *a, const char *folder, const char *name)
{
	struct str path = arena_printf(a, "%s/%s", folder, name);
	FILE *f = fopen(path.p, "rb");
	char *text = arena_alloc(a, FILE_MAX);
	assert_non_null(f);
	size_t n = fread(text, 1, FILE_MAX, f);
	fclose(f);
	return str_of(text, n);
}

static const struct json *history_of(struct arena *a, struct scenario *s)
{
	const struct json *events;
	struct json *out = json_new_array(a);
	int64_t previous = 0;
	assert_int_equal(json_parse(a, buf_str(&s->history), &events, NULL), 0);
	for (size_t i = 0; i < events->count; i++) {
		int64_t id = 0;
		assert_int_equal(json_to_i64(json_get_c(events->items[i], "id"), &id), 0);
		assert_int_equal(id, (int64_t)i + 1);
		assert_int_equal(json_to_i64(json_get_c(events->items[i], "previousEventId"), &previous), 0);
		struct str line = arena_printf(a, STR_FMT "<%lld", STR_ARG(json_get_text(events->items[i], STR("type"))),
					       (long long)previous);
		(void)json_add(a, out, json_new_string(a, line));
	}
	return out;
}

static void check_text(const char *file, const char *what, struct str got, const struct json *expected)
{
	if (!expected)
		return;
	if (!str_eq(got, json_text(expected)))
		fail_msg("%s: %s is \"" STR_FMT "\", not \"" STR_FMT "\"", file, what, STR_ARG(got),
			 STR_ARG(json_text(expected)));
}

static void check_outcome(struct arena *a, const char *file, struct scenario *s, const struct json *v)
{
	const struct json *output = NULL;
	int64_t elapsed;
	if (s->diagnostics.errors)
		fail_msg("%s: " STR_FMT, file, STR_ARG(diagnostics_text(&s->diagnostics)));
	if (s->failure.code)
		fail_msg("%s: %s", file, s->failure.message);
	check_text(file, "error", s->error, json_get_c(v, "error"));
	check_text(file, "cause", s->cause, json_get_c(v, "cause"));
	check_text(file, "status", str_c(scenario_status(s->status)), json_get_c(v, "status"));
	if (json_get_c(v, "output")) {
		assert_int_equal(json_parse(a, s->output, &output, NULL), 0);
		check_json(file, output, json_get_c(v, "output"));
	}
	if (json_get_c(v, "parameters"))
		check_json(file, s->parameters, json_get_c(v, "parameters"));
	if (json_get_c(v, "history"))
		check_json(file, history_of(a, s), json_get_c(v, "history"));
	if (json_get_c(v, "elapsed_ms")) {
		assert_int_equal(json_to_i64(json_get_c(v, "elapsed_ms"), &elapsed), 0);
		assert_int_equal(s->elapsed_ms, elapsed);
	}
}

static void run_file(const char *folder, const char *name)
{
	struct arena a;
	struct scenario s;
	struct error err = { 0 };
	const struct json *v;
	arena_init(&a, MIB(64));
	if (json_parse(&a, read_file(&a, folder, name), &v, &err) < 0)
		fail_msg("%s: %s", name, err.message);
	struct str definition = json_to_str(&a, json_get_c(v, "definition")), input = json_to_str(&a, json_get_c(v, "input"));
	scenario_run(&s, definition, input, json_get_c(v, "tasks"));
	check_outcome(&a, name, &s, v);
	scenario_release(&s);
	arena_release(&a);
}

static void test_files(void **state)
{
	const char *folder = getenv("STATES_DATA");
	DIR *d = opendir(folder ? folder : "tests/data/states");
	size_t count = 0;
	(void)state;
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));) {
		if (!str_ends(str_c(e->d_name), STR(".json")))
			continue;
		run_file(folder ? folder : "tests/data/states", e->d_name);
		count++;
	}
	closedir(d);
	assert_true(count > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_files) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
