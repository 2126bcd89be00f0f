/* SPDX-License-Identifier: Apache-2.0
 *
 * EventBridge in a host without a network: rules, delivery to targets played by small fakes, retries, dead letters, schedules
 * and what a restart leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "os/clock.h"
#include "os/file.h"
#include "service/events/events.h"
#include "service/host.h"
#include "service/record.h"

enum { TAKEN_MAX = 32 };

/* What the fakes were asked, and how often they still refuse. */
static struct {
	pthread_mutex_t lock;
	struct arena arena;
	struct str calls[TAKEN_MAX]; /* "operation parameters body" */
	int count, busy;
} taken = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct service_error busy_error = { "ThrottlingException", 400, "Rate exceeded" };
static const struct service_error gone_error = { "ResourceNotFoundException", 404, "Function not found" };

static int take(struct call *call)
{
	pthread_mutex_lock(&taken.lock);
	bool busy = taken.busy > 0;
	taken.busy -= busy;
	if (!busy && taken.count < TAKEN_MAX)
		taken.calls[taken.count++] =
			arena_printf(&taken.arena, "%s " STR_FMT " " STR_FMT, call->operation->name,
				     STR_ARG(json_to_str(&call->arena, call->parameters)), STR_ARG(call->body.bytes));
	pthread_mutex_unlock(&taken.lock);
	return busy ? call_fail(call, &busy_error) : 0;
}

static int refuse(struct call *call)
{
	return call_fail(call, &gone_error);
}

static int fake_open(struct host *host, void **state, struct error *err)
{
	(void)host;
	(void)err;
	*state = NULL;
	return 0;
}

static const struct operation states_operations[] = { { .name = "StartExecution", .kind = OPERATION_ASYNC, .run = take }, { 0 } };
static const struct operation sqs_operations[] = { { .name = "SendMessage", .kind = OPERATION_ASYNC, .run = take }, { 0 } };
static const struct operation lambda_operations[] = { { .name = "Invoke", .kind = OPERATION_ASYNC, .run = refuse }, { 0 } };
static const struct service fake_states = { .name = "states",
					    .protocol = PROTOCOL_JSON,
					    .target_prefix = "AWSStepFunctions",
					    .json_version = "1.0",
					    .operations = states_operations,
					    .open = fake_open };
static const struct service fake_sqs = { .name = "sqs",
					 .protocol = PROTOCOL_JSON,
					 .target_prefix = "AmazonSQS",
					 .json_version = "1.0",
					 .operations = sqs_operations,
					 .open = fake_open };
static const struct service fake_lambda = { .name = "lambda",
					    .protocol = PROTOCOL_JSON,
					    .target_prefix = "AWSLambda",
					    .json_version = "1.0",
					    .operations = lambda_operations,
					    .open = fake_open };
static const struct service *const services[] = { &service_events, &fake_states, &fake_sqs, &fake_lambda, NULL };

struct fixture {
	char folder[64];
	struct host *host;
	struct arena arena;
};

static void start(struct fixture *f)
{
	struct host_options options = { .listen_address = "127.0.0.1",
					.data_folder = f->folder,
					.durability = STORE_RELAXED,
					.threads = 1,
					.services = services,
					.hooks = { .put_event = events_put } };
	struct error err = { 0 };

	if (host_new(&f->host, &options, &err) != 0)
		fail_msg("%s", err.message);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->folder, sizeof(f->folder), "/tmp/gleaner-events-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	arena_init(&f->arena, MIB(4));
	arena_init(&taken.arena, MIB(4));
	taken.count = taken.busy = 0;
	start(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	host_free(f->host);
	assert_int_equal(file_remove_tree(f->folder, NULL), 0);
	arena_release(&f->arena);
	arena_release(&taken.arena);
	free(f);
	return 0;
}

/* Parameters with ' for ". Returns the name of the error, "" for none; the reply in `body`. */
static const char *ask(struct fixture *f, const char *operation, const char *parameters, struct str *body)
{
	struct host_answer *answer = ARENA_NEW(&f->arena, struct host_answer);
	char *text = arena_c(&f->arena, str_c(parameters));
	const struct json *parsed;

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c == '`' ? '\'' : *c;
	assert_int_equal(json_parse(&f->arena, str_c(text), &parsed, NULL), 0);
	int rc = host_call_wait(f->host, "events", operation, parsed, STR_NULL, &f->arena, answer);
	if (rc == 0 && body)
		*body = answer->body;
	return answer->error.name;
}

static void wait_for(int count)
{
	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&taken.lock);
		bool there = taken.count >= count;
		pthread_mutex_unlock(&taken.lock);
		if (there)
			return;
		clock_sleep_ms(10);
	}
	fail_msg("%d of %d calls came", taken.count, count);
}

static void has(struct str text, const char *part)
{
	if (str_find(text, str_c(part), 0) < 0)
		fail_msg("%s is not in " STR_FMT, part, STR_ARG(text));
}

#define MACHINE "'Arn':'arn:aws:states:us-east-1:000000000000:stateMachine:m','RoleArn':'arn:aws:iam::000000000000:role/r'"
#define DEAD_LETTERS "'DeadLetterConfig':{'Arn':'arn:aws:sqs:us-east-1:000000000000:dlq'}"
#define EVENT "{'Entries':[{'Source':'app','DetailType':'Made','Detail':'{\\\"n\\\":1}'}]}"

static void test_rule_and_execution(void **state)
{
	struct fixture *f = *state;
	struct str body;

	assert_string_equal(ask(f, "PutRule", "{'Name':'r','EventPattern':'{\\\"source\\\":[\\\"app\\\"]}'}", &body), "");
	has(body, "arn:aws:events:us-east-1:000000000000:rule/r");
	assert_string_equal(ask(f, "PutTargets", "{'Rule':'r','Targets':[{'Id':'t'," MACHINE "}]}", &body), "");
	has(body, "\"FailedEntryCount\":0");
	assert_string_equal(ask(f, "PutEvents", EVENT, &body), "");
	has(body, "\"EventId\":\"");
	wait_for(1);
	has(taken.calls[0], "StartExecution");
	has(taken.calls[0], "stateMachine:m");
	has(taken.calls[0], "\\\"detail\\\":{\\\"n\\\":1}");
}

static void test_throttled_target_is_tried_again(void **state)
{
	struct fixture *f = *state;

	ask(f, "PutRule", "{'Name':'r','EventPattern':'{\\\"source\\\":[\\\"app\\\"]}'}", NULL);
	ask(f, "PutTargets", "{'Rule':'r','Targets':[{'Id':'t'," MACHINE "}]}", NULL);
	taken.busy = 2;
	ask(f, "PutEvents", EVENT, NULL);
	wait_for(1);
	assert_int_equal(taken.busy, 0);
}

static void test_exhausted_retries_end_in_the_queue(void **state)
{
	struct fixture *f = *state;

	ask(f, "PutRule", "{'Name':'r','EventPattern':'{\\\"source\\\":[\\\"app\\\"]}'}", NULL);
	ask(f, "PutTargets",
	    "{'Rule':'r','Targets':[{'Id':'t'," MACHINE "," DEAD_LETTERS ",'RetryPolicy':{'MaximumRetryAttempts':1}}]}", NULL);
	taken.busy = 2;
	ask(f, "PutEvents", EVENT, NULL);
	wait_for(1);
	has(taken.calls[0], "SendMessage");
	has(taken.calls[0], "\"EXHAUSTED_RETRY_CONDITION\":{\"DataType\":\"String\",\"StringValue\":\"MaximumRetryAttempts\"}");
	has(taken.calls[0], "\"StringValue\":\"THROTTLING\"");
	has(taken.calls[0], "\"RETRY_ATTEMPTS\":{\"DataType\":\"Number\",\"StringValue\":\"1\"}");
}

static void test_missing_target_ends_in_the_queue_at_once(void **state)
{
	struct fixture *f = *state;

	ask(f, "PutRule", "{'Name':'r','EventPattern':'{\\\"source\\\":[\\\"app\\\"]}'}", NULL);
	ask(f, "PutTargets",
	    "{'Rule':'r','Targets':[{'Id':'t','Arn':'arn:aws:lambda:us-east-1:000000000000:function:f'," DEAD_LETTERS "}]}",
	    NULL);
	ask(f, "PutEvents", EVENT, NULL);
	wait_for(1);
	has(taken.calls[0], "NO_RESOURCE");
	has(taken.calls[0], "\"RETRY_ATTEMPTS\":{\"DataType\":\"Number\",\"StringValue\":\"0\"}");
	has(taken.calls[0], "rule/r");
}

static void test_delivery_goes_on_after_a_restart(void **state)
{
	struct fixture *f = *state;

	ask(f, "PutRule", "{'Name':'r','EventPattern':'{\\\"source\\\":[\\\"app\\\"]}'}", NULL);
	ask(f, "PutTargets", "{'Rule':'r','Targets':[{'Id':'t'," MACHINE "}]}", NULL);
	taken.busy = 1000;
	ask(f, "PutEvents", EVENT, NULL);
	clock_sleep_ms(50);
	host_free(f->host);
	assert_int_equal(taken.count, 0);
	taken.busy = 0;
	start(f);
	wait_for(1);
}

static void test_rules_act_as_they_stand(void **state)
{
	struct fixture *f = *state;
	struct str body;

	ask(f, "PutRule", "{'Name':'r','EventPattern':'{\\\"source\\\":[\\\"app\\\"]}','State':'DISABLED'}", NULL);
	ask(f, "PutTargets", "{'Rule':'r','Targets':[{'Id':'t','InputPath':'$.detail'," MACHINE "}]}", NULL);
	ask(f, "PutEvents", EVENT, NULL);
	assert_string_equal(ask(f, "EnableRule", "{'Name':'r'}", NULL), "");
	ask(f, "PutEvents", "{'Entries':[{'Source':'app','DetailType':'Made','Detail':'{\\\"n\\\":2}'}]}", NULL);
	wait_for(1);
	clock_sleep_ms(30);
	assert_int_equal(taken.count, 1);
	has(taken.calls[0], "\"input\":\"{\\\"n\\\":2}\"");
	assert_string_equal(
		ask(f, "ListRuleNamesByTarget", "{'TargetArn':'arn:aws:states:us-east-1:000000000000:stateMachine:m'}", &body),
		"");
	has(body, "\"RuleNames\":[\"r\"]");
	assert_string_equal(ask(f, "DeleteRule", "{'Name':'r'}", NULL), "ValidationException");
	assert_string_equal(ask(f, "RemoveTargets", "{'Rule':'r','Ids':['t']}", NULL), "");
	assert_string_equal(ask(f, "DeleteRule", "{'Name':'r'}", NULL), "");
	assert_string_equal(ask(f, "DescribeRule", "{'Name':'r'}", NULL), "ResourceNotFoundException");
}

/* Moves the origin of rule "s" two minutes back. */
static int age_schedule(struct store_txn *txn, void *argument, struct error *err)
{
	struct arena *a = argument;
	const struct json *rule;
	struct key key;

	record_key(&key, STR("rule"), STR("default"), STR("s"));
	int rc = record_get(txn, SPACE_EVENTS, &key, a, &rule, err);
	if (rc < 0)
		return rc;
	struct json *aged = json_copy_object(a, rule);
	json_put(a, aged, STR("From"), json_new_i64(a, clock_wall_ms() - 120000));
	return record_put(txn, SPACE_EVENTS, &key, a, aged, err);
}

/* What came due while the server was down fires once at the start. */
static void test_schedule(void **state)
{
	struct fixture *f = *state;
	struct store *store;

	assert_string_equal(ask(f, "PutRule", "{'Name':'s','ScheduleExpression':'rate(1 minute)'}", NULL), "");
	ask(f, "PutTargets", "{'Rule':'s','Targets':[{'Id':'t'," MACHINE "}]}", NULL);
	clock_sleep_ms(30);
	assert_int_equal(taken.count, 0);
	host_free(f->host);
	assert_int_equal(store_open(&store, &(struct store_options){ .folder = f->folder }, NULL), 0);
	assert_int_equal(store_write_wait(store, age_schedule, &f->arena, NULL), 0);
	store_close(store);
	start(f);
	wait_for(1);
	has(taken.calls[0], "Scheduled Event");
	has(taken.calls[0], "aws.events");
	clock_sleep_ms(30);
	assert_int_equal(taken.count, 1);
	assert_string_equal(ask(f, "PutRule", "{'Name':'bad','ScheduleExpression':'rate(1 minutes)'}", NULL),
			    "ValidationException");
}

static void test_refusals(void **state)
{
	static const struct {
		const char *operation, *parameters, *error;
	} cases[] = {
		{ "PutRule", "{'Name':'r'}", "ValidationException" },
		{ "PutRule", "{'Name':'r','EventPattern':'{\\\"a\\\":1}'}", "InvalidEventPatternException" },
		{ "PutRule", "{'Name':'r','EventPattern':'{\\\"a\\\":[1]}','EventBusName':'none'}", "ResourceNotFoundException" },
		{ "PutTargets", "{'Rule':'none','Targets':[{'Id':'t'," MACHINE "}]}", "ResourceNotFoundException" },
		{ "PutTargets", "{'Rule':'r','Targets':[{'Id':'t','Arn':'arn:aws:ec2:x:0:y'}]}", "ValidationException" },
		{ "PutTargets", "{'Rule':'r','Targets':[{'Id':'t','Arn':'arn:aws:states:us-east-1:0:stateMachine:m'}]}",
		  "ValidationException" },
		{ "PutEvents", "{'Entries':[]}", "ValidationException" },
		{ "CreateEventBus", "{'Name':'default'}", "ResourceAlreadyExistsException" },
		{ "DeleteEventBus", "{'Name':'default'}", "ValidationException" },
		{ "DescribeEventBus", "{'Name':'none'}", "ResourceNotFoundException" },
		{ "ListTargetsByRule", "{'Rule':'none'}", "ResourceNotFoundException" },
		{ "TestEventPattern", "{'EventPattern':'{}','Event':'{}'}", "InvalidEventPatternException" },
		{ "TagResource", "{'ResourceARN':'arn:aws:events:us-east-1:000000000000:rule/none','Tags':[]}",
		  "ResourceNotFoundException" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(ask(f, cases[i].operation, cases[i].parameters, NULL), cases[i].error) != 0)
			fail_msg("%s %s: %s", cases[i].operation, cases[i].parameters,
				 ask(f, cases[i].operation, cases[i].parameters, NULL));
}

static void test_entries_that_fail_alone(void **state)
{
	struct fixture *f = *state;
	struct str body;

	assert_string_equal(
		ask(f, "PutEvents",
		    "{'Entries':[{'Source':'app','DetailType':'d'},{'Source':'aws.s3','DetailType':'d','Detail':'{}'},"
		    "{'Source':'app','DetailType':'d','Detail':'[]'},{'Source':'app','DetailType':'d','Detail':'{}'}]}",
		    &body),
		"");
	has(body, "\"FailedEntryCount\":3");
	has(body, "Parameter Detail is not valid. Reason: Detail is a required argument.");
	has(body, "NotAuthorizedForSource");
	has(body, "MalformedDetail");
}

static void test_buses_and_tags(void **state)
{
	struct fixture *f = *state;
	struct str body;

	ask(f, "CreateEventBus", "{'Name':'mine','Tags':[{'Key':'a','Value':'1'}]}", &body);
	has(body, "event-bus/mine");
	ask(f, "PutRule", "{'Name':'r','EventBusName':'mine','EventPattern':'{\\\"source\\\":[\\\"app\\\"]}'}", &body);
	has(body, "rule/mine/r");
	ask(f, "TagResource",
	    "{'ResourceARN':'arn:aws:events:us-east-1:000000000000:rule/mine/r','Tags':[{'Key':'k','Value':'v'}]}", NULL);
	ask(f, "ListTagsForResource", "{'ResourceARN':'arn:aws:events:us-east-1:000000000000:rule/mine/r'}", &body);
	has(body, "{\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}");
	assert_string_equal(ask(f, "DeleteEventBus", "{'Name':'mine'}", NULL), "ValidationException");
	ask(f, "ListEventBuses", "{}", &body);
	has(body, "\"Name\":\"default\"");
	has(body, "\"Name\":\"mine\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rule_and_execution, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_throttled_target_is_tried_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_exhausted_retries_end_in_the_queue, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing_target_ends_in_the_queue_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_delivery_goes_on_after_a_restart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rules_act_as_they_stand, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_schedule, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_entries_that_fail_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_buses_and_tags, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
