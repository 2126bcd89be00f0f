/* SPDX-License-Identifier: Apache-2.0
 *
 * Update expressions: the item after each, or what is said against it. One line a case; single quotes stand for double ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "service/dynamodb/expression.h"

static const char item_json[] = "{'n':{'N':'10'},'s':{'S':'x'},'l':{'L':[{'S':'a'},{'S':'b'},{'S':'c'}]},'m':{'M':{'k':{'N':'1'}}"
				"},'ss':{'SS':['a','b']}}";
static const char values_json[] = "{':n':{'N':'5'},':s':{'S':'y'},':l':{'L':[{'S':'z'}]},':e':{'L':[]},':ss':{'SS':['b','c']},':"
				  "ns':{'NS':['1']},':m':{'M':{}},"
				  "':big':{'N':'9e125'}}";

static const struct {
	const char *text, *result; /* the attributes that change, in the item's order */
	const char *parse_error, *error;
} cases[] = {
	{ "SET s = :s", "{'s':{'S':'y'}}" },
	{ "set s = :s, n = :n", "{'n':{'N':'5'},'s':{'S':'y'}}" },
	{ "SET n = n + :n", "{'n':{'N':'15'}}" },
	{ "SET n = n - :n", "{'n':{'N':'5'}}" },
	{ "SET n = :n - n", "{'n':{'N':'-5'}}" },
	{ "SET n = (n + :n)", "{'n':{'N':'15'}}" },
	{ "SET q = if_not_exists(q, :n)", "{'q':{'N':'5'}}" },
	{ "SET n = if_not_exists(n, :n) + :n", "{'n':{'N':'15'}}" },
	{ "SET q = if_not_exists(q, n)", "{'q':{'N':'10'}}" },
	{ "SET l = list_append(l, :l)", "{'l':{'L':[{'S':'a'},{'S':'b'},{'S':'c'},{'S':'z'}]}}" },
	{ "SET l = list_append(:l, l)", "{'l':{'L':[{'S':'z'},{'S':'a'},{'S':'b'},{'S':'c'}]}}" },
	{ "SET q = list_append(if_not_exists(q, :e), :l)", "{'q':{'L':[{'S':'z'}]}}" },
	{ "SET l[1] = :s", "{'l':{'L':[{'S':'a'},{'S':'y'},{'S':'c'}]}}" },
	{ "SET l[9] = :s", "{'l':{'L':[{'S':'a'},{'S':'b'},{'S':'c'},{'S':'y'}]}}" },
	{ "SET m.k = m.k + :n", "{'m':{'M':{'k':{'N':'6'}}}}" },
	{ "SET m.q = :s", "{'m':{'M':{'k':{'N':'1'},'q':{'S':'y'}}}}" },
	{ "SET s = n, n = m.k", "{'n':{'N':'1'},'s':{'N':'10'}}" },
	{ "REMOVE s", "{'s':null}" },
	{ "REMOVE gone", "{}" },
	{ "REMOVE l[0], l[2]", "{'l':{'L':[{'S':'b'}]}}" },
	{ "REMOVE l[0], l[1] SET l[2] = :s", "{'l':{'L':[{'S':'y'}]}}" },
	{ "REMOVE m.k", "{'m':{'M':{}}}" },
	{ "REMOVE l[7]", "{}" },
	{ "ADD n :n", "{'n':{'N':'15'}}" },
	{ "ADD q :n", "{'q':{'N':'5'}}" },
	{ "ADD ss :ss", "{'ss':{'SS':['a','b','c']}}" },
	{ "ADD q :ss", "{'q':{'SS':['b','c']}}" },
	{ "ADD m.k :n", "{'m':{'M':{'k':{'N':'6'}}}}" },
	{ "DELETE ss :ss", "{'ss':{'SS':['a']}}" },
	{ "DELETE q :ss", "{}" },
	{ "SET s = :s REMOVE n ADD m.k :n DELETE ss :ss",
	  "{'n':null,'s':{'S':'y'},'m':{'M':{'k':{'N':'6'}}},'ss':{'SS':['a']}}" },
	/* what the text says against itself */
	{ "", NULL, "The expression can not be empty;" },
	{ "INVALID SYNTAX", NULL, "Syntax error; token: \"INVALID\", near: \"INVALID SYNTAX\"" },
	{ "SET s :s", NULL, "Syntax error; token: \":s\", near: \"s :s\"" },
	{ "SET s = :s,", NULL, "Syntax error; token: \"<EOF>\", near: \",\"" },
	{ "SET s = :s SET n = :n", NULL, "The \"SET\" section can only be used once in an update expression;" },
	{ "SET s = :s + :n + :n", NULL, "Syntax error; token: \"+\", near: \":n + :n\"" },
	{ "SET m = :m, m.k = :n", NULL,
	  "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, "
	  "k]" },
	{ "SET l[0] = :s, l.a = :s", NULL,
	  "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [l, [0]], path two: "
	  "[l, a]" },
	{ "ADD n :s", NULL,
	  "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: "
	  "ALLOWED_FOR_ADD_OPERAND" },
	{ "DELETE n :n", NULL,
	  "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: "
	  "ALLOWED_FOR_DELETE_OPERAND" },
	{ "SET n = n + :s", NULL, "Incorrect operand type for operator or function; operator or function: +, operand type: S" },
	{ "SET l = list_append(l, :n)", NULL,
	  "Incorrect operand type for operator or function; operator or function: list_append, operand type: N" },
	{ "SET q = if_not_exists(:n, :n)", NULL,
	  "Operator or function requires a document path; operator or function: if_not_exists" },
	{ "SET q = size(s)", NULL, "The function is not allowed in an update expression; function: size" },
	{ "SET q = foo(s)", NULL, "Invalid function name; function: foo" },
	{ "SET q = list_append(l)", NULL,
	  "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1" },
	{ "SET status = :s", NULL, "Attribute name is a reserved keyword; reserved keyword: status" },
	/* what the item says against it */
	{ "SET q = gone", NULL, NULL, "The provided expression refers to an attribute that does not exist in the item" },
	{ "SET a.b = :s", NULL, NULL, "The document path provided in the update expression is invalid for update" },
	{ "SET s.b = :s", NULL, NULL, "The document path provided in the update expression is invalid for update" },
	{ "REMOVE a.b", NULL, NULL, "The document path provided in the update expression is invalid for update" },
	{ "SET n = s + :n", NULL, NULL, "An operand in the update expression has an incorrect data type" },
	{ "ADD s :n", NULL, NULL, "An operand in the update expression has an incorrect data type" },
	{ "ADD ss :ns", NULL, NULL, "An operand in the update expression has an incorrect data type" },
	{ "DELETE ss :ns", NULL, NULL, "An operand in the update expression has an incorrect data type" },
	{ "SET n = :big + :big", NULL, NULL,
	  "Number overflow. Attempting to store a number with magnitude larger than supported range" },
};

static const struct json *parse(struct arena *a, const char *text)
{
	const struct json *json;
	char *copy = arena_c(a, str_c(text));

	for (char *p = copy; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	assert_int_equal(json_parse(a, str_c(copy), &json, NULL), 0);
	return json;
}

/* The item with the members of `changes` replaced, added, or (null) removed. */
static const struct value *changed(struct arena *a, const char *changes)
{
	const struct json *item = parse(a, item_json), *with = parse(a, changes);
	struct json *out = json_new_object(a);
	const struct value *v;

	for (size_t i = 0; i < item->count; i++) {
		if (!json_get(with, item->members[i].name))
			json_put(a, out, item->members[i].name, item->members[i].value);
	}
	for (size_t i = 0; i < with->count; i++) {
		if (!json_is(with->members[i].value, JSON_NULL))
			json_put(a, out, with->members[i].name, with->members[i].value);
	}
	assert_int_equal(item_read(a, out, &v, NULL), 0);
	return v;
}

static void check_text(const char *text, const char *wanted, const char *got)
{
	if (strcmp(wanted, got) != 0)
		fail_msg("%s: %s\nwanted %s", text, got, wanted);
}

static void run_case(struct arena *a, size_t i)
{
	const struct value *item, *after;
	const struct update *u;
	struct placeholders p;
	struct error err = { 0 };
	char message[ERROR_MESSAGE_MAX];

	assert_int_equal(item_read(a, parse(a, item_json), &item, NULL), 0);
	assert_int_equal(placeholders_read(&p, a, NULL, parse(a, values_json), NULL), 0);
	int rc = update_parse(&p, str_c(cases[i].text), &u, &err);
	if (cases[i].parse_error) {
		assert_int_equal(rc, ERR_INVALID);
		snprintf(message, sizeof(message), "Invalid UpdateExpression: %s", cases[i].parse_error);
		check_text(cases[i].text, message, err.message);
		return;
	}
	check_text(cases[i].text, "", err.message);
	rc = update_apply(a, u, item, &after, &err);
	if (cases[i].error) {
		assert_int_equal(rc, ERR_INVALID);
		check_text(cases[i].text, cases[i].error, err.message);
		return;
	}
	check_text(cases[i].text, "", err.message);
	if (!value_equal(after, changed(a, cases[i].result)))
		fail_msg("%s: " STR_FMT, cases[i].text, STR_ARG(item_text(a, after)));
}

static void test_updates(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a;
		arena_init(&a, MIB(1));
		run_case(&a, i);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_updates) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
