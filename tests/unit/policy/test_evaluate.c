/* SPDX-License-Identifier: Apache-2.0
 *
 * Decisions. A case is the members of an explain-access request; single quotes stand for double ones. Documents are written with
 * the macros below: S(…) is a document of statements, A and D begin an Allow and a Deny.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "policy/policy.h"

#define S(statements) "{'Version':'2012-10-17','Statement':[" statements "]}"
#define A(rest) "{'Effect':'Allow'," rest "}"
#define D(rest) "{'Effect':'Deny'," rest "}"
#define ON(action, resource) "'Action':" action ",'Resource':" resource
#define ALL ON("'*'", "'*'")
#define IF(condition) ",'Condition':{" condition "}"
#define IDENTITY(document) "'identity_policies':[" document "],"
#define RESOURCE(document) "'resource_policy':" document ","
#define BOUNDARY(document) "'permission_boundary':" document ","
#define SESSION(document) "'session_policies':[" document "],"
#define BY(arn) "'principal':'" arn "',"
#define ASK(action, resource) "'action':'" action "','resource':'" resource "'"
#define CONTEXT(members) ",'context':{" members "}"
#define AWS(arn) "'Principal':{'AWS':'" arn "'},"
#define USER "arn:aws:iam::111111111111:user/alice"
#define ROOT "arn:aws:iam::111111111111:root"
#define ROLE "arn:aws:iam::111111111111:role/worker"
#define SESSION_OF_ROLE "arn:aws:sts::111111111111:assumed-role/worker/run"
#define FEDERATED "arn:aws:sts::111111111111:federated-user/alice"
#define OBJECT "arn:aws:s3:::pics/cat.png"
#define GET ASK("s3:GetObject", OBJECT)
#define QUEUE "arn:aws:sqs:us-east-1:111111111111:q"
#define OTHER_QUEUE "arn:aws:sqs:us-east-1:222222222222:q"

enum { OK = POLICY_ALLOWED, DENY = POLICY_EXPLICIT_DENY, NONE = POLICY_IMPLICIT_DENY };

static const struct {
	const char *request;
	int decision;
} cases[] = {
	/* identity policies: actions */
	{ BY(USER) GET, NONE },
	{ IDENTITY(S(A(ALL))) BY(USER) GET, OK },
	{ IDENTITY(S(A(ON("'s3:GetObject'", "'*'")))) BY(USER) GET, OK },
	{ IDENTITY(S(A(ON("'S3:getobject'", "'*'")))) BY(USER) GET, OK },
	{ IDENTITY(S(A(ON("'s3:Get*'", "'*'")))) BY(USER) GET, OK },
	{ IDENTITY(S(A(ON("'s3:?etObject'", "'*'")))) BY(USER) GET, OK },
	{ IDENTITY(S(A(ON("'s3:GetObjec'", "'*'")))) BY(USER) GET, NONE },
	{ IDENTITY(S(A(ON("'s3:GetObject?'", "'*'")))) BY(USER) GET, NONE },
	{ IDENTITY(S(A(ON("['sqs:*','s3:*Object']", "'*'")))) BY(USER) GET, OK },
	{ IDENTITY(S(A("'NotAction':'sqs:*','Resource':'*'"))) BY(USER) GET, OK },
	{ IDENTITY(S(A("'NotAction':['sqs:*','s3:Get*'],'Resource':'*'"))) BY(USER) GET, NONE },
	/* resources */
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::pics/*'")))) BY(USER) GET, OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::PICS/*'")))) BY(USER) GET, NONE },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::pics'")))) BY(USER) GET, NONE },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::*.png'")))) BY(USER) GET, OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::p?cs/cat.pn?'")))) BY(USER) GET, OK },
	{ IDENTITY(S(A("'Action':'*','NotResource':'arn:aws:s3:::pics/*'"))) BY(USER) GET, NONE },
	{ IDENTITY(S(A("'Action':'*','NotResource':'arn:aws:s3:::docs/*'"))) BY(USER) GET, OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::pics/*'")))) BY(USER) ASK("s3:ListAllMyBuckets", "*"), NONE },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3'")))) BY(USER) GET, OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:sqs'")))) BY(USER) GET, NONE },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:sqs:us-east-1:*'")))) BY(USER) ASK("sqs:SendMessage", QUEUE), OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:sqs:*:*:q'")))) BY(USER) ASK("sqs:SendMessage", QUEUE), OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:sqs:*:q'")))) BY(USER) ASK("sqs:SendMessage", QUEUE), OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:sqs:us-*-1:*:q'")))) BY(USER) ASK("sqs:SendMessage", QUEUE), OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:sqs:eu-*:*:q'")))) BY(USER) ASK("sqs:SendMessage", QUEUE), NONE },
	{ IDENTITY(S(A(ON("'*'", "['arn:aws:s3:::a/*','arn:aws:s3:::pics/*/test/*']")))) BY(USER)
		  ASK("s3:GetObject", "arn:aws:s3:::pics/1/2/test/3/object.jpg"),
	  OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::pics/*/test/*'")))) BY(USER)
		  ASK("s3:GetObject", "arn:aws:s3:::pics//test/object.jpg"),
	  OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::pics/*/test/*'")))) BY(USER)
		  ASK("s3:GetObject", "arn:aws:s3:::pics/test/object.jpg"),
	  NONE },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::pics/${x:missing}'")))) BY(USER) GET, NONE },
	{ IDENTITY(S(A("'Action':'*','NotResource':'arn:aws:s3:::pics/${x:missing}'"))) BY(USER) GET, OK },
	{ IDENTITY("{'Version':'2012-10-17','Statement':" A(ALL) "}") BY(USER) GET, OK },
	/* denies */
	{ IDENTITY(S(A(ALL) "," D(ON("'s3:*'", "'*'")))) BY(USER) GET, DENY },
	{ IDENTITY(S(A(ALL)) "," S(D(ON("'s3:*'", "'*'")))) BY(USER) GET, DENY },
	{ IDENTITY(S(A(ALL) "," D(ON("'s3:Put*'", "'*'")))) BY(USER) GET, OK },
	{ IDENTITY(S(D("'NotAction':'s3:*','Resource':'*'") "," A(ALL))) BY(USER) GET, OK },
	{ IDENTITY(S(A(ALL))) RESOURCE(S(D("'Principal':'*'," ON("'s3:*'", "'*'")))) BY(USER) GET, DENY },
	{ RESOURCE(S(D("'Principal':'*'," ON("'s3:*'", "'*'")))) BY(ROOT) GET, DENY },
	{ BY(ROOT) GET, OK },
	/* resource policies, same account */
	{ RESOURCE(S(A(AWS(USER) ALL))) BY(USER) GET, OK },
	{ RESOURCE(S(A(AWS("arn:aws:iam::111111111111:user/bob") ALL))) BY(USER) GET, NONE },
	{ RESOURCE(S(A("'Principal':'*'," ALL))) BY(USER) GET, OK },
	{ RESOURCE(S(A("'Principal':{'AWS':'*'}," ALL))) BY(USER) GET, OK },
	{ RESOURCE(S(A(AWS(ROOT) ALL))) BY(USER) GET, NONE },
	{ RESOURCE(S(A(AWS("111111111111") ALL))) BY(USER) GET, NONE },
	{ RESOURCE(S(A(AWS(ROOT) ALL))) IDENTITY(S(A(ALL))) BY(USER) GET, OK },
	{ RESOURCE(S(A(AWS(ROLE) ALL))) BY(SESSION_OF_ROLE) GET, OK },
	{ RESOURCE(S(A(AWS(SESSION_OF_ROLE) ALL))) BY(SESSION_OF_ROLE) GET, OK },
	{ RESOURCE(S(A(AWS("arn:aws:iam::111111111111:role/team/worker") ALL))) BY(SESSION_OF_ROLE) GET, OK },
	{ RESOURCE(S(A(AWS("arn:aws:iam::111111111111:role/other") ALL))) BY(SESSION_OF_ROLE) GET, NONE },
	{ RESOURCE(S(A(AWS("arn:aws:iam::222222222222:role/worker") ALL))) BY(SESSION_OF_ROLE) GET, NONE },
	{ RESOURCE(S(A(AWS(ROLE) ALL))) BOUNDARY(S(A(ON("'sqs:*'", "'*'")))) BY(ROLE) GET, NONE },
	{ RESOURCE(S(A(AWS("arn:aws:sts::111111111111:assumed-role/worker/other") ALL))) BY(SESSION_OF_ROLE) GET, NONE },
	{ RESOURCE(S(A("'NotPrincipal':{'AWS':'" USER "'}," ALL))) BY(USER) GET, NONE },
	{ IDENTITY(S(A(ALL))) RESOURCE(S(D("'NotPrincipal':{'AWS':['" USER "','" ROOT "']}," ALL))) BY(USER) GET, OK },
	{ IDENTITY(S(A(ALL))) RESOURCE(S(D("'NotPrincipal':{'AWS':'" USER "'}," ALL))) BY("arn:aws:iam::111111111111:user/bob")
		  GET,
	  DENY },
	/* boundaries and session policies */
	{ IDENTITY(S(A(ALL))) BOUNDARY(S(A(ON("'s3:*'", "'*'")))) BY(USER) GET, OK },
	{ IDENTITY(S(A(ALL))) BOUNDARY(S(A(ON("'sqs:*'", "'*'")))) BY(USER) GET, NONE },
	{ BOUNDARY(S(A(ALL))) BY(USER) GET, NONE },
	{ IDENTITY(S(A(ALL))) BOUNDARY(S(D(ON("'s3:*'", "'*'")))) BY(USER) GET, DENY },
	{ IDENTITY(S(A(ALL))) SESSION(S(A(ON("'s3:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, OK },
	{ IDENTITY(S(A(ALL))) SESSION(S(A(ON("'sqs:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, NONE },
	{ SESSION(S(A(ALL))) BY(SESSION_OF_ROLE) GET, NONE },
	{ IDENTITY(S(A(ALL))) SESSION(S(A(ON("'sqs:*'", "'*'"))) "," S(A(ON("'s3:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, OK },
	{ IDENTITY(S(A(ALL))) BOUNDARY(S(A(ALL))) SESSION(S(D(ON("'s3:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, DENY },
	/* … against resource policies: the user and the session itself pass, the role does not */
	{ RESOURCE(S(A(AWS(USER) ALL))) BOUNDARY(S(A(ON("'sqs:*'", "'*'")))) BY(USER) GET, OK },
	{ RESOURCE(S(A(AWS(ROLE) ALL))) BOUNDARY(S(A(ON("'sqs:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, NONE },
	{ RESOURCE(S(A(AWS(ROLE) ALL))) BOUNDARY(S(A(ON("'s3:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, OK },
	{ RESOURCE(S(A(AWS(SESSION_OF_ROLE) ALL))) BOUNDARY(S(A(ON("'sqs:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, OK },
	{ RESOURCE(S(A(AWS(ROLE) ALL))) SESSION(S(A(ON("'sqs:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, NONE },
	{ RESOURCE(S(A(AWS(SESSION_OF_ROLE) ALL))) SESSION(S(A(ON("'sqs:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, OK },
	/* … everyone: "no other permissions are required", and boundaries and session policies do not limit */
	{ RESOURCE(S(A("'Principal':'*'," ALL))) BOUNDARY(S(A(ON("'sqs:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, OK },
	{ RESOURCE(S(A("'Principal':{'AWS':'*'}," ALL))) SESSION(S(A(ON("'sqs:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, OK },
	{ RESOURCE(S(A("'Principal':'*'," ALL))) BOUNDARY(S(A(ON("'sqs:*'", "'*'")))) BY(ROLE) GET, OK },
	{ RESOURCE(S(A("'Principal':'*'," ALL))) BOUNDARY(S(D(ON("'s3:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, DENY },
	{ RESOURCE(S(A("'Principal':'*'," ALL IF("'ArnEquals':{'aws:PrincipalArn':'" ROLE "'}"))))
		  SESSION(S(A(ON("'sqs:*'", "'*'")))) BY(SESSION_OF_ROLE) GET,
	  OK },
	{ RESOURCE(S(A(AWS(ROLE) ALL) "," A(AWS(SESSION_OF_ROLE) ALL))) SESSION(S(A(ON("'sqs:*'", "'*'")))) BY(SESSION_OF_ROLE)
		  GET,
	  OK },
	{ RESOURCE(S(A(AWS(ROLE) ALL))) SESSION(S(D(ON("'s3:*'", "'*'")))) BY(SESSION_OF_ROLE) GET, DENY },
	/* … federated users: the session itself passes, the user who federated does not */
	{ RESOURCE(S(A(AWS(FEDERATED) ALL))) SESSION(S(A(ON("'sqs:*'", "'*'")))) BY(FEDERATED) GET, OK },
	{ RESOURCE(S(A(AWS(USER) ALL))) SESSION(S(A(ON("'sqs:*'", "'*'")))) BY(FEDERATED) GET, NONE },
	{ RESOURCE(S(A(AWS(USER) ALL))) SESSION(S(A(ON("'s3:*'", "'*'")))) BY(FEDERATED) GET, OK },
	{ RESOURCE(S(A(AWS("arn:aws:iam::111111111111:user/bob") ALL))) BY(FEDERATED) GET, NONE },
	{ IDENTITY(S(A(ALL IF("'Null':{'aws:username':'true'}")))) BY(FEDERATED) GET, OK },
	/* NotPrincipal with Deny: who has a boundary is denied always; the account alone excepts nobody in it */
	{ IDENTITY(S(A(ALL))) RESOURCE(S(D("'NotPrincipal':{'AWS':['" USER "','" ROOT "']}," ALL))) BOUNDARY(S(A(ALL))) BY(USER)
		  GET,
	  DENY },
	{ IDENTITY(S(A(ALL))) RESOURCE(S(D("'NotPrincipal':{'AWS':'" ROOT "'}," ALL))) BY(USER) GET, DENY },
	{ IDENTITY(S(A(ALL))) RESOURCE(S(D("'NotPrincipal':{'AWS':['" ROLE "','" ROOT "']}," ALL))) BY(SESSION_OF_ROLE) GET, OK },
	{ RESOURCE(S(D("'NotPrincipal':{'Service':'s3.amazonaws.com'}," ALL) "," A("'Principal':'*'," ALL)))
		  BY("s3.amazonaws.com") GET,
	  OK },
	{ RESOURCE(S(D("'NotPrincipal':{'Service':'s3.amazonaws.com'}," ALL) "," A("'Principal':'*'," ALL))) BY("*") GET, DENY },
	/* a Deny that names the account is for all in it, one that names the role for its sessions */
	{ IDENTITY(S(A(ALL))) RESOURCE(S(D(AWS(ROOT) ALL))) BY(USER) GET, DENY },
	{ IDENTITY(S(A(ALL))) RESOURCE(S(D(AWS(ROLE) ALL))) BY(SESSION_OF_ROLE) GET, DENY },
	{ IDENTITY(S(A(ALL))) RESOURCE(S(D(AWS("222222222222") ALL))) BY(USER) GET, OK },
	/* other accounts */
	{ IDENTITY(S(A(ALL))) BY(USER) ASK("sqs:SendMessage", OTHER_QUEUE), NONE },
	{ RESOURCE(S(A(AWS(USER) ALL))) BY(USER) ASK("sqs:SendMessage", OTHER_QUEUE), NONE },
	{ RESOURCE(S(A(AWS(USER) ALL))) IDENTITY(S(A(ALL))) BY(USER) ASK("sqs:SendMessage", OTHER_QUEUE), OK },
	{ RESOURCE(S(A(AWS(ROOT) ALL))) IDENTITY(S(A(ALL))) BY(USER) ASK("sqs:SendMessage", OTHER_QUEUE), OK },
	{ RESOURCE(S(A(AWS("222222222222") ALL))) IDENTITY(S(A(ALL))) BY(USER) ASK("sqs:SendMessage", OTHER_QUEUE), NONE },
	{ RESOURCE(S(A(AWS(USER) ALL))) IDENTITY(S(A(ALL))) BOUNDARY(S(A(ON("'s3:*'", "'*'")))) BY(USER)
		  ASK("sqs:SendMessage", OTHER_QUEUE),
	  NONE },
	{ IDENTITY(S(A(ALL))) BY(USER) GET CONTEXT("'aws:ResourceAccount':'222222222222'"), NONE },
	{ RESOURCE(S(A("'Principal':'*'," ALL))) BY(USER) ASK("sqs:SendMessage", OTHER_QUEUE), NONE },
	{ RESOURCE(S(A("'Principal':'*'," ALL))) IDENTITY(S(A(ALL))) BY(USER) ASK("sqs:SendMessage", OTHER_QUEUE), OK },
	{ RESOURCE(S(A(AWS(ROLE) ALL))) IDENTITY(S(A(ALL))) SESSION(S(A(ON("'s3:*'", "'*'")))) BY(SESSION_OF_ROLE)
		  ASK("sqs:SendMessage", OTHER_QUEUE),
	  NONE },
	{ RESOURCE(S(A(AWS(SESSION_OF_ROLE) ALL))) IDENTITY(S(A(ALL))) BY(SESSION_OF_ROLE) ASK("sqs:SendMessage", OTHER_QUEUE),
	  OK },
	{ RESOURCE(S(A(AWS(ROOT) ALL))) BY(ROOT) ASK("sqs:SendMessage", OTHER_QUEUE), OK },
	{ BY(ROOT) ASK("sqs:SendMessage", OTHER_QUEUE), NONE },
	{ IDENTITY(S(D(ALL))) RESOURCE(S(A(AWS(USER) ALL))) BY(USER) ASK("sqs:SendMessage", OTHER_QUEUE), DENY },
	{ IDENTITY(S(A(ALL))) BY(USER) ASK("sqs:SendMessage", QUEUE), OK },
	/* services, anonymous callers, trust */
	{ RESOURCE(S(A("'Principal':{'Service':'s3.amazonaws.com'}," ALL))) BY("s3.amazonaws.com") ASK("sqs:SendMessage", QUEUE),
	  OK },
	{ RESOURCE(S(A("'Principal':{'Service':'s3.amazonaws.com'}," ALL))) BY("sns.amazonaws.com") ASK("sqs:SendMessage", QUEUE),
	  NONE },
	{ RESOURCE(
		  S(A("'Principal':{'Service':'s3.amazonaws.com'}," ALL IF("'ArnEquals':{'aws:SourceArn':'arn:aws:s3:::pics'}"))))
		  BY("s3.amazonaws.com") ASK("sqs:SendMessage", QUEUE) CONTEXT("'aws:SourceArn':'arn:aws:s3:::pics'"),
	  OK },
	{ RESOURCE(
		  S(A("'Principal':{'Service':'s3.amazonaws.com'}," ALL IF("'ArnEquals':{'aws:SourceArn':'arn:aws:s3:::pics'}"))))
		  BY("s3.amazonaws.com") ASK("sqs:SendMessage", QUEUE) CONTEXT("'aws:SourceArn':'arn:aws:s3:::docs'"),
	  NONE },
	{ RESOURCE(S(A("'Principal':'*'," ALL))) BY("*") GET, OK },
	{ RESOURCE(S(A(AWS(USER) ALL))) BY("*") GET, NONE },
	{ RESOURCE(S(A("'Principal':{'Service':'lambda.amazonaws.com'},'Action':'sts:AssumeRole'"))) BY("lambda.amazonaws.com")
		  ASK("sts:AssumeRole", ROLE),
	  OK },
	{ RESOURCE(S(A("'Principal':{'Service':'lambda.amazonaws.com'},'Action':'sts:AssumeRole'"))) IDENTITY(S(A(ALL))) BY(USER)
		  ASK("sts:AssumeRole", ROLE),
	  NONE },
	{ RESOURCE(S(A(AWS(ROOT) "'Action':'sts:AssumeRole'"))) IDENTITY(S(A(ALL))) BY(USER) ASK("sts:AssumeRole", ROLE), OK },
	{ RESOURCE(S(A(AWS(ROOT) "'Action':'sts:AssumeRole'"))) BY(USER) ASK("sts:AssumeRole", ROLE), NONE },
	{ RESOURCE(S(A(AWS(USER) "'Action':'sts:AssumeRole'"))) BY(USER) ASK("sts:AssumeRole", ROLE), OK },
	/* variables */
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::home/${aws:username}/*'")))) BY(USER)
		  ASK("s3:GetObject", "arn:aws:s3:::home/alice/x"),
	  OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::home/${aws:username}/*'")))) BY(USER)
		  ASK("s3:GetObject", "arn:aws:s3:::home/bob/x"),
	  NONE },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::home/${aws:username}/*'")))) BY(SESSION_OF_ROLE)
		  ASK("s3:GetObject", "arn:aws:s3:::home//x"),
	  NONE },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::${aws:PrincipalTag/team, #none#}/*'")))) BY(USER)
		  ASK("s3:GetObject", "arn:aws:s3:::none/x"),
	  OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::${aws:PrincipalTag/team, #none#}/*'")))) BY(USER)
		  ASK("s3:GetObject", "arn:aws:s3:::red/x") CONTEXT("'aws:PrincipalTag/team':'red'"),
	  OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::a${*}b'")))) BY(USER) ASK("s3:GetObject", "arn:aws:s3:::a*b"), OK },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::a${*}b'")))) BY(USER) ASK("s3:GetObject", "arn:aws:s3:::axxb"), NONE },
	{ IDENTITY(S(A(ON("'*'", "'arn:aws:s3:::${x:y}/k'")))) BY(USER) ASK("s3:GetObject", "arn:aws:s3:::zzz/k")
		  CONTEXT("'x:y':'*'"),
	  NONE },
	{ IDENTITY("{'Statement':" A(ON("'*'", "'arn:aws:s3:::${aws:username}'")) "}") BY(USER)
		  ASK("s3:GetObject", "arn:aws:s3:::alice"),
	  NONE },
	{ IDENTITY(S(A(ALL IF("'StringEquals':{'x:y':'${aws:username}'}")))) BY(USER) GET CONTEXT("'x:y':'alice'"), OK },
	{ IDENTITY(S(A(ALL) "," D(ALL IF("'StringNotEquals':{'x:y':'${no:such}'}")))) BY(USER) GET CONTEXT("'x:y':'alice'"),
	  DENY },
};

/* Conditions, each on an Allow for everything. */
static const struct {
	const char *condition, *context;
	int decision;
} conditions[] = {
	{ "'StringEquals':{'a:k':'x'}", "'a:k':'x'", OK },
	{ "'StringEquals':{'a:k':'x'}", "'A:K':'x'", OK },
	{ "'StringEquals':{'a:k':'x'}", "'a:k':'X'", NONE },
	{ "'StringEquals':{'a:k':'x'}", "", NONE },
	{ "'StringEquals':{'a:k':['x','y']}", "'a:k':'y'", OK },
	{ "'StringEquals':{'a:k':'x*'}", "'a:k':'xy'", NONE },
	{ "'StringEquals':{'a:k':'x*'}", "'a:k':'x*'", OK },
	{ "'StringNotEquals':{'a:k':'x'}", "'a:k':'y'", OK },
	{ "'StringNotEquals':{'a:k':'x'}", "'a:k':'x'", NONE },
	{ "'StringNotEquals':{'a:k':'x'}", "", OK },
	{ "'StringNotEquals':{'a:k':['x','y']}", "'a:k':'y'", NONE },
	{ "'StringEqualsIgnoreCase':{'a:k':'x'}", "'a:k':'X'", OK },
	{ "'StringNotEqualsIgnoreCase':{'a:k':'x'}", "'a:k':'X'", NONE },
	{ "'StringLike':{'a:k':'x*z?'}", "'a:k':'xyyz1'", OK },
	{ "'StringLike':{'a:k':'x*z?'}", "'a:k':'xyyz'", NONE },
	{ "'StringNotLike':{'a:k':'x*'}", "'a:k':'y'", OK },
	{ "'StringNotLike':{'a:k':'x*'}", "'a:k':'xy'", NONE },
	{ "'StringEqualsIfExists':{'a:k':'x'}", "", OK },
	{ "'StringEqualsIfExists':{'a:k':'x'}", "'a:k':'y'", NONE },
	/* two keys and two operators: all must hold */
	{ "'StringEquals':{'a:k':'x','a:l':'y'}", "'a:k':'x','a:l':'y'", OK },
	{ "'StringEquals':{'a:k':'x','a:l':'y'}", "'a:k':'x'", NONE },
	{ "'StringEquals':{'a:k':'x'},'Bool':{'a:b':'true'}", "'a:k':'x','a:b':false", NONE },
	/* numbers, dates, booleans */
	{ "'NumericEquals':{'a:n':'10'}", "'a:n':10.0", OK },
	{ "'NumericEquals':{'a:n':10}", "'a:n':'11'", NONE },
	{ "'NumericNotEquals':{'a:n':'10'}", "'a:n':'11'", OK },
	{ "'NumericLessThan':{'a:n':'10'}", "'a:n':'9.5'", OK },
	{ "'NumericLessThan':{'a:n':'10'}", "'a:n':'10'", NONE },
	{ "'NumericLessThanEquals':{'a:n':'10'}", "'a:n':'10'", OK },
	{ "'NumericGreaterThan':{'a:n':'10'}", "'a:n':'10'", NONE },
	{ "'NumericGreaterThanEquals':{'a:n':'10'}", "'a:n':'10'", OK },
	{ "'NumericEquals':{'a:n':'x'}", "'a:n':'x'", NONE },
	{ "'DateLessThan':{'aws:CurrentTime':'2026-01-01T00:00:00Z'}", "'aws:CurrentTime':'2025-12-31T23:59:59Z'", OK },
	{ "'DateLessThan':{'aws:CurrentTime':'2026-01-01T00:00:00Z'}", "'aws:CurrentTime':'2026-01-01T00:00:00Z'", NONE },
	{ "'DateGreaterThanEquals':{'aws:CurrentTime':'2026-01-01'}", "'aws:CurrentTime':'2026-01-01T00:00:00Z'", OK },
	{ "'DateGreaterThan':{'aws:EpochTime':'1767225600'}", "'aws:EpochTime':1767225601", OK },
	{ "'DateEquals':{'a:d':'2026-01-01T01:00:00+01:00'}", "'a:d':'2026-01-01T00:00:00Z'", OK },
	{ "'DateLessThan':{'a:d':'2026-01-02T03:04:05'}", "'a:d':'2026-01-02T03:04:04Z'", OK },
	{ "'DateNotEquals':{'a:d':'2026-01-01T00:00:00Z'}", "", OK },
	{ "'DateLessThan':{'a:d':'2030-01-01T00:00Z'}", "'a:d':'2026-01-01T00:00:00.500Z'", OK },
	{ "'DateLessThan':{'a:d':'2026-01-01T00:00+01:00'}", "'a:d':'2026-01-01T00:00:00Z'", NONE },
	{ "'DateGreaterThanEquals':{'a:d':'2026-02'}", "'a:d':'2026-02-01T00:00:00Z'", OK },
	{ "'DateGreaterThanEquals':{'a:d':'2026'}", "'a:d':'2025-12-31T23:59:59Z'", NONE },
	{ "'DateEquals':{'a:d':'2026-01-01T00:00:00Z'}", "'a:d':'1767225600'", OK },
	{ "'DateEquals':{'a:d':'not a date'}", "'a:d':'not a date'", NONE },
	{ "'NumericLessThan':{'aws:EpochTime':'1767225601'}", "'aws:EpochTime':1767225600", OK },
	{ "'Bool':{'aws:SecureTransport':'${a:wanted}'}", "'aws:SecureTransport':'true','a:wanted':'true'", OK },
	{ "'Bool':{'aws:SecureTransport':'true'}", "'aws:SecureTransport':true", OK },
	{ "'Bool':{'aws:SecureTransport':true}", "'aws:SecureTransport':'True'", OK },
	{ "'Bool':{'aws:SecureTransport':'false'}", "", NONE },
	{ "'BoolIfExists':{'aws:SecureTransport':'true'}", "", OK },
	{ "'BinaryEquals':{'a:b':'QmluYXJ5'}", "'a:b':'QmluYXJ5'", OK },
	{ "'BinaryEquals':{'a:b':'QmluYXJ5'}", "'a:b':'qmluYXJ5'", NONE },
	/* addresses */
	{ "'IpAddress':{'aws:SourceIp':'203.0.113.0/24'}", "'aws:SourceIp':'203.0.113.77'", OK },
	{ "'IpAddress':{'aws:SourceIp':'203.0.113.0/24'}", "'aws:SourceIp':'203.0.114.1'", NONE },
	{ "'IpAddress':{'aws:SourceIp':'203.0.113.1'}", "'aws:SourceIp':'203.0.113.1'", OK },
	{ "'IpAddress':{'aws:SourceIp':'0.0.0.0/0'}", "'aws:SourceIp':'9.9.9.9'", OK },
	{ "'IpAddress':{'aws:SourceIp':'2001:db8::/32'}", "'aws:SourceIp':'2001:db8:1::5'", OK },
	{ "'IpAddress':{'aws:SourceIp':'2001:db8::/32'}", "'aws:SourceIp':'203.0.113.1'", NONE },
	{ "'NotIpAddress':{'aws:SourceIp':'203.0.113.0/24'}", "'aws:SourceIp':'203.0.113.77'", NONE },
	{ "'NotIpAddress':{'aws:SourceIp':['203.0.113.0/24','10.0.0.0/8']}", "'aws:SourceIp':'9.9.9.9'", OK },
	{ "'NotIpAddress':{'aws:SourceIp':'2001:db8::/32'}", "'aws:SourceIp':'203.0.113.1'", OK },
	{ "'IpAddress':{'aws:SourceIp':'2001:0DB8:0:0::1'}", "'aws:SourceIp':'2001:db8::1'", OK },
	{ "'IpAddress':{'aws:SourceIp':'203.0.113.0/33'}", "'aws:SourceIp':'203.0.113.0'", NONE },
	/* a variable without a value is null: nothing equals it, so that only inverted operators match */
	{ "'StringEquals':{'a:k':'${a:missing}'}", "'a:k':'x'", NONE },
	{ "'StringEquals':{'a:k':['${a:missing}','x']}", "'a:k':'x'", OK },
	{ "'StringNotEquals':{'a:k':'${a:missing}'}", "'a:k':'x'", OK },
	{ "'StringNotLike':{'a:k':'${a:missing}*'}", "'a:k':'x'", OK },
	{ "'StringLike':{'a:k':'${a:missing, #x#}*'}", "'a:k':'xy'", OK },
	{ "'StringLike':{'a:k':'${a:k2}/*'}", "'a:k':'a*/b','a:k2':'a*'", OK },
	{ "'StringLike':{'a:k':'${a:k2}/*'}", "'a:k':'abc/b','a:k2':'a*'", NONE },
	{ "'StringEquals':{'a:k':'${a:list}'}", "'a:k':'x','a:list':['x','y']", NONE },
	{ "'ArnLike':{'a:k':'arn:aws:iam::1:user/${a:n}'}", "'a:k':'arn:aws:iam::1:user/x','a:n':'x'", OK },
	{ "'NumericEquals':{'a:k':'${a:n}'}", "'a:k':'1','a:n':'1'", NONE },
	/* ARNs: component by component */
	{ "'ArnLike':{'a:k':'arn:aws:x:*:111122223333:finance/*'}",
	  "'a:k':'arn:aws:x:us-east-2:999999999999:store/abc:111122223333:finance/document.txt'", NONE },
	{ "'StringLike':{'a:k':'arn:aws:x:*:111122223333:finance/*'}",
	  "'a:k':'arn:aws:x:us-east-2:999999999999:store/abc:111122223333:finance/document.txt'", OK },
	{ "'ArnEquals':{'a:k':'arn:aws:lambda:*:*:function:*:1'}", "'a:k':'arn:aws:lambda:us-east-1:1:function:f:1'", OK },
	{ "'ArnLike':{'aws:SourceArn':'arn:aws:sns:*:123456789012:t*'}",
	  "'aws:SourceArn':'arn:aws:sns:eu-west-1:123456789012:topic'", OK },
	{ "'ArnLike':{'aws:SourceArn':'arn:aws:sns:*:t'}", "'aws:SourceArn':'arn:aws:sns:eu-west-1:123456789012:t'", NONE },
	{ "'ArnEquals':{'aws:SourceArn':'arn:aws:s3:::b*'}", "'aws:SourceArn':'arn:aws:s3:::bucket'", OK },
	{ "'ArnEquals':{'aws:SourceArn':'arn:aws:s3:::b'}", "'aws:SourceArn':'arn:aws:s3:::bucket'", NONE },
	{ "'ArnNotLike':{'aws:SourceArn':'arn:aws:s3:::b*'}", "'aws:SourceArn':'arn:aws:s3:::other'", OK },
	{ "'ArnNotEquals':{'aws:SourceArn':'arn:aws:s3:::b'}", "", OK },
	{ "'ArnLike':{'aws:SourceArn':'*'}", "'aws:SourceArn':'arn:aws:s3:::b'", OK },
	/* Null */
	{ "'Null':{'a:k':'true'}", "", OK },
	{ "'Null':{'a:k':'true'}", "'a:k':'x'", NONE },
	{ "'Null':{'a:k':'false'}", "'a:k':'x'", OK },
	{ "'Null':{'a:k':false}", "", NONE },
	{ "'Null':{'a:k':'true'}", "'a:k':[]", OK },
	/* several values */
	{ "'ForAnyValue:StringEquals':{'a:k':['x','y']}", "'a:k':['z','y']", OK },
	{ "'ForAnyValue:StringEquals':{'a:k':['x','y']}", "'a:k':['z']", NONE },
	{ "'ForAnyValue:StringEquals':{'a:k':'x'}", "", NONE },
	{ "'ForAllValues:StringEquals':{'a:k':['x','y']}", "'a:k':['x','y','x']", OK },
	{ "'ForAllValues:StringEquals':{'a:k':['x','y']}", "'a:k':['x','z']", NONE },
	{ "'ForAllValues:StringEquals':{'a:k':'x'}", "", OK },
	{ "'ForAnyValue:StringNotEquals':{'a:k':['x']}", "'a:k':['x','z']", OK },
	{ "'ForAnyValue:StringNotEquals':{'a:k':['x']}", "'a:k':['x']", NONE },
	{ "'ForAllValues:StringNotEquals':{'a:k':['x']}", "'a:k':['y','z']", OK },
	{ "'ForAllValues:StringNotEquals':{'a:k':['x']}", "'a:k':['x','z']", NONE },
	{ "'ForAllValues:StringLike':{'a:k':['x*']}", "'a:k':['x1','x2']", OK },
	{ "'ForAnyValue:StringLikeIfExists':{'a:k':['x*']}", "", OK },
};

static void check(const char *text, int wanted)
{
	const struct json *request, *result;
	struct error err = { 0 };
	struct arena a;

	arena_init(&a, MIB(4));
	char *json = arena_c(&a, str_c(text));
	for (char *p = json; *p; p++)
		*p = *p == '\'' ? '"' : *p == '#' ? '\'' : *p;
	assert_int_equal(json_parse(&a, str_c(json), &request, NULL), 0);
	if (policy_explain(&a, request, &result, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	if (!str_eq_c(json_get_text(result, STR("decision")), policy_effect_name((enum policy_effect)wanted)))
		fail_msg("%s: " STR_FMT, text, STR_ARG(json_to_str(&a, result)));
	arena_release(&a);
}

static void test_decisions(void **state)
{
	char text[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "{%s}", cases[i].request);
		check(text, cases[i].decision);
	}
}

static void test_conditions(void **state)
{
	char text[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		snprintf(
			text, sizeof(text),
			"{'identity_policies':[{'Version':'2012-10-17','Statement':{'Effect':'Allow','Action':'*','Resource':'*',"
			"'Condition':{%s}}}],'principal':'" USER "','action':'s3:GetObject','resource':'" OBJECT
			"','context':{%s}}",
			conditions[i].condition, conditions[i].context);
		check(text, conditions[i].decision);
	}
}

static void test_explanation(void **state)
{
	static const char text[] =
		"{\"identity_policies\":[{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\","
		"\"Resource\":\"*\"},"
		"{\"Sid\":\"no\",\"Effect\":\"Deny\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}],\"principal\":\"" USER "\","
		"\"action\":\"s3:GetObject\",\"resource\":\"*\"}";
	const struct json *request, *result;
	struct arena a;

	(void)state;
	arena_init(&a, MIB(1));
	assert_int_equal(json_parse(&a, str_c(text), &request, NULL), 0);
	assert_int_equal(policy_explain(&a, request, &result, NULL), 0);
	assert_string_equal(json_to_str(&a, result).p,
			    "{\"decision\":\"explicitDeny\",\"statement\":{\"Sid\":\"no\",\"Effect\":\"Deny\",\"Action\":\"s3:*"
			    "\",\"Resource\":\"*\"},"
			    "\"source\":{\"policy_type\":\"identity\",\"policy_index\":0,\"statement_index\":1,\"sid\":\"no\"},"
			    "\"reason\":\"with an explicit deny in an identity-based policy\"}");
	arena_release(&a);
}

static void test_bad_requests(void **state)
{
	static const struct {
		const char *text, *error;
	} bad[] = {
		{ "[]", "the request must be an object" },
		{ "{}", "action: must be a text such as s3:GetObject" },
		{ "{\"action\":\"a:b\",\"context\":5}", "context: must be an object of condition keys" },
		{ "{\"action\":\"a:b\",\"identity_policies\":{}}", "identity_policies: must be an array of policies" },
		{ "{\"action\":\"a:b\",\"identity_policies\":[{}]}", "identity_policies: Syntax errors in policy." },
	};
	struct arena a;

	(void)state;
	arena_init(&a, MIB(1));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct json *request, *result;
		struct error err = { 0 };
		assert_int_equal(json_parse(&a, str_c(bad[i].text), &request, NULL), 0);
		assert_int_equal(policy_explain(&a, request, &result, &err), ERR_INVALID);
		assert_string_equal(err.message, bad[i].error);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decisions),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_explanation),
		cmocka_unit_test(test_bad_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
