/* SPDX-License-Identifier: Apache-2.0
 *
 * Which calls pass which roles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "service/iam/pass_role.h"

static const struct {
	const char *service, *operation, *parameters;
	size_t count;
	const char *first, *passed_to;
} cases[] = {
	{ "lambda", "CreateFunction", "{\"Role\":\"arn:r\"}", 1, "arn:r", "lambda.amazonaws.com" },
	{ "lambda", "UpdateFunctionConfiguration", "{\"MemorySize\":128}", 0, NULL, NULL },
	{ "states", "CreateStateMachine", "{\"roleArn\":\"arn:r\"}", 1, "arn:r", "states.amazonaws.com" },
	{ "events", "PutTargets",
	  "{\"Targets\":[{\"RoleArn\":\"arn:a\"},{\"Arn\":\"x\"},{\"RoleArn\":\"arn:b\"},{\"RoleArn\":\"arn:a\"}]}", 2, "arn:a",
	  "events.amazonaws.com" },
	{ "codebuild", "CreateProject", "{\"serviceRole\":\"arn:r\"}", 1, "arn:r", "codebuild.amazonaws.com" },
	{ "dynamodb", "PutItem", "{\"Role\":\"arn:r\"}", 0, NULL, NULL },
	{ "lambda", "Invoke", "{\"Role\":\"arn:r\"}", 0, NULL, NULL },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct service service = { .name = cases[i].service };
		const struct operation operation = { .name = cases[i].operation };
		struct call call = { .service = &service, .operation = &operation };
		struct passed_role roles[PASSED_ROLES_MAX];
		arena_init(&call.arena, MIB(1));
		assert_int_equal(json_parse(&call.arena, str_c(cases[i].parameters), &call.parameters, NULL), 0);
		assert_int_equal(pass_role_find(&call, roles), cases[i].count);
		if (cases[i].count > 0) {
			assert_true(str_eq_c(roles[0].role_arn, cases[i].first));
			assert_true(str_eq_c(roles[0].service, cases[i].passed_to));
		}
		arena_release(&call.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
