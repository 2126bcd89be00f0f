/* SPDX-License-Identifier: Apache-2.0
 *
 * The Runtime API client against a scripted service on loopback.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fake_service.h"
#include "lambda/runtime.h"

struct fixture {
	struct fake_service *fake;
	struct lambda_runtime *runtime;
	struct arena arena;
	struct error err;
};

static void setup(struct fixture *x, const struct fake_reply *replies, size_t count)
{
	memset(x, 0, sizeof(*x));
	x->fake = fake_new(replies, count);
	assert_int_equal(lambda_runtime_new(&x->runtime, str_c(fake_host(x->fake)), &x->err), 0);
	arena_init(&x->arena, 1 << 24);
}

static void teardown(struct fixture *x)
{
	lambda_runtime_free(x->runtime);
	fake_free(x->fake);
	arena_release(&x->arena);
}

#define SETUP(x, replies) setup((x), (replies), sizeof(replies) / sizeof((replies)[0]))

static void test_next(void **state)
{
	static const struct fake_reply replies[] = {
		{ .expect = "GET /2018-06-01/runtime/invocation/next",
		  .status = 200,
		  .body = "{\"a\":1}",
		  .header = "Lambda-Runtime-Aws-Request-Id",
		  .value = "id-1" },
		{ .status = 200, .body = "{}" },
		{ .status = 500 },
	};
	struct lambda_invocation i;
	struct fixture x;
	(void)state;
	SETUP(&x, replies);
	assert_int_equal(lambda_next(x.runtime, &x.arena, &i, &x.err), 0);
	assert_true(str_eq_c(i.request_id, "id-1"));
	assert_true(str_eq_c(i.event, "{\"a\":1}"));
	assert_int_equal(i.deadline_ms, 0);
	assert_false(str_is_set(i.trace_id));
	assert_int_equal(lambda_next(x.runtime, &x.arena, &i, &x.err), ERR_CORRUPT); /* no request id */
	assert_int_equal(lambda_next(x.runtime, &x.arena, &i, &x.err), ERR_UNAVAILABLE);
	teardown(&x);
}

static void test_answers(void **state)
{
	static const struct fake_reply replies[] = {
		{ .expect = "POST /2018-06-01/runtime/invocation/id-1/response", .status = 202 },
		{ .status = 413 },
		{ .status = 403 },
		{ .status = 400 },
		{ .status = 500 },
		{ .expect = "POST /2018-06-01/runtime/invocation/id-2/error", .status = 202 },
		{ .expect = "POST /2018-06-01/runtime/init/error", .status = 202 },
	};
	struct lambda_failure failure = { STR("NotPng"), STR("say \"why\"") };
	struct str id = STR("id-1"), result = STR("{\"ok\":true}");
	struct fixture x;
	(void)state;
	SETUP(&x, replies);
	assert_int_equal(lambda_respond(x.runtime, &x.arena, id, result, &x.err), 0);
	assert_true(fake_body_has(x.fake, 0, "{\"ok\":true}"));
	assert_int_equal(lambda_respond(x.runtime, &x.arena, id, result, &x.err), ERR_LIMIT);
	assert_int_equal(lambda_respond(x.runtime, &x.arena, id, result, &x.err), ERR_DENIED);
	assert_int_equal(lambda_respond(x.runtime, &x.arena, id, result, &x.err), ERR_INVALID);
	assert_int_equal(lambda_respond(x.runtime, &x.arena, id, result, &x.err), ERR_UNAVAILABLE);
	assert_int_equal(lambda_fail(x.runtime, &x.arena, STR("id-2"), &failure, &x.err), 0);
	assert_true(fake_header_has(x.fake, 5, "lambda-runtime-function-error-type: NotPng\n"));
	assert_true(
		fake_body_has(x.fake, 5, "{\"errorMessage\":\"say \\\"why\\\"\",\"errorType\":\"NotPng\",\"stackTrace\":[]}"));
	assert_int_equal(lambda_fail_init(x.runtime, &x.arena, &failure, &x.err), 0);
	teardown(&x);
}

static void test_bad_address(void **state)
{
	struct lambda_runtime *r = NULL;
	char longer[300];
	(void)state;
	memset(longer, 'a', sizeof(longer));
	assert_int_equal(lambda_runtime_new(&r, STR_NULL, NULL), ERR_INVALID);
	assert_int_equal(lambda_runtime_new(&r, str_of(longer, sizeof(longer)), NULL), ERR_INVALID);
	assert_null(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_bad_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
