/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS's own policies: each can be read, is well-formed, and is found by its ARN.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "policy/policy.h"
#include "service/iam/managed.h"

struct seen {
	struct arena *arena;
	size_t count;
};

static bool check_one(void *argument, const struct json *policy)
{
	struct seen *s = argument;
	struct str arn = json_get_text(policy, STR("Arn"));
	const struct policy *compiled;
	struct error err = { 0 };

	if (policy_parse(s->arena, json_get_text(policy, STR("Document")), POLICY_IDENTITY, &compiled, &err) < 0)
		fail_msg(STR_FMT ": %s", STR_ARG(arn), err.message);
	assert_true(managed_is_arn(arn));
	assert_non_null(managed_find(s->arena, arn));
	s->count++;
	return true;
}

static void test_all(void **state)
{
	struct arena a;
	struct seen s = { &a, 0 };

	(void)state;
	arena_init(&a, MIB(64));
	managed_each(&a, check_one, &s);
	assert_int_equal(s.count, 44);
	arena_release(&a);
}

static void test_found_by_arn(void **state)
{
	static const char *const there[] = { "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
					     "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess",
					     "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
					     "arn:aws:iam::aws:policy/ReadOnlyAccess",
					     "arn:aws:iam::aws:policy/AdministratorAccess",
					     "arn:aws:iam::aws:policy/PowerUserAccess" };
	static const char *const missing[] = { "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole",
					       "arn:aws:iam::aws:policy/NoSuchPolicy", "arn:aws:iam::aws:policy/" };
	struct arena a;

	(void)state;
	arena_init(&a, MIB(64));
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		assert_non_null(managed_find(&a, str_c(there[i])));
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
		assert_null(managed_find(&a, str_c(missing[i])));
	assert_false(managed_is_arn(STR("arn:aws:iam::000000000000:policy/x")));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all), cmocka_unit_test(test_found_by_arn) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
