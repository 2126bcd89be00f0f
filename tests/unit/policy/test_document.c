/* SPDX-License-Identifier: Apache-2.0
 *
 * Policy documents: which are taken, and what is said of the others. One line a case; single quotes stand for double ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "policy/internal.h"

#define DOCUMENT(statement) "{'Version':'2012-10-17','Statement':[" statement "]}"
#define ALLOW "'Effect':'Allow',"
#define ON_ALL ",'Resource':'*'"

static const struct {
	enum policy_kind kind;
	const char *text, *error;
} cases[] = {
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Action':'s3:GetObject'" ON_ALL "}"), NULL },
	{ POLICY_IDENTITY, "{'Statement':{" ALLOW "'NotAction':['s3:*','iam:Get?ser'],'NotResource':['arn:aws:s3:::b/*']}}",
	  NULL },
	{ POLICY_IDENTITY, "{'Version':'2008-10-17','Id':'x','Statement':{" ALLOW "'Action':'*'" ON_ALL "}}", NULL },
	{ POLICY_RESOURCE, DOCUMENT("{'Principal':'*'," ALLOW "'Action':'s3:*','Resource':'arn:aws:s3:::b'}"), NULL },
	{ POLICY_RESOURCE,
	  DOCUMENT("{'Principal':{'AWS':['123456789012','arn:aws:iam::1:root'],'Service':'s3.amazonaws.com'}," ALLOW
		   "'Action':'sqs:*'" ON_ALL "}"),
	  NULL },
	{ POLICY_TRUST, DOCUMENT("{'Principal':{'Service':'lambda.amazonaws.com'}," ALLOW "'Action':'sts:AssumeRole'}"), NULL },
	{ POLICY_TRUST,
	  DOCUMENT("{'Principal':{'Federated':'arn:aws:iam::1:oidc-provider/x'}," ALLOW
		   "'Action':'sts:AssumeRoleWithWebIdentity','Condition':{'StringLike':{'x:sub':['a*','b']}}}"),
	  NULL },
	{ POLICY_IDENTITY,
	  DOCUMENT("{" ALLOW "'Action':'a:b','Condition':{'ForAllValues:StringNotEqualsIfExists':{'aws:TagKeys':'x'},"
		   "'Bool':{'aws:SecureTransport':true},'NumericLessThan':{'s3:max-keys':10}}" ON_ALL "}"),
	  NULL },
	{ POLICY_IDENTITY, "nonsense", "This policy contains invalid Json" },
	{ POLICY_IDENTITY, "[]", "Syntax errors in policy." },
	{ POLICY_IDENTITY, "{'Version':'2012-10-17'}", "Syntax errors in policy." },
	{ POLICY_IDENTITY, DOCUMENT(""), "Syntax errors in policy." },
	{ POLICY_IDENTITY, DOCUMENT("5"), "Syntax errors in policy." },
	{ POLICY_IDENTITY, "{'Version':'2012-10-18','Statement':{" ALLOW "'Action':'*'" ON_ALL "}}",
	  "Policy document must be version 2012-10-17 or greater." },
	{ POLICY_IDENTITY, "{'Version':'2012-10-17','Extra':1,'Statement':{" ALLOW "'Action':'*'" ON_ALL "}}",
	  "Syntax errors in policy." },
	{ POLICY_IDENTITY, DOCUMENT("{'Effect':'allow','Action':'*'" ON_ALL "}"), "Syntax errors in policy." },
	{ POLICY_IDENTITY, DOCUMENT("{'Action':'*'" ON_ALL "}"), "Syntax errors in policy." },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Resources':'*'}"), "Syntax errors in policy." },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Action':'*','NotAction':'s3:*'" ON_ALL "}"), "Syntax errors in policy." },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Resource':'*'}"), "Policy statement must contain actions." },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Action':[]" ON_ALL "}"), "Policy statement must contain actions." },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Action':'s3:*'}"), "Policy statement must contain resources." },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Action':'GetObject'" ON_ALL "}"),
	  "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc." },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Action':'s 3:x'" ON_ALL "}"), "Vendor s 3 is not valid" },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Action':'s3:a:b'" ON_ALL "}"), "Actions/Condition can contain only one colon." },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Action':'s3:*','Resource':'bucket'}"),
	  "Resource bucket must be in ARN format or '*'." },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Action':'s3:*','Resource':'arn:other:s3:::b'}"),
	  "Partition 'other' is not valid for resource 'arn:other:s3:::b'." },
	{ POLICY_IDENTITY, DOCUMENT("{'Principal':'*'," ALLOW "'Action':'*'" ON_ALL "}"),
	  "Policy document should not specify a principal." },
	{ POLICY_IDENTITY, DOCUMENT("{'Sid':'a'," ALLOW "'Action':'*'" ON_ALL "},{'Sid':'a'," ALLOW "'Action':'*'" ON_ALL "}"),
	  "Statement IDs (SID) in a single policy must be unique." },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Action':'*','Condition':{'StringMatches':{'aws:x':'y'}}" ON_ALL "}"),
	  "Invalid Condition type : StringMatches" },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Action':'*','Condition':{'StringEquals':{'x':'y'}}" ON_ALL "}"),
	  "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc." },
	{ POLICY_IDENTITY, DOCUMENT("{" ALLOW "'Action':'*','Condition':{'StringEquals':'aws:x'}" ON_ALL "}"),
	  "Syntax errors in policy." },
	{ POLICY_RESOURCE, DOCUMENT("{" ALLOW "'Action':'*'" ON_ALL "}"), "Missing required field Principal" },
	{ POLICY_RESOURCE, DOCUMENT("{'Principal':{}," ALLOW "'Action':'*'" ON_ALL "}"),
	  "Missing required field Principal cannot be empty!" },
	{ POLICY_RESOURCE, DOCUMENT("{'Principal':{'AWS':'arn:aws:iam::1:user/*'}," ALLOW "'Action':'*'" ON_ALL "}"),
	  "Invalid principal in policy: 'AWS':'arn:aws:iam::1:user/*'" },
	{ POLICY_RESOURCE, DOCUMENT("{'Principal':{'Host':'x'}," ALLOW "'Action':'*'" ON_ALL "}"),
	  "Invalid principal in policy: 'Host'" },
	{ POLICY_TRUST, DOCUMENT("{'Principal':{'Service':'x.amazonaws.com'}," ALLOW "'Action':'sts:AssumeRole'" ON_ALL "}"),
	  "Has prohibited field Resource" },
	{ POLICY_TRUST, DOCUMENT("{'Principal':{'Service':'x.amazonaws.com'}," ALLOW "'Action':'s3:GetObject'}"),
	  "AssumeRole policy may only specify STS AssumeRole actions." },
};

static struct str json_quotes(struct arena *a, const char *text)
{
	char *copy = arena_c(a, str_c(text));

	for (char *p = copy; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	return str_c(copy);
}

static void test_documents(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct policy *p;
		struct error err = { 0 };
		struct arena a;
		arena_init(&a, MIB(1));
		int rc = policy_parse(&a, json_quotes(&a, cases[i].text), cases[i].kind, &p, &err);
		struct str wanted = cases[i].error ? json_quotes(&a, cases[i].error) : STR("");
		if (rc != (cases[i].error ? ERR_INVALID : 0) || !str_eq_c(wanted, err.message))
			fail_msg("%s: %d %s", cases[i].text, rc, err.message);
		arena_release(&a);
	}
}

static void test_statements_are_told_apart(void **state)
{
	const struct policy *p;
	struct arena a;

	(void)state;
	arena_init(&a, MIB(1));
	assert_int_equal(policy_parse(&a,
				      json_quotes(&a, DOCUMENT("{'Sid':'one'," ALLOW "'Action':'*'" ON_ALL "},{" ALLOW
							       "'Action':'a:b'" ON_ALL "}")),
				      POLICY_IDENTITY, &p, NULL),
			 0);
	assert_int_equal(p->count, 2);
	assert_true(str_eq(policy_statement_sid(&p->statements[0]), STR("one")));
	assert_null(policy_statement_sid(&p->statements[1]).p);
	assert_int_equal(policy_statement_index(&p->statements[1]), 1);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_documents), cmocka_unit_test(test_statements_are_told_apart) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
