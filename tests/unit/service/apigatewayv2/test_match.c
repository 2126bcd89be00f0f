/* SPDX-License-Identifier: Apache-2.0
 *
 * Route keys: which are valid, and which route a request takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/apigatewayv2/match.h"

static const char *const routes[] = {
	"GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}",     "$default",
	"POST /jobs",      "ANY /jobs",          "GET /jobs/{job_id}", "ANY /jobs/special", "GET /",
};

static const struct {
	const char *method, *path, *route;
} cases[] = {
	{ "GET", "/pets/dog/1", "GET /pets/dog/1" },
	{ "GET", "/pets/dog/2", "GET /pets/dog/{id}" },
	{ "GET", "/pets/cat/1", "GET /pets/{proxy+}" },
	{ "POST", "/test/5", "ANY /{proxy+}" },
	{ "POST", "/jobs", "POST /jobs" },
	{ "GET", "/jobs", "ANY /jobs" },
	{ "GET", "/jobs/1", "GET /jobs/{job_id}" },
	{ "GET", "/jobs/special", "ANY /jobs/special" },
	{ "GET", "/jobs/1/2", "ANY /{proxy+}" },
	{ "GET", "/jobs/", "ANY /{proxy+}" },
	{ "GET", "/", "GET /" },
	{ "POST", "/", "$default" },
};

static const char *const invalid[] = { "",          "GET",         "GET jobs", "get /jobs", "FETCH /jobs", "GET /{a",
				       "GET /a//b", "GET /{a+}/b", "GET /{}",  "GET /a{b}", "$other" };

static void test_choice(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t best_score = -1;
		const char *best = "none";
		struct arena a;

		arena_init(&a, 1 << 20);
		for (size_t r = 0; r < sizeof(routes) / sizeof(routes[0]); r++) {
			struct route_key key;

			assert_int_equal(route_key_parse(&a, str_c(routes[r]), &key), 0);
			int64_t score = route_key_match(&key, str_c(cases[i].method), str_c(cases[i].path));
			if (score > best_score) {
				best_score = score;
				best = routes[r];
			}
		}
		if (strcmp(best, cases[i].route) != 0)
			fail_msg("%s %s takes %s", cases[i].method, cases[i].path, best);
		arena_release(&a);
	}
}

static void test_invalid(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		struct route_key key;

		if (route_key_parse(&a, str_c(invalid[i]), &key) != ERR_INVALID)
			fail_msg("%s is accepted", invalid[i]);
	}
	arena_release(&a);
}

static void test_parameters(void **state)
{
	struct route_key key;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(route_key_parse(&a, STR("GET /a/{b}/{rest+}"), &key), 0);
	const struct json *p = route_key_parameters(&a, &key, STR("/a/x%20y/1/2"));
	assert_string_equal(json_to_str(&a, p).p, "{\"b\":\"x y\",\"rest\":\"1/2\"}");
	arena_release(&a);
}

static void test_function_of_uri(void **state)
{
	struct str arn;

	(void)state;
	assert_int_equal(integration_function(STR("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
						  "arn:aws:lambda:us-east-1:000000000000:function:f/invocations"),
					      &arn),
			 0);
	assert_true(str_eq(arn, STR("arn:aws:lambda:us-east-1:000000000000:function:f")));
	assert_int_equal(integration_function(STR("arn:aws:lambda:us-east-1:000000000000:function:f"), &arn), 0);
	assert_int_equal(integration_function(STR("arn:aws:sqs:us-east-1:000000000000:q"), &arn), ERR_INVALID);
	assert_int_equal(integration_function(STR("https://example.com"), &arn), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_function_of_uri),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
