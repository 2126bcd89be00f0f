/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with a definition, in the service's words; one line a case.
 */
#include "helper.h"

#include "states/states.h"

#define PASS "{'Type':'Pass','End':true}"
#define ONE(state) "{'StartAt':'A','States':{'A':" state "}}"
#define TASK(rest) ONE("{'Type':'Task','Resource':'arn:aws:states:::lambda:invoke','End':true" rest "}")

static const struct {
	const char *definition, *text; /* "" : none */
	bool express;
} cases[] = {
	{ ONE(PASS), "", false },
	{ "{'StartAt':'A','TimeoutSeconds':'400','States':{'A':" PASS "}}", "", false },
	{ "{'StartAt':'A','TimeoutSeconds':0,'States':{'A':" PASS "}}",
	  "SCHEMA_VALIDATION_FAILED: Value must be an integer between 1 and 99999999 at /TimeoutSeconds", false },
	{ "[]", "INVALID_JSON_DESCRIPTION: The definition is not a JSON object at null", false },
	{ "{}", "SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt, States] at ", false },
	{ "{'StartAt':'B','States':{'A':" PASS "}}",
	  "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /StartAt, "
	  "MISSING_TRANSITION_TARGET: State \"A\" is not reachable. at /States/A",
	  false },
	{ "{'StartAt':'A','States':{'A':{'Type':'Pass','Next':'C'},'B':" PASS "}}",
	  "MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /States/A/Next, "
	  "MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/B",
	  false },
	{ ONE("{'Type':'Pass','Next':'A'}"), "MISSING_END_STATE: Workflow has no terminal state at null", false },
	{ ONE("{'Type':'Pass','Next':'X'}"),
	  "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/A/Next, "
	  "MISSING_END_STATE: Workflow has no terminal state at null",
	  false },
	{ ONE("{'Type':'Pass'}"), "SCHEMA_VALIDATION_FAILED: Exactly one of these fields is required: [Next, End] at /States/A",
	  false },
	{ ONE("{'End':true}"), "SCHEMA_VALIDATION_FAILED: These fields are required: [Type] at /States/A", false },
	{ ONE("{'Type':'Map','TimeoutSeconds':3,'End':true,'ItemProcessor':{'StartAt':'P','States':{'P':" PASS "}}}"),
	  "SCHEMA_VALIDATION_FAILED: Field 'TimeoutSeconds' is not supported at /States/A", false },
	{ ONE("{'Type':'Pass','End':true,'Catch':[]}"), "SCHEMA_VALIDATION_FAILED: Field 'Catch' is not supported at /States/A",
	  false },
	{ ONE("{'Type':'Pass','End':true,'Output':1}"),
	  "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the "
	  "'JSONata' "
	  "QueryLanguage at /States/A",
	  false },
	{ "{'QueryLanguage':'JSONata','StartAt':'A','States':{'A':{'Type':'Pass','QueryLanguage':'JSONPath','End':true}}}",
	  "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at "
	  "/States/A",
	  false },
	{ ONE("{'Type':'Pass','End':true,'Parameters':{'x.$':'y'}}"),
	  "SCHEMA_VALIDATION_FAILED: The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call "
	  "at "
	  "/States/A/Parameters/x.$",
	  false },
	{ ONE("{'Type':'Task','End':true}"), "SCHEMA_VALIDATION_FAILED: These fields are required: [Resource] at /States/A",
	  false },
	{ ONE("{'Type':'Task','Resource':'x','End':true}"),
	  "SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN at /States/A/Resource", false },
	{ ONE("{'Type':'Task','Resource':'arn:aws:states:::glue:startJobRun','End':true}"),
	  "SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::glue:startJobRun is not recognized. The value is not "
	  "a "
	  "valid resource ARN, or the resource is not available in this region. at /States/A/Resource",
	  false },
	{ ONE("{'Type':'Task','Resource':'arn:aws:states:::states:startExecution.sync','End':true}"),
	  "SCHEMA_VALIDATION_FAILED: Express state machine does not support '.sync' service integration at /States/A/Resource",
	  true },
	{ TASK(""), "", true },
	{ TASK(",'Retry':[{'ErrorEquals':['States.ALL','X']}]"),
	  "SCHEMA_VALIDATION_FAILED: States.ALL must appear alone and at the end of the list at /States/A/Retry[0]/ErrorEquals",
	  false },
	{ TASK(",'Catch':[{'ErrorEquals':['X'],'Next':'B'}]"),
	  "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Catch[0]/Next", false },
	{ ONE("{'Type':'Choice','Choices':[]}"), "SCHEMA_VALIDATION_FAILED: Value is not a non-empty array at /States/A/Choices",
	  false },
	{ ONE("{'Type':'Wait','Seconds':1,'Timestamp':'x','End':true}"),
	  "SCHEMA_VALIDATION_FAILED: Exactly one of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath] "
	  "at "
	  "/States/A",
	  false },
	{ ONE("{'Type':'Parallel','End':true,'Branches':[{'StartAt':'B','States':{'B':{'Type':'Pass','Next':'A'}}}]}"),
	  "MISSING_TRANSITION_TARGET: Missing 'Next' target: A at /States/A/Branches[0]/States/B/Next, "
	  "MISSING_END_STATE: Workflow has no terminal state at null",
	  false },
	{ ONE("{'Type':'Map','End':true,'ItemReader':{},'ItemProcessor':{'StartAt':'P','States':{'P':" PASS "}}}"),
	  "SCHEMA_VALIDATION_FAILED: Field 'ItemReader' is not supported at /States/A", false },
	{ ONE("{'Type':'Pass','QueryLanguage':'JSONata','Output':'{% 1 + %}','End':true}"),
	  "SCHEMA_VALIDATION_FAILED: Unexpected end of expression at /States/A/Output", false },
};

static void test_definitions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a;
		arena_init(&a, MIB(4));
		struct diagnostics *d = ARENA_NEW(&a, struct diagnostics);
		diagnostics_init(d, &a);
		struct str text = json_to_str(&a, read_json(&a, cases[i].definition));
		struct machine *m = machine_compile(text, cases[i].express, d);
		struct str got = diagnostics_text(d);
		if (!str_eq_c(got, cases[i].text))
			print_error("%s\n", cases[i].definition);
		assert_string_equal(arena_c(&a, got), cases[i].text);
		assert_int_equal(m == NULL, cases[i].text[0] != '\0');
		machine_free(m);
		arena_release(&a);
	}
}

static void test_broken_json(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a, MIB(4));
	struct diagnostics *d = ARENA_NEW(&a, struct diagnostics);
	diagnostics_init(d, &a);
	assert_null(machine_compile(STR("{\"StartAt\""), false, d));
	assert_string_equal(d->items[0].code, "INVALID_JSON_DESCRIPTION");
	arena_release(&a);
}

/* More errors than are listed are counted all the same. */
static void test_many_errors(void **state)
{
	struct arena a;
	struct buf b;
	(void)state;
	arena_init(&a, MIB(16));
	buf_init(&b, MIB(1));
	buf_add_c(&b, "{\"StartAt\":\"A\",\"States\":{");
	for (int i = 0; i <= DIAGNOSTICS_MAX; i++)
		buf_addf(&b, "%s\"S%d\":{\"Type\":\"Nope\"}", i ? "," : "", i);
	buf_add_c(&b, "}}");
	struct diagnostics *d = ARENA_NEW(&a, struct diagnostics);
	diagnostics_init(d, &a);
	assert_null(machine_compile(buf_str(&b), false, d));
	assert_int_equal(d->count, DIAGNOSTICS_MAX);
	assert_true(d->truncated);
	buf_release(&b);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definitions),
		cmocka_unit_test(test_broken_json),
		cmocka_unit_test(test_many_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
