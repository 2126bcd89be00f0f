/* SPDX-License-Identifier: Apache-2.0
 *
 * Which service a resource means, and how member names change between states and APIs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/states/task.h"

static const struct {
	const char *arn, *service, *type, *call, *prefix;
	enum resource_pattern pattern;
} resources[] = {
	{ "arn:aws:states:::lambda:invoke", "lambda", "lambda", "invoke", "Lambda", PATTERN_REQUEST },
	{ "arn:aws:states:::lambda:invoke.waitForTaskToken", "lambda", "lambda", "invoke.waitForTaskToken", "Lambda",
	  PATTERN_TOKEN },
	{ "arn:aws:lambda:us-east-1:000000000000:function:f", "lambda", "lambda", "invoke", "Lambda", PATTERN_REQUEST },
	{ "arn:aws:states:::dynamodb:putItem", "dynamodb", "dynamodb", "putItem", "DynamoDB", PATTERN_REQUEST },
	{ "arn:aws:states:::aws-sdk:dynamodb:putItem", "dynamodb", "aws-sdk:dynamodb", "putItem", "DynamoDb", PATTERN_REQUEST },
	{ "arn:aws:states:::states:startExecution.sync:2", "states", "states", "startExecution.sync:2", "StepFunctions",
	  PATTERN_SYNC2 },
	{ "arn:aws:states:::aws-sdk:sfn:sendTaskFailure", "states", "aws-sdk:sfn", "sendTaskFailure", "Sfn", PATTERN_REQUEST },
	{ "arn:aws:states:::events:putEvents", "events", "events", "putEvents", "EventBridge", PATTERN_REQUEST },
};

static void test_resources(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		struct resource r;
		assert_int_equal(resource_parse(str_c(resources[i].arn), false, &r), RESOURCE_OK);
		const struct service_route *route = route_find(&r);
		assert_non_null(route);
		assert_string_equal(route->service, resources[i].service);
		assert_string_equal(route->error_prefix, resources[i].prefix);
		assert_true(str_eq_c(r.type, resources[i].type));
		assert_true(str_eq_c(r.call, resources[i].call));
		assert_int_equal(r.pattern, resources[i].pattern);
	}
}

static void test_unknown(void **state)
{
	static const struct {
		const char *arn;
		enum resource_fault fault;
	} unknown[] = {
		{ "lambda", RESOURCE_NOT_ARN },
		{ "arn:aws:states:::lambda:invoke.sync", RESOURCE_UNKNOWN },
		{ "arn:aws:states:::lambda", RESOURCE_UNKNOWN },
		{ "arn:aws:states:::glue:startJobRun.sync", RESOURCE_UNKNOWN },
		{ "arn:aws:states:::aws-sdk:nope:do", RESOURCE_UNKNOWN },
		{ "arn:aws:states:::aws-sdk:s3:", RESOURCE_UNKNOWN },
		{ "arn:aws:states:::sqs:sendMessage.later", RESOURCE_UNKNOWN },
		{ "arn:aws:states:us-east-1:0:activity:a", RESOURCE_UNKNOWN },
	};
	struct resource r;
	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(resource_parse(str_c(unknown[i].arn), false, &r), unknown[i].fault);
	assert_int_equal(resource_parse(STR("arn:aws:states:::states:startExecution.sync"), true, &r), RESOURCE_PATTERN_EXPRESS);
}

static void test_member_names(void **state)
{
	struct arena a;
	const struct json *v;
	(void)state;
	arena_init(&a, MIB(1));
	assert_int_equal(json_parse(&a, STR("{\"StateMachineArn\":\"A\",\"Tags\":[{\"Key\":\"K\"}],\"n\":1}"), &v, NULL), 0);
	struct str lowered = json_to_str(&a, members_lowered(&a, v));
	assert_true(str_eq_c(lowered, "{\"stateMachineArn\":\"A\",\"tags\":[{\"key\":\"K\"}],\"n\":1}"));
	struct str raised = json_to_str(&a, members_raised(&a, members_lowered(&a, v)));
	assert_true(str_eq_c(raised, "{\"StateMachineArn\":\"A\",\"Tags\":[{\"Key\":\"K\"}],\"N\":1}"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_member_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
