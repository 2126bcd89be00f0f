/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness.h"

#define EXECUTION "arn:aws:states:us-east-1:000000000000:execution:gleaner-pipeline:e1"
#define INPUT "\"input\":\"{\\\"detail\\\":{\\\"object\\\":{\\\"key\\\":\\\"uploads/" JOB_ID ".png\\\"}}}\""
#define STATUS_EVENT(status, input)                                                                                              \
	"{\"detail-type\":\"Step Functions Execution Status Change\",\"detail\":{\"executionArn\":\"" EXECUTION                  \
	"\",\"status\":\"" status "\"" input "}}"
#define SWEEP "{\"detail-type\":\"Scheduled Event\",\"source\":\"aws.events\",\"detail\":{}}"
#define UPDATED                                                                                                                  \
	{                                                                                                                        \
		.expect = "DynamoDB_20120810.UpdateItem", .status = 200, .body = "{}"                                            \
	}
#define PUBLISHED                                                                                                                \
	{                                                                                                                        \
		.expect = "AWSEvents.PutEvents", .status = 200, .body = "{\"FailedEntryCount\":0}"                               \
	}
#define PAGE(items)                                                                                                              \
	{                                                                                                                        \
		.expect = "DynamoDB_20120810.Query", .status = 200, .body = "{\"Items\":[" items "]}"                            \
	}
#define AGES PAGE(""), PAGE("") /* the oldest of each unfinished status */
#define PENDING                                                                                                                  \
	"{\"job_id\":{\"S\":\"" JOB_ID "\"},\"image_bucket\":{\"S\":\"source\"},\"image_key\":{\"S\":\"uploads/" JOB_ID ".png\"" \
	"}}"
#define PROCESSING "{\"job_id\":{\"S\":\"" JOB_ID "\"},\"execution_arn\":{\"S\":\"" EXECUTION "\"}}"

static int64_t count_of(const struct harness *h, const char *name)
{
	int64_t n = -1;
	if (json_to_i64(json_get(h->result, str_c(name)), &n))
		return -1;
	return n;
}

static void test_execution_ended(void **state)
{
	static const struct {
		const char *event, *code;
	} cases[] = {
		{ STATUS_EVENT("TIMED_OUT", "," INPUT), "\"code\":{\"S\":\"TimedOut\"}" },
		{ STATUS_EVENT("ABORTED", "," INPUT), "\"code\":{\"S\":\"Stopped\"}" },
		{ STATUS_EVENT("FAILED", "," INPUT), "\"code\":{\"S\":\"Internal\"}" },
	};
	static const struct fake_reply replies[] = { UPDATED, PUBLISHED };
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct harness h;
		HARNESS(&h, replies);
		assert_int_equal(harness_run(&h, "settle_job", cases[i].event), 0);
		assert_true(fake_body_has(h.fake, 0, cases[i].code));
		assert_true(fake_body_has(h.fake, 0, "execution_arn = :execution AND (#status = :processing OR "));
		assert_true(fake_body_has(h.fake, 0, EXECUTION));
		assert_true(fake_body_has(h.fake, 1, "\"Source\":\"gleaner\",\"DetailType\":\"Job Failed\""));
		assert_int_equal(count_of(&h, "failed"), 1);
		harness_release(&h);
	}
}

static void test_settled_already(void **state)
{
	static const struct fake_reply replies[] = { CONDITION_FAILED };
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_run(&h, "settle_job", STATUS_EVENT("FAILED", "," INPUT)), 0);
	assert_int_equal(count_of(&h, "failed"), 0);
	harness_release(&h);
}

static void test_input_left_out(void **state)
{
	static const struct fake_reply replies[] = {
		{ .expect = "AWSStepFunctions.DescribeExecution", .status = 200, .body = "{" INPUT "}" },
		UPDATED,
		PUBLISHED,
		{ .status = 200, .body = "{\"input\":\"{}\"}" },
	};
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_run(&h, "settle_job", STATUS_EVENT("FAILED", "")), 0);
	assert_int_equal(count_of(&h, "failed"), 1);
	assert_int_equal(harness_run(&h, "settle_job", STATUS_EVENT("FAILED", "")), 0); /* not an execution for a job */
	assert_int_equal(count_of(&h, "failed"), 0);
	assert_int_equal(harness_run(&h, "settle_job", STATUS_EVENT("RUNNING", "," INPUT)), ERR_CORRUPT);
	harness_release(&h);
}

static void test_upload_never_came(void **state)
{
	static const struct fake_reply replies[] = {
		PAGE(PENDING), { .expect = "HEAD /source/uploads/" JOB_ID ".png", .status = 404 }, UPDATED, PUBLISHED, PAGE(""),
		AGES,
	};
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_run(&h, "settle_job", SWEEP), 0);
	assert_true(fake_body_has(h.fake, 0, "\":before\":{\"S\":\"2026-09-21T14:12:20.000Z\"}")); /* a minute of grace */
	assert_true(fake_body_has(
		h.fake, 2, "\"ConditionExpression\":\"#status = :pending OR (#status = :expired AND updated_at = :now)\""));
	assert_true(fake_body_has(h.fake, 3, "Job Expired"));
	assert_true(fake_body_has(h.fake, 4, "\":before\":{\"S\":\"2026-09-21T07:57:20.000Z\"}")); /* 22,500 s and a minute */
	assert_int_equal(count_of(&h, "expired"), 1);
	harness_release(&h);
}

static void test_upload_whose_event_was_lost(void **state)
{
	static const struct fake_reply replies[] = {
		PAGE(PENDING),
		{ .status = 200, .header = "ETag", .value = "\"abc\"" },
		{ .expect = "AWSStepFunctions.StartExecution", .status = 200, .body = "{}" },
		PAGE(""),
		AGES,
		PAGE(PENDING),
		{ .status = 200, .header = "ETag", .value = "\"abc\"" },
		{ .status = 400, .body = "{\"__type\":\"ExecutionAlreadyExists\"}" },
		PAGE(""),
		AGES,
	};
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_run(&h, "settle_job", SWEEP), 0);
	assert_true(fake_body_has(h.fake, 2, "\"name\":\"settle-" JOB_ID "-5966666\""));
	assert_true(fake_body_has(h.fake, 2, "\\\"bucket\\\":{\\\"name\\\":\\\"source\\\"}"));
	assert_true(fake_body_has(h.fake, 2, "\\\"etag\\\":\\\"abc\\\""));
	assert_int_equal(count_of(&h, "started"), 1);
	assert_int_equal(harness_run(&h, "settle_job", SWEEP), 0);
	assert_int_equal(count_of(&h, "started"), 0);
	harness_release(&h);
}

static void test_stuck_in_processing(void **state)
{
	static const struct {
		struct fake_reply describe;
		int failed;
	} cases[] = {
		{ { .status = 200, .body = "{\"status\":\"RUNNING\"}" }, 0 },
		{ { .status = 200, .body = "{\"status\":\"ABORTED\"}" }, 1 },
		{ { .status = 200, .body = "{\"status\":\"SUCCEEDED\"}" }, 1 },
		{ { .status = 400, .body = "{\"__type\":\"ExecutionDoesNotExist\"}" }, 1 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fake_reply left[] = { PAGE(""), PAGE(PROCESSING), cases[i].describe, AGES };
		const struct fake_reply failed[] = { PAGE(""), PAGE(PROCESSING), cases[i].describe, UPDATED, PUBLISHED, AGES };
		struct harness h;
		if (cases[i].failed)
			HARNESS(&h, failed);
		else
			HARNESS(&h, left);
		assert_int_equal(harness_run(&h, "settle_job", SWEEP), 0);
		if (count_of(&h, "failed") != cases[i].failed)
			fail_msg("case %zu", i);
		harness_release(&h);
	}
}

/* One record that cannot be settled keeps no other waiting, and the failure is told in the end. */
static void test_one_bad_record(void **state)
{
	static const struct fake_reply replies[] = {
		PAGE(PENDING "," PENDING), { .status = 403 }, { .status = 404 }, UPDATED, PUBLISHED, PAGE(""), AGES,
	};
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_run(&h, "settle_job", SWEEP), ERR_SERVICE);
	assert_string_equal(h.err.name, "Forbidden");
	assert_string_equal(h.err.message, "the upload uploads/" JOB_ID ".png cannot be looked for: "
					   "the service answered 403 Forbidden without a message");
	assert_int_equal(fake_count(h.fake), 8);
	assert_true(strstr(h.printed, "\"OldestUnfinishedJobAge\":0"));
	harness_release(&h);
}

#define MADE(text) "{\"created_at\":{\"S\":\"" text "\"}}"

/* One line a sweep, in the embedded metric format. */
static void test_age_of_the_oldest_job(void **state)
{
	static const struct {
		struct fake_reply pending, processing;
		const char *age;
	} cases[] = {
		{ PAGE(""), PAGE(""), "0" },
		{ PAGE(MADE("2026-09-21T14:13:10.500Z")), PAGE(""), "9" },
		{ PAGE(MADE("2026-09-21T14:13:10.500Z")), PAGE(MADE("2026-09-21T12:13:20.000Z")), "7200" },
		{ PAGE(MADE("2026-09-21T14:14:20.000Z")), PAGE(""), "0" }, /* another machine's clock */
	};
	char line[512];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fake_reply replies[] = { PAGE(""), PAGE(""), cases[i].pending, cases[i].processing };
		struct harness h;
		HARNESS(&h, replies);
		assert_int_equal(harness_run(&h, "settle_job", SWEEP), 0);
		snprintf(
			line, sizeof(line),
			"{\"_aws\":{\"Timestamp\":1790000000000,\"CloudWatchMetrics\":[{\"Namespace\":\"Gleaner\",\"Dimensions\":"
			"[[\"JobsTable\"]],\"Metrics\":[{\"Name\":\"OldestUnfinishedJobAge\",\"Unit\":\"Seconds\"}]}]},"
			"\"JobsTable\":\"jobs\",\"OldestUnfinishedJobAge\":%s}",
			cases[i].age);
		assert_string_equal(h.printed, line);
		harness_release(&h);
	}
}

static void test_age_that_cannot_be_told(void **state)
{
	static const struct fake_reply replies[] = { PAGE(""), PAGE(""), { .status = 400, .body = "{\"__type\":\"x#Oops\"}" } };
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_run(&h, "settle_job", SWEEP), ERR_SERVICE);
	assert_string_equal(h.printed, "");
	harness_release(&h);
}

static void test_event_not_taken(void **state)
{
	static const struct fake_reply replies[] = { UPDATED, { .status = 200, .body = "{\"FailedEntryCount\":1}" } };
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_run(&h, "settle_job", STATUS_EVENT("FAILED", "," INPUT)), ERR_UNAVAILABLE);
	harness_release(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_execution_ended),
		cmocka_unit_test(test_settled_already),
		cmocka_unit_test(test_input_left_out),
		cmocka_unit_test(test_upload_never_came),
		cmocka_unit_test(test_upload_whose_event_was_lost),
		cmocka_unit_test(test_stuck_in_processing),
		cmocka_unit_test(test_one_bad_record),
		cmocka_unit_test(test_age_of_the_oldest_job),
		cmocka_unit_test(test_age_that_cannot_be_told),
		cmocka_unit_test(test_event_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
