/* SPDX-License-Identifier: Apache-2.0
 *
 * Condition, projection and key condition expressions: what they mean and what is said when they are wrong. One line a case;
 * single quotes stand for double ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "service/dynamodb/expression.h"

static const char item_text_[] =
	"{'s':{'S':'hello'},'n':{'N':'10'},'b':{'B':'AAEC'},'t':{'BOOL':true},'z':{'NULL':true},'ss':{'SS':['a','b']},"
	"'ns':{'NS':['1','2']},'l':{'L':[{'S':'x'},{'N':'5'},{'M':{'k':{'S':'v'}}}]},'m':{'M':{'a':{'M':{'b':{'N':'7'}}},'c':{'S'"
	":'d'}}}}";
static const char names_text[] = "{'#s':'status','#n':'n','#d':'dot.ted'}";
static const char values_text[] =
	"{':s':{'S':'hello'},':he':{'S':'he'},':n':{'N':'10'},':five':{'N':'5'},':twenty':{'N':'20'},':t':{'BOOL':true},':a':{'S'"
	":'a'},"
	"':one':{'N':'1'},':b':{'B':'AAE='},':S':{'S':'S'},':X':{'S':'X'},':l':{'L':[]},':z':{'NULL':true},':x':{'S':'x'}}";

struct world {
	struct arena a;
	struct placeholders p;
	const struct value *item;
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

static void world_init(struct world *w)
{
	arena_init(&w->a, MIB(4));
	assert_int_equal(item_read(&w->a, parse(&w->a, item_text_), &w->item, NULL), 0);
	assert_int_equal(placeholders_read(&w->p, &w->a, parse(&w->a, names_text), parse(&w->a, values_text), NULL), 0);
}

static const struct {
	const char *text;
	bool holds;
} meanings[] = {
	{ "s = :s", true },
	{ "s <> :s", false },
	{ "n = :n", true },
	{ "n < :twenty", true },
	{ "n <= :n", true },
	{ "n > :n", false },
	{ "n >= :n", true },
	{ ":five < n", true },
	{ "s < n", false },
	{ "s > n", false },
	{ "gone = :s", false },
	{ "gone <> :s", true },
	{ "gone < :s", false },
	{ "n BETWEEN :five AND :twenty", true },
	{ "n between :twenty and :twenty", false },
	{ "s IN (:a, :s)", true },
	{ "s IN (:a)", false },
	{ "n in (:five, n2, :n)", true },
	{ "attribute_exists(s)", true },
	{ "attribute_exists(m.a.b)", true },
	{ "attribute_exists(m.a.x)", false },
	{ "attribute_not_exists(gone)", true },
	{ "attribute_not_exists(l[2].k)", false },
	{ "attribute_exists(l[3])", false },
	{ "attribute_type(s, :S)", true },
	{ "attribute_type(n, :S)", false },
	{ "begins_with(s, :he)", true },
	{ "begins_with(s, :a)", false },
	{ "begins_with(b, :b)", true },
	{ "begins_with(gone, :a)", false },
	{ "contains(s, :he)", true },
	{ "contains(ss, :a)", true },
	{ "contains(ss, :one)", false },
	{ "contains(ns, :one)", true },
	{ "contains(l, :x)", true },
	{ "contains(l, :five)", true },
	{ "contains(l, :a)", false },
	{ "contains(m, :a)", false },
	{ "size(s) = :five", true },
	{ "size(l) < :five", true },
	{ "size(ss) >= :five", false },
	{ "size(n) > :one", false },
	{ "size(gone) < :five", false },
	{ "size(m) < :five", true },
	{ "s = :a OR n = :n", true },
	{ "s = :s AND n = :five", false },
	{ "NOT s = :a", true },
	{ "not s = :a and n = :n", true },
	{ "s = :a OR s = :s AND n = :five", false },
	{ "(s = :a OR s = :s) AND n = :n", true },
	{ "NOT (s = :s)", false },
	{ "NOT NOT s = :s", true },
	{ "t = :t", true },
	{ "z = :z", true },
	{ "l[0] = :x", true },
	{ "m.c <> :x", true },
	{ "m.a.b < n", true },
	{ "(s) = :s", true },
	{ "#n = :n", true },
	{ "attribute_not_exists(#s)", true },
	{ "attribute_not_exists(#d)", true },
};

static void test_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		const struct condition *c;
		struct error err = { 0 };
		struct world w;
		world_init(&w);
		if (condition_parse(&w.p, "ConditionExpression", str_c(meanings[i].text), &c, &err) < 0)
			fail_msg("%s: %s", meanings[i].text, err.message);
		if (condition_holds(c, w.item) != meanings[i].holds)
			fail_msg("%s should %shold", meanings[i].text, meanings[i].holds ? "" : "not ");
		arena_release(&w.a);
	}
}

static const struct {
	const char *text, *error;
} faults[] = {
	{ "", "The expression can not be empty;" },
	{ "  ", "The expression can not be empty;" },
	{ "s", "Syntax error; token: \"<EOF>\", near: \"s\"" },
	{ "s =", "Syntax error; token: \"<EOF>\", near: \"=\"" },
	{ "= :s", "Syntax error; token: \"=\", near: \"= :s\"" },
	{ "s = :s s", "Syntax error; token: \"s\", near: \":s s\"" },
	{ "s = :s AND", "Syntax error; token: \"<EOF>\", near: \"AND\"" },
	{ "s == :s", "Syntax error; token: \"=\", near: \"== :s\"" },
	{ "(s = :s", "Syntax error; token: \"<EOF>\", near: \":s\"" },
	{ "s = :s)", "Syntax error; token: \")\", near: \":s)\"" },
	{ "s ! :s", "Syntax error; token: \"!\", near: \"s ! :s\"" },
	{ "_a = :s", "Syntax error; token: \"_\", near: \"_a\"" },
	{ "attribute_exists()", "Syntax error; token: \")\", near: \"()\"" },
	{ "l[x] = :s", "Syntax error; token: \"x\", near: \"[x]\"" },
	{ "s BETWEEN :a", "Syntax error; token: \"<EOF>\", near: \":a\"" },
	{ "status = :s", "Attribute name is a reserved keyword; reserved keyword: status" },
	{ "m.Name = :s", "Attribute name is a reserved keyword; reserved keyword: Name" },
	{ "#u = :s", "An expression attribute name used in the document path is not defined; attribute name: #u" },
	{ "s = :u", "An expression attribute value used in expression is not defined; attribute value: :u" },
	{ "foo(s)", "Invalid function name; function: foo" },
	{ "Contains(s, :a)", "Invalid function name; function: Contains" },
	{ "if_not_exists(s, :a)", "The function is not allowed in a condition expression; function: if_not_exists" },
	{ "size(s)", "The function is not allowed to be used this way in an expression; function: size" },
	{ "attribute_exists(s) = :t",
	  "The function is not allowed to be used this way in an expression; function: attribute_exists" },
	{ "contains(s)",
	  "Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1" },
	{ "attribute_exists(s, n)", "Incorrect number of operands for operator or function; operator or function: "
				    "attribute_exists, number of operands: 2" },
	{ "attribute_exists(:s)", "Operator or function requires a document path; operator or function: attribute_exists" },
	{ "begins_with(s, :n)",
	  "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N" },
	{ "s < :t", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL" },
	{ "size(:n) = :n", "Incorrect operand type for operator or function; operator or function: size, operand type: N" },
	{ "attribute_type(s, :X)", "Invalid attribute type name found; type: X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}" },
	{ "s = s", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, "
		   "first operand: [s]" },
	{ "n BETWEEN :twenty AND :five",
	  "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound "
	  "operand: AttributeValue: {N:20}, upper bound operand: AttributeValue: {N:5}" },
	{ "n BETWEEN :a AND :five",
	  "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: "
	  "{S:a}, upper bound operand: AttributeValue: {N:5}" },
	{ "((s = :s))", "The expression has redundant parentheses;" },
	{ "s = :s AND ((n = :n) OR s = :u)",
	  "An expression attribute value used in expression is not defined; attribute value: :u" },
	/* a syntax error wins over what is noted before it */
	{ "status = :s AND", "Syntax error; token: \"<EOF>\", near: \"AND\"" },
};

static void check_fault(const char *text, const char *label, const char *wanted, int rc, const struct error *err)
{
	char message[ERROR_MESSAGE_MAX];

	snprintf(message, sizeof(message), "Invalid %s: %s", label, wanted);
	if (rc != ERR_INVALID || strcmp(err->message, message) != 0)
		fail_msg("%s: %d %s\nwanted %s", text, rc, err->message, message);
}

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct condition *c;
		struct error err = { 0 };
		struct world w;
		world_init(&w);
		int rc = condition_parse(&w.p, "FilterExpression", str_c(faults[i].text), &c, &err);
		check_fault(faults[i].text, "FilterExpression", faults[i].error, rc, &err);
		arena_release(&w.a);
	}
}

/* 4,096 bytes are read, one more is not; nesting has an end. */
static void test_limits(void **state)
{
	const struct condition *c;
	struct error err = { 0 };
	struct world w;
	struct buf b;

	(void)state;
	world_init(&w);
	buf_init(&b, KIB(16));
	buf_add_c(&b, "s = :s");
	while (b.n < EXPRESSION_SIZE_MAX)
		buf_add_char(&b, ' ');
	assert_int_equal(condition_parse(&w.p, "F", buf_str(&b), &c, NULL), 0);
	buf_add_char(&b, ' ');
	assert_int_equal(condition_parse(&w.p, "F", buf_str(&b), &c, &err), ERR_INVALID);
	assert_string_equal(err.message,
			    "Invalid F: Expression size has exceeded the maximum allowed size; expression size: 4097");
	buf_reset(&b);
	for (int i = 0; i < 4000; i++)
		buf_add_char(&b, '(');
	assert_int_equal(condition_parse(&w.p, "F", buf_str(&b), &c, NULL), ERR_INVALID);
	buf_release(&b);
	arena_release(&w.a);
}

static const struct {
	const char *text, *parts, *error;
} projections[] = {
	{ "s", "{'s':{'S':'hello'}}" },
	{ "n, s", "{'s':{'S':'hello'},'n':{'N':'10'}}" },
	{ "gone", "{}" },
	{ "m.a.b", "{'m':{'M':{'a':{'M':{'b':{'N':'7'}}}}}}" },
	{ "m.c, m.a", "{'m':{'M':{'a':{'M':{'b':{'N':'7'}}},'c':{'S':'d'}}}}" },
	{ "l[1]", "{'l':{'L':[{'N':'5'}]}}" },
	{ "l[2].k, l[0]", "{'l':{'L':[{'S':'x'},{'M':{'k':{'S':'v'}}}]}}" },
	{ "l[9]", "{}" },
	{ "s.x", "{}" },
	{ "m[0]", "{}" },
	{ "s,", NULL, "Syntax error; token: \"<EOF>\", near: \",\"" },
	{ "s n", NULL, "Syntax error; token: \"n\", near: \"s n\"" },
	{ "m.a, m", NULL,
	  "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m, a], path two: "
	  "[m]" },
	{ "m.a, m[0]", NULL,
	  "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, a], path two: "
	  "[m, [0]]" },
};

static void test_projections(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(projections) / sizeof(projections[0]); i++) {
		const struct projection *projection;
		struct error err = { 0 };
		struct world w;
		world_init(&w);
		int rc = projection_parse(&w.p, str_c(projections[i].text), &projection, &err);
		if (projections[i].error) {
			check_fault(projections[i].text, "ProjectionExpression", projections[i].error, rc, &err);
		} else {
			assert_int_equal(rc, 0);
			struct str got = item_text(&w.a, projection_apply(&w.a, projection, w.item));
			struct str wanted = json_to_str(&w.a, parse(&w.a, projections[i].parts));
			assert_string_equal(got.p, wanted.p);
		}
		arena_release(&w.a);
	}
}

static const struct {
	const char *text, *error;
	enum condition_kind range;
} key_conditions[] = {
	{ "pk = :s AND sk > :n", NULL, CONDITION_GT },
	{ ":s = pk AND :n > sk", NULL, CONDITION_LT },
	{ "sk BETWEEN :five AND :twenty AND pk = :s", NULL, CONDITION_BETWEEN },
	{ "(pk = :s) AND (sk = :n)", NULL, CONDITION_EQ },
	{ "sk = :n", "Query condition missed key schema element: pk" },
	{ "pk = :s AND odd = :n", "Query condition missed key schema element: sk" },
	{ "pk > :s", "Query key condition not supported" },
	{ "pk = :n", "One or more parameter values were invalid: Condition parameter type does not match schema type" },
	{ "pk = :s OR sk = :n", "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: OR" },
	{ "pk = :s AND NOT sk = :n", "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: NOT" },
	{ "pk = :s AND sk <> :n", "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: <>" },
	{ "pk = :s AND contains(sk, :n)",
	  "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: contains" },
	{ "pk = :s AND pk = :a",
	  "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key" },
	{ "pk = :s AND sk = :n AND sk = :five", "Conditions can be of length 1 or 2 only" },
};

static void test_key_conditions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(key_conditions) / sizeof(key_conditions[0]); i++) {
		struct key_condition key;
		struct error err = { 0 };
		struct world w;
		world_init(&w);
		int rc = key_condition_parse(&w.p, str_c(key_conditions[i].text), STR("pk"), VALUE_S, STR("sk"), VALUE_N, &key,
					     &err);
		if (key_conditions[i].error) {
			if (rc != ERR_INVALID || strcmp(err.message, key_conditions[i].error) != 0)
				fail_msg("%s: %s", key_conditions[i].text, err.message);
		} else {
			assert_int_equal(rc, 0);
			assert_true(key.has_range);
			assert_int_equal(key.range_kind, key_conditions[i].range);
			assert_true(str_eq(key.hash->text, STR("hello")));
		}
		arena_release(&w.a);
	}
}

static void test_placeholders(void **state)
{
	static const struct {
		const char *names, *values, *error;
	} bad[] = {
		{ "{}", NULL, "ExpressionAttributeNames must not be empty" },
		{ NULL, "{}", "ExpressionAttributeValues must not be empty" },
		{ "{'a':'x'}", NULL, "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"" },
		{ "{'#':'x'}", NULL, "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#\"" },
		{ NULL, "{'b':{'S':'x'}}", "ExpressionAttributeValues contains invalid key: Syntax error; key: \"b\"" },
		{ NULL, "{':b':{'N':'x'}}",
		  "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for "
		  "key :b" },
	};
	struct error err = { 0 };
	struct world w;

	(void)state;
	world_init(&w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct placeholders p;
		assert_int_equal(placeholders_read(&p, &w.a, bad[i].names ? parse(&w.a, bad[i].names) : NULL,
						   bad[i].values ? parse(&w.a, bad[i].values) : NULL, &err),
				 ERR_INVALID);
		assert_string_equal(err.message, bad[i].error);
	}
	struct placeholders p;
	assert_int_equal(placeholders_read(&p, &w.a, parse(&w.a, "{'#a':'x','#b':'y'}"), NULL, &err), 0);
	assert_int_equal(placeholders_finish(&p, &err), ERR_INVALID);
	assert_string_equal(err.message, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}");
	arena_release(&w.a);
}

static void test_reserved_words(void **state)
{
	(void)state;
	assert_true(word_is_reserved(STR("ABORT")));
	assert_true(word_is_reserved(STR("status")));
	assert_true(word_is_reserved(STR("Zone")));
	assert_false(word_is_reserved(STR("job_id")));
	assert_false(word_is_reserved(STR("a_word_that_is_longer_than_any_of_them")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meaning),        cmocka_unit_test(test_faults),         cmocka_unit_test(test_limits),
		cmocka_unit_test(test_projections),    cmocka_unit_test(test_key_conditions), cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_reserved_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
