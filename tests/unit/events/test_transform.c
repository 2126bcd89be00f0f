/* SPDX-License-Identifier: Apache-2.0
 *
 * Input paths and templates, one line a case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "events/transform.h"

static const char event_text[] = "{\"source\":\"gleaner\",\"resources\":[\"r0\",\"r1\"],"
				 "\"detail\":{\"id\":\"i-1\",\"n\":5,\"said\":\"a \\\"b\\\"\",\"o\":{\"k\":\"v\"},\"x y\":true}}";

struct template_case {
	const char *paths, *template, *output;
};

static const struct template_case template_cases[] = {
	{ "{\"i\":\"$.detail.id\",\"n\":\"$.detail.n\"}", "\"<i> has <n>\"", "\"i-1 has 5\"" },
	{ "{\"i\":\"$.detail.id\"}", "{\"a\": <i>, \"b\": \"is <i>\"}", "{\"a\": \"i-1\", \"b\": \"is i-1\"}" },
	{ "{\"o\":\"$.detail.o\"}", "{\"a\":<o>,\"b\":\"<o>\"}", "{\"a\":{\"k\":\"v\"},\"b\":\"{k:v}\"}" },
	{ "{\"s\":\"$.detail.said\"}", "{\"a\":<s>,\"b\":\"<s>\"}", "{\"a\":\"a \\\"b\\\"\",\"b\":\"a \\\"b\\\"\"}" },
	{ "{\"r\":\"$.resources[1]\"}", "<r>", "\"r1\"" },
	{ "{\"y\":\"$.detail['x y']\"}", "{\"a\":<y>}", "{\"a\":true}" },
	{ "{\"m\":\"$.detail.missing\"}", "{\"a\":<m>,\"b\":\"<m>\"}", "{\"a\":\"\",\"b\":\"\"}" },
	{ "{}", "{\"arn\":<aws.events.rule-arn>,\"t\":\"<aws.events.event.ingestion-time>\"}",
	  "{\"arn\":\"arn:r\",\"t\":\"2026-11-22T09:30:00Z\"}" },
	{ "{}", "{\"name\":<aws.events.rule-name>,\"e\":<aws.events.event>}",
	  "{\"name\":\"r\",\"e\":{\"source\":\"gleaner\",\"resources\":[\"r0\",\"r1\"]}}" },
	{ "{}", "1 < 2 and 3 > 2", "1 < 2 and 3 > 2" },
	{ "{}", "\"a \\\"quoted\\\" <aws.events.rule-name>\"", "\"a \\\"quoted\\\" r\"" },
};

static const struct json *parsed(struct arena *a, struct str text)
{
	const struct json *v;

	assert_int_equal(json_parse(a, text, &v, NULL), 0);
	return v;
}

static const struct json *transformer(struct arena *a, const char *paths, const char *template)
{
	struct json *t = json_new_object(a);

	json_put(a, t, STR("InputPathsMap"), parsed(a, str_c(paths)));
	json_put(a, t, STR("InputTemplate"), json_new_string(a, str_c(template)));
	return t;
}

static void test_templates(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(template_cases) / sizeof(template_cases[0]); i++) {
		const struct template_case *c = &template_cases[i];
		struct str out;
		struct arena a;

		arena_init(&a, 1 << 20);
		struct transform_context context = { .event = parsed(&a, str_c(event_text)),
						     .rule_arn = STR("arn:r"),
						     .rule_name = STR("r"),
						     .ingestion_time = STR("2026-11-22T09:30:00Z") };
		const struct json *t = transformer(&a, c->paths, c->template);
		assert_int_equal(transform_check(t, NULL), 0);
		assert_int_equal(transform_apply(&a, t, &context, &out, NULL), 0);
		assert_string_equal(out.p, c->output);
		arena_release(&a);
	}
}

static void test_whole_event(void **state)
{
	struct str out;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	struct transform_context context = { .event = parsed(&a, str_c(event_text)) };
	assert_int_equal(transform_apply(&a, transformer(&a, "{}", "<aws.events.event.json>"), &context, &out, NULL), 0);
	assert_string_equal(out.p, event_text);
	arena_release(&a);
}

static void test_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "{}", "" },
		{ "{}", "<unknown>" },
		{ "{\"a\":\"detail\"}", "<a>" },
		{ "{\"a\":\"$.detail[x]\"}", "<a>" },
		{ "{\"a\":\"$.\"}", "<a>" },
		{ "{\"AWSx\":\"$.detail\"}", "<AWSx>" },
	};
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (transform_check(transformer(&a, cases[i][0], cases[i][1]), NULL) != ERR_INVALID)
			fail_msg("%s with %s is accepted", cases[i][1], cases[i][0]);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_whole_event),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
