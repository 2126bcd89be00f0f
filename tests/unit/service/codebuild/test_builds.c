/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds without a socket: what takes the clock, or a server that has died.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "os/clock.h"
#include "os/file.h"
#include "service/codebuild/codebuild.h"
#include "service/host.h"

static const struct service *const services[] = { &service_codebuild, NULL };
static const char *const settings[][2] = { { "codebuild-minute-ms", "100" }, { NULL, NULL } };

static int take_event(void *state, struct store_txn *txn, const struct json *event, struct error *err)
{
	(void)state;
	(void)txn;
	(void)event;
	(void)err;
	return 0;
}

static struct host *start(const char *folder)
{
	struct host_options options = {
		.listen_address = "127.0.0.1",
		.data_folder = folder,
		.services = services,
		.settings = settings,
		.hooks = { .put_event = take_event },
	};
	struct error err = { 0 };
	struct host *h = NULL;

	if (host_new(&h, &options, &err) != 0)
		fail_msg("%s", err.message);
	return h;
}

static const struct json *call(struct host *h, struct arena *a, const char *operation, const char *parameters)
{
	const struct json *value;
	struct host_answer answer;
	struct error err = { 0 };

	assert_int_equal(json_parse(a, str_c(parameters), &value, &err), 0);
	assert_int_equal(host_call_wait(h, "codebuild", operation, value, STR_NULL, a, &answer), 0);
	if (answer.error.code != 0)
		fail_msg("%s: %s", operation, answer.error.message);
	assert_int_equal(json_parse(a, answer.body, &value, &err), 0);
	return value;
}

static const char *start_sleeper(struct host *h, struct arena *a)
{
	const struct json *started;

	call(h, a, "CreateProject",
	     "{\"name\":\"sleeper\",\"source\":{\"type\":\"NO_SOURCE\",\"buildspec\":\"version: 0.2\\nphases:\\n"
	     "  build:\\n    commands: [ sleep 1000 ]\\n  post_build:\\n    commands: [ 'true' "
	     "]\\n\"},\"artifacts\":{\"type\":\"NO_ARTIFACTS\"},\"logsConfig\":{\"cloudWatchLogs\":{\"status\":\"DISABLED\"}},"
	     "\"serviceRole\":\"arn:aws:iam::000000000000:role/r\",\"timeoutInMinutes\":5,"
	     "\"environment\":{\"type\":\"LINUX_CONTAINER\",\"image\":\"i\",\"computeType\":\"BUILD_GENERAL1_SMALL\"}}");
	started = call(h, a, "StartBuild", "{\"projectName\":\"sleeper\"}");
	return arena_printf(a, "{\"ids\":[\"" STR_FMT "\"]}", STR_ARG(json_get_text(json_get_c(started, "build"), STR("id")))).p;
}

static const struct json *build_of(struct host *h, struct arena *a, const char *ids)
{
	return json_at(json_get_c(call(h, a, "BatchGetBuilds", ids), "builds"), 0);
}

static void test_a_build_runs_out_of_time(void **state)
{
	char folder[] = "/tmp/builds-XXXXXX";
	struct arena a;
	struct host *h;
	const struct json *build;
	const char *ids;

	(void)state;
	assert_non_null(mkdtemp(folder));
	arena_init(&a, 64 << 20);
	h = start(folder);
	ids = start_sleeper(h, &a);
	for (int i = 0; i < 300 && !json_true(json_get_c(build = build_of(h, &a, ids), "buildComplete")); i++)
		clock_sleep_ms(50);
	assert_true(str_eq(json_get_text(build, STR("buildStatus")), STR("TIMED_OUT")));
	host_free(h);
	arena_release(&a);
	assert_int_equal(file_remove_tree(folder, NULL), 0);
}

/* Stopping in the middle stores an end; what a crash leaves is settled at the next start. Here the first is seen after a restart.
 */
static void test_a_stopped_server_leaves_no_build_behind(void **state)
{
	char folder[] = "/tmp/builds-XXXXXX";
	struct arena a;
	struct host *h;
	const struct json *build;
	const char *ids;

	(void)state;
	assert_non_null(mkdtemp(folder));
	arena_init(&a, 64 << 20);
	h = start(folder);
	ids = start_sleeper(h, &a);
	host_free(h);
	h = start(folder);
	build = build_of(h, &a, ids);
	assert_true(json_true(json_get_c(build, "buildComplete")));
	assert_false(str_eq(json_get_text(build, STR("buildStatus")), STR("SUCCEEDED")));
	host_free(h);
	arena_release(&a);
	assert_int_equal(file_remove_tree(folder, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_build_runs_out_of_time),
		cmocka_unit_test(test_a_stopped_server_leaves_no_build_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
