/* SPDX-License-Identifier: Apache-2.0
 *
 * What subscribers receive, and which messages their filter policies let through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/sns/internal.h"

static const char attributes_text[] =
	"{'color':{'DataType':'String','StringValue':'red'},'size':{'DataType':'Number','StringValue':'7'},"
	"'tags':{'DataType':'String.Array','StringValue':'[\\'a\\',\\'b\\']'}}";

static const struct {
	const char *policy;
	bool by_body, passes;
} cases[] = {
	{ "{}", false, true },
	{ "{'color':['red']}", false, true },
	{ "{'color':['blue']}", false, false },
	{ "{'color':[{'anything-but':'blue'}],'size':[{'numeric':['>',5]}]}", false, true },
	{ "{'size':[{'numeric':['<',5]}]}", false, false },
	{ "{'tags':['b']}", false, true },
	{ "{'none':[{'exists':false}]}", false, true },
	{ "{'$or':[{'color':['blue']},{'size':[7]}]}", false, true },
	{ "{'a':{'b':[1]}}", true, true },
	{ "{'a':{'b':[2]}}", true, false },
};

static const struct json *parsed(struct arena *a, const char *text)
{
	char *copy = arena_c(a, str_c(text));
	const struct json *v;

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	assert_int_equal(json_parse(a, str_c(copy), &v, NULL), 0);
	return v;
}

static void test_filters(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	struct sns_message m = { .text = STR("{\"a\":{\"b\":1}}"), .attributes = parsed(&a, attributes_text) };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (sns_filter_passes(&a, parsed(&a, cases[i].policy), cases[i].by_body, &m) != cases[i].passes)
			fail_msg("%s", cases[i].policy);
	m.text = STR("no json");
	assert_false(sns_filter_passes(&a, parsed(&a, "{'a':{'b':[1]}}"), true, &m));
	arena_release(&a);
}

static void test_forms(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	struct sns_message m = { .id = STR("i"),
				 .topic_arn = STR("t"),
				 .subscription_arn = STR("s"),
				 .text = STR("x"),
				 .endpoint_url = STR("http://h"),
				 .at_ms = 1795339800123 };
	assert_string_equal(sns_envelope(&a, &m).p,
			    "{\"Type\":\"Notification\",\"MessageId\":\"i\",\"TopicArn\":\"t\",\"Message\":\"x\","
			    "\"Timestamp\":\"2026-11-22T09:30:00.123Z\",\"SignatureVersion\":\"1\",\"Signature\":\"\","
			    "\"SigningCertURL\":\"\","
			    "\"UnsubscribeURL\":\"http://h/?Action=Unsubscribe&SubscriptionArn=s\"}");
	const struct json *event = parsed(&a, sns_lambda_event(&a, &m).p);
	const struct json *record = json_at(json_get_c(event, "Records"), 0);
	assert_true(str_eq(json_get_text(record, STR("EventSource")), STR("aws:sns")));
	assert_true(json_is(json_get_c(json_get_c(record, "Sns"), "Subject"), JSON_NULL));
	assert_true(str_eq(json_get_text(json_get_c(record, "Sns"), STR("Message")), STR("x")));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_filters), cmocka_unit_test(test_forms) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
