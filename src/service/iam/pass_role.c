/* SPDX-License-Identifier: Apache-2.0 */
#include "service/iam/pass_role.h"

static const struct {
	const char *service, *operation;
	const char *list; /* NULL: the role is a member of the request itself */
	const char *member;
	const char *passed_to;
} passes[] = {
	{ "lambda", "CreateFunction", NULL, "Role", "lambda.amazonaws.com" },
	{ "lambda", "UpdateFunctionConfiguration", NULL, "Role", "lambda.amazonaws.com" },
	{ "states", "CreateStateMachine", NULL, "roleArn", "states.amazonaws.com" },
	{ "states", "UpdateStateMachine", NULL, "roleArn", "states.amazonaws.com" },
	{ "events", "PutRule", NULL, "RoleArn", "events.amazonaws.com" },
	{ "events", "PutTargets", "Targets", "RoleArn", "events.amazonaws.com" },
	{ "codebuild", "CreateProject", NULL, "serviceRole", "codebuild.amazonaws.com" },
	{ "codebuild", "UpdateProject", NULL, "serviceRole", "codebuild.amazonaws.com" },
	{ "apigatewayv2", "CreateIntegration", NULL, "credentialsArn", "apigateway.amazonaws.com" },
	{ "apigatewayv2", "UpdateIntegration", NULL, "credentialsArn", "apigateway.amazonaws.com" },
	{ "logs", "PutSubscriptionFilter", NULL, "roleArn", "logs.amazonaws.com" },
};

/* Bind tables of REST services name members in either case. */
static struct str member_of(const struct json *object, const char *name)
{
	for (size_t i = 0; json_is(object, JSON_OBJECT) && i < object->count; i++) {
		if (str_eq_nocase(object->members[i].name, str_c(name)))
			return json_text(object->members[i].value);
	}
	return STR_NULL;
}

static size_t add(struct passed_role *out, size_t count, struct str role_arn, const char *service)
{
	if (count == PASSED_ROLES_MAX || role_arn.n == 0)
		return count;
	for (size_t i = 0; i < count; i++) {
		if (str_eq(out[i].role_arn, role_arn))
			return count;
	}
	out[count] = (struct passed_role){ role_arn, str_c(service) };
	return count + 1;
}

size_t pass_role_find(const struct call *call, struct passed_role out[PASSED_ROLES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]); i++) {
		if (!str_eq(str_c(call->operation->name), str_c(passes[i].operation)) ||
		    !str_eq(str_c(call->service->name), str_c(passes[i].service)))
			continue;
		if (!passes[i].list)
			return add(out, count, member_of(call->parameters, passes[i].member), passes[i].passed_to);
		const struct json *list = json_get(call->parameters, str_c(passes[i].list));
		for (size_t k = 0; json_is(list, JSON_ARRAY) && k < list->count; k++)
			count = add(out, count, member_of(list->items[k], passes[i].member), passes[i].passed_to);
		return count;
	}
	return count;
}
